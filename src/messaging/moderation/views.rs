//! JSON in and out of moderation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::{Language, Verdict, WordRow};

/// A word that a message may not hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatWord)]
pub struct Word {
    /// Its id.
    pub id: Uuid,
    /// The list that it stands in. All lists count for every message.
    pub language: Language,
    /// As it was typed; a `*` at the end stands for any ending.
    pub word: String,
    /// `reject`: the message is not stored; `hold`: it waits for a moderator.
    pub verdict: Verdict,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl From<WordRow> for Word {
    fn from(row: WordRow) -> Self {
        let WordRow { id, language, word, verdict, created_at, .. } = row;
        Self { id, language, word, verdict, created_at }
    }
}

/// A word to add.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewChatWord)]
#[serde(deny_unknown_fields)]
pub struct NewWord {
    /// The list.
    pub language: Language,
    /// 2 to 100 characters, several words allowed; a `*` at the end stands for any ending.
    pub word: String,
    /// What becomes of a message with it.
    pub verdict: Verdict,
}

/// Which words.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WordQuery {
    /// Of this list only.
    pub language: Option<Language>,
    /// A part of the word, in any spelling.
    pub q: Option<String>,
    /// Words a page, 1 to 100; 50 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
