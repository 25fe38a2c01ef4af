//! A connection after its upgrade: it leaves actix-http here. The dispatcher that answers requests keeps
//! two buffers of 8 KiB and a response half done for as long as the connection lives, and copies each
//! frame once more; ten thousand people who read along cost 170 MB that way, and 60 MB this way.
//!
//! A second handle on the accepted socket is put by when it is accepted. The upgrade takes it, writes
//! the answer itself, and leaves actix-http a response that cannot be written: its dispatcher drops its
//! own handle without a word to the client.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpRequest, HttpResponse};
use actors::relay::Outbox;
use bytes::{Buf as _, Bytes};
use futures::Stream;
use socket2::{SockRef, Socket};
use tokio::time::Sleep;

use super::outgoing::Outgoing;

/// Bytes that are read at once; a connection's frames are smaller.
const READ: usize = 16 * 1024;
/// How long a client may take to answer our close with its own end.
const FAREWELL: Duration = Duration::from_secs(1);

thread_local! {
    /// What all connections of a thread read into: one that is silent has no buffer.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// A second handle on an accepted socket, for its upgrade.
pub(super) struct Spare(Cell<Option<Socket>>);

impl Spare {
    /// Of a socket that was accepted just now; empty when there are no descriptors left.
    pub fn of(socket: &SockRef<'_>) -> Self {
        Self(Cell::new(socket.try_clone().ok()))
    }

    /// The connection of `req`. It can be taken once.
    pub fn take(req: &HttpRequest) -> io::Result<Rc<TcpStream>> {
        let spare = req.conn_data::<Self>().and_then(|spare| spare.0.take());
        let socket = spare.ok_or_else(|| io::Error::other("no handle on the socket"))?;
        Ok(Rc::new(TcpStream::from_std(socket.into())?))
    }
}

/// What the client sends. `first` is what actix-http has read already.
pub(super) struct Incoming {
    tcp: Rc<TcpStream>,
    first: Option<Bytes>,
}

impl Incoming {
    pub fn new(tcp: Rc<TcpStream>, first: Option<Bytes>) -> Self {
        Self { tcp, first }
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        Poll::Ready(ready!(poll_read(&self.tcp, cx)).ok().map(Ok))
    }
}

/// The next bytes; an error at the end too.
fn poll_read(tcp: &TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    loop {
        ready!(tcp.poll_read_ready(cx))?;
        let read: io::Result<Bytes> = BUFFER.with_borrow_mut(|buffer| {
            let read = tcp.try_read(buffer)?;
            Ok(Bytes::copy_from_slice(buffer.get(..read).unwrap_or_default()))
        });
        match read {
            Ok(bytes) if bytes.is_empty() => {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}

/// Writes what [`Outgoing`] has, until it ends or the client does. A task of its own.
pub(super) struct Connection<A> {
    tcp: Rc<TcpStream>,
    outbox: Arc<Outbox>,
    /// What the socket has not taken yet.
    rest: Bytes,
    /// `None` when all is written, and the client's end is awaited.
    outgoing: Option<Outgoing<A>>,
    farewell: Option<Pin<Box<Sleep>>>,
}

impl<A> Connection<A> {
    /// Begins with the answer to the upgrade, of which `headers` are a part.
    pub fn new(
        tcp: Rc<TcpStream>,
        headers: &HeaderMap,
        outbox: Arc<Outbox>,
        outgoing: Outgoing<A>,
    ) -> Self {
        let mut head = String::from("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n");
        for (name, value) in headers {
            if let Ok(value) = value.to_str() {
                // Into a string, which takes everything.
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.push_str("\r\n");
        Self { tcp, outbox, rest: head.into(), outgoing: Some(outgoing), farewell: None }
    }

    /// Gives `rest` to the socket. `Err` when the connection is over.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            if self.tcp.poll_write_ready(cx)?.is_pending() {
                // A reader that was cut is not waited for, and does not hear why.
                if self.outbox.poll_cut(cx).is_ready() {
                    let _ = SockRef::from(&*self.tcp).set_linger(Some(Duration::ZERO));
                    return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
                }
                return Poll::Pending;
            }
            match self.tcp.try_write(&self.rest) {
                Ok(written) => self.rest.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<A> Future for Connection<A>
where
    A: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        while let Some(outgoing) = &mut this.outgoing {
            if !this.rest.is_empty() {
                if ready!(this.poll_write(cx)).is_err() {
                    return Poll::Ready(());
                }
                continue;
            }
            match ready!(Pin::new(outgoing).poll_next(cx)) {
                Some(Ok(bytes)) => this.rest = bytes,
                Some(Err(_)) => return Poll::Ready(()),
                None => {
                    // The session ends here; closed at once, the client might lose what it has not
                    // read.
                    this.outgoing = None;
                    if SockRef::from(&*this.tcp).shutdown(Shutdown::Write).is_err() {
                        return Poll::Ready(());
                    }
                }
            }
        }
        let farewell = this.farewell.get_or_insert_with(|| Box::pin(tokio::time::sleep(FAREWELL)));
        if farewell.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        while ready!(poll_read(&this.tcp, cx)).is_ok() {}
        Poll::Ready(())
    }
}

/// A body that promises a byte and ends before it: the dispatcher gives such a response up, and the
/// connection with it, before it has written anything.
struct Unwritable;

impl MessageBody for Unwritable {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(1)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// What actix-http is told when the connection has been taken from it; the log and the metrics see the
/// status that the client got.
pub(super) fn taken_over() -> HttpResponse {
    HttpResponse::with_body(StatusCode::SWITCHING_PROTOCOLS, Unwritable).map_into_boxed_body()
}
