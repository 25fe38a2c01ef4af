//! A delivery network in front of segments: a tiny edge that checks signatures as the networks do, keeps
//! what it has fetched, and asks the origin's path for the rest.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use ilmspace::identity::Role;
use ilmspace::platform::config::CdnKind;
use serde_json::json;
use sha2::Sha256;

use super::support::{beside, play, ready_video, transcoding, viewer};
use crate::support::{TestServer, TestServerOptions};

const SECRET: &str = "the-edge-knows-this-secret";
const KEY: &str = "a-key-that-both-of-them-share";

/// What an edge knows.
struct Edge {
    kind: CdnKind,
    address: String,
    public_key: Vec<u8>,
    origin: OnceLock<String>,
    kept: Mutex<HashMap<String, (String, Vec<u8>)>>,
    /// `(addresses refused, fetched from the origin, given out)`.
    seen: Mutex<(u32, u32, u32)>,
}

fn mac(message: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Edge {
    /// Whether the network would give this address out at `now`.
    fn accepts(&self, path: &str, query: &HashMap<String, String>, now: i64) -> bool {
        let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        match self.kind {
            CdnKind::CloudFront => {
                let decode = |text: &str| {
                    let plain = text.replace('-', "+").replace('_', "=").replace('~', "/");
                    BASE64_STANDARD.decode(plain).unwrap_or_default()
                };
                let (policy, signature) = (decode(of("Policy")), decode(of("Signature")));
                let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
                if of("Hash-Algorithm") != "SHA256"
                    || of("Key-Pair-Id") != "K2JCJMDEHXQW5F"
                    || key.verify(&policy, &signature).is_err()
                {
                    return false;
                }
                let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
                let statement = &policy["Statement"][0];
                let resource = statement["Resource"].as_str().unwrap().strip_suffix('*').unwrap();
                let until =
                    statement["Condition"]["DateLessThan"]["AWS:EpochTime"].as_i64().unwrap();
                format!("{}{path}", self.address).starts_with(resource) && now < until
            }
            CdnKind::Bunny => {
                let (directory, expires) = (of("token_path"), of("expires"));
                let message = format!("{directory}{expires}token_path={directory}");
                let token = format!("HS256-{}", BASE64_URL_SAFE_NO_PAD.encode(mac(&message)));
                of("token") == token
                    && path.starts_with(directory)
                    && directory.len() > 40
                    && expires.parse::<i64>().is_ok_and(|until| now < until)
            }
            // is_timed_hmac_valid_v0(key, uri, ttl, now, len("?verify="))
            CdnKind::Cloudflare => {
                let Some((issued, given)) = of("verify").split_once('-') else { return false };
                BASE64_STANDARD.encode(mac(&format!("{path}{issued}"))) == given
                    && issued.parse::<i64>().is_ok_and(|issued| now < issued + 21_600)
            }
            CdnKind::None => false,
        }
    }
}

async fn give(edge: web::Data<Edge>, req: HttpRequest) -> HttpResponse {
    let path = req.path().to_owned();
    let query = web::Query::<HashMap<String, String>>::from_query(req.query_string());
    let query = query.map(web::Query::into_inner).unwrap_or_default();
    if !edge.accepts(&path, &query, chrono::Utc::now().timestamp()) {
        edge.seen.lock().unwrap().0 += 1;
        return HttpResponse::Forbidden().finish();
    }
    let known = edge.kept.lock().unwrap().get(&path).cloned();
    let (kind, bytes) = match known {
        Some(known) => known,
        None => {
            let url = format!("{}{path}", edge.origin.get().unwrap());
            let answer = reqwest::Client::new()
                .get(url)
                .header("x-cdn-secret", SECRET)
                .send()
                .await
                .unwrap();
            if answer.status() != 200 {
                return HttpResponse::BadGateway().finish();
            }
            // Only what it may keep, for everybody.
            assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()["cross-origin-resource-policy"], "cross-origin");
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            let got = (kind, answer.bytes().await.unwrap().to_vec());
            edge.seen.lock().unwrap().1 += 1;
            edge.kept.lock().unwrap().insert(path, got.clone());
            got
        }
    };
    edge.seen.lock().unwrap().2 += 1;
    HttpResponse::Ok().content_type(kind).body(bytes)
}

/// An edge at work, and the key for the server.
fn edge(kind: CdnKind) -> (web::Data<Edge>, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(private.as_ref())
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let edge = web::Data::new(Edge {
        kind,
        address,
        public_key: pair.public_key().as_ref().to_vec(),
        origin: OnceLock::new(),
        kept: Mutex::default(),
        seen: Mutex::default(),
    });
    let data = edge.clone();
    std::thread::spawn(move || {
        actix_rt::System::new().block_on(
            HttpServer::new(move || {
                App::new().app_data(data.clone()).default_service(web::to(give))
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run(),
        )
    });
    let key = if kind == CdnKind::CloudFront { pem } else { KEY.to_owned() };
    (edge, key)
}

fn through(edge: &Edge, key: String) -> TestServerOptions {
    let (kind, address) = (edge.kind, edge.address.clone());
    let base = transcoding();
    TestServerOptions {
        configure: Box::new(move |config| {
            (base.configure)(config);
            config.cdn.kind = kind;
            config.cdn.base_url = address;
            config.cdn.key_id = "K2JCJMDEHXQW5F".to_owned();
            std::fs::create_dir_all(&config.secrets.directory).unwrap();
            std::fs::write(config.secrets.directory.join("cdn_key"), key).unwrap();
            std::fs::write(config.secrets.directory.join("cdn_origin_secret"), SECRET).unwrap();
        }),
        worker: true,
        ..TestServerOptions::default()
    }
}

/// Frames that ffmpeg decodes of the stream.
async fn frames(url: &str) -> u32 {
    let output = tokio::process::Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", url])
        .output()
        .await
        .expect("the ffprobe command (script/setup test installs it)");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.trim_matches(',').parse().ok()).unwrap_or(0)
}

/// MED-17 MED-12: a whole playback goes through the edge; keys and playlists stay with us.
async fn plays_through(kind: CdnKind) {
    let (edge, key) = edge(kind);
    let server = TestServer::start_with(through(&edge, key)).await;
    edge.origin.set(server.url("")).unwrap();
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 5).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let client = server.anonymous();
    let playlist = client.get(&beside(&playback, "v/360p.m3u8")).await.expect(200).text();
    let segments: Vec<&str> = playlist.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(!segments.is_empty());
    assert!(segments.iter().all(|url| url.starts_with(&format!("{}/cdn/{id}/", edge.address))));
    assert!(playlist.contains("URI=\"../k/0\"") && !playlist.contains("\"../360p"), "{playlist}");
    let token = playback.master_url.split('/').nth(2).unwrap();
    assert!(!playlist.contains(token), "no token goes to the network");

    assert!(frames(&server.url(&playback.master_url)).await > 100);
    let (refused, fetched, given) = *edge.seen.lock().unwrap();
    assert!(refused == 0 && fetched > 0 && given >= fetched, "{refused} {fetched} {given}");
    // Another viewer is served out of what the edge has.
    let bob = server.student("bob").await;
    let other = play(&server, id, Some(viewer(&server, &bob).await)).await;
    assert!(frames(&server.url(&other.master_url)).await > 100);
    let again = *edge.seen.lock().unwrap();
    assert_eq!((again.0, again.1), (0, fetched));
    assert!(again.2 > given);

    // An address that was changed, or has no signature, is refused by the edge.
    let first = segments[0];
    let (path, query) = first.split_once('?').unwrap();
    let flipped: String = {
        let at = query.find('=').unwrap() + 12;
        let swap = if query.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{swap}{}", &query[..at], &query[at + 1..])
    };
    let video = uuid::Uuid::new_v4().to_string();
    let elsewhere = first.replace(&id.to_string(), &video);
    let elsewhere = if kind == CdnKind::Bunny {
        // The directory that is signed stays.
        format!("{}?{query}", elsewhere.split_once('?').unwrap().0)
    } else {
        elsewhere
    };
    for url in [path.to_owned(), format!("{path}?{flipped}"), elsewhere] {
        let status = client.get(&url).await.status;
        assert_eq!(status, 403, "{url}");
    }
    // The origin's path is for the network alone, and for segments alone.
    let own = path.strip_prefix(&edge.address).unwrap();
    client.get(own).await.expect_problem(404, "not_found");
    let wrong = server.anonymous().with_header("x-cdn-secret", "the-edge-knows-that-secret");
    wrong.get(own).await.expect_problem(404, "not_found");
    let network = server.anonymous().with_header("x-cdn-secret", SECRET);
    network.get(own).await.expect(200);
    for other in ["k/0", "360p/99.m4s", "v/360p.m3u8", "360p/00.m4s"] {
        let url = own.replace("360p/0.m4s", other);
        assert_eq!(network.get(&url).await.status, 404, "{url}");
    }
    let stale = own.replace(&format!("{id}/1/"), &format!("{id}/2/"));
    assert_eq!(network.get(&stale).await.status, 404, "another run of the encoder");
    // What comes with a token in its address is kept by nobody on the way.
    let direct = client.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
    assert!(direct.header("cache-control").starts_with("private"));
    // The page may fetch from there.
    let page = server.anonymous().get("/").await;
    let policy =
        page.headers.get("content-security-policy").map(|v| v.to_str().unwrap().to_owned());
    assert!(policy.is_none_or(|policy| policy.contains(&edge.address)));
}

/// MED-17
#[tokio::test]
async fn a_lesson_plays_through_cloudfront() {
    plays_through(CdnKind::CloudFront).await;
}

/// MED-17
#[tokio::test]
async fn a_lesson_plays_through_bunny() {
    plays_through(CdnKind::Bunny).await;
}

/// MED-17
#[tokio::test]
async fn a_lesson_plays_through_cloudflare() {
    plays_through(CdnKind::Cloudflare).await;
}

/// MED-18 MED-17: what the network sent is counted by the word of the players, apart from what we sent.
#[tokio::test]
async fn what_a_network_sends_is_counted_as_players_report_it() {
    let (edge, key) = edge(CdnKind::Bunny);
    let server = TestServer::start_with(through(&edge, key)).await;
    edge.origin.set(server.url("")).unwrap();
    let (ann, bob) = (server.author("ann").await, server.student("bob").await);
    let root = server.person("root", &[Role::Admin]).await;
    let id = ready_video(&server, &ann, 5).await;
    let playback = play(&server, id, Some(viewer(&server, &bob).await)).await;
    let client = server.anonymous();
    let mut sent = 0;
    for list in ["v/360p.m3u8", "a/audio.m3u8"] {
        let playlist = client.get(&beside(&playback, list)).await.expect(200).text();
        for url in playlist.lines().filter(|line| line.starts_with("http") && line.contains(".m4s"))
        {
            sent += client.get(url).await.expect(200).body.len();
        }
    }
    server.advance(Duration::from_secs(15));
    let path = format!("/api/v1/playback/{}/report", playback.session);
    let told = json!({"stalls": 0, "stall_ms": 0, "rungs": {"360p": 5.0, "4k": 5.0},
        "watched": [[0, 5]], "errors": []});
    for _ in 0..2 {
        bob.client.post(&path, told.clone()).await.expect(204);
    }
    let of = format!("/api/v1/admin/users/{}/traffic", bob.id);
    ilmspace::wiring::finish_services(&server.app).await;
    let seen = root.client.get(&of).await.expect(200).json();
    assert_eq!((&seen["total"], &seen["items"][0]["bytes"]), (&json!(0), &json!(0)));
    let reported = seen["total_reported"].as_u64().unwrap();
    assert_eq!(seen["items"][0]["reported"], json!(reported));
    let sent = sent as u64;
    assert!((sent * 8 / 10..sent * 12 / 10).contains(&reported), "{reported} of {sent}");
}
