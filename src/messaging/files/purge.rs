//! What nobody can see any more is removed: files that no message names after a day, files of
//! messages that were deleted or refused after the time for which the audit keeps them.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{make, store};
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::jobs::{Job, JobError, JobMeta, Lane};

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
        remove(app, id).await?;
    }
    Ok(())
}

/// The bytes first: a row without them is tried again, bytes without a row would stay for ever.
async fn remove(app: &App, id: Uuid) -> Result<(), Problem> {
    app.store
        .delete_prefix(&make::prefix(id)?)
        .await
        .map_err(|error| Problem::unavailable(error, 60))?;
    let mut conn = app.db.conn().await?;
    Ok(store::delete(&mut conn, id).await?)
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
        let mut conn = app.db.conn().await?;
        let row = store::find(&mut conn, self.file_id).await?;
        drop(conn);
        if row.is_some_and(|row| row.message_id.is_some()) {
            return Ok(());
        }
        Ok(remove(&app, self.file_id).await?)
    }
}
