//! HTTP's common manners.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::support::{TestServer, TestServerOptions};

/// API-06
#[tokio::test]
async fn a_fresh_server_is_alive_ready_and_documented() {
    let s = TestServer::start().await;
    let anyone = s.anonymous();
    anyone.get("/health/live").await.expect(200);
    assert_eq!(anyone.get("/health/ready").await.expect(200).json()["status"], "ok");
    let config = anyone.get("/api/v1/config").await.expect(200).json();
    assert_eq!(config["locales"], json!(["uz", "ru", "en", "he"]));
    let api = anyone.get("/api/openapi.json").await.expect(200).json();
    assert!(api["paths"]["/api/v1/config"]["get"].is_object());
    assert!(anyone.get("/api/docs/").await.expect(200).text().contains("swagger"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_never_the_page() {
    let s = TestServer::start().await;
    let anyone = s.anonymous();
    for path in ["/api/v1/nothing", "/api", "/m/x/y/z", "/files/none"] {
        anyone.get(path).await.expect_problem(404, "not_found");
    }
    let answer = anyone.delete("/api/v1/config").await;
    assert_eq!(answer.header("allow"), "GET");
    answer.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn every_answer_bears_its_request_id_and_security_headers() {
    let s = TestServer::start().await;
    let answer = s.anonymous().get("/api/v1/nothing").await;
    let id = answer.header("x-request-id");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.expect_problem(404, "not_found")["instance"], id.as_str());
}

#[tokio::test]
async fn the_sandbox_clock_moves_for_everybody_and_is_absent_elsewhere() {
    let s = TestServer::start().await;
    let anyone = s.anonymous();
    let before = s.app.clock.now();
    anyone.post("/api/v1/sandbox/clock", json!({"advance_s": 86400})).await.expect(200);
    assert!(s.app.clock.now() - before >= chrono::TimeDelta::days(1));
    anyone.post("/api/v1/sandbox/clock", json!({})).await.expect_problem(422, "invalid");

    let options = TestServerOptions {
        configure: Box::new(|config| config.sandbox = false),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    s.anonymous().get("/api/v1/sandbox/clock").await.expect_problem(404, "not_found");
}

/// SEC-04 API-04
#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.api_anonymous_per_minute = 3),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let anyone = s.anonymous();
    for _ in 0..3 {
        anyone.get("/api/v1/config").await.expect(200);
    }
    let refused = anyone.get("/api/v1/config").await;
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    refused.expect_problem(429, "rate_limited");
    // Health and the page have no such limit.
    anyone.get("/health/live").await.expect(200);
}

#[tokio::test]
async fn the_database_gone_is_503_with_a_time_to_come_back_and_then_all_is_well() {
    let options = TestServerOptions {
        configure: Box::new(|config| {
            config.database.url = "postgres://nobody@127.0.0.1:1/none".into();
            config.database.pool_wait_seconds = 1;
        }),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let answer = s.anonymous().get("/health/ready").await;
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(answer.expect(503).json()["status"], "database");
}

/// What is long goes out packed to whoever takes it, and says that it does.
#[tokio::test]
async fn long_answers_are_packed_for_clients_that_take_it() {
    let s = TestServer::start().await;
    let plain = s.anonymous().get("/api/openapi.json").await.expect(200);
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.header("vary"), "Accept-Encoding");

    let packing = s.anonymous().with_header("accept-encoding", "br, gzip");
    let packed = packing.get("/api/openapi.json").await.expect(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("vary"), "Accept-Encoding");
    assert!(packed.body.len() * 4 < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);

    // What is short stays as it is, and so does what a client refuses.
    let short = packing.get("/api/v1/nothing").await;
    assert!(!short.headers.contains_key("content-encoding"));
    short.expect_problem(404, "not_found");
    let refusing = s.anonymous().with_header("accept-encoding", "gzip;q=0, *");
    let answer = refusing.get("/api/openapi.json").await.expect(200);
    assert!(!answer.headers.contains_key("content-encoding"));
}

/// SEC-04: a body that drips holds no handler for ever.
#[tokio::test]
async fn a_body_that_never_comes_is_cut_with_408() {
    let s = TestServer::start().await;
    let address = s.address;
    let answer = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        write!(
            socket,
            "POST /api/v1/sandbox/clock HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 40\r\n\r\n{{"
        )
        .unwrap();
        let mut answer = String::new();
        let mut buffer = [0; 2048];
        // The server's own deadline ends the silence; the test only reads until the answer is in.
        while !answer.contains("body_timeout") {
            match socket.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(n) => answer.push_str(&String::from_utf8_lossy(&buffer[..n])),
            }
        }
        answer
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("body_timeout"), "{answer}");
}

#[tokio::test]
async fn bad_json_names_the_field_and_large_json_is_refused() {
    let s = TestServer::start().await;
    let anyone = s.anonymous();
    let body = anyone
        .post("/api/v1/sandbox/clock", json!({"advance_s": "soon"}))
        .await
        .expect_problem(400, "bad_request");
    assert_eq!(body["errors"][0]["field"], "advance_s");
    anyone
        .post("/api/v1/sandbox/clock", json!({"role": "admin"}))
        .await
        .expect_problem(400, "bad_request");
    let large = "x".repeat(300 * 1024);
    anyone
        .post("/api/v1/sandbox/clock", json!({"now": large}))
        .await
        .expect_problem(413, "too_large");
    let request =
        anyone.request(reqwest::Method::POST, "/api/v1/sandbox/clock").body("advance_s=1");
    anyone.run(request, "form").await.expect_problem(415, "unsupported_media_type");
}

/// API-04: a cursor is the client's word; whatever it holds, a list answers it.
#[tokio::test]
async fn hostile_cursors_are_refused_by_every_list() {
    use base64::Engine as _;
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let admin = s.person("admin", &[ilmspace::identity::Role::Admin]).await;
    let author = s.author("ann").await;
    let id = "01890000-0000-7000-8000-000000000000";
    let keys = ["0001-01-01T00:00:00Z", "+262142-01-01T00:00:00Z", "a\0b", "9e999", "x"];
    let mut cursors: Vec<serde_json::Value> = vec![json!(null), json!({}), json!(7), json!(id)];
    for key in keys {
        cursors.extend([json!(key), json!([key, id]), json!([key, 1, id]), json!([1, key, id])]);
        for kind in [
            "new",
            "popular",
            "rating",
            "price",
            "title",
            "relevance",
            "Newest",
            "Popular",
            "Price",
        ] {
            cursors.extend([json!({kind: [key, id]}), json!({kind: {"at": key, "id": id}})]);
        }
    }
    let lists: Vec<String> = ilmspace::wiring::routes()
        .infos()
        .iter()
        .filter(|route| route.method == "GET" && !route.path.contains('{'))
        .map(|route| route.path.to_owned())
        .collect();
    assert!(lists.len() > 8, "{lists:?}");
    for list in lists {
        for cursor in &cursors {
            let bytes = serde_json::to_vec(cursor).unwrap();
            let text = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
            for who in [&admin, &author] {
                let answer = who.get(&format!("{list}?cursor={text}")).await;
                assert!(answer.status.as_u16() < 500, "{list} {cursor}: {}", answer.text());
            }
        }
    }
}

/// SEC-04: who sends one byte at a time is never silent, and still cut when the time for a body is
/// over.
#[tokio::test]
async fn a_body_that_drips_is_cut_with_408_when_its_time_is_over() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.server.body_seconds = 2),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let address = s.address;
    let (answer, sent) = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        write!(
            socket,
            "POST /api/v1/sandbox/clock HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
        )
        .unwrap();
        let pause = std::time::Duration::from_millis(100);
        socket.set_read_timeout(Some(pause)).unwrap();
        let (mut answer, mut buffer, mut sent) = (String::new(), [0; 2048], 0);
        while !answer.contains("body_timeout") && sent < 300 {
            if socket.write_all(b" ").is_err() {
                break;
            }
            sent += 1;
            match socket.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => answer.push_str(&String::from_utf8_lossy(&buffer[..n])),
                // Nothing yet: the next byte.
                Err(_) => {}
            }
        }
        (answer, sent)
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "after {sent} bytes: {answer}");
    assert!(sent > 5, "it was taken as long as it had time");
}

/// SEC-04: what hangs behind a request is given up, with an answer that says so.
#[tokio::test]
async fn an_answer_that_does_not_come_is_a_503_with_a_code() {
    use diesel_async::SimpleAsyncConnection as _;
    let options = TestServerOptions {
        configure: Box::new(|config| config.server.request_seconds = 1),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute("begin; lock table categories in access exclusive mode").await.unwrap();
    let answer = s.anonymous().get("/api/v1/categories").await;
    assert_eq!(answer.header("retry-after"), "5");
    assert!(!answer.header("x-request-id").is_empty());
    answer.expect_problem(503, "deadline");
    conn.batch_execute("rollback").await.unwrap();
    s.anonymous().get("/api/v1/categories").await.expect(200);
    assert_eq!(s.app.metrics.http_inflight.get(), 0);
}

/// SEC-01: a forged Host reaches nothing.
#[tokio::test]
async fn an_unknown_host_is_misdirected() {
    let s = TestServer::start().await;
    let ask = |host: &str, path: &str| {
        let anyone = s.anonymous();
        let request = anyone.request(reqwest::Method::GET, path).header("host", host);
        async move { anyone.run(request, "host").await }
    };
    ask("evil.example", "/api/v1/config").await.expect_problem(421, "misdirected");
    ask("evil.example", "/").await.expect_problem(421, "misdirected");
    ask("localhost", "/api/v1/config").await.expect(200);
    // Probes ask by whatever address they have.
    ask("10.0.0.7", "/health/live").await.expect(200);

    let options = TestServerOptions {
        configure: Box::new(|config| {
            config.sandbox = false;
            config.site.base_url = "https://ilm.example".to_owned();
            config.site.allowed_hosts = vec!["www.ilm.example".to_owned()];
        }),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    for (host, status) in [("ilm.example", 200), ("www.ilm.example", 200), ("localhost", 421)] {
        let anyone = s.anonymous();
        let request = anyone.request(reqwest::Method::GET, "/api/v1/config").header("host", host);
        anyone.run(request, host).await.expect(status);
    }
}

/// API-04: a person has one bucket, however many tokens; and is told what is left of it.
#[tokio::test]
async fn the_general_limit_counts_people_and_says_what_is_left() {
    let options = TestServerOptions {
        configure: Box::new(|config| {
            config.limits.api_per_minute = 4;
            config.limits.api_anonymous_per_minute = 40;
        }),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let ann = s.student("ann").await;
    let elsewhere = s.sign_in(&ann.email).await;
    for (client, left) in [(&*ann, 3), (&elsewhere, 2), (&*ann, 1), (&elsewhere, 0)] {
        let answer = client.get("/api/v1/me").await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"api\";q=4;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"api\";r={left};t=")));
    }
    let refused = elsewhere.get("/api/v1/me").await;
    assert!(refused.header("ratelimit").starts_with("\"api\";r=0;t="));
    refused.expect_problem(429, "rate_limited");
    // A forged token buys no bucket of its own.
    let mut forged = s.anonymous();
    let mut statuses = Vec::new();
    for n in 0..60 {
        forged.token = Some(format!("forged.{n}.token"));
        statuses.push(forged.get("/api/v1/me").await.status.as_u16());
    }
    assert!(statuses.contains(&401) && statuses.contains(&429), "{statuses:?}");
}
