//! An S3 server in this process that can be taken away and brought back at the same address.

use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use ilmspace::platform::config::{Config, StorageKind};
use kernel::SecretBytes;
use media::storage::{S3Config, S3Store};
use tokio::task::{JoinHandle, JoinSet};

const ACCESS: &str = "test";
const SECRET: &str = "test-secret";
const BUCKET: &str = "ilmspace";

/// s3s-fs over a temporary directory.
pub struct S3Server {
    address: SocketAddr,
    root: tempfile::TempDir,
    task: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts one on a free port, with an empty bucket.
    pub async fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let mut server = Self { address: "127.0.0.1:0".parse().unwrap(), root, task: None };
        server.come_back().await;
        server
    }

    /// Refuses every connection from now on.
    pub async fn go_away(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Serves again, with what it had.
    pub async fn come_back(&mut self) {
        let files = s3s_fs::FileSystem::new(self.root.path()).unwrap();
        let mut builder = s3s::service::S3ServiceBuilder::new(files);
        builder.set_auth(s3s::auth::SimpleAuth::from_single(ACCESS, SECRET));
        let service = builder.build();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(64).unwrap();
        self.address = listener.local_addr().unwrap();
        self.task = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service.clone());
                connections.spawn(async move {
                    // A client that goes away is no matter.
                    let _ = serving.await;
                });
            }
        }));
    }

    /// What makes a command of the binary know it, its key pair in the directory `secrets`.
    pub fn environment(&self, secrets: &std::path::Path) -> Vec<(&'static str, String)> {
        std::fs::create_dir_all(secrets).unwrap();
        for (name, value) in [("s3_access_key", ACCESS), ("s3_secret_key", SECRET)] {
            std::fs::write(secrets.join(name), value).unwrap();
        }
        vec![
            ("ILM__STORAGE__S3__ENDPOINT", format!("http://{}", self.address)),
            ("ILM__STORAGE__S3__BUCKET", BUCKET.into()),
        ]
    }

    /// A client of its own.
    pub fn store(&self) -> S3Store {
        S3Store::new(S3Config {
            endpoint: Some(format!("http://{}", self.address)),
            region: "us-east-1".into(),
            bucket: BUCKET.into(),
            path_style: true,
            access_key_id: ACCESS.into(),
            secret_access_key: SecretBytes::new(SECRET.as_bytes().to_vec()),
            timeout: Duration::from_secs(20),
        })
        .unwrap()
    }

    /// What makes a server use it.
    pub fn configure(&self) -> impl Fn(&mut Config) + Send + use<> {
        let endpoint = format!("http://{}", self.address);
        move |config| {
            std::fs::create_dir_all(&config.secrets.directory).unwrap();
            for (name, value) in [("s3_access_key", ACCESS), ("s3_secret_key", SECRET)] {
                std::fs::write(config.secrets.directory.join(name), value).unwrap();
            }
            config.storage.kind = StorageKind::S3;
            config.storage.s3.endpoint.clone_from(&endpoint);
            config.storage.s3.bucket = BUCKET.into();
        }
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
