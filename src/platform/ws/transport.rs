//! The one file that knows actix-web-actors: the upgrade, the actor around a connection's protocol,
//! and the options of the accepted socket. An exchange of that crate is a change of this file. What is
//! written goes past the actor, see [`Outgoing`], and all of it past actix-http, see [`Connection`].
//!
//! The actor stands still when its peer stops reading (it is polled only when all before is written),
//! so bounds and liveness are the relay's; see `actors::relay`.

use std::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, ActorState, Addr, AsyncContext as _,
    SpawnHandle, StreamHandler, WrapFuture as _,
};
use actix_web::dev::Extensions;
use actix_web::http::header;
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{
    Message as WsMessage, ProtocolError, WebsocketContext, handshake_with_protocols,
};
use actors::relay::{Attach, Detach, Outbox, PING_AFTER, Pushed, RelayId, SessionKey};
use actors::wire::{CloseCode, ErrCode, Problem as Refusal};
use bytestring::ByteString;
use futures::{FutureExt as _, StreamExt as _};
use kernel::Timestamp;
use socket2::SockRef;
use uuid::Uuid;

use super::connection::{Connection, Incoming, Spare, taken_over};
use super::guard::{Guard, Inbound};
use super::outgoing::Outgoing;
use super::session::{Caller, Output, Session, TopicRequest};
use super::{From, PROTOCOL, connections};
use crate::app::App;
use crate::platform::http::{ClientAddress, Code, Problem, Rule};

/// `hello` must come within this time.
const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// The client is asked for a new token this long before the old one ends.
const ASK_BEFORE: Duration = Duration::from_secs(60);
/// Unacknowledged bytes end a connection after this time: it is what notices a peer that holds a
/// zero window for ever.
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes that the kernel takes although they cannot be sent yet. Instead of a small SO_SNDBUF, which
/// would also throttle video on long links.
const NOT_SENT: u32 = 128 * 1024;
/// New connections of one address.
const CONNECT: Rule = Rule::new("ws_connect", 5, 1).burst(50);

/// Sets what an accepted socket needs. Called for every connection; a failure leaves the defaults.
pub fn on_connect(socket: &dyn Any, data: &mut Extensions) {
    let Some(tcp) = socket.downcast_ref::<TcpStream>() else { return };
    let socket = SockRef::from(tcp);
    data.insert(Spare::of(&socket));
    let set = socket
        .set_tcp_user_timeout(Some(USER_TIMEOUT))
        .and_then(|()| socket.set_tcp_notsent_lowat(NOT_SENT));
    if let Err(error) = set {
        tracing::debug!(%error, "socket options not set");
    }
}

/// The multiplexed socket: chat, progress, notifications, each a topic.
#[utoipa::path(get, path = "/api/v1/ws", tag = "platform",
    responses(
        (status = 101, description = "Speaks the subprotocol ilm.v1"),
        (status = 400, description = "Not an upgrade, or another subprotocol"),
        (status = 403, description = "Another origin"),
        (status = 429, description = "Too many connections from one address"),
        (status = 503, description = "The node is full or stops")))]
pub async fn upgrade(
    app: App,
    req: HttpRequest,
    mut stream: web::Payload,
    address: ClientAddress,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&CONNECT, &address.limit_key(), app.clock.now())?;
    check_origin(&req, &app.config.site.base_url)?;
    if app.is_draining() {
        return Err(Problem::new(Code::Unavailable).retry_after(5));
    }
    let open = usize::try_from(app.metrics.ws_connections.get()).unwrap_or(0);
    if open >= app.config.server.max_connections {
        return Err(Problem::new(Code::Unavailable).retry_after(30));
    }
    if !speaks(&req) {
        return Err(Problem::new(Code::BadRequest)
            .detail(format!("The subprotocol {PROTOCOL} is spoken here.")));
    }
    let cookie = app.sockets.gate.by_upgrade(&app, &req).await;
    let answer = handshake_with_protocols(&req, &[PROTOCOL])
        .map_err(|error| Problem::new(Code::BadRequest).detail(error.to_string()))?
        .finish();
    let tcp = Spare::take(&req).map_err(|error| {
        tracing::warn!(%error, "no socket for an upgrade");
        Problem::new(Code::Unavailable).retry_after(5)
    })?;
    // Nobody should have said anything before our answer; what somebody did say is read by actix-http
    // while we wait.
    tokio::task::yield_now().await;
    let first = stream.next().now_or_never().flatten().and_then(Result::ok);
    let inbound = Rc::new(Inbound::default());
    let outbox = Arc::new(Outbox::new(Instant::now()));
    let conn = app.id();
    let socket = Socket {
        conn,
        session: Session::new(conn, app.config.chat.send_per_minute, app.config.limits.factor),
        outbox: Arc::clone(&outbox),
        inbound: Rc::clone(&inbound),
        cookie,
        caller: None,
        relay: None,
        queue: VecDeque::new(),
        busy: false,
        timer: None,
        app,
    };
    let incoming = Incoming::new(Rc::clone(&tcp), first);
    let actor = WebsocketContext::create(socket, Guard::new(incoming, inbound));
    let outgoing = Outgoing::new(actor, Arc::clone(&outbox));
    actix_web::rt::spawn(Connection::new(tcp, answer.headers(), outbox, outgoing));
    Ok(taken_over())
}

/// Browsers always name the origin of a socket. Another site's page would come with our cookie, so
/// it is refused; what is no browser names none, and gets nothing from a cookie.
fn check_origin(req: &HttpRequest, base_url: &str) -> Result<(), Problem> {
    match req.headers().get(header::ORIGIN).map(|origin| origin.to_str()) {
        None => Ok(()),
        Some(Ok(origin)) if origin == base_url => Ok(()),
        Some(_) => Err(Problem::new(Code::CrossSite)),
    }
}

fn speaks(req: &HttpRequest) -> bool {
    let offered = req.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut names = offered.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    names.any(|name| name.trim() == PROTOCOL)
}

/// What waits its turn; a connection's requests are handled one at a time, in order.
enum Work {
    SignIn { re: u64, token: Option<String> },
    Renew { re: u64, token: String },
    Request(TopicRequest),
}

/// What a piece of work came to.
enum Done {
    SignedIn { re: u64, caller: Result<Caller, CloseCode> },
    Renewed { re: u64, caller: Result<Caller, CloseCode> },
    Answered { request: TopicRequest, answer: Result<Option<ByteString>, Refusal> },
}

/// The actor of one connection.
struct Socket {
    app: App,
    conn: Uuid,
    session: Session,
    outbox: Arc<Outbox>,
    inbound: Rc<Inbound>,
    /// Who the upgrade's cookie is, until `hello`.
    cookie: Option<Caller>,
    caller: Option<Caller>,
    relay: Option<SessionKey>,
    queue: VecDeque<Work>,
    busy: bool,
    /// Until hello; then until the token is due.
    timer: Option<SpawnHandle>,
}

type Ctx = WebsocketContext<Socket>;

impl Socket {
    fn perform(&mut self, outputs: Vec<Output>, ctx: &mut Ctx) {
        for output in outputs {
            match output {
                Output::Frame(frame) => {
                    if self.outbox.answer(frame, Instant::now()) == Pushed::Full {
                        return self.close(CloseCode::SLOW, ctx);
                    }
                }
                Output::Close(code) => return self.close(code, ctx),
                Output::SignIn { re, token } => self.queue.push_back(Work::SignIn { re, token }),
                Output::Renew { re, token } => self.queue.push_back(Work::Renew { re, token }),
                Output::Request(request) => self.queue.push_back(Work::Request(request)),
            }
        }
        self.next(ctx);
    }

    /// Nothing more is written but the close.
    fn close(&mut self, code: CloseCode, ctx: &mut Ctx) {
        self.queue.clear();
        if self.outbox.kill(code) {
            self.app.metrics.ws_cut.with_label_values(&[&code.0.to_string()]).inc();
        }
        ctx.stop();
    }

    /// Takes up the next piece of work beside the mailbox.
    fn next(&mut self, ctx: &mut Ctx) {
        self.inbound.set_waiting(self.queue.len());
        if self.busy || ctx.state() != ActorState::Running {
            return;
        }
        let Some(work) = self.queue.pop_front() else { return };
        if self.queue.is_empty() {
            // Most connections only listen from now on: room for four requests would be kept.
            self.queue = VecDeque::new();
        }
        self.busy = true;
        let app = self.app.clone();
        let (cookie, from) = (self.cookie.take(), self.from());
        let done = async move {
            match work {
                Work::SignIn { re, token: None } => {
                    Done::SignedIn { re, caller: cookie.ok_or(CloseCode::TOKEN) }
                }
                Work::SignIn { re, token: Some(token) } => {
                    Done::SignedIn { re, caller: app.sockets.gate.by_token(&app, &token).await }
                }
                Work::Renew { re, token } => {
                    Done::Renewed { re, caller: app.sockets.gate.by_token(&app, &token).await }
                }
                Work::Request(request) => {
                    let answer = match from {
                        Some(from) => app.sockets.topics.handle(&app, &from, &request).await,
                        None => Err(Refusal::new(ErrCode::Unauthenticated)),
                    };
                    Done::Answered { request, answer }
                }
            }
        };
        ctx.spawn(done.into_actor(self).map(|done, socket, ctx| {
            socket.busy = false;
            socket.done(done, ctx);
        }));
    }

    fn from(&self) -> Option<From> {
        let (caller, key) = (self.caller?, self.relay?);
        Some(From { caller, key })
    }

    fn done(&mut self, done: Done, ctx: &mut Ctx) {
        let outputs = match done {
            Done::SignedIn { re, caller } => {
                if let Ok(caller) = &caller {
                    self.attach(*caller, ctx);
                }
                self.session.signed_in(re, caller, self.app.clock.now())
            }
            Done::Renewed { re, caller } => {
                let same = |new: Caller| {
                    // What ends the sign-in has to end this connection, so it stays with the one it began with.
                    let old = self.caller.map(|caller| (caller.user, caller.sign_in));
                    let same = old == Some((new.user, new.sign_in));
                    if same { Ok(new) } else { Err(CloseCode::TOKEN) }
                };
                let caller = caller.and_then(same);
                if let Ok(caller) = caller {
                    self.caller = Some(caller);
                    self.watch_token(caller.until, ctx);
                }
                self.session.renewed(re, caller.map(|caller| caller.until))
            }
            Done::Answered { request, answer } => match answer {
                Ok(frame) => frame.map(Output::Frame).into_iter().collect(),
                Err(problem) => {
                    if request.t == "join" {
                        self.session.forget(&request.topic);
                    }
                    // What wants no answer gets none, a refusal neither.
                    let locale = self.session.locale();
                    let re = request.re.into_iter();
                    re.map(|re| Output::Frame(problem.frame(Some(re), locale))).collect()
                }
            },
        };
        self.perform(outputs, ctx);
    }

    /// Signed in: from here on relay and events know the connection.
    fn attach(&mut self, caller: Caller, ctx: &mut Ctx) {
        let (id, relay) = super::relay_here(&self.app.sockets.relays);
        let key = SessionKey { relay: id, conn: self.conn };
        relay.do_send(Attach {
            conn: self.conn,
            user: caller.user,
            sign_in: caller.sign_in,
            outbox: Arc::clone(&self.outbox),
            ping_after: jittered(PING_AFTER),
        });
        self.caller = Some(caller);
        self.relay = Some(key);
        connections::add(&self.app, caller.user, caller.sign_in, key);
        self.watch_token(caller.until, ctx);
    }

    /// Asks for a new token in time, and closes when none came.
    fn watch_token(&mut self, until: Timestamp, ctx: &mut Ctx) {
        let left = (until - self.app.clock.now()).to_std().unwrap_or_default();
        let timer = ctx.run_later(left.saturating_sub(ASK_BEFORE), move |socket, ctx| {
            let left = left.min(ASK_BEFORE);
            let due = format!(r#"{{"t":"auth_due","in_s":{}}}"#, left.as_secs());
            socket.timer =
                Some(ctx.run_later(left, |socket, ctx| socket.close(CloseCode::TOKEN, ctx)));
            socket.perform(vec![Output::Frame(due.into())], ctx);
        });
        if let Some(old) = self.timer.replace(timer) {
            ctx.cancel_future(old);
        }
    }
}

/// ± 10 %, so that a thousand connections of one moment do not ping in one moment.
fn jittered(base: Duration) -> Duration {
    base.mul_f64(rand::random_range(0.9..1.1))
}

impl Actor for Socket {
    type Context = Ctx;

    fn started(&mut self, ctx: &mut Ctx) {
        self.app.metrics.ws_connections.inc();
        self.timer = Some(ctx.run_later(HELLO_WITHIN, |socket, ctx| {
            // Somebody whose hello is being looked at has kept the rule.
            if !socket.session.is_known() && !socket.busy {
                socket.close(CloseCode::NO_HELLO, ctx);
            }
        }));
    }

    fn stopped(&mut self, _: &mut Ctx) {
        self.app.metrics.ws_connections.dec();
        if let (Some(caller), Some(key)) = (self.caller, self.relay) {
            connections::remove(&self.app, caller.user, key);
            if let Some(relay) = self.app.sockets.relays.get(key.relay) {
                relay.do_send(Detach(key.conn));
            }
        }
    }
}

impl StreamHandler<Result<WsMessage, ProtocolError>> for Socket {
    fn handle(&mut self, message: Result<WsMessage, ProtocolError>, ctx: &mut Ctx) {
        if ctx.state() != ActorState::Running {
            return;
        }
        self.outbox.heard(Instant::now());
        match message {
            Ok(WsMessage::Text(text)) => {
                let outputs = self.session.text(&text, self.app.clock.now());
                self.perform(outputs, ctx);
            }
            Ok(WsMessage::Binary(_)) => {
                let outputs = self.session.binary();
                self.perform(outputs, ctx);
            }
            Ok(WsMessage::Ping(bytes)) => match self.session.control(self.app.clock.now()) {
                None => ctx.pong(&bytes),
                Some(outputs) => self.perform(outputs, ctx),
            },
            Ok(WsMessage::Pong(_)) => {
                if let Some(outputs) = self.session.control(self.app.clock.now()) {
                    self.perform(outputs, ctx);
                }
            }
            Ok(WsMessage::Nop) => {}
            Ok(WsMessage::Continuation(_)) => self.close(CloseCode::ABUSE, ctx),
            Ok(WsMessage::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            // An error does not end the stream by itself. Text that is no UTF-8 is one.
            Err(_) => self.close(CloseCode(1007), ctx),
        }
    }

    fn finished(&mut self, ctx: &mut Ctx) {
        match self.inbound.violation() {
            Some(code) => self.close(code, ctx),
            None => ctx.stop(),
        }
    }
}

/// Which relay a thread has; see [`super::relay_here`].
pub(super) type RelayHere = (RelayId, Addr<actors::relay::Relay>);
