//! Tries from inside of the sandbox what must not work, and what must.

use std::net::{TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What happened. Every field is true when all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTest {
    /// The upload can be read.
    pub input_readable: bool,
    /// The output directory can be written and read.
    pub output_writable: bool,
    /// Another file (`/etc/passwd`) cannot be opened.
    pub other_file_closed: bool,
    /// Nothing can be written beside the output directory.
    pub other_directory_closed: bool,
    /// No TCP connection can be made.
    pub tcp_closed: bool,
    /// No UDP packet can be sent.
    pub udp_closed: bool,
    /// No program can be started.
    pub exec_closed: bool,
    /// The parent cannot be signalled.
    pub parent_safe: bool,
    /// More memory than allowed cannot be had.
    pub memory_limited: bool,
    /// Threads can still be started.
    pub threads_work: bool,
}

impl SelfTest {
    /// Whether everything is as it must be.
    pub fn is_well(&self) -> bool {
        let Self {
            input_readable,
            output_writable,
            other_file_closed,
            other_directory_closed,
            tcp_closed,
            udp_closed,
            exec_closed,
            parent_safe,
            memory_limited,
            threads_work,
        } = *self;
        input_readable
            && output_writable
            && other_file_closed
            && other_directory_closed
            && tcp_closed
            && udp_closed
            && exec_closed
            && parent_safe
            && memory_limited
            && threads_work
    }
}

/// Runs every trial.
pub(super) fn run(input: &Path, out: &Path) -> SelfTest {
    let trial = out.join("self-test");
    let wrote = std::fs::write(&trial, b"x").and_then(|()| std::fs::read(&trial));
    let beside = out.parent().map(|parent| parent.join("self-test"));
    let tcp = "127.0.0.1:9".parse().is_ok_and(|address| {
        let error = TcpStream::connect_timeout(&address, Duration::from_millis(200)).err();
        error.is_some_and(|error| error.kind() != std::io::ErrorKind::ConnectionRefused)
    });
    let udp = UdpSocket::bind("0.0.0.0:0").and_then(|s| s.send_to(b"x", "127.0.0.1:9"));
    let mut memory: Vec<u8> = Vec::new();
    SelfTest {
        input_readable: std::fs::read(input).is_ok(),
        output_writable: wrote.is_ok() && std::fs::remove_file(&trial).is_ok(),
        other_file_closed: std::fs::File::open("/etc/passwd").is_err(),
        other_directory_closed: beside.is_none_or(|path| std::fs::write(path, b"x").is_err()),
        tcp_closed: tcp,
        udp_closed: udp.is_err(),
        exec_closed: Command::new("/bin/true").status().is_err(),
        parent_safe: signal_parent_fails(),
        memory_limited: memory.try_reserve_exact(10 << 30).is_err(),
        threads_work: std::thread::spawn(|| 1).join().is_ok_and(|one| one == 1),
    }
}

#[expect(unsafe_code, reason = "signal 0 only asks whether a signal could be sent")]
fn signal_parent_fails() -> bool {
    unsafe { libc::kill(libc::getppid(), 0) != 0 }
}
