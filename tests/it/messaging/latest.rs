//! The newest page of a room that Redis keeps: it is used, and it is never wrong.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rooms::{School, school_on};
use crate::support::{Client, Redis, Socket, TestServer, TestServerOptions};

fn on(redis: &Redis) -> TestServerOptions {
    let url = redis.url();
    TestServerOptions {
        configure: Box::new(move |config| {
            config.redis.url = url.into();
            config.limits.factor = 0;
        }),
        ..TestServerOptions::default()
    }
}

async fn school(redis: &Redis) -> School {
    school_on(TestServer::start_with(on(redis)).await).await
}

async fn page(who: &Client, room: &str) -> Value {
    who.get(&format!("/api/v1/rooms/{room}/messages")).await.expect(200).json()
}

async fn say(who: &Client, room: &str, body: &str) -> Value {
    let new = json!({"client_id": body.replace(' ', "-"), "body": body});
    who.post(&format!("/api/v1/rooms/{room}/messages"), new).await.expect(201).json()
}

fn bodies(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap()).collect()
}

fn key(room: &str) -> String {
    format!("ilm:log:{{{room}}}")
}

fn field(redis: &Redis, room: &str, name: &str) -> String {
    redis.command(&["hget", &key(room), name])
}

/// Until Redis has the page of this number: it is put there beside the answer.
async fn kept(redis: &Redis, room: &str, at: u64) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let is = (field(redis, room, "at"), field(redis, room, "page").is_empty());
        if is == (at.to_string(), false) {
            return;
        }
        assert!(Instant::now() < deadline, "{is:?}, not {at}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Until Redis has no page, but the number of what took it away.
async fn gone(redis: &Redis, room: &str, at: u64) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let is = (field(redis, room, "at"), field(redis, room, "page").is_empty());
        if is == (at.to_string(), true) {
            return;
        }
        assert!(Instant::now() < deadline, "{is:?}, not {at}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Writes another text into the kept page, so that one sees whether it is used.
fn forge(redis: &Redis, room: &str, from: &str, to: &str) {
    let page = field(redis, room, "page").replace(from, to);
    redis.command(&["hset", &key(room), "page", &page]);
}

/// MSG-04: the newest messages come from Redis, over HTTP, over the socket and for who joins a room that no node
/// has in memory; names, reactions and what is the viewer's own are right in them.
#[tokio::test]
async fn the_newest_messages_of_a_room_are_kept_in_redis_and_used() {
    let redis = Redis::start();
    let School { s, author, student, room, .. } = school(&redis).await;
    let first = say(&student, &room, "first").await;
    say(&author, &room, "second").await;
    let id = first["msg"].as_str().unwrap();
    let thumb = format!("/api/v1/rooms/{room}/messages/{id}/reactions/%F0%9F%91%8D");
    assert!(author.put(&thumb, json!({})).await.status.is_success());

    let read = page(&student, &room).await;
    kept(&redis, &room, 3).await;
    assert_eq!(page(&student, &room).await, read, "the same from Redis as from the database");
    let reaction = |page: &Value| page["items"][0]["reactions"][0].clone();
    assert_eq!(reaction(&read)["own"], false);
    assert_eq!(reaction(&page(&author, &room).await)["own"], true, "each sees their own");

    forge(&redis, &room, "second", "from redis");
    assert_eq!(bodies(&page(&student, &room).await), ["first", "from redis"]);
    let one = student.get(&format!("/api/v1/rooms/{room}/messages?limit=1")).await.json();
    assert_eq!((bodies(&one), &one["has_more"]), (vec!["from redis"], &json!(true)));
    let before = student.get(&format!("/api/v1/rooms/{room}/messages?before=9")).await.json();
    assert_eq!(bodies(&before), ["first", "second"], "anything else comes from the database");

    // A node that has never seen the room.
    let two = s.beside(on(&redis)).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    let joined = sam.join(&room, None).await;
    assert_eq!(bodies(&joined["page"]), ["first", "from redis"]);
    let ttl: u64 = redis.command(&["ttl", &key(&room)]).parse().unwrap();
    assert!((1..=24 * 3600).contains(&ttl), "{ttl}");
}

/// MSG-04: a page of another number than the log's head is none; what was said, edited or deleted since is seen,
/// and the old text does not stay in Redis.
#[tokio::test]
async fn a_kept_page_never_hides_what_came_after_it_nor_brings_a_text_back() {
    let redis = Redis::start();
    let School { s: _s, author, student, room, .. } = school(&redis).await;
    let first = say(&student, &room, "secret word").await;
    page(&student, &room).await;
    kept(&redis, &room, 1).await;
    let stale = field(&redis, &room, "page");

    say(&author, &room, "second").await;
    assert_eq!(bodies(&page(&student, &room).await), ["secret word", "second"]);
    kept(&redis, &room, 2).await;

    let message = format!("/api/v1/rooms/{room}/messages/{}", first["msg"].as_str().unwrap());
    student.patch(&message, json!({"body": "other word", "version": 1})).await.expect(200);
    gone(&redis, &room, 3).await;
    assert_eq!(bodies(&page(&student, &room).await), ["other word", "second"]);
    kept(&redis, &room, 3).await;
    assert!(student.delete(&message).await.status.is_success());
    gone(&redis, &room, 4).await;
    assert_eq!(bodies(&page(&author, &room).await), ["", "second"]);
    kept(&redis, &room, 4).await;

    // Somebody puts the old page back: it is of another number, whatever stands beside it.
    redis.command(&["hset", &key(&room), "page", &stale]);
    assert_eq!(bodies(&page(&author, &room).await), ["", "second"]);
}

/// MSG-04: what is not understood is read from the database and written anew; of another epoch, of another room,
/// not JSON, not even a hash.
#[tokio::test]
async fn a_poisoned_page_is_read_anew() {
    let redis = Redis::start();
    let School { s: _s, student, room, .. } = school(&redis).await;
    say(&student, &room, "first").await;
    page(&student, &room).await;
    kept(&redis, &room, 1).await;
    let whole = field(&redis, &room, "page");
    let epoch = field(&redis, &room, "epoch");
    let forged = whole.replace("first", "forged");
    let other_room = forged.replace(&room, "018f0000-0000-7000-8000-000000000000");
    let another = "another".to_owned();
    for (epoch, page_there) in [
        (&another, &forged),
        (&epoch, &other_room),
        (&epoch, &forged.replace("\"at\":1", "\"at\":2")),
        (&epoch, &"{".to_owned()),
        (&epoch, &String::new()),
    ] {
        redis.command(&["hset", &key(&room), "epoch", epoch, "at", "1", "page", page_there]);
        assert_eq!(bodies(&page(&student, &room).await), ["first"], "{page_there}");
    }
    redis.command(&["del", &key(&room)]);
    redis.command(&["set", &key(&room), "nonsense"]);
    assert_eq!(bodies(&page(&student, &room).await), ["first"]);
    kept(&redis, &room, 1).await;
    assert_eq!(field(&redis, &room, "page"), whole);
}

/// MSG-04 PLT-05: without Redis the pages come from the database.
#[tokio::test]
async fn while_redis_is_away_pages_come_from_the_database() {
    let mut redis = Redis::start();
    let School { s: _s, student, room, .. } = school(&redis).await;
    say(&student, &room, "first").await;
    page(&student, &room).await;
    kept(&redis, &room, 1).await;
    redis.kill();
    say(&student, &room, "second").await;
    for _ in 0..3 {
        assert_eq!(bodies(&page(&student, &room).await), ["first", "second"]);
    }
    redis.start_again();
    let deadline = Instant::now() + Duration::from_secs(10);
    while field(&redis, &room, "page").is_empty() {
        assert!(Instant::now() < deadline, "nothing is kept after its return");
        assert_eq!(bodies(&page(&student, &room).await), ["first", "second"]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
