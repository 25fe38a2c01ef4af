//! JSON in and out of moderation.

use actors::chat_room::port::Action;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::{CaseKind, Decision, ReportKind, WordLanguage, WordRow, WordVerdict};
use crate::messaging::model::RoomKind;

/// A word that a message may not hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatWord)]
pub struct Word {
    /// Its id.
    pub id: Uuid,
    /// The list that it stands in. All lists count for every message.
    pub language: WordLanguage,
    /// As it was typed; a `*` at the end stands for any ending.
    pub word: String,
    /// `reject`: the message is not stored; `hold`: it waits for a moderator.
    pub verdict: WordVerdict,
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
    pub language: WordLanguage,
    /// 2 to 100 characters, several words allowed; a `*` at the end stands for any ending.
    pub word: String,
    /// What becomes of a message with it.
    pub verdict: WordVerdict,
}

/// Which words.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WordQuery {
    /// Of this list only.
    pub language: Option<WordLanguage>,
    /// A part of the word, in any spelling.
    pub q: Option<String>,
    /// Words a page, 1 to 100; 50 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// How far a mute reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MuteScope {
    /// The room.
    Room,
    /// All rooms of its course.
    Course,
    /// Every room.
    All,
}

/// What a moderator does.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = ModerationAction, value_type = String, example = "mute")]
pub struct ActName(pub Action);

/// An act of moderation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModerationAct)]
pub struct NewAct {
    /// `mute`, `unmute`, `kick`, `ban`, `unban`, `lock`, `unlock` or `slow_mode`.
    #[schema(inline)]
    pub action: ActName,
    /// To whom, where it is done to a person.
    pub user_id: Option<Uuid>,
    /// How far a mute reaches; the room when absent.
    pub scope: Option<MuteScope>,
    /// For `mute`: seconds, 60 to 366 days; absent = until it is lifted.
    pub for_s: Option<i64>,
    /// For `slow_mode`: seconds between two messages of one person, 0 = off, at most 3600.
    pub slow_s: Option<u32>,
    /// Why, 1 to 500 characters. Who it is done to reads it, and it stands in the audit log.
    #[serde(default)]
    #[schema(required)]
    pub reason: String,
}

/// What came of an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActDone {
    /// Its number in the room; null for a mute that reaches beyond it.
    pub seq: Option<u64>,
    /// Until when a mute holds; null = until it is lifted.
    pub until: Option<DateTime<Utc>>,
}

/// A report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// What for.
    pub kind: ReportKind,
    /// More, at most 1000 characters; needed for `other`.
    #[serde(default)]
    pub text: String,
}

/// Whether a case waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// It waits.
    Open,
    /// It was decided.
    Resolved,
}

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CaseQuery {
    /// `open` when absent.
    pub state: Option<CaseState>,
    /// Of this kind only.
    pub kind: Option<CaseKind>,
    /// Cases a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A message that a moderator is to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationCase)]
pub struct CaseView {
    /// Its id; of a held message, the message's.
    pub id: Uuid,
    /// Why it is here.
    pub kind: CaseKind,
    /// Where.
    pub room: CaseRoom,
    /// The message.
    pub message: CaseMessage,
    /// The reports, without their senders.
    pub reports: Vec<CaseReport>,
    /// How many.
    pub n: u32,
    /// Since when it waits.
    pub opened_at: DateTime<Utc>,
    /// When it was decided.
    pub resolved_at: Option<DateTime<Utc>>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// How: `dismiss`, `delete`, `mute`, `ban`, `approve` or `refuse`.
    pub resolution: Option<String>,
}

/// The room of a case or a ban.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ModerationCaseRoom)]
pub struct CaseRoom {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub kind: RoomKind,
    /// What it is about.
    pub title: String,
}

/// The message of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationCaseMessage)]
pub struct CaseMessage {
    /// Its id.
    pub id: Uuid,
    /// Its number in the room.
    pub seq: u64,
    /// Who wrote it.
    pub author: Uuid,
    /// Their name.
    pub author_name: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// `shown`, `held`, `deleted` or `refused`.
    pub state: String,
    /// As it is.
    pub body: String,
    /// As it was when it was first reported.
    pub snapshot: String,
}

/// A report in a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationCaseReport)]
pub struct CaseReport {
    /// What for.
    pub kind: ReportKind,
    /// In the reporter's words.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a case is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModerationDecision)]
pub struct NewDecision {
    /// Reports: `dismiss`, `delete`, `mute`, `ban`; held messages: `approve`, `refuse`, `mute`, `ban`.
    pub action: Decision,
    /// For `mute`: seconds; absent = until it is lifted.
    pub for_s: Option<i64>,
    /// For `mute`: how far; the room when absent.
    pub scope: Option<MuteScope>,
    /// Why; needed unless nothing happens to anybody.
    #[serde(default)]
    pub reason: String,
}

/// Somebody who may not write somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct MuteView {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// How far.
    pub scope: MuteScope,
    /// In which room.
    pub room_id: Option<Uuid>,
    /// In which course.
    pub course_id: Option<Uuid>,
    /// Until when; null = until it is lifted.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Whether the caller keeps order that far: only then is it theirs to lift.
    pub can_lift: bool,
}

/// Somebody who may not enter a room until the ban is lifted.
#[derive(Debug, Serialize, ToSchema)]
pub struct BanView {
    /// Who.
    pub user_id: Uuid,
    /// Their name.
    pub name: String,
    /// Which room.
    pub room: CaseRoom,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// Which of those who are muted or banned.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HeldBackQuery {
    /// Rows a page, 1 to 100; 50 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which of somebody's mutes: at most one of the two, with neither that over the whole school.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LiftQuery {
    /// That in this room.
    pub room_id: Option<Uuid>,
    /// That over this course.
    pub course_id: Option<Uuid>,
    /// Why it is lifted, 1 to 500 characters; it stands in the audit log.
    #[serde(default)]
    pub reason: String,
}

/// Which of somebody's bans.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UnbanQuery {
    /// That from this room.
    pub room_id: Uuid,
    /// Why it is lifted, 1 to 500 characters; it stands in the audit log.
    #[serde(default)]
    pub reason: String,
}

/// Somebody whose messages one does not want to see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatBlock)]
pub struct Block {
    /// Who.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
}
