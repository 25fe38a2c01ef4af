//! Refresh tokens (IDN-13): rotated at every use, derived instead of stored, so that two tabs and a
//! lost answer get the same successor, and an old one coming back ends the whole session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use kernel::{SecretBytes, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Seconds after a rotation in which the one before counts as a second tab.
pub const OVERLAP_S: i64 = 60;

const KEY_ID: usize = 4;
const BYTES: usize = KEY_ID + 16 + 4 + 32;

/// The key under which secrets are derived, with an id made of it.
#[derive(Debug, Clone)]
pub struct RefreshKey {
    id: [u8; KEY_ID],
    key: SecretBytes,
}

impl RefreshKey {
    /// Takes the key over.
    pub fn new(key: SecretBytes) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"ilm-kid-v1\0");
        hasher.update(key.expose());
        let mut id = [0; KEY_ID];
        id.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        Self { id, key }
    }

    /// The id as it is kept with the session.
    pub fn id(&self) -> String {
        hex::encode(self.id)
    }

    /// The secret of a generation:
    /// `HMAC-SHA-256(key, "ilm-rt-v1\0" | salt | session_id | u32be generation)`.
    pub fn secret(&self, salt: &[u8], session_id: Uuid, generation: u32) -> [u8; 32] {
        let mut bytes = [0; 32];
        // HMAC takes a key of any length; the error type has no values in practice.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose()) {
            mac.update(b"ilm-rt-v1\0");
            mac.update(salt);
            mac.update(session_id.as_bytes());
            mac.update(&generation.to_be_bytes());
            bytes = mac.finalize().into_bytes().into();
        }
        bytes
    }

    /// The cookie's value for a generation, and the hash that the session keeps of its secret.
    pub fn issue(&self, salt: &[u8], session_id: Uuid, generation: u32) -> (String, [u8; 32]) {
        let secret = self.secret(salt, session_id, generation);
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(session_id.as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(&secret);
        (URL_SAFE_NO_PAD.encode(bytes), Sha256::digest(secret).into())
    }
}

/// A cookie taken apart, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    key_id: [u8; KEY_ID],
    /// The session that it names.
    pub session_id: Uuid,
    generation: u32,
    secret: [u8; 32],
}

impl Presented {
    /// Takes `cookie` apart; none when it cannot be one of ours.
    pub fn parse(cookie: &str) -> Option<Self> {
        // Longer ones are not even decoded.
        let bytes = (cookie.len() <= 2 * BYTES).then(|| URL_SAFE_NO_PAD.decode(cookie).ok())??;
        let (key_id, rest) = bytes.split_first_chunk::<KEY_ID>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (generation, secret) = rest.split_first_chunk::<4>()?;
        Some(Self {
            key_id: *key_id,
            session_id: Uuid::from_bytes(*session),
            generation: u32::from_be_bytes(*generation),
            secret: secret.try_into().ok()?,
        })
    }

    /// Whether the secret is the one of its generation in the session with that salt.
    pub fn is_genuine(&self, key: &RefreshKey, salt: &[u8]) -> bool {
        let expected = key.secret(salt, self.session_id, self.generation);
        bool::from(self.secret.ct_eq(&expected)) && self.key_id == key.id
    }
}

/// What the session's row says.
#[derive(Debug, Clone)]
pub struct Family {
    /// The generation handed out last.
    pub generation: u32,
    /// Whether its cookie was handed out a second time, late.
    pub replayed_late: bool,
    /// When it was made.
    pub rotated_at: Timestamp,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
    /// Whether it was ended.
    pub ended: bool,
    /// SHA-256 of the current secret.
    pub secret_hash: [u8; 32],
}

/// What to do with a presented token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The current one: a new generation.
    Rotate,
    /// The one before: the same successor again. `late` is worth an audit line and happens once.
    Replay {
        /// Later than a second tab would come.
        late: bool,
    },
    /// An old one came back: end the session, tell the person.
    Reuse,
    /// Not ours: nothing is touched.
    Forged,
    /// Ours, of a session that is over.
    Ended,
}

/// Decides by the row (locked for update by the caller).
pub fn decide(family: &Family, presented: &Presented, genuine: bool, now: Timestamp) -> Decision {
    let current = family.generation;
    if !genuine || presented.generation > current {
        return Decision::Forged;
    }
    if family.ended || family.expires_at <= now {
        return Decision::Ended;
    }
    if presented.generation == current {
        // A key taken alone does not help: the row must agree.
        let hash: [u8; 32] = Sha256::digest(presented.secret).into();
        return if bool::from(hash.ct_eq(&family.secret_hash)) {
            Decision::Rotate
        } else {
            Decision::Forged
        };
    }
    if presented.generation + 1 == current && !family.replayed_late {
        let late = now - family.rotated_at > chrono::TimeDelta::seconds(OVERLAP_S);
        return Decision::Replay { late };
    }
    Decision::Reuse
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    const SALT: [u8; 32] = [5; 32];
    const SESSION: Uuid = Uuid::from_u128(42);

    fn key() -> RefreshKey {
        RefreshKey::new(SecretBytes::new(vec![9; 32]))
    }

    fn start() -> Timestamp {
        "2026-11-20T15:00:00Z".parse().unwrap()
    }

    /// The server's side of one session, as the use-case keeps it.
    struct World {
        family: Family,
        now: Timestamp,
    }

    impl World {
        fn new() -> (Self, String) {
            let (cookie, secret_hash) = key().issue(&SALT, SESSION, 0);
            let family = Family {
                generation: 0,
                replayed_late: false,
                rotated_at: start(),
                expires_at: start() + TimeDelta::days(60),
                ended: false,
                secret_hash,
            };
            (Self { family, now: start() }, cookie)
        }

        fn present(&mut self, cookie: &str) -> (Decision, Option<String>) {
            let Some(presented) = Presented::parse(cookie) else { return (Decision::Forged, None) };
            let genuine = presented.is_genuine(&key(), &SALT);
            let decision = decide(&self.family, &presented, genuine, self.now);
            match decision {
                Decision::Rotate => {
                    self.family.generation += 1;
                    self.family.replayed_late = false;
                    self.family.rotated_at = self.now;
                }
                Decision::Replay { late } => self.family.replayed_late |= late,
                Decision::Reuse => self.family.ended = true,
                Decision::Forged | Decision::Ended => return (decision, None),
            }
            let (cookie, hash) = key().issue(&SALT, SESSION, self.family.generation);
            self.family.secret_hash = hash;
            (decision, (decision != Decision::Reuse).then_some(cookie))
        }
    }

    /// IDN-13: two tabs, one rotation.
    #[test]
    fn two_tabs_that_refresh_at_once_get_the_same_successor() {
        let (mut world, first) = World::new();
        let (decision, successor) = world.present(&first);
        assert_eq!(decision, Decision::Rotate);
        for _ in 0..19 {
            world.now += TimeDelta::seconds(3);
            let (decision, again) = world.present(&first);
            assert_eq!((decision, &again), (Decision::Replay { late: false }, &successor));
        }
        assert_eq!(world.family.generation, 1);
    }

    /// IDN-13: a lost answer.
    #[test]
    fn a_sleeper_on_a_bad_link_is_served_once_more_and_then_no_more() {
        let (mut world, first) = World::new();
        let (_, successor) = world.present(&first);
        world.now += TimeDelta::hours(9);
        assert_eq!(world.present(&first), (Decision::Replay { late: true }, successor));
        world.now += TimeDelta::seconds(1);
        assert_eq!(world.present(&first), (Decision::Reuse, None));
        assert_eq!(world.present(&first), (Decision::Ended, None));
    }

    /// IDN-13: a stolen token.
    #[test]
    fn an_old_token_after_its_successors_first_use_ends_the_session() {
        let (mut world, first) = World::new();
        let (_, second) = world.present(&first);
        let (decision, third) = world.present(&second.unwrap());
        assert_eq!(decision, Decision::Rotate);
        assert_eq!(world.present(&first), (Decision::Reuse, None));
        assert_eq!(world.present(&third.unwrap()), (Decision::Ended, None));
    }

    #[test]
    fn a_session_past_its_end_is_over_for_every_token() {
        let (mut world, first) = World::new();
        world.now += TimeDelta::days(60);
        assert_eq!(world.present(&first), (Decision::Ended, None));
    }

    #[test]
    fn the_key_alone_does_not_open_a_row_that_disagrees() {
        let (mut world, first) = World::new();
        world.family.secret_hash = [0; 32];
        assert_eq!(world.present(&first), (Decision::Forged, None));
    }

    #[test]
    fn a_token_of_another_key_salt_session_or_generation_is_forged() {
        let other = RefreshKey::new(SecretBytes::new(vec![8; 32]));
        let cookies = [
            other.issue(&SALT, SESSION, 0).0,
            key().issue(&[6; 32], SESSION, 0).0,
            key().issue(&SALT, SESSION, 1).0,
            String::new(),
            "x".repeat(4000),
        ];
        for cookie in cookies {
            let (mut world, _) = World::new();
            assert_eq!(world.present(&cookie), (Decision::Forged, None), "{cookie}");
            assert!(!world.family.ended && world.family.generation == 0);
        }
    }

    proptest! {
        /// IDN-13: whatever comes in whatever order, the row is touched only by genuine tokens, the
        /// generation never falls, and after an end nothing opens.
        #[test]
        fn the_family_keeps_its_invariants(
            steps in prop::collection::vec((0usize..6, 0i64..200, any::<bool>()), 1..60)
        ) {
            let (mut world, first) = World::new();
            let mut known = vec![first];
            for (back, seconds, forge) in steps {
                world.now += TimeDelta::seconds(seconds);
                let index = known.len().saturating_sub(1 + back);
                let mut cookie = known[index].clone();
                if forge {
                    let last = cookie.pop().unwrap();
                    cookie.push(if last == 'A' { 'E' } else { 'A' });
                }
                let before = (world.family.generation, world.family.ended);
                let (decision, handed) = world.present(&cookie);
                prop_assert!(world.family.generation >= before.0);
                if before.1 {
                    prop_assert!(handed.is_none());
                }
                if forge {
                    prop_assert_eq!(decision, Decision::Forged);
                    prop_assert_eq!((world.family.generation, world.family.ended), before);
                }
                if let Some(handed) = handed {
                    // What is handed out is always the current generation, and is genuine.
                    let presented = Presented::parse(&handed).unwrap();
                    prop_assert_eq!(presented.generation, world.family.generation);
                    prop_assert!(presented.is_genuine(&key(), &SALT));
                    if known.last() != Some(&handed) {
                        known.push(handed);
                    }
                }
            }
        }
    }
}
