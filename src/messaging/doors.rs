//! The ways into rooms that are made at their first use: under a task, of two people, of everybody.

use serde_json::json;
use uuid::Uuid;

use super::access::{self, Member};
use super::model::RoomKind;
use super::rooms::{self, New};
use super::store;
use super::store::rooms::Key;
use super::views_rooms::{NewPair, StudentQuery, StudentRoom, TaskRoom, UserRef};
use super::{support, user_frames};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal};
use crate::learning;
use crate::platform::http::{Code, Page, Problem, cursor};

/// The caller's chat under a task, made once it is open (MSG-08, MSG-09).
///
/// # Errors
/// `not_found` for who does not learn in the course, and while its topic is shut.
pub async fn task_room(app: &App, who: &Principal, task: Uuid) -> Result<TaskRoom, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let chat = learning::task_chat_state(&mut conn, who.user_id, task, now).await?;
    let chat = chat.ok_or_else(Problem::not_found)?;
    let new = New::task(task, chat.course_id, who.user_id);
    access::would_enter(app, &mut conn, who, &new.row(app)).await?;
    let is_staff = chat.author_id == who.user_id || courses::oversees(who, chat.course_id);
    let expected_s =
        support::expected_s(&mut conn, RoomKind::Task, Some(chat.course_id), now).await?;
    // Who answers here has no chat of their own.
    let room_id = match chat.open && !is_staff {
        true => {
            if store::rooms::find(&mut conn, Key::Task(task, who.user_id)).await?.is_none() {
                learning::keep_chat_open(&mut conn, who.user_id, task, chat.course_id, now).await?;
            }
            let room = rooms::ensure(app, &mut conn, &new).await?;
            // A ban from the room itself counts too.
            Some(access::enter(app, &mut conn, who, room).await?.room)
        }
        false => None,
    };
    Ok(TaskRoom { room_id, open: chat.open, need_wrong: chat.need_wrong, expected_s })
}

/// The students' chats under a task, for who answers them: the liveliest first.
///
/// # Errors
/// `not_found` for everybody else.
pub async fn task_rooms(
    app: &App,
    who: &Principal,
    task: Uuid,
    query: &StudentQuery,
) -> Result<Page<StudentRoom>, Problem> {
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let mut conn = app.db.conn().await?;
    let place = courses::task_places(&mut conn, &[task]).await?.remove(&task);
    let place = place.ok_or_else(Problem::not_found)?;
    let any = New::task(task, place.course_id, Uuid::nil());
    access::would_enter(app, &mut conn, who, &any.row(app)).await?;
    let rows = store::rooms::under_task(&mut conn, task, query.student, after, limit + 1).await?;
    let page = Page::of(rows, limit, |(room, _, active_at)| (*active_at, *room));
    let students: Vec<Uuid> = page.items.iter().map(|(_, student, _)| *student).collect();
    let people = identity::people(&mut conn, &students).await?;
    Ok(page.map(|(room_id, student, active_at)| StudentRoom {
        room_id,
        student: UserRef {
            id: student,
            name: people.get(&student).map(|person| person.name.clone()).unwrap_or_default(),
        },
        active_at,
    }))
}

/// The room of a student and the author of a course (MSG-03).
///
/// # Errors
/// `not_found` for strangers and for a student who does not learn there; `required` for an author who
/// names nobody.
pub async fn pair(
    app: &App,
    who: &Principal,
    course: Uuid,
    with: &NewPair,
) -> Result<Uuid, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let place = courses::course_places(&mut conn, &[course]).await?.remove(&course);
    let place = place.ok_or_else(Problem::not_found)?;
    let student = if place.author_id == who.user_id {
        let student = with.student_id.ok_or_else(|| {
            Problem::new(Code::Invalid).field("student_id", Code::Required, "Name the student.")
        })?;
        // Who has left may still be written to where there has been a talk.
        let known = store::rooms::find(&mut conn, Key::Pair(course, student)).await?.is_some();
        if !known && !learning::is_enrolled(&mut conn, student, course, now).await? {
            return Err(Problem::not_found());
        }
        student
    } else {
        if with.student_id.is_some_and(|student| student != who.user_id) {
            return Err(Problem::not_found());
        }
        who.user_id
    };
    let new = New::pair(course, student, place.author_id);
    let (_, would) = access::would_enter(app, &mut conn, who, &new.row(app)).await?;
    // Who left never had a room, or reads the one that is there.
    if !would.can_write
        && store::rooms::find(&mut conn, Key::Pair(course, student)).await?.is_none()
    {
        return Err(Problem::not_found());
    }
    let room = rooms::ensure(app, &mut conn, &new).await?;
    Ok(access::enter(app, &mut conn, who, room).await?.room)
}

/// The one room of a kind, if the caller may enter it.
///
/// # Errors
/// `not_found`.
pub async fn only(app: &App, who: &Principal, kind: RoomKind) -> Result<Member, Problem> {
    let mut conn = app.db.conn().await?;
    let room = rooms::only(&mut conn, kind).await?;
    access::enter(app, &mut conn, who, room).await
}

/// The chat under a task has opened to a student: the room is made, and they hear of it at once.
pub async fn task_chat_opened(app: &App, student: Uuid, task: Uuid) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let Some(chat) = learning::task_chat_state(&mut conn, student, task, now).await? else {
        return Ok(());
    };
    if !chat.open {
        return Ok(());
    }
    let room = rooms::ensure(app, &mut conn, &New::task(task, chat.course_id, student)).await?;
    let frame = json!({"t": "task_chat", "topic": "user", "task": task, "room": room});
    user_frames::tell(app, &[student], &frame);
    Ok(())
}
