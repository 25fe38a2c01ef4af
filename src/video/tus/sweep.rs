//! What is done again and again: uploads whose time is over end, and what nobody needs is forgotten.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::finish::{end, tend_spool};
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::video::live;
use crate::video::store::uploads;

const BATCH: i64 = 50;
/// Days for which the reason of a refusal is remembered.
const MEMORY_DAYS: i64 = 7;

/// Ends expired uploads, forgets old refusals, and tends the spool of this node.
///
/// # Errors
/// Those of the database; what is left is done next time.
pub async fn sweep(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    loop {
        let (count, videos) = app
            .db
            .transaction(
                async |conn: &mut AsyncPgConnection| -> Result<(usize, Vec<Uuid>), Problem> {
                    let expired = uploads::expired(conn, now, BATCH).await?;
                    let mut videos = Vec::new();
                    for upload in &expired {
                        let detail = "The upload was not finished in time.";
                        videos.extend(end(conn, app, upload, Code::UploadGone, detail, now).await?);
                    }
                    Ok((expired.len(), videos))
                },
            )
            .await?;
        for video in videos {
            live::tell(app, video).await;
        }
        if count < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            break;
        }
    }
    let mut conn = app.db.conn().await?;
    uploads::forget_refused(&mut conn, now - chrono::TimeDelta::days(MEMORY_DAYS)).await?;
    drop(conn);
    tend_spool(app).await
}
