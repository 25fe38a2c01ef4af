//! The real binary as a process of its own, to be killed without warning.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Client;
use super::database::TestDatabase;

/// A database and a directory, and the server that runs on them now.
pub struct Process {
    /// `http://127.0.0.1:port` of the running server.
    pub base: String,
    child: Child,
    directory: tempfile::TempDir,
    database: TestDatabase,
}

impl Process {
    /// Starts `ilmspace serve` on a database and a directory of its own.
    pub async fn start() -> Self {
        let database = TestDatabase::create().await;
        let directory = tempfile::tempdir().unwrap();
        let (child, base) = spawn(directory.path(), &database.url());
        Self { base, child, directory, database }
    }

    /// `kill -9`, then the same command again.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.child, self.base) = spawn(self.directory.path(), &self.database.url());
    }

    /// A demo school on a database of its own, and the server of it.
    pub async fn start_with_demo() -> Self {
        let database = TestDatabase::create().await;
        let directory = tempfile::tempdir().unwrap();
        let demo = binary(directory.path(), &database.url()).args(["demo", "--brief"]).output();
        let demo = demo.unwrap();
        assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
        let (child, base) = spawn(directory.path(), &database.url());
        Self { base, child, directory, database }
    }

    /// A browser in front of the server that runs now.
    pub fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// Runs another command of the binary on the same database and directory.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        binary(self.directory.path(), &self.database.url()).args(arguments).output().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary(directory: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ilmspace"));
    let at = |name: &str| directory.join(name).into_os_string();
    command
        .env("ILM_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/config/test.toml"))
        .env("DATABASE_URL", database)
        .env("ILM__SERVER__BIND", "127.0.0.1:0")
        .env("ILM__STORAGE__DIRECTORY", at("objects"))
        .env("ILM__STORAGE__SPOOL", at("spool"))
        .env("ILM__SECRETS__DIRECTORY", at("secrets"))
        .env("ILM__MAIL__DIRECTORY", at("mail"))
        .env("ILM__MEDIA__LEASE_SECONDS", "3")
        .stdin(Stdio::null());
    command
}

fn spawn(directory: &Path, database: &str) -> (Child, String) {
    let mut child =
        binary(directory, database).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base = loop {
        let line = lines.next().expect("the server ended before it served").unwrap();
        if let Some((_, address)) = line.split_once("(listening on ") {
            break format!("http://{}", address.trim_end_matches(')'));
        }
    };
    // Whatever else it says must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, base)
}
