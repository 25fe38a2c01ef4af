//! A client of the socket, as the web app is one.

use std::collections::VecDeque;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{Client, TestServer};

/// How long a test waits for a frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Value>,
    last_id: u64,
}

/// The request for an upgrade, to be changed by hand.
pub fn upgrade(s: &TestServer) -> Request<()> {
    upgrade_at(&s.url(""))
}

/// The same at the address `http://host:port`.
fn upgrade_at(base: &str) -> Request<()> {
    let url = format!("{}/api/v1/ws", base.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "ilm.v1".parse().unwrap());
    request
}

impl Socket {
    /// Upgrades; says nothing yet.
    pub async fn open(s: &TestServer) -> Self {
        Self::try_open(upgrade(s)).await.expect("the upgrade is taken")
    }

    /// The status of a refused upgrade otherwise.
    pub async fn try_open(request: Request<()>) -> Result<Self, u16> {
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], "ilm.v1");
                Ok(Self { stream, waiting: VecDeque::new(), last_id: 0 })
            }
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("no upgrade: {error}"),
        }
    }

    /// Upgrades and signs in with the client's token.
    pub async fn sign_in(s: &TestServer, who: &Client) -> Self {
        let mut socket = Self::open(s).await;
        let token = who.token.as_deref().expect("a token");
        let welcome = tokio::time::timeout(PATIENCE, socket.hello(token)).await;
        welcome.expect("an answer in time").expect("welcome");
        socket
    }

    /// The same with a server that may be gone, or go in the middle of it.
    pub async fn try_sign_in(base: &str, token: &str) -> Option<Self> {
        let (stream, _) = tokio_tungstenite::connect_async(upgrade_at(base)).await.ok()?;
        let mut socket = Self { stream, waiting: VecDeque::new(), last_id: 0 };
        socket.hello(token).await.ok()?;
        Some(socket)
    }

    async fn hello(&mut self, token: &str) -> Result<(), Option<u16>> {
        let id = self.ask(json!({"t": "hello", "token": token, "client": "test/1"})).await;
        loop {
            let frames = self.read().await?;
            let welcome = frames.iter().position(|frame| frame["t"] == "welcome");
            self.waiting.extend(frames);
            if let Some(welcome) = welcome.and_then(|at| self.waiting.remove(at)) {
                assert_eq!(welcome["re"], id);
                return Ok(());
            }
        }
    }

    /// What comes next, however long it takes; the code of a close otherwise. Nothing is lost when
    /// the waiting is given up.
    pub async fn next(&mut self) -> Result<Vec<Value>, Option<u16>> {
        if !self.waiting.is_empty() {
            return Ok(std::mem::take(&mut self.waiting).into());
        }
        self.read().await
    }

    /// The next frame of the stream.
    async fn read(&mut self) -> Result<Vec<Value>, Option<u16>> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(objects(&text)),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Sends a request with the next id, which is returned.
    pub async fn ask(&mut self, mut request: Value) -> u64 {
        self.last_id += 1;
        request["id"] = self.last_id.into();
        self.text(&request.to_string()).await;
        self.last_id
    }

    /// Sends a text frame as it is.
    pub async fn text(&mut self, text: &str) {
        self.message(Message::text(text)).await;
    }

    /// Sends any frame. A server that has closed meanwhile is noticed by who reads.
    pub async fn message(&mut self, message: Message) {
        let _ = self.stream.send(message).await;
    }

    /// Joins a room; the answer.
    pub async fn join(&mut self, room: &str, last: Option<(u64, &str)>) -> Value {
        let mut join = json!({"t": "join", "topic": format!("room:{room}"), "presence": true});
        if let Some((seq, epoch)) = last {
            join["last_seq"] = seq.into();
            join["epoch"] = epoch.into();
        }
        let id = self.ask(join).await;
        self.answer(id).await
    }

    /// Writes into a room; the request's id.
    pub async fn say(&mut self, room: &str, client_id: &str, body: &str) -> u64 {
        let topic = format!("room:{room}");
        self.ask(json!({"t": "send", "topic": topic, "client_id": client_id, "body": body})).await
    }

    /// The answer to request `id`; what comes before it waits for others.
    pub async fn answer(&mut self, id: u64) -> Value {
        self.find(|frame| frame["re"] == id).await
    }

    /// The frame that bears an entry's number.
    pub async fn seq(&mut self, seq: &Value) -> Value {
        self.find(|frame| frame["seq"] == *seq && frame["t"] != "ack").await
    }

    /// The next frame of type `t`.
    pub async fn frame(&mut self, t: &str) -> Value {
        self.find(|frame| frame["t"] == t).await
    }

    async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&wanted) {
            return self.waiting.remove(at).unwrap();
        }
        loop {
            match self.receive().await {
                Ok(frames) => self.waiting.extend(frames),
                Err(code) => panic!("closed with {code:?}; unread: {:?}", self.unread()),
            }
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return self.waiting.remove(at).unwrap();
            }
        }
    }

    /// Reads to the end; the close code, if there was one.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.receive().await {
                return code;
            }
        }
    }

    /// Whether the end has come already; frames are passed over.
    pub async fn closed_now(&mut self) -> Option<Option<u16>> {
        loop {
            let next = tokio::time::timeout(Duration::from_millis(1), self.stream.next()).await;
            match next {
                Err(_) => return None,
                Ok(Some(Ok(Message::Close(frame)))) => {
                    return Some(frame.map(|frame| frame.code.into()));
                }
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return Some(None),
            }
        }
    }

    /// Ends the connection without a word, as a lost link does.
    pub fn drop_link(self) {
        drop(self);
    }

    /// The types of what nobody has read, the newest last.
    fn unread(&self) -> Vec<&Value> {
        self.waiting.iter().rev().take(20).rev().map(|frame| &frame["t"]).collect()
    }

    async fn receive(&mut self) -> Result<Vec<Value>, Option<u16>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match next.unwrap_or_else(|_| panic!("nothing came; unread: {:?}", self.unread())) {
                Some(Ok(Message::Text(text))) => return Ok(objects(&text)),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}

/// The objects of a frame.
fn objects(text: &str) -> Vec<Value> {
    match serde_json::from_str(text).unwrap() {
        Value::Array(objects) => objects,
        object => vec![object],
    }
}
