//! What the tests of the child work with.

use std::path::Path;

use media::demo::{DemoScene, make_demo_video};
use media::worker::{Failure, SandboxPolicy, Worker, WorkerLine, WorkerOrder};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_media-worker");

/// A real lesson of so many seconds.
pub fn lesson(path: &Path, seconds: u32) {
    let scene =
        DemoScene { title: "Test".into(), seconds, seed: 1, speech: None, size: (320, 240) };
    make_demo_video(path, &scene).unwrap();
}

/// A directory with a file to read and one to write to.
pub struct Desk {
    pub dir: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("out")).unwrap();
        Self { dir }
    }

    pub fn input(&self) -> std::path::PathBuf {
        self.dir.path().join("lesson.mp4")
    }

    pub fn out(&self) -> std::path::PathBuf {
        self.dir.path().join("out")
    }

    pub async fn worker(&self, arguments: &[&str], order: &WorkerOrder) -> Worker {
        Worker::spawn(Path::new(PROGRAM), arguments, &self.input(), &self.out(), order)
            .await
            .unwrap()
    }
}

/// An order that works on any kernel, fast.
pub fn order() -> WorkerOrder {
    WorkerOrder {
        preset: "ultrafast".into(),
        sandbox: SandboxPolicy::BestEffort,
        ..WorkerOrder::new()
    }
}

/// Runs the child to its failure.
pub async fn failure(desk: &Desk, order: &WorkerOrder) -> Failure {
    let mut worker = desk.worker(&[], order).await;
    while let Some(line) = worker.next().await.unwrap() {
        if let WorkerLine::Failed(failure) = line {
            return failure;
        }
    }
    panic!("no failure");
}
