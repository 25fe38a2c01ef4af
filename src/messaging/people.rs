//! Who may be named in a room: those who were in it, its owner, and who answers there.

use std::collections::HashSet;

use uuid::Uuid;

use super::access;
use super::limits;
use super::list::{folded, role_name};
use super::model::RoomKind;
use super::routes::problem;
use super::store;
use super::views_rooms::{PeopleQuery, RoomPerson};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal, Role as Grant};
use crate::platform::http::Problem;

/// Members looked through at most, those first who were there last.
const MEMBERS: i64 = 1000;
/// Members whose standing is asked for at once.
const AT_ONCE: usize = 100;
/// Who answers anywhere.
const STAFF: [Grant; 5] =
    [Grant::Curator, Grant::Support, Grant::Moderator, Grant::Admin, Grant::SuperAdmin];

/// People of a room whose names hold these words, by name.
///
/// # Errors
/// `not_found`, `rate_limited`.
pub async fn people(
    app: &App,
    who: &Principal,
    room: Uuid,
    query: &PeopleQuery,
) -> Result<Vec<RoomPerson>, Problem> {
    let wanted = query.q.as_deref().map(folded).unwrap_or_default();
    let most = usize::try_from(query.limit.unwrap_or(20).clamp(1, 100)).unwrap_or(20);
    limits::reading(app, who.user_id).await.map_err(|refusal| problem(&refusal))?;
    let mut conn = app.db.conn().await?;
    let (row, _, _) = access::open(app, &mut conn, who, room).await?;
    // Where most only read, who reads is nobody's business.
    let is_read_only = matches!(row.kind, RoomKind::News | RoomKind::SchoolNews);
    let there = match is_read_only {
        true => store::rooms::writers(&mut conn, room, MEMBERS).await?,
        false => store::rooms::recent_members(&mut conn, room, MEMBERS).await?,
    };
    let mut ids: HashSet<Uuid> = there.into_iter().collect();
    ids.extend(row.owner_id);
    if let Some(course) = row.course_id {
        ids.extend(courses::owner_of(&mut conn, course).await?);
    }
    if row.kind == RoomKind::Staff {
        ids.extend(identity::holders_of(app, &mut conn, &STAFF, app.clock.now()).await?);
    }
    ids.remove(&who.user_id);
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found: Vec<(Uuid, String)> = identity::people(&mut conn, &ids)
        .await?
        .into_values()
        .filter(|person| folded(&person.name).contains(&wanted))
        .map(|person| (person.id, person.name))
        .collect();
    found.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    // Who has left may not be called back in.
    let mut people = Vec::new();
    for some in found.chunks(AT_ONCE) {
        let ids: Vec<Uuid> = some.iter().map(|(id, _)| *id).collect();
        let standings = access::standings(app, &mut conn, room, &ids).await?;
        people.extend(some.iter().filter_map(|(id, name)| {
            let role = role_name(standings.get(id)?.role).to_owned();
            Some(RoomPerson { id: *id, name: name.clone(), role })
        }));
        if people.len() >= most {
            break;
        }
    }
    people.truncate(most);
    Ok(people)
}
