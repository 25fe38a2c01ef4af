//! Tasks, their versions and their pictures. A version is only ever added.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::model::{ShownVersion, Task, TaskImage, TaskKind, TaskVersion};
use super::super::schema::{task_images, task_versions, tasks};

/// A task by its id, removed or not.
pub async fn task(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Task>> {
    tasks::table.find(id).select(Task::as_select()).first(conn).await.optional()
}

/// Tasks of these courses, taken-off ones left out, in order within each module.
pub async fn of_courses(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::course_id.eq_any(course_ids).and(tasks::removed_at.is_null()))
        .order((tasks::module_id, tasks::position, tasks::id))
        .select(Task::as_select())
        .load(conn)
        .await
}

/// The modules of these courses in which there is something to answer.
pub async fn practised(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> QueryResult<HashSet<Uuid>> {
    let ids: Vec<Uuid> = tasks::table
        .filter(tasks::course_id.eq_any(course_ids))
        .filter(tasks::removed_at.is_null().and(tasks::drafted.eq(false)))
        .select(tasks::module_id)
        .distinct()
        .load(conn)
        .await?;
    Ok(ids.into_iter().collect())
}

/// What learners are shown of one version.
pub async fn shown(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    version: i32,
) -> QueryResult<Option<ShownVersion>> {
    task_versions::table
        .find((task_id, version))
        .select(ShownVersion::as_select())
        .first(conn)
        .await
        .optional()
}

/// The versions with this statement and this body, each with its key.
pub async fn alike(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    statement: &Value,
    body: &Value,
) -> QueryResult<Vec<(i32, Value)>> {
    task_versions::table
        .filter(task_versions::task_id.eq(task_id))
        .filter(task_versions::statement.eq(statement).and(task_versions::body.eq(body)))
        .select((task_versions::version, task_versions::key))
        .load(conn)
        .await
}

/// Titles and points of the current versions of these tasks.
pub async fn titles(
    conn: &mut AsyncPgConnection,
    task_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, (String, i16)>> {
    let rows: Vec<(Uuid, String, i16)> = task_versions::table
        .inner_join(tasks::table)
        .filter(tasks::id.eq_any(task_ids).and(task_versions::version.eq(tasks::version)))
        .select((tasks::id, task_versions::title, task_versions::points))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, title, points)| (id, (title, points))).collect())
}

/// A whole version, with its key.
pub async fn version(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    version: i32,
) -> QueryResult<Option<TaskVersion>> {
    task_versions::table
        .find((task_id, version))
        .select(TaskVersion::as_select())
        .first(conn)
        .await
        .optional()
}

/// What learners answer, by version: bodies without keys.
pub async fn bodies(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    versions: &[i32],
) -> QueryResult<HashMap<i32, Value>> {
    let rows: Vec<(i32, Value)> = task_versions::table
        .filter(task_versions::task_id.eq(task_id))
        .filter(task_versions::version.eq_any(versions))
        .select((task_versions::version, task_versions::body))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// How many tasks each lesson has.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    lesson_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, i64>> {
    let counts: Vec<(Option<Uuid>, i64)> = tasks::table
        .filter(tasks::lesson_id.eq_any(lesson_ids).and(tasks::removed_at.is_null()))
        .group_by(tasks::lesson_id)
        .select((tasks::lesson_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().filter_map(|(id, count)| Some((id?, count))).collect())
}

/// How many tasks a course has, taken-off ones left out.
pub async fn count_of_course(conn: &mut AsyncPgConnection, course_id: Uuid) -> QueryResult<i64> {
    tasks::table
        .filter(tasks::course_id.eq(course_id).and(tasks::removed_at.is_null()))
        .count()
        .get_result(conn)
        .await
}

/// A task, locked until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Task>> {
    tasks::table.find(id).select(Task::as_select()).for_update().first(conn).await.optional()
}

/// A new task behind the others of its topic.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    task: &NewTaskRow,
    first: &TaskVersion,
) -> QueryResult<()> {
    let last: Option<i32> = tasks::table
        .filter(tasks::module_id.eq(task.module_id))
        .select(diesel::dsl::max(tasks::position))
        .first(conn)
        .await?;
    let position = last.map_or(0, |last| last + 1);
    diesel::insert_into(tasks::table)
        .values((
            tasks::id.eq(first.task_id),
            tasks::course_id.eq(task.course_id),
            tasks::module_id.eq(task.module_id),
            tasks::lesson_id.eq(task.lesson_id),
            tasks::position.eq(position),
            tasks::kind.eq(task.kind),
            tasks::required.eq(first.required),
            tasks::chat_after.eq(first.chat_after),
            tasks::version.eq(1),
            tasks::drafted.eq(task.drafted),
            tasks::created_at.eq(first.created_at),
            tasks::updated_at.eq(first.created_at),
        ))
        .execute(conn)
        .await?;
    add_version(conn, first).await
}

/// What a new task is beside its first version.
#[derive(Debug, Clone, Copy)]
pub struct NewTaskRow {
    pub course_id: Uuid,
    pub module_id: Uuid,
    pub lesson_id: Option<Uuid>,
    pub kind: TaskKind,
    pub drafted: bool,
}

async fn add_version(conn: &mut AsyncPgConnection, version: &TaskVersion) -> QueryResult<()> {
    diesel::insert_into(task_versions::table).values(version).execute(conn).await?;
    Ok(())
}

/// Adds a version and makes it the current one.
pub async fn change(
    conn: &mut AsyncPgConnection,
    version: &TaskVersion,
    drafted: bool,
) -> QueryResult<()> {
    add_version(conn, version).await?;
    diesel::update(tasks::table.find(version.task_id))
        .set((
            tasks::version.eq(version.version),
            tasks::required.eq(version.required),
            tasks::chat_after.eq(version.chat_after),
            tasks::drafted.eq(drafted),
            tasks::updated_at.eq(version.created_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a task off: what was answered stays.
pub async fn remove(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<()> {
    diesel::update(tasks::table.find(id).filter(tasks::removed_at.is_null()))
        .set((tasks::removed_at.eq(now), tasks::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Tasks of a topic in order, taken-off ones left out.
pub async fn of_module(conn: &mut AsyncPgConnection, module_id: Uuid) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::module_id.eq(module_id).and(tasks::removed_at.is_null()))
        .order((tasks::position, tasks::id))
        .select(Task::as_select())
        .load(conn)
        .await
}

/// Their ids.
pub async fn ids_of_module(
    conn: &mut AsyncPgConnection,
    module_id: Uuid,
) -> QueryResult<Vec<Uuid>> {
    tasks::table
        .filter(tasks::module_id.eq(module_id).and(tasks::removed_at.is_null()))
        .order((tasks::position, tasks::id))
        .select(tasks::id)
        .load(conn)
        .await
}

/// Writes the order of a topic's tasks.
pub async fn reorder(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    now: Timestamp,
) -> QueryResult<()> {
    for (position, id) in (0_i32..).zip(ids) {
        diesel::update(tasks::table.find(id).filter(tasks::position.ne(position)))
            .set((tasks::position.eq(position), tasks::updated_at.eq(now)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Every version of a task, the last one first.
pub async fn versions(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    limit: i64,
) -> QueryResult<Vec<TaskVersion>> {
    task_versions::table
        .filter(task_versions::task_id.eq(task_id))
        .order(task_versions::version.desc())
        .limit(limit)
        .select(TaskVersion::as_select())
        .load(conn)
        .await
}

/// The worked solution of a version.
pub async fn solution(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    version: i32,
) -> QueryResult<Option<Value>> {
    let found: Option<Option<Value>> = task_versions::table
        .find((task_id, version))
        .select(task_versions::solution)
        .first(conn)
        .await
        .optional()?;
    Ok(found.flatten())
}

/// Adds a picture.
pub async fn insert_image(conn: &mut AsyncPgConnection, row: &TaskImage) -> QueryResult<()> {
    diesel::insert_into(task_images::table).values(row).execute(conn).await?;
    Ok(())
}

/// Bytes of all pictures of one person.
pub async fn image_bytes(conn: &mut AsyncPgConnection, user: Uuid) -> QueryResult<i64> {
    task_images::table
        .filter(task_images::added_by.eq(user))
        .select(diesel::dsl::sql::<diesel::sql_types::BigInt>("coalesce(sum(size), 0)::bigint"))
        .get_result(conn)
        .await
}

/// Looks through pictures that were added before `before` and that no text was known to show: those that
/// one shows are marked, the others are forgotten and given back by name.
pub async fn forget_unnamed(
    conn: &mut AsyncPgConnection,
    now: Timestamp,
    before: Timestamp,
    limit: i64,
) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    // Names are 128 random bits: where one stands, the picture is meant.
    const LOOKED: &str = "with looked as (
            select i.id, i.name,
                exists (select 1 from task_versions v where position(i.name in v.statement::text) > 0
                    or position(i.name in v.body::text) > 0 or position(i.name in v.solution::text) > 0)
                or exists (select 1 from lessons l where position(i.name in l.body::text) > 0)
                or exists (select 1 from courses c where position(i.name in c.description::text) > 0)
                as named
            from task_images i where i.named_at is null and i.created_at < $2
            order by i.created_at limit $3),
        marked as (
            update task_images i set named_at = $1 from looked l where l.id = i.id and l.named)
        delete from task_images i using looked l where l.id = i.id and not l.named returning i.name";
    let gone: Vec<Name> = diesel::sql_query(LOOKED)
        .bind::<diesel::sql_types::Timestamptz, _>(now)
        .bind::<diesel::sql_types::Timestamptz, _>(before)
        .bind::<diesel::sql_types::BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(gone.into_iter().map(|row| row.name).collect())
}
