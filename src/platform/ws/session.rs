//! The protocol of one connection as a pure state machine: text and time in, frames and wishes out.
//! It knows no socket, no database and no topic.

use actors::limits::{Bucket, Rate};
use actors::relay::{DEAD_AFTER, PING_AFTER};
use actors::wire::{CloseCode, ErrCode, Locale, Problem};
use bytestring::ByteString;
use chrono::TimeDelta;
use kernel::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::guard::MAX_FRAME;

/// Objects of one connection; a frame that is one object, or cannot be read, is charged as one.
const FRAMES: Rate = Rate::per_ms(50, 60);
/// Who floods for longer than this is closed.
const FLOOD: TimeDelta = TimeDelta::seconds(5);
/// Objects in one frame.
const OBJECTS: usize = 64;
/// Topics of one connection.
const TOPICS: usize = 64;
/// Frames that are no JSON, until the connection is closed.
const NOT_JSON: u8 = 3;
/// Characters of a topic's name.
const TOPIC_LENGTH: usize = 128;

/// Who is behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: Uuid,
    /// The sign-in that the connection rests on.
    pub sign_in: Uuid,
    /// When the connection has to show a token again.
    pub until: Timestamp,
}

/// A request about a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicRequest {
    /// What is asked: `join`, `send` …
    pub t: String,
    /// Its number; answers carry it. Absent where none is needed.
    pub re: Option<u64>,
    /// About what.
    pub topic: String,
    /// The whole object.
    pub body: Map<String, Value>,
    /// The language of errors.
    pub locale: Locale,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Write this.
    Frame(ByteString),
    /// Write nothing more, close.
    Close(CloseCode),
    /// Find out who it is (no token: the cookie of the upgrade), then [`Session::signed_in`].
    SignIn {
        /// The request.
        re: u64,
        /// The token of `hello`.
        token: Option<String>,
    },
    /// Find out whether the new token is of the same person, then [`Session::renewed`].
    Renew {
        /// The request.
        re: u64,
        /// The new token.
        token: String,
    },
    /// Hand this to its topic's handler.
    Request(TopicRequest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing but `hello` counts.
    Unknown,
    /// Somebody is finding out.
    SigningIn,
    /// Everything counts.
    Known,
}

/// One connection's protocol.
#[derive(Debug)]
pub struct Session {
    conn: Uuid,
    phase: Phase,
    locale: Locale,
    last_id: u64,
    not_json: u8,
    rate: Rate,
    frames: Bucket,
    flooding_since: Timestamp,
    dropped_at: Option<Timestamp>,
    flood_told_at: Option<Timestamp>,
    /// Few: a tree's first node alone would be as large as ten of them.
    topics: Vec<Box<str>>,
    send_per_min: u32,
}

impl Session {
    /// A connection of which nothing is known. `send_per_min` is told to the client; `factor`
    /// multiplies the limit of frames, 0 = none.
    pub fn new(conn: Uuid, send_per_min: u32, factor: u32) -> Self {
        Self {
            conn,
            phase: Phase::Unknown,
            locale: Locale::default(),
            last_id: 0,
            not_json: 0,
            rate: FRAMES.times(factor),
            frames: Bucket::default(),
            flooding_since: Timestamp::MIN_UTC,
            dropped_at: None,
            flood_told_at: None,
            topics: Vec::new(),
            send_per_min,
        }
    }

    /// A text frame has come.
    pub fn text(&mut self, text: &str, now: Timestamp) -> Vec<Output> {
        if let Some(output) = self.flood(now) {
            return output;
        }
        let objects = match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(object)) => vec![object],
            Ok(Value::Array(items)) if items.len() > OBJECTS => {
                let problem = Problem::new(ErrCode::TooLarge);
                return vec![Output::Frame(problem.frame(None, self.locale))];
            }
            Ok(Value::Array(items)) if items.iter().all(Value::is_object) => {
                let objects = items.into_iter().filter_map(|item| match item {
                    Value::Object(object) => Some(object),
                    _ => None,
                });
                objects.collect()
            }
            _ => return self.not_json(),
        };
        let mut out = Vec::new();
        for (index, object) in objects.into_iter().enumerate() {
            // The first was charged before it was read.
            if index > 0
                && let Some(output) = self.flood(now)
            {
                // The rest of the frame is dropped, as a frame of its own would be.
                out.extend(output);
                break;
            }
            self.object(object, &mut out);
        }
        out
    }

    /// A ping or a pong of the WebSocket's own. It says nothing, but it is a frame like others: answered
    /// without a limit, pings would be work for nothing, and the pongs of somebody who does not read would
    /// fill the socket before the time for `hello` is over. `Some` is what is done instead of an answer.
    pub fn control(&mut self, now: Timestamp) -> Option<Vec<Output>> {
        self.flood(now)
    }

    /// A binary frame has come: the protocol has none.
    pub fn binary(&self) -> Vec<Output> {
        vec![Output::Close(CloseCode::ABUSE)]
    }

    /// The caller of `hello` is known, or why not.
    pub fn signed_in(
        &mut self,
        re: u64,
        caller: Result<Caller, CloseCode>,
        now: Timestamp,
    ) -> Vec<Output> {
        match caller {
            Err(code) => vec![Output::Close(code)],
            Ok(caller) => {
                self.phase = Phase::Known;
                vec![Output::Frame(self.welcome(re, &caller, now))]
            }
        }
    }

    /// The new token has been looked at.
    pub fn renewed(&self, re: u64, until: Result<Timestamp, CloseCode>) -> Vec<Output> {
        vec![match until {
            Ok(until) => frame(&json!({ "t": "ack", "re": re, "token_expires": until })),
            Err(code) => Output::Close(code),
        }]
    }

    /// A join was refused, or a topic ended: it no longer counts.
    pub fn forget(&mut self, topic: &str) {
        self.topics.retain(|joined| **joined != *topic);
    }

    /// Whether somebody is signed in.
    pub fn is_known(&self) -> bool {
        self.phase == Phase::Known
    }

    /// The language of errors.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    fn flood(&mut self, now: Timestamp) -> Option<Vec<Output>> {
        let second = TimeDelta::seconds(1);
        let Err(wait) = self.frames.take(self.rate, now) else { return None };
        // A second without a dropped frame ends a flood; the few that pass in it do not.
        if self.dropped_at.is_none_or(|last| now - last > second) {
            self.flooding_since = now;
        }
        self.dropped_at = Some(now);
        if now - self.flooding_since >= FLOOD {
            return Some(vec![Output::Close(CloseCode::RATE)]);
        }
        if self.flood_told_at.is_some_and(|told| now - told < second) {
            return Some(Vec::new());
        }
        self.flood_told_at = Some(now);
        let retry_ms = u64::try_from(wait.num_milliseconds()).ok();
        let problem = Problem { retry_ms, ..Problem::new(ErrCode::RateLimited) };
        Some(vec![Output::Frame(problem.frame(None, self.locale))])
    }

    fn not_json(&mut self) -> Vec<Output> {
        self.not_json += 1;
        if self.not_json >= NOT_JSON {
            return vec![Output::Close(CloseCode::ABUSE)];
        }
        let problem = Problem::new(ErrCode::BadRequest);
        vec![Output::Frame(problem.frame(None, self.locale))]
    }

    fn object(&mut self, mut body: Map<String, Value>, out: &mut Vec<Output>) {
        let t = match body.get("t") {
            Some(Value::String(t)) => t.clone(),
            _ => return self.refuse(None, Problem::field(ErrCode::BadRequest, "t"), out),
        };
        let re = match self.take_id(&body) {
            Ok(re) => re,
            Err(problem) => return self.refuse(None, problem, out),
        };
        match (self.phase, t.as_str(), re) {
            (Phase::Unknown, "hello", Some(re)) => {
                if let Some(Value::String(tag)) = body.get("locale") {
                    self.locale = Locale::of(tag);
                }
                self.phase = Phase::SigningIn;
                let token = match body.remove("token") {
                    Some(Value::String(token)) => Some(token),
                    _ => None,
                };
                out.push(Output::SignIn { re, token });
            }
            (Phase::Unknown | Phase::SigningIn, _, re) => {
                self.refuse(re, Problem::new(ErrCode::Unauthenticated), out);
            }
            (Phase::Known, "ping", _) => {
                out.push(Output::Frame(ByteString::from_static(r#"{"t":"pong"}"#)));
            }
            (Phase::Known, "pong", _) => {}
            (Phase::Known, "hello", re) => {
                self.refuse(re, Problem::field(ErrCode::BadRequest, "t"), out);
            }
            (Phase::Known, "auth", Some(re)) => match body.remove("token") {
                Some(Value::String(token)) => out.push(Output::Renew { re, token }),
                _ => self.refuse(Some(re), Problem::field(ErrCode::BadRequest, "token"), out),
            },
            (Phase::Known, _, re) => self.topic(t, re, body, out),
        }
    }

    fn topic(
        &mut self,
        t: String,
        re: Option<u64>,
        body: Map<String, Value>,
        out: &mut Vec<Output>,
    ) {
        let topic = match body.get("topic") {
            Some(Value::String(topic)) if topic.len() <= TOPIC_LENGTH => topic.clone(),
            Some(_) => {
                return self.refuse(re, Problem::field(ErrCode::BadRequest, "topic"), out);
            }
            None => return self.refuse(re, Problem::new(ErrCode::UnknownType), out),
        };
        let unanswered = matches!(t.as_str(), "mark" | "typing");
        if re.is_none() && !unanswered {
            return self.refuse(None, Problem::field(ErrCode::BadRequest, "id"), out);
        }
        if t == "join" {
            if !self.topics.iter().any(|joined| **joined == *topic) {
                if self.topics.len() >= TOPICS {
                    return self.refuse(re, Problem::field(ErrCode::TooLarge, "topic"), out);
                }
                self.topics.reserve_exact(1);
                self.topics.push(topic.as_str().into());
            }
        } else if t == "leave" {
            self.forget(&topic);
        }
        out.push(Output::Request(TopicRequest { t, re, topic, body, locale: self.locale }));
    }

    /// The request's number: positive, and greater than every one before.
    fn take_id(&mut self, body: &Map<String, Value>) -> Result<Option<u64>, Problem> {
        let Some(id) = body.get("id") else { return Ok(None) };
        match id.as_u64() {
            Some(id) if id > self.last_id => {
                self.last_id = id;
                Ok(Some(id))
            }
            _ => Err(Problem::field(ErrCode::BadRequest, "id")),
        }
    }

    fn refuse(&self, re: Option<u64>, problem: Problem, out: &mut Vec<Output>) {
        out.push(Output::Frame(problem.frame(re, self.locale)));
    }

    fn welcome(&self, re: u64, caller: &Caller, now: Timestamp) -> ByteString {
        let frame = json!({
            "t": "welcome",
            "re": re,
            "conn": self.conn,
            "user": caller.user,
            "now": now,
            "ping_s": PING_AFTER.as_secs(),
            "dead_s": DEAD_AFTER.as_secs(),
            "limits": {
                "frame": MAX_FRAME,
                "body": super::BODY_CHARS,
                "send_per_min": self.send_per_min,
                "topics": TOPICS,
            },
            "token_expires": caller.until,
        });
        frame.to_string().into()
    }
}

fn frame(value: &Value) -> Output {
    Output::Frame(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T15:00:00Z".parse().unwrap()
    }

    fn known() -> Session {
        let mut session = Session::new(Uuid::from_u128(1), 30, 1);
        session.text(r#"{"t":"hello","id":1,"token":"x","locale":"ru"}"#, now());
        let caller = Caller { user: Uuid::from_u128(2), sign_in: Uuid::from_u128(3), until: now() };
        session.signed_in(1, Ok(caller), now());
        session
    }

    #[test]
    fn pings_are_counted_like_what_is_said_and_a_flood_of_them_ends_the_connection() {
        let mut session = Session::new(Uuid::from_u128(1), 30, 1);
        let answered = (0..1000).filter(|_| session.control(now()).is_none()).count();
        assert_eq!(answered, 60);
        let end = (0..6000).find_map(|ms| {
            session
                .control(now() + TimeDelta::milliseconds(ms))
                .filter(|outputs| matches!(outputs.as_slice(), [Output::Close(CloseCode::RATE)]))
        });
        assert!(end.is_some());
    }

    fn errors(outputs: &[Output]) -> Vec<(Option<u64>, String, Option<String>)> {
        let frames = outputs.iter().filter_map(|output| match output {
            Output::Frame(frame) => serde_json::from_str::<Value>(frame).ok(),
            _ => None,
        });
        frames
            .filter(|frame| frame["t"] == "err")
            .map(|frame| {
                let text = |name: &str| frame[name].as_str().map(str::to_owned);
                (frame["re"].as_u64(), text("code").unwrap(), text("field"))
            })
            .collect()
    }

    fn error(outputs: &[Output]) -> (Option<u64>, String, Option<String>) {
        let found = errors(outputs);
        assert_eq!((found.len(), outputs.len()), (1, 1), "{outputs:?}");
        found[0].clone()
    }

    #[test]
    fn hello_comes_first_and_says_who_how_long_and_within_what_limits() {
        let mut session = Session::new(Uuid::from_u128(1), 30, 1);
        let early = session.text(r#"{"t":"join","id":1,"topic":"room:x"}"#, now());
        assert_eq!(error(&early).1, "unauthenticated");
        let hello =
            session.text(r#"{"t":"hello","id":2,"token":"secret","client":"web/1"}"#, now());
        assert_eq!(hello, [Output::SignIn { re: 2, token: Some("secret".into()) }]);
        let caller = Caller { user: Uuid::from_u128(2), sign_in: Uuid::from_u128(3), until: now() };
        let Output::Frame(welcome) = session.signed_in(2, Ok(caller), now())[0].clone() else {
            panic!("no welcome");
        };
        let welcome: Value = serde_json::from_str(&welcome).unwrap();
        assert_eq!(welcome["re"], 2);
        assert_eq!(welcome["ping_s"], 25);
        assert_eq!(
            welcome["limits"],
            json!({"frame": 16384, "body": 4000, "send_per_min": 30, "topics": 64})
        );
    }

    #[test]
    fn a_bad_token_closes_and_a_second_hello_is_refused() {
        let mut session = Session::new(Uuid::from_u128(1), 30, 1);
        session.text(r#"{"t":"hello","id":1}"#, now());
        let closed = session.signed_in(1, Err(CloseCode::TOKEN), now());
        assert_eq!(closed, [Output::Close(CloseCode::TOKEN)]);
        let again = known().text(r#"{"t":"hello","id":2}"#, now());
        assert_eq!(error(&again).1, "bad_request");
    }

    #[test]
    fn an_array_frame_holds_up_to_64_requests_in_order() {
        let mut session = known();
        let frame =
            r#"[{"t":"join","id":2,"topic":"room:a"},{"t":"send","id":3,"topic":"room:a"}]"#;
        let asked: Vec<_> = session
            .text(frame, now())
            .into_iter()
            .map(|output| match output {
                Output::Request(request) => (request.t, request.re, request.topic),
                other => panic!("{other:?}"),
            })
            .collect();
        let room = || "room:a".to_owned();
        assert_eq!(asked, [("join".into(), Some(2), room()), ("send".into(), Some(3), room())]);
        let items = vec![r#"{"t":"pong"}"#; 65].join(",");
        assert_eq!(error(&session.text(&format!("[{items}]"), now())).1, "too_large");
    }

    /// SEC-04: many requests in one frame cost what they would cost in frames of their own.
    #[test]
    fn each_object_of_a_frame_is_charged() {
        let mut session = known();
        let mut asked = 0;
        for frame in 0..10 {
            let requests = (0..64).map(|n| {
                format!(r#"{{"t":"typing","id":{},"topic":"room:a"}}"#, 2 + frame * 64 + n)
            });
            let text = format!("[{}]", requests.collect::<Vec<_>>().join(","));
            let outputs = session.text(&text, now());
            asked += outputs.iter().filter(|o| matches!(o, Output::Request(_))).count();
        }
        assert_eq!(asked, 59, "a burst of 60, of which hello was one");
    }

    #[test]
    fn what_is_no_json_or_too_deep_closes_the_third_time() {
        let mut session = known();
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(error(&session.text("{", now())).1, "bad_request");
        assert_eq!(error(&session.text(&deep, now())).1, "bad_request");
        assert_eq!(session.text("[1]", now()), [Output::Close(CloseCode::ABUSE)]);
        assert_eq!(known().binary(), [Output::Close(CloseCode::ABUSE)]);
    }

    #[test]
    fn ids_grow_and_requests_need_one() {
        let mut session = known();
        let bad = |outputs: &[Output]| assert_eq!(error(outputs).2.as_deref(), Some("id"));
        session.text(r#"{"t":"leave","id":9,"topic":"room:a"}"#, now());
        for id in ["9", "3", "0", "-1", "1.5", "\"10\""] {
            let frame = format!(r#"{{"t":"leave","id":{id},"topic":"room:a"}}"#);
            bad(&session.text(&frame, now()));
        }
        bad(&session.text(r#"{"t":"leave","topic":"room:a"}"#, now()));
        let typing = session.text(r#"{"t":"typing","topic":"room:a"}"#, now());
        assert!(matches!(&typing[..], [Output::Request(request)] if request.re.is_none()));
        assert_eq!(error(&session.text(r#"{"t":"dance","id":10}"#, now())).1, "unknown_type");
    }

    #[test]
    fn the_65th_topic_is_refused_and_leaving_makes_room() {
        let mut session = known();
        let mut now = now();
        for n in 0..64 {
            now += TimeDelta::seconds(1);
            let join = format!(r#"{{"t":"join","id":{},"topic":"room:{n}"}}"#, n + 2);
            assert!(matches!(session.text(&join, now)[0], Output::Request(_)));
        }
        let join = |id| format!(r#"{{"t":"join","id":{id},"topic":"room:new"}}"#);
        assert_eq!(error(&session.text(&join(100), now)).1, "too_large");
        session.text(r#"{"t":"leave","id":101,"topic":"room:5"}"#, now);
        assert!(matches!(session.text(&join(102), now)[0], Output::Request(_)));
    }

    #[test]
    fn a_flood_is_dropped_with_one_error_a_second_and_ends_in_a_close() {
        let mut session = known();
        let (mut told, mut closed_after) = (0, None);
        for ms in 0..8000 {
            let at = now() + TimeDelta::milliseconds(ms);
            let outputs = session.text(r#"{"t":"pong"}"#, at);
            told += errors(&outputs).len();
            if outputs == [Output::Close(CloseCode::RATE)] {
                closed_after = Some(ms);
                break;
            }
        }
        assert!(closed_after.is_some_and(|ms| (5000..5200).contains(&ms)), "{closed_after:?}");
        assert!((1..=9).contains(&told), "{told}");
    }
}
