//! The outgoing half of a connection: what its outbox holds, straight to the socket. A
//! frame of a room passes no actor on this last piece of its way, so that telling thousands costs
//! little more than the writes; the connection's actor is polled only when something is for it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker, ready};

use actix_web::Error;
use actors::relay::{Outbox, Taken};
use actors::wire::CloseCode;
use bytes::{BufMut as _, Bytes, BytesMut};
use bytestring::ByteString;
use futures::Stream;
use futures::task::AtomicWaker;

/// First byte of a frame that is a whole text message, and of a close.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
/// Bytes of a frame's header at most.
const HEADER: usize = 10;

/// Notices whether the actor was woken, and wakes the connection then.
#[derive(Debug)]
struct Alarm {
    rung: AtomicBool,
    connection: AtomicWaker,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.connection.wake();
    }
}

/// What is written after the upgrade's answer: the frames of the outbox, and those that the actor makes
/// itself (pongs, and the answer to a close). `A` is the stream of the actor's context.
pub(super) struct Outgoing<A> {
    actor: A,
    alarm: Arc<Alarm>,
    /// Of `alarm`.
    waker: Waker,
    outbox: Arc<Outbox>,
    ended: bool,
}

impl<A> Outgoing<A> {
    pub fn new(actor: A, outbox: Arc<Outbox>) -> Self {
        // The actor starts with the first poll.
        let alarm = Arc::new(Alarm { rung: AtomicBool::new(true), connection: AtomicWaker::new() });
        let waker = Waker::from(Arc::clone(&alarm));
        Self { actor, alarm, waker, outbox, ended: false }
    }
}

impl<A> Stream for Outgoing<A>
where
    A: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        // First the place to ring, then the look at whether it has rung.
        this.alarm.connection.register(cx.waker());
        if this.alarm.rung.swap(false, Ordering::AcqRel) {
            let mut inner = Context::from_waker(&this.waker);
            match Pin::new(&mut this.actor).poll_next(&mut inner) {
                Poll::Ready(Some(bytes)) => {
                    // It may have more.
                    this.alarm.rung.store(true, Ordering::Release);
                    return Poll::Ready(Some(bytes));
                }
                Poll::Ready(None) => this.ended = true,
                Poll::Pending => {}
            }
        }
        let taken = match this.outbox.poll_take(cx) {
            // The actor ends by the peer's close, which it has answered.
            Poll::Pending if this.ended => return Poll::Ready(None),
            taken => ready!(taken),
        };
        let bytes = match taken {
            Taken::Frames(frames) => encoded(&frames, None),
            Taken::Close(frames, code) => {
                this.ended = true;
                encoded(&frames, Some(code))
            }
        };
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// Text frames, and the frame that closes. A server's frames bear no mask.
fn encoded(frames: &[ByteString], close: Option<CloseCode>) -> Bytes {
    let length: usize = frames.iter().map(|frame| frame.len() + HEADER).sum();
    let mut bytes = BytesMut::with_capacity(length + if close.is_some() { 4 } else { 0 });
    for frame in frames {
        bytes.put_u8(TEXT);
        match frame.len() {
            short @ 0..126 => bytes.put_u8(u8::try_from(short).unwrap_or(0)),
            length => match u16::try_from(length) {
                Ok(length) => {
                    bytes.put_u8(126);
                    bytes.put_u16(length);
                }
                Err(_) => {
                    bytes.put_u8(127);
                    bytes.put_u64(length as u64);
                }
            },
        }
        bytes.put_slice(frame.as_bytes());
    }
    if let Some(CloseCode(code)) = close {
        bytes.put_slice(&[CLOSE, 2]);
        bytes.put_u16(code);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

    use super::*;

    #[test]
    fn frames_of_every_length_are_what_a_client_understands() {
        let texts: Vec<ByteString> =
            [0, 1, 125, 126, 127, 65_535, 65_536].iter().map(|n| "x".repeat(*n).into()).collect();
        let bytes = encoded(&texts, Some(CloseCode::SLOW));
        let mut client =
            WebSocket::from_raw_socket(Cursor::new(bytes.to_vec()), Role::Client, None);
        for text in &texts {
            assert_eq!(client.read().unwrap(), Message::text(text.to_string()));
        }
        let Message::Close(Some(frame)) = client.read().unwrap() else { panic!("no close") };
        assert_eq!(u16::from(frame.code), CloseCode::SLOW.0);
    }
}
