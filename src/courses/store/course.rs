//! Rows of `courses`.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::model::{Course, CourseState, Language, Level};
use super::super::schema::courses;

/// Fields that PATCH may change; `None` leaves, `Some(None)` clears.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = courses)]
#[allow(clippy::option_option, reason = "absent and null are different changes")]
pub struct CourseChanges {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub description: Option<Option<Value>>,
    pub category_id: Option<Option<Uuid>>,
    pub level: Option<Option<Level>>,
    pub language: Option<Language>,
    pub learn: Option<Vec<String>>,
    pub requirements: Option<Vec<String>>,
    pub price_amount: Option<Option<i64>>,
    pub price_currency: Option<Option<String>>,
    pub old_price_amount: Option<Option<i64>>,
    pub certificate: Option<bool>,
    pub access_days: Option<Option<i32>>,
    pub track: Option<Option<i16>>,
    pub chat_after: Option<Option<i16>>,
}

/// Adds an empty draft.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
    title: &str,
    language: Language,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(courses::table)
        .values((
            courses::id.eq(id),
            courses::author_id.eq(author_id),
            courses::state.eq(CourseState::Draft),
            courses::title.eq(title),
            courses::subtitle.eq(""),
            courses::language.eq(language),
            courses::learn.eq(Vec::<String>::new()),
            courses::requirements.eq(Vec::<String>::new()),
            courses::certificate.eq(false),
            courses::duration_ms.eq(0),
            courses::modules_count.eq(0),
            courses::lessons_count.eq(0),
            courses::files_count.eq(0),
            courses::students_count.eq(0),
            courses::rating_count.eq(0),
            courses::version.eq(1),
            courses::created_at.eq(now),
            courses::updated_at.eq(now),
        ))
        // A repetition at the same moment has made it.
        .on_conflict(courses::id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// A course by its id, whoever asks: the caller decides what may be shown of it.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Course>> {
    courses::table.find(id).select(Course::as_select()).first(conn).await.optional()
}

/// Courses by their ids, in no order.
pub async fn find_all(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Course>> {
    courses::table.filter(courses::id.eq_any(ids)).select(Course::as_select()).load(conn).await
}

/// The author's own course.
pub async fn find_own(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
) -> QueryResult<Option<Course>> {
    courses::table
        .find(id)
        .filter(courses::author_id.eq(author_id))
        .select(Course::as_select())
        .first(conn)
        .await
        .optional()
}

/// The author's own course, locked until the transaction ends.
pub async fn lock_own(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
) -> QueryResult<Option<Course>> {
    courses::table
        .find(id)
        .filter(courses::author_id.eq(author_id))
        .select(Course::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// A course, locked until the transaction ends, for the server's own work.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Course>> {
    courses::table.find(id).select(Course::as_select()).for_update().first(conn).await.optional()
}

/// The author's courses, changed last first, after `(updated_at, id)`.
pub async fn of_author(
    conn: &mut AsyncPgConnection,
    author_id: Uuid,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<Course>> {
    let mut query = courses::table
        .filter(courses::author_id.eq(author_id))
        .order((courses::updated_at.desc(), courses::id.desc()))
        .limit(limit)
        .select(Course::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(
            courses::updated_at.lt(at).or(courses::updated_at.eq(at).and(courses::id.lt(id))),
        );
    }
    query.load(conn).await
}

/// How many courses the author has, in every state.
pub async fn count_of_author(conn: &mut AsyncPgConnection, author_id: Uuid) -> QueryResult<i64> {
    courses::table.filter(courses::author_id.eq(author_id)).count().get_result(conn).await
}

/// Writes what PATCH changed and counts the version up.
pub async fn change(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    changes: &CourseChanges,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(courses::table.find(id))
        .set((changes, courses::version.eq(courses::version + 1), courses::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the state; `published_at` moves when it becomes public.
pub async fn set_state(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    state: CourseState,
    now: Timestamp,
) -> QueryResult<()> {
    let target = courses::table.find(id);
    match state {
        CourseState::Published => {
            diesel::update(target)
                .set((
                    courses::state.eq(state),
                    courses::published_at.eq(now),
                    courses::updated_at.eq(now),
                ))
                .execute(conn)
                .await?
        }
        _ => {
            diesel::update(target)
                .set((courses::state.eq(state), courses::updated_at.eq(now)))
                .execute(conn)
                .await?
        }
    };
    Ok(())
}

/// Writes or clears the cover.
pub async fn set_cover(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    cover: Option<Value>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(courses::table.find(id))
        .set((courses::cover.eq(cover), courses::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes or clears the trailer; its duration is known once it can be watched.
pub async fn set_trailer(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    video_id: Option<Uuid>,
    duration_ms: Option<i64>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(courses::table.find(id))
        .set((
            courses::trailer_video_id.eq(video_id),
            courses::trailer_duration_ms.eq(duration_ms),
            courses::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how long the trailer `video_id` is, wherever it is one.
pub async fn set_trailer_duration(
    conn: &mut AsyncPgConnection,
    video_id: Uuid,
    duration_ms: Option<i64>,
) -> QueryResult<()> {
    diesel::update(courses::table.filter(courses::trailer_video_id.eq(video_id)))
        .set(courses::trailer_duration_ms.eq(duration_ms))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes the course with all that is in it.
pub async fn delete(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(courses::table.find(id)).execute(conn).await?;
    Ok(())
}

/// Adds `change` to the number of students (ENR-11).
pub async fn add_students(conn: &mut AsyncPgConnection, id: Uuid, change: i32) -> QueryResult<()> {
    diesel::update(courses::table.find(id))
        .set(courses::students_count.eq(courses::students_count + change))
        .execute(conn)
        .await?;
    Ok(())
}

/// `(published courses, students over them)` of an author.
pub async fn author_totals(
    conn: &mut AsyncPgConnection,
    author_id: Uuid,
) -> QueryResult<(i64, i64)> {
    let (count, students): (i64, Option<i64>) = courses::table
        .filter(courses::author_id.eq(author_id))
        .filter(courses::state.eq(CourseState::Published))
        .select((diesel::dsl::count_star(), diesel::dsl::sum(courses::students_count)))
        .first(conn)
        .await?;
    Ok((count, students.unwrap_or(0)))
}

#[derive(QueryableByName)]
struct Totals {
    #[diesel(sql_type = BigInt)]
    duration_ms: i64,
    #[diesel(sql_type = Integer)]
    modules: i32,
    #[diesel(sql_type = Integer)]
    lessons: i32,
    #[diesel(sql_type = Integer)]
    files: i32,
}

/// Computes durations and counts of the course and its modules anew (CRS-07, CRS-08, CRS-17).
/// Called in the transaction of every change to lessons or files; the one place that writes these
/// fields. Drafted lessons do not count: nobody can take them.
pub async fn recompute(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::sql_query(
        "update modules m set duration_ms = s.duration_ms \
         from (select m2.id, coalesce(sum(l.duration_ms), 0)::bigint as duration_ms \
               from modules m2 left join lessons l on l.module_id = m2.id and l.state <> 'drafted' \
               where m2.course_id = $1 group by m2.id) s \
         where m.id = s.id and m.duration_ms <> s.duration_ms",
    )
    .bind::<SqlUuid, _>(course_id)
    .execute(conn)
    .await?;
    let totals: Totals = diesel::sql_query(
        "select coalesce(sum(duration_ms), 0)::bigint as duration_ms, \
                count(distinct module_id)::int as modules, count(*)::int as lessons, \
                (select count(*)::int from lesson_files f join lessons l on l.id = f.lesson_id \
                 where l.course_id = $1 and l.state <> 'drafted') as files \
         from lessons where course_id = $1 and state <> 'drafted'",
    )
    .bind::<SqlUuid, _>(course_id)
    .get_result(conn)
    .await?;
    diesel::sql_query(
        "update courses set duration_ms = $2, modules_count = $3, lessons_count = $4, \
                files_count = $5, updated_at = $6 where id = $1",
    )
    .bind::<SqlUuid, _>(course_id)
    .bind::<BigInt, _>(totals.duration_ms)
    .bind::<Integer, _>(totals.modules)
    .bind::<Integer, _>(totals.lessons)
    .bind::<Integer, _>(totals.files)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Courses of this author.
pub async fn ids_of_author(
    conn: &mut AsyncPgConnection,
    author_id: Uuid,
) -> QueryResult<Vec<Uuid>> {
    courses::table.filter(courses::author_id.eq(author_id)).select(courses::id).load(conn).await
}

/// Published courses of a track, those with the most students first.
pub async fn of_track(
    conn: &mut AsyncPgConnection,
    track: i16,
    limit: i64,
) -> QueryResult<Vec<Course>> {
    courses::table
        .filter(courses::state.eq(CourseState::Published).and(courses::track.eq(track)))
        .order((courses::students_count.desc(), courses::id))
        .limit(limit)
        .select(Course::as_select())
        .load(conn)
        .await
}
