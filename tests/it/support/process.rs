//! The real binary as a process of its own, to be killed without warning.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::database::TestDatabase;
use super::{Client, PASSWORD};

/// A database and a directory, and the server that runs on them now.
pub struct Process {
    /// `http://127.0.0.1:port` of the running server.
    pub base: String,
    child: Child,
    directory: Arc<tempfile::TempDir>,
    database: Arc<TestDatabase>,
    variables: Vec<(&'static str, String)>,
}

impl Process {
    /// Starts `ilmspace serve` on a database and a directory of its own.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with further variables, which its later starts get too.
    pub async fn start_with(variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let database = Arc::new(TestDatabase::create().await);
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::launch(database, directory, variables.collect())
    }

    /// Another node on the same database and directory, with the same variables.
    pub fn beside(&self) -> Self {
        let (database, directory) = (self.database.clone(), self.directory.clone());
        Self::launch(database, directory, self.variables.clone())
    }

    fn launch(
        database: Arc<TestDatabase>,
        directory: Arc<tempfile::TempDir>,
        variables: Vec<(&'static str, String)>,
    ) -> Self {
        let (child, base) = spawn(directory.path(), &database.url(), &variables);
        Self { base, child, directory, database, variables }
    }

    /// Starts it again after [`Self::kill`].
    pub fn start_again(&mut self) {
        (self.child, self.base) =
            spawn(self.directory.path(), &self.database.url(), &self.variables);
    }

    /// Asks it to stop, as a deployment does, and waits for its end.
    pub async fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// `kill -9`, then the same command again.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// A demo school on a database of its own, and the server of it.
    pub async fn start_with_demo() -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let demo = binary(directory.path(), &database.url()).args(["demo", "--brief"]).output();
        let demo = demo.unwrap();
        assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
        Self::launch(database, directory, Vec::new())
    }

    /// `kill -9`, and nothing again: what it leaves is looked at.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The directory that holds everything the server writes.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// A browser in front of the server that runs now.
    pub fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// Runs another command of the binary on the same database and directory.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        binary(self.directory.path(), &self.database.url()).args(arguments).output().unwrap()
    }

    /// Makes an account that cannot be registered through the site, by `command` (`create-admin`).
    pub fn make_account(&self, command: &str, email: &str) {
        let made = self.command(&[command, "--email", email, "--password", PASSWORD]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Somebody who has signed in with their password.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.anonymous();
        let credentials = json!({"email": email, "password": PASSWORD});
        let answer = client.post("/api/v1/auth/login", credentials).await.expect(200);
        client.token = Some(answer.json()["access_token"].as_str().unwrap().to_owned());
        client
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

fn spawn(directory: &Path, database: &str, variables: &[(&str, String)]) -> (Child, String) {
    let mut command = binary(directory, database);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let mut child = command.arg("serve").stdout(Stdio::piped()).spawn().unwrap();
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
