//! A person, a tus client and a film for the video tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ilmspace::identity::{VouchedAccount, create_account};
use media::demo::{DemoScene, make_demo_video};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Client, TestServer, TestServerOptions};

pub const PART: usize = ilmspace::video::PART_BYTES as usize;
const PASSWORD: &str = "correct horse battery staple 7";

/// Somebody who is signed in.
pub struct Person {
    pub id: Uuid,
    pub client: Client,
}

pub async fn person(server: &TestServer, name: &str) -> Person {
    let email = format!("{name}@school.test");
    let account = VouchedAccount {
        email: &email,
        password: PASSWORD,
        first_name: name,
        last_name: "Test",
        locale: "en",
        roles: &[],
    };
    let id = create_account(&server.app, account).await.unwrap();
    let client = sign_in(server, name).await;
    Person { id, client }
}

/// A new sign-in of somebody who is known.
pub async fn sign_in(server: &TestServer, name: &str) -> Client {
    let mut client = server.anonymous();
    let email = format!("{name}@school.test");
    let body = json!({ "email": email, "password": PASSWORD });
    let signed_in = client.post("/api/v1/auth/login", body).await.expect(200).json();
    client.token = Some(signed_in["access_token"].as_str().unwrap().to_owned());
    client
}

/// A server that transcodes, with our own binary as the child.
pub fn transcoding() -> TestServerOptions {
    TestServerOptions {
        worker: true,
        configure: Box::new(|config| {
            config.media.worker_program = PathBuf::from(env!("CARGO_BIN_EXE_ilmspace"));
            config.media.lease_seconds = 6;
        }),
        ..TestServerOptions::default()
    }
}

pub fn metadata(name: &str, purpose: &str) -> String {
    format!("filename {},purpose {}", STANDARD.encode(name), STANDARD.encode(purpose))
}

/// A tus client of our own, so that tests can break every rule.
pub struct Tus<'a>(pub &'a Client);

impl Tus<'_> {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.0.request(method, path).header("Tus-Resumable", "1.0.0")
    }

    pub async fn create(&self, size: usize, name: &str, purpose: &str) -> Answer {
        let request = self
            .request(Method::POST, "/api/v1/uploads")
            .header("Upload-Length", size)
            .header("Upload-Metadata", metadata(name, purpose));
        self.0.run(request, "create").await
    }

    /// Where a new upload is.
    pub async fn begin(&self, size: usize, name: &str, purpose: &str) -> String {
        self.create(size, name, purpose).await.expect(201).header("location")
    }

    pub async fn head(&self, path: &str) -> Answer {
        self.0.run(self.request(Method::HEAD, path), "head").await
    }

    pub async fn offset(&self, path: &str) -> usize {
        self.head(path).await.expect(200).header("upload-offset").parse().unwrap()
    }

    pub fn chunk(
        &self,
        path: &str,
        offset: usize,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::RequestBuilder {
        self.request(Method::PATCH, path)
            .header("Upload-Offset", offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(body)
    }

    pub async fn patch(&self, path: &str, offset: usize, body: impl Into<reqwest::Body>) -> Answer {
        self.0.run(self.chunk(path, offset, body), "patch").await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.0.run(self.request(Method::DELETE, path), "delete").await
    }

    /// A whole upload in one chunk; gives its id.
    pub async fn upload(&self, bytes: Vec<u8>, name: &str, purpose: &str) -> Uuid {
        let path = self.begin(bytes.len(), name, purpose).await;
        self.patch(&path, 0, bytes).await.expect(204);
        id_of(&path)
    }
}

pub fn id_of(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// Bytes that begin like an MP4 file and are different everywhere, so that a misplaced part shows.
pub fn bytes(len: usize) -> Vec<u8> {
    let mut all = b"\0\0\0\x18ftypisom\0\0\0\0".to_vec();
    let mut state = 0x9E37_79B9_u32;
    while all.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        all.extend(state.to_le_bytes());
    }
    all.truncate(len);
    all
}

/// A real film of so many seconds, made once a test run.
pub fn film(seconds: u32) -> Vec<u8> {
    static FILMS: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = FILMS.get_or_init(|| tempfile::tempdir().unwrap());
    let path = directory.path().join(format!("{seconds}.mp4"));
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !path.exists() {
        let scene =
            DemoScene { title: "Test".into(), seconds, seed: 1, speech: None, size: (640, 360) };
        make_demo_video(&path, &scene).unwrap();
    }
    std::fs::read(path).unwrap()
}

/// Every file below `root`.
pub fn files_below(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
