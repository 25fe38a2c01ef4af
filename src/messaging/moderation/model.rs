//! Rows of moderation, and the words of its columns.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{chat_mutes, chat_words, report_cases, reports};
use crate::platform::text_enum;

text_enum! {
    /// What becomes of a message that holds a word; the later is the worse.
    #[derive(PartialOrd, Ord)]
    pub enum WordVerdict {
        /// It waits for a moderator.
        Hold = "hold",
        /// It is not stored.
        Reject = "reject",
    }
}

text_enum! {
    /// The label of a word list.
    pub enum WordLanguage {
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
    pub language: WordLanguage,
    pub word: String,
    pub skeleton: String,
    pub verdict: WordVerdict,
    pub added_by: Option<Uuid>,
    pub created_at: Timestamp,
}

text_enum! {
    /// What a message is reported for.
    pub enum ReportKind {
        /// Advertising, floods.
        Spam = "spam",
        /// Somebody is insulted.
        Insult = "insult",
        /// Solutions that are to be found alone.
        Cheating = "cheating",
        /// Somebody may come to harm.
        Danger = "danger",
        /// Something else; the text says what.
        Other = "other",
    }
}

text_enum! {
    /// Why a case is there.
    pub enum CaseKind {
        /// Somebody reported a message.
        Report = "report",
        /// A word list held a message back.
        Held = "held",
    }
}

text_enum! {
    /// How a case ended.
    pub enum Decision {
        /// There is nothing to it.
        Dismiss = "dismiss",
        /// The message is deleted.
        Delete = "delete",
        /// Its author may not write for a while; the message is deleted or refused.
        Mute = "mute",
        /// Its author is kept out of the room; the message is deleted or refused.
        Ban = "ban",
        /// The held message is shown.
        Approve = "approve",
        /// The held message is never shown.
        Refuse = "refuse",
    }
}

/// A mute over a course or, without one, the whole school.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = chat_mutes, check_for_backend(diesel::pg::Pg))]
pub struct NewMute {
    pub id: Uuid,
    pub user_id: Uuid,
    pub course_id: Option<Uuid>,
    pub until: Timestamp,
    pub reason: String,
    pub muted_by: Uuid,
    pub created_at: Timestamp,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_cases, check_for_backend(diesel::pg::Pg))]
pub struct CaseRow {
    pub id: Uuid,
    pub kind: CaseKind,
    pub room_id: Uuid,
    pub message_id: Uuid,
    pub snapshot: String,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<Uuid>,
    pub resolution: Option<String>,
}

/// A report in a case.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = reports, check_for_backend(diesel::pg::Pg))]
pub struct ReportRow {
    pub case_id: Uuid,
    pub reporter_id: Uuid,
    pub kind: ReportKind,
    pub text: String,
    pub created_at: Timestamp,
}

/// A message as moderation looks at it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Looked {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub room_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub author_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub seq: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub body: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub state: String,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub created_at: Timestamp,
}

/// Somebody who may not write somewhere.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MuteRow {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub user_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    pub room_id: Option<Uuid>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    pub course_id: Option<Uuid>,
    /// `None`: until it is lifted.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>)]
    pub until: Option<Timestamp>,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub reason: String,
}

/// Somebody who may not enter a room.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BanRow {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub user_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub room_id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub banned_at: Timestamp,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub reason: String,
}

impl MuteRow {
    /// What it is ordered by among one person's.
    pub fn place(&self) -> Uuid {
        self.room_id.or(self.course_id).unwrap_or(Uuid::max())
    }
}
