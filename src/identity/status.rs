//! The states of an account (IDN-24) and what each of them lets through.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The address is not confirmed yet: nobody can sign in.
    PendingVerification,
    /// In use.
    Active,
    /// Locked out for a time, or until staff lift it.
    Suspended,
    /// Locked out for good.
    Banned,
}

impl Status {
    const ALL: [Self; 4] = [Self::PendingVerification, Self::Active, Self::Suspended, Self::Banned];

    /// The name in JSON and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingVerification => "pending_verification",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Banned => "banned",
        }
    }

    /// The state of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The state at `now`: a suspension ends by itself.
    pub fn at(self, until: Option<Timestamp>, now: Timestamp) -> Self {
        match self {
            Self::Suspended if until.is_some_and(|until| until <= now) => Self::Active,
            status => status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDN-24
    #[test]
    fn a_suspension_ends_at_its_moment_and_an_open_one_does_not() {
        let now = "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap();
        let second = chrono::TimeDelta::seconds(1);
        assert_eq!(Status::Suspended.at(Some(now + second), now), Status::Suspended);
        assert_eq!(Status::Suspended.at(Some(now), now), Status::Active);
        assert_eq!(Status::Suspended.at(None, now), Status::Suspended);
        assert_eq!(Status::Banned.at(Some(now - second), now), Status::Banned);
    }

    #[test]
    fn names_survive_the_round_trip() {
        for status in Status::ALL {
            assert_eq!(Status::of_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
