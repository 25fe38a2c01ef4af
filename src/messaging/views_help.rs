//! JSON of frequent questions and of support.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What a frequent question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaqTopic {
    /// Documents and terms of admission.
    Admission,
    /// Scores by specialty.
    Scores,
    /// Lessons, tasks, certificates.
    Learning,
    /// Paying and refunds.
    Payment,
    /// Account and signing in.
    Account,
    /// Something does not work.
    Technical,
    /// Anything else.
    Other,
}

impl FaqTopic {
    const ALL: [Self; 7] = [
        Self::Admission,
        Self::Scores,
        Self::Learning,
        Self::Payment,
        Self::Account,
        Self::Technical,
        Self::Other,
    ];

    /// The word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admission => "admission",
            Self::Scores => "scores",
            Self::Learning => "learning",
            Self::Payment => "payment",
            Self::Account => "account",
            Self::Technical => "technical",
            Self::Other => "other",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word).unwrap_or(Self::Other)
    }
}

/// A frequent question with its answer, in the languages that there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaqEntry {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub topic: FaqTopic,
    /// The question by language (`uz`, `ru`, `en`, `he`).
    pub question: BTreeMap<String, String>,
    /// The answer by language, plain text with light marks.
    pub answer: BTreeMap<String, String>,
    /// Whether everybody sees it.
    pub published: bool,
    /// How many it helped.
    pub helpful: i32,
    /// How many it did not help.
    pub unhelpful: i32,
    /// Grows with every edit.
    pub version: i32,
    /// When it was last edited.
    pub updated_at: DateTime<Utc>,
}

/// All that was found, the best first; without words in the editors' order.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaqList {
    /// The entries.
    pub items: Vec<FaqEntry>,
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FaqQuery {
    /// Words of the question.
    pub q: Option<String>,
    /// Only about this.
    pub topic: Option<FaqTopic>,
    /// With those that are not published; for the staff alone.
    pub all: Option<bool>,
    /// Entries at most, 1 to 500.
    pub limit: Option<u32>,
}

/// A new entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFaq {
    /// What it is about.
    pub topic: FaqTopic,
    /// The question by language (`uz`, `ru`, `en`, `he`), 1 to 300 characters each.
    pub question: BTreeMap<String, String>,
    /// The answer by language, 1 to 4000 characters each; the same languages.
    pub answer: BTreeMap<String, String>,
    /// Whether everybody sees it; yes when absent.
    pub published: Option<bool>,
}

/// A change of an entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaqChange {
    /// The version that was edited.
    pub version: i32,
    /// What it is about.
    pub topic: Option<FaqTopic>,
    /// The question by language.
    pub question: Option<BTreeMap<String, String>>,
    /// The answer by language.
    pub answer: Option<BTreeMap<String, String>>,
    /// Whether everybody sees it.
    pub published: Option<bool>,
}

/// All entries in a new order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaqOrder {
    /// Their ids.
    pub ids: Vec<Uuid>,
}

/// Whether an answer helped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaqVote {
    /// Whether it did.
    pub helpful: bool,
}

/// Where a person's last question to the support stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportState {
    /// Nothing was ever asked.
    None,
    /// It waits for an answer.
    Waiting,
    /// It was answered; the talk may go on.
    Answered,
    /// It was called done.
    Resolved,
}

/// A person's talk with the support.
#[derive(Debug, Serialize, ToSchema)]
pub struct Support {
    /// The room, once there is one.
    #[schema(required)]
    pub room_id: Option<Uuid>,
    /// Where the last question stands.
    pub state: SupportState,
    /// Members of the staff who are there now.
    pub on_duty: usize,
    /// Seconds within which an answer usually comes: the middle of the last seven days; null when
    /// nobody knows.
    #[schema(required)]
    pub expected_s: Option<i64>,
}

/// A question to the support.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupport {
    /// 1 to 4000 characters of plain text.
    pub body: String,
    /// Chosen by the client; the same one again asks nothing twice.
    pub client_id: String,
}
