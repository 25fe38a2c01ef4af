//! Modules and lessons: added, changed, ordered, removed (TCH-04). Every change locks the course
//! first and computes its durations and counts anew in the same transaction.

use std::collections::HashSet;

use diesel_async::AsyncPgConnection;
use serde_json::json;
use uuid::Uuid;

use super::content_state::{self, ContentEvent};
use super::edit::{lock_editable, lock_for_editor};
use super::events::{note_programme, note_update};
use super::inputs::{CourseOrder, LessonPatch, ModulePatch, NewLesson, NewModule};
use super::model::{ContentState, Course, Lesson, LessonHead, LessonKind, Module, ModuleChange};
use super::order::{self, ModuleOrder};
use super::store::outline::{LessonChanges, ModuleChanges};
use super::views::{CardAuthor, ModuleChanged};
use super::{document, store};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::audit;
use crate::platform::http::{Code, IfMatch, Problem};
use crate::video;

/// Most modules in a course.
const MAX_MODULES: usize = 200;
/// Most lessons in a course.
const MAX_LESSONS: usize = 2000;

/// Adds a module behind the others under `id`, unless it was added before.
pub async fn add_module(
    app: &App,
    author: &Principal,
    course_id: Uuid,
    id: Uuid,
    new: &NewModule,
) -> Result<(), Problem> {
    let title = new.check()?;
    let (now, author_id) = (app.clock.now(), author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            if store::outline::module_kept(conn, id).await?.is_some() {
                return Ok(());
            }
            if store::outline::modules_of(conn, course_id).await?.len() >= MAX_MODULES {
                return Err(Problem::new(Code::QuotaExceeded)
                    .detail("There is room for 200 modules in a course."));
            }
            store::outline::insert_module(conn, id, course_id, &title, now).await?;
            changed(conn, app, &course).await
        })
        .await
}

/// Changes a module; what it was called and when it opened is kept, with who changed it.
pub async fn patch_module(
    app: &App,
    editor: &Principal,
    module: &Module,
    mut patch: ModulePatch,
) -> Result<(), Problem> {
    patch.check()?;
    let (course_id, module_id) = (module.course_id, module.id);
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_for_editor(conn, course_id, editor).await?;
            let before = store::outline::module(conn, module_id).await?;
            let before = before.ok_or_else(Problem::not_found)?;
            let now = app.clock.now();
            let renamed = patch.title.as_ref().is_some_and(|title| *title != before.title);
            let reopened = patch.opens_at.is_some_and(|at| at != before.opens_at);
            if renamed || reopened {
                let kept = ModuleChange {
                    id: app.id(),
                    module_id,
                    title: before.title,
                    opens_at: before.opens_at,
                    changed_by: editor.user_id,
                    created_at: now,
                };
                store::outline::keep_module(conn, &kept).await?;
            }
            let changes = ModuleChanges {
                title: patch.title,
                homework: patch.homework,
                opens_at: patch.opens_at,
            };
            store::outline::change_module(conn, module_id, &changes, now).await?;
            changed(conn, app, &course).await
        })
        .await
}

/// Changes of a module that are told.
const MAX_CHANGES: i64 = 100;

/// What a module was before each of its changes, the last one first.
pub async fn module_changes(app: &App, module_id: Uuid) -> Result<Vec<ModuleChanged>, Problem> {
    let mut conn = app.db.conn().await?;
    let changes = store::outline::changes_of_module(&mut conn, module_id, MAX_CHANGES).await?;
    let ids: Vec<Uuid> = changes.iter().map(|change| change.changed_by).collect();
    let people = identity::people(&mut conn, &ids).await?;
    let name = |id: &Uuid| people.get(id).map(|person| person.name.clone()).unwrap_or_default();
    Ok(changes
        .into_iter()
        .map(|change| ModuleChanged {
            by: CardAuthor { id: change.changed_by, name: name(&change.changed_by) },
            title: change.title,
            opens_at: change.opens_at,
            at: change.created_at,
        })
        .collect())
}

/// Removes a module with all its lessons; its tasks are taken off, what was answered stays.
pub async fn delete_module(app: &App, author: &Principal, module: &Module) -> Result<(), Problem> {
    let (course_id, module_id, author_id) = (module.course_id, module.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            let mut lessons = store::outline::heads_of(conn, course_id).await?;
            lessons.retain(|lesson| lesson.module_id == module_id);
            for lesson in &lessons {
                remove_lesson(conn, app, lesson).await?;
            }
            let tasks = store::outline::delete_module(conn, module_id, app.clock.now()).await?;
            let details = json!({ "course": course_id, "title": module.title, "tasks": tasks });
            audit::note(conn, app, author_id, "topic.removed", ("module", module_id), details)
                .await?;
            let shown = lessons.iter().any(|lesson| lesson.state != ContentState::Drafted);
            changed_for(conn, app, &course, shown || !tasks.is_empty()).await
        })
        .await
}

/// Adds a drafted lesson behind the others of the module under `id`, unless it was added before.
pub async fn add_lesson(
    app: &App,
    author: &Principal,
    module: &Module,
    id: Uuid,
    new: &NewLesson,
) -> Result<(), Problem> {
    let title = new.check()?;
    let (now, author_id, kind) = (app.clock.now(), author.user_id, new.kind);
    let (course_id, module_id) = (module.course_id, module.id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            if store::outline::head(conn, id).await?.is_some() {
                return Ok(());
            }
            // Under the lock: the module may have gone since the request began.
            let module = store::outline::module(conn, module_id).await?;
            let module = module.ok_or_else(Problem::not_found)?;
            if store::outline::heads_of(conn, course_id).await?.len() >= MAX_LESSONS {
                return Err(Problem::new(Code::QuotaExceeded)
                    .detail("There is room for 2000 lessons in a course."));
            }
            store::outline::insert_lesson(conn, id, &module, &title, kind, now).await?;
            changed(conn, app, &course).await
        })
        .await
}

/// Changes a lesson if it still has the version that the change was made against.
pub async fn patch_lesson(
    app: &App,
    author: &Principal,
    lesson: &Lesson,
    expected: IfMatch,
    mut patch: LessonPatch,
) -> Result<(), Problem> {
    patch.check()?;
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, lesson) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            expected.check(lesson.version)?;
            let changes = changes_of(&lesson, patch);
            store::outline::change_lesson(conn, lesson_id, &changes, app.clock.now()).await?;
            changed_for(conn, app, &course, changes.state.is_some()).await
        })
        .await
}

/// The changes, with what follows from them: a text's duration is the time that reading takes, and
/// a text lesson emptied is a draft again.
fn changes_of(lesson: &Lesson, patch: LessonPatch) -> LessonChanges {
    let mut changes = LessonChanges {
        title: patch.title,
        homework: patch.homework,
        free_preview: patch.free_preview,
        ..LessonChanges::default()
    };
    if let (LessonKind::Text, Some(body)) = (lesson.kind, &patch.body) {
        changes.duration_ms = Some(body.as_ref().map_or(0, document::reading_ms));
        if body.as_ref().is_none_or(document::is_blank) {
            changes.state =
                content_state::after(lesson.kind, lesson.state, ContentEvent::Withdrawn);
        }
    }
    changes.body = patch.body;
    changes
}

/// Hands a text over: drafted becomes done (CRS-18). A video is handed over with its upload.
pub async fn submit(app: &App, author: &Principal, lesson: &Lesson) -> Result<(), Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, lesson) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            match lesson.kind {
                LessonKind::Video if lesson.state == ContentState::Drafted => {
                    return Err(Problem::new(Code::LessonState)
                        .detail("Upload a video: that submits the lesson."));
                }
                LessonKind::Text if lesson.body.as_ref().is_none_or(document::is_blank) => {
                    return Err(Problem::new(Code::LessonState)
                        .detail("Write the text of the lesson first.")
                        .field("body", Code::Required, "The lesson has no text."));
                }
                // Submitted before: a repeated request is no fault.
                LessonKind::Video => return Ok(()),
                LessonKind::Text => {}
            }
            let next = content_state::after(lesson.kind, lesson.state, ContentEvent::Submitted);
            let Some(state) = next else { return Ok(()) };
            let duration = lesson.body.as_ref().map_or(0, document::reading_ms);
            let now = app.clock.now();
            store::outline::set_content(conn, lesson_id, None, state, duration, now).await?;
            changed_for(conn, app, &course, true).await
        })
        .await
}

/// Removes a lesson with its video, files and tasks.
pub async fn delete_lesson(app: &App, author: &Principal, lesson: &Lesson) -> Result<(), Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, lesson) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            remove_lesson(conn, app, &LessonHead::from(&lesson)).await?;
            let shown = lesson.state != ContentState::Drafted;
            changed_for(conn, app, &course, shown).await
        })
        .await
}

/// Puts modules and lessons into the order given, all in one piece or not at all.
pub async fn reorder(
    app: &App,
    author: &Principal,
    course_id: Uuid,
    wanted: CourseOrder,
) -> Result<(), Problem> {
    let wanted: Vec<ModuleOrder> = wanted
        .modules
        .into_iter()
        .map(|module| ModuleOrder { id: module.id, lessons: module.lessons })
        .collect();
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            let modules = store::outline::modules_of(conn, course_id).await?;
            let lessons = store::outline::heads_of(conn, course_id).await?;
            let module_ids: HashSet<Uuid> = modules.iter().map(|module| module.id).collect();
            let lesson_ids: HashSet<Uuid> = lessons.iter().map(|lesson| lesson.id).collect();
            order::check(&wanted, &module_ids, &lesson_ids)
                .map_err(|_| Problem::new(Code::OrderStale))?;
            store::outline::reorder(conn, &wanted, app.clock.now()).await?;
            changed(conn, app, &course).await
        })
        .await
}

/// Locks the course, then reads the lesson as it is under that lock.
pub(super) async fn lock_lesson(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    lesson_id: Uuid,
    author_id: Uuid,
) -> Result<(Course, Lesson), Problem> {
    let course = lock_editable(conn, course_id, author_id).await?;
    let lesson = store::outline::lesson(conn, lesson_id).await?.ok_or_else(Problem::not_found)?;
    Ok((course, lesson))
}

/// Computes the stored fields anew, after a change that is none to the lessons that learners have.
pub(super) async fn changed(
    conn: &mut AsyncPgConnection,
    app: &App,
    course: &Course,
) -> Result<(), Problem> {
    changed_for(conn, app, course, false).await
}

/// Computes the stored fields anew. If `lessons` says that lessons came, went or changed their state
/// for learners, whoever counts them is told; an autosave is no news to them.
pub(super) async fn changed_for(
    conn: &mut AsyncPgConnection,
    app: &App,
    course: &Course,
    lessons: bool,
) -> Result<(), Problem> {
    store::course::recompute(conn, course.id, app.clock.now()).await?;
    if lessons {
        note_programme(conn, app, course.id, course.state).await?;
    }
    note_update(conn, app, course.id, course.state).await
}

async fn remove_lesson(
    conn: &mut AsyncPgConnection,
    app: &App,
    lesson: &LessonHead,
) -> Result<(), Problem> {
    let files = store::outline::files_of(conn, &[lesson.id]).await?;
    store::outline::delete_lesson(conn, lesson.id, app.clock.now()).await?;
    if let Some(video_id) = lesson.video_id {
        video::remove(conn, app, video_id).await?;
    }
    for file in files {
        video::remove_file(conn, app, file.file_id).await?;
    }
    Ok(())
}
