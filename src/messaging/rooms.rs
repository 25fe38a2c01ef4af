//! The rooms of this node: their actors, and the one room of each lesson.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use actix::Addr;
use actors::chat_room::message::{Seated, Tell};
use actors::chat_room::room::Command;
use actors::chat_room::{ChatRoom, Pace, Repetitions, Rooms, Surroundings};
use actors::registry::ArbiterPool;
use actors::shutdown;
use actors::wire::{ErrCode, Problem as Refusal};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::access::{self, Member};
use super::log::{PgChatLog, unsigned};
use super::model::{RoomKind, RoomRow};
use super::news::{News, OtherNodes};
use super::store;
use super::store::rooms::Key;
use crate::app::App;
use crate::learning;
use crate::platform::http::Problem;
use crate::platform::live::Notice;

/// Threads for rooms at most.
const THREADS: usize = 4;
/// Time between two position checks.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The same while nothing comes from other nodes that are there.
const CHECK_ALONE: Duration = Duration::from_millis(500);

/// The live rooms of this node.
#[derive(Default)]
pub(super) struct LiveRooms {
    running: OnceLock<(Rooms, Arc<ArbiterPool>)>,
    /// The course of each room that somebody has entered here.
    courses: Mutex<HashMap<Uuid, Uuid>>,
}

impl LiveRooms {
    fn courses(&self) -> MutexGuard<'_, HashMap<Uuid, Uuid>> {
        self.courses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rooms(&self) -> Option<&Rooms> {
        self.running.get().map(|(rooms, _)| rooms)
    }

    /// The actor of a room that somebody enters, started if need be.
    pub fn open(&self, app: &App, member: &Member) -> Result<Addr<ChatRoom>, Refusal> {
        if app.is_draining() {
            return Err(Refusal::unavailable(2000));
        }
        if let Some(course) = member.course {
            self.courses().insert(member.room, course);
        }
        let rooms = self.rooms().ok_or(Refusal::unavailable(2000))?;
        rooms.get(&member.room).map_err(|restarting| {
            let ms = restarting.retry_in.num_milliseconds();
            Refusal::unavailable(u64::try_from(ms).unwrap_or(0).max(100))
        })
    }

    /// The actor of a room that somebody should be in: who is in no room here finds none.
    pub fn find(&self, app: &App, room: Uuid) -> Result<Addr<ChatRoom>, Refusal> {
        if app.is_draining() {
            return Err(Refusal::unavailable(2000));
        }
        self.rooms().and_then(|rooms| rooms.find(&room)).ok_or(Refusal::new(ErrCode::NotFound))
    }
}

/// Starts the registry, the position check, and the ear for lost access. Inside an actix system.
pub(super) fn start(app: &App) {
    let pool = ArbiterPool::new(
        std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(THREADS),
    );
    let with = Surroundings {
        log: Arc::new(PgChatLog::start(
            app.db.clone(),
            Arc::clone(&app.clock),
            Arc::clone(&app.ids),
            News::start(app),
            app.messaging.bell.clone(),
            app.redis.clone(),
        )),
        bus: Arc::clone(&app.bus),
        relays: Arc::clone(&app.sockets.relays),
        elsewhere: Arc::new(OtherNodes::start(app)),
        clock: Arc::clone(&app.clock),
        pace: Pace::per_minute(app.config.chat.send_per_minute, app.config.limits.factor),
        repetitions: Arc::new(Repetitions::default()),
    };
    let rooms = Rooms::new(Arc::clone(&pool), Arc::clone(&app.clock), move |id, retire, _| {
        ChatRoom::new(*id, with.clone(), retire)
    });
    if app.messaging.live.running.set((rooms, pool)).is_err() {
        tracing::error!("the rooms were started twice");
        return;
    }
    let listening = app.clone();
    actix_rt::spawn(async move {
        let mut notices = listening.live.listen();
        loop {
            let notice = tokio::select! {
                () = listening.stop.cancelled() => return,
                notice = notices.recv() => notice,
            };
            match notice {
                Ok(Notice::AccessChanged { user_id, course_id }) => {
                    if let Err(problem) = access_changed(&listening, user_id, course_id).await {
                        tracing::warn!(%problem, "seats of a course are taken on suspicion");
                        revoke(&listening, user_id, course_id);
                    }
                }
                Ok(Notice::PlacesChanged { course_id }) => {
                    let app = listening.clone();
                    actix_rt::spawn(async move {
                        for (id, room) in of_course(&app, course_id) {
                            check_room(&app, id, &room).await;
                        }
                    });
                }
                Ok(Notice::BlocksChanged { user_id }) => {
                    if let Err(problem) = blocks_changed(&listening, user_id).await {
                        tracing::warn!(%problem, "seats look through an old list of blocks");
                    }
                }
                Ok(_) => {}
                Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "notices missed, all seats are looked at");
                    check_seats(&listening).await;
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    let checking = app.clone();
    actix_rt::spawn(async move {
        let every = Duration::from_secs(checking.config.chat.seat_check_seconds.max(1));
        loop {
            tokio::select! {
                () = checking.stop.cancelled() => return,
                () = tokio::time::sleep(every) => check_seats(&checking).await,
            }
        }
    });
    let checking = app.clone();
    actix_rt::spawn(async move {
        let mut checked = Instant::now();
        // Also once more when the bus is back: what was said before nobody repeats.
        let mut alone = false;
        loop {
            tokio::select! {
                () = checking.stop.cancelled() => return,
                () = tokio::time::sleep(CHECK_ALONE) => {}
            }
            let was_alone = std::mem::replace(&mut alone, is_alone(&checking));
            if !alone && !was_alone && checked.elapsed() < CHECK_EVERY {
                continue;
            }
            checked = Instant::now();
            if let Err(problem) = check_positions(&checking).await {
                tracing::warn!(%problem, "no position check");
            }
        }
    });
}

/// Whether what is said on other nodes arrives here by looking at the log only.
fn is_alone(app: &App) -> bool {
    match app.redis {
        Some(_) => !app.bus.is_whole(),
        None => app.ear.has_others(),
    }
}

/// Takes the seats of who is no longer enrolled. (An author or somebody of the staff who loses seats
/// by it comes back by itself.)
async fn access_changed(app: &App, user: Uuid, course: Uuid) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    if !learning::is_enrolled(&mut conn, user, course, app.clock.now()).await? {
        revoke(app, user, course);
    }
    Ok(())
}

/// Has a person's seats look through their new list of whom they do not want to see.
async fn blocks_changed(app: &App, user: Uuid) -> Result<(), Problem> {
    let blocked = {
        let mut conn = app.db.conn().await?;
        store::blocked_by(&mut conn, user).await?
    };
    let blocked =
        (!blocked.is_empty()).then(|| Arc::new(blocked.into_iter().collect::<HashSet<Uuid>>()));
    for (_, room) in app.messaging.live.rooms().map(Rooms::all).unwrap_or_default() {
        room.do_send(Tell(Command::Blocks { user, blocked: blocked.clone() }));
    }
    Ok(())
}

/// Takes a person's seats in a course's rooms away. Who may still enter comes back by itself.
fn revoke(app: &App, user: Uuid, course: Uuid) {
    for (_, room) in of_course(app, course) {
        room.do_send(Tell(Command::Revoke(user)));
    }
}

/// The rooms of a course that live on this node.
fn of_course(app: &App, course: Uuid) -> Vec<(Uuid, Addr<ChatRoom>)> {
    let Some(rooms) = app.messaging.live.rooms() else { return Vec::new() };
    let ids: Vec<Uuid> = {
        let courses = app.messaging.live.courses();
        courses.iter().filter(|(_, of)| **of == course).map(|(room, _)| *room).collect()
    };
    ids.into_iter().filter_map(|id| Some((id, rooms.find(&id)?))).collect()
}

/// Looks at every seat of this node as if its holder came in now: what took access away may have
/// been told in a notice that was lost.
async fn check_seats(app: &App) {
    let live = app.messaging.live.rooms().map(Rooms::all).unwrap_or_default();
    for (id, room) in live {
        check_room(app, id, &room).await;
    }
}

/// The same for the seats of one room.
async fn check_room(app: &App, id: Uuid, room: &Addr<ChatRoom>) {
    // A room that has ended meanwhile has no seats.
    let Ok(sitters) = room.send(Seated).await else { return };
    let mut users: Vec<Uuid> = sitters.iter().map(|sitter| sitter.user).collect();
    users.dedup();
    if users.is_empty() {
        return;
    }
    let standings = async {
        let mut conn = app.db.conn().await?;
        access::standings(app, &mut conn, id, &users).await
    };
    let standings = match standings.await {
        Ok(standings) => standings,
        Err(problem) => {
            tracing::warn!(%problem, "the seats of a room could not be looked at");
            return;
        }
    };
    let lost = sitters.iter().filter(|sitter| {
        let standing = standings.get(&sitter.user);
        standing.is_none_or(|now| now.rights() != sitter.rights)
    });
    for sitter in lost {
        room.do_send(Tell(Command::Revoke(sitter.user)));
    }
}

/// Tells every live room the head of its log: what the bus lost is noticed here.
async fn check_positions(app: &App) -> Result<(), Problem> {
    let live = app.messaging.live.rooms().map(Rooms::all).unwrap_or_default();
    app.messaging.live.courses().retain(|room, _| live.iter().any(|(id, _)| id == room));
    if live.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = live.iter().map(|(id, _)| *id).collect();
    let mut conn = app.db.conn().await?;
    let heads: HashMap<Uuid, i64> = store::heads(&mut conn, &ids).await?.into_iter().collect();
    for (id, room) in live {
        room.do_send(Tell(match heads.get(&id) {
            Some(head) => Command::HeadIs(unsigned(*head)),
            // Deleted, with all that was its own.
            None => Command::Vanished,
        }));
    }
    Ok(())
}

/// Finishes what is in hand and ends the rooms.
pub(super) async fn drain(app: &App) {
    let Some((rooms, pool)) = app.messaging.live.running.get() else { return };
    let within = Duration::from_secs(app.config.server.drain_seconds) / 3;
    let drained = shutdown::drain(rooms, within).await;
    if drained.finished < drained.asked {
        tracing::warn!(?drained, "some rooms did not finish in time");
    }
    let pool = Arc::clone(pool);
    // Joining threads blocks.
    let stopped = tokio::task::spawn_blocking(move || pool.stop()).await;
    if let Err(error) = stopped {
        tracing::warn!(%error, "the rooms' threads did not stop");
    }
}

/// A room that may have to be made.
#[derive(Debug, Clone)]
pub(super) struct New {
    key: Key,
    kind: RoomKind,
    lesson: Option<Uuid>,
    course: Option<Uuid>,
    task: Option<Uuid>,
    owner: Option<Uuid>,
    title: Option<String>,
    /// Whose room it is from the start, beside the owner.
    others: Vec<Uuid>,
}

impl New {
    const fn of(kind: RoomKind, key: Key) -> Self {
        let (lesson, course, task, owner) = (None, None, None, None);
        Self { key, kind, lesson, course, task, owner, title: None, others: Vec::new() }
    }

    /// Beside a lesson.
    pub fn lesson(lesson: Uuid, course: Uuid) -> Self {
        let of = Self::of(RoomKind::Lesson, Key::Lesson(lesson));
        Self { lesson: Some(lesson), course: Some(course), ..of }
    }

    /// Of a student and the author of a course.
    pub fn pair(course: Uuid, student: Uuid, author: Uuid) -> Self {
        let of = Self::of(RoomKind::Pair, Key::Pair(course, student));
        Self { course: Some(course), owner: Some(student), others: vec![author], ..of }
    }

    /// Of a person with the support.
    pub fn support(person: Uuid) -> Self {
        let of = Self::of(RoomKind::Support, Key::Support(person));
        Self { owner: Some(person), ..of }
    }

    /// Of a course's announcements.
    pub fn news(course: Uuid) -> Self {
        Self { course: Some(course), ..Self::of(RoomKind::News, Key::News(course)) }
    }

    /// Of a student under a task.
    pub fn task(task: Uuid, course: Uuid, student: Uuid) -> Self {
        let of = Self::of(RoomKind::Task, Key::Task(task, student));
        Self { task: Some(task), course: Some(course), owner: Some(student), ..of }
    }

    /// A question about a lesson (`lesson`), or a thread of the course's forum.
    pub fn thread(
        id: Uuid,
        lesson: Option<Uuid>,
        course: Uuid,
        owner: Uuid,
        title: String,
    ) -> Self {
        let kind = if lesson.is_some() { RoomKind::Question } else { RoomKind::Forum };
        let of = Self::of(kind, Key::Id(id));
        Self { lesson, course: Some(course), owner: Some(owner), title: Some(title), ..of }
    }

    /// The room as it would be made now.
    pub fn row(&self, app: &App) -> RoomRow {
        RoomRow {
            id: if let Key::Id(id) = self.key { id } else { app.id() },
            kind: self.kind,
            lesson_id: self.lesson,
            course_id: self.course,
            task_id: self.task,
            owner_id: self.owner,
            title: self.title.clone(),
            locked: false,
            accepted_id: None,
            slow_s: 0,
            version: 1,
            created_at: app.clock.now(),
        }
    }
}

/// The one room of a kind that the migrations make.
pub(super) async fn only(conn: &mut AsyncPgConnection, kind: RoomKind) -> Result<Uuid, Problem> {
    let room = store::rooms::find(conn, Key::Kind(kind)).await?;
    room.map(|room| room.id).ok_or_else(|| Problem::internal("a room of the school is missing"))
}

/// The room, made at its first use.
pub(super) async fn ensure(
    app: &App,
    conn: &mut AsyncPgConnection,
    new: &New,
) -> Result<Uuid, Problem> {
    if let Some(room) = store::rooms::find(conn, new.key).await? {
        return Ok(room.id);
    }
    let epoch: u32 = rand::random();
    let members: Vec<Uuid> = new.owner.iter().chain(&new.others).copied().collect();
    let row = new.row(app);
    store::rooms::make(conn, &row, &format!("{epoch:08x}"), &members).await?;
    // Somebody else may have been quicker: theirs counts.
    let room = store::rooms::find(conn, new.key).await?.ok_or_else(Problem::not_found)?;
    Ok(room.id)
}
