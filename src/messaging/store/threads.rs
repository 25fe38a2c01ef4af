//! Questions on lessons, threads of forums, announcements: lists of rooms and of messages.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use super::list::{counts_for, shown_late};
use crate::messaging::model::kind;

/// Which threads: of a lesson, or of a course's forum.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Questions on this lesson.
    Lesson(Uuid),
    /// The forum of this course.
    Course(Uuid),
}

/// A thread with what the list shows of it.
#[derive(Debug, Clone, QueryableByName)]
pub struct ThreadRow {
    /// Its room.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What it is about.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Who opened it.
    #[diesel(sql_type = SqlUuid)]
    pub owner_id: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: Timestamp,
    /// When its last entry came.
    #[diesel(sql_type = Timestamptz)]
    pub active_at: Timestamp,
    /// Messages shown, up to 1000.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
    /// Whether an answer was accepted.
    #[diesel(sql_type = Bool)]
    pub answered: bool,
    /// Messages by others not read, up to 100.
    #[diesel(sql_type = BigInt)]
    pub unread: i64,
    /// Whether it is locked.
    #[diesel(sql_type = Bool)]
    pub locked: bool,
    /// The lesson of the first message's moment.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub at_lesson: Option<Uuid>,
    /// Its second.
    #[diesel(sql_type = Nullable<Int4>)]
    pub at_second: Option<i32>,
}

/// What is asked of a list of threads.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where.
    pub of: Of,
    /// Who reads.
    pub reader: Uuid,
    /// With these words.
    pub words: Option<String>,
    /// With or without an accepted answer.
    pub answered: Option<bool>,
    /// One thread alone.
    pub room: Option<Uuid>,
    /// Where the page begins: the last entry's time and the room.
    pub after: Option<(Timestamp, Uuid)>,
}

/// Threads in which something has been said, the liveliest first. Where somebody else took the first message
/// away, the title went with it.
pub async fn list(
    conn: &mut AsyncPgConnection,
    asked: &Asked,
    limit: i64,
) -> QueryResult<Vec<ThreadRow>> {
    let (place, id) = match asked.of {
        Of::Lesson(id) => ("r.kind = 'question' and r.lesson_id = $1", id),
        Of::Course(id) => ("r.kind = 'forum' and r.course_id = $1", id),
    };
    let deletion = kind::DEL;
    let (late, counts) = (shown_late("$2", "coalesce(m.read_seq, 0)"), counts_for("$2"));
    let sql = format!(
        "select r.id, r.title, r.owner_id, r.created_at, h.active_at, r.locked,
            r.accepted_id is not null as answered, f.at_lesson, f.at_second,
            (select count(*) from (select 1 from messages x
                where x.room_id = r.id and x.state = 'shown' limit 1001) counted) as messages,
            (select count(*) from ((select 1 from messages x
                where x.room_id = r.id and {counts}
                    and x.seq > coalesce(m.read_seq, 0) limit 100)
                union all ({late} limit 100) limit 100) counted) as unread
        from rooms r join room_heads h on h.room_id = r.id
            join messages f on f.room_id = r.id and f.seq = 1
            left join room_members m on m.room_id = r.id and m.user_id = $2
        where {place} and (f.state = 'shown' or r.owner_id = $2 or f.state = 'deleted')
            and not (f.state = 'deleted' and exists (select 1 from room_log d
                where d.msg_id = f.id and d.kind = {deletion} and d.actor_id <> f.author_id))
            and m.banned_at is null
            and ($3::text is null or r.title ilike $3 or exists (select 1 from messages x
                where x.room_id = r.id and x.state = 'shown'
                    and x.words @@ plainto_tsquery('simple', $8)))
            and ($4::bool is null or (r.accepted_id is not null) = $4)
            and ($5::uuid is null or r.id = $5)
            and ($6::timestamptz is null or (h.active_at, r.id) < ($6, $7))
        order by h.active_at desc, r.id desc limit {limit}"
    );
    let pattern = asked.words.as_deref().map(pattern);
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(asked.reader)
        .bind::<Nullable<Text>, _>(pattern)
        .bind::<Nullable<Bool>, _>(asked.answered)
        .bind::<Nullable<SqlUuid>, _>(asked.room)
        .bind::<Nullable<Timestamptz>, _>(asked.after.map(|(at, _)| at))
        .bind::<Nullable<SqlUuid>, _>(asked.after.map(|(_, id)| id))
        .bind::<Text, _>(asked.words.as_deref().unwrap_or_default())
        .load(conn)
        .await
}

/// A pattern for `ilike` that finds the text anywhere; what is typed is not a pattern itself.
pub fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// An announcement.
#[derive(Debug, Clone, QueryableByName)]
pub struct NewsRow {
    /// The message.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its room.
    #[diesel(sql_type = SqlUuid)]
    pub room_id: Uuid,
    /// Its number there.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// The course; none: to the whole school.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub course_id: Option<Uuid>,
    /// Who says so.
    #[diesel(sql_type = SqlUuid)]
    pub author_id: Uuid,
    /// What.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: Timestamp,
    /// Whether the reader has read it.
    #[diesel(sql_type = Bool)]
    pub read: bool,
}

/// Announcements to the school and to these courses, the newest first, after `(time, id)`.
pub async fn news(
    conn: &mut AsyncPgConnection,
    reader: Uuid,
    courses: &[Uuid],
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<NewsRow>> {
    // The newest of each room first, then the newest of all: each room's own index is followed.
    let sql = format!(
        "select x.id, x.room_id, x.seq, r.course_id, x.author_id, x.body, x.created_at,
            x.author_id = $1 or x.seq <= coalesce(m.read_seq, 0) as read
        from rooms r
            left join room_members m on m.room_id = r.id and m.user_id = $1
            join lateral (
                select * from messages y where y.room_id = r.id and y.state = 'shown'
                    and ($3::timestamptz is null or (y.created_at, y.id) < ($3, $4))
                order by y.seq desc limit {limit}) x on true
        where (r.kind = 'news' and r.course_id = any($2) or r.kind = 'school_news')
            and m.banned_at is null
        order by x.created_at desc, x.id desc limit {limit}"
    );
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(reader)
        .bind::<Array<SqlUuid>, _>(courses)
        .bind::<Nullable<Timestamptz>, _>(after.map(|(at, _)| at))
        .bind::<Nullable<SqlUuid>, _>(after.map(|(_, id)| id))
        .load(conn)
        .await
}

/// One announcement, as its author sees it.
pub async fn news_item(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    message: Uuid,
) -> QueryResult<Option<NewsRow>> {
    diesel::sql_query(
        "select x.id, x.room_id, x.seq, r.course_id, x.author_id, x.body, x.created_at, true as read
        from messages x join rooms r on r.id = x.room_id where r.id = $1 and x.id = $2",
    )
    .bind::<SqlUuid, _>(room)
    .bind::<SqlUuid, _>(message)
    .get_result(conn)
    .await
    .optional()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(super::pattern("50%_a\\"), "%50\\%\\_a\\\\%");
    }
}
