//! Announcements: to a course by its author and the school's people, to the whole school by curators,
//! moderators and admins. They are messages of rooms in which only these write.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::access;
use super::model::RoomKind;
use super::rooms::{self, New};
use super::routes::say;
use super::store;
use super::store::rooms::Key;
use super::store::threads::NewsRow;
use super::views::NewMessage;
use super::views_rooms::{Announcement, CourseRef, NewAnnouncement};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal};
use crate::learning;
use crate::platform::http::{Code, Page, PageQuery, Problem, cursor};

/// A page of what was announced to the caller, the newest first.
///
/// # Errors
/// `bad_request` for a foreign cursor.
pub async fn list(
    app: &App,
    who: &Principal,
    query: &PageQuery,
) -> Result<Page<Announcement>, Problem> {
    let now = app.clock.now();
    let limit = query.limit();
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let mut conn = app.db.conn().await?;
    let learns = learning::courses_of(&mut conn, who.user_id, now).await?;
    let mut ids: Vec<Uuid> = learns.into_iter().collect();
    let places = courses::course_places(&mut conn, &ids).await?;
    ids.retain(|id| places.get(id).is_some_and(courses::CoursePlace::is_open_to_students));
    ids.extend(courses::taught_by(&mut conn, who.user_id).await?);
    let rows = store::threads::news(&mut conn, who.user_id, &ids, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.created_at, row.id));
    let items = shown(&mut conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn shown(
    conn: &mut AsyncPgConnection,
    rows: Vec<NewsRow>,
) -> Result<Vec<Announcement>, Problem> {
    let authors: Vec<Uuid> = rows.iter().map(|row| row.author_id).collect();
    let courses: Vec<Uuid> = rows.iter().filter_map(|row| row.course_id).collect();
    let people = identity::people(conn, &authors).await?;
    let courses: HashMap<Uuid, String> = courses::course_places(conn, &courses)
        .await?
        .into_iter()
        .map(|(id, course)| (id, course.title))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| Announcement {
            id: row.id,
            room_id: row.room_id,
            seq: row.seq,
            course: row
                .course_id
                .map(|id| CourseRef { id, title: courses.get(&id).cloned().unwrap_or_default() }),
            author_name: people.get(&row.author_id).map(|p| p.name.clone()).unwrap_or_default(),
            body: row.body,
            at: row.created_at,
            read: row.read,
        })
        .collect())
}

/// Announces something. Whether it is new is said beside it.
///
/// # Errors
/// `not_found` for a course that the caller may not announce to and does not belong to, `forbidden`
/// for who only reads, faults of the text.
pub async fn announce(
    app: &App,
    who: &Principal,
    new: NewAnnouncement,
) -> Result<(Announcement, bool), Problem> {
    let (room, member) = {
        let mut conn = app.db.conn().await?;
        let (room, member) = match new.course_id {
            Some(course) => {
                let news = New::news(course);
                let (_, member) = access::would_enter(app, &mut conn, who, &news.row(app)).await?;
                if !member.moderates {
                    return Err(Problem::new(Code::Forbidden));
                }
                let room = rooms::ensure(app, &mut conn, &news).await?;
                (room, access::enter(app, &mut conn, who, room).await?)
            }
            None => {
                let room = store::rooms::find(&mut conn, Key::Kind(RoomKind::SchoolNews)).await?;
                let room = room.ok_or_else(|| Problem::internal("the school has no news"))?.id;
                (room, access::enter(app, &mut conn, who, room).await?)
            }
        };
        (room, member)
    };
    if !member.moderates {
        return Err(Problem::new(Code::Forbidden));
    }
    let message = NewMessage::plain(new.client_id, new.body, None);
    let ack = say(app, &member, message).await?;
    let mut conn = app.db.conn().await?;
    let said = ack.msg.ok_or_else(|| Problem::internal("a message without an id"))?;
    let row = store::threads::news_item(&mut conn, room, said).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let item = shown(&mut conn, vec![row]).await?.into_iter().next();
    item.map(|item| (item, !ack.dup)).ok_or_else(Problem::not_found)
}
