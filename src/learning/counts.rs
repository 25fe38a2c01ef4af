//! Counts about many people at once, for those who help them.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::store;
use crate::platform::http::Problem;

/// Wrong answers before the first right one, by person and task; who never tried is left out.
pub async fn wrong_counts(
    conn: &mut AsyncPgConnection,
    of: &[(Uuid, Uuid)],
) -> Result<HashMap<(Uuid, Uuid), i32>, Problem> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let (users, tasks): (Vec<Uuid>, Vec<Uuid>) = of.iter().copied().unzip();
    let rows = store::counts::wrong(conn, &users, &tasks).await?;
    Ok(rows.into_iter().map(|(user, task, wrong)| ((user, task), wrong)).collect())
}
