//! A soak of the chat: clients that join, write, leave, drop and resume at random over two nodes on one
//! PostgreSQL and one Redis, while a node is killed and started again and Redis too. At the end every
//! acknowledged message is stored once and in order, and every client has exactly its room's sequence.
//!
//! `SOAK_CLIENTS` (40 if absent), `SOAK_ROOMS` (2), `SOAK_SECONDS` (0: the short form, which ends after
//! `SOAK_EVENTS`, 600), `SOAK_SEED`. `script/soak` runs the long form.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::{Client, Process, Redis, Socket};

/// Longest wait for the last clients, and for a message's acknowledgement.
const PATIENCE: Duration = Duration::from_secs(90);
/// A request that is not answered by then, on a connection that stands, is forgotten by the server.
const ANSWERED: Duration = Duration::from_secs(10);
/// People behind the clients; each holds many sockets.
const PEOPLE: usize = 8;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// The same choices in every run of one seed; what comes of them is up to the scheduler.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// What all clients share.
struct Stage {
    /// The nodes' addresses; a node that is down keeps its old one.
    nodes: watch::Receiver<[String; 2]>,
    over: AtomicBool,
    events: AtomicU64,
    acks: AtomicU64,
    /// Messages that wait for their acknowledgement, and clients that write no more.
    waiting: AtomicU64,
    settled: AtomicU64,
    resumes: AtomicU64,
    fresh: AtomicU64,
    /// Joins and sends that were not answered in time.
    unanswered: AtomicU64,
}

/// A message that was acknowledged: what the client called it, and its number.
struct Acked {
    client_id: String,
    seq: u64,
    msg: String,
}

/// What a client has of its room: an unbroken run of entries up to `last`.
#[derive(Default)]
struct View {
    epoch: Option<String>,
    last: u64,
    /// Number and message of every entry it was told, in one chain since its last fresh start.
    entries: Vec<(u64, String)>,
    /// Entries of chains that ended with a fresh start.
    before: Vec<(u64, String)>,
}

impl View {
    /// An entry of the chain: the next one, or one that is known.
    fn entry(&mut self, entry: &Value) {
        let seq = entry["seq"].as_u64().expect("a number");
        if seq <= self.last {
            return;
        }
        assert_eq!(seq, self.last + 1, "a hole before {entry}");
        self.last = seq;
        if entry["t"] == "msg" {
            self.entries.push((seq, entry["m"]["id"].as_str().unwrap().to_owned()));
        }
    }

    fn joined(&mut self, joined: &Value, stage: &Stage) {
        if joined["resumed"] == true {
            stage.resumes.fetch_add(1, Ordering::Relaxed);
        } else {
            stage.fresh.fetch_add(1, Ordering::Relaxed);
            self.before.append(&mut self.entries);
            // The page reaches to where the entries begin, or to the head.
            self.last = match joined["entries"][0]["seq"].as_u64() {
                Some(first) => first - 1,
                None => joined["head"].as_u64().unwrap(),
            };
            for item in joined["page"]["items"].as_array().unwrap() {
                let seq = item["seq"].as_u64().unwrap();
                self.entries.push((seq, item["id"].as_str().unwrap().to_owned()));
            }
        }
        self.epoch = Some(joined["epoch"].as_str().unwrap().to_owned());
        for entry in joined["entries"].as_array().into_iter().flatten() {
            self.entry(entry);
        }
    }
}

/// One client, over all its connections.
struct Walker {
    stage: Arc<Stage>,
    name: String,
    room: String,
    token: String,
    dice: Dice,
    view: View,
    acked: Vec<Acked>,
    /// The message that is not acknowledged yet, and since when.
    pending: Option<(String, Instant)>,
    written: u64,
}

/// How a client stands.
struct Link {
    socket: Socket,
    /// The last join that is not answered.
    join: Option<(u64, Instant)>,
    /// The last send that is not answered.
    send: Option<(u64, Instant)>,
    in_room: bool,
}

impl Link {
    /// What the server should have answered long ago.
    fn overdue(&self) -> Option<&'static str> {
        let is_late = |asked: &Option<(u64, Instant)>| {
            asked.is_some_and(|(_, since)| since.elapsed() > ANSWERED)
        };
        match (is_late(&self.join), is_late(&self.send)) {
            (true, _) => Some("join"),
            (false, true) => Some("send"),
            (false, false) => None,
        }
    }
}

impl Walker {
    fn topic(&self) -> String {
        format!("room:{}", self.room)
    }

    async fn connect(&mut self) -> Option<Link> {
        let node = self.dice.below(2) as usize;
        let base = self.stage.nodes.borrow()[node].clone();
        let within = Duration::from_secs(20);
        let socket = tokio::time::timeout(within, Socket::try_sign_in(&base, &self.token));
        let socket = socket.await.ok()??;
        let mut link = Link { socket, join: None, send: None, in_room: false };
        self.join(&mut link).await;
        Some(link)
    }

    async fn join(&mut self, link: &mut Link) {
        let mut join = json!({"t": "join", "topic": self.topic()});
        if let Some(epoch) = &self.view.epoch {
            join["last_seq"] = self.view.last.into();
            join["epoch"] = epoch.as_str().into();
        }
        link.join = Some((link.socket.ask(join).await, Instant::now()));
    }

    async fn send_pending(&self, link: &mut Link) {
        if let Some((client_id, _)) = &self.pending {
            let body = format!("{client_id} says so");
            let send =
                json!({"t": "send", "topic": self.topic(), "client_id": client_id, "body": body});
            link.send = Some((link.socket.ask(send).await, Instant::now()));
        }
    }

    async fn hear(&mut self, link: &mut Link, frame: &Value) {
        match frame["t"].as_str().unwrap_or_default() {
            "joined" => {
                self.view.joined(frame, &self.stage.clone());
                (link.join, link.in_room) = (None, true);
                self.send_pending(link).await;
            }
            "entries" => {
                frame["entries"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .for_each(|entry| self.view.entry(entry));
            }
            // What was on its way when we left is not for us; a later join has it.
            _ if frame.get("seq").is_some() && frame["topic"] == self.topic() && link.in_room => {
                self.view.entry(frame);
            }
            "ack" if frame["client_id"].is_string() => {
                let client_id = frame["client_id"].as_str().unwrap().to_owned();
                link.send = None;
                if self.pending.as_ref().is_some_and(|(waiting, _)| *waiting == client_id) {
                    self.pending = None;
                    self.stage.acks.fetch_add(1, Ordering::SeqCst);
                    self.stage.waiting.fetch_sub(1, Ordering::SeqCst);
                    let seq = frame["seq"].as_u64().unwrap();
                    let msg = frame["msg"].as_str().unwrap().to_owned();
                    self.acked.push(Acked { client_id, seq, msg });
                }
            }
            "err" => {
                let code = frame["code"].as_str().unwrap_or_default();
                assert!(matches!(code, "unavailable" | "not_found"), "{}: {frame}", self.name);
                tokio::time::sleep(Duration::from_millis(200)).await;
                let is = |asked: Option<(u64, Instant)>| {
                    asked.is_some_and(|(id, _)| frame["re"].as_u64() == Some(id))
                };
                let is_send = is(link.send);
                if is_send {
                    link.send = None;
                }
                // The answer to a join that another one has replaced is for nobody.
                if is(link.join) || code == "not_found" {
                    self.join(link).await;
                } else if is_send {
                    self.send_pending(link).await;
                }
            }
            "ping" => link.socket.text(r#"{"t":"pong"}"#).await,
            _ => {}
        }
    }

    /// Something happens to the connection, or by it; `None`: it is gone.
    async fn event(&mut self, mut link: Link) -> Option<Link> {
        self.stage.events.fetch_add(1, Ordering::Relaxed);
        match self.dice.below(10) {
            0 => {
                link.socket.drop_link();
                return None;
            }
            1 if link.in_room => {
                link.socket.ask(json!({"t": "leave", "topic": self.topic()})).await;
                link.in_room = false;
                self.join(&mut link).await;
            }
            _ if link.in_room && self.pending.is_none() => {
                self.written += 1;
                self.stage.waiting.fetch_add(1, Ordering::SeqCst);
                self.pending = Some((format!("{}-{}", self.name, self.written), Instant::now()));
                self.send_pending(&mut link).await;
            }
            _ => {}
        }
        Some(link)
    }

    /// A connection on which the server has forgotten something is given up, as clients do; and that is counted.
    fn kept(&self, link: Link) -> Option<Link> {
        let Some(what) = link.overdue() else { return Some(link) };
        self.stage.unanswered.fetch_add(1, Ordering::SeqCst);
        let Link { join, send, in_room, .. } = link;
        println!(
            "{}: no answer to a {what}: join {join:?}, send {send:?}, in room {in_room}",
            self.name
        );
        None
    }

    /// Walks until the stage says that it is over, then comes in once more and reads to `head`.
    async fn walk(mut self, pause_ms: u64, head: watch::Receiver<HashMap<String, u64>>) -> Self {
        let mut link = None;
        while !self.stage.over.load(Ordering::Relaxed) {
            let Some(mut here) = link.take() else {
                link = self.connect().await;
                if link.is_none() {
                    let pause = 50 + self.dice.below(300);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                continue;
            };
            let pause = Duration::from_millis(self.dice.below(2 * pause_ms));
            match tokio::time::timeout(pause, here.socket.next()).await {
                Err(_) => link = self.event(here).await,
                Ok(Ok(frames)) => {
                    for frame in &frames {
                        self.hear(&mut here, frame).await;
                    }
                    link = Some(here);
                }
                Ok(Err(_)) => {}
            }
            link = link.and_then(|link| self.kept(link));
        }
        self.stage.settled.fetch_add(1, Ordering::SeqCst);
        // The last message is either acknowledged or never was told to be stored.
        let mut deadline = None;
        loop {
            let wanted = head.borrow().get(&self.room).copied();
            if self.pending.is_none() && wanted.is_some_and(|head| self.view.last >= head) {
                return self;
            }
            // Before the heads are known others may still wait for their answers.
            let deadline = wanted.map(|_| *deadline.get_or_insert(Instant::now() + PATIENCE));
            assert!(
                deadline.is_none_or(|deadline| Instant::now() < deadline),
                "{} stands at {} of {wanted:?}, pending {:?}, {:?}",
                self.name,
                self.view.last,
                self.pending,
                link.as_ref().map(|link| (link.join, link.send, link.in_room))
            );
            let Some(mut here) = link.take() else {
                link = self.connect().await;
                if link.is_none() {
                    tokio::time::sleep(Duration::from_millis(50 + self.dice.below(300))).await;
                }
                continue;
            };
            // Looks at the head now and then.
            match tokio::time::timeout(Duration::from_millis(500), here.socket.next()).await {
                Err(_) => link = Some(here),
                Ok(Ok(frames)) => {
                    for frame in &frames {
                        self.hear(&mut here, frame).await;
                    }
                    link = Some(here);
                }
                Ok(Err(_)) => {}
            }
            link = link.and_then(|link| self.kept(link));
        }
    }
}

/// The rooms of lessons of one course, as many as are wanted.
async fn make_rooms(author: &Client, count: u64) -> Vec<String> {
    let body = json!({"title": "Soak", "language": "en"});
    let course = author.post("/api/v1/studio/courses", body).await.expect(201).json();
    let path = format!("/api/v1/studio/courses/{}/modules", course["id"].as_str().unwrap());
    let module = author.post(&path, json!({"title": "One"})).await.expect(201).json();
    let path = format!("/api/v1/studio/modules/{}/lessons", module["id"].as_str().unwrap());
    let mut rooms = Vec::new();
    for n in 0..count {
        let body = json!({"title": format!("Lesson {n}"), "kind": "text"});
        let lesson = author.post(&path, body).await.expect(201).json();
        let path = format!("/api/v1/lessons/{}/room", lesson["id"].as_str().unwrap());
        let room = author.get(&path).await.expect(200).json();
        rooms.push(room["room_id"].as_str().unwrap().to_owned());
    }
    rooms
}

#[derive(diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    client_id: String,
}

#[derive(diesel::QueryableByName)]
struct Numbers {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    least: i64,
    #[diesel(sql_type = BigInt)]
    most: i64,
    #[diesel(sql_type = BigInt)]
    head: i64,
}

/// Everything that is stored of a room, in order.
async fn stored(conn: &mut AsyncPgConnection, room: &str) -> Vec<Stored> {
    use diesel_async::RunQueryDsl as _;
    diesel::sql_query("select id, seq, client_id from messages where room_id = $1 order by seq")
        .bind::<SqlUuid, _>(Uuid::parse_str(room).unwrap())
        .load(conn)
        .await
        .unwrap()
}

/// The rooms' heads; their logs hold every number up to them.
async fn heads(conn: &mut AsyncPgConnection, rooms: &[String]) -> HashMap<String, u64> {
    use diesel_async::RunQueryDsl as _;
    let mut heads = HashMap::new();
    for room in rooms {
        let numbers: Numbers = diesel::sql_query(
            "select count(*) as n, coalesce(min(seq), 1) as least, coalesce(max(seq), 0) as most, \
             (select head from room_heads where room_id = $1) as head from room_log where room_id = $1",
        )
        .bind::<SqlUuid, _>(Uuid::parse_str(room).unwrap())
        .get_result(conn)
        .await
        .unwrap();
        assert_eq!((numbers.least, numbers.most, numbers.n), (1, numbers.head, numbers.head));
        heads.insert(room.clone(), u64::try_from(numbers.head).unwrap());
    }
    heads
}

/// MSG-01 MSG-04 MSG-05 PLT-04 PLT-05
#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_acknowledged_messages_are_stored_once_and_everybody_has_the_rooms_sequence()
{
    let (clients, room_count) = (number("SOAK_CLIENTS", 40), number("SOAK_ROOMS", 2));
    let (seconds, events) = (number("SOAK_SECONDS", 0), number("SOAK_EVENTS", 600));
    let seed = number("SOAK_SEED", 20_261_121);
    // In the long form a client does something every few seconds, in the short one as soon as it may.
    let pause_ms = if seconds > 0 { 3000 } else { 100 };

    let mut redis = Redis::start();
    let url = redis.url();
    let variables: Vec<(&'static str, &str)> = vec![
        ("ILM__REDIS__URL", &url),
        ("ILM__LIMITS__FACTOR", "0"),
        ("ILM__CHAT__MAX_SESSIONS_PER_USER", "10000"),
        ("ILM__AUTH__ACCESS_TOKEN_SECONDS", "7200"),
        ("ILM__MEDIA__JOBS", "0"),
    ];
    let one = Process::start_with(&variables).await;
    let mut tokens = Vec::new();
    for n in 0..PEOPLE {
        let email = format!("soak{n}@example.com");
        one.make_account("create-moderator", &email);
        tokens.push(one.sign_in(&email).await.token.unwrap());
    }
    let mut author = one.anonymous();
    author.token = Some(tokens[0].clone());
    let rooms = make_rooms(&author, room_count).await;
    let mut two = one.beside();

    let (tell_nodes, nodes) = watch::channel([one.base.clone(), two.base.clone()]);
    let (tell_heads, know_heads) = watch::channel(HashMap::new());
    let stage = Arc::new(Stage {
        nodes,
        over: AtomicBool::new(false),
        events: AtomicU64::new(0),
        acks: AtomicU64::new(0),
        waiting: AtomicU64::new(0),
        settled: AtomicU64::new(0),
        resumes: AtomicU64::new(0),
        fresh: AtomicU64::new(0),
        unanswered: AtomicU64::new(0),
    });
    let begun = Instant::now();
    let walkers: Vec<_> = (0..clients)
        .map(|n| {
            let at = n as usize;
            let walker = Walker {
                stage: stage.clone(),
                name: format!("c{n}"),
                room: rooms[at % rooms.len()].clone(),
                token: tokens[at % tokens.len()].clone(),
                dice: Dice(seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
                view: View::default(),
                acked: Vec::new(),
                pending: None,
                written: 0,
            };
            tokio::spawn(walker.walk(pause_ms, know_heads.clone()))
        })
        .collect();

    // How far the soak is, of a thousand.
    let progress = || {
        let done = stage.events.load(Ordering::Relaxed) * 1000 / events.max(1);
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap();
        milliseconds.checked_div(seconds).unwrap_or(done)
    };
    let blows: [(u64, &str); 8] = [
        (200, "kill"),
        (300, "start"),
        (400, "redis away"),
        (500, "redis back"),
        (600, "flush"),
        (700, "kill"),
        (750, "start"),
        (1000, "end"),
    ];
    for (at, blow) in blows {
        while progress() < at {
            // A walker that has panicked says why at once.
            assert!(walkers.iter().all(|walker| !walker.is_finished()), "a client has failed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match blow {
            "kill" => two.kill(),
            "start" => {
                two.start_again();
                tell_nodes.send([one.base.clone(), two.base.clone()]).unwrap();
            }
            "redis away" => redis.kill(),
            "redis back" => redis.start_again(),
            "flush" => assert_eq!(redis.command(&["flushall"]), "OK"),
            _ => stage.over.store(true, Ordering::Relaxed),
        }
    }

    // What was sent last gets its answer before the heads are the last ones: nobody writes after it.
    let mut conn = AsyncPgConnection::establish(&one.database_url()).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while walkers.iter().any(|walker| !walker.is_finished()) {
        assert!(Instant::now() < deadline + PATIENCE, "clients do not come to the end");
        // Before the last message is acknowledged the heads are not the last ones.
        let settled = stage.settled.load(Ordering::SeqCst) == clients;
        if settled && stage.waiting.load(Ordering::SeqCst) == 0 {
            tell_heads.send(heads(&mut conn, &rooms).await).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let mut done = Vec::new();
    for walker in walkers {
        done.push(walker.await.expect("a client"));
    }
    let last = heads(&mut conn, &rooms).await;
    let mut told = 0;
    for room in &rooms {
        let stored = stored(&mut conn, room).await;
        let by_seq: HashMap<u64, String> = stored
            .iter()
            .map(|row| (u64::try_from(row.seq).unwrap(), row.id.to_string()))
            .collect();
        let mut by_client: HashMap<&str, Vec<&Stored>> = HashMap::new();
        for row in &stored {
            by_client.entry(&row.client_id).or_default().push(row);
        }
        for walker in done.iter().filter(|walker| walker.room == *room) {
            let mut before = 0;
            for acked in &walker.acked {
                let rows = by_client.get(acked.client_id.as_str()).map_or(&[][..], Vec::as_slice);
                assert_eq!(rows.len(), 1, "{} is stored {} times", acked.client_id, rows.len());
                assert_eq!(u64::try_from(rows[0].seq).unwrap(), acked.seq);
                assert_eq!(rows[0].id.to_string(), acked.msg);
                assert!(acked.seq > before, "{} is out of its author's order", acked.client_id);
                before = acked.seq;
            }
            for (seq, msg) in walker.view.before.iter().chain(&walker.view.entries) {
                assert_eq!(by_seq.get(seq), Some(msg), "{} has another {seq}", walker.name);
                told += 1;
            }
            // From where its last chain begins, nothing is missing up to the head.
            let first = walker.view.entries.first().map_or(u64::MAX, |(seq, _)| *seq);
            let expected = by_seq.keys().filter(|seq| **seq >= first).count();
            assert_eq!(walker.view.entries.len(), expected, "{} misses some", walker.name);
            assert!(walker.view.last >= last[room], "{} is behind", walker.name);
        }
    }
    let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
    assert!(count(&stage.acks) > 0 && count(&stage.resumes) > 0);
    assert_eq!(count(&stage.unanswered), 0, "requests were not answered");
    println!(
        "seed {seed}: {clients} clients in {room_count} rooms for {:.0} s: {} events, {} messages \
         acknowledged, {told} entries compared, {} resumed, {} begun anew",
        begun.elapsed().as_secs_f64(),
        count(&stage.events),
        count(&stage.acks),
        count(&stage.resumes),
        count(&stage.fresh),
    );
}
