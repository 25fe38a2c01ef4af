//! A person, a tus client and a film for the video tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel_async::AsyncPgConnection;
use ilmspace::platform::http::Problem;
use ilmspace::platform::live::Notice;
use ilmspace::video::{self, Form, Grant, Playback, VideoState, VideoView, Viewer};
use media::demo::{DemoScene, make_demo_video};
use media::hls::MediaPath;
use media::hls::validate::{StreamReport, validate};
use reqwest::Method;
use uuid::Uuid;

use crate::support::{Answer, Client, Person, TestServer, TestServerOptions};

pub const PART: usize = ilmspace::video::PART_BYTES as usize;
/// A person and their present sign-in.
pub async fn viewer(server: &TestServer, person: &Person) -> Viewer {
    let token = person.client.token.as_deref().unwrap();
    let who = ilmspace::identity::principal_of_token(&server.app, token).await.unwrap();
    Viewer::from(&who)
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

/// Makes a video of an upload, as a lesson does.
pub async fn attach(server: &TestServer, upload: Uuid, owner: Uuid) -> Uuid {
    try_attach(server, upload, owner).await.unwrap()
}

pub async fn try_attach(server: &TestServer, upload: Uuid, owner: Uuid) -> Result<Uuid, Problem> {
    let app = &server.app;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Uuid, Problem> {
            video::attach(conn, app, upload, owner, Form::Lesson).await
        })
        .await
}

pub async fn view(server: &TestServer, id: Uuid) -> VideoView {
    let mut conn = server.app.db.conn().await.unwrap();
    video::view(&mut conn, &server.app, id).await.unwrap()
}

/// Waits for frames of the video until one shows what is waited for.
pub async fn until(
    server: &TestServer,
    id: Uuid,
    mut is_it: impl FnMut(&VideoView) -> bool,
) -> VideoView {
    let mut notices = server.app.live.listen();
    let topic = video::job_topic(id);
    let waited = async {
        let now = view(server, id).await;
        if is_it(&now) {
            return now;
        }
        loop {
            match notices.recv().await {
                Ok(Notice::Frame { topic: of, frame }) if of == topic => {
                    let seen: VideoView = serde_json::from_value(frame["video"].clone()).unwrap();
                    if is_it(&seen) {
                        return seen;
                    }
                }
                Ok(_) => {}
                Err(error) => panic!("notices: {error}"),
            }
        }
    };
    match tokio::time::timeout(Duration::from_secs(300), waited).await {
        Ok(seen) => seen,
        Err(_) => panic!("waited in vain; it is {:?}", view(server, id).await),
    }
}

pub async fn until_ready(server: &TestServer, id: Uuid) -> VideoView {
    let seen = until(server, id, |video| {
        matches!(video.state, VideoState::Ready | VideoState::Failed | VideoState::Cancelled)
    })
    .await;
    assert_eq!(seen.state, VideoState::Ready, "{seen:?}");
    seen
}

/// A ready video of `seconds` that belongs to `owner`.
pub async fn ready_video(server: &TestServer, owner: &Person, seconds: u32) -> Uuid {
    let upload = Tus(&owner.client).upload(film(seconds), "lesson.mp4", "video").await;
    let id = attach(server, upload, owner.id).await;
    until_ready(server, id).await;
    id
}

/// What a lesson grants to a viewer.
pub fn grant(video_id: Uuid, viewer: Option<Viewer>) -> Grant {
    Grant {
        viewer,
        video_id,
        lesson_id: None,
        preview: viewer.is_none(),
        replaces: None,
        network: "192.0.2.1".into(),
    }
}

pub async fn play(server: &TestServer, video_id: Uuid, viewer: Option<Viewer>) -> Playback {
    video::grant_playback(&server.app, grant(video_id, viewer)).await.unwrap()
}

/// The address of `path` beside the master playlist.
pub fn beside(playback: &Playback, path: &str) -> String {
    let base = playback.master_url.strip_suffix("master.m3u8").unwrap();
    format!("{base}{path}")
}

/// Every rule of a stream, read through HTTP as a player does.
pub async fn validate_stream(server: &TestServer, playback: &Playback) -> StreamReport {
    let base = server.url(playback.master_url.strip_suffix("master.m3u8").unwrap());
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::new();
        validate(&mut |path| {
            let url = format!("{base}{}", text_of(path));
            runtime.block_on(async {
                let response = http.get(url).send().await.unwrap();
                if response.status() != 200 {
                    return None;
                }
                Some(response.bytes().await.unwrap().to_vec())
            })
        })
    })
    .await
    .unwrap()
    .unwrap()
}

fn text_of(path: &MediaPath) -> String {
    match path {
        MediaPath::Master => "master.m3u8".into(),
        MediaPath::VideoPlaylist(name) => format!("v/{name}.m3u8"),
        MediaPath::AudioPlaylist(name) => format!("a/{name}.m3u8"),
        MediaPath::Init(name) => format!("{name}/init.mp4"),
        MediaPath::Segment(name, n) => format!("{name}/{n}.m4s"),
        MediaPath::Key(epoch) => format!("k/{epoch}"),
        MediaPath::Poster => "poster.jpg".into(),
        MediaPath::CaptionsPlaylist(language) => format!("s/{language}.m3u8"),
        MediaPath::Captions(language) => format!("s/{language}.vtt"),
        MediaPath::Sheet(sheet) => format!("t/{sheet}.jpg"),
    }
}

/// Waits until something that no notice tells of has come true.
pub async fn eventually(what: &str, mut is_it: impl FnMut() -> bool) {
    let waited = async {
        while !is_it() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(came.is_ok(), "waited in vain until {what}");
}

/// The author takes the video off.
pub async fn take_off(server: &TestServer, id: Uuid) {
    let app = &server.app;
    let taken =
        app.db.transaction(async |conn: &mut AsyncPgConnection| video::remove(conn, app, id).await);
    taken.await.unwrap();
}

/// The media children that work below `directory`: ours, whoever else runs tests here.
pub fn children(directory: &Path) -> Vec<u32> {
    let directory = std::fs::canonicalize(directory).unwrap();
    let wanted = directory.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            line.contains("media-worker") && line.contains(&wanted)
        })
        .collect()
}

/// The one of them.
pub fn child_of(directory: &Path) -> u32 {
    let pids = children(directory);
    assert_eq!(pids.len(), 1, "one child");
    pids[0]
}

/// Sends a signal (`-KILL`, `-STOP`).
pub fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}
