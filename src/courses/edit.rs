//! The course record itself: begun, changed, removed.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::events::note_update;
use super::inputs::{CoursePatch, NewCourse, check_prices};
use super::model::{Course, CourseState};
use super::store::course::CourseChanges;
use super::{access, course_state, covers, store};
use crate::app::App;
use crate::identity::{self, Principal, Role, Scope};
use crate::platform::http::{Code, IfMatch, Problem};
use crate::video;

/// Most courses of one author, so that a script cannot fill the database with drafts.
const MAX_COURSES: i64 = 500;

/// Begins a draft under `id`, unless it was begun before; the first one makes its author an author
/// (CRS-02: drafts are free).
pub async fn create(
    app: &App,
    author: &Principal,
    id: Uuid,
    new: &NewCourse,
) -> Result<(), Problem> {
    let title = new.check()?;
    let now = app.clock.now();
    let (user_id, language) = (author.user_id, new.language);
    let is_new_author = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Problem> {
            if store::course::find(conn, id).await?.is_some() {
                return Ok(false);
            }
            if store::course::count_of_author(conn, user_id).await? >= MAX_COURSES {
                return Err(Problem::new(Code::QuotaExceeded)
                    .detail("There is room for 500 courses of one author."));
            }
            store::course::insert(conn, id, user_id, &title, language, now).await?;
            identity::grant(conn, app, user_id, Role::Author, Scope::Platform, None).await
        })
        .await?;
    if is_new_author {
        identity::changed(app, user_id);
    }
    Ok(())
}

/// Locks the author's course and makes sure that it may be changed now.
pub(super) async fn lock_editable(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    author_id: Uuid,
) -> Result<Course, Problem> {
    let course = store::course::lock_own(conn, course_id, author_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if course_state::is_editable(course.state) {
        Ok(course)
    } else {
        Err(Problem::new(Code::CourseState).with("state", course.state.as_str()))
    }
}

/// Locks a course that `editor` may edit tasks and topics of, its author or its staff, and makes sure
/// that it may be changed now (CRS-39).
pub(super) async fn lock_for_editor(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    editor: &Principal,
) -> Result<Course, Problem> {
    let course = store::course::lock(conn, course_id).await?.ok_or_else(Problem::not_found)?;
    if course.author_id != editor.user_id && !access::oversees(editor, course_id) {
        return Err(Problem::not_found());
    }
    if course_state::is_editable(course.state) {
        Ok(course)
    } else {
        Err(Problem::new(Code::CourseState).with("state", course.state.as_str()))
    }
}

/// Applies `patch` if the course still has the version it was made against.
pub async fn patch(
    app: &App,
    author: &Principal,
    course_id: Uuid,
    expected: IfMatch,
    mut patch: CoursePatch,
) -> Result<(), Problem> {
    patch.check()?;
    let author_id = author.user_id;
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            expected.check(course.version)?;
            check_references(conn, &patch).await?;
            check_prices(
                patch.price.unwrap_or_else(|| course.price()),
                patch.old_price.unwrap_or_else(|| course.old_price()),
            )?;
            if let Some(skills) = &patch.skill_ids {
                store::reference::set_skills(conn, course_id, skills).await?;
            }
            let changes = changes_of(patch);
            store::course::change(conn, course_id, &changes, app.clock.now()).await?;
            note_update(conn, app, course_id, course.state).await
        })
        .await
}

async fn check_references(
    conn: &mut AsyncPgConnection,
    patch: &CoursePatch,
) -> Result<(), Problem> {
    if let Some(Some(category)) = patch.category_id
        && !store::reference::category_exists(conn, category).await?
    {
        return Err(Problem::invalid("category_id", "There is no such category."));
    }
    if let Some(skills) = &patch.skill_ids {
        let known = store::reference::known_skills(conn, skills).await?;
        if usize::try_from(known) != Ok(skills.len()) {
            return Err(Problem::invalid("skill_ids", "One of these is no skill."));
        }
    }
    Ok(())
}

fn changes_of(patch: CoursePatch) -> CourseChanges {
    CourseChanges {
        title: patch.title,
        subtitle: patch.subtitle,
        description: patch.description,
        category_id: patch.category_id,
        level: patch.level,
        language: patch.language,
        learn: patch.learn,
        requirements: patch.requirements,
        price_amount: patch.price.map(|price| price.map(|money| money.amount)),
        price_currency: patch
            .price
            .map(|price| price.map(|money| money.currency.code().to_owned())),
        old_price_amount: patch.old_price.map(|price| price.map(|money| money.amount)),
        certificate: patch.certificate,
        access_days: patch.access_days,
        track: patch.track,
        chat_after: patch.chat_after,
    }
}

/// Removes a course that nobody is enrolled in, with its videos, files and cover.
pub async fn delete(app: &App, author: &Principal, course_id: Uuid) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = store::course::lock_own(conn, course_id, author_id)
                .await?
                .ok_or_else(Problem::not_found)?;
            if course.students_count > 0 {
                return Err(Problem::new(Code::CourseHasStudents));
            }
            if matches!(course.state, CourseState::Blocked | CourseState::OnModeration) {
                return Err(Problem::new(Code::CourseState).with("state", course.state.as_str()));
            }
            let lessons = store::outline::heads_of(conn, course_id).await?;
            let ids: Vec<Uuid> = lessons.iter().map(|lesson| lesson.id).collect();
            let files = store::outline::files_of(conn, &ids).await?;
            store::course::delete(conn, course_id).await?;
            let videos = lessons.iter().filter_map(|lesson| lesson.video_id);
            for video_id in videos.chain(course.trailer_video_id) {
                video::remove(conn, app, video_id).await?;
            }
            for file in files {
                video::remove_file(conn, app, file.file_id).await?;
            }
            covers::forget(conn, app, &course).await
        })
        .await
}
