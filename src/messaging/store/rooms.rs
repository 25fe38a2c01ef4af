//! Rooms as such: finding, making, who is banned from one.

use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::{MessageState, RoomKind, RoomRow};
use crate::messaging::schema::{desk_questions, messages, room_heads, room_members, rooms};

/// A room, and why this person was banned from it if they are.
pub async fn with_ban(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    user: Uuid,
) -> QueryResult<Option<(RoomRow, Option<String>)>> {
    let found: Option<(RoomRow, Option<Timestamp>, Option<String>)> = rooms::table
        .left_join(
            room_members::table
                .on(room_members::room_id.eq(rooms::id).and(room_members::user_id.eq(user))),
        )
        .filter(rooms::id.eq(id))
        .select((
            RoomRow::as_select(),
            room_members::banned_at.nullable(),
            room_members::ban_reason.nullable(),
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(room, at, reason)| (room, at.map(|_| reason.unwrap_or_default()))))
}

/// Who of these people is banned from the room.
pub async fn banned_among(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    users: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    room_members::table
        .filter(room_members::room_id.eq(room))
        .filter(room_members::user_id.eq_any(users))
        .filter(room_members::banned_at.is_not_null())
        .select(room_members::user_id)
        .load(conn)
        .await
}

/// Rooms by their ids.
pub async fn all(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<RoomRow>> {
    rooms::table.filter(rooms::id.eq_any(ids)).select(RoomRow::as_select()).load(conn).await
}

/// By what a room is the only one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The one room of the kind.
    Kind(RoomKind),
    /// Of a lesson.
    Lesson(Uuid),
    /// Of a student under a task.
    Task(Uuid, Uuid),
    /// Of a student in a course.
    Pair(Uuid, Uuid),
    /// Of a person with the support.
    Support(Uuid),
    /// Of a course's announcements.
    News(Uuid),
    /// Of a thread, by its own id.
    Id(Uuid),
}

/// The room that `key` names.
pub async fn find(conn: &mut AsyncPgConnection, key: Key) -> QueryResult<Option<RoomRow>> {
    let query = rooms::table.select(RoomRow::as_select()).into_boxed();
    let query = match key {
        Key::Kind(kind) => query.filter(rooms::kind.eq(kind)),
        Key::Lesson(lesson) => {
            query.filter(rooms::kind.eq(RoomKind::Lesson)).filter(rooms::lesson_id.eq(lesson))
        }
        Key::Task(task, owner) => query
            .filter(rooms::kind.eq(RoomKind::Task))
            .filter(rooms::task_id.eq(task))
            .filter(rooms::owner_id.eq(owner)),
        Key::Pair(course, owner) => query
            .filter(rooms::kind.eq(RoomKind::Pair))
            .filter(rooms::course_id.eq(course))
            .filter(rooms::owner_id.eq(owner)),
        Key::Support(owner) => {
            query.filter(rooms::kind.eq(RoomKind::Support)).filter(rooms::owner_id.eq(owner))
        }
        Key::News(course) => {
            query.filter(rooms::kind.eq(RoomKind::News)).filter(rooms::course_id.eq(course))
        }
        Key::Id(id) => query.filter(rooms::id.eq(id)),
    };
    query.first(conn).await.optional()
}

/// The talks of these students with the author of a course: `(student, room)`.
pub async fn pairs(
    conn: &mut AsyncPgConnection,
    course: Uuid,
    students: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid)>> {
    rooms::table
        .filter(rooms::kind.eq(RoomKind::Pair))
        .filter(rooms::course_id.eq(course))
        .filter(rooms::owner_id.eq_any(students))
        .select((rooms::owner_id.assume_not_null(), rooms::id))
        .load(conn)
        .await
}

/// Makes a room unless there is one under its key: with its head, its place on the desk where
/// students ask in it, and the rows of those who belong to it from the start. Two callers at once make
/// one.
pub async fn make(
    conn: &mut AsyncPgConnection,
    room: &RoomRow,
    epoch: &str,
    members: &[Uuid],
) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        let made = diesel::insert_into(rooms::table)
            .values(room)
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if made == 0 {
            return Ok(false);
        }
        diesel::insert_into(room_heads::table)
            .values((
                room_heads::room_id.eq(room.id),
                room_heads::epoch.eq(epoch),
                room_heads::active_at.eq(room.created_at),
            ))
            .execute(conn)
            .await?;
        if let (true, Some(student)) = (room.kind.is_on_desk(), room.owner_id) {
            diesel::insert_into(desk_questions::table)
                .values((
                    desk_questions::room_id.eq(room.id),
                    desk_questions::course_id.eq(room.course_id),
                    desk_questions::student_id.eq(student),
                    desk_questions::created_at.eq(room.created_at),
                    desk_questions::updated_at.eq(room.created_at),
                ))
                .execute(conn)
                .await?;
        }
        let members: Vec<_> = members
            .iter()
            .map(|user| {
                (
                    room_members::room_id.eq(room.id),
                    room_members::user_id.eq(*user),
                    room_members::created_at.eq(room.created_at),
                    room_members::updated_at.eq(room.created_at),
                )
            })
            .collect();
        diesel::insert_into(room_members::table).values(members).execute(conn).await?;
        Ok(true)
    })
    .await
}

/// Takes a room away in which nobody has said anything.
pub async fn unmake(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    let empty = room_heads::table.filter(room_heads::head.eq(0)).select(room_heads::room_id);
    diesel::delete(rooms::table.filter(rooms::id.eq(id)).filter(rooms::id.eq_any(empty)))
        .execute(conn)
        .await?;
    Ok(())
}

/// A student's room under a task: the room, the student, its last entry.
pub type StudentRoom = (Uuid, Uuid, Timestamp);

/// Students' rooms under a task, the liveliest first, after `(time, room)`; of one student if named.
pub async fn under_task(
    conn: &mut AsyncPgConnection,
    task: Uuid,
    student: Option<Uuid>,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<StudentRoom>> {
    let query = rooms::table
        .inner_join(room_heads::table.on(room_heads::room_id.eq(rooms::id)))
        .filter(rooms::kind.eq(RoomKind::Task))
        .filter(rooms::task_id.eq(task))
        .order((room_heads::active_at.desc(), rooms::id.desc()))
        .limit(limit)
        .select((rooms::id, rooms::owner_id.assume_not_null(), room_heads::active_at))
        .into_boxed();
    let query = match student {
        Some(student) => query.filter(rooms::owner_id.eq(student)),
        None => query,
    };
    let query = match after {
        Some((at, id)) => query.filter(
            room_heads::active_at.lt(at).or(room_heads::active_at.eq(at).and(rooms::id.lt(id))),
        ),
        None => query,
    };
    query.load(conn).await
}

/// Members of a room, those first who were there last.
pub async fn recent_members(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    room_members::table
        .filter(room_members::room_id.eq(room))
        .order(room_members::updated_at.desc())
        .limit(limit)
        .select(room_members::user_id)
        .load(conn)
        .await
}

/// Who has written in a room, up to `limit`.
pub async fn writers(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    messages::table
        .filter(messages::room_id.eq(room).and(messages::state.eq(MessageState::Shown)))
        .select(messages::author_id)
        .distinct()
        .limit(limit)
        .load(conn)
        .await
}
