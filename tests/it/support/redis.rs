//! A Redis of one test's own, to be ended and started again.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running redis-server on a port that stays its own.
pub struct Redis {
    /// Where it listens.
    pub address: SocketAddr,
    child: Option<Child>,
}

impl Redis {
    /// Starts one without any data.
    pub fn start() -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let mut redis = Self { address, child: None };
        redis.start_again();
        redis
    }

    /// What servers are configured with.
    pub fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    /// Ends it without warning; its data are gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again, empty.
    pub fn start_again(&mut self) {
        let port = self.address.port().to_string();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server (script/setup test installs it)");
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.command(&["ping"]) != "PONG" {
            assert!(Instant::now() < deadline, "redis-server did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What redis-cli says to a command.
    pub fn command(&self, words: &[&str]) -> String {
        let port = self.address.port().to_string();
        let said = Command::new("redis-cli").args(["-p", &port]).args(words).output().unwrap();
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
