//! Facts that identity publishes.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::status::Status;
use crate::platform::events::Event;

/// Somebody confirmed their address for the first time (IDN-16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRegistered {
    /// Who.
    pub user_id: Uuid,
    /// The language that they chose.
    pub locale: String,
}

impl Event for UserRegistered {
    const KIND: &'static str = "identity.user_registered";
}

/// A session ended otherwise than by running out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// Whose.
    pub user_id: Uuid,
    /// Which.
    pub session_id: Uuid,
    /// `sign_out`, `ended_by_user`, `refresh_reuse`, `password_changed`, `suspended`, `banned` …
    pub reason: String,
}

impl Event for SessionEnded {
    const KIND: &'static str = "identity.session_ended";
}

/// Staff changed the state of an account (IDN-24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserStatusChanged {
    /// Whose.
    pub user_id: Uuid,
    /// The state from now on.
    pub status: Status,
    /// When a suspension ends.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who changed it.
    pub by: Uuid,
}

impl Event for UserStatusChanged {
    const KIND: &'static str = "identity.user_status_changed";
}
