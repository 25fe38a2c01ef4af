//! What everybody sees.

use serde_json::{Value, json};

use super::world::{course, describe, id, lesson, moderator, module, person, published};
use crate::support::{Client, TestServer};

fn titles(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|c| c["title"].as_str().unwrap()).collect()
}

async fn find(who: &Client, query: &str) -> Value {
    who.get(&format!("/api/v1/courses?{query}")).await.expect(200).json()
}

/// CRS-12 CRS-15 CRS-16
#[tokio::test]
async fn categories_of_both_schools_and_skills_stand_in_four_languages() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    published(&ann, "SQL", json!({})).await;
    let guest = s.anonymous();
    let all = guest.get("/api/v1/categories").await.expect(200).json();
    let of = |slug: &str| {
        all["items"].as_array().unwrap().iter().find(|c| c["slug"] == slug).unwrap().clone()
    };
    for top in ["it", "languages", "hobby", "craft"] {
        assert_eq!(of(top)["parent_id"], Value::Null, "{top}");
    }
    for below in ["web-development", "ai-ml", "cloud-computing"] {
        assert_eq!(of(below)["parent_id"], of("it")["id"], "{below}");
    }
    for node in all["items"].as_array().unwrap() {
        for locale in ["uz", "ru", "en", "he"] {
            assert!(!node["name"][locale].as_str().unwrap().is_empty(), "{node}");
        }
    }
    assert_eq!(
        (&of("databases")["courses"], &of("it")["courses"], &of("hobby")["courses"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let skills = guest.get("/api/v1/skills").await.expect(200).json();
    let skills = skills["items"].as_array().unwrap();
    let react = skills.iter().find(|k| k["slug"] == "react").unwrap();
    let field = skills.iter().find(|k| k["id"] == react["parent_id"]).unwrap();
    assert_eq!((&field["slug"], &field["parent_id"]), (&json!("front-end"), &Value::Null));
}

/// CRS-37
#[tokio::test]
async fn tracks_tell_their_courses_with_what_they_are_about_and_their_topics() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    published(&ann, "Drills", json!({"track": 60})).await;
    published(&ann, "Proofs", json!({"track": 80})).await;
    published(&ann, "Neither", json!({})).await;
    let tracks = s.anonymous().get("/api/v1/catalogue/tracks").await.expect(200).json();
    let scores: Vec<_> =
        tracks["items"].as_array().unwrap().iter().map(|track| track["track"].clone()).collect();
    assert_eq!(scores, [60, 80]);
    let drills = &tracks["items"][0]["courses"][0];
    assert_eq!(
        (&drills["title"], &drills["summary"], &drills["topics"]),
        (&json!("Drills"), &json!("What it is about."), &json!(["Beginning"]))
    );
}

/// CRS-01 CRS-11 CRS-13 CRS-37 SRC-01 SRC-02 SRC-16 WEB-19
#[tokio::test]
async fn the_catalogue_is_filtered_searched_sorted_and_paged() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    published(
        &ann,
        "Postgres 100%",
        json!({"subtitle": "Планы и индексы", "level": "advanced", "language": "ru", "track": 60}),
    )
    .await;
    published(&ann, "Cheap", json!({"price": {"amount": 100, "currency": "UZS"}})).await;
    published(&ann, "Dear", json!({"price": {"amount": 900, "currency": "UZS"}, "level": "all"}))
        .await;
    course(&ann, "Draft").await;
    let guest = s.anonymous();
    assert_eq!(titles(&find(&guest, "").await), ["Dear", "Cheap", "Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "q=postgres").await), ["Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "q=индексы+ПЛАНЫ").await), ["Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "q=100%25").await), ["Postgres 100%"]);
    assert!(
        titles(&find(&guest, "q=%25").await) == ["Postgres 100%"],
        "a sign of the pattern language is itself"
    );
    assert_eq!(titles(&find(&guest, "category=it").await).len(), 3);
    assert_eq!(titles(&find(&guest, "category=hobby").await).len(), 0);
    assert_eq!(titles(&find(&guest, "category=nowhere").await).len(), 0);
    assert_eq!(titles(&find(&guest, "level=advanced").await), ["Dear", "Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "language=ru").await), ["Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "free=true").await), ["Postgres 100%"]);
    assert_eq!(titles(&find(&guest, "free=false&sort=price").await), ["Cheap", "Dear"]);
    assert_eq!(titles(&find(&guest, "track=60").await), ["Postgres 100%"]);

    for sort in ["newest", "popular", "price"] {
        let whole = find(&guest, &format!("sort={sort}")).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = find(&guest, &format!("sort={sort}&limit=1{cursor}")).await;
            seen.extend(titles(&page).into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, titles(&whole), "{sort}");
    }
    let first = find(&guest, "limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    guest
        .get(&format!("/api/v1/courses?sort=price&cursor={cursor}"))
        .await
        .expect_problem(422, "invalid");
    guest.get("/api/v1/courses?cursor=junk").await.expect_problem(400, "bad_request");
    guest.get("/api/v1/courses?level=easy").await.expect_problem(400, "bad_request");
}

/// CRS-05 CRS-10 USR-13 PLT-08 WEB-05
#[tokio::test]
async fn a_course_page_shows_the_public_face_and_nothing_else() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let shown = published(
        &ann,
        "SQL",
        json!({"learn": ["Joins"], "requirements": ["A computer"], "certificate": true}),
    )
    .await;
    lesson(&ann, &shown["modules"][0]["id"], "Still drafted", "video").await;
    let path = format!("/api/v1/courses/{}", id(&shown["id"]));
    let answer = s.anonymous().get(&path).await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=30, stale-while-revalidate=60");
    let page = answer.json();
    assert_eq!(page["author"]["courses"], 1);
    assert!(
        page["author"]
            .as_object()
            .unwrap()
            .keys()
            .all(|k| ["id", "name", "about", "courses", "students"].contains(&k.as_str()))
    );
    assert_eq!(
        (&page["learn"], &page["viewer"]["own"], &page["lessons"], &page["modules_count"]),
        (&json!(["Joins"]), &json!(false), &json!(1), &json!(1))
    );
    assert_eq!(
        page["programme"][0]["lessons"].as_array().unwrap().len(),
        1,
        "drafted lessons do not show"
    );
    let words = answer.text();
    for private in ["email", "version", "missing", "body", "right", "upload"] {
        assert!(!words.contains(&format!("\"{private}\"")), "{private}");
    }
    let known = s.anonymous().with_header("if-none-match", &answer.header("etag"));
    known.get(&path).await.expect(304);
    let own = ann.get(&path).await.expect(200);
    assert_eq!(own.json()["viewer"]["own"], true);
    assert_eq!(own.header("cache-control"), "private, no-cache");
}

/// CRS-01 IDN-04
#[tokio::test]
async fn a_draft_is_seen_by_its_author_and_by_staff_alone() {
    let s = TestServer::start().await;
    let (ann, bob, staff) = (person(&s, "ann").await, person(&s, "bob").await, moderator(&s).await);
    let draft = course(&ann, "Draft").await;
    module(&ann, &draft["id"], "One").await;
    describe(&ann, &draft["id"], json!({})).await;
    let path = format!("/api/v1/courses/{}", id(&draft["id"]));
    s.anonymous().get(&path).await.expect_problem(404, "not_found");
    bob.get(&path).await.expect_problem(404, "not_found");
    ann.get(&path).await.expect(200);
    staff.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_link_to_a_course_knows_its_title_and_picture_and_a_draft_gives_nothing_away() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let public = published(&ann, "SQL & <планы>", json!({})).await;
    let draft = course(&ann, "Secret").await;
    let head = ilmspace::courses::open_graph(&s.app, &format!("/ru/courses/{}", id(&public["id"])))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (head.title.as_str(), head.description.as_str()),
        ("SQL & <планы>", "What it is about.")
    );
    assert_eq!(head.path, format!("/courses/{}", id(&public["id"])));
    assert!(head.image.is_none());
    let hidden = ilmspace::courses::open_graph(&s.app, &format!("/courses/{}", id(&draft["id"])))
        .await
        .unwrap_err();
    let missing = ilmspace::courses::open_graph(&s.app, &format!("/courses/{}", s.app.id()))
        .await
        .unwrap_err();
    assert_eq!((hidden.code(), missing.code()), (missing.code(), hidden.code()));
    assert!(ilmspace::courses::open_graph(&s.app, "/courses").await.unwrap().is_none());
}
