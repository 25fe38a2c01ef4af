//! Rows of identity's tables.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{otp_challenges, sessions, users};
use super::status::Status;

/// A person.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub email_verified_at: Option<Timestamp>,
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    pub about: String,
    pub locale: String,
    pub timezone: String,
    pub password_hash: Option<String>,
    pub pepper_kid: Option<String>,
    pub status: String,
    pub suspended_until: Option<Timestamp>,
    pub status_reason: Option<String>,
    pub auth_version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl UserRow {
    /// The state at `now`. What the database could not hold counts as locked out.
    pub fn status_at(&self, now: Timestamp) -> Status {
        Status::of_name(&self.status).unwrap_or(Status::Banned).at(self.suspended_until, now)
    }

    /// The stored password, if there is one.
    pub fn password(&self) -> Option<super::passwords::Stored> {
        let (phc, pepper) = self.password_hash.clone().zip(self.pepper_kid.clone())?;
        Some(super::passwords::Stored { phc, pepper })
    }
}

/// What a person may change about themselves.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct ProfileChanges {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<Option<String>>,
    pub about: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
}

impl ProfileChanges {
    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.first_name.is_none()
            && self.last_name.is_none()
            && self.phone.is_none()
            && self.about.is_none()
            && self.locale.is_none()
            && self.timezone.is_none()
    }
}

/// A session.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub(super) struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub amr: Vec<Option<String>>,
    pub auth_time: Timestamp,
    pub device_hash: Vec<u8>,
    pub device: String,
    pub network: String,
    pub salt: Vec<u8>,
    pub key_id: String,
    pub generation: i32,
    pub secret_hash: Vec<u8>,
    pub replayed_late: bool,
    pub rotated_at: Timestamp,
    pub expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_reason: Option<String>,
}

/// Why a session ended, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndReason {
    SignOut,
    EndedByUser,
    Replaced,
    RefreshReuse,
    PasswordChanged,
    PasswordReset,
    Suspended,
    Banned,
}

impl EndReason {
    /// The name in the database, in facts and in notices.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignOut => "sign_out",
            Self::EndedByUser => "ended_by_user",
            Self::Replaced => "replaced",
            Self::RefreshReuse => "refresh_reuse",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::Suspended => "suspended",
            Self::Banned => "banned",
        }
    }
}

/// A question for a code.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = otp_challenges, check_for_backend(diesel::pg::Pg))]
pub(super) struct ChallengeRow {
    pub id: Uuid,
    pub purpose: String,
    pub email: String,
    pub email_key: String,
    pub registration: Option<serde_json::Value>,
    pub locale: String,
    pub user_id: Option<Uuid>,
    pub mac: Option<Vec<u8>>,
    pub tries: i16,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}
