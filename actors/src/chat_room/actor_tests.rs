//! Tests of the actor with real relays and listening sessions over a log in memory.

use std::sync::atomic::Ordering;

use actix::prelude::*;
use serde_json::{Value, json};

use super::message::{Submit, Tell};
use super::port::{By, Change, Draft, Nowhere, What};
use super::room::{Join, Seat};
use super::*;
use crate::bus::{LocalBus, LocalHub};
use crate::registry::ArbiterPool;
use crate::relay::{Attach, Detach, PING_AFTER, Relay, RelayId};
use crate::shutdown::drain;
use crate::test_support::{Ear, Heard, MemoryLog, StillClock, moderator, student};
use crate::wire::{CloseCode, Locale};

struct Node {
    log: Arc<MemoryLog>,
    relays: Arc<Relays>,
    relay: (RelayId, Addr<Relay>),
    rooms: Rooms,
}

const ROOM: Uuid = Uuid::from_u128(0xabc);

fn node(log: &Arc<MemoryLog>, hub: &Arc<LocalHub>, id: u128) -> Node {
    let relays = Arc::new(Relays::default());
    let with = Surroundings {
        repetitions: Arc::default(),
        log: Arc::<MemoryLog>::clone(log),
        bus: Arc::new(LocalBus::attach(hub, Uuid::from_u128(id))),
        relays: Arc::clone(&relays),
        elsewhere: Arc::new(Nowhere),
        clock: Arc::new(kernel::SystemClock),
        pace: Pace::default(),
    };
    let relay = relays.start_here();
    let clock = Arc::new(StillClock::default());
    let rooms = Rooms::new(ArbiterPool::new(1), clock, move |id, retire, _| {
        ChatRoom::new(*id, with.clone(), retire)
    });
    Node { log: Arc::clone(log), relays, relay, rooms }
}

fn alone() -> Node {
    node(&Arc::default(), &Arc::default(), 1)
}

struct Guest {
    ear: Ear,
    key: SessionKey,
    user: Uuid,
}

impl Node {
    fn guest(&self, n: u128) -> Guest {
        let ear = Ear::new();
        let (conn, user) = (Uuid::from_u128(n), Uuid::from_u128(0x100 + n));
        self.relay.1.do_send(Attach {
            conn,
            user,
            sign_in: Uuid::from_u128(0x200 + n),
            outbox: Arc::clone(&ear.outbox),
            ping_after: PING_AFTER,
        });
        Guest { ear, key: SessionKey { relay: self.relay.0, conn }, user }
    }

    async fn tell(&self, command: Command) {
        self.rooms.get(&ROOM).unwrap().send(Tell(command)).await.unwrap();
    }

    async fn join(&self, guest: &mut Guest, last: Option<(u64, &str)>) -> Value {
        let seat = Seat {
            user: guest.user,
            name: "Aziza".into(),
            rights: student(),
            muted: None,
            blocked: None,
            presence: true,
            locale: Locale::En,
        };
        let last = last.map(|(seq, epoch)| (seq, epoch.to_owned()));
        let mark = Mark::default();
        self.tell(Command::Join(Join { session: guest.key, re: 7, seat, last, mark })).await;
        guest.ear.frame("joined").await
    }

    async fn send(&self, guest: &Guest, client_id: &str) {
        let body = format!("salom {client_id}");
        let draft = Draft { client_id: client_id.into(), body, ..Draft::default() };
        self.act(guest, What::Message(draft)).await;
    }

    async fn act(&self, guest: &Guest, what: What) {
        let (session, locale) = (guest.key, Locale::En);
        self.tell(Command::Send { session, re: 12, locale, what }).await;
    }
}

/// MSG-01: an author sees the own client_id, the others do not.
#[actix::test]
async fn a_message_reaches_everybody_in_the_room_and_its_author_gets_the_ack() {
    let node = alone();
    let (mut anna, mut bek) = (node.guest(1), node.guest(2));
    let joined = node.join(&mut anna, None).await;
    assert_eq!(joined["resumed"], false);
    assert_eq!(joined["reason"], "new");
    assert_eq!(joined["room"]["title"], "Ownership");
    assert_eq!(
        joined["me"],
        json!({"read": 0, "delivered": 0, "role": "student", "moderates": false, "muted": null})
    );
    node.join(&mut bek, None).await;
    node.send(&anna, "c1").await;
    let ack = anna.ear.frame("ack").await;
    assert_eq!((&ack["re"], &ack["seq"], &ack["dup"]), (&json!(12), &json!(1), &json!(false)));
    let own = anna.ear.frame("msg").await;
    assert_eq!((&own["seq"], &own["m"]["client_id"]), (&json!(1), &json!("c1")));
    let other = bek.ear.frame("msg").await;
    assert_eq!(other["topic"], frame::topic(ROOM).to_string());
    assert_eq!((&other["m"]["body"], other["m"].get("client_id")), (&json!("salom c1"), None));
}

/// MSG-04
#[actix::test]
async fn who_comes_back_gets_what_was_missed_and_then_what_is_live() {
    let node = alone();
    let (mut anna, mut bek) = (node.guest(1), node.guest(2));
    node.join(&mut anna, None).await;
    let epoch = node.join(&mut bek, None).await["epoch"].as_str().unwrap().to_owned();
    node.relay.1.send(Detach(bek.key.conn)).await.unwrap();
    for id in ["a", "b", "c"] {
        node.send(&anna, id).await;
        anna.ear.frame("msg").await;
    }
    let mut bek = node.guest(3);
    let joined = node.join(&mut bek, Some((1, &epoch))).await;
    assert_eq!(joined["resumed"], true);
    let seqs: Vec<_> = joined["entries"].as_array().unwrap().iter().map(|e| &e["seq"]).collect();
    assert_eq!(seqs, [2, 3]);
    node.send(&anna, "d").await;
    assert_eq!(bek.ear.frame("msg").await["seq"], 4);
}

#[actix::test]
async fn a_long_replay_is_split_into_frames_in_order() {
    let node = alone();
    let batch = (0..150).map(|n| Change {
        by: By { user: Uuid::from_u128(9), name: "Old".into(), rights: moderator() },
        what: What::Message(Draft {
            client_id: format!("x{n}"),
            body: "ж".repeat(300),
            ..Draft::default()
        }),
    });
    node.log.rows.lock().unwrap().append(batch.collect());
    let mut anna = node.guest(1);
    let first = node.join(&mut anna, Some((0, "k3f9"))).await;
    let mut seqs: Vec<u64> = Vec::new();
    let mut frame = first;
    loop {
        seqs.extend(
            frame["entries"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()),
        );
        if frame["more"] == false {
            break;
        }
        frame = anna.ear.frame("entries").await;
    }
    assert_eq!(seqs, (1..=150).collect::<Vec<_>>());
}

/// MSG-01: two nodes, one order; and the bus may go away.
#[actix::test]
async fn two_nodes_of_one_room_see_one_order() {
    let (log, hub) = (Arc::default(), Arc::default());
    let (one, two) = (node(&log, &hub, 1), node(&log, &hub, 2));
    let (mut anna, mut bek) = (one.guest(1), two.guest(2));
    one.join(&mut anna, None).await;
    two.join(&mut bek, None).await;
    for n in 0..4 {
        one.send(&anna, &format!("a{n}")).await;
        two.send(&bek, &format!("b{n}")).await;
    }
    let mut orders = Vec::new();
    for guest in [&mut anna, &mut bek] {
        let mut order = Vec::new();
        for _ in 0..8 {
            let msg = guest.ear.frame("msg").await;
            order.push((msg["seq"].as_u64().unwrap(), msg["m"]["id"].to_string()));
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(
        orders[0].iter().map(|(seq, _)| *seq).collect::<Vec<_>>(),
        (1..=8).collect::<Vec<_>>()
    );
}

#[actix::test]
async fn a_room_whose_log_fails_answers_unavailable_and_recovers() {
    let node = alone();
    let mut anna = node.guest(1);
    node.join(&mut anna, None).await;
    node.log.away.store(true, Ordering::SeqCst);
    node.send(&anna, "c1").await;
    let err = anna.ear.frame("err").await;
    assert_eq!((&err["code"], &err["retry_ms"]), (&json!("unavailable"), &json!(1000)));
    node.log.away.store(false, Ordering::SeqCst);
    node.send(&anna, "c1").await;
    assert_eq!(anna.ear.frame("ack").await["seq"], 1);
}

#[actix::test]
async fn an_http_post_is_answered_after_the_commit_and_seen_by_the_sockets() {
    let node = alone();
    let mut anna = node.guest(1);
    node.join(&mut anna, None).await;
    let (client_id, body) = ("h1".into(), "over HTTP".into());
    let change = Change {
        by: By { user: Uuid::from_u128(9), name: "Bot".into(), rights: moderator() },
        what: What::Message(Draft { client_id, body, ..Draft::default() }),
    };
    let ack = node.rooms.get(&ROOM).unwrap().send(Submit(change)).await.unwrap().unwrap();
    assert_eq!(ack.seq, 1);
    assert_eq!(anna.ear.frame("msg").await["m"]["author_role"], "moderator");
}

#[actix::test]
async fn a_session_that_was_cut_leaves_the_room() {
    let node = alone();
    let (mut anna, mut bek) = (node.guest(1), node.guest(2));
    node.join(&mut anna, None).await;
    node.join(&mut bek, None).await;
    node.relays.tell_all(&Cut { whom: Whom::User(bek.user), code: CloseCode::SIGNED_OUT });
    loop {
        if let Heard::Closed(code) = bek.ear.next().await {
            assert_eq!(code, CloseCode::SIGNED_OUT);
            break;
        }
    }
    // Seatless: it may not write any more, wherever its frames come from.
    node.send(&bek, "late").await;
    node.send(&anna, "c1").await;
    assert_eq!(anna.ear.frame("msg").await["m"]["author"], anna.user.to_string());
    assert_eq!(node.log.rows.lock().unwrap().head(), 1);
}

#[actix::test]
async fn a_drained_node_has_stored_what_it_acknowledged_and_its_rooms_are_gone() {
    let node = alone();
    let mut anna = node.guest(1);
    node.join(&mut anna, None).await;
    node.send(&anna, "c1").await;
    anna.ear.frame("ack").await;
    let drained = drain(&node.rooms, Duration::from_secs(5)).await;
    assert_eq!((drained.asked, drained.finished), (1, 1));
    assert!(node.rooms.find(&ROOM).is_none());
    assert_eq!(node.log.rows.lock().unwrap().head(), 1);
}

/// MSG-01 MSG-04: sessions of a room that died are told to come back, and find everything.
#[actix::test]
async fn a_room_that_panics_cuts_its_seats_is_replaced_and_nothing_acknowledged_is_lost() {
    let node = alone();
    let mut anna = node.guest(1);
    node.join(&mut anna, None).await;
    node.send(&anna, "c1").await;
    anna.ear.frame("ack").await;
    let room = node.rooms.get(&ROOM).unwrap();
    node.log.panic.store(true, Ordering::SeqCst);
    node.send(&anna, "c2").await;
    while room.connected() {
        actix::clock::sleep(Duration::from_millis(1)).await;
    }
    while anna.ear.next().await != Heard::Closed(CloseCode::UNCERTAIN) {}
    let mut anna = node.guest(2);
    // The registry waits a moment before it starts another; its clock stands still here.
    assert!(node.rooms.get(&ROOM).is_err());
    let with = Surroundings {
        repetitions: Arc::default(),
        log: Arc::<MemoryLog>::clone(&node.log),
        bus: Arc::new(LocalBus::alone(Uuid::from_u128(1))),
        relays: Arc::clone(&node.relays),
        elsewhere: Arc::new(Nowhere),
        clock: Arc::new(kernel::SystemClock),
        pace: Pace::default(),
    };
    let again = ChatRoom::new(ROOM, with, Retire::unregistered()).start();
    let seat = Seat {
        user: anna.user,
        name: "Aziza".into(),
        rights: student(),
        muted: None,
        blocked: None,
        presence: false,
        locale: Locale::En,
    };
    let (last, mark) = (Some((1, "k3f9".to_owned())), Mark::default());
    again.do_send(Tell(Command::Join(Join { session: anna.key, re: 9, seat, last, mark })));
    assert_eq!(anna.ear.frame("joined").await["head"], 1);
}

/// MSG-05: in a silent room nothing is left of who waited for its next entry.
#[actix::test]
async fn a_wait_for_the_next_entry_ends_in_its_time_and_leaves_nothing() {
    let node = alone();
    let mut anna = node.guest(1);
    node.join(&mut anna, None).await;
    let room = node.rooms.get(&ROOM).unwrap();
    let past = |ms| room.send(Past { after: 0, within: Duration::from_millis(ms) });
    for _ in 0..10 {
        past(1).await.unwrap();
    }
    let long = past(60_000);
    let (waited, ()) = futures::join!(long, async {
        while room.send(Waiting).await.unwrap() != 1 {
            past(1).await.unwrap();
        }
        node.send(&anna, "c1").await;
    });
    waited.unwrap();
    assert_eq!(room.send(Waiting).await.unwrap(), 0);
}

/// How many wait for an entry.
#[derive(Message)]
#[rtype(result = "usize")]
struct Waiting;

impl Handler<Waiting> for ChatRoom {
    type Result = usize;

    fn handle(&mut self, _: Waiting, _: &mut Self::Context) -> usize {
        self.past.retain(|(_, waiting)| !waiting.is_canceled());
        self.past.len()
    }
}
