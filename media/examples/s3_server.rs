//! An S3 server for trials: a directory behind the S3 protocol, with one bucket and one key pair. The browser
//! tests (web/e2e) keep their films in it when `E2E_STORE=s3`.
//!
//! `s3_server DIRECTORY BUCKET`: listens on a free port of 127.0.0.1, prints its address, and serves until its standard
//! input is closed: it ends with whoever started it. The key pair is that of the environment: `S3_ACCESS_KEY`,
//! `S3_SECRET_KEY`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::PathBuf;

use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(root), Some(bucket)) = (args.next().map(PathBuf::from), args.next()) else {
        return Err("usage: s3_server DIRECTORY BUCKET".into());
    };
    let pair = (std::env::var("S3_ACCESS_KEY")?, std::env::var("S3_SECRET_KEY")?);
    std::fs::create_dir_all(root.join(bucket))?;
    let files = s3s_fs::FileSystem::new(root).map_err(|error| format!("{error:?}"))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(pair.0, pair.1));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let mut closed = tokio::task::spawn_blocking(|| {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())
    });
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted?;
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service.clone());
                tokio::spawn(async move {
                    // A client that goes away is no matter.
                    let _ = serving.await;
                });
            }
            _ = &mut closed => return Ok(()),
        }
    }
}
