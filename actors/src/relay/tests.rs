//! Tests of the relay: who is cut, when, and what is dropped first.

use std::sync::atomic::{AtomicU16, Ordering};

use super::*;
use crate::test_support::{Ear, Heard};

fn attach(relay: &mut Relay, n: u128) -> (Ear, Uuid) {
    let (ear, conn) = (Ear::new(), Uuid::from_u128(n));
    let mut ctx = Context::new();
    let new = Attach {
        conn,
        user: Uuid::from_u128(100 + n),
        sign_in: Uuid::from_u128(200),
        outbox: Arc::clone(&ear.outbox),
        ping_after: PING_AFTER,
    };
    relay.handle(new, &mut ctx);
    let topic = ByteString::from_static("room:x");
    relay.handle(
        Subscribe { conn, topic, view: View { presence: true, ..View::default() }, owner: None },
        &mut ctx,
    );
    (ear, conn)
}

fn fan_out(relay: &mut Relay, class: Class) {
    let (topic, frame) =
        (ByteString::from_static("room:x"), ByteString::from_static(r#"{"t":"x"}"#));
    relay.handle(Fanout { topic, frame, class }, &mut Context::new());
}

#[actix::test]
async fn a_silent_session_is_asked_once_and_then_cut() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (mut ear, _) = attach(&mut relay, 1);
    let now = Instant::now();
    relay.tick(now + PING_AFTER);
    relay.tick(now + PING_AFTER + Duration::from_secs(1));
    assert_eq!(ear.frame("ping").await["t"], "ping");
    ear.outbox.heard(now + PING_AFTER);
    relay.tick(now + DEAD_AFTER);
    assert_eq!(relay.sessions.len(), 1, "it answered");
    relay.tick(now + PING_AFTER + DEAD_AFTER);
    assert!(relay.sessions.is_empty() && relay.topics.is_empty() && relay.users.is_empty());
    assert_eq!(ear.next().await, Heard::Closed(CloseCode::DEAD));
}

#[actix::test]
async fn a_slow_reader_is_cut_and_the_others_get_everything() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (slow, _) = attach(&mut relay, 1);
    let (quick, _) = attach(&mut relay, 2);
    let mut got = 0;
    for n in 0..300 {
        fan_out(&mut relay, Class::Entry(None));
        // The quick one looks now and then; the slow one's actor never runs.
        if n % 20 == 19
            && let Taken::Frames(frames) = quick.outbox.take()
        {
            got += frames.iter().map(|frame| frame.matches("\"t\"").count()).sum::<usize>();
        }
    }
    assert_eq!((got, relay.sessions.len()), (300, 1));
    assert_eq!(slow.outbox.take(), Taken::Close(vec![], CloseCode::SLOW));
}

#[actix::test]
async fn a_session_that_is_behind_loses_typing_first_and_gets_the_newest_marks_later() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (ear, _) = attach(&mut relay, 1);
    for _ in 0..40 {
        fan_out(&mut relay, Class::Entry(None));
    }
    fan_out(&mut relay, Class::Ephemeral(None));
    fan_out(&mut relay, Class::Presence);
    let reader = Uuid::from_u128(7);
    for read in [1, 5] {
        let mark = Mark { read, delivered: read };
        fan_out(&mut relay, Class::Marks(Arc::new(vec![(reader, mark)])));
    }
    let Taken::Frames(frames) = ear.outbox.take() else { panic!("cut") };
    assert_eq!(frames.iter().map(|frame| frame.matches("\"t\"").count()).sum::<usize>(), 40);
    relay.tick(Instant::now());
    let Taken::Frames(frames) = ear.outbox.take() else { panic!("cut") };
    assert!(frames.len() == 1 && frames[0].contains(r#""read":5"#), "{frames:?}");
}

#[actix::test]
async fn a_stalled_reader_is_cut_by_the_relay_alone() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (ear, _) = attach(&mut relay, 1);
    fan_out(&mut relay, Class::Entry(None));
    let told = Arc::new(AtomicU16::new(0));
    let tell = Arc::clone(&told);
    let _ = relay.observer.set(Box::new(move |code| tell.store(code.0, Ordering::Relaxed)));
    let later = Instant::now() + Duration::from_secs(11);
    ear.outbox.heard(later);
    relay.tick(later);
    assert_eq!(told.load(Ordering::Relaxed), CloseCode::SLOW.0);
    assert_eq!(ear.outbox.take(), Taken::Close(vec![], CloseCode::SLOW));
}

/// MSG-07: the exact bounds: 256 KiB and what went over them, ten seconds, and nothing is kept of it.
#[actix::test]
async fn for_a_reader_that_never_reads_far_less_than_a_megabyte_waits_and_ten_seconds_at_most() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (ear, _) = attach(&mut relay, 1);
    let (topic, frame) = (ByteString::from_static("room:x"), "x".repeat(16 * 1024));
    let mut waited = 0;
    while !relay.sessions.is_empty() {
        waited += frame.len();
        let (topic, frame) = (topic.clone(), ByteString::from(frame.clone()));
        let class = Class::Entry(None);
        relay.handle(Fanout { topic, frame, class }, &mut Context::new());
    }
    assert!((256 * 1024..=272 * 1024).contains(&waited), "{waited}");
    assert_eq!(ear.outbox.take(), Taken::Close(vec![], CloseCode::SLOW));

    let (ear, _) = attach(&mut relay, 2);
    let before = Instant::now();
    fan_out(&mut relay, Class::Entry(None));
    relay.tick(before + Duration::from_millis(9_999));
    assert_eq!(relay.sessions.len(), 1, "it has its ten seconds");
    relay.tick(Instant::now() + Duration::from_secs(10));
    assert!(relay.sessions.is_empty());
    assert_eq!(ear.outbox.take(), Taken::Close(vec![], CloseCode::SLOW));
}

#[actix::test]
async fn a_planned_end_says_bye_after_what_was_waiting() {
    let mut relay = Relay::new(RelayId(0), Observer::default());
    let (ear, _) = attach(&mut relay, 1);
    fan_out(&mut relay, Class::Entry(None));
    let left = relay.handle(SendHome { count: 10, spread_s: 20 }, &mut Context::new());
    assert_eq!(left, 0);
    let Taken::Close(frames, code) = ear.outbox.take() else { panic!("not closed") };
    assert_eq!(code, CloseCode::RESTART);
    assert!(frames[0].ends_with(r#",{"t":"bye","code":4200,"spread_s":20}]"#), "{frames:?}");
}
