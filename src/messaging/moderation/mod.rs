//! Moderation: what may be written, and by whom it was decided. Rows MSG-07, ADM-06.
//!
//! - `skeleton`, `words`, `text`: the rules about a text, pure. `screen`: the rules in their order.
//! - `lists`: the word lists, as moderators keep them.
//! - `act`: what moderators do in rooms, and to whom. `mutes`: who may not write. `bans`: who may not enter.
//! - `reports`, `cases`: what people report, and the moderators' queue. `blocks`: whom one hides.

mod act;
mod bans;
mod blocks;
mod cases;
mod lists;
mod model;
mod mutes;
mod reports;
pub(super) mod routes;
mod schema;
mod screen;
mod skeleton;
mod store;
mod text;
mod trust;
mod views;
mod words;

use std::sync::{Arc, PoisonError, RwLock};

use diesel_async::AsyncPgConnection;

use super::rules::reach::Reach;
use crate::courses;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};

pub(super) use act::permit_delete;
pub(super) use model::ReportKind;
pub(super) use reports::report;
pub(super) use routes::routes;
pub(super) use screen::{Screened, screen};
pub(super) use store::mutes::{of as wide_mutes, widest as muted_widely};
pub(super) use trust::is_new;
pub(super) use views::CaseState;

/// What is told when the word lists have changed.
const WORDS: &str = "chat_words";

/// What moderation keeps while the process lives.
#[derive(Default)]
pub struct Services {
    dictionary: RwLock<Arc<words::Dictionary>>,
    trust: trust::Trust,
}

impl Services {
    fn dictionary(&self) -> Arc<words::Dictionary> {
        Arc::clone(&self.dictionary.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, dictionary: words::Dictionary) {
        let new = Arc::new(dictionary);
        *self.dictionary.write().unwrap_or_else(PoisonError::into_inner) = new;
    }
}

pub(super) use lists::start;

/// The rooms in which `who` keeps order.
///
/// # Errors
/// `forbidden` when there are none.
async fn reach(conn: &mut AsyncPgConnection, who: &Principal) -> Result<Reach, Problem> {
    let taught = courses::taught_by(conn, who.user_id).await?;
    let reach = Reach::of(&who.roles, &taught);
    if reach.is_empty() { Err(Problem::new(Code::Forbidden)) } else { Ok(reach) }
}
