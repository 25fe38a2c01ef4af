//! Moderation: words, mutes, bans, reports, the queue, and what of it stands in the audit log.

use diesel_async::SimpleAsyncConnection as _;
use ilmspace::identity::Role;
use serde_json::json;

use crate::support::TestServer;

/// MSG-07 ADM-06: the word lists are moderators' alone, and every change of them is written down.
#[tokio::test]
async fn moderators_keep_the_word_lists_and_admins_read_who_did_what() {
    let s = TestServer::start().await;
    let (student, mod_, admin) = (
        s.student("sam").await,
        s.person("mod", &[Role::Moderator]).await,
        s.person("adm", &[Role::Admin]).await,
    );
    const WORDS: &str = "/api/v1/moderation/words";
    let word = json!({"language": "ru", "word": "Дурак*", "verdict": "reject"});
    student.post(WORDS, word.clone()).await.expect_problem(403, "forbidden");
    let added = mod_.post(WORDS, word).await.expect(201).json();
    // The same word in look-alike letters and capitals is the same word.
    let twin = json!({"language": "ru", "word": "ДУPAK*", "verdict": "hold"});
    mod_.post(WORDS, twin).await.expect_problem(409, "conflict");
    let short = json!({"language": "en", "word": "a*", "verdict": "hold"});
    mod_.post(WORDS, short).await.expect_problem(422, "invalid");
    mod_.post(WORDS, json!({"language": "en", "word": "spam", "verdict": "hold"}))
        .await
        .expect(201);
    let found = mod_.get(&format!("{WORDS}?language=ru&q=дур")).await.expect(200).json();
    assert_eq!(found["items"], json!([added]));
    let first = mod_.get(&format!("{WORDS}?limit=1")).await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = mod_.get(&format!("{WORDS}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!(
        (second["items"][0]["word"].as_str(), second["next_cursor"].as_str()),
        (Some("Дурак*"), None)
    );
    mod_.delete(&format!("{WORDS}/{}", added["id"].as_str().unwrap())).await.expect(204);

    const AUDIT: &str = "/api/v1/admin/audit";
    mod_.get(AUDIT).await.expect_problem(403, "forbidden");
    let acts =
        admin.get(&format!("{AUDIT}?action=chat.&actor={}", mod_.id)).await.expect(200).json();
    let told: Vec<&str> =
        acts["items"].as_array().unwrap().iter().map(|a| a["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["chat.word_removed", "chat.word_added", "chat.word_added"]);
    assert_eq!(acts["items"][0]["actor"]["name"], "mod Test");
    assert_eq!(acts["items"][0]["details"]["word"], "Дурак*");
    let by_subject =
        admin.get(&format!("{AUDIT}?subject={}", added["id"].as_str().unwrap())).await.json();
    assert_eq!(by_subject["items"].as_array().unwrap().len(), 2);
    admin.get(&format!("{AUDIT}?cursor=nonsense")).await.expect_problem(400, "bad_request");
}

/// ADM-06 SEC-06: what admins do with accounts stands in the log, and no row of it can be changed.
#[tokio::test]
async fn acts_on_accounts_are_written_down_for_good() {
    let s = TestServer::start().await;
    let (student, admin) = (s.student("sam").await, s.person("adm", &[Role::Admin]).await);
    let path = format!("/api/v1/admin/users/{}/status", student.id);
    admin.post(&path, json!({"status": "banned", "reason": "fraud"})).await.expect(200);
    let path = format!("/api/v1/admin/users/{}/roles", student.id);
    admin.post(&path, json!({"role": "author", "grant": true})).await.expect(200);
    let acts = admin.get(&format!("/api/v1/admin/audit?subject={}", student.id)).await.json();
    assert_eq!(acts["items"][0]["action"], "account.role_given");
    assert_eq!(acts["items"][1]["reason"], "fraud");
    assert_eq!(acts["items"][1]["subject_name"], "sam Test");
    let mut database = s.app.db.conn().await.unwrap();
    for statement in
        ["update audit_log set reason = ''", "delete from audit_log", "truncate audit_log"]
    {
        let error = database.batch_execute(statement).await.unwrap_err();
        let error = format!("{error:?}");
        assert!(error.contains("append only"), "{statement}: {error}");
    }
}
