//! Who may not write where.

use uuid::Uuid;

use super::store;
use super::views::{MuteQuery, MuteScope, MuteView};
use crate::app::App;
use crate::identity;
use crate::platform::http::{Page, Problem, cursor};

/// A page of those who may not write somewhere, by person.
pub(super) async fn list(app: &App, query: MuteQuery) -> Result<Page<MuteView>, Problem> {
    let after: Option<(Uuid, Uuid)> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(50).clamp(1, 100));
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let rows = store::mutes::all(&mut conn, after, now, limit + 1).await?;
    // Of one person's mutes the one of the school comes last: it has neither room nor course.
    let page = Page::of(rows, limit, |row| (row.user_id, row.place()));
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.user_id).collect();
    let people = identity::people(&mut conn, &ids).await?;
    Ok(page.map(|row| MuteView {
        user_id: row.user_id,
        name: people.get(&row.user_id).map(|person| person.name.clone()).unwrap_or_default(),
        scope: match (row.room_id, row.course_id) {
            (Some(_), _) => MuteScope::Room,
            (None, Some(_)) => MuteScope::Course,
            (None, None) => MuteScope::All,
        },
        room_id: row.room_id,
        course_id: row.course_id,
        until: row.until,
        reason: row.reason,
    }))
}
