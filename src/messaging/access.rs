//! Who may enter a room, and what they are in it. Somebody else's room and no room at all are the
//! same answer.

use std::collections::{HashMap, HashSet};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use actors::chat_room::port::Role;
use diesel_async::AsyncPgConnection;
use futures::future::LocalBoxFuture;
use uuid::Uuid;

use super::store;
use crate::app::App;
use crate::courses::{self, LessonFace};
use crate::identity::{self, Principal, Roles, SignedIn};
use crate::learning;
use crate::platform::http::Problem;

/// Somebody in a room.
#[derive(Debug, Clone)]
pub struct Member {
    /// The room.
    pub room: Uuid,
    /// The course that it belongs to.
    pub course: Uuid,
    /// Who.
    pub user: Uuid,
    /// What they are here.
    pub role: Role,
    /// Whether they may write.
    pub can_write: bool,
}

/// What decides about a lesson's room.
#[derive(Debug, Clone, Copy)]
struct Standing {
    is_author: bool,
    is_staff: bool,
    may_learn: bool,
}

/// The rules' table for lesson rooms: who may enter, as what, and whether they may write.
fn admit(standing: Standing) -> Option<(Role, bool)> {
    match standing {
        Standing { is_author: true, .. } => Some((Role::Author, true)),
        Standing { is_staff: true, .. } => Some((Role::Moderator, true)),
        Standing { may_learn: true, .. } => Some((Role::Student, true)),
        Standing { .. } => None,
    }
}

/// Who oversees the rooms of a course.
const STAFF: [identity::Role; 3] =
    [identity::Role::Curator, identity::Role::Moderator, identity::Role::Admin];

fn is_staff(roles: &Roles, course: Uuid) -> bool {
    STAFF.iter().any(|role| roles.has_in(*role, course))
}

/// What `who` is in the room of `lesson`, if anything.
async fn standing_in(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    lesson: &LessonFace,
) -> Result<Option<(Role, bool)>, Problem> {
    let course = lesson.course.id;
    let mut standing = Standing {
        is_author: lesson.course.author_id == who.user_id,
        is_staff: is_staff(&who.roles, course),
        may_learn: false,
    };
    if !standing.is_author && !standing.is_staff {
        standing.may_learn = learning::is_enrolled(conn, who.user_id, course, app.clock.now())
            .await?
            && lesson.is_visible;
    }
    Ok(admit(standing))
}

/// Lets `who` into `room`.
///
/// # Errors
/// `not_found` for no room and for somebody else's.
pub async fn enter(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    room: Uuid,
) -> Result<Member, Problem> {
    let found = store::room(conn, room).await?.and_then(|room| room.lesson_id);
    let lesson = found.ok_or_else(Problem::not_found)?;
    enter_lesson(app, conn, who, lesson, room).await
}

async fn enter_lesson(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    lesson: Uuid,
    room: Uuid,
) -> Result<Member, Problem> {
    let lesson = courses::lesson_access(conn, lesson).await?.ok_or_else(Problem::not_found)?;
    let (role, can_write) =
        standing_in(app, conn, who, &lesson).await?.ok_or_else(Problem::not_found)?;
    Ok(Member { room, course: lesson.course.id, user: who.user_id, role, can_write })
}

/// What each of these people is in `room` by now; who is nothing there is left out.
pub async fn standings(
    app: &App,
    conn: &mut AsyncPgConnection,
    room: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, (Role, bool)>, Problem> {
    let now = app.clock.now();
    let lesson = match store::room(conn, room).await?.and_then(|room| room.lesson_id) {
        Some(lesson) => courses::lesson_access(conn, lesson).await?,
        None => None,
    };
    let Some(lesson) = lesson else { return Ok(HashMap::new()) };
    let course = lesson.course.id;
    let roles = identity::roles_of_people(app, conn, users, now).await?;
    let enrolled = match lesson.is_visible {
        true => learning::enrolled_among(conn, users, course, now).await?,
        false => HashSet::new(),
    };
    let standing = |user: &Uuid| Standing {
        is_author: lesson.course.author_id == *user,
        is_staff: roles.get(user).is_some_and(|roles| is_staff(roles, course)),
        may_learn: enrolled.contains(user),
    };
    Ok(users.iter().filter_map(|user| Some((*user, admit(standing(user))?))).collect())
}

/// The caller in the room of the path (`/rooms/{id}/…`).
#[derive(Debug)]
pub struct RoomMember(pub Member);

/// The caller in the room of the lesson in the path (`/lessons/{id}/room`), which is made at its
/// first use.
#[derive(Debug)]
pub struct LessonRoomMember(pub Member);

fn path_id(req: &HttpRequest) -> Result<Uuid, Problem> {
    req.match_info()
        .get("id")
        .and_then(|id| Uuid::try_parse(id).ok())
        .ok_or_else(Problem::not_found)
}

impl FromRequest for RoomMember {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (app, room) = (App::of(req), path_id(req));
        let signed_in = SignedIn::from_request(req, payload);
        Box::pin(async move {
            let SignedIn(who) = signed_in.await?;
            let (app, room) = (app?, room?);
            let mut conn = app.db.conn().await?;
            enter(&app, &mut conn, &who, room).await.map(Self)
        })
    }
}

impl FromRequest for LessonRoomMember {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (app, lesson) = (App::of(req), path_id(req));
        let signed_in = SignedIn::from_request(req, payload);
        Box::pin(async move {
            let SignedIn(who) = signed_in.await?;
            let (app, lesson) = (app?, lesson?);
            let mut conn = app.db.conn().await?;
            // Who may not enter makes no room either.
            let mut member = enter_lesson(&app, &mut conn, &who, lesson, Uuid::nil()).await?;
            member.room = super::rooms::of_lesson(&app, &mut conn, lesson, member.course).await?;
            Ok(Self(member))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MSG-03: the table of who may do what in a lesson's room.
    #[test]
    fn author_staff_and_students_write_and_strangers_do_not_enter() {
        let standing = |is_author, is_staff, may_learn| Standing { is_author, is_staff, may_learn };
        assert_eq!(admit(standing(true, true, true)), Some((Role::Author, true)));
        assert_eq!(admit(standing(false, true, false)), Some((Role::Moderator, true)));
        assert_eq!(admit(standing(false, false, true)), Some((Role::Student, true)));
        assert_eq!(admit(standing(false, false, false)), None);
    }
}
