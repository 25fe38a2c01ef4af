//! One WebSocket connection of the load, in the dialect of the server that it is held against. Frames are
//! parsed where they were read, into one buffer that all connections share: the client must cost less
//! than the server.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

/// Bytes of one read at most.
const READ: usize = 256 * 1024;
/// Pause of a join that was refused for the moment.
const AGAIN: Duration = Duration::from_millis(500);
/// Marks a message of the load within a frame: this byte, ten digits.
const MARK: u8 = b'~';

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// IlmSpace.
    Ilm,
    /// nginx with nchan.
    Nchan,
    /// socket.io.
    Sio,
}

/// What came in.
pub enum Heard<'a> {
    /// Messages of the load, by number.
    Message(usize),
    /// The answer to a send: IlmSpace has committed it.
    Ack,
    /// A refusal.
    Refused(&'a str),
    /// Anything else.
    Other(&'a str),
}

/// A connection.
pub struct Conn {
    pub peer: Peer,
    stream: TcpStream,
    /// A frame that has not come whole.
    rest: Vec<u8>,
    /// The number of the last request (IlmSpace).
    pub last_id: u64,
}

fn lost(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConnectionAborted, why.into())
}

impl Conn {
    /// Upgrades. `receive` is the size of the kernel's buffer, if not its own.
    pub async fn open(peer: Peer, port: u16, path: &str, receive: Option<u32>) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = receive {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(([127, 0, 0, 1], port).into()).await?;
        stream.set_nodelay(true)?;
        let mut conn = Self { peer, stream, rest: Vec::new(), last_id: 0 };
        let protocol = if peer == Peer::Ilm { "Sec-WebSocket-Protocol: ilm.v1\r\n" } else { "" };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
        );
        conn.stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let end = loop {
            if conn.stream.read_buf(&mut head).await? == 0 {
                return Err(lost("closed while upgrading"));
            }
            if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(lost(String::from_utf8_lossy(&head).into_owned()));
        }
        conn.rest = head.split_off(end);
        Ok(conn)
    }

    /// Upgrades, signs in and joins: from here on it hears the room.
    pub async fn ready(
        peer: Peer,
        port: u16,
        room: &str,
        token: &str,
        receive: Option<u32>,
    ) -> Result<Self> {
        let path = match peer {
            Peer::Ilm => "/api/v1/ws".to_owned(),
            Peer::Nchan => format!("/sub?id={room}"),
            Peer::Sio => format!("/socket.io/?EIO=4&transport=websocket&room={room}"),
        };
        let mut conn = Self::open(peer, port, &path, receive).await?;
        match peer {
            Peer::Ilm => {
                conn.ask(&format!(r#""t":"hello","token":"{token}","client":"load/1""#)).await?;
                conn.until(r#""t":"welcome""#).await?;
                loop {
                    conn.ask(&format!(r#""t":"join","topic":"room:{room}""#)).await?;
                    match conn.until(r#""t":"joined""#).await {
                        // Too many at once; a client comes again as it is told to.
                        Err(error) if error.to_string().contains(r#""code":"unavailable""#) => {
                            sleep(AGAIN).await;
                        }
                        joined => break joined?,
                    }
                }
            }
            Peer::Nchan => {}
            Peer::Sio => {
                conn.until("0{").await?;
                conn.text("40").await?;
                conn.until("40{").await?;
            }
        }
        Ok(conn)
    }

    /// The connection that writes into `room`.
    pub async fn writer(peer: Peer, port: u16, room: &str, token: &str) -> Result<Self> {
        match peer {
            Peer::Nchan => Self::open(peer, port, &format!("/pub?id={room}"), None).await,
            _ => Self::ready(peer, port, room, token, None).await,
        }
    }

    /// Writes message `number` of the load into `room`; 128 bytes of text.
    pub async fn say(&mut self, room: &str, number: usize, run: u32) -> Result<()> {
        let text = format!("~{number:010} {:x<116}", format!("{run} "));
        match self.peer {
            Peer::Ilm => {
                self.ask(&format!(
                    r#""t":"send","topic":"room:{room}","client_id":"{run}-{number}","body":"{text}""#
                ))
                .await
            }
            Peer::Nchan => self.text(&text).await,
            Peer::Sio => self.text(&format!(r#"42["send","{text}"]"#)).await,
        }
    }

    async fn ask(&mut self, fields: &str) -> Result<()> {
        self.last_id += 1;
        let frame = format!(r#"{{"id":{},{fields}}}"#, self.last_id);
        self.text(&frame).await
    }

    /// Writes a text frame, masked with zeroes.
    pub async fn text(&mut self, text: &str) -> Result<()> {
        let mut frame = Vec::with_capacity(text.len() + 14);
        frame.push(0x81);
        match u16::try_from(text.len()) {
            Ok(short @ 0..126) => frame.push(0x80 | u8::try_from(short).unwrap_or(0)),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => return Err(lost("too long a frame")),
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// Waits for a frame in which `wanted` stands.
    async fn until(&mut self, wanted: &str) -> Result<()> {
        let mut seen = false;
        let mut refused = None;
        while !seen {
            self.hear(|heard| match heard {
                Heard::Refused(text) => refused = Some(text.to_owned()),
                Heard::Other(text) => seen |= text.contains(wanted),
                _ => {}
            })
            .await?;
            if let Some(refused) = refused {
                return Err(lost(refused));
            }
        }
        Ok(())
    }

    /// Reads once and tells what was in it; answers signs of life.
    pub async fn hear(&mut self, mut tell: impl FnMut(Heard<'_>)) -> Result<()> {
        let peer = self.peer;
        let mut alive = false;
        if self.rest.is_empty() || !holds_frame(&self.rest) {
            std::future::poll_fn(|cx| {
                BUFFER.with_borrow_mut(|buffer| {
                    let mut buffer = ReadBuf::new(buffer);
                    ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
                    let bytes = buffer.filled();
                    if bytes.is_empty() {
                        return Poll::Ready(Err(lost("closed")));
                    }
                    if self.rest.is_empty() {
                        let used = frames(peer, bytes, &mut alive, &mut tell)?;
                        self.rest.extend(&bytes[used..]);
                    } else {
                        self.rest.extend(bytes);
                        let used = frames(peer, &self.rest, &mut alive, &mut tell)?;
                        self.rest.drain(..used);
                    }
                    Poll::Ready(Ok(()))
                })
            })
            .await?;
        } else {
            let used = frames(peer, &self.rest, &mut alive, &mut tell)?;
            self.rest.drain(..used);
        }
        if self.rest.is_empty() && self.rest.capacity() > 0 {
            self.rest = Vec::new();
        }
        match (alive, peer) {
            (true, Peer::Ilm) => self.text(r#"{"t":"pong"}"#).await,
            (true, Peer::Sio) => self.text("3").await,
            _ => Ok(()),
        }
    }
}

/// Header's and payload's length, once the header is there.
fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes {
        [_, 127, a, b, c, d, e, f, g, h, ..] => {
            let length = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            Some((10, usize::try_from(length).ok()?))
        }
        [_, 126, a, b, ..] => Some((4, usize::from(u16::from_be_bytes([a, b])))),
        [_, short @ 0..126, ..] => Some((2, usize::from(short))),
        _ => None,
    }
}

fn holds_frame(bytes: &[u8]) -> bool {
    measure(bytes).is_some_and(|(header, length)| bytes.len() >= header + length)
}

/// Tells of every whole frame; how many bytes they were.
fn frames(
    peer: Peer,
    bytes: &[u8],
    alive: &mut bool,
    tell: &mut impl FnMut(Heard<'_>),
) -> Result<usize> {
    let mut at = 0;
    while let Some((header, length)) = measure(&bytes[at..]) {
        let Some(payload) = bytes.get(at + header..at + header + length) else { break };
        match bytes[at] & 0x0f {
            0x1 => text(peer, payload, alive, tell),
            0x8 => {
                let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                return Err(lost(format!("closed with {code:?}")));
            }
            _ => {}
        }
        at += header + length;
    }
    Ok(at)
}

fn text(peer: Peer, payload: &[u8], alive: &mut bool, tell: &mut impl FnMut(Heard<'_>)) {
    // Its page holds messages of earlier runs.
    if payload.starts_with(br#"{"t":"joined""#) {
        return tell(Heard::Other(&String::from_utf8_lossy(payload)));
    }
    let mut any = false;
    let mut rest = payload;
    while let Some(at) = rest.iter().position(|byte| *byte == MARK) {
        rest = &rest[at + 1..];
        let Some(digits) = rest.first_chunk::<10>() else { break };
        let number = digits.iter().try_fold(0, |number, digit| match digit {
            b'0'..=b'9' => Some(number * 10 + usize::from(digit - b'0')),
            _ => None,
        });
        if let Some(number) = number {
            any = true;
            tell(Heard::Message(number));
        }
    }
    if peer == Peer::Ilm && (payload.starts_with(b"[") || !any) {
        // Acknowledgements may stand in one frame with messages.
        let text = String::from_utf8_lossy(payload);
        if any && text.contains(r#""t":"joined""#) {
            tell(Heard::Other(&text));
        }
        for _ in text.matches(r#""t":"ack""#) {
            any = true;
            tell(Heard::Ack);
        }
        *alive |= text.contains(r#""t":"ping""#);
        if text.contains(r#""t":"err""#) {
            tell(Heard::Refused(&text));
        }
    }
    if !any {
        let text = String::from_utf8_lossy(payload);
        *alive |= peer == Peer::Sio && text == "2";
        tell(Heard::Other(&text));
    }
}
