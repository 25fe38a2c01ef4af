//! A TCP proxy that can cut every connection and refuse new ones, a dependency that goes away; or that
//! only passes things on after a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ilmspace::platform::config::Config;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Stands between a server and what it depends on.
pub struct Proxy {
    /// Where to connect instead.
    pub address: SocketAddr,
    away: Arc<AtomicBool>,
    cut: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of `target`.
    pub async fn before(target: SocketAddr) -> Self {
        Self::slowly_before(target, Duration::ZERO).await
    }

    /// In front of the tests' database server.
    pub async fn before_the_database() -> Self {
        Self::before(database_server().parse().unwrap()).await
    }

    /// Has a node look for its database here, and not wait long for it.
    pub fn to_the_database(&self) -> impl FnOnce(&mut Config) + Send + use<> {
        let here = self.address.to_string();
        move |config| {
            let url = config.database.url.expose_secret().replace(&database_server(), &here);
            config.database.url = url.into();
            config.database.pool_wait_seconds = 1;
        }
    }

    /// In front of `target`; every byte is that much later on the other side.
    pub async fn slowly_before(target: SocketAddr, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (away, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let task = tokio::spawn({
            let (away, cut) = (away.clone(), cut.clone());
            async move {
                while let Ok((inner, _)) = listener.accept().await {
                    if away.load(Ordering::SeqCst) {
                        continue;
                    }
                    let cut = cut.clone();
                    tokio::spawn(async move {
                        let Ok(outer) = TcpStream::connect(target).await else { return };
                        let (from_inner, to_inner) = inner.into_split();
                        let (from_outer, to_outer) = outer.into_split();
                        tokio::select! {
                            () = pass(from_inner, to_outer, delay) => {}
                            () = pass(from_outer, to_inner, delay) => {}
                            () = cut.notified() => {}
                        }
                    });
                }
            }
        });
        Self { address, away, cut, task }
    }

    /// Cuts what is open and refuses what comes.
    pub fn go_away(&self) {
        self.away.store(true, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    /// Lets everything through again.
    pub fn come_back(&self) {
        self.away.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where the tests' database server is, as its URL has it.
fn database_server() -> String {
    let url = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL is not set: export $(script/test-servers start)");
    let (_, rest) = url.rsplit_once('@').unwrap();
    rest.split('/').next().unwrap().to_owned()
}

/// Passes bytes on, each piece `delay` after it came, until either side ends.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let (late, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        loop {
            let mut piece = vec![0; 16 * 1024];
            match from.read(&mut piece).await {
                Ok(bytes @ 1..) => piece.truncate(bytes),
                _ => return,
            }
            if late.send((Instant::now() + delay, piece)).is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((at, piece)) = due.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    // Either ends with the other: by the closed channel.
    tokio::join!(read, write);
}
