//! Moderation: what may be written, and by whom it was decided. Rows MSG-07, ADM-06.
//!
//! - `skeleton`, `words`, `text`: the rules about a text, pure. `screen`: the rules in their order.
//! - `lists`: the word lists, as moderators keep them.

mod lists;
mod model;
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

pub(super) use routes::routes;
pub(super) use screen::screen;

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
