//! What nobody can see any more is removed: files that no message names after a day, files of
//! messages that were deleted or refused after the time for which the audit keeps them.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{make, store};
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::jobs::{self, Enqueue, Job, JobError, JobMeta, Lane};

/// How long an unused file is kept.
pub(super) const UNUSED: TimeDelta = TimeDelta::hours(24);
/// How long the files of a deleted message are kept.
const GONE: TimeDelta = TimeDelta::days(90);
/// Files of one round.
const BATCH: i64 = 100;

/// Removes what is due.
///
/// # Errors
/// Those of the database; what is left is done next time.
pub(super) async fn purge(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    let due = {
        let mut conn = app.db.conn().await?;
        store::forgotten(&mut conn, now - UNUSED, now - GONE, BATCH).await?
    };
    for id in due {
        // The row first, and only if it is still so: a message may just be taking the file. The job that goes with
        // it sees to the bytes, should they not go now.
        let forgotten = app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Problem> {
                if !store::forget(conn, id, now - UNUSED, now - GONE).await? {
                    return Ok(false);
                }
                let later = Enqueue::now().at(now + TimeDelta::minutes(1));
                jobs::enqueue(conn, app, &ForgetChatFile { file_id: id }, later).await?;
                Ok(true)
            })
            .await?;
        if forgotten {
            forget_bytes(app, id).await?;
        }
    }
    Ok(())
}

async fn forget_bytes(app: &App, id: Uuid) -> Result<(), Problem> {
    let deleted = app.store.delete_prefix(&make::prefix(id)?).await;
    deleted.map(drop).map_err(|error| Problem::unavailable(error, 60))
}

/// Removes a file that was never used, also when a crash left nothing of it but bytes.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetChatFile {
    /// Which.
    pub file_id: Uuid,
}

impl Job for ForgetChatFile {
    const KIND: &'static str = "messaging.forget_chat_file";
    const LANE: Lane = Lane::Slow;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        let now = app.clock.now();
        let mut conn = app.db.conn().await?;
        store::forget(&mut conn, self.file_id, now - UNUSED, now - GONE).await?;
        let is_kept = store::find(&mut conn, self.file_id).await?.is_some();
        drop(conn);
        if is_kept {
            return Ok(());
        }
        Ok(forget_bytes(&app, self.file_id).await?)
    }
}
