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

#[cfg(test)]
mod tests {
    use actix_web::rt::spawn;
    use actors::relay::Pushed;
    use actors::wire::CloseCode;
    use futures::StreamExt as _;
    use futures::stream::{self, LocalBoxStream};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::task::JoinHandle;

    use super::*;

    type Made = LocalBoxStream<'static, Result<Bytes, Error>>;

    /// A client with a small buffer, the outbox of its connection, and the connection at work; `actor`
    /// stands where the session's does.
    async fn open(
        actor: impl FnOnce(Incoming) -> Made,
    ) -> (TcpStream, Arc<Outbox>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpSocket::new_v4().unwrap();
        client.set_recv_buffer_size(4096).unwrap();
        let (client, accepted) =
            futures::join!(client.connect(listener.local_addr().unwrap()), listener.accept());
        let tcp = Rc::new(accepted.unwrap().0);
        let outbox = Arc::new(Outbox::new(std::time::Instant::now()));
        let outgoing =
            Outgoing::new(actor(Incoming::new(Rc::clone(&tcp), None)), Arc::clone(&outbox));
        let connection = Connection::new(tcp, &HeaderMap::new(), Arc::clone(&outbox), outgoing);
        (client.unwrap(), outbox, spawn(connection))
    }

    /// Reads until the client's end and says nothing, as a session does.
    fn listening(incoming: Incoming) -> Made {
        incoming.filter_map(|_| async { None }).boxed_local()
    }

    fn frame(bytes: usize) -> bytestring::ByteString {
        "x".repeat(bytes).into()
    }

    #[actix_web::test]
    async fn the_answer_comes_first_then_what_the_outbox_has_then_the_close() {
        let (mut client, outbox, connection) = open(listening).await;
        outbox.push(frame(3), std::time::Instant::now());
        let mut heard = Vec::new();
        while !heard.ends_with(b"\x81\x03xxx") {
            assert_ne!(client.read_buf(&mut heard).await.unwrap(), 0);
        }
        assert!(heard.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
        outbox.kill(CloseCode::SIGNED_OUT);
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard.last_chunk(), Some(&[0x88, 2, 0x0f, 0xa2]));
        drop(client);
        connection.await.unwrap();
    }

    #[actix_web::test]
    async fn a_reader_that_never_reads_holds_less_than_a_megabyte_and_is_cut_by_a_reset() {
        let (mut client, outbox, connection) = open(listening).await;
        let now = std::time::Instant::now();
        let mut taken = 0;
        // Until the kernel takes no more and the outbox has reached its bound; the connection runs between.
        while outbox.push(frame(16 * 1024), now) == Pushed::Waits {
            taken += 16 * 1024;
            tokio::task::yield_now().await;
            assert!(taken < 64 << 20, "nothing stops it");
        }
        // What is not in the kernel is the outbox, and one take of it on its way: both within the bound.
        let bound = actors::relay::CUT.bytes + 16 * 1024;
        assert!(2 * bound < 1 << 20);
        assert!(!connection.is_finished());
        outbox.kill(CloseCode::SLOW);
        connection.await.unwrap();
        let mut heard = Vec::new();
        let end = client.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    }

    #[actix_web::test]
    async fn a_client_that_only_writes_on_is_read_no_longer_than_the_farewell() {
        let (mut client, outbox, connection) = open(listening).await;
        outbox.kill(CloseCode::ABUSE);
        let flood = async {
            while client.write_all(&[0; 1024]).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        let ((), ended) = futures::join!(flood, connection);
        ended.unwrap();
    }

    #[actix_web::test]
    async fn a_client_that_has_said_its_last_word_still_hears_what_waits() {
        let (mut client, outbox, connection) = open(listening).await;
        outbox.push(frame(5), std::time::Instant::now());
        client.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert!(heard.ends_with(b"\x81\x05xxxxx"));
        connection.await.unwrap();
    }

    #[actix_web::test]
    async fn a_panic_of_the_session_ends_its_own_connection() {
        let broken = |_| stream::poll_fn(|_| panic!("for the test")).boxed_local();
        let (mut client, _outbox, connection) = open(broken).await;
        assert!(connection.await.unwrap_err().is_panic());
        let mut heard = Vec::new();
        // The end, or a reset; not silence.
        let _ = client.read_to_end(&mut heard).await;
        assert!(heard.starts_with(b"HTTP/1.1 101"));
    }
}
