//! Rows of moderation, and the words of its columns.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::chat_words;
use crate::platform::text_enum;

text_enum! {
    /// What becomes of a message that holds a word; the later is the worse.
    #[derive(PartialOrd, Ord)]
    pub enum Verdict {
        /// It waits for a moderator.
        Hold = "hold",
        /// It is not stored.
        Reject = "reject",
    }
}

text_enum! {
    /// The label of a word list.
    pub enum Language {
        /// None in particular.
        Any = "any",
        /// Uzbek.
        Uz = "uz",
        /// Russian.
        Ru = "ru",
        /// English.
        En = "en",
        /// Hebrew.
        He = "he",
    }
}

/// A forbidden word.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = chat_words, check_for_backend(diesel::pg::Pg))]
pub struct WordRow {
    pub id: Uuid,
    pub language: Language,
    pub word: String,
    pub skeleton: String,
    pub verdict: Verdict,
    pub added_by: Option<Uuid>,
    pub created_at: Timestamp,
}
