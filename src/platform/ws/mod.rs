//! The socket: `/api/v1/ws`, one multiplexed connection a client. The transport is one file, the
//! protocol a pure state machine; what topics mean is the contexts' business: they register a
//! [`Topic`] each in the wiring.

mod broadcast;
mod connection;
mod connections;
mod guard;
mod outgoing;
mod session;
mod transport;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::HttpRequest;
use actors::relay::{
    Class, Cut, Fanout, Relays, SendHome, SessionKey, ToSession, ToUser, ToUsers, Unsubscribe, Whom,
};
use actors::wire::{CloseCode, ErrCode, More, Problem as Refusal};
use async_trait::async_trait;
use bytestring::ByteString;
use futures::future::{BoxFuture, LocalBoxFuture};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use utoipa::OpenApi;
use uuid::Uuid;

pub use broadcast::{Broadcast, MayHear};
pub use session::{Caller, TopicRequest};
pub use transport::on_connect;

use self::transport::RelayHere;
use super::http::{Code, Policy, Problem, Routes, Rule};
use super::live::{ForUsers, Notice};
use crate::app::App;

/// The subprotocol.
pub const PROTOCOL: &str = "ilm.v1";
/// Characters of a message at most; told to clients at welcome.
pub const BODY_CHARS: usize = 4000;

/// The platform's part of the OpenAPI document that is about the socket.
#[derive(OpenApi)]
#[openapi(paths(transport::upgrade))]
pub struct Docs;

/// Registers the route.
pub fn routes(r: &mut Routes) {
    let policy = Policy::Bearer("the first frame's token, or the session cookie");
    r.get("/api/v1/ws", policy, transport::upgrade);
}

/// A signed-in connection that asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct From {
    /// Who.
    pub caller: Caller,
    /// Where answers go.
    pub key: SessionKey,
}

/// Finds out who is calling; identity's part.
pub trait Gate: Send + Sync + 'static {
    /// Who the upgrade's session cookie is, if it is there and good.
    fn by_upgrade<'a>(
        &'a self,
        app: &'a App,
        req: &'a HttpRequest,
    ) -> LocalBoxFuture<'a, Option<Caller>>;

    /// Who the token is, or the code to close with.
    fn by_token<'a>(
        &'a self,
        app: &'a App,
        token: &'a str,
    ) -> LocalBoxFuture<'a, Result<Caller, CloseCode>>;

    /// Which of these sign-ins have ended, whoever ended them and wherever.
    fn ended<'a>(
        &'a self,
        app: &'a App,
        sign_ins: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Problem>>;
}

/// One kind of topic (`room:…`, `job:…`), by a context.
#[async_trait]
pub trait Topic: Send + Sync + 'static {
    /// Handles a request about the topic `id` of this kind. Requests of one connection come one at
    /// a time and in order. The answer is returned, or sent through the relay later; `Ok(None)` to
    /// what wants none.
    ///
    /// # Errors
    /// What the client is told; a failed `join` frees the topic's place.
    async fn handle(
        &self,
        app: &App,
        from: &From,
        id: Uuid,
        request: &TopicRequest,
    ) -> Result<Option<ByteString>, Refusal>;
}

/// The kinds of topics.
#[derive(Default)]
pub struct Topics(Vec<(&'static str, Box<dyn Topic>)>);

impl Topics {
    /// Adds the kind whose topics are named `prefix:<uuid>`.
    #[must_use]
    pub fn with(mut self, prefix: &'static str, topic: impl Topic) -> Self {
        self.0.push((prefix, Box::new(topic)));
        self
    }

    async fn handle(
        &self,
        app: &App,
        from: &From,
        request: &TopicRequest,
    ) -> Result<Option<ByteString>, Refusal> {
        let found = request.topic.split_once(':').and_then(|(prefix, id)| {
            let (_, topic) = self.0.iter().find(|(name, _)| *name == prefix)?;
            Some((topic, Uuid::try_parse(id).ok()?))
        });
        match found {
            // Written otherwise (braces, capitals) it would be another key to the relay.
            Some((topic, id)) if request.topic.ends_with(&id.to_string()) => {
                topic.handle(app, from, id, request).await
            }
            _ => Err(Refusal::new(ErrCode::NotFound)),
        }
    }
}

/// The sockets of this node.
pub struct Sockets {
    /// The way to sessions, one relay a web worker thread.
    pub relays: Arc<Relays>,
    gate: Box<dyn Gate>,
    topics: Topics,
    connections: connections::Connections,
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets").finish_non_exhaustive()
    }
}

thread_local! {
    static RELAY: RefCell<Option<(Weak<Relays>, RelayHere)>> = const { RefCell::new(None) };
}

/// The calling thread's relay, started at its first use.
fn relay_here(relays: &Arc<Relays>) -> RelayHere {
    RELAY.with_borrow_mut(|here| {
        // Another app on the same thread (tests) has relays of its own.
        let mine = here.as_ref().filter(|(owner, (_, relay))| {
            owner.as_ptr() == Arc::as_ptr(relays) && relay.connected()
        });
        match mine {
            Some((_, here)) => here.clone(),
            None => {
                let new = relays.start_here();
                *here = Some((Arc::downgrade(relays), new.clone()));
                new
            }
        }
    })
}

impl Sockets {
    /// Sockets that are let in by `gate` and speak of `topics`.
    pub fn new(gate: impl Gate, topics: Topics) -> Self {
        Self {
            relays: Arc::default(),
            gate: Box::new(gate),
            topics,
            connections: connections::Connections::default(),
        }
    }

    /// Ends connections now: nothing more is delivered to them.
    pub fn cut(&self, whom: Whom, code: CloseCode) {
        self.relays.tell_all(&Cut { whom, code });
    }

    /// Sends `frame` to every connection of a person.
    pub fn tell_user(&self, user: Uuid, frame: &Value) {
        self.relays.tell_all(&ToUser { user, frame: frame.to_string().into() });
    }

    /// Sends a frame to every connection of several people.
    pub fn tell_users(&self, one: &ForUsers) {
        let frame = ByteString::from(one.frame.to_string());
        let users: Arc<[Uuid]> = one.users.as_slice().into();
        self.relays.tell_all(&ToUsers { users, frame });
    }

    /// Sends `frame` to everybody who has joined `topic` on this node.
    pub fn tell_topic(&self, topic: &str, frame: &Value) {
        let frame = frame.to_string().into();
        self.relays.tell_all(&Fanout { topic: topic.into(), frame, class: Class::Entry(None) });
    }

    /// Which of these people have a connection to this node.
    pub fn connected_among(&self, people: &[Uuid]) -> Vec<Uuid> {
        self.connections.among(people)
    }

    fn send(&self, to: SessionKey, frame: ByteString) {
        if let Some(relay) = self.relays.get(to.relay) {
            relay.do_send(ToSession { conn: to.conn, frames: vec![frame] });
        }
    }

    fn leave(&self, key: SessionKey, topic: &str) {
        if let Some(relay) = self.relays.get(key.relay) {
            relay.do_send(Unsubscribe { conn: key.conn, topic: topic.into() });
        }
    }
}

/// What a use-case's problem is called on the socket.
pub fn refusal(problem: &Problem) -> Refusal {
    let retry_ms = problem.retry_after_s().map(|seconds| seconds * 1000);
    let code = match problem.code() {
        Code::NotFound => ErrCode::NotFound,
        Code::ReadOnly | Code::Forbidden => ErrCode::ReadOnly,
        Code::RankTooLow => ErrCode::Forbidden,
        Code::ChatBanned => ErrCode::Banned,
        Code::RateLimited => ErrCode::RateLimited,
        Code::Invalid | Code::BadRequest => ErrCode::BadRequest,
        Code::Unauthenticated | Code::SessionEnded | Code::TokenExpired => ErrCode::Unauthenticated,
        _ => return Refusal::unavailable(retry_ms.unwrap_or(1000)),
    };
    let more = (code == ErrCode::Banned).then(|| {
        let reason = problem.extra("reason").and_then(|reason| reason.as_str());
        Box::new(More { reason: reason.map(str::to_owned), ..More::default() })
    });
    Refusal { retry_ms, more, ..Refusal::new(code) }
}

/// Sign-ins looked at in one query.
const SIGN_INS_AT_ONCE: usize = 1000;
/// Topics that one person joins, of all kinds and on all connections.
const JOINS: Rule = Rule::new("topic_join", 10, 1).burst(100);

/// Counts a join before it costs anything.
///
/// # Errors
/// `rate_limited` with the time to wait.
pub fn limit_joins(app: &App, from: &From) -> Result<(), Refusal> {
    limited(app, &JOINS, from)
}

/// Counts what a person asks on the socket.
///
/// # Errors
/// `rate_limited` with the time to wait.
pub fn limited(app: &App, rule: &Rule, from: &From) -> Result<(), Refusal> {
    let user = from.caller.user.to_string();
    app.limits.take(rule, &user, app.clock.now()).map(drop).map_err(|wait_ms| {
        let retry_ms = u64::try_from(wait_ms).ok();
        Refusal { retry_ms, ..Refusal::new(ErrCode::RateLimited) }
    })
}

/// Brings what happens on this node to the sockets: ended sessions are cut, frames delivered.
pub fn start(app: &App) {
    let cut = app.metrics.ws_cut.clone();
    app.sockets.relays.observe(move |code| cut.with_label_values(&[&code.0.to_string()]).inc());
    actix_rt::spawn(check_sign_ins(app.clone()));
    let (app, mut notices) = (app.clone(), app.live.listen());
    actix_rt::spawn(async move {
        loop {
            let notice = tokio::select! {
                () = app.stop.cancelled() => return,
                notice = notices.recv() => notice,
            };
            match notice {
                Ok(notice) => hear(&app.sockets, notice),
                Err(RecvError::Lagged(missed)) => {
                    // Somebody may have been signed out in what was missed: everybody comes back
                    // and is looked at anew.
                    tracing::warn!(missed, "notices missed, all sockets are cut");
                    app.sockets
                        .relays
                        .tell_all(&Cut { whom: Whom::All, code: CloseCode::UNCERTAIN });
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Asks again and again whether the sign-ins behind the sockets are alive: notices make that fast,
/// and any of them may be lost.
async fn check_sign_ins(app: App) {
    let every = Duration::from_secs(app.config.chat.sign_in_check_seconds.max(1));
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        let here: Vec<Uuid> = app.sockets.connections.sign_ins().into_iter().collect();
        for some in here.chunks(SIGN_INS_AT_ONCE) {
            match app.sockets.gate.ended(&app, some).await {
                Ok(ended) => {
                    for sign_in in ended {
                        app.sockets.cut(Whom::SignIn(sign_in), CloseCode::SIGNED_OUT);
                    }
                }
                // Nobody is cut because the database is away for a moment.
                Err(problem) => tracing::warn!(%problem, "sign-ins could not be looked at"),
            }
        }
    }
}

fn hear(sockets: &Sockets, notice: Notice) {
    match notice {
        Notice::SessionEnded { session_id, .. } => {
            sockets.cut(Whom::SignIn(session_id), CloseCode::SIGNED_OUT);
        }
        Notice::UserBlocked { user_id } => sockets.cut(Whom::User(user_id), CloseCode::ACCOUNT),
        // Rights are read at join: who has others now joins again.
        Notice::UserChanged { user_id } => sockets.cut(Whom::User(user_id), CloseCode::UNCERTAIN),
        Notice::AccessChanged { .. }
        | Notice::PlacesChanged { .. }
        | Notice::PlaybackEnded { .. }
        | Notice::BlocksChanged { .. }
        | Notice::Stale { .. } => {}
        Notice::ForUsers(frames) => frames.iter().for_each(|one| sockets.tell_users(one)),
        Notice::Frame { topic, frame } => sockets.tell_topic(&topic, &frame),
        Notice::ToUsers { users, frame } => {
            sockets.tell_users(&ForUsers { users, frame });
        }
    }
}

/// Longest wait for what the last connections are still told.
const FAREWELL: Duration = Duration::from_secs(2);

/// Sends everybody home in slices over a third of the time that a stop may take, each with its own
/// time to come back.
pub async fn drain(app: &App) {
    const SLICES: usize = 10;
    let within = Duration::from_secs(app.config.server.drain_seconds) / 3;
    let relays = app.sockets.relays.all();
    let mut left = usize::try_from(app.metrics.ws_connections.get()).unwrap_or(0);
    let pause = within / u32::try_from(SLICES).unwrap_or(10);
    let slice = left.div_ceil(SLICES * relays.len().max(1)).max(1);
    for round in 1..=SLICES {
        if left == 0 {
            break;
        }
        let count = if round == SLICES { usize::MAX } else { slice };
        left = 0;
        for relay in &relays {
            // A relay whose thread is gone has no sessions left.
            left += relay.send(SendHome { count, spread_s: 5 }).await.unwrap_or(0);
        }
        if left > 0 {
            tokio::time::sleep(pause).await;
        }
    }
    // The relays have let go; the last frames may still be on their way into the sockets.
    let written = async {
        while app.metrics.ws_connections.get() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Who does not read does not hold the stop up.
    let _ = tokio::time::timeout(FAREWELL, written).await;
}
