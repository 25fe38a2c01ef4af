//! The list of a person's rooms, what is unread in them, and a member's own settings of one.

use std::collections::{HashMap, HashSet};

use actors::chat_room::port::Role;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::access::{self, Member, Place};
use super::hooks::guard;
use super::model::{RoomKind, RoomRow};
use super::store::list::{Filter, Keys, Line, Reader};
use super::views_rooms::{
    CourseRef, DeskState, LastMessage, Notify, RoomChanges, RoomLine, RoomMute, RoomsQuery, Unread,
    UserRef,
};
use super::{moderation, store};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal, Role as Grant};
use crate::learning;
use crate::platform::http::{Page, Problem, clean_text, cursor};

/// Characters of the last message that the list shows.
const TEXT: usize = 120;
/// Rooms looked through for a search at most.
const SEARCHED: usize = 1000;
/// Rooms read at once.
const AT_ONCE: i64 = 100;

/// Whether somebody answers for the school anywhere.
pub fn is_staff(who: &Principal) -> bool {
    let roles = &who.roles;
    [Grant::Curator, Grant::Support, Grant::Moderator, Grant::Admin]
        .into_iter()
        .any(|role| roles.has_anywhere(role))
}

async fn reader(
    conn: &mut AsyncPgConnection,
    who: &Principal,
    now: Timestamp,
) -> Result<Reader, Problem> {
    let learns = learning::courses_of(conn, who.user_id, now).await?;
    Ok(Reader {
        user: who.user_id,
        learns: learns.into_iter().collect(),
        teaches: courses::taught_by(conn, who.user_id).await?,
        is_staff: is_staff(who),
    })
}

/// A page of the caller's rooms.
///
/// # Errors
/// `bad_request` for a foreign cursor.
pub async fn list(
    app: &App,
    who: &Principal,
    query: &RoomsQuery,
) -> Result<Page<RoomLine>, Problem> {
    let now = app.clock.now();
    let limit = i64::from(query.limit.unwrap_or(30).clamp(1, 100));
    let wanted = query.q.as_deref().map(folded).filter(|q| !q.is_empty());
    let mut after: Option<Keys> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let filter = Filter { kind: query.kind, unread: query.unread.unwrap_or(false), room: None };
    let mut conn = app.db.conn().await?;
    let reader = reader(&mut conn, who, now).await?;
    let Some(wanted) = wanted else {
        let lines = store::list::lines(&mut conn, &reader, &filter, after, now, limit + 1).await?;
        let page = Page::of(lines, limit, |line| (line.pinned, line.active_at, line.id));
        let items = shown(app, &mut conn, who, page.items).await?;
        return Ok(Page { items, next_cursor: page.next_cursor });
    };
    // Titles are other contexts': what is searched is what is shown. A person's rooms are few.
    let mut found = Vec::new();
    let mut seen = 0;
    let mut next_cursor = None;
    while seen < SEARCHED {
        let lines = store::list::lines(&mut conn, &reader, &filter, after, now, AT_ONCE).await?;
        let Some(last) = lines.last() else { break };
        let (keys, read) = ((last.pinned, last.active_at, last.id), lines.len());
        seen += read;
        after = Some(keys);
        for line in shown(app, &mut conn, who, lines).await? {
            if matches(&line, &wanted) {
                found.push(line);
            }
        }
        let is_full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit;
        let has_more = i64::try_from(read).unwrap_or(0) == AT_ONCE;
        next_cursor = has_more.then(|| cursor::encode(&keys));
        if is_full || !has_more {
            break;
        }
    }
    Ok(Page { items: found, next_cursor })
}

/// A text as it is compared: lower case, the apostrophes of Uzbek all alike.
pub fn folded(text: &str) -> String {
    let text = clean_text(text, false).to_lowercase();
    text.chars()
        .map(|c| if matches!(c, 'ʻ' | 'ʼ' | '‘' | '’' | '`') { '\'' } else { c })
        .take(100)
        .collect()
}

fn matches(line: &RoomLine, wanted: &str) -> bool {
    let texts = [
        Some(line.title.as_str()),
        line.course.as_ref().map(|course| course.title.as_str()),
        line.owner.as_ref().map(|owner| owner.name.as_str()),
        line.last.as_ref().map(|last| last.text.as_str()),
    ];
    texts.into_iter().flatten().any(|text| folded(text).contains(wanted))
}

/// What waits to be read in all of them.
pub async fn unread(app: &App, who: &Principal) -> Result<Unread, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let reader = reader(&mut conn, who, now).await?;
    let everywhere = reader.is_staff;
    let waiting = store::list::waiting(&mut conn, &reader, everywhere, now).await?;
    Ok(Unread { total: waiting.total, mentions: waiting.mentions })
}

/// One room as the list shows it.
///
/// # Errors
/// `not_found`.
pub async fn one(app: &App, who: &Principal, room: Uuid) -> Result<RoomLine, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    // Who may not enter hears the same, after the same questions, as about no room.
    access::enter(app, &mut conn, who, room).await?;
    let reader = Reader {
        user: who.user_id,
        learns: Vec::new(),
        teaches: Vec::new(),
        is_staff: is_staff(who),
    };
    let filter = Filter { room: Some(room), ..Filter::default() };
    let lines = store::list::lines(&mut conn, &reader, &filter, None, now, 1).await?;
    let shown = shown(app, &mut conn, who, lines).await?;
    shown.into_iter().next().ok_or_else(Problem::not_found)
}

/// Changes the caller's own settings of a room.
///
/// # Errors
/// `not_found`.
pub async fn change(
    app: &App,
    who: &Principal,
    room: Uuid,
    changes: &RoomChanges,
) -> Result<RoomLine, Problem> {
    {
        let mut conn = app.db.conn().await?;
        access::enter(app, &mut conn, who, room).await?;
        let notify = changes.notify.map(Notify::as_str);
        let now = app.clock.now();
        store::list::set(&mut conn, room, who.user_id, changes.pinned, notify, now).await?;
    }
    super::user_frames::rooms_changed(app, &[who.user_id]);
    one(app, who, room).await
}

/// The lines with everything that other contexts know; rooms that the reader may not enter are left
/// out.
async fn shown(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    lines: Vec<Line>,
) -> Result<Vec<RoomLine>, Problem> {
    let rooms = store::list::rooms_of(conn, &lines).await?;
    let banned: HashSet<Uuid> =
        lines.iter().filter(|line| line.banned).map(|line| line.id).collect();
    let mut rights = access::rights_in(app, conn, who, &rooms, &banned).await?;
    let now = app.clock.now();
    let wide = moderation::wide_mutes(conn, who.user_id, now).await?;
    let rooms: HashMap<Uuid, RoomRow> = rooms.into_iter().map(|room| (room.id, room)).collect();
    let mut ids: HashSet<Uuid> = lines.iter().filter_map(|line| line.last_author).collect();
    ids.extend(rooms.values().filter_map(|room| room.owner_id));
    ids.extend(rights.values().filter_map(|(place, _)| Some(place.course.as_ref()?.author_id)));
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let names: HashMap<Uuid, String> = identity::people(conn, &ids)
        .await?
        .into_iter()
        .map(|(id, person)| (id, person.name))
        .collect();
    Ok(lines
        .into_iter()
        .filter_map(|line| {
            let (place, member) = rights.remove(&line.id)?;
            let room = rooms.get(&line.id)?;
            // Who keeps order is held by no mute.
            let muted = (!member.moderates).then(|| muted(room, &line, &wide, now)).flatten();
            Some(RoomLine { muted, ..view(room, line, &place, &member, &names) })
        })
        .collect())
}

/// What keeps the reader from writing: of the mutes in the room, over its course and the school the longest.
fn muted(
    room: &RoomRow,
    line: &Line,
    wide: &[(Option<Uuid>, Timestamp, String)],
    now: Timestamp,
) -> Option<RoomMute> {
    let here = line.muted_until.map(|until| (until, line.muted_reason.clone()));
    let wide = wide
        .iter()
        .filter(|(course, ..)| course.is_none() || *course == room.course_id)
        .map(|(_, until, reason)| (*until, Some(reason.clone())));
    let (until, reason) = guard::longest(here.into_iter().chain(wide), now)?;
    Some(RoomMute { until: guard::shown(until), reason })
}

fn view(
    room: &RoomRow,
    line: Line,
    place: &Place,
    member: &Member,
    names: &HashMap<Uuid, String>,
) -> RoomLine {
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let is_own = room.owner_id == Some(member.user);
    let title = match room.kind {
        // The other one's name.
        RoomKind::Pair if is_own => {
            place.course.as_ref().map(|course| name(course.author_id)).unwrap_or_default()
        }
        RoomKind::Pair => room.owner_id.map(name).unwrap_or_default(),
        RoomKind::Support if !is_own => room.owner_id.map(name).unwrap_or_default(),
        // Worded by the client.
        RoomKind::Support | RoomKind::General | RoomKind::Staff | RoomKind::SchoolNews => {
            String::new()
        }
        _ => place.title.clone(),
    };
    let last = line.last_author.zip(line.last_body).zip(line.last_at);
    RoomLine {
        id: room.id,
        kind: room.kind,
        title,
        course: place
            .course
            .as_ref()
            .map(|course| CourseRef { id: course.id, title: course.title.clone() }),
        lesson_id: room.lesson_id,
        task_id: room.task_id,
        owner: room.owner_id.map(|id| UserRef { id, name: name(id) }),
        role: role_name(member.role).to_owned(),
        can_write: member.can_write_now(room.locked),
        moderates: member.moderates,
        muted: None,
        locked: room.locked,
        pinned: line.pinned,
        notify: Notify::of(&line.notify),
        unread: line.unread,
        read_seq: line.read_seq,
        head: line.head,
        active_at: line.active_at,
        last: last.map(|((author, body), at)| LastMessage {
            author_name: name(author),
            text: cut(&body, TEXT),
            at,
            own: author == member.user,
        }),
        desk: line
            .on_desk
            .then_some(match (line.waiting_since, line.resolved_at) {
                (Some(_), _) => Some(DeskState::Waiting),
                (None, Some(_)) => Some(DeskState::Resolved),
                (None, None) if line.head > 0 => Some(DeskState::Answered),
                (None, None) => None,
            })
            .flatten(),
    }
}

/// What somebody is in a room, as JSON names it.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Author => "author",
        Role::Moderator => "moderator",
    }
}

/// The beginning of a text, on one line.
pub fn cut(text: &str, length: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= length {
        return line;
    }
    let cut: String = line.chars().take(length.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_to_one_line_with_a_sign() {
        assert_eq!(cut("a\n b", 10), "a b");
        assert_eq!(cut("12345 7890", 6), "12345…");
        assert_eq!(cut("שלום עולם", 9), "שלום עולם");
    }

    #[test]
    fn uzbek_apostrophes_and_capitals_are_compared_alike() {
        assert_eq!(folded("OʻQISH"), folded("o'qish"));
        assert_eq!(folded("Gʼoya"), folded("g‘oya"));
    }
}
