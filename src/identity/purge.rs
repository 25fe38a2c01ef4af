//! What runs out is forgotten (JOB-04, IDN-21): codes and links after a day, failures after a week,
//! sessions 90 days after their end, accounts whose address nobody confirmed after 30 days.

use chrono::TimeDelta;

use super::store;
use crate::app::App;
use crate::platform::http::Problem;

/// Forgets what has run out.
///
/// # Errors
/// The database's own.
pub async fn purge(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let codes = store::challenges::purge(&mut conn, now - TimeDelta::days(1)).await?;
    let sessions = store::sessions::purge(&mut conn, now - TimeDelta::days(90)).await?;
    let pending = store::users::purge_pending(&mut conn, now - TimeDelta::days(30)).await?;
    let week_ago = (now - TimeDelta::days(7)).date_naive();
    let failures = store::failures::purge(&mut conn, week_ago).await?;
    tracing::debug!(codes, sessions, pending, failures, "identity purged");
    Ok(())
}
