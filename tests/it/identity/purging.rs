//! What runs out is forgotten, and nothing secret stands in the database.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use ilmspace::identity;
use serde_json::json;

use super::{code_in, newcomer};
use crate::support::{PASSWORD, TestServer};

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

async fn ask(s: &TestServer, sql: &str) -> String {
    let mut conn = AsyncPgConnection::establish(&s.database_url()).await.unwrap();
    let row: Text = diesel::sql_query(sql).get_result(&mut conn).await.unwrap();
    row.value
}

const COUNTS: &str = "select (select count(*) from otp_challenges) || ' ' || \
    (select count(*) from sessions) || ' ' || (select count(*) from users) || ' ' || \
    (select count(*) from auth_failures) as value";

/// JOB-04 IDN-21
#[tokio::test]
async fn codes_sessions_failures_and_unconfirmed_accounts_are_forgotten_in_time() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    s.anonymous().post("/api/v1/auth/register", newcomer("malika@example.com")).await.expect(202);
    s.settle().await;
    let wrong = json!({"email": ann.email, "password": "another long password"});
    s.anonymous()
        .post("/api/v1/auth/login", wrong)
        .await
        .expect_problem(401, "credentials_invalid");
    assert_eq!(ask(&s, COUNTS).await, "1 1 2 1");
    let day = Duration::from_secs(86_400);
    let after = async |days: u32, expected: &str| {
        s.advance(day * days);
        identity::purge(&s.app).await.unwrap();
        assert_eq!(ask(&s, COUNTS).await, expected);
    };
    after(2, "0 1 2 1").await;
    after(7, "0 1 2 0").await;
    after(22, "0 1 1 0").await;
    after(110, "0 1 1 0").await;
    after(10, "0 0 1 0").await;
}

/// IDN-15 IDN-21 SEC-01: a dump of the database holds no password, code, link or refresh token.
#[tokio::test]
async fn nothing_that_opens_an_account_can_be_read_out_of_the_database() {
    let s = TestServer::start().await;
    let browser = s.anonymous();
    let mut body = newcomer("malika@example.com");
    body["password"] = json!(PASSWORD);
    let sent = browser.post("/api/v1/auth/register", body).await.expect(202).json();
    let dump = async || {
        ask(
            &s,
            "select string_agg(query_to_xml('select * from ' || quote_ident(tablename), true, false, '')::text, '') \
             as value from pg_tables where schemaname = 'public'",
        )
        .await
    };
    // While the mail waits in the queue, and after it has gone.
    let waiting = dump().await;
    let code = code_in(&s.mail_to("malika@example.com").await);
    let sent_off = dump().await;
    let verify = json!({"challenge": sent["challenge"], "code": code});
    let signed_in = browser.post("/api/v1/auth/verify", verify).await.expect(200);
    let cookie = signed_in.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let refresh = cookie.filter_map(|c| c.strip_prefix("ilm_rt=")).next().unwrap();
    let refresh = refresh.split(';').next().unwrap().to_owned();
    let forgot = json!({"email": "malika@example.com"});
    browser.post("/api/v1/auth/password/forgot", forgot).await.expect(202);
    let link = s.mail_to("malika@example.com").await;
    let token = link.text.split_once("#token=").unwrap().1[..43].to_owned();
    let last = dump().await;
    assert!(last.contains("malika@example.com"), "the dump is one");
    for (when, dump) in [("waiting", waiting), ("sent", sent_off), ("last", last)] {
        assert!(
            !dump.contains(&format!(">{code}<")) && !dump.contains(&format!("\"{code}\"")),
            "{when}: the code"
        );
        for secret in [PASSWORD, &refresh, &token] {
            assert!(!dump.contains(secret), "{when}: {secret}");
        }
    }
}

/// IDN-20: the day's count of failures outlives a restart.
#[tokio::test]
async fn a_restart_does_not_forget_the_days_failures() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    ask(&s, "update users set updated_at = updated_at returning 'x' as value").await;
    // 99 failures of this day, as the counter would hold them after a slow night of guessing.
    let wrong = json!({"email": ann.email, "password": "another long password"});
    s.anonymous()
        .post("/api/v1/auth/login", wrong.clone())
        .await
        .expect_problem(401, "credentials_invalid");
    ask(&s, "update auth_failures set failures = 99 returning 'x' as value").await;
    let s = s.restart(Default::default()).await;
    s.anonymous()
        .post("/api/v1/auth/login", wrong)
        .await
        .expect_problem(401, "credentials_invalid");
    let right = json!({"email": ann.email, "password": PASSWORD});
    let answer = s.anonymous().post("/api/v1/auth/login", right.clone()).await;
    assert!(answer.expect_problem(429, "rate_limited")["retry_after_s"].as_u64().unwrap() > 0);
}
