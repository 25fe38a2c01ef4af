//! The load of `script/bench chat`: many WebSocket connections from one thread, the same for IlmSpace and
//! for the servers that it is held against. One order as JSON in, one line of JSON out; see
//! `script/bench-chat.mjs`, which gives the orders.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]
#![allow(clippy::indexing_slicing, reason = "a tool that may end in a panic")]

mod wire;

use std::cell::{Cell, RefCell};
use std::io::{Error, Result};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use wire::{Conn, Heard, Peer};

/// Connections that are being opened at once.
const OPENING: usize = 100;
/// Microseconds of one step of the histogram, and its steps: 20 s.
const STEP: usize = 10;
const STEPS: usize = 2_000_000;

#[derive(Deserialize)]
struct Order {
    peer: String,
    load: String,
    port: u16,
    /// The server's process.
    pid: u32,
    /// Its rooms; most loads use the first.
    rooms: Vec<String>,
    /// Access tokens (IlmSpace); connections take them in turns.
    tokens: Vec<String>,
    readers: usize,
    #[serde(default = "one")]
    in_flight: usize,
    /// Messages a second.
    #[serde(default)]
    rate: f64,
    #[serde(default)]
    seconds: f64,
    /// Tells runs on one server apart.
    run: u32,
    /// Connections that never read.
    #[serde(default)]
    stuck: usize,
}

fn one() -> usize {
    1
}

/// What all connections count together.
struct Counts {
    begun: Instant,
    /// When each message was sent, in microseconds since `begun`, and how many have not had it.
    sent: RefCell<Vec<(u64, u32)>>,
    each: u32,
    deliveries: Cell<u64>,
    acks: Cell<u64>,
    doubles: Cell<u64>,
    gone: Cell<u64>,
    steps: RefCell<Vec<u32>>,
    done: mpsc::UnboundedSender<usize>,
}

impl Counts {
    fn new(each: usize) -> (Rc<Self>, mpsc::UnboundedReceiver<usize>) {
        let (done, finished) = mpsc::unbounded_channel();
        let counts = Self {
            begun: Instant::now(),
            sent: RefCell::default(),
            each: u32::try_from(each).unwrap_or(u32::MAX),
            deliveries: Cell::new(0),
            acks: Cell::new(0),
            doubles: Cell::new(0),
            gone: Cell::new(0),
            steps: RefCell::new(vec![0; STEPS]),
            done,
        };
        (Rc::new(counts), finished)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The next message; its number.
    fn send(&self) -> usize {
        let mut sent = self.sent.borrow_mut();
        sent.push((self.now(), self.each));
        sent.len() - 1
    }

    fn heard(&self, number: usize) {
        let mut sent = self.sent.borrow_mut();
        // Of an earlier run: in the page of a join.
        let Some((at, left)) = sent.get_mut(number) else { return };
        if *left == 0 {
            return self.doubles.set(self.doubles.get() + 1);
        }
        *left -= 1;
        self.deliveries.set(self.deliveries.get() + 1);
        let step = usize::try_from(self.now() - *at).unwrap_or(usize::MAX) / STEP;
        self.steps.borrow_mut()[step.min(STEPS - 1)] += 1;
        if *left == 0 {
            let _ = self.done.send(number);
        }
    }

    fn forget_times(&self) {
        self.steps.borrow_mut().fill(0);
    }

    /// Milliseconds below which this share of the deliveries was.
    fn quantile(&self, share: f64) -> f64 {
        let steps = self.steps.borrow();
        let all: u64 = steps.iter().map(|n| u64::from(*n)).sum();
        let wanted = (all as f64 * share) as u64;
        let mut seen = 0;
        for (step, n) in steps.iter().enumerate() {
            seen += u64::from(*n);
            if seen > wanted {
                return (step * STEP) as f64 / 1000.0;
            }
        }
        0.0
    }

    fn missing(&self) -> u64 {
        self.sent.borrow().iter().map(|(_, left)| u64::from(*left)).sum()
    }
}

/// Seconds of computing of a process.
fn cpu(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// KiB that a process has in memory.
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0.0)
}

impl Order {
    fn peer(&self) -> Peer {
        match self.peer.as_str() {
            "nchan" => Peer::Nchan,
            "sio" => Peer::Sio,
            _ => Peer::Ilm,
        }
    }

    fn token(&self, n: usize) -> &str {
        self.tokens.get(n % self.tokens.len().max(1)).map_or("", String::as_str)
    }

    async fn open(&self, n: usize, receive: Option<u32>) -> Result<Conn> {
        let room = &self.rooms[n % self.rooms.len()];
        Conn::ready(self.peer(), self.port, room, self.token(n), receive).await
    }
}

/// Opens `count` connections, so many at once; they are in their rooms.
async fn open_all(order: &Rc<Order>, count: usize, at_once: usize) -> Result<Vec<Conn>> {
    let mut opening = JoinSet::new();
    let mut conns = Vec::with_capacity(count);
    for n in 0..count {
        if opening.len() >= at_once
            && let Some(opened) = opening.join_next().await
        {
            conns.push(opened.map_err(Error::other)??);
        }
        let order = Rc::clone(order);
        opening.spawn_local(async move { order.open(n, None).await });
    }
    while let Some(opened) = opening.join_next().await {
        conns.push(opened.map_err(Error::other)??);
    }
    Ok(conns)
}

/// Reads until the end, counting.
fn read_on(conns: Vec<Conn>, counts: &Rc<Counts>, stop: &watch::Receiver<bool>) {
    for mut conn in conns {
        let (counts, mut stop) = (Rc::clone(counts), stop.clone());
        tokio::task::spawn_local(async move {
            let listen = async {
                loop {
                    let heard = conn.hear(|heard| match heard {
                        Heard::Message(number) => counts.heard(number),
                        Heard::Ack => counts.acks.set(counts.acks.get() + 1),
                        Heard::Refused(_) | Heard::Other(_) => {}
                    });
                    if let Err(error) = heard.await {
                        return error;
                    }
                }
            };
            tokio::select! {
                error = listen => {
                    if counts.gone.replace(counts.gone.get() + 1) == 0 {
                        eprintln!("a reader has lost its connection: {error}");
                    }
                }
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
}

/// A task that writes the numbers that it is given and hears its acknowledgements.
fn write_on(
    order: &Rc<Order>,
    mut conn: Conn,
    counts: &Rc<Counts>,
) -> mpsc::UnboundedSender<usize> {
    let (say, mut told) = mpsc::unbounded_channel::<usize>();
    let (order, counts) = (Rc::clone(order), Rc::clone(counts));
    tokio::task::spawn_local(async move {
        loop {
            let done = tokio::select! {
                number = told.recv() => match number {
                    Some(number) => conn.say(&order.rooms[0], number, order.run).await,
                    None => return,
                },
                heard = conn.hear(|heard| match heard {
                    Heard::Ack => counts.acks.set(counts.acks.get() + 1),
                    Heard::Refused(text) => eprintln!("refused: {text}"),
                    _ => {}
                }) => heard,
            };
            if let Err(error) = done {
                eprintln!("the writer has lost its connection: {error}");
                return;
            }
        }
    });
    say
}

/// What a stretch of time cost.
struct Meter<'a> {
    order: &'a Order,
    counts: &'a Counts,
    at: Instant,
    server: f64,
    own: f64,
    deliveries: u64,
    acks: u64,
}

impl<'a> Meter<'a> {
    fn start(order: &'a Order, counts: &'a Counts) -> Self {
        counts.forget_times();
        Self {
            order,
            counts,
            at: Instant::now(),
            server: cpu(&order.pid.to_string()),
            own: cpu("self"),
            deliveries: counts.deliveries.get(),
            acks: counts.acks.get(),
        }
    }

    fn stop(self) -> Value {
        let seconds = self.at.elapsed().as_secs_f64();
        let deliveries = (self.counts.deliveries.get() - self.deliveries) as f64;
        let server = cpu(&self.order.pid.to_string()) - self.server;
        json!({
            "deliveries_s": deliveries / seconds,
            "acks_s": (self.counts.acks.get() - self.acks) as f64 / seconds,
            "p50_ms": self.counts.quantile(0.5),
            "p99_ms": self.counts.quantile(0.99),
            "cpu_us": server * 1e6 / deliveries.max(1.0),
            "server_busy": server / seconds,
            "client_busy": (cpu("self") - self.own) / seconds,
            "resident_kib": resident(self.order.pid),
        })
    }
}

/// One room; `in_flight` messages that not everybody has had, or `rate` messages a second.
async fn one_room(order: Rc<Order>) -> Result<Value> {
    let (counts, mut finished) = Counts::new(order.readers);
    let (stop, stopped) = watch::channel(false);
    let before = resident(order.pid);
    read_on(open_all(&order, order.readers, OPENING).await?, &counts, &stopped);
    let mut stuck = Vec::new();
    for n in 0..order.stuck {
        stuck.push(order.open(n, Some(4096)).await?);
    }
    let writer = Conn::writer(order.peer(), order.port, &order.rooms[0], order.token(0)).await?;
    let say = write_on(&order, writer, &counts);
    let gone = || Error::other("the writer is gone");

    let mut meter = None;
    let warm = Instant::now() + Duration::from_secs(2);
    let end = warm + Duration::from_secs_f64(order.seconds);
    if order.rate > 0.0 {
        let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / order.rate));
        while Instant::now() < end {
            tick.tick().await;
            if meter.is_none() && Instant::now() >= warm {
                meter = Some(Meter::start(&order, &counts));
            }
            say.send(counts.send()).map_err(|_| gone())?;
        }
    } else {
        for _ in 0..order.in_flight {
            say.send(counts.send()).map_err(|_| gone())?;
        }
        while Instant::now() < end {
            if meter.is_none() && Instant::now() >= warm {
                meter = Some(Meter::start(&order, &counts));
            }
            match timeout(Duration::from_secs(10), finished.recv()).await {
                Ok(_) => say.send(counts.send()).map_err(|_| gone())?,
                Err(_) => break,
            }
        }
    }
    let meter = meter.ok_or_else(|| Error::other("nothing was delivered"))?;
    let mut result = meter.stop();
    // What is still on its way may come.
    let patience = Instant::now() + Duration::from_secs(10);
    while counts.missing() > 0 && Instant::now() < patience {
        sleep(Duration::from_millis(20)).await;
    }
    result["lost"] = counts.missing().into();
    result["doubles"] = counts.doubles.get().into();
    result["readers_gone"] = counts.gone.get().into();
    result["sent"] = counts.sent.borrow().len().into();
    result["resident_before_kib"] = before.into();
    let _ = stop.send(true);
    drop(stuck);
    Ok(result)
}

/// Sockets that only are there.
async fn idle(order: Rc<Order>) -> Result<Value> {
    let (counts, _finished) = Counts::new(0);
    let (_stop, stopped) = watch::channel(false);
    // The first ones pay for what the server makes once.
    read_on(open_all(&order, 200, OPENING).await?, &counts, &stopped);
    sleep(Duration::from_secs(1)).await;
    let before = resident(order.pid);
    read_on(open_all(&order, order.readers, OPENING).await?, &counts, &stopped);
    sleep(Duration::from_secs_f64(order.seconds)).await;
    let each = (resident(order.pid) - before) / order.readers as f64;
    Ok(json!({ "kib_each": each, "readers_gone": counts.gone.get() }))
}

/// Many rooms, each with some people in it, of whom one writes the next message when the last one is
/// acknowledged.
async fn rooms(order: Rc<Order>) -> Result<Value> {
    let count = order.rooms.len();
    let each = order.readers / count;
    let (counts, _finished) = Counts::new(each);
    let (stop, stopped) = watch::channel(false);
    let mut opening = JoinSet::new();
    let mut writers = Vec::new();
    for n in 0..count {
        if opening.len() >= OPENING
            && let Some(opened) = opening.join_next().await
        {
            writers.push(opened.map_err(Error::other)??);
        }
        let order = Rc::clone(&order);
        opening.spawn_local(async move { Ok::<_, Error>((n, order.open(n, None).await?)) });
    }
    while let Some(opened) = opening.join_next().await {
        writers.push(opened.map_err(Error::other)??);
    }
    // Connection n is in room n modulo their number: each further round is one person a room.
    read_on(open_all(&order, order.readers - count, OPENING).await?, &counts, &stopped);
    for (n, mut conn) in writers {
        let (order, counts, stop) = (Rc::clone(&order), Rc::clone(&counts), stopped.clone());
        tokio::task::spawn_local(async move {
            let room = order.rooms[n].clone();
            while !*stop.borrow() {
                let done = async {
                    conn.say(&room, counts.send(), order.run).await?;
                    let mut answered = false;
                    while !answered {
                        conn.hear(|heard| match heard {
                            Heard::Ack => answered = true,
                            Heard::Message(number) => counts.heard(number),
                            Heard::Refused(text) => {
                                eprintln!("refused: {text}");
                                answered = true;
                            }
                            Heard::Other(_) => {}
                        })
                        .await?;
                    }
                    counts.acks.set(counts.acks.get() + 1);
                    Ok::<_, Error>(())
                };
                if let Err(error) = done.await {
                    eprintln!("a writer has lost its connection: {error}");
                    return;
                }
            }
            // The rest of what it is told.
            let _ = timeout(Duration::from_secs(10), async {
                while conn
                    .hear(|heard| {
                        if let Heard::Message(number) = heard {
                            counts.heard(number);
                        }
                    })
                    .await
                    .is_ok()
                {}
            })
            .await;
        });
    }
    sleep(Duration::from_secs(2)).await;
    let meter = Meter::start(&order, &counts);
    sleep(Duration::from_secs_f64(order.seconds)).await;
    let mut result = meter.stop();
    let _ = stop.send(true);
    Ok({
        result["readers_gone"] = counts.gone.get().into();
        result
    })
}

/// All connections are dropped at once and come back at once.
async fn storm(order: Rc<Order>) -> Result<Value> {
    let mut writer =
        Conn::writer(order.peer(), order.port, &order.rooms[0], order.token(0)).await?;
    for number in 0..60 {
        writer.say(&order.rooms[0], number, order.run).await?;
    }
    drop(open_all(&order, order.readers, OPENING).await?);
    let begun = Instant::now();
    let conns = open_all(&order, order.readers, usize::MAX).await?;
    let seconds = begun.elapsed().as_secs_f64();
    drop(conns);
    Ok(json!({ "seconds": seconds }))
}

fn main() -> Result<()> {
    let order = std::env::args().nth(1).ok_or_else(|| Error::other("an order as JSON, please"))?;
    let order: Rc<Order> = Rc::new(serde_json::from_str(&order)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = LocalSet::new().block_on(&runtime, async {
        match order.load.as_str() {
            "room" => one_room(Rc::clone(&order)).await,
            "idle" => idle(Rc::clone(&order)).await,
            "rooms" => rooms(Rc::clone(&order)).await,
            "storm" => storm(Rc::clone(&order)).await,
            other => Err(Error::other(format!("no such load: {other}"))),
        }
    })?;
    println!("{result}");
    Ok(())
}
