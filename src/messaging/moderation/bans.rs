//! Who is banned from which room. A ban is of one room, and lasts until it is lifted.

use std::collections::{HashMap, HashSet};

use actors::chat_room::port::{Action, ModAct, What};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::views::{BanView, CaseRoom, HeldBackQuery, UnbanQuery};
use super::{act, store};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::messaging::access;
use crate::messaging::routes::change;
use crate::messaging::store::rooms;
use crate::platform::http::{Checks, Code, Page, Problem, cursor};

/// A page of those who are banned from rooms in which `who` keeps order, by person.
///
/// # Errors
/// `forbidden` for who keeps order nowhere, `bad_request` for a foreign cursor.
pub(super) async fn list(
    app: &App,
    who: &Principal,
    query: HeldBackQuery,
) -> Result<Page<BanView>, Problem> {
    let after: Option<(Uuid, Uuid)> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(50).clamp(1, 100));
    let mut conn = app.db.conn().await?;
    let reach = super::reach(&mut conn, who).await?;
    let rows = store::bans::all(&mut conn, &reach, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.user_id, row.room_id));
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.user_id).collect();
    let people = identity::people(&mut conn, &ids).await?;
    let rooms = faces(app, &mut conn, page.items.iter().map(|row| row.room_id)).await?;
    let Page { items, next_cursor } = page;
    let view = |row: super::model::BanRow| {
        Some(BanView {
            user_id: row.user_id,
            name: people.get(&row.user_id).map(|person| person.name.clone()).unwrap_or_default(),
            room: rooms.get(&row.room_id)?.clone(),
            since: row.banned_at,
            reason: row.reason,
        })
    };
    Ok(Page { items: items.into_iter().filter_map(view).collect(), next_cursor })
}

/// What these rooms are called.
///
/// # Errors
/// Those of the database.
pub(super) async fn faces(
    app: &App,
    conn: &mut AsyncPgConnection,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, CaseRoom>, Problem> {
    let ids: HashSet<Uuid> = ids.collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rooms = rooms::all(conn, &ids).await?;
    let places = access::places(conn, &rooms, app.clock.now()).await?;
    let face = |room: crate::messaging::model::RoomRow| {
        let title = places.get(&room.id).map(|place| place.title.clone()).unwrap_or_default();
        (room.id, CaseRoom { id: room.id, kind: room.kind, title })
    };
    Ok(rooms.into_iter().map(face).collect())
}

/// Lets somebody into a room again, by its log. The reason stands in the audit log.
///
/// # Errors
/// `not_found` for no such room or ban, `forbidden` for who keeps no order there, `rank_too_low`, faults of
/// the input.
pub(super) async fn lift(
    app: &App,
    who: &Principal,
    user: Uuid,
    which: UnbanQuery,
) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", &which.reason, act::REASON);
    checks.done()?;
    let member = {
        let mut conn = app.db.conn().await?;
        let member = access::enter(app, &mut conn, who, which.room_id).await?;
        if !member.moderates {
            return Err(Problem::new(Code::Forbidden));
        }
        if !store::bans::is_banned(&mut conn, which.room_id, user).await? {
            return Err(Problem::not_found());
        }
        act::permit(app, &mut conn, who, &member, user).await?;
        member
    };
    let act = ModAct { action: Action::Unban, user: Some(user), until: None, slow_s: 0, reason };
    change(app, &member, What::Mod(act)).await?;
    Ok(())
}
