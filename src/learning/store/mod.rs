//! Queries of the context. Functions take a connection; the caller owns the transaction. Whoever
//! writes progress locks the enrollment first, then the lesson's row: one order, no deadlocks.

pub mod attempts;
pub mod counts;
pub mod notes;
pub mod regrades;
pub mod students;

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::learning::model::{EnrollmentRow, PassageState, PlaceRow, ProgressRow};
use crate::learning::schema::{enrollments, lesson_progress};
use crate::learning::units::{Tally, Units};

/// The person's passage through the course, ended or not.
pub async fn enrollment(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
) -> QueryResult<Option<EnrollmentRow>> {
    enrollments::table
        .filter(enrollments::user_id.eq(user_id).and(enrollments::course_id.eq(course_id)))
        .select(EnrollmentRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Whether the person has a passage through any course, ended or not.
pub async fn has_enrollment(conn: &mut AsyncPgConnection, user_id: Uuid) -> QueryResult<bool> {
    let any = enrollments::table.filter(enrollments::user_id.eq(user_id));
    diesel::select(diesel::dsl::exists(any)).get_result(conn).await
}

/// These people's passages through the course, ended or not.
pub async fn enrollments_among(
    conn: &mut AsyncPgConnection,
    user_ids: &[Uuid],
    course_id: Uuid,
) -> QueryResult<Vec<EnrollmentRow>> {
    enrollments::table
        .filter(enrollments::course_id.eq(course_id))
        .filter(enrollments::user_id.eq_any(user_ids))
        .select(EnrollmentRow::as_select())
        .load(conn)
        .await
}

/// The courses of a person whose access has not ended.
pub async fn active_courses(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    enrollments::table
        .filter(enrollments::user_id.eq(user_id))
        .filter(enrollments::ended_at.is_null())
        .filter(enrollments::expires_at.is_null().or(enrollments::expires_at.gt(now)))
        .select(enrollments::course_id)
        .load(conn)
        .await
}

/// The same, locked until the transaction ends.
pub async fn lock_enrollment(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
) -> QueryResult<Option<EnrollmentRow>> {
    enrollments::table
        .filter(enrollments::user_id.eq(user_id).and(enrollments::course_id.eq(course_id)))
        .select(EnrollmentRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Adds the row unless the person is enrolled already; says whether it was added (ENR-06).
pub async fn insert_enrollment(
    conn: &mut AsyncPgConnection,
    row: &EnrollmentRow,
) -> QueryResult<bool> {
    let added = diesel::insert_into(enrollments::table)
        .values(row)
        .on_conflict((enrollments::user_id, enrollments::course_id))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}

/// Opens an enrollment that had ended once more.
pub async fn reopen_enrollment(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(enrollments::table.find(id))
        .set((
            enrollments::ended_at.eq(None::<Timestamp>),
            enrollments::expires_at.eq(expires_at),
            enrollments::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what learning changes in a passage.
pub async fn save_enrollment(conn: &mut AsyncPgConnection, row: &EnrollmentRow) -> QueryResult<()> {
    diesel::update(enrollments::table.find(row.id))
        .set((
            enrollments::state.eq(row.state),
            enrollments::lessons_done.eq(row.lessons_done),
            enrollments::lessons_total.eq(row.lessons_total),
            enrollments::units_done.eq(row.units_done),
            enrollments::units_total.eq(row.units_total),
            enrollments::last_lesson_id.eq(row.last_lesson_id),
            enrollments::active_ms.eq(row.active_ms),
            enrollments::last_active_at.eq(row.last_active_at),
            enrollments::completed_at.eq(row.completed_at),
            enrollments::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The person's passages that have not ended, active last first, after `(last_active_at, id)`.
pub async fn enrollments_of(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<EnrollmentRow>> {
    let mut query = enrollments::table
        .filter(enrollments::user_id.eq(user_id).and(enrollments::ended_at.is_null()))
        .order((enrollments::last_active_at.desc(), enrollments::id.desc()))
        .limit(limit)
        .select(EnrollmentRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(
            enrollments::last_active_at
                .lt(at)
                .or(enrollments::last_active_at.eq(at).and(enrollments::id.lt(id))),
        );
    }
    query.load(conn).await
}

/// Passages whose time is over and that were not ended yet, locked; others' locks are passed over.
pub async fn expired(
    conn: &mut AsyncPgConnection,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<EnrollmentRow>> {
    enrollments::table
        .filter(enrollments::ended_at.is_null().and(enrollments::expires_at.le(now)))
        .order(enrollments::expires_at)
        .limit(limit)
        .select(EnrollmentRow::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}

/// Ends passages.
pub async fn end(conn: &mut AsyncPgConnection, ids: &[Uuid], now: Timestamp) -> QueryResult<()> {
    diesel::update(enrollments::table.filter(enrollments::id.eq_any(ids)))
        .set((enrollments::ended_at.eq(now), enrollments::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Passages of a course by id after `after`, locked, for a recount in batches.
pub async fn lock_passages_of_course(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    after: Uuid,
    limit: i64,
) -> QueryResult<Vec<EnrollmentRow>> {
    enrollments::table
        .filter(enrollments::course_id.eq(course_id).and(enrollments::id.gt(after)))
        .order(enrollments::id)
        .limit(limit)
        .select(EnrollmentRow::as_select())
        .for_update()
        .load(conn)
        .await
}

/// Lessons of the course that these people have completed: `(user, lesson)`.
pub async fn done_in(
    conn: &mut AsyncPgConnection,
    user_ids: &[Uuid],
    course_ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid)>> {
    lesson_progress::table
        .filter(lesson_progress::course_id.eq_any(course_ids))
        .filter(lesson_progress::user_id.eq_any(user_ids))
        .filter(lesson_progress::completed_at.is_not_null())
        .select((lesson_progress::user_id, lesson_progress::lesson_id))
        .load(conn)
        .await
}

/// How far one person has come in the units of a course.
pub async fn tally(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
    units: &Units,
) -> QueryResult<Tally> {
    let lessons = done_in(conn, &[user_id], &[course_id]).await?;
    let tasks = attempts::right_in(conn, &[user_id], &[course_id]).await?;
    let ids = |rows: Vec<(Uuid, Uuid)>| rows.into_iter().map(|(_, id)| id).collect();
    Ok(units.tally(&ids(lessons), &ids(tasks)))
}

/// Writes a recount.
pub async fn set_counts(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    tally: Tally,
    state: PassageState,
    completed_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(enrollments::table.find(id))
        .set((
            enrollments::lessons_done.eq(tally.lessons_done),
            enrollments::lessons_total.eq(tally.lessons),
            enrollments::units_done.eq(tally.done),
            enrollments::units_total.eq(tally.total),
            enrollments::state.eq(state),
            enrollments::completed_at.eq(completed_at),
            enrollments::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the person has opened in these courses.
#[diesel::dsl::auto_type(no_type_alias)]
fn opened_in<'a>(user_id: Uuid, course_ids: &'a [Uuid]) -> _ {
    lesson_progress::table
        .filter(lesson_progress::course_id.eq_any(course_ids))
        .filter(lesson_progress::user_id.eq(user_id))
}

/// Where the person stands in the lessons of these courses.
pub async fn places_in(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_ids: &[Uuid],
) -> QueryResult<Vec<PlaceRow>> {
    opened_in(user_id, course_ids).select(PlaceRow::as_select()).load(conn).await
}

/// The same with the pieces watched, for one course: they may be many.
pub async fn progress_in(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
) -> QueryResult<Vec<ProgressRow>> {
    opened_in(user_id, &[course_id]).select(ProgressRow::as_select()).load(conn).await
}

/// Notes that the person opened the lesson, unless it was noted before.
pub async fn open_lesson(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    lesson_id: Uuid,
    course_id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    let row = ProgressRow {
        user_id,
        lesson_id,
        course_id,
        watched: Vec::new(),
        position_ms: 0,
        active_ms: 0,
        opened_at: now,
        reported_at: now,
        completed_at: None,
        created_at: now,
        updated_at: now,
    };
    diesel::insert_into(lesson_progress::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The person's row of the lesson.
pub async fn progress(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    lesson_id: Uuid,
) -> QueryResult<Option<ProgressRow>> {
    lesson_progress::table
        .find((user_id, lesson_id))
        .select(ProgressRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The same, locked until the transaction ends; there after [`open_lesson`].
pub async fn lock_progress(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    lesson_id: Uuid,
) -> QueryResult<ProgressRow> {
    lesson_progress::table
        .find((user_id, lesson_id))
        .select(ProgressRow::as_select())
        .for_update()
        .first(conn)
        .await
}

/// Writes what a report changed.
pub async fn save_progress(conn: &mut AsyncPgConnection, row: &ProgressRow) -> QueryResult<()> {
    diesel::update(lesson_progress::table.find((row.user_id, row.lesson_id)))
        .set((
            lesson_progress::watched.eq(&row.watched),
            lesson_progress::position_ms.eq(row.position_ms),
            lesson_progress::active_ms.eq(row.active_ms),
            lesson_progress::reported_at.eq(row.reported_at),
            lesson_progress::completed_at.eq(row.completed_at),
            lesson_progress::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
