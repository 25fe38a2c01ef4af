//! Who may touch what: extractors that authorize and load in one query, so that a handler without
//! a check has no data. Somebody else's thing and no thing at all are the same answer.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use diesel_async::AsyncPgConnection;
use futures::future::LocalBoxFuture;
use kernel::Timestamp;
use uuid::Uuid;

use super::model::{Course, FileRow, Lesson, Module, Task};
use super::store;
use crate::app::App;
use crate::identity::{self, MaybeSignedIn, Principal, Role, Roles, SignedIn};
use crate::platform::http::Problem;

/// A course of the caller's own (`/studio/courses/{id}/…`).
#[derive(Debug)]
pub struct OwnedCourse {
    /// The course as it was when the request began.
    pub course: Course,
    /// The caller.
    pub author: Principal,
}

/// A module of the caller's own.
#[derive(Debug)]
pub struct OwnedModule {
    /// The module as it was when the request began.
    pub module: Module,
    /// The caller.
    pub author: Principal,
}

/// A module whose topic the caller may edit: its author, its curators, moderators, admins (CRS-39).
#[derive(Debug)]
pub struct EditedModule {
    /// The module as it was when the request began.
    pub module: Module,
    /// The caller.
    pub editor: Principal,
}

/// A task that the caller may edit: the same people.
#[derive(Debug)]
pub struct EditedTask {
    /// The task as it was when the request began; it was not taken off.
    pub task: Task,
    /// The caller.
    pub editor: Principal,
}

/// A course whose tasks the caller may edit: the same people.
#[derive(Debug)]
pub struct EditedCourse {
    /// The course.
    pub course: Course,
}

/// A lesson of the caller's own.
#[derive(Debug)]
pub struct OwnedLesson {
    /// The lesson as it was when the request began.
    pub lesson: Lesson,
    /// The caller.
    pub author: Principal,
}

/// A lesson's file of the caller's own.
#[derive(Debug)]
pub struct OwnedFile {
    /// The file.
    pub file: FileRow,
    /// Its lesson.
    pub lesson: Lesson,
    /// The caller.
    pub author: Principal,
}

/// A course that the caller may look at: public, or the caller's own, or the caller is staff.
#[derive(Debug)]
pub struct VisibleCourse {
    /// The course.
    pub course: Course,
    /// The caller, if signed in.
    pub viewer: Option<Principal>,
}

/// The id in the path; what is no id names nothing.
pub fn path_id(req: &HttpRequest) -> Result<Uuid, Problem> {
    req.match_info()
        .get("id")
        .and_then(|id| Uuid::try_parse(id).ok())
        .ok_or_else(Problem::not_found)
}

macro_rules! owned {
    ($name:ident, |$conn:ident, $id:ident, $author:ident| $load:expr) => {
        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
                let app = App::of(req);
                let id = path_id(req);
                let signed_in = SignedIn::from_request(req, payload);
                Box::pin(async move {
                    let SignedIn($author) = signed_in.await?;
                    let (app, $id) = (app?, id?);
                    let mut held = app.db.conn().await?;
                    let $conn: &mut AsyncPgConnection = &mut held;
                    $load
                })
            }
        }
    };
}

owned!(OwnedCourse, |conn, id, author| {
    let course = store::course::find_own(conn, id, author.user_id).await?;
    let course = course.ok_or_else(Problem::not_found)?;
    Ok(OwnedCourse { course, author })
});

owned!(OwnedModule, |conn, id, author| {
    let module = store::outline::own_module(conn, id, author.user_id).await?;
    let module = module.ok_or_else(Problem::not_found)?;
    Ok(OwnedModule { module, author })
});

owned!(EditedModule, |conn, id, editor| {
    let module = store::outline::module(conn, id).await?.ok_or_else(Problem::not_found)?;
    editable(conn, module.course_id, &editor).await?;
    Ok(EditedModule { module, editor })
});

owned!(EditedTask, |conn, id, editor| {
    let task = store::tasks::task(conn, id).await?.filter(|task| task.removed_at.is_none());
    let task = task.ok_or_else(Problem::not_found)?;
    editable(conn, task.course_id, &editor).await?;
    Ok(EditedTask { task, editor })
});

owned!(EditedCourse, |conn, id, editor| {
    let course = editable(conn, id, &editor).await?;
    Ok(EditedCourse { course })
});

/// The course `id`, if `editor` may edit its tasks and topics.
async fn editable(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    editor: &Principal,
) -> Result<Course, Problem> {
    let course = store::course::find(conn, id).await?.ok_or_else(Problem::not_found)?;
    let may = course.author_id == editor.user_id || oversees(editor, id);
    if may { Ok(course) } else { Err(Problem::not_found()) }
}

owned!(OwnedLesson, |conn, id, author| {
    let lesson = store::outline::own_lesson(conn, id, author.user_id).await?;
    let lesson = lesson.ok_or_else(Problem::not_found)?;
    Ok(OwnedLesson { lesson, author })
});

owned!(OwnedFile, |conn, id, author| {
    let found = store::outline::own_file(conn, id, author.user_id).await?;
    let (file, lesson) = found.ok_or_else(Problem::not_found)?;
    Ok(OwnedFile { file, lesson, author })
});

impl FromRequest for VisibleCourse {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = App::of(req);
        let id = path_id(req);
        let caller = MaybeSignedIn::from_request(req, payload);
        Box::pin(async move {
            let MaybeSignedIn(viewer) = caller.await?;
            let (app, id) = (app?, id?);
            let mut conn = app.db.conn().await?;
            let course = visible_course(&mut conn, id, viewer.as_ref()).await?;
            Ok(Self { course, viewer })
        })
    }
}

/// The course `id`, if `viewer` may look at it.
pub async fn visible_course(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    viewer: Option<&Principal>,
) -> Result<Course, Problem> {
    let course = store::course::find(conn, id).await?.ok_or_else(Problem::not_found)?;
    let sees_drafts =
        viewer.is_some_and(|who| who.user_id == course.author_id || oversees(who, course.id));
    if super::course_state::is_public(course.state) || sees_drafts {
        Ok(course)
    } else {
        Err(Problem::not_found())
    }
}

/// Whether `who` may look into the course as staff: its curators, moderators, admins.
pub fn oversees(who: &Principal, course_id: Uuid) -> bool {
    is_overseer(&who.roles, course_id)
}

fn is_overseer(roles: &Roles, course_id: Uuid) -> bool {
    roles.has(Role::Moderator) || roles.has(Role::Admin) || roles.has_in(Role::Curator, course_id)
}

/// Everybody who [`oversees`] the course at `now`.
///
/// # Errors
/// Those of the database.
pub async fn overseers(
    app: &App,
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    now: Timestamp,
) -> Result<Vec<Uuid>, Problem> {
    const ANYWHERE: [Role; 4] = [Role::Curator, Role::Moderator, Role::Admin, Role::SuperAdmin];
    let mut people = identity::holders_of(app, conn, &ANYWHERE, now).await?;
    let roles = identity::roles_of_people(app, conn, &people, now).await?;
    people.retain(|one| roles.get(one).is_some_and(|roles| is_overseer(roles, course_id)));
    Ok(people)
}
