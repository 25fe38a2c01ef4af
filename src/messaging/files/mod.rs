//! Files and pictures in chats (MSG-06). A file is uploaded first, made into a chat's file, and then
//! named in one message. Pictures are decoded and encoded anew, shown and small, so that nothing of
//! the original's bytes is left; everything else is handed out as an attachment. Links are signed for
//! one member and a quarter of an hour, and what a message no longer shows is not there any more.
//!
//! Objects: `chat/<file>/file`, `chat/<file>/full.webp`, `chat/<file>/thumb.webp`.

mod kinds;
mod make;
pub(super) mod model;
mod picture;
mod purge;
pub(super) mod routes;
mod schema;
mod serve;
pub(super) mod store;
mod views;

use std::time::Duration;

use futures::FutureExt as _;

use crate::platform::jobs::{Handlers, Schedule};

pub(super) use routes::routes;

/// Files of one message at most.
pub(super) const FILES_MAX: usize = 10;

/// Its kinds of jobs.
pub(super) fn jobs(handlers: &mut Handlers) {
    handlers.job::<purge::ForgetChatFile>();
}

/// What it does again and again.
pub(super) fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        name: "messaging.purge_files",
        every: Duration::from_secs(600),
        run: |app| async move { purge::purge(&app).await }.boxed(),
    }]
}
