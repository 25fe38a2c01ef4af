//! Cover pictures, good and bad.

use std::io::Cursor;

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{course, id, person, sign_in};
use crate::support::{Answer, Client, S3Server, TestServer, TestServerOptions};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

async fn put_cover(who: &Client, course_id: &Value, kind: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/v1/studio/courses/{}/cover", id(course_id));
    who.run(who.request(Method::PUT, &path).header("content-type", kind).body(bytes), &path).await
}

/// CRS-33 MED-16
#[tokio::test]
async fn a_cover_is_served_small_immutable_and_without_its_original() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let shown = put_cover(&ann, &begun["id"], "image/png", png(1600, 900)).await.expect(200).json();
    assert_eq!(shown["cover"]["color"], "#c81e1e");
    let sizes: Vec<_> = shown["cover"]["sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["width"].clone(), s["height"].clone()))
        .collect();
    assert_eq!(
        sizes,
        [(json!(320), json!(180)), (json!(640), json!(360)), (json!(1280), json!(720))]
    );
    let url = shown["cover"]["sizes"][0]["url"].as_str().unwrap();
    let file = s.anonymous().get(url).await.expect(200);
    assert_eq!(file.header("content-type"), "image/webp");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(image::load_from_memory(&file.body).unwrap().width(), 320);
    let preview = url.replace("320.webp", "og.jpg");
    let preview = s.anonymous().get(&preview).await.expect(200);
    assert_eq!(image::load_from_memory(&preview.body).unwrap().width(), 1200);

    // Replaced: another address at once, the old one for two days more.
    let again = put_cover(&ann, &begun["id"], "image/png", png(400, 300)).await.expect(200).json();
    assert_ne!(again["cover"]["sizes"][0]["url"], shown["cover"]["sizes"][0]["url"]);
    s.settle().await;
    s.anonymous().get(url).await.expect(200);
    s.advance(std::time::Duration::from_secs(49 * 3600));
    s.settle().await;
    s.anonymous().get(url).await.expect_problem(404, "not_found");

    let ann = sign_in(&s, "ann").await;
    ann.delete(&format!("/api/v1/studio/courses/{}/cover", id(&begun["id"]))).await.expect(204);
    let bare = ann.get(&format!("/api/v1/studio/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(bare["cover"], Value::Null);
}

/// CRS-33
#[tokio::test]
async fn bombs_svg_and_what_is_no_picture_get_a_clean_refusal_and_the_cover_stays() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let first = put_cover(&ann, &begun["id"], "image/png", png(640, 360)).await.expect(200).json();

    let mut bomb = png(1, 1);
    bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let crc = !bomb[12..29].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    });
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let whole = png(300, 300);
    for (kind, bytes, status, code) in [
        ("image/png", bomb, 422, "image_too_large"),
        (
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            422,
            "image_invalid",
        ),
        ("image/png", b"<svg/>".to_vec(), 422, "image_invalid"),
        ("image/png", whole[..whole.len() / 2].to_vec(), 422, "image_invalid"),
        ("image/png", Vec::new(), 422, "image_invalid"),
        ("image/jpeg", vec![0xff; 11 * 1024 * 1024], 413, "too_large"),
    ] {
        put_cover(&ann, &begun["id"], kind, bytes).await.expect_problem(status, code);
    }
    let shown = ann.get(&format!("/api/v1/studio/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(shown["cover"], first["cover"]);
    let guest = s.anonymous();
    for path in [
        "/files/covers/x/320.webp",
        "/files/covers/..%2f..%2fsecrets/a.webp",
        "/files/covers/0123456789abcdef0123456789abcdef/320.webp",
        "/files/covers/0123456789abcdef0123456789abcdef/..%2fx.webp",
    ] {
        guest.get(path).await.expect(404);
    }
}

/// CRS-33 MED-07 MED-08
#[tokio::test]
async fn a_store_that_is_away_costs_neither_the_old_cover_nor_a_file_left_behind() {
    let mut s3 = S3Server::start().await;
    let configure = s3.configure();
    let options = TestServerOptions { configure: Box::new(configure), ..Default::default() };
    let s = TestServer::start_with(options).await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let first = put_cover(&ann, &begun["id"], "image/png", png(400, 300)).await.expect(200).json();
    s3.go_away().await;
    let refused = put_cover(&ann, &begun["id"], "image/png", png(640, 480)).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    assert_eq!(ann.get(&path).await.json()["cover"], first["cover"]);
    s3.come_back().await;
    let second = put_cover(&ann, &begun["id"], "image/png", png(640, 480)).await.expect(200).json();
    assert_ne!(second["cover"], first["cover"]);

    // Whatever no course shows is cleared away, what was begun and not finished too.
    s.advance(std::time::Duration::from_secs(49 * 3600));
    s.settle().await;
    let prefix = media::storage::ObjectKey::new("covers").unwrap();
    let left = s.app.store.list(&prefix, None, 100).await.unwrap();
    let shown = second["cover"]["sizes"][0]["url"].as_str().unwrap().split('/').nth(3).unwrap();
    assert!(
        !left.is_empty() && left.iter().all(|entry| entry.key.as_str().contains(shown)),
        "{left:?}"
    );
}
