//! Moderation: words, mutes, bans, reports, the queue, and what of it stands in the audit log.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection as _;
use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::grant_in;
use super::rooms::{School, enroll, room_of, school, school_on};
use crate::courses::world::published;
use crate::support::{Answer, Client, Socket, TestServer, TestServerOptions};

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

async fn moderate(who: &Client, room: &str, act: Value) -> Answer {
    who.post(&format!("/api/v1/rooms/{room}/moderation"), act).await
}

async fn say(socket: &mut Socket, room: &str, client_id: &str, body: &str) -> Value {
    let id = socket.say(room, client_id, body).await;
    socket.answer(id).await
}

/// MSG-07: a muted writer is told why and until when, over every way in, and nobody else loses a word.
#[tokio::test]
async fn a_muted_writer_is_told_until_when_and_why() {
    let School { s, student, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    let mute = json!({"action": "mute", "user_id": student.id, "for_s": 3600, "reason": "Insults"});
    let done = moderate(&keeper, room, mute.clone()).await.expect(200).json();
    assert!(done["seq"].is_u64());
    let entry = sam.frame("mod").await;
    assert_eq!((&entry["action"], &entry["reason"]), (&json!("mute"), &json!("Insults")));
    let err = say(&mut sam, room, "a", "hello").await;
    assert_eq!((&err["code"], &err["reason"]), (&json!("muted"), &json!("Insults")));
    assert_eq!(err["until"], done["until"]);
    let path = format!("/api/v1/rooms/{room}/messages");
    let over_http = student.post(&path, json!({"client_id": "b", "body": "hello"})).await;
    let problem = over_http.expect_problem(403, "muted");
    assert_eq!((&problem["until"], &problem["reason"]), (&done["until"], &json!("Insults")));
    let mutes = keeper.get("/api/v1/moderation/mutes").await.expect(200).json();
    assert_eq!(
        (&mutes["items"][0]["name"], &mutes["items"][0]["scope"]),
        (&json!("sam Test"), &json!("room"))
    );
    let mut unmute = json!({"action": "unmute", "user_id": student.id});
    moderate(&keeper, room, unmute.clone()).await.expect_problem(422, "invalid");
    unmute["reason"] = json!("Enough");
    moderate(&keeper, room, unmute).await.expect(200);
    assert_eq!(say(&mut sam, room, "c", "hello, all").await["t"], "ack");
    // It also ends by itself.
    moderate(&keeper, room, mute).await.expect(200);
    assert_eq!(say(&mut sam, room, "d", "hello again").await["code"], "muted");
    s.advance(Duration::from_secs(3601));
    let keeper = s.sign_in(&keeper.email).await;
    let mutes = keeper.get("/api/v1/moderation/mutes").await.expect(200).json();
    assert_eq!(mutes["items"], json!([]));
}

/// MSG-07: a mute over the school holds in every room, and has no end unless it is given one.
#[tokio::test]
async fn a_mute_over_the_school_holds_in_every_room() {
    let School { s, author, student, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let all = |scope: &str| json!({"action": "mute", "user_id": student.id, "scope": scope, "reason": "Spam"});
    moderate(author, room, all("all")).await.expect_problem(403, "forbidden");
    let done = moderate(&keeper, room, all("all")).await.expect(200).json();
    assert_eq!((&done["seq"], &done["until"]), (&Value::Null, &Value::Null));
    let general = student.get("/api/v1/general").await.expect(200).json();
    let general = general["room_id"].as_str().unwrap().to_owned();
    for room in [room, &general] {
        let path = format!("/api/v1/rooms/{room}/messages");
        let told = student.post(&path, json!({"client_id": "a", "body": "hello"})).await;
        let problem = told.expect_problem(403, "muted");
        assert_eq!((&problem["until"], &problem["reason"]), (&Value::Null, &json!("Spam")));
    }
    let lift =
        json!({"action": "unmute", "user_id": student.id, "scope": "all", "reason": "Enough"});
    moderate(&keeper, room, lift).await.expect(200);
    // The author of a course keeps order in all of its rooms, and in no other.
    moderate(author, room, all("course")).await.expect(200);
    let path = format!("/api/v1/rooms/{room}/messages");
    student.post(&path, json!({"client_id": "b", "body": "x"})).await.expect_problem(403, "muted");
    let path = format!("/api/v1/rooms/{general}/messages");
    student.post(&path, json!({"client_id": "b", "body": "x"})).await.expect(201);
}

/// MSG-07: who enters a room is told of a mute whatever it reaches, why and until when, before a word is written; of
/// several that of the one that lasts longest.
#[tokio::test]
async fn a_join_says_of_a_mute_why_and_until_when() {
    let School { s, author, student, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let mute = |scope: &str, for_s: Option<u32>| json!({"action": "mute", "user_id": student.id, "scope": scope, "for_s": for_s, "reason": scope});
    let mut sam = Socket::sign_in(s, student).await;
    assert_eq!(sam.join(room, None).await["me"]["muted"], Value::Null);
    let muted = async || {
        let mut sam = Socket::sign_in(s, student).await;
        let told = sam.join(room, None).await["me"]["muted"].clone();
        // The same over HTTP, where what is absent is null.
        let line = student.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json();
        assert_eq!(line["muted"]["reason"], told["reason"]);
        assert_eq!(line["muted"]["until"], told["until"]);
        told
    };
    let done = moderate(author, room, mute("room", Some(600))).await.expect(200).json();
    assert_eq!(muted().await, json!({"until": done["until"], "reason": "room"}));
    let done = moderate(author, room, mute("course", Some(3600))).await.expect(200).json();
    assert_eq!(muted().await, json!({"until": done["until"], "reason": "course"}));
    moderate(&keeper, room, mute("all", None)).await.expect(200);
    assert_eq!(muted().await, json!({"reason": "all"}), "until it is lifted");
    // Who keeps order is held by none.
    let mute = json!({"action": "mute", "user_id": author.id, "reason": "Rude"});
    moderate(&keeper, room, mute).await.expect(200);
    let mut ann = Socket::sign_in(s, author).await;
    assert_eq!(ann.join(room, None).await["me"]["muted"], Value::Null);
    assert_eq!(say(&mut ann, room, "a", "hello").await["t"], "ack");
}

/// MSG-07: kicked is out for now, banned until it is lifted. Who is banned is told so and why, over every way in; for
/// who could not enter without the ban the room is not there.
#[tokio::test]
async fn the_kicked_come_back_and_the_banned_do_not() {
    let School { s, author, student, room, lesson, .. } = &school().await;
    let act = |action: &str| json!({"action": action, "user_id": student.id, "reason": "Rude"});
    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    moderate(author, room, act("kick")).await.expect(200);
    assert_eq!(sam.closed().await, Some(4202));
    let mut sam = Socket::sign_in(s, student).await;
    assert_eq!(sam.join(room, None).await["t"], "joined");
    moderate(author, room, act("ban")).await.expect(200);
    assert_eq!(sam.closed().await, Some(4202));
    let mut sam = Socket::sign_in(s, student).await;
    let told = sam.join(room, None).await;
    assert_eq!((&told["code"], &told["reason"]), (&json!("banned"), &json!("Rude")));
    assert_eq!((told.get("until"), told.get("retry_ms")), (None, None));
    let id = sam.ask(json!({"t": "history", "topic": format!("room:{room}")})).await;
    assert_eq!(sam.answer(id).await["code"], "banned");
    let path = format!("/api/v1/rooms/{room}/messages");
    let lesson = format!("/api/v1/lessons/{lesson}/room");
    for path in [&path, &format!("/api/v1/rooms/{room}"), &lesson] {
        let problem = student.get(path).await.expect_problem(403, "chat_banned");
        assert_eq!(problem["reason"], "Rude");
    }
    student
        .post(&path, json!({"client_id": "a", "body": "x"}))
        .await
        .expect_problem(403, "chat_banned");
    let rooms = student.get("/api/v1/rooms").await.expect(200).json();
    assert!(!rooms.to_string().contains(room.as_str()));
    // A stranger hears the same with a ban and without.
    let eve = s.student("eve").await;
    let ban = json!({"action": "ban", "user_id": eve.id, "reason": "Rude"});
    moderate(author, room, ban).await.expect(200);
    eve.get(&path).await.expect_problem(404, "not_found");
    let mut socket = Socket::sign_in(s, &eve).await;
    assert_eq!(socket.join(room, None).await["code"], "not_found");
    moderate(author, room, act("unban")).await.expect(200);
    assert_eq!(sam.join(room, None).await["t"], "joined");
}

/// MSG-07: locked rooms are for those who keep order; slow mode says exactly how long, and spares them.
#[tokio::test]
async fn a_lock_and_slow_mode_hold_everybody_but_who_keeps_order() {
    let School { s, author, student, room, .. } = &school().await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    let lock = json!({"action": "lock", "reason": "It is late"});
    moderate(student, room, lock.clone()).await.expect_problem(403, "forbidden");
    for act in [json!({"action": "lock"}), json!({"action": "slow_mode", "slow_s": 30})] {
        let problem = moderate(author, room, act).await.expect_problem(422, "invalid");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!("reason"), &json!("required")));
    }
    let topic = format!("room:{room}");
    let id = ann.ask(json!({"t": "mod", "topic": topic, "action": "lock", "reason": " "})).await;
    let told = ann.answer(id).await;
    assert_eq!((&told["code"], &told["field"]), (&json!("bad_request"), &json!("reason")));
    moderate(author, room, lock).await.expect(200);
    assert_eq!(sam.frame("mod").await["reason"], "It is late");
    assert_eq!(say(&mut sam, room, "a", "x").await["code"], "read_only");
    assert_eq!(say(&mut ann, room, "a", "x").await["t"], "ack");
    for act in [
        json!({"action": "unlock", "reason": "Morning"}),
        json!({"action": "slow_mode", "slow_s": 30, "reason": "A flood"}),
    ] {
        moderate(author, room, act).await.expect(200);
    }
    assert_eq!(say(&mut sam, room, "b", "one").await["t"], "ack");
    let err = say(&mut sam, room, "c", "two").await;
    assert_eq!(err["code"], "slow_mode");
    let wait = err["retry_ms"].as_u64().unwrap();
    assert!((20_000..=30_001).contains(&wait), "{wait}");
    for n in 0..2 {
        assert_eq!(say(&mut ann, room, &format!("m{n}"), &format!("{n}")).await["t"], "ack");
    }
    // Another device, and another connection, wait as long.
    drop(sam);
    let mut phone = Socket::sign_in(s, student).await;
    phone.join(room, None).await;
    assert_eq!(say(&mut phone, room, "d", "three").await["code"], "slow_mode");
}

/// MSG-07: nobody acts on themselves, nor on those of the same rank or a higher one.
#[tokio::test]
async fn moderators_act_downwards_only() {
    let School { s, author, student, room, .. } = &school().await;
    let (one, two) =
        (s.person("mod1", &[Role::Moderator]).await, s.person("mod2", &[Role::Moderator]).await);
    let (curator, admin) =
        (s.person("cur", &[Role::Curator]).await, s.person("adm", &[Role::Admin]).await);
    let mute = |id| json!({"action": "mute", "user_id": id, "for_s": 600, "reason": "Test"});
    for (who, whom) in [
        (&one, one.id),
        (&one, two.id),
        (&one, admin.id),
        (author, one.id),
        (author, curator.id),
        (author, author.id),
        (&curator, one.id),
    ] {
        moderate(who, room, mute(whom)).await.expect_problem(403, "rank_too_low");
    }
    for (who, whom) in
        [(author, student.id), (&one, curator.id), (&one, author.id), (&admin, one.id)]
    {
        moderate(who, room, mute(whom)).await.expect(200);
    }
    moderate(student, room, mute(author.id)).await.expect_problem(403, "forbidden");
    moderate(&one, room, mute(s.app.id())).await.expect_problem(404, "not_found");
    let no_reason = json!({"action": "ban", "user_id": student.id, "reason": " "});
    moderate(&one, room, no_reason).await.expect_problem(422, "invalid");
    // Each act stands in the log with its reason.
    let acts = admin.get("/api/v1/admin/audit?action=chat.mute").await.expect(200).json();
    assert_eq!(acts["items"].as_array().unwrap().len(), 4);
    assert_eq!(acts["items"][0]["reason"], "Test");
}

/// MSG-07 MOD-07 MOD-10: a forbidden word is not stored; a doubtful one waits for a moderator, seen by nobody else.
#[tokio::test]
async fn words_reject_a_message_or_hold_it_for_a_moderator() {
    let School { s, author, student, course, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    for (word, verdict) in [("spamword", "reject"), ("doubtful", "hold")] {
        let word = json!({"language": "any", "word": word, "verdict": verdict});
        keeper.post("/api/v1/moderation/words", word).await.expect(201);
    }
    let other = s.student("oli").await;
    enroll(&other, course).await;
    let (mut sam, mut oli, mut ann) = (
        Socket::sign_in(s, student).await,
        Socket::sign_in(s, &other).await,
        Socket::sign_in(s, author).await,
    );
    for socket in [&mut sam, &mut oli, &mut ann] {
        socket.join(room, None).await;
    }
    let err = say(&mut sam, room, "a", "a SPАMW0RD here").await;
    assert_eq!((&err["code"], &err["rule"]), (&json!("rejected"), &json!("words")));
    let held = say(&mut sam, room, "b", "this is d\u{200B}oubtful").await;
    assert_eq!((&held["t"], &held["held"]), (&json!("ack"), &json!(true)));
    assert_eq!(sam.frame("msg").await["m"]["state"], "held");
    assert_eq!(ann.frame("msg").await["m"]["state"], "held");
    assert_eq!(oli.frame("skip").await["seq"], held["seq"]);
    let path = format!("/api/v1/rooms/{room}/messages");
    assert_eq!(other.get(&path).await.expect(200).json()["items"], json!([]));

    let cases = keeper.get("/api/v1/moderation/cases?kind=held").await.expect(200).json();
    let case = &cases["items"][0];
    assert_eq!(
        (&case["id"], &case["message"]["body"]),
        (&held["msg"], &json!("this is d\u{200B}oubtful"))
    );
    let path_of = |id: &Value| format!("/api/v1/moderation/cases/{}", id.as_str().unwrap());
    student
        .post(&path_of(&held["msg"]), json!({"action": "approve"}))
        .await
        .expect_problem(403, "forbidden");
    let wrong = json!({"action": "dismiss", "reason": "x"});
    keeper.post(&path_of(&held["msg"]), wrong).await.expect_problem(422, "invalid");
    let done =
        keeper.post(&path_of(&held["msg"]), json!({"action": "approve"})).await.expect(200).json();
    assert_eq!(
        (&done["resolution"], &done["message"]["state"]),
        (&json!("approve"), &json!("shown"))
    );
    keeper
        .post(&path_of(&held["msg"]), json!({"action": "approve"}))
        .await
        .expect_problem(409, "conflict");
    assert_eq!(oli.frame("approve").await["m"]["body"], "this is d\u{200B}oubtful");

    let refuse = json!({"action": "refuse", "reason": "No"});
    keeper.post(&path_of(&held["msg"]), refuse).await.expect_problem(409, "conflict");

    // An edit cannot bring in what a message may not hold.
    for body in ["now spamword", "still doubtful"] {
        let edit = json!({"t": "edit", "topic": format!("room:{room}"), "msg": held["msg"],
            "body": body, "version": 1});
        let id = sam.ask(edit).await;
        assert_eq!(sam.answer(id).await["rule"], "words");
    }

    let second = say(&mut sam, room, "c", "doubtful again").await;
    let refuse = json!({"action": "mute", "for_s": 600, "reason": "No"});
    keeper.post(&path_of(&second["msg"]), refuse).await.expect(200);
    assert_eq!(say(&mut sam, room, "d", "fine words").await["code"], "muted");
    let items = other.get(&path).await.expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!(items, 1);
    let decided = keeper.get("/api/v1/moderation/cases?state=resolved").await.expect(200).json();
    assert_eq!(decided["items"].as_array().unwrap().len(), 2);
}

/// MSG-07: accounts of today may not post links unless they learn something here.
#[tokio::test]
async fn new_accounts_post_no_links_and_nobody_posts_shorteners() {
    let School { s, student, room, .. } = &school().await;
    let stranger = s.student("eve").await;
    let general = stranger.get("/api/v1/general").await.expect(200).json();
    let general = general["room_id"].as_str().unwrap().to_owned();
    let post = async |who: &Client, room: &str, id: &str, body: &str| {
        who.post(&format!("/api/v1/rooms/{room}/messages"), json!({"client_id": id, "body": body}))
            .await
    };
    let problem = post(&stranger, &general, "a", "cheap answers: www.example.com")
        .await
        .expect_problem(422, "message_rejected");
    assert_eq!(problem["rule"], "links");
    post(&stranger, &general, "b", "no links here").await.expect(201);
    post(student, room, "a", "see https://example.com/page").await.expect(201);
    let problem =
        post(student, room, "b", "see bit.ly/x").await.expect_problem(422, "message_rejected");
    assert_eq!(problem["rule"], "links");
    let loud = "WHY DOES NOBODY ANSWER MY QUESTION AT ALL";
    let problem = post(student, room, "c", loud).await.expect_problem(422, "message_rejected");
    assert_eq!(problem["rule"], "caps");
    s.advance(Duration::from_secs(25 * 3600));
    let stranger = s.sign_in(&stranger.email).await;
    post(&stranger, &general, "c", "now a link: www.example.com").await.expect(201);
}

/// MSG-07 MOD-11: one open case a message; the reported never hear who it was; five an hour.
#[tokio::test]
async fn reports_make_one_case_without_names_and_are_limited() {
    let School { s, author, student, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let msg = say(&mut ann, room, "a", "something rude").await["msg"].as_str().unwrap().to_owned();
    let path = |msg: &str| format!("/api/v1/rooms/{room}/messages/{msg}/reports");
    student.post(&path(&msg), json!({"kind": "insult"})).await.expect(201);
    student.post(&path(&msg), json!({"kind": "spam"})).await.expect(201);
    keeper.post(&path(&msg), json!({"kind": "other", "text": "look"})).await.expect(201);
    author.post(&path(&msg), json!({"kind": "spam"})).await.expect_problem(422, "invalid");
    student.post(&path(&msg), json!({"kind": "other"})).await.expect_problem(422, "invalid");
    student
        .post(&path(&s.app.id().to_string()), json!({"kind": "spam"}))
        .await
        .expect_problem(404, "not_found");
    let cases = keeper.get("/api/v1/moderation/cases").await.expect(200);
    assert!(!cases.text().contains(&student.id.to_string()), "the reporter is named");
    let cases = cases.json();
    assert_eq!(cases["items"].as_array().unwrap().len(), 1);
    let case = &cases["items"][0];
    assert_eq!((&case["n"], &case["message"]["snapshot"]), (&json!(2), &json!("something rude")));
    assert_eq!(case["reports"][0]["kind"], "insult");
    // What was changed since is shown beside what was reported.
    let edit = json!({"t": "edit", "topic": format!("room:{room}"), "msg": msg, "body": "nothing",
        "version": 1});
    let id = ann.ask(edit).await;
    assert_eq!(ann.answer(id).await["t"], "ack");
    let cases = keeper.get("/api/v1/moderation/cases").await.expect(200).json();
    let message = &cases["items"][0]["message"];
    assert_eq!(
        (&message["body"], &message["snapshot"]),
        (&json!("nothing"), &json!("something rude"))
    );
    let decide = format!("/api/v1/moderation/cases/{}", case["id"].as_str().unwrap());
    let decision = json!({"action": "delete", "reason": "Rude"});
    let done = keeper.post(&decide, decision).await.expect(200).json();
    assert_eq!(
        (&done["resolution"], &done["message"]["state"]),
        (&json!("delete"), &json!("deleted"))
    );
    assert_eq!(ann.frame("del").await["msg"], json!(msg));
    student.post(&path(&msg), json!({"kind": "spam"})).await.expect_problem(404, "not_found");
    let mut limited = None;
    for n in 0..6 {
        let msg =
            say(&mut ann, room, &format!("n{n}"), &format!("message {n}")).await["msg"].clone();
        let answer = student.post(&path(msg.as_str().unwrap()), json!({"kind": "spam"})).await;
        if answer.status == 429 {
            limited = Some((n, answer));
            break;
        }
        answer.expect(201);
    }
    let (_, answer) = limited.expect("reports are limited");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 3600);
}

/// MSG-07: whom one blocks one does not see, and they hear nothing of it.
#[tokio::test]
async fn a_blocked_writer_is_not_seen_by_who_blocked() {
    let School { s, author, student, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    say(&mut sam, room, "s1", "here").await;
    let block = |id: &dyn std::fmt::Display| format!("/api/v1/me/blocks/{id}");
    for nobody in [student.id, keeper.id] {
        student.put(&block(&nobody), json!({})).await.expect_problem(403, "forbidden");
    }
    student.put(&block(&s.app.id()), json!({})).await.expect_problem(404, "not_found");
    student.put(&block(&author.id), json!({})).await.expect(204);
    student.put(&block(&author.id), json!({})).await.expect(204);
    let list = student.get("/api/v1/me/blocks").await.expect(200).json();
    assert_eq!(list["items"][0]["name"], "ann Test");
    // The seat looks through the new list as soon as it is told.
    let mut n = 0;
    loop {
        n += 1;
        let ack = say(&mut ann, room, &format!("a{n}"), &format!("hello {n}")).await;
        let seq = ack["seq"].clone();
        let seen = sam.seq(&seq).await;
        if seen["t"] == "skip" {
            break;
        }
        assert!(n < 4, "still seen");
    }
    let path = format!("/api/v1/rooms/{room}/messages");
    let seen = student.get(&path).await.expect(200).json();
    assert_eq!(seen["items"].as_array().unwrap().len(), 1, "their own");
    let unread = async || {
        student.get("/api/v1/rooms/unread").await.expect(200).json()["total"].as_u64().unwrap()
    };
    student.delete(&block(&author.id)).await.expect(204);
    let items = student.get(&path).await.expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!(items, n + 1);
    // Who has marks in a room is told what is unread there.
    let marks = json!({"read": 0, "delivered": 1});
    student.post(&format!("/api/v1/rooms/{room}/marks"), marks).await.expect(204);
    crate::support::eventually(async || (unread().await == n as u64).then_some(())).await;
    student.put(&block(&author.id), json!({})).await.expect(204);
    assert_eq!(unread().await, 0, "what one does not see is not unread");
}

/// MSG-07 PLT-04: what a moderator does on one node holds on the other within a second.
#[tokio::test]
async fn moderation_on_one_node_holds_on_the_other_within_a_second() {
    let School { s: one, author, student, course, room, .. } =
        school_on(TestServer::start_with(TestServerOptions::with_redis()).await).await;
    let two = one.beside(TestServerOptions::with_redis()).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    sam.join(&room, None).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    ann.join(&room, None).await;
    // The nodes are joined once a message has crossed.
    say(&mut ann, &room, "first", "hello").await;
    sam.frame("msg").await;
    let act = |action: &str| json!({"action": action, "user_id": student.id, "reason": "Rude"});
    let started = Instant::now();
    moderate(&author, &room, act("mute")).await.expect(200);
    assert_eq!(say(&mut sam, &room, "a", "x").await["code"], "muted");
    assert_eq!(sam.frame("mod").await["action"], "mute");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    moderate(&author, &room, act("unmute")).await.expect(200);
    assert_eq!(say(&mut sam, &room, "b", "x").await["t"], "ack");
    for (action, again) in [("kick", "joined"), ("ban", "err")] {
        let started = Instant::now();
        moderate(&author, &room, act(action)).await.expect(200);
        assert_eq!(sam.closed().await, Some(4202), "{action}");
        assert!(started.elapsed() < Duration::from_secs(1), "{action}: {:?}", started.elapsed());
        sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
        assert_eq!(sam.join(&room, None).await["t"], again);
    }
    // A word added on one node counts on the other.
    let keeper = one.person("mod", &[Role::Moderator]).await;
    let eve = one.student("eve").await;
    enroll(&eve, &course).await;
    let mut eve = Socket::sign_in(&two, &eve.moved_to(&two)).await;
    eve.join(&room, None).await;
    let word = json!({"language": "any", "word": "spamword", "verdict": "reject"});
    let started = Instant::now();
    keeper.post("/api/v1/moderation/words", word).await.expect(201);
    for n in 0.. {
        let told = say(&mut eve, &room, &format!("w{n}"), &format!("spamword {n}")).await;
        if told["rule"] == "words" {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// MSG-07 SEC-04: two devices share one limit, on two nodes too, and a new connection does not reset it.
#[tokio::test]
async fn limits_are_of_the_person_and_not_of_the_connection_or_the_node() {
    let School { s: one, student, room, .. } =
        school_on(TestServer::start_with(TestServerOptions::with_redis()).await).await;
    let two = one.beside(TestServerOptions::with_redis()).await;
    let mut sent = 0;
    let mut refused = None;
    for n in 0..8 {
        let (node, who) = if n % 2 == 0 {
            (&one, student.client.clone())
        } else {
            (&two, student.moved_to(&two))
        };
        let mut socket = Socket::sign_in(node, &who).await;
        socket.join(&room, None).await;
        let answer = say(&mut socket, &room, &format!("c{n}"), &format!("message {n}")).await;
        if answer["code"] == "rate_limited" {
            refused = answer["retry_ms"].as_u64();
            break;
        }
        assert_eq!(answer["t"], "ack", "{answer}");
        sent += 1;
    }
    // A burst of five, and one more for each second that the eight connections took.
    let wait = refused.expect("the limit is shared");
    assert!((5..8).contains(&sent) && wait <= 1000, "{sent} {wait}");
}

/// MSG-07: a mute is lifted where it is listed, wherever it holds, by who keeps order that far; the reason stands in
/// the audit log.
#[tokio::test]
async fn a_mute_is_lifted_from_the_list_whatever_it_reaches() {
    let School { s, author, student, course, room, .. } = &school().await;
    let (keeper, admin) =
        (s.person("mod", &[Role::Moderator]).await, s.person("adm", &[Role::Admin]).await);
    let other = s.author("bob").await;
    published(&other, "Go", json!({})).await;
    let mute = |scope: &str| json!({"action": "mute", "user_id": student.id, "scope": scope, "reason": "Spam"});
    for scope in ["room", "course", "all"] {
        moderate(&keeper, room, mute(scope)).await.expect(200);
    }
    const MUTES: &str = "/api/v1/moderation/mutes";
    let listed = async |who: &Client| {
        let mutes = who.get(MUTES).await.expect(200).json();
        let items = mutes["items"].as_array().unwrap().clone();
        let mut scopes: Vec<(String, bool)> = items
            .iter()
            .map(|m| (m["scope"].as_str().unwrap().to_owned(), m["can_lift"] == true))
            .collect();
        scopes.sort();
        scopes
    };
    let told = |scopes: &[&str]| -> Vec<(String, bool)> {
        scopes.iter().map(|scope| ((*scope).to_owned(), true)).collect()
    };
    assert_eq!(listed(&keeper).await, told(&["all", "course", "room"]));
    // Authors see what is theirs, and nobody else anything.
    assert_eq!(listed(author).await, told(&["course", "room"]));
    assert_eq!(listed(&other).await, []);
    student.get(MUTES).await.expect_problem(403, "forbidden");
    let silent = format!("{MUTES}/{}?room_id={room}", student.id);
    let problem = author.delete(&silent).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "reason");

    let lift = |place: &str| format!("{MUTES}/{}?reason=Sorry{place}", student.id);
    let (in_room, over_course) =
        (lift(&format!("&room_id={room}")), lift(&format!("&course_id={course}")));
    student.delete(&lift("")).await.expect_problem(403, "forbidden");
    author.delete(&lift("")).await.expect_problem(403, "forbidden");
    other.delete(&over_course).await.expect_problem(403, "forbidden");
    other.delete(&in_room).await.expect_problem(404, "not_found");
    let both = lift(&format!("&room_id={room}&course_id={course}"));
    keeper.delete(&both).await.expect_problem(422, "invalid");
    let path = format!("/api/v1/rooms/{room}/messages");
    for (n, (who, lift)) in
        [(&author.client, &in_room), (&author.client, &over_course), (&keeper.client, &lift(""))]
            .into_iter()
            .enumerate()
    {
        let told =
            student.post(&path, json!({"client_id": format!("a{n}"), "body": "hello"})).await;
        told.expect_problem(403, "muted");
        who.delete(lift).await.expect(204);
        keeper.delete(lift).await.expect_problem(404, "not_found");
    }
    student.post(&path, json!({"client_id": "b", "body": "hello"})).await.expect(201);
    let acts = admin.get("/api/v1/admin/audit?action=chat.unmute").await.expect(200).json();
    let acts = acts["items"].as_array().unwrap();
    assert_eq!(acts.len(), 3);
    assert!(acts.iter().all(|act| act["reason"] == "Sorry"), "{acts:?}");
}

/// MSG-07: bans are listed where order is kept, and lifted there with a reason.
#[tokio::test]
async fn a_ban_is_lifted_from_the_list_by_who_keeps_order_there() {
    let School { s, author, student, course, room, .. } = &school().await;
    let (keeper, admin) =
        (s.person("mod", &[Role::Moderator]).await, s.person("adm", &[Role::Admin]).await);
    let curator = s.person("cur", &[Role::Curator]).await;
    let other = s.author("bob").await;
    published(&other, "Go", json!({})).await;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    let ban = |id| json!({"action": "ban", "user_id": id, "reason": "Spam"});
    const BANS: &str = "/api/v1/moderation/bans";
    assert_eq!(keeper.get(BANS).await.expect(200).json()["items"], json!([]));
    for id in [student.id, tim.id] {
        moderate(author, room, ban(id)).await.expect(200);
    }
    moderate(&keeper, room, ban(curator.id)).await.expect(200);
    let general = keeper.get("/api/v1/general").await.expect(200).json();
    let general = general["room_id"].as_str().unwrap();
    moderate(&keeper, general, ban(student.id)).await.expect(200);

    let listed = async |who: &Client| who.get(BANS).await.expect(200).json()["items"].clone();
    let ours = listed(author).await;
    assert_eq!(ours.as_array().unwrap().len(), 3, "of the own course alone: {ours}");
    let sams = ours.as_array().unwrap().iter().find(|ban| ban["user_id"] == json!(student.id));
    let sams = sams.unwrap();
    assert_eq!(
        (&sams["name"], &sams["reason"], &sams["room"]["title"]),
        (&json!("sam Test"), &json!("Spam"), &json!("Read"))
    );
    assert!(sams["since"].is_string());
    assert_eq!(listed(&keeper).await.as_array().unwrap().len(), 4);
    assert_eq!(listed(&other).await, json!([]));
    student.get(BANS).await.expect_problem(403, "forbidden");
    // In pages, each row once.
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let page = keeper.get(&format!("{BANS}?limit=3{cursor}")).await.expect(200).json();
        seen += page["items"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 4);
    keeper.get(&format!("{BANS}?cursor=nonsense")).await.expect_problem(400, "bad_request");

    let lift = |id, why: &str| format!("{BANS}/{id}?room_id={room}{why}");
    let why = "&reason=Sorry";
    let problem = author.delete(&lift(student.id, "")).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "reason");
    other.delete(&lift(student.id, why)).await.expect_problem(404, "not_found");
    tim.delete(&lift(student.id, why)).await.expect_problem(403, "chat_banned");
    author.delete(&lift(curator.id, why)).await.expect_problem(403, "rank_too_low");
    author.delete(&lift(student.id, why)).await.expect(204);
    author.delete(&lift(student.id, why)).await.expect_problem(404, "not_found");
    student.get(&format!("/api/v1/rooms/{room}")).await.expect(200);
    // That from the other room holds on.
    student.get("/api/v1/general").await.expect_problem(403, "chat_banned");
    let acts = admin.get("/api/v1/admin/audit?action=chat.unban").await.expect(200).json();
    assert_eq!(acts["items"].as_array().unwrap().len(), 1);
    assert_eq!(acts["items"][0]["reason"], "Sorry");
}

/// MSG-07: nobody takes away what somebody of the same rank or a higher one wrote, over either way in.
#[tokio::test]
async fn messages_of_those_who_keep_order_are_taken_away_by_a_higher_rank_only() {
    let School { s, author, student, room, .. } = &school().await;
    let (one, two) =
        (s.person("mod1", &[Role::Moderator]).await, s.person("mod2", &[Role::Moderator]).await);
    let admin = s.person("adm", &[Role::Admin]).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let said = async |who: &Client, id: &str| {
        let body = json!({"client_id": id, "body": format!("words of {id}")});
        who.post(&path, body).await.expect(201).json()["msg"].as_str().unwrap().to_owned()
    };
    let of_two = said(&two, "two").await;
    let of_admin = said(&admin, "adm").await;
    let of_author = said(author, "ann").await;
    let of_student = said(student, "sam").await;
    for (who, msg) in [(&one, &of_two), (&one, &of_admin), (author, &of_two), (author, &of_admin)] {
        who.delete(&format!("{path}/{msg}")).await.expect_problem(403, "rank_too_low");
    }
    let mut socket = Socket::sign_in(s, &one).await;
    socket.join(room, None).await;
    let del = |msg: &str| json!({"t": "del", "topic": format!("room:{room}"), "msg": msg});
    let id = socket.ask(del(&of_two)).await;
    assert_eq!(socket.answer(id).await["code"], "forbidden");
    // A report gives no way round.
    student.post(&format!("{path}/{of_two}/reports"), json!({"kind": "spam"})).await.expect(201);
    let cases = one.get("/api/v1/moderation/cases").await.expect(200).json();
    let case = format!("/api/v1/moderation/cases/{}", cases["items"][0]["id"].as_str().unwrap());
    let delete = json!({"action": "delete", "reason": "Rude"});
    one.post(&case, delete.clone()).await.expect_problem(403, "rank_too_low");
    admin.post(&case, delete).await.expect(200);
    // Of somebody else's message one says why, over either way in; an own one goes without a word.
    let problem =
        author.delete(&format!("{path}/{of_student}")).await.expect_problem(422, "invalid");
    let fault = &problem["errors"][0];
    assert_eq!((&fault["field"], &fault["code"]), (&json!("reason"), &json!("required")));
    let id = socket.ask(del(&of_author)).await;
    let told = socket.answer(id).await;
    assert_eq!((&told["code"], &told["field"]), (&json!("bad_request"), &json!("reason")));
    for (who, msg, why) in [
        (&one, &of_author, "?reason=Rude"),
        (author, &of_student, "?reason=Rude"),
        (&admin, &of_admin, ""),
    ] {
        who.delete(&format!("{path}/{msg}{why}")).await.expect(200);
    }
    let acts = admin.get("/api/v1/admin/audit?action=chat.delete").await.expect(200).json();
    assert!(acts["items"].as_array().unwrap().iter().all(|act| act["reason"] == "Rude"));
    student.delete(&format!("{path}/{}", s.app.id())).await.expect_problem(404, "not_found");
}

/// MSG-07 MOD-10: authors and curators of a course look through what was reported and held back in it, and through nothing else.
#[tokio::test]
async fn the_queue_of_a_course_is_its_authors_and_curators() {
    let School { s, author, student, course, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let other = s.author("bob").await;
    let foreign = published(&other, "Go", json!({})).await;
    let foreign_room =
        room_of(&other, foreign["modules"][0]["lessons"][0]["id"].as_str().unwrap()).await;
    enroll(student, foreign["id"].as_str().unwrap()).await;
    let support = s.person("sup", &[Role::Support]).await;
    let curator = s.student("cur").await;
    grant_in(s, curator.id, course).await;
    let curator = s.sign_in(&curator.email).await;
    let word = json!({"language": "any", "word": "doubtful", "verdict": "hold"});
    keeper.post("/api/v1/moderation/words", word).await.expect(201);
    for room in [room, &foreign_room] {
        let path = format!("/api/v1/rooms/{room}/messages");
        let body = json!({"client_id": "a", "body": "this is doubtful"});
        student.post(&path, body).await.expect(201);
        let rude = json!({"client_id": "b", "body": "rude words"});
        let rude = student.post(&path, rude).await.expect(201).json();
        let report = format!("{path}/{}/reports", rude["msg"].as_str().unwrap());
        keeper.post(&report, json!({"kind": "insult"})).await.expect(201);
    }
    const CASES: &str = "/api/v1/moderation/cases";
    let rooms = async |who: &Client, query: &str| -> Vec<Value> {
        let cases = who.get(&format!("{CASES}{query}")).await.expect(200).json();
        let items = cases["items"].as_array().unwrap();
        items.iter().map(|case| case["room"]["id"].clone()).collect()
    };
    assert_eq!(rooms(&keeper, "").await.len(), 4);
    assert_eq!(rooms(&support, "").await, Vec::<Value>::new());
    for (who, own) in [(&author.client, room), (&curator, room), (&other.client, &foreign_room)] {
        for (query, n) in [("", 2), ("?kind=held", 1), ("?kind=report", 1), ("?state=resolved", 0)]
        {
            assert_eq!(rooms(who, query).await, vec![json!(own); n], "{query}");
        }
    }
    for nobody in [student.client.clone(), s.author("cid").await.client] {
        nobody.get(CASES).await.expect_problem(403, "forbidden");
    }
    let held = author.get(&format!("{CASES}?kind=held")).await.json();
    let case = format!("{CASES}/{}", held["items"][0]["id"].as_str().unwrap());
    let approve = json!({"action": "approve"});
    other.post(&case, approve.clone()).await.expect_problem(404, "not_found");
    student.post(&case, approve.clone()).await.expect_problem(403, "forbidden");
    curator.post(&case, approve).await.expect(200);
    assert_eq!(rooms(&author.client, "?state=resolved").await, [json!(room)]);
    assert_eq!(rooms(&other.client, "?state=resolved").await, Vec::<Value>::new());
}
