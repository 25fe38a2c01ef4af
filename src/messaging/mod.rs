//! Messaging: rooms of every kind and who may do what in them, their messages, how far people have read;
//! threads, announcements, support, frequent questions, the curators' desk; moderation and files.
//!
//! Its tables are those of `schema.rs`; no other context reads them. Invariants:
//! - Whatever changes a room for good is one entry of its log, with the next number: 1, 2, 3 …
//!   without gaps, given by the database inside the transaction that stores the entry.
//! - Nothing is acknowledged before its commit; a repeated send is stored once.
//! - Somebody else's room and no room at all are the same answer; who may do what is the one table of
//!   `rules/rights.rs`.
//! - A question is held by one person at a time; the desk changes in the transaction of the message.

mod access;
mod announcements;
mod bell;
mod changes;
mod desk;
mod desk_routes;
mod doors;
mod faq;
mod files;
mod help_routes;
mod history;
mod hooks;
mod latest;
mod limits;
mod list;
mod log;
mod model;
pub mod moderation;
mod news;
mod people;
mod room_routes;
mod rooms;
mod routes;
mod rules;
mod schema;
mod search;
mod staff;
mod store;
mod students;
mod support;
mod templates;
mod threads;
mod topic;
mod user_frames;
mod versions;
mod views;
mod views_desk;
mod views_help;
mod views_rooms;
mod views_students;

use std::time::Duration;

use futures::FutureExt as _;
use utoipa::OpenApi;

use crate::app::App;
use crate::courses::CourseUpdated;
use crate::learning::TaskChatOpened;
use crate::platform::BootError;
use crate::platform::config::{Config, Role};
use crate::platform::events::Subscribers;
use crate::platform::jobs::{Handlers, Schedule};
use crate::platform::live::Notice;

pub use routes::routes;
pub use topic::Chat;

/// What the context keeps while the process lives.
#[derive(Default)]
pub struct Services {
    live: rooms::LiveRooms,
    moderation: moderation::Services,
    bell: bell::Bell,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    /// Made once at the start.
    ///
    /// # Errors
    /// None so far.
    pub fn new(_config: &Config) -> Result<Self, BootError> {
        Ok(Self::default())
    }
}

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    paths(
        routes::room_of_lesson,
        routes::messages,
        routes::send,
        changes::edit,
        changes::delete,
        changes::versions,
        changes::react,
        changes::unreact,
        changes::pin,
        changes::unpin,
        changes::accept,
        changes::unaccept,
        changes::find,
        changes::log,
        changes::mark,
        moderation::routes::list_words,
        moderation::routes::add_word,
        moderation::routes::remove_word,
        moderation::routes::list_cases,
        moderation::routes::decide_case,
        moderation::routes::list_mutes,
        moderation::routes::lift_mute,
        moderation::routes::list_bans,
        moderation::routes::lift_ban,
        moderation::routes::moderate,
        moderation::routes::report_message,
        moderation::routes::list_blocks,
        moderation::routes::block,
        moderation::routes::unblock,
        files::routes::add_file,
        files::routes::file_link,
        files::routes::file_bytes,
        files::routes::file_thumb,
        room_routes::rooms,
        room_routes::unread,
        room_routes::room,
        room_routes::change,
        room_routes::people,
        room_routes::task_room,
        room_routes::task_rooms,
        room_routes::pair,
        room_routes::general,
        room_routes::staff,
        room_routes::questions,
        room_routes::ask_question,
        room_routes::forum,
        room_routes::open_thread,
        room_routes::announcements,
        room_routes::announce,
        help_routes::faq,
        help_routes::add_faq,
        help_routes::change_faq,
        help_routes::delete_faq,
        help_routes::order_faq,
        help_routes::vote_faq,
        help_routes::support,
        help_routes::ask_support,
        desk_routes::queue,
        desk_routes::panel,
        desk_routes::colleagues,
        desk_routes::claim,
        desk_routes::renew,
        desk_routes::release,
        desk_routes::resolve,
        desk_routes::pass,
        desk_routes::write_note,
        desk_routes::templates,
        desk_routes::add_template,
        desk_routes::change_template,
        desk_routes::delete_template,
        students::list_students,
    ),
    components(schemas(
        views_desk::QueueState,
        views_rooms::ThreadState,
        views_students::StudentsState,
        moderation::CaseState
    ))
)]
pub struct Docs;

/// What it hears.
pub fn subscribe(s: &mut Subscribers) {
    s.subscribe::<TaskChatOpened, _, _>("messaging.task_chat_opened", |app, fact, _| async move {
        doors::task_chat_opened(&app, fact.user_id, fact.task_id).await.map_err(Into::into)
    });
    // Committed by now: whoever looks at their seats sees what has changed.
    s.subscribe::<CourseUpdated, _, _>("messaging.course_updated", |app, fact, _| async move {
        app.live.tell(Notice::PlacesChanged { course_id: fact.course_id });
        Ok(())
    });
}

/// Its kinds of jobs.
pub fn jobs(handlers: &mut Handlers) {
    files::jobs(handlers);
}

/// What it does again and again.
pub fn schedules() -> Vec<Schedule> {
    let mut schedules = files::schedules();
    schedules.push(Schedule {
        name: "messaging.purge_versions",
        every: Duration::from_secs(3600),
        run: |app| async move { versions::purge(&app).await }.boxed(),
    });
    schedules
}

/// Starts the rooms, where sockets are served.
pub fn start(app: &App) {
    if app.config.has_role(Role::Web) {
        rooms::start(app);
        moderation::start(app);
        actix_rt::spawn(bell::listen(app.clone()));
        if app.redis.is_some() {
            actix_rt::spawn(staff::tell(app.clone()));
        }
    }
}

/// Finishes what is in hand.
pub async fn drain(app: &App) {
    rooms::drain(app).await;
}
