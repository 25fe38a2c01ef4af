//! Modules, lessons, their files.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::model::{
    ContentState, FileRow, Lesson, LessonHead, LessonKind, Module, ModuleChange,
};
use super::super::order::ModuleOrder;
use super::super::schema::{courses, lesson_files, lessons, module_changes, modules, tasks};

/// Fields of a module that PATCH may change.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = modules)]
#[allow(clippy::option_option, reason = "absent and null are different changes")]
pub struct ModuleChanges {
    pub title: Option<String>,
    pub homework: Option<Option<String>>,
    pub opens_at: Option<Option<Timestamp>>,
}

/// Fields of a lesson that PATCH may change, and what follows from them.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = lessons)]
#[allow(clippy::option_option, reason = "absent and null are different changes")]
pub struct LessonChanges {
    pub title: Option<String>,
    pub body: Option<Option<Value>>,
    pub homework: Option<Option<String>>,
    pub free_preview: Option<bool>,
    pub state: Option<ContentState>,
    pub duration_ms: Option<i64>,
}

/// Modules of a course, in order; taken-off ones are left out, here and in what follows.
pub async fn modules_of(conn: &mut AsyncPgConnection, course_id: Uuid) -> QueryResult<Vec<Module>> {
    modules::table
        .filter(modules::course_id.eq(course_id).and(modules::removed_at.is_null()))
        .order(modules::position)
        .select(Module::as_select())
        .load(conn)
        .await
}

/// Lessons of a course, in the order of the course.
pub async fn lessons_of(conn: &mut AsyncPgConnection, course_id: Uuid) -> QueryResult<Vec<Lesson>> {
    lessons::table
        .inner_join(modules::table)
        .filter(lessons::course_id.eq(course_id))
        .order((modules::position, lessons::position))
        .select(Lesson::as_select())
        .load(conn)
        .await
}

/// Modules of several courses, in order within each.
pub async fn modules_of_all(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> QueryResult<Vec<Module>> {
    modules::table
        .filter(modules::course_id.eq_any(course_ids).and(modules::removed_at.is_null()))
        .order((modules::course_id, modules::position))
        .select(Module::as_select())
        .load(conn)
        .await
}

/// Lessons of several courses without their texts, in order within each module.
pub async fn heads_of_all(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> QueryResult<Vec<LessonHead>> {
    lessons::table
        .filter(lessons::course_id.eq_any(course_ids))
        .order((lessons::module_id, lessons::position))
        .select(LessonHead::as_select())
        .load(conn)
        .await
}

/// Lessons of a course without their texts, in the order of the course.
pub async fn heads_of(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
) -> QueryResult<Vec<LessonHead>> {
    lessons::table
        .inner_join(modules::table)
        .filter(lessons::course_id.eq(course_id))
        .order((modules::position, lessons::position))
        .select(LessonHead::as_select())
        .load(conn)
        .await
}

/// A lesson without its texts.
pub async fn head(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<LessonHead>> {
    lessons::table.find(id).select(LessonHead::as_select()).first(conn).await.optional()
}

/// A module of a course of this author.
pub async fn own_module(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
) -> QueryResult<Option<Module>> {
    modules::table
        .inner_join(courses::table)
        .filter(modules::id.eq(id).and(courses::author_id.eq(author_id)))
        .filter(modules::removed_at.is_null())
        .select(Module::as_select())
        .first(conn)
        .await
        .optional()
}

/// A lesson of a course of this author.
pub async fn own_lesson(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
) -> QueryResult<Option<Lesson>> {
    lessons::table
        .inner_join(courses::table)
        .filter(lessons::id.eq(id).and(courses::author_id.eq(author_id)))
        .select(Lesson::as_select())
        .first(conn)
        .await
        .optional()
}

/// A file of a lesson of this author, with its lesson.
pub async fn own_file(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    author_id: Uuid,
) -> QueryResult<Option<(FileRow, Lesson)>> {
    lesson_files::table
        .inner_join(lessons::table.inner_join(courses::table))
        .filter(lesson_files::id.eq(id).and(courses::author_id.eq(author_id)))
        .select((FileRow::as_select(), Lesson::as_select()))
        .first(conn)
        .await
        .optional()
}

/// A module by its id.
pub async fn module(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Module>> {
    modules::table
        .find(id)
        .filter(modules::removed_at.is_null())
        .select(Module::as_select())
        .first(conn)
        .await
        .optional()
}

/// A module by its id, taken off or not.
pub async fn module_kept(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Module>> {
    modules::table.find(id).select(Module::as_select()).first(conn).await.optional()
}

/// A lesson by its id.
pub async fn lesson(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Lesson>> {
    lessons::table.find(id).select(Lesson::as_select()).first(conn).await.optional()
}

/// A file by its id.
pub async fn file(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<FileRow>> {
    lesson_files::table.find(id).select(FileRow::as_select()).first(conn).await.optional()
}

/// Lessons that show this video.
pub async fn lessons_with_video(
    conn: &mut AsyncPgConnection,
    video_id: Uuid,
) -> QueryResult<Vec<LessonHead>> {
    lessons::table
        .filter(lessons::video_id.eq(video_id))
        .select(LessonHead::as_select())
        .load(conn)
        .await
}

/// Adds a module behind the others.
pub async fn insert_module(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    course_id: Uuid,
    title: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let last: Option<i32> = modules::table
        .filter(modules::course_id.eq(course_id).and(modules::removed_at.is_null()))
        .select(diesel::dsl::max(modules::position))
        .first(conn)
        .await?;
    diesel::insert_into(modules::table)
        .values((
            modules::id.eq(id),
            modules::course_id.eq(course_id),
            modules::position.eq(last.map_or(0, |last| last + 1)),
            modules::title.eq(title),
            modules::duration_ms.eq(0),
            modules::created_at.eq(now),
            modules::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a drafted lesson behind the others of its module.
pub async fn insert_lesson(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    module: &Module,
    title: &str,
    kind: LessonKind,
    now: Timestamp,
) -> QueryResult<()> {
    let last: Option<i32> = lessons::table
        .filter(lessons::module_id.eq(module.id))
        .select(diesel::dsl::max(lessons::position))
        .first(conn)
        .await?;
    diesel::insert_into(lessons::table)
        .values((
            lessons::id.eq(id),
            lessons::course_id.eq(module.course_id),
            lessons::module_id.eq(module.id),
            lessons::position.eq(last.map_or(0, |last| last + 1)),
            lessons::title.eq(title),
            lessons::kind.eq(kind),
            lessons::state.eq(ContentState::Drafted),
            lessons::free_preview.eq(false),
            lessons::duration_ms.eq(0),
            lessons::version.eq(1),
            lessons::created_at.eq(now),
            lessons::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what PATCH changed in a module.
pub async fn change_module(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    changes: &ModuleChanges,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(modules::table.find(id))
        .set((changes, modules::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what PATCH changed in a lesson and counts its version up.
pub async fn change_lesson(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    changes: &LessonChanges,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(lessons::table.find(id))
        .set((changes, lessons::version.eq(lessons::version + 1), lessons::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what the lesson shows and how far that has come. Its version stays: the author did not
/// edit what PATCH edits.
pub async fn set_content(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    video_id: Option<Uuid>,
    state: ContentState,
    duration_ms: i64,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(lessons::table.find(id))
        .set((
            lessons::video_id.eq(video_id),
            lessons::state.eq(state),
            lessons::duration_ms.eq(duration_ms),
            lessons::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a module with its lessons; its tasks are taken off. Where it ever had any, its row stays: what was answered
/// and said under them stays with it. Gives the tasks that were taken off.
pub async fn delete_module(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    let gone = diesel::update(tasks::table.filter(tasks::module_id.eq(id)))
        .filter(tasks::removed_at.is_null())
        .set((tasks::removed_at.eq(now), tasks::updated_at.eq(now)))
        .returning(tasks::id)
        .get_results(conn)
        .await?;
    let any = diesel::dsl::exists(tasks::table.filter(tasks::module_id.eq(id)));
    let had_tasks: bool = diesel::select(any).get_result(conn).await?;
    if had_tasks {
        diesel::update(modules::table.find(id))
            .set((modules::removed_at.eq(now), modules::updated_at.eq(now)))
            .execute(conn)
            .await?;
    } else {
        diesel::delete(modules::table.find(id)).execute(conn).await?;
    }
    Ok(gone)
}

/// Removes a lesson with its files; its tasks are taken off, what was answered stays.
pub async fn delete_lesson(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(tasks::table.filter(tasks::lesson_id.eq(id).and(tasks::removed_at.is_null())))
        .set((tasks::removed_at.eq(now), tasks::updated_at.eq(now)))
        .execute(conn)
        .await?;
    diesel::delete(lessons::table.find(id)).execute(conn).await?;
    Ok(())
}

/// Writes the order of everything; positions are unique only at commit. `order` was judged by
/// [`super::super::order::check`].
pub async fn reorder(
    conn: &mut AsyncPgConnection,
    order: &[ModuleOrder],
    now: Timestamp,
) -> QueryResult<()> {
    for (module_position, module) in (0_i32..).zip(order) {
        diesel::update(modules::table.find(module.id))
            .filter(modules::position.ne(module_position))
            .set((modules::position.eq(module_position), modules::updated_at.eq(now)))
            .execute(conn)
            .await?;
        for (position, lesson) in (0_i32..).zip(&module.lessons) {
            diesel::update(lessons::table.find(lesson))
                .filter(lessons::position.ne(position).or(lessons::module_id.ne(module.id)))
                .set((
                    lessons::module_id.eq(module.id),
                    lessons::position.eq(position),
                    lessons::updated_at.eq(now),
                ))
                .execute(conn)
                .await?;
            // A lesson's tasks go where it goes.
            diesel::update(tasks::table.filter(tasks::lesson_id.eq(lesson)))
                .filter(tasks::module_id.ne(module.id))
                .set((tasks::module_id.eq(module.id), tasks::updated_at.eq(now)))
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

/// Files of these lessons, oldest first.
pub async fn files_of(
    conn: &mut AsyncPgConnection,
    lesson_ids: &[Uuid],
) -> QueryResult<Vec<FileRow>> {
    lesson_files::table
        .filter(lesson_files::lesson_id.eq_any(lesson_ids))
        .order((lesson_files::created_at, lesson_files::id))
        .select(FileRow::as_select())
        .load(conn)
        .await
}

/// Adds a file to a lesson.
pub async fn insert_file(
    conn: &mut AsyncPgConnection,
    row: &FileRow,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(lesson_files::table)
        .values((
            lesson_files::id.eq(row.id),
            lesson_files::lesson_id.eq(row.lesson_id),
            lesson_files::file_id.eq(row.file_id),
            lesson_files::name.eq(&row.name),
            lesson_files::size.eq(row.size),
            lesson_files::content_type.eq(&row.content_type),
            lesson_files::active_content.eq(row.active_content),
            lesson_files::downloadable.eq(row.downloadable),
            lesson_files::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes whether learners may keep a copy of the file.
pub async fn set_downloadable(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    downloadable: bool,
) -> QueryResult<()> {
    diesel::update(lesson_files::table.find(id))
        .set(lesson_files::downloadable.eq(downloadable))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a file off its lesson.
pub async fn delete_file(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(lesson_files::table.find(id)).execute(conn).await?;
    Ok(())
}

/// Keeps what a module was before a change.
pub async fn keep_module(conn: &mut AsyncPgConnection, before: &ModuleChange) -> QueryResult<()> {
    diesel::insert_into(module_changes::table).values(before).execute(conn).await?;
    Ok(())
}

/// What a module was before each of its last changes, the last one first.
pub async fn changes_of_module(
    conn: &mut AsyncPgConnection,
    module_id: Uuid,
    limit: i64,
) -> QueryResult<Vec<ModuleChange>> {
    module_changes::table
        .filter(module_changes::module_id.eq(module_id))
        .order((module_changes::created_at.desc(), module_changes::id.desc()))
        .limit(limit)
        .select(ModuleChange::as_select())
        .load(conn)
        .await
}
