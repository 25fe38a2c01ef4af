//! What identity takes and gives as JSON: one type for each audience, and for each act one that
//! holds only what that act may change.

use chrono::{DateTime, Utc};
use kernel::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::{SessionRow, UserRow};
use super::roles::{Role, Roles};
use super::status::Status;

/// A registration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Where the code goes.
    pub email: String,
    /// 1 to 100 characters.
    pub first_name: String,
    /// 1 to 100 characters.
    pub last_name: String,
    /// With the country code.
    pub phone: Option<String>,
    /// Left out, the account is signed in to by codes.
    pub password: Option<String>,
    /// uz, ru, en or he.
    pub locale: Option<String>,
}

/// An address that asks for something by mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address.
    pub email: String,
}

/// A code is on its way, if the address can have one.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeSent {
    /// Goes back with the code.
    pub challenge: Uuid,
    /// Seconds after which another code can be asked for.
    pub resend_after_s: i32,
}

/// A code as it was typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedCode {
    /// From the answer that announced the code.
    pub challenge: Uuid,
    /// Six digits.
    pub code: String,
}

/// Address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Nothing: the body of acts that say everything by the cookie.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInView {
    /// For the header `Authorization: Bearer`.
    pub access_token: String,
    /// Seconds that it lives.
    pub expires_in: i64,
    /// Who.
    pub user: Me,
}

/// A new password by the token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// From the link's fragment.
    pub token: String,
    /// The new password.
    pub password: String,
}

impl std::fmt::Debug for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reset").finish_non_exhaustive()
    }
}

/// A new password of whoever is signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// Needed when there is one.
    pub current_password: Option<String>,
    /// The new one.
    pub new_password: String,
    /// Whether all other sessions end; yes, if left out.
    pub end_others: Option<bool>,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

/// A person as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Their id.
    pub id: Uuid,
    /// Where mail goes.
    pub email: String,
    /// Whether it is confirmed.
    pub email_verified: bool,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// With the country code.
    pub phone: Option<String>,
    /// What they say about themselves; shown on their courses.
    pub about: String,
    /// uz, ru, en or he.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
    /// What they may act as, everywhere.
    pub roles: Vec<Role>,
    /// Whether they can sign in by password.
    pub has_password: bool,
    /// The state of the account.
    pub status: Status,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

impl Me {
    pub(super) fn of(user: UserRow, roles: &Roles, now: Timestamp) -> Self {
        Self {
            status: user.status_at(now),
            has_password: user.password_hash.is_some(),
            id: user.id,
            email: user.email,
            email_verified: user.email_verified_at.is_some(),
            first_name: user.first_name,
            last_name: user.last_name,
            phone: user.phone,
            about: user.about,
            locale: user.locale,
            timezone: user.timezone,
            roles: roles.to_vec(),
            created_at: user.created_at,
        }
    }
}

/// What a person changes about themselves; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// 1 to 100 characters.
    pub first_name: Option<String>,
    /// 1 to 100 characters.
    pub last_name: Option<String>,
    /// With the country code; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// uz, ru, en or he.
    pub locale: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// At most 2000 characters.
    pub about: Option<String>,
}

/// Tells null from what was left out.
fn given<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(json).map(Some)
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: Uuid,
    /// "Firefox, Windows".
    pub device: String,
    /// Where it was last used from, cut to /24 or /48.
    pub network: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl SessionView {
    pub(super) fn of(session: SessionRow, current: Uuid) -> Self {
        Self {
            current: session.id == current,
            id: session.id,
            device: session.device,
            network: session.network,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}

/// A person as staff see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffUser {
    /// Their id.
    pub id: Uuid,
    /// Where mail goes.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The state of the account.
    pub status: Status,
    /// When a suspension ends.
    pub suspended_until: Option<DateTime<Utc>>,
    /// Why staff changed the state.
    pub status_reason: Option<String>,
    /// What they may act as, everywhere.
    pub roles: Vec<Role>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

impl StaffUser {
    pub(super) fn of(user: UserRow, roles: &Roles, now: Timestamp) -> Self {
        Self {
            status: user.status_at(now),
            suspended_until: user.suspended_until.filter(|until| *until > now),
            id: user.id,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
            status_reason: user.status_reason,
            roles: roles.to_vec(),
            created_at: user.created_at,
        }
    }
}

/// Which people staff look for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// A part of the address or the name.
    pub q: Option<String>,
    /// People a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which acts of the staff.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Done by this person.
    pub actor: Option<Uuid>,
    /// Done to this person, message, room …
    pub subject: Option<Uuid>,
    /// Such as `chat.mute`; `chat.` for everything in chats.
    pub action: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// Acts a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// An act of the staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRow {
    /// Its id.
    pub id: Uuid,
    /// Who; null: the server itself.
    pub actor: Option<Person>,
    /// What, such as `chat.mute`.
    pub action: String,
    /// What it was done to: `user`, `message`, `room` …
    pub subject_kind: String,
    /// To which.
    pub subject_id: Uuid,
    /// Its name, if it is a person.
    pub subject_name: Option<String>,
    /// Why, in the actor's words.
    pub reason: String,
    /// More, by action.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A state that staff give an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatus {
    /// active, suspended or banned.
    pub status: Status,
    /// When a suspension ends by itself; without it staff must lift it.
    pub until: Option<DateTime<Utc>>,
    /// Why; the person reads it.
    pub reason: String,
}

/// A role given or taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// Which.
    pub role: Role,
    /// Given, or taken away.
    pub grant: bool,
}

/// What anybody may know about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// Their id.
    pub id: Uuid,
    /// First and last name.
    pub name: String,
    /// What they say about themselves.
    pub about: String,
}
