//! Time tells as much as words: known and unknown addresses cost the same.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{TestServer, TestServerOptions};

/// Milliseconds of a call, the fastest half of several: noise only ever adds.
fn typical(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let half = &times[..times.len() / 2];
    half.iter().map(Duration::as_secs_f64).sum::<f64>() / half.len() as f64 * 1000.0
}

/// IDN-20: no oracle by time. The bound is wide, for a busy machine; a missing hash would be a
/// difference of nearly the whole.
#[tokio::test]
async fn unknown_addresses_take_as_long_as_known_ones() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    s.account("ann", &[]).await;
    let browser = s.anonymous();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..40 {
        for (email, times) in
            [("ann@example.com", &mut known), ("nobody@example.com", &mut unknown)]
        {
            let body = json!({"email": email, "password": format!("another long password {n}")});
            let started = Instant::now();
            let answer = browser.post("/api/v1/auth/login", body).await;
            times.push(started.elapsed());
            // After the day's hundredth failure both are refused; 40 are fewer.
            answer.expect_problem(401, "credentials_invalid");
        }
    }
    let (known, unknown) = (typical(known), typical(unknown));
    let ratio = known / unknown;
    assert!((0.7..1.43).contains(&ratio), "known {known:.2} ms, unknown {unknown:.2} ms");
}
