//! Takes the body of one request, as fast as it comes, into an upload that nobody else writes meanwhile.

use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use actix_web::{HttpRequest, web};
use futures::StreamExt as _;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use super::finish::finish;
use super::headers::{self, text};
use super::writer::{Feed, Writer, Written, release};
use super::{number, rules};
use crate::app::App;
use crate::identity::{Principal, principal_of_session};
use crate::platform::http::{Code, Problem};
use crate::platform::live::Notice;
use crate::video::model::{Upload, upload_state};
use crate::video::store::uploads;

/// Slower than this, for longer than [`GRACE`] in all, is no upload but a siege.
const MIN_BYTES_PER_S: u64 = 8 * 1024;
const GRACE: Duration = Duration::from_secs(10);
/// How long a silent writer of the same upload gets to leave.
const TAKE_OVER: Duration = Duration::from_secs(5);
/// Chunks between the network and the disk.
const CHANNEL: usize = 8;

/// Takes the body of one request into `upload`.
///
/// # Errors
/// Those of [`pump`], of the writer and of the checks before it.
pub(super) async fn receive(
    app: &App,
    who: &Principal,
    upload: Upload,
    at: u64,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Written, Problem> {
    let length = text(req.headers(), "Content-Length").and_then(|value| value.parse().ok());
    let checksum = text(req.headers(), "Upload-Checksum").map(headers::checksum).transpose()?;
    if upload.state != upload_state::RECEIVING {
        // Whole already: only an empty chunk at the end fits.
        let size = number(upload.size);
        rules::admit_chunk(&upload, size, at, length)?;
        return Ok(Written { offset: size, expires_at: upload.expires_at, whole: false });
    }
    let notices = app.live.listen();
    let lease = app.id();
    let upload = take(app, upload.id, lease).await?;
    let id = upload.id;
    let stop = app.video.writers.enter(id, lease);
    let guard = Leave { app: app.clone(), upload: id, lease };
    let opened = Writer::open(app.clone(), upload.clone(), lease, checksum).await;
    let admitted = opened.and_then(|writer| {
        rules::admit_chunk(&upload, writer.offset(), at, length).map(|()| writer)
    });
    let writer = match admitted {
        Ok(writer) => writer,
        Err(problem) => {
            release(app, id, lease).await;
            return Err(problem);
        }
    };
    let (sender, feed) = mpsc::channel(CHANNEL);
    // A task of its own: it outlives a handler that is dropped with its connection.
    let task = tokio::spawn({
        let (app, upload) = (app.clone(), upload.clone());
        async move {
            // The guard leaves the list of writers when the bytes are durable.
            let _guard = guard;
            let written = writer.run(feed).await?;
            if written.whole {
                finish_or_leave_it(&app, &upload, lease).await?;
            }
            Ok::<_, Problem>(written)
        }
    });
    let pumped = pump(app, who, id, lease, payload, &sender, &stop, notices).await;
    if pumped.is_ok() {
        // The writer that ended early has a reason of its own, which is asked for below.
        let _ = sender.send(Feed::End).await;
    }
    drop(sender);
    let written = task.await.map_err(Problem::internal)?;
    pumped.and(written)
}

/// The bytes are durable: when the store is away, a job goes on, and the client has done its part.
async fn finish_or_leave_it(app: &App, upload: &Upload, lease: Uuid) -> Result<(), Problem> {
    match finish(app, upload, lease).await {
        Err(problem) if problem.code().status().is_server_error() => {
            tracing::warn!(upload = %upload.id, %problem, "an upload is finished later");
            Ok(())
        }
        other => other,
    }
}

/// Leaves the list of writers, however the writer ends.
struct Leave {
    app: App,
    upload: Uuid,
    lease: Uuid,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.app.video.writers.leave(self.upload, self.lease);
    }
}

/// Takes the right to write. A writer of this node that has fallen silent is sent away first.
async fn take(app: &App, id: Uuid, lease: Uuid) -> Result<Upload, Problem> {
    let until = Instant::now() + TAKE_OVER;
    loop {
        let taken = {
            let mut conn = app.db.conn().await?;
            uploads::take_writer(&mut conn, id, lease, app.clock.now()).await?
        };
        match taken {
            Some(upload) => return Ok(upload),
            None if app.video.writers.send_silent_away(id) && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            None => return Err(Problem::new(Code::UploadLocked).retry_after(1)),
        }
    }
}

/// Carries the body to the writer until it ends.
///
/// # Errors
/// `body_timeout`, `session_ended`, `upload_locked` when another connection takes over, and
/// `bad_request` when the connection breaks off. The bytes before are kept.
#[expect(clippy::too_many_arguments, reason = "one place, and a struct would say less")]
async fn pump(
    app: &App,
    who: &Principal,
    id: Uuid,
    lease: Uuid,
    mut payload: web::Payload,
    sender: &mpsc::Sender<Feed>,
    stop: &tokio_util::sync::CancellationToken,
    mut notices: broadcast::Receiver<Notice>,
) -> Result<(), Problem> {
    let (mut waited, mut received) = (Duration::ZERO, 0u64);
    loop {
        let asked = Instant::now();
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = stop.cancelled() => return Err(Problem::new(Code::UploadLocked).retry_after(1)),
            notice = notices.recv() => {
                if ends(app, &notice, who).await {
                    return Err(Problem::new(Code::SessionEnded));
                }
                continue;
            }
        };
        waited += asked.elapsed();
        let bytes = match chunk {
            None => return Ok(()),
            Some(Ok(bytes)) => bytes,
            Some(Err(PayloadError::Io(error))) if error.kind() == std::io::ErrorKind::TimedOut => {
                return Err(Problem::new(Code::BodyTimeout));
            }
            Some(Err(error)) => {
                return Err(Problem::new(Code::BadRequest)
                    .detail(format!("The connection broke off: {error}.")));
            }
        };
        received += bytes.len() as u64;
        if waited > GRACE && received < waited.as_secs().saturating_mul(MIN_BYTES_PER_S) {
            return Err(Problem::new(Code::BodyTimeout));
        }
        app.video.writers.heard(id, lease);
        if sender.send(Feed::Bytes(bytes)).await.is_err() {
            // The writer has ended, and says why.
            return Ok(());
        }
    }
}

/// Whether the notice takes the right to go on from `who`. Where notices were missed, the session
/// itself is looked at; a database that is away ends nobody's upload.
async fn ends(
    app: &App,
    notice: &Result<Notice, broadcast::error::RecvError>,
    who: &Principal,
) -> bool {
    match notice {
        Ok(Notice::SessionEnded { session_id, .. }) => *session_id == who.session_id,
        Ok(Notice::UserBlocked { user_id }) => *user_id == who.user_id,
        Err(broadcast::error::RecvError::Lagged(_)) => principal_of_session(app, who.session_id)
            .await
            .is_err_and(|problem| problem.code().status().is_client_error()),
        _ => false,
    }
}
