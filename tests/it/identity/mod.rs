//! Identity over HTTP: registration, signing in, carrying on, recovery, sessions, staff.

mod purging;
mod recovering;
mod registering;
mod renewing;
mod sessions;
mod signing_in;
mod staff;
mod timing;

use gateways::mail::Mail;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

/// The six digits of a mail.
pub fn code_in(mail: &Mail) -> String {
    let found =
        mail.text.lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()));
    found.unwrap_or_else(|| panic!("no code in {}", mail.text)).to_owned()
}

/// A registration without a password.
pub fn newcomer(email: &str) -> Value {
    json!({"email": email, "first_name": "Malika", "last_name": "Karimova"})
}

/// Registers `email` in that browser and signs it in by the code; gives the person.
pub async fn register(s: &TestServer, browser: &mut Client, body: Value) -> Value {
    let sent = browser.post("/api/v1/auth/register", body.clone()).await.expect(202).json();
    let code = code_in(&s.mail_to(body["email"].as_str().unwrap()).await);
    let verify = json!({"challenge": sent["challenge"], "code": code});
    let answer = browser.post("/api/v1/auth/verify", verify).await.expect(200).json();
    browser.keep(&answer)
}
