//! The curators' desk: its questions, what was answered, notes, templates.

use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::{RoomKind, RoomRow};
use crate::messaging::rules::desk::{Answered, Question};
use crate::messaging::schema::{desk_answers, desk_notes, desk_questions, desk_templates, rooms};

/// A question of the desk and the room in which it is asked.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = desk_questions, check_for_backend(diesel::pg::Pg))]
pub struct QuestionRow {
    pub room_id: Uuid,
    pub course_id: Option<Uuid>,
    pub student_id: Uuid,
    pub waiting_since: Option<Timestamp>,
    pub claimed_by: Option<Uuid>,
    pub claimed_at: Option<Timestamp>,
    pub claimed_until: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<Uuid>,
}

impl QuestionRow {
    /// What the rules need of it.
    pub fn question(&self) -> Question {
        Question {
            waiting_since: self.waiting_since,
            claimed_by: self.claimed_by,
            claimed_at: self.claimed_at,
            claimed_until: self.claimed_until,
            resolved_at: self.resolved_at,
            resolved_by: self.resolved_by,
        }
    }
}

/// The questions of these rooms, locked until the transaction ends, in one order for everybody.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    room_ids: &[Uuid],
) -> QueryResult<Vec<QuestionRow>> {
    desk_questions::table
        .filter(desk_questions::room_id.eq_any(room_ids))
        .order(desk_questions::room_id)
        .select(QuestionRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await
}

/// The question of a room.
pub async fn find(
    conn: &mut AsyncPgConnection,
    room: Uuid,
) -> QueryResult<Option<(QuestionRow, RoomRow)>> {
    desk_questions::table
        .inner_join(rooms::table.on(rooms::id.eq(desk_questions::room_id)))
        .filter(desk_questions::room_id.eq(room))
        .select((QuestionRow::as_select(), RoomRow::as_select()))
        .first(conn)
        .await
        .optional()
}

/// Writes what has become of a question.
pub async fn save(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    question: &Question,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(desk_questions::table.find(room))
        .set((
            desk_questions::waiting_since.eq(question.waiting_since),
            desk_questions::claimed_by.eq(question.claimed_by),
            desk_questions::claimed_at.eq(question.claimed_at),
            desk_questions::claimed_until.eq(question.claimed_until),
            desk_questions::resolved_at.eq(question.resolved_at),
            desk_questions::resolved_by.eq(question.resolved_by),
            desk_questions::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A wait that ended.
#[derive(Debug, Clone)]
pub struct NewAnswer {
    pub id: Uuid,
    pub room: Uuid,
    pub course: Option<Uuid>,
    pub kind: RoomKind,
    pub answered: Answered,
}

/// Notes ended waits.
pub async fn note_answers(conn: &mut AsyncPgConnection, answers: &[NewAnswer]) -> QueryResult<()> {
    let rows: Vec<_> = answers
        .iter()
        .map(|answer| {
            (
                desk_answers::id.eq(answer.id),
                desk_answers::room_id.eq(answer.room),
                desk_answers::course_id.eq(answer.course),
                desk_answers::kind.eq(answer.kind.as_str()),
                desk_answers::asked_at.eq(answer.answered.asked_at),
                desk_answers::answered_at.eq(answer.answered.answered_at),
                desk_answers::answered_by.eq(answer.answered.by),
            )
        })
        .collect();
    diesel::insert_into(desk_answers::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Which part of the desk somebody works at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// All courses; else those in `courses`.
    pub everywhere: bool,
    /// Courses of their own.
    pub courses: Vec<Uuid>,
    /// Support too.
    pub support: bool,
}

impl Scope {
    /// Whether there is no part of it.
    pub fn is_empty(&self) -> bool {
        !self.everywhere && !self.support && self.courses.is_empty()
    }

    /// The kinds of rooms whose questions are in it.
    pub fn kinds(&self) -> Vec<RoomKind> {
        let of_courses = self.everywhere || !self.courses.is_empty();
        let kinds = [
            (of_courses, RoomKind::Task),
            (of_courses, RoomKind::Question),
            (self.support, RoomKind::Support),
        ];
        kinds.into_iter().filter(|(is_in, _)| *is_in).map(|(_, kind)| kind).collect()
    }

    /// Whether questions of this course (none: of support) are in it.
    pub fn holds(&self, course: Option<Uuid>) -> bool {
        match course {
            Some(course) => self.everywhere || self.courses.contains(&course),
            None => self.support,
        }
    }
}

/// What of the queue is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Waiting for an answer, the longest first.
    Waiting,
    /// Taken by this person and not done.
    Mine(Uuid),
    /// Done, the latest first.
    Closed,
}

/// Filters of the queue.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub course: Option<Uuid>,
    pub task: Option<Uuid>,
    pub kind: Option<RoomKind>,
}

/// A line of the queue.
#[derive(Debug, Clone, QueryableByName)]
pub struct QueueLine {
    #[diesel(sql_type = SqlUuid)]
    pub room_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub student_id: Uuid,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub waiting_since: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub claimed_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub claimed_until: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub resolved_at: Option<Timestamp>,
    /// What the list is ordered by.
    #[diesel(sql_type = Timestamptz)]
    pub at: Timestamp,
    /// The student's last words.
    #[diesel(sql_type = Nullable<Text>)]
    pub text: Option<String>,
}

/// Lines of the queue in their order, after `(at, room)`. `room`: that one alone, whatever its state.
pub async fn queue(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    view: View,
    filter: &Filter,
    room: Option<Uuid>,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<QueueLine>> {
    let (which, at, order, beyond) = match view {
        _ if room.is_some() => ("$9::uuid is not null", "q.updated_at", "desc", "<"),
        View::Waiting => ("q.waiting_since is not null", "q.waiting_since", "asc", ">"),
        View::Mine(_) => (
            "q.claimed_by = $9 and q.resolved_at is null",
            "coalesce(q.waiting_since, q.updated_at)",
            "asc",
            ">",
        ),
        View::Closed => ("q.resolved_at is not null", "q.resolved_at", "desc", "<"),
    };
    let sql = format!(
        "select q.room_id, q.student_id, q.waiting_since, q.claimed_by, q.claimed_until,
            q.resolved_at, {at} as at, l.body as text
        from desk_questions q join rooms r on r.id = q.room_id
            left join lateral (select body from messages x
                where x.room_id = q.room_id and x.author_id = q.student_id and x.state = 'shown'
                order by x.seq desc limit 1) l on true
        where {which}
            and (case when r.course_id is null then $3 else $1 or r.course_id = any($2) end)
            and ($4::uuid is null or r.course_id = $4)
            and ($5::uuid is null or r.task_id = $5)
            and ($6::text is null or r.kind = $6)
            and ($10::uuid is null or q.room_id = $10)
            and ($7::timestamptz is null or ({at}, q.room_id) {beyond} ($7, $8))
        order by {at} {order}, q.room_id {order} limit {limit}"
    );
    let me = match view {
        View::Mine(user) => user,
        View::Waiting | View::Closed => Uuid::nil(),
    };
    diesel::sql_query(sql)
        .bind::<Bool, _>(scope.everywhere)
        .bind::<Array<SqlUuid>, _>(&scope.courses)
        .bind::<Bool, _>(scope.support)
        .bind::<Nullable<SqlUuid>, _>(filter.course)
        .bind::<Nullable<SqlUuid>, _>(filter.task)
        .bind::<Nullable<Text>, _>(filter.kind.map(RoomKind::as_str))
        .bind::<Nullable<Timestamptz>, _>(after.map(|(at, _)| at))
        .bind::<Nullable<SqlUuid>, _>(after.map(|(_, id)| id))
        .bind::<SqlUuid, _>(me)
        .bind::<Nullable<SqlUuid>, _>(room)
        .load(conn)
        .await
}

/// How many wait, and how many are mine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    #[diesel(sql_type = BigInt)]
    pub mine: i64,
}

/// Counts over somebody's part of the desk.
pub async fn counts(conn: &mut AsyncPgConnection, scope: &Scope, me: Uuid) -> QueryResult<Counts> {
    diesel::sql_query(
        "select count(*) filter (where waiting_since is not null) as waiting,
            count(*) filter (where claimed_by = $4 and resolved_at is null) as mine
        from desk_questions q
        where (waiting_since is not null or claimed_by = $4)
            and (case when course_id is null then $3 else $1 or course_id = any($2) end)",
    )
    .bind::<Bool, _>(scope.everywhere)
    .bind::<Array<SqlUuid>, _>(&scope.courses)
    .bind::<Bool, _>(scope.support)
    .bind::<SqlUuid, _>(me)
    .get_result(conn)
    .await
}

/// How long people waited for a first answer.
#[derive(Debug, Clone, Copy, PartialEq, QueryableByName)]
pub struct Waits {
    /// Seconds, the middle one.
    #[diesel(sql_type = Nullable<Double>)]
    pub median: Option<f64>,
    /// Seconds that nine of ten stay under.
    #[diesel(sql_type = Nullable<Double>)]
    pub p90: Option<f64>,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// Waits that ended since `since`: in somebody's part of the desk, of one kind if it is named.
pub async fn waits(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    kind: Option<RoomKind>,
    since: Timestamp,
) -> QueryResult<Waits> {
    diesel::sql_query(
        "select percentile_cont(0.5) within group (order by s) as median,
            percentile_cont(0.9) within group (order by s) as p90, count(*) as n
        from (select extract(epoch from answered_at - asked_at)::float8 as s
            from desk_answers
            where answered_at >= $5 and ($4::text is null or kind = $4)
                and (case when course_id is null then $3 else $1 or course_id = any($2) end)) waits",
    )
    .bind::<Bool, _>(scope.everywhere)
    .bind::<Array<SqlUuid>, _>(&scope.courses)
    .bind::<Bool, _>(scope.support)
    .bind::<Nullable<Text>, _>(kind.map(RoomKind::as_str))
    .bind::<Timestamptz, _>(since)
    .get_result(conn)
    .await
}

/// What a student asked before, beside this room: how many, and how many were called done.
pub async fn past(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    student: Uuid,
    but: Uuid,
) -> QueryResult<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Past {
        #[diesel(sql_type = BigInt)]
        n: i64,
        #[diesel(sql_type = BigInt)]
        resolved: i64,
    }
    let past: Past = diesel::sql_query(
        "select count(*) as n, count(*) filter (where q.resolved_at is not null) as resolved
        from desk_questions q join room_heads h on h.room_id = q.room_id
        where q.student_id = $4 and q.room_id <> $5 and h.head > 0
            and (case when q.course_id is null then $3 else $1 or q.course_id = any($2) end)",
    )
    .bind::<Bool, _>(scope.everywhere)
    .bind::<Array<SqlUuid>, _>(&scope.courses)
    .bind::<Bool, _>(scope.support)
    .bind::<SqlUuid, _>(student)
    .bind::<SqlUuid, _>(but)
    .get_result(conn)
    .await?;
    Ok((past.n, past.resolved))
}

/// Whose questions in a course wait for an answer.
pub async fn asking(conn: &mut AsyncPgConnection, course: Uuid) -> QueryResult<Vec<Uuid>> {
    desk_questions::table
        .filter(desk_questions::course_id.eq(course))
        .filter(desk_questions::waiting_since.is_not_null())
        .select(desk_questions::student_id)
        .distinct()
        .load(conn)
        .await
}

/// How many questions of each of these people in a course wait; who waits for nothing is left out.
pub async fn waiting_of(
    conn: &mut AsyncPgConnection,
    course: Uuid,
    students: &[Uuid],
) -> QueryResult<Vec<(Uuid, i64)>> {
    desk_questions::table
        .filter(desk_questions::course_id.eq(course))
        .filter(desk_questions::student_id.eq_any(students))
        .filter(desk_questions::waiting_since.is_not_null())
        .group_by(desk_questions::student_id)
        .select((desk_questions::student_id, diesel::dsl::count_star()))
        .load(conn)
        .await
}

/// Who has a claim that lives at `now`: they are at their desks.
pub async fn at_work(conn: &mut AsyncPgConnection, now: Timestamp) -> QueryResult<Vec<Uuid>> {
    desk_questions::table
        .filter(desk_questions::claimed_until.gt(now))
        .select(desk_questions::claimed_by.assume_not_null())
        .distinct()
        .load(conn)
        .await
}

/// What curators tell each other about a student.
#[derive(Debug, Clone, Queryable)]
pub struct NoteRow {
    pub text: String,
    pub by: Uuid,
    pub at: Timestamp,
}

/// The note about a student in a course (none: beside any course).
pub async fn note(
    conn: &mut AsyncPgConnection,
    student: Uuid,
    course: Option<Uuid>,
) -> QueryResult<Option<NoteRow>> {
    desk_notes::table
        .filter(desk_notes::student_id.eq(student))
        .filter(desk_notes::course_id.is_not_distinct_from(course))
        .select((desk_notes::text, desk_notes::updated_by, desk_notes::updated_at))
        .first(conn)
        .await
        .optional()
}

/// Writes a note; an empty one takes it away.
pub async fn write_note(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    student: Uuid,
    course: Option<Uuid>,
    text: &str,
    by: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    if text.is_empty() {
        diesel::delete(desk_notes::table)
            .filter(desk_notes::student_id.eq(student))
            .filter(desk_notes::course_id.is_not_distinct_from(course))
            .execute(conn)
            .await?;
        return Ok(());
    }
    // A unique index that counts nulls as equal is no target that can be named by its columns alone.
    diesel::sql_query(
        "insert into desk_notes (id, course_id, student_id, text, updated_by, updated_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (student_id, course_id)
        do update set text = excluded.text, updated_by = excluded.updated_by,
            updated_at = excluded.updated_at",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<SqlUuid>, _>(course)
    .bind::<SqlUuid, _>(student)
    .bind::<Text, _>(text)
    .bind::<SqlUuid, _>(by)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// A template of an answer.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = desk_templates, check_for_backend(diesel::pg::Pg))]
pub struct TemplateRow {
    pub id: Uuid,
    pub owner_id: Option<Uuid>,
    pub course_id: Option<Uuid>,
    pub title: String,
    pub body: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Somebody's own templates and those of the whole staff.
pub async fn templates(
    conn: &mut AsyncPgConnection,
    me: Uuid,
    course: Option<Uuid>,
) -> QueryResult<Vec<TemplateRow>> {
    let query = desk_templates::table
        .filter(desk_templates::owner_id.is_null().or(desk_templates::owner_id.eq(me)))
        .order((desk_templates::title, desk_templates::id))
        .limit(500)
        .select(TemplateRow::as_select())
        .into_boxed();
    let query = match course {
        Some(course) => query
            .filter(desk_templates::course_id.is_null().or(desk_templates::course_id.eq(course))),
        None => query,
    };
    query.load(conn).await
}

/// How many templates somebody has of their own.
pub async fn own_templates(conn: &mut AsyncPgConnection, me: Uuid) -> QueryResult<i64> {
    desk_templates::table.filter(desk_templates::owner_id.eq(me)).count().get_result(conn).await
}

/// One template, if it is somebody's own or the whole staff's.
pub async fn template(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    me: Uuid,
) -> QueryResult<Option<TemplateRow>> {
    desk_templates::table
        .find(id)
        .filter(desk_templates::owner_id.is_null().or(desk_templates::owner_id.eq(me)))
        .select(TemplateRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Adds a template.
pub async fn add_template(conn: &mut AsyncPgConnection, row: &TemplateRow) -> QueryResult<()> {
    diesel::insert_into(desk_templates::table).values(row).execute(conn).await?;
    Ok(())
}

/// Writes a template anew.
pub async fn save_template(conn: &mut AsyncPgConnection, row: &TemplateRow) -> QueryResult<()> {
    diesel::update(desk_templates::table.find(row.id))
        .set((
            desk_templates::owner_id.eq(row.owner_id),
            desk_templates::course_id.eq(row.course_id),
            desk_templates::title.eq(&row.title),
            desk_templates::body.eq(&row.body),
            desk_templates::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a template away.
pub async fn delete_template(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(desk_templates::table.find(id)).execute(conn).await?;
    Ok(())
}
