//! Older texts of messages: kept for the audit, and for 90 days after a message was taken away.

use chrono::TimeDelta;

use super::store;
use crate::app::App;
use crate::platform::http::Problem;

/// How long the texts of a deleted message are kept.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Forgets the texts of messages that were deleted long ago.
///
/// # Errors
/// The database's own; what is left goes next time.
pub async fn purge(app: &App) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let gone = store::purge_versions(&mut conn, app.clock.now() - KEPT).await?;
    if gone > 0 {
        tracing::info!(gone, "texts of deleted messages are forgotten");
    }
    Ok(())
}
