//! Sockets that are cut: for every reason, on every node, within a second, with the code that says why.

use std::time::{Duration, Instant};

use ilmspace::identity::Role;
use serde_json::json;

use super::kinds::run;
use super::nodes::{TwoNodes, joined};
use super::rooms::{School, enroll, school_on};
use crate::support::{Client, Person, Redis, Socket, TestServer, TestServerOptions};

/// IDN-14: a sign-out on one node ends the socket on the other within a second.
#[tokio::test]
async fn signing_out_on_one_node_cuts_the_socket_on_the_other() {
    let one = TestServer::start_with(TestServerOptions::with_redis()).await;
    let sam = one.student("sam").await;
    let two = one.beside(TestServerOptions::with_redis()).await;
    joined(&one, &two).await;
    let mut socket = Socket::sign_in(&two, &sam.moved_to(&two)).await;
    let started = Instant::now();
    sam.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(socket.closed().await, Some(4002));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

/// The ends that a person's sockets come to, and the codes that they are told.
const ENDS: [(&str, u16); 6] = [
    ("sign out", 4002),
    ("another device", 4002),
    ("banned", 4003),
    ("suspended", 4003),
    ("banned from the room", 4202),
    ("access lost", 4202),
];

impl TwoNodes {
    /// Does it on the first node.
    async fn end(&self, end: &str, who: &Person, root: &Person) {
        let status = format!("/api/v1/admin/users/{}/status", who.id);
        let answer = match end {
            "sign out" => who.post("/api/v1/auth/logout", json!({})).await,
            "another device" => {
                let other = self.one.sign_in(&who.email).await;
                other.post("/api/v1/me/sessions/end-others", json!({})).await
            }
            "banned" => root.post(&status, json!({"status": "banned", "reason": "Fraud"})).await,
            "suspended" => {
                let until = self.one.app.clock.now() + chrono::TimeDelta::hours(1);
                let body = json!({"status": "suspended", "until": until, "reason": "Spam"});
                root.post(&status, body).await
            }
            "banned from the room" => {
                let ban = json!({"action": "ban", "user_id": who.id, "reason": "Rude"});
                self.author.post(&format!("/api/v1/rooms/{}/moderation", self.room), ban).await
            }
            _ => {
                // The time that was bought is over, and the schedule finds it.
                let over = format!(
                    "update enrollments set expires_at = created_at where user_id = '{}'",
                    who.id
                );
                run(&self.one, &over).await;
                let mut jobs = ilmspace::learning::schedules().into_iter();
                let job = jobs.find(|job| job.name == "learning.end_expired").unwrap();
                return (job.run)(self.one.app.clone()).await.unwrap();
            }
        };
        assert!(answer.status.is_success(), "{end}: {}", answer.text());
    }
}

/// Comes back after the end: nobody is let in by what ended.
async fn comes_back(s: &TestServer, who: &Client, room: &str) -> String {
    let mut socket = Socket::open(s).await;
    socket.ask(json!({"t": "hello", "token": who.token})).await;
    let answer = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
    match answer.expect("an answer to hello") {
        Ok(_) => socket.join(room, None).await["code"].as_str().unwrap_or("let in").to_owned(),
        Err(code) => format!("{code:?}"),
    }
}

/// MSG-07 IDN-14 IDN-24 ENR-05 PLT-04: whoever signs out, is banned or loses access is cut on every node within a second,
/// with the code of the reason, and does not come back by what has ended; the others notice nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_end_cuts_the_sockets_on_every_node_within_a_second_with_its_code() {
    let redis = Redis::start();
    let nodes = TwoNodes::over(redis.address, redis.address).await;
    let TwoNodes { one, two, author, student, course, room } = &nodes;
    let root = one.person("root", &[Role::Admin]).await;
    let mut ann = Socket::sign_in(one, author).await;
    ann.join(room, None).await;
    let mut stays = Socket::sign_in(two, &student.moved_to(two)).await;
    stays.join(room, None).await;
    for (n, (end, code)) in ENDS.into_iter().enumerate() {
        let who = one.student(&format!("sam{n}")).await;
        enroll(&who, course).await;
        let (mut here, mut there) =
            (Socket::sign_in(one, &who).await, Socket::sign_in(two, &who.moved_to(two)).await);
        here.join(room, None).await;
        there.join(room, None).await;
        nodes.end(end, &who, &root).await;
        let done = Instant::now();
        let codes = (here.closed().await, there.closed().await);
        assert_eq!(codes, (Some(code), Some(code)), "{end}");
        assert!(done.elapsed() < Duration::from_secs(1), "{end}: {:?}", done.elapsed());
        for (node, who) in [(one, who.client.clone()), (two, who.moved_to(two))] {
            let told = comes_back(node, &who, room).await;
            match end {
                "banned from the room" => assert_eq!(told, "banned"),
                _ => {
                    let shut = ["not_found", "Some(4001)", "Some(4002)", "Some(4003)"];
                    assert!(shut.contains(&told.as_str()), "{end}: {told}");
                }
            }
        }
        let id = ann.say(room, &format!("a{n}"), &format!("after: {end}")).await;
        let seq = ann.answer(id).await["seq"].clone();
        assert_eq!(stays.seq(&seq).await["m"]["body"], format!("after: {end}"));
    }
}

struct Cut<'a> {
    author: &'a Person,
    student: &'a Person,
    room: &'a str,
}

/// Sign-out and kick on one node, the socket on the other, each within a second.
async fn cut_within_a_second(one: &TestServer, two: &TestServer, school: &Cut<'_>) {
    let Cut { author, student, room } = school;
    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    sam.join(room, None).await;
    let kick = json!({"action": "kick", "user_id": student.id, "reason": "Enough"});
    author.post(&format!("/api/v1/rooms/{room}/moderation"), kick).await.expect(200);
    let done = Instant::now();
    assert_eq!(sam.closed().await, Some(4202));
    assert!(done.elapsed() < Duration::from_secs(1), "kicked after {:?}", done.elapsed());

    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    student.moved_to(one).post("/api/v1/auth/logout", json!({})).await.expect(204);
    let done = Instant::now();
    assert_eq!(sam.closed().await, Some(4002));
    assert!(done.elapsed() < Duration::from_secs(1), "signed out after {:?}", done.elapsed());
}

/// MSG-07 IDN-14 PLT-04: nodes that have only the database hear of each other through it.
#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_kick_and_a_sign_out_reach_the_other_node_within_a_second() {
    let School { s: one, author, student, room, .. } = school_on(TestServer::start().await).await;
    assert!(!one.app.ear.has_others());
    let two = one.beside(TestServerOptions::default()).await;
    while !(one.app.ear.has_others() && two.app.ear.has_others()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let school = Cut { author: &author, student: &student, room: &room };
    cut_within_a_second(&one, &two, &school).await;
}

/// MSG-07 IDN-14 PLT-05
#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_a_kick_and_a_sign_out_reach_the_other_node_within_a_second() {
    let mut redis = Redis::start();
    let TwoNodes { one, two, author, student, room, .. } =
        &TwoNodes::over(redis.address, redis.address).await;
    redis.kill();
    while one.app.bus.is_whole() || two.app.bus.is_whole() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let school = Cut { author, student, room };
    cut_within_a_second(one, two, &school).await;
}
