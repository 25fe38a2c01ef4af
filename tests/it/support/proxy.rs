//! A TCP proxy that can cut every connection and refuse new ones: a dependency that goes away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (away, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let task = tokio::spawn({
            let (away, cut) = (away.clone(), cut.clone());
            async move {
                while let Ok((mut inner, _)) = listener.accept().await {
                    if away.load(Ordering::SeqCst) {
                        continue;
                    }
                    let cut = cut.clone();
                    tokio::spawn(async move {
                        let Ok(mut outer) = TcpStream::connect(target).await else { return };
                        tokio::select! {
                            _ = tokio::io::copy_bidirectional(&mut inner, &mut outer) => {}
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
