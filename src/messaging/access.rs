//! Who may enter a room, and what they are in it. Somebody else's room and no room at all are the
//! same answer, after the same questions to the database; whom a ban alone keeps out is told why. The decision is `rules/rights.rs`; here its
//! facts are gathered, for one person in many rooms or many people in one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use actors::chat_room::port::{By, Rights, Role, Viewer};
use diesel_async::AsyncPgConnection;
use futures::future::LocalBoxFuture;
use kernel::Timestamp;
use uuid::Uuid;

use super::model::{RoomKind, RoomRow};
use super::rules::rights::{Facts, Right, Shut, entry};
use super::store;
use crate::app::App;
use crate::courses::{self, CoursePlace, LessonFace};
use crate::identity::{self, Principal, Roles, SignedIn};
use crate::learning;
use crate::platform::http::{Code, Problem};

/// Somebody in a room.
#[derive(Debug, Clone)]
pub struct Member {
    /// The room.
    pub room: Uuid,
    /// The course that it belongs to, if any.
    pub course: Option<Uuid>,
    /// Who.
    pub user: Uuid,
    /// What they are here.
    pub role: Role,
    /// Whether they may write, where no lock keeps them from it.
    pub can_write: bool,
    /// Whether they keep order here.
    pub moderates: bool,
    /// How many wrong answers are missing until they may write under the task.
    pub need_wrong: Option<u32>,
}

impl Member {
    /// What they may do here, as the room's actor wants to know it.
    pub const fn rights(&self) -> Rights {
        let Self { role, can_write, moderates, need_wrong, .. } = *self;
        Rights { role, can_write, moderates, need_wrong }
    }

    /// Whether they may write while the room is, or is not, locked.
    pub const fn can_write_now(&self, is_locked: bool) -> bool {
        self.can_write && (self.moderates || !is_locked)
    }

    fn of(room: &RoomRow, user: Uuid, right: Right, need_wrong: Option<u32>) -> Self {
        Self {
            room: room.id,
            course: room.course_id,
            user,
            role: right.role,
            can_write: right.can_write(),
            moderates: right.moderates(),
            need_wrong: need_wrong.filter(|_| !right.can_write()),
        }
    }
}

/// What is true of a room for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its course.
    pub course: Option<CoursePlace>,
    /// The title of what it is about: the lesson's, the task's, the thread's, the course's.
    pub title: String,
    /// What it is about is shut to learners.
    is_shut: bool,
    /// What it is about was taken off.
    is_past: bool,
}

/// The places of these rooms at `now`, by room.
pub async fn places(
    conn: &mut AsyncPgConnection,
    rooms: &[RoomRow],
    now: Timestamp,
) -> Result<HashMap<Uuid, Place>, Problem> {
    let ids = |of: fn(&RoomRow) -> Option<Uuid>| {
        let set: HashSet<Uuid> = rooms.iter().filter_map(of).collect();
        set.into_iter().collect::<Vec<Uuid>>()
    };
    let (courses, lessons) = (ids(|room| room.course_id), ids(|room| room.lesson_id));
    let tasks = ids(|room| room.task_id);
    let courses = match courses.is_empty() {
        true => HashMap::new(),
        false => courses::course_places(conn, &courses).await?,
    };
    let lessons = match lessons.is_empty() {
        true => HashMap::new(),
        false => courses::lesson_places(conn, &lessons).await?,
    };
    let tasks = match tasks.is_empty() {
        true => HashMap::new(),
        false => courses::task_places(conn, &tasks).await?,
    };
    let is_ahead = |opens_at: Option<Timestamp>| opens_at.is_some_and(|opens| now < opens);
    let place = |room: &RoomRow| {
        let course = room.course_id.and_then(|id| courses.get(&id)).cloned();
        let lesson = room.lesson_id.and_then(|id| lessons.get(&id));
        let is_closed = course.as_ref().is_some_and(|course| !course.is_open_to_students());
        let task = room.task_id.and_then(|id| tasks.get(&id));
        let is_hidden = lesson.is_some_and(|l| !l.is_visible || is_ahead(l.opens_at))
            || task.is_some_and(|t| !t.is_visible || is_ahead(t.opens_at));
        let of_parts = room.title.as_ref().or(task.map(|t| &t.title)).or(lesson.map(|l| &l.title));
        let title = of_parts.or(course.as_ref().map(|c| &c.title));
        Place {
            title: title.cloned().unwrap_or_default(),
            is_shut: is_closed || is_hidden,
            is_past: task.is_some_and(|task| task.is_removed),
            course,
        }
    };
    Ok(rooms.iter().map(|room| (room.id, place(room))).collect())
}

/// Somebody whose rights are asked for.
#[derive(Debug, Clone, Copy)]
struct Asker<'a> {
    user: Uuid,
    roles: &'a Roles,
    is_enrolled: bool,
    is_banned: bool,
    /// Wrong answers that are missing until the chat under the task opens.
    need_wrong: Option<u32>,
}

fn judge(room: &RoomRow, place: &Place, who: Asker<'_>) -> Result<Right, Shut> {
    use identity::Role::{Admin, Curator, Moderator, Support};
    let roles = who.roles;
    if room.course_id.is_some() && place.course.is_none() {
        // Of a course that is not there.
        return Err(Shut::Hidden);
    }
    let is_curator = match room.course_id {
        Some(course) => roles.has_in(Curator, course),
        // Whoever curates any course is of the staff.
        None if room.kind == RoomKind::Staff => roles.has_anywhere(Curator),
        None => roles.has(Curator),
    };
    let facts = Facts {
        is_owner: room.owner_id == Some(who.user),
        is_enrolled: who.is_enrolled,
        is_author: place.course.as_ref().is_some_and(|course| course.author_id == who.user),
        is_curator,
        is_support: roles.has(Support),
        is_moderator: roles.has(Moderator),
        is_admin: roles.has(Admin),
        has_course: room.course_id.is_some(),
        is_shut: place.is_shut,
        is_past: place.is_past,
        is_unopened: who.need_wrong.is_some(),
        is_banned: who.is_banned,
    };
    entry(room.kind, facts)
}

/// The tasks of `user`'s own rooms among these whose chats are not open to them.
async fn shut(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    rooms: &[RoomRow],
    now: Timestamp,
) -> Result<HashMap<Uuid, u32>, Problem> {
    let own = rooms.iter().filter(|room| room.owner_id == Some(user));
    let tasks: Vec<Uuid> = own.filter_map(|room| room.task_id).collect();
    learning::chats_shut(conn, user, &tasks, now).await
}

fn need_wrong(shut: &HashMap<Uuid, u32>, room: &RoomRow, user: Uuid) -> Option<u32> {
    let task = room.task_id.filter(|_| room.owner_id == Some(user))?;
    shut.get(&task).copied()
}

/// Lets `who` into `room`.
///
/// # Errors
/// `not_found` for no room and for somebody else's; `chat_banned` for whom a ban alone keeps out.
pub async fn enter(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    room: Uuid,
) -> Result<Member, Problem> {
    open(app, conn, who, room).await.map(|(_, _, member)| member)
}

/// Lets `who` into `room`, and hands over what had to be read for it.
///
/// # Errors
/// As [`enter`].
pub async fn open(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    room: Uuid,
) -> Result<(RoomRow, Place, Member), Problem> {
    let now = app.clock.now();
    let Some((room, ban)) = store::rooms::with_ban(conn, room, who.user_id).await? else {
        // What is asked about a room of somebody else, so that it takes as long.
        courses::course_places(conn, &[Uuid::nil()]).await?;
        courses::lesson_places(conn, &[Uuid::nil()]).await?;
        learning::is_enrolled(conn, who.user_id, Uuid::nil(), now).await?;
        return Err(Problem::not_found());
    };
    let place = places(conn, std::slice::from_ref(&room), now).await?;
    let place = place.into_iter().next().map(|(_, place)| place).unwrap_or_default();
    let is_enrolled = match room.course_id {
        Some(course) => learning::is_enrolled(conn, who.user_id, course, now).await?,
        None => false,
    };
    let shut = shut(conn, who.user_id, std::slice::from_ref(&room), now).await?;
    let need_wrong = need_wrong(&shut, &room, who.user_id);
    let is_banned = ban.is_some();
    let asker = Asker { user: who.user_id, roles: &who.roles, is_enrolled, is_banned, need_wrong };
    let right = judge(&room, &place, asker).map_err(|shut| match shut {
        Shut::Hidden => Problem::not_found(),
        Shut::Banned => banned(ban.unwrap_or_default()),
    })?;
    let member = Member::of(&room, who.user_id, right, need_wrong);
    Ok((room, place, member))
}

/// What somebody hears whom a ban keeps out. It lasts until it is lifted, so there is no `until`.
fn banned(reason: String) -> Problem {
    let problem = Problem::new(Code::ChatBanned);
    if reason.is_empty() { problem } else { problem.with("reason", reason) }
}

/// What `who` is in each of these rooms; where they are nothing, the room is left out. `banned` are
/// those that they are banned from.
pub async fn rights_in(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    rooms: &[RoomRow],
    banned: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, (Place, Member)>, Problem> {
    let now = app.clock.now();
    let mut places = places(conn, rooms, now).await?;
    let enrolled = match rooms.iter().any(|room| room.course_id.is_some()) {
        true => learning::courses_of(conn, who.user_id, now).await?,
        false => HashSet::new(),
    };
    let shut = shut(conn, who.user_id, rooms, now).await?;
    let mut found = HashMap::new();
    for room in rooms {
        let need_wrong = need_wrong(&shut, room, who.user_id);
        let Some(place) = places.remove(&room.id) else { continue };
        let asker = Asker {
            user: who.user_id,
            roles: &who.roles,
            is_enrolled: room.course_id.is_some_and(|course| enrolled.contains(&course)),
            is_banned: banned.contains(&room.id),
            need_wrong,
        };
        if let Ok(right) = judge(room, &place, asker) {
            found.insert(room.id, (place, Member::of(room, who.user_id, right, need_wrong)));
        }
    }
    Ok(found)
}

/// Somebody with the name that others see.
pub async fn by(conn: &mut AsyncPgConnection, member: &Member) -> Result<By, Problem> {
    let mut people = identity::people(conn, &[member.user]).await?;
    let name = people.remove(&member.user).map(|person| person.name).unwrap_or_default();
    Ok(By { user: member.user, name, rights: member.rights() })
}

/// What somebody sees of a room.
pub async fn viewer(conn: &mut AsyncPgConnection, member: &Member) -> Result<Viewer, Problem> {
    let blocked = store::blocked_by(conn, member.user).await?;
    Ok(Viewer {
        user: member.user,
        moderates: member.moderates,
        blocked: (!blocked.is_empty()).then(|| Arc::new(blocked.into_iter().collect())),
    })
}

/// What each of these people is in `room` by now; who is nothing there is left out.
pub async fn standings(
    app: &App,
    conn: &mut AsyncPgConnection,
    room: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Member>, Problem> {
    let now = app.clock.now();
    let Some(room) = store::room(conn, room).await? else { return Ok(HashMap::new()) };
    let places = places(conn, std::slice::from_ref(&room), now).await?;
    let Some(place) = places.get(&room.id) else { return Ok(HashMap::new()) };
    let roles = identity::roles_of_people(app, conn, users, now).await?;
    let enrolled = match room.course_id {
        Some(course) => learning::enrolled_among(conn, users, course, now).await?,
        None => HashSet::new(),
    };
    let banned: HashSet<Uuid> =
        store::rooms::banned_among(conn, room.id, users).await?.into_iter().collect();
    let owner = room.owner_id.filter(|owner| users.contains(owner)).unwrap_or_default();
    let shut = shut(conn, owner, std::slice::from_ref(&room), now).await?;
    let nobody = Roles::default();
    let member = |user: &Uuid| {
        let need_wrong = need_wrong(&shut, &room, *user);
        let asker = Asker {
            user: *user,
            roles: roles.get(user).unwrap_or(&nobody),
            is_enrolled: enrolled.contains(user),
            is_banned: banned.contains(user),
            need_wrong,
        };
        let right = judge(&room, place, asker).ok()?;
        Some((*user, Member::of(&room, *user, right, need_wrong)))
    };
    Ok(users.iter().filter_map(member).collect())
}

/// What `who` would be in the room of that kind beside a lesson or in a course, before there is one:
/// who may not enter makes no room either.
///
/// # Errors
/// `not_found`.
pub async fn would_enter(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    room: &RoomRow,
) -> Result<(Place, Member), Problem> {
    let rooms = std::slice::from_ref(room);
    let mut rights = rights_in(app, conn, who, rooms, &HashSet::new()).await?;
    rights.remove(&room.id).ok_or_else(Problem::not_found)
}

async fn enter_lesson(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    lesson: Uuid,
) -> Result<Member, Problem> {
    let lesson: LessonFace =
        courses::lesson_access(conn, lesson).await?.ok_or_else(Problem::not_found)?;
    let new = super::rooms::New::lesson(lesson.id, lesson.course.id);
    let (_, mut member) = would_enter(app, conn, who, &new.row(app)).await?;
    member.room = super::rooms::ensure(app, conn, &new).await?;
    // A ban from the room itself counts too.
    enter(app, conn, who, member.room).await
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
            enter_lesson(&app, &mut conn, &who, lesson).await.map(Self)
        })
    }
}
