//! Who is new: an account younger than a day whose holder has enrolled in nothing and was given no
//! role. Spammers make accounts by the dozen, so what they send is looked at more closely and comes more slowly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use crate::app::App;
use crate::platform::http::Problem;
use crate::{identity, learning};

/// How long an account is new.
const NEW_FOR: TimeDelta = TimeDelta::hours(24);
/// How long it counts that somebody was new: an enrollment ends it.
const KEPT: TimeDelta = TimeDelta::seconds(10);
/// People remembered; past that all are asked about anew.
const PEOPLE_MAX: usize = 50_000;

/// What is known about people.
#[derive(Debug, Default)]
pub(super) struct Trust(Mutex<HashMap<Uuid, Known>>);

#[derive(Debug, Clone, Copy)]
enum Known {
    /// For good.
    Trusted,
    New {
        asked: Timestamp,
    },
}

impl Trust {
    fn known(&self, user: Uuid, now: Timestamp) -> Option<bool> {
        let people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match people.get(&user)? {
            Known::Trusted => Some(false),
            Known::New { asked } => (now - *asked < KEPT && now >= *asked).then_some(true),
        }
    }

    fn keep(&self, user: Uuid, known: Known) {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if people.len() >= PEOPLE_MAX {
            people.clear();
        }
        people.insert(user, known);
    }
}

/// Whether `user` is new.
///
/// # Errors
/// Those of the database.
pub(in crate::messaging) async fn is_new(app: &App, user: Uuid) -> Result<bool, Problem> {
    let now = app.clock.now();
    let trust = &app.messaging.moderation.trust;
    if let Some(new) = trust.known(user, now) {
        return Ok(new);
    }
    let mut conn = app.db.conn().await?;
    let since = identity::member_since(&mut conn, user).await?;
    let young = since.is_none_or(|since| now - since < NEW_FOR);
    let new = young && !learning::has_enrolled(&mut conn, user).await? && {
        let roles = identity::roles_of_people(app, &mut conn, &[user], now).await?;
        roles.get(&user).is_none_or(|roles| roles.rank() == 0 && !roles.is_staff())
    };
    trust.keep(user, if new { Known::New { asked: now } } else { Known::Trusted });
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_for_good_and_newness_is_asked_again() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let (trust, ann, bob) = (Trust::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(trust.known(ann, now), None);
        trust.keep(ann, Known::Trusted);
        trust.keep(bob, Known::New { asked: now });
        assert_eq!((trust.known(ann, now), trust.known(bob, now)), (Some(false), Some(true)));
        let later = now + TimeDelta::seconds(11);
        assert_eq!((trust.known(ann, later), trust.known(bob, later)), (Some(false), None));
    }
}
