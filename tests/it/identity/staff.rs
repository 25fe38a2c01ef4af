//! Accounts as staff manage them, and what bites at once.

use std::time::Duration;

use ilmspace::identity::{Role, VouchedAccount, create_account};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Person, TestServer, TestServerOptions};

async fn set_status(admin: &Person, id: uuid::Uuid, body: Value) -> crate::support::Answer {
    admin.post(&format!("/api/v1/admin/users/{id}/status"), body).await
}

async fn set_role(
    admin: &Person,
    id: uuid::Uuid,
    role: &str,
    grant: bool,
) -> crate::support::Answer {
    let body = json!({"role": role, "grant": grant});
    admin.post(&format!("/api/v1/admin/users/{id}/roles"), body).await
}

/// IDN-24 ADM-01
#[tokio::test]
async fn a_suspension_ends_sessions_at_once_and_itself_at_its_moment() {
    let s = TestServer::start().await;
    let admin = s.person("root", &[Role::Admin]).await;
    let ann = s.student("ann").await;
    ann.get("/api/v1/me").await.expect(200);
    let until = s.app.clock.now() + chrono::TimeDelta::minutes(5);
    let body = json!({"status": "suspended", "until": until, "reason": "Spam in the chat"});
    let user = set_status(&admin, ann.id, body).await.expect(200).json();
    assert_eq!(user["status"], "suspended");

    let problem = ann.get("/api/v1/me").await.expect_problem(403, "account_suspended");
    assert_eq!(problem["reason"], "Spam in the chat");
    ann.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");
    // Told only to who has the password.
    let wrong = json!({"email": ann.email, "password": "another long password"});
    ann.post("/api/v1/auth/login", wrong).await.expect_problem(401, "credentials_invalid");
    let right = json!({"email": ann.email, "password": PASSWORD});
    let problem = ann.post("/api/v1/auth/login", right.clone()).await;
    let problem = problem.expect_problem(403, "account_suspended");
    assert!(problem["until"].is_string());

    s.advance(Duration::from_secs(301));
    let me = ann.post("/api/v1/auth/login", right).await.expect(200).json();
    assert_eq!(me["user"]["status"], "active");
}

/// IDN-24 ADM-01
#[tokio::test]
async fn a_ban_holds_until_staff_lift_it_for_codes_and_links_too() {
    let s = TestServer::start().await;
    let admin = s.person("root", &[Role::Admin]).await;
    let ann = s.student("ann").await;
    let ban = json!({"status": "banned", "reason": "Fraud"});
    set_status(&admin, ann.id, ban).await.expect(200);
    ann.get("/api/v1/me").await.expect_problem(403, "account_banned");
    let browser = s.anonymous();
    let asked = browser.post("/api/v1/auth/code", json!({"email": ann.email})).await;
    let challenge = asked.expect(202).json()["challenge"].clone();
    let code = super::code_in(&s.mail_to(&ann.email).await);
    let verify = json!({"challenge": challenge, "code": code});
    browser.post("/api/v1/auth/verify", verify).await.expect_problem(403, "account_banned");
    let before = s.mailer.sent().len();
    browser.post("/api/v1/auth/password/forgot", json!({"email": ann.email})).await.expect(202);
    s.settle().await;
    assert_eq!(s.mailer.sent().len(), before, "no link for the banned");

    let lift = json!({"status": "active", "reason": "A mistake"});
    assert_eq!(set_status(&admin, ann.id, lift).await.expect(200).json()["status"], "active");
    let right = json!({"email": ann.email, "password": PASSWORD});
    s.anonymous().post("/api/v1/auth/login", right).await.expect(200);
}

/// IDN-16 IDN-24: lifting a ban confirms nobody's address.
#[tokio::test]
async fn staff_cannot_confirm_an_address() {
    let s = TestServer::start().await;
    let admin = s.person("root", &[Role::Admin]).await;
    let body = super::newcomer("malika@example.com");
    s.anonymous().post("/api/v1/auth/register", body).await.expect(202);
    s.settle().await;
    let found = admin.get("/api/v1/admin/users?q=malika").await.expect(200).json();
    assert_eq!(found["items"][0]["status"], "pending_verification");
    let id = found["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let lift = json!({"status": "active", "reason": "please"});
    let user = set_status(&admin, id, lift).await.expect(200).json();
    assert_eq!(user["status"], "pending_verification");
    for bad in [
        json!({"status": "pending_verification", "reason": "x"}),
        json!({"status": "banned", "reason": " "}),
        json!({"status": "banned", "until": "2030-01-01T00:00:00Z", "reason": "x"}),
        json!({"status": "suspended", "until": "2020-01-01T00:00:00Z", "reason": "x"}),
    ] {
        set_status(&admin, id, bad).await.expect_problem(422, "invalid");
    }
}

/// IDN-18: over every pair of ranks, through the real routes.
#[tokio::test]
async fn nobody_acts_on_an_equal_a_superior_or_themselves() {
    let s = TestServer::start().await;
    let root = s.person("root", &[Role::SuperAdmin]).await;
    let admin = s.person("admin", &[Role::Admin]).await;
    let peer = s.person("peer", &[Role::Admin]).await;
    let moderator = s.person("moderator", &[Role::Moderator]).await;
    let ann = s.student("ann").await;
    let ban = || json!({"status": "banned", "reason": "x"});
    for target in [admin.id, peer.id, root.id] {
        set_status(&admin, target, ban()).await.expect_problem(403, "rank_too_low");
        set_role(&admin, target, "author", true).await.expect_problem(403, "rank_too_low");
    }
    for role in ["admin", "super_admin", "student"] {
        set_role(&admin, ann.id, role, true).await.expect_problem(403, "rank_too_low");
    }
    set_role(&root, ann.id, "super_admin", true).await.expect_problem(403, "rank_too_low");
    for below in [&moderator, &ann] {
        set_status(below, peer.id, ban()).await.expect_problem(403, "forbidden");
        set_role(below, below.id, "admin", true).await.expect_problem(403, "forbidden");
        below.get("/api/v1/admin/users").await.expect_problem(403, "forbidden");
    }
    s.anonymous().get("/api/v1/admin/users").await.expect_problem(401, "unauthenticated");
    set_status(&admin, uuid::Uuid::new_v4(), ban()).await.expect_problem(404, "not_found");
    set_status(&root, peer.id, ban()).await.expect(200);
    peer.get("/api/v1/me").await.expect_problem(403, "account_banned");
}

/// IDN-02 IDN-03 IDN-18: a role given or taken bites on the next request.
#[tokio::test]
async fn a_role_is_given_and_taken_while_its_holder_is_signed_in() {
    let s = TestServer::start().await;
    let root = s.person("root", &[Role::SuperAdmin]).await;
    let ann = s.student("ann").await;
    ann.get("/api/v1/admin/users").await.expect_problem(403, "forbidden");
    set_role(&root, ann.id, "admin", true).await.expect(200);
    let user = set_role(&root, ann.id, "author", true).await.expect(200).json();
    assert_eq!(user["roles"], json!(["student", "author", "admin"]));
    ann.get("/api/v1/admin/users").await.expect(200);
    set_role(&root, ann.id, "admin", true).await.expect(200);
    set_role(&root, ann.id, "admin", false).await.expect(200);
    set_role(&root, ann.id, "admin", false).await.expect(200);
    ann.get("/api/v1/admin/users").await.expect_problem(403, "forbidden");
    let me = ann.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["roles"], json!(["student", "author"]));
}

/// USR-09 ADM-01: staff find people by a part of the address or the name, page by page.
#[tokio::test]
async fn staff_find_people_and_wildcards_are_plain_letters() {
    let s = TestServer::start().await;
    let admin = s.person("root", &[Role::Admin]).await;
    for name in ["zuhra", "zulfiya", "zafar", "bobur"] {
        s.account(name, &[]).await;
    }
    let emails = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|u| u["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let page = admin.get("/api/v1/admin/users?q=ZU").await.expect(200).json();
    assert_eq!(emails(&page), ["zulfiya@example.com", "zuhra@example.com"]);
    for none in ["%25", "_______________________________", "%5C", "'%20or%201=1"] {
        let page = admin.get(&format!("/api/v1/admin/users?q={none}")).await.expect(200).json();
        assert!(emails(&page).is_empty(), "{none}");
    }
    let first = admin.get("/api/v1/admin/users?limit=2").await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/admin/users?limit=100&cursor={cursor}");
    let rest = admin.get(&path).await.expect(200).json();
    let all: Vec<_> = emails(&first).into_iter().chain(emails(&rest)).collect();
    assert_eq!(all.len(), 5);
    assert_eq!(all.last().unwrap(), "root@example.com");
    assert!(!first.to_string().contains("password") && !first.to_string().contains("phone"));
}

/// IDN-23: a moderator is made by a command, with an address and a password, and lands where
/// everybody does.
#[tokio::test]
async fn a_moderator_is_made_by_command_and_nobody_registers_as_one() {
    let s = TestServer::start().await;
    let moderator = s.person("moder", &[Role::Curator, Role::Moderator]).await;
    let me = moderator.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["roles"], json!(["student", "curator", "moderator"]));
    assert_eq!(me["email_verified"], true);
    let account = |email: &'static str, password: &'static str| VouchedAccount {
        email,
        password,
        first_name: "Moderator",
        last_name: "",
        locale: "uz",
        roles: &[Role::Curator],
    };
    let problem = create_account(&s.app, account("MODER@example.com", PASSWORD)).await.unwrap_err();
    assert_eq!(problem.doc().code, "conflict");
    let problem = create_account(&s.app, account("m@example.com", "14 characters!")).await;
    assert_eq!(problem.unwrap_err().doc().code, "password_weak");
    let problem = create_account(&s.app, account("nobody", PASSWORD)).await.unwrap_err();
    assert_eq!(problem.doc().code, "email_invalid");
}

/// IDN-23: the command itself, as the operator types it.
#[tokio::test]
async fn the_command_makes_a_moderator_who_can_sign_in() {
    let s = TestServer::start().await;
    let run = |arguments: &[&str], input: &str| {
        use std::io::Write as _;
        use std::process::{Command, Stdio};
        let mut command = Command::new(env!("CARGO_BIN_EXE_ilmspace"))
            .args(arguments)
            .env("ILM_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/config/test.toml"))
            .env("DATABASE_URL", s.database_url())
            .env("ILM__SECRETS__DIRECTORY", s.directory().join("secrets"))
            .env("ILM__STORAGE__DIRECTORY", s.directory().join("objects"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        command.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = command.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let line = format!("{PASSWORD}\n");
    let make = ["create-moderator", "--email", "guide@example.com", "--password", "-"];
    let (made, output, error) = run(&make, &line);
    assert!(made, "{error}");
    assert!(
        output.contains("guide@example.com can sign in now as curator and moderator"),
        "{output}"
    );
    let client = s.sign_in("guide@example.com").await;
    let me = client.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["roles"], json!(["student", "curator", "moderator"]));

    let (made, _, error) = run(&make, &line);
    assert!(!made && error.contains("has an account already"), "{error}");
    let weak = ["create-admin", "--email", "head@example.com", "--password", "password"];
    let (made, _, error) = run(&weak, "");
    assert!(!made && error.contains("At least 15") || error.contains("at least 15"), "{error}");
}

/// Mails can be read in development, and only there.
#[tokio::test]
async fn the_mailbox_is_open_in_the_sandbox_alone() {
    let s = TestServer::start().await;
    let body = super::newcomer("malika@example.com");
    s.anonymous().post("/api/v1/auth/register", body).await.expect(202);
    let mail = s.mail_to("malika@example.com").await;
    let list = s.anonymous().get("/api/v1/sandbox/mailbox?to=malika@example.com").await;
    assert_eq!(list.expect(200).json()["items"][0]["text"], mail.text);
    let page = s.anonymous().get("/sandbox/mailbox").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(page.text().contains(&super::code_in(&mail)));

    let options = crate::support::TestServerOptions {
        configure: Box::new(|config| config.sandbox = false),
        ..Default::default()
    };
    let s = TestServer::start_with(options).await;
    for path in ["/api/v1/sandbox/mailbox", "/sandbox/mailbox"] {
        s.anonymous().get(path).await.expect_problem(404, "not_found");
    }
}

/// IDN-03 IDN-23: a school without curators, whose moderators are made on the server alone.
#[tokio::test]
async fn a_school_uses_only_the_roles_that_it_wants() {
    let s = TestServer::start_with(TestServerOptions {
        configure: Box::new(|config| {
            config.auth.roles_off = vec!["curator".into()];
            config.auth.moderators_by_command_only = true;
        }),
        ..TestServerOptions::default()
    })
    .await;
    let admin = s.person("root", &[Role::Admin]).await;
    let ann = s.student("ann").await;
    for role in ["curator", "moderator"] {
        set_role(&admin, ann.id, role, true).await.expect_problem(409, "role_disabled");
    }
    set_role(&admin, ann.id, "author", true).await.expect(200);
    create_account(
        &s.app,
        VouchedAccount {
            email: "mod@example.com",
            password: "a password long enough",
            first_name: "Mod",
            last_name: "",
            locale: "en",
            roles: &[Role::Moderator],
        },
    )
    .await
    .unwrap();
}
