//! How often people may try (IDN-20): by what they typed, so that unknown addresses cost the same
//! as known ones, and by the network. Devices that have signed in before have buckets of their own,
//! so that a stranger's attempts do not lock a teacher out.

use hmac::{Hmac, Mac as _};
use kernel::{SecretBytes, Timestamp};
use sha2::Sha256;

use crate::app::App;
use crate::platform::http::{ClientAddress, Limits, Problem, Rule};

/// Failed sign-ins by password, one account.
const SIGN_IN_ACCOUNT: Rule = Rule::new("sign_in_account", 5, 15 * 60);
/// Failed sign-ins by password, one network.
const SIGN_IN_NETWORK: Rule = Rule::new("sign_in_network", 20, 15 * 60);
/// Codes asked for one address: one a minute, three in a quarter of an hour, ten a day.
const CODE_MINUTE: Rule = Rule::new("code_minute", 1, 60);
const CODE_QUARTER: Rule = Rule::new("code_quarter", 3, 15 * 60);
const CODE_DAY: Rule = Rule::new("code_day", 10, 86_400);
/// Codes asked from one network: a classroom signs in at once.
const CODE_NETWORK: Rule = Rule::new("code_network", 60, 60 * 60);
/// Codes tried from one network.
const TRY_NETWORK: Rule = Rule::new("code_try_network", 60, 15 * 60);
/// Registrations from one network and one browser.
const REGISTER_NETWORK: Rule = Rule::new("register_network", 40, 60 * 60);
const REGISTER_DEVICE: Rule = Rule::new("register_device", 5, 60 * 60);
/// Links for a new password.
const FORGOT_ACCOUNT: Rule = Rule::new("forgot_account", 3, 60 * 60);
const FORGOT_NETWORK: Rule = Rule::new("forgot_network", 10, 60 * 60);
/// Reset tokens tried from one network.
const RESET_NETWORK: Rule = Rule::new("reset_network", 20, 15 * 60);
/// Renewals of the access token.
const REFRESH_SESSION: Rule = Rule::new("refresh_session", 10, 60).burst(30);
const REFRESH_NETWORK: Rule = Rule::new("refresh_network", 600, 60);
/// Tries of the current password by somebody who is signed in.
const CONFIRM_USER: Rule = Rule::new("confirm_user", 5, 15 * 60);

/// Failures a day after which an account's password opens for known devices only.
pub(super) const PASSWORD_FAILURES_A_DAY: i32 = 100;
/// Failures a day after which codes of an address stop until tomorrow.
pub(super) const CODE_FAILURES_A_DAY: i32 = 50;
/// Seconds until the next code of an address, as clients are told.
pub(super) const RESEND_AFTER_S: i32 = 60;

/// What was typed, under a key: counted without being kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identifier([u8; 32]);

impl Identifier {
    /// Of an address in its key form.
    pub fn of(pepper: &SecretBytes, email_key: &str) -> Self {
        let mut bytes = [0; 32];
        // HMAC takes a key of any length; the error type has no values in practice.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(pepper.expose()) {
            mac.update(b"ilm-ident-v1\0");
            mac.update(email_key.as_bytes());
            bytes = mac.finalize().into_bytes().into();
        }
        Self(bytes)
    }

    /// Of an address, tried from a browser that has signed in to it before: strangers' failures are
    /// counted elsewhere.
    pub fn of_device(pepper: &SecretBytes, email_key: &str, device: &[u8]) -> Self {
        let of_both = format!("{email_key}\0{}", hex::encode(device));
        Self::of(pepper, &of_both)
    }

    /// For the day's counter.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn key(&self) -> String {
        hex::encode(self.0)
    }
}

/// A print of `what` under a key: the same for the same, and nobody finds out of it what it is of, not by trying
/// all addresses either.
pub fn print(app: &App, what: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.identity.code_pepper.expose()) {
        mac.update(b"ilm-print-v1\0");
        mac.update(what.as_bytes());
        bytes = mac.finalize().into_bytes().to_vec();
    }
    bytes
}

/// A try that was let through; tells afterwards how it ended.
#[derive(Debug)]
#[must_use]
pub(super) struct Try<'a> {
    limits: &'a Limits,
    account: String,
    network: String,
    known_device: bool,
    now: Timestamp,
}

impl Try<'_> {
    /// The right password: what this try took is given back. A known device starts afresh.
    pub fn succeeded(self) {
        if self.known_device {
            self.limits.clear(&SIGN_IN_ACCOUNT, &self.account, self.now);
        } else {
            self.limits.give_back(&SIGN_IN_ACCOUNT, &self.account, self.now);
        }
        self.limits.give_back(&SIGN_IN_NETWORK, &self.network, self.now);
    }
}

/// Counts a try of a password before any work is done on it.
///
/// # Errors
/// `rate_limited`, the same for known and unknown addresses.
pub(super) fn sign_in<'a>(
    limits: &'a Limits,
    who: Identifier,
    known_device: Option<&[u8]>,
    address: ClientAddress,
    now: Timestamp,
) -> Result<Try<'a>, Problem> {
    let account = match known_device {
        Some(device) => format!("{}:{}", who.key(), hex::encode(device)),
        None => who.key(),
    };
    let network = address.limit_key();
    limits.check(&SIGN_IN_NETWORK, &network, now)?;
    limits.check(&SIGN_IN_ACCOUNT, &account, now)?;
    Ok(Try { limits, account, network, known_device: known_device.is_some(), now })
}

/// Counts a question for a code.
///
/// # Errors
/// `rate_limited`.
pub(super) fn code_asked(
    limits: &Limits,
    who: Identifier,
    known_device: Option<&[u8]>,
    address: ClientAddress,
    now: Timestamp,
) -> Result<(), Problem> {
    let key = match known_device {
        Some(device) => format!("{}:{}", who.key(), hex::encode(device)),
        None => who.key(),
    };
    let network = address.limit_key();
    let buckets =
        [(&CODE_NETWORK, &network), (&CODE_MINUTE, &key), (&CODE_QUARTER, &key), (&CODE_DAY, &key)];
    // All are looked at before any is taken: an impatient click must not use up the classroom's
    // network, nor a refusal by one bucket cost the others.
    for (rule, key) in buckets {
        limits.peek(rule, key, now)?;
    }
    for (rule, key) in buckets {
        limits.check(rule, key, now)?;
    }
    Ok(())
}

/// Counts a try of a code.
///
/// # Errors
/// `rate_limited`.
pub(super) fn code_tried(
    limits: &Limits,
    address: ClientAddress,
    now: Timestamp,
) -> Result<(), Problem> {
    limits.check(&TRY_NETWORK, &address.limit_key(), now)
}

/// Counts a registration.
///
/// # Errors
/// `rate_limited`.
pub(super) fn registration(
    limits: &Limits,
    device: &[u8],
    address: ClientAddress,
    now: Timestamp,
) -> Result<(), Problem> {
    limits.check(&REGISTER_NETWORK, &address.limit_key(), now)?;
    limits.check(&REGISTER_DEVICE, &hex::encode(device), now)
}

/// Whether a link for a new password may be sent; the answer to the asker is the same either way.
pub(super) fn may_forget(
    limits: &Limits,
    who: Identifier,
    address: ClientAddress,
    now: Timestamp,
) -> bool {
    limits.check(&FORGOT_NETWORK, &address.limit_key(), now).is_ok()
        && limits.check(&FORGOT_ACCOUNT, &who.key(), now).is_ok()
}

/// Counts a try of a reset token.
///
/// # Errors
/// `rate_limited`.
pub(super) fn reset_tried(
    limits: &Limits,
    address: ClientAddress,
    now: Timestamp,
) -> Result<(), Problem> {
    limits.check(&RESET_NETWORK, &address.limit_key(), now)
}

/// Counts a renewal.
///
/// # Errors
/// `rate_limited`; the cookie stays good.
pub(super) fn refresh(
    limits: &Limits,
    session: uuid::Uuid,
    address: ClientAddress,
    now: Timestamp,
) -> Result<(), Problem> {
    limits.check(&REFRESH_NETWORK, &address.limit_key(), now)?;
    limits.check(&REFRESH_SESSION, &session.to_string(), now)
}

/// Counts a try of the current password; [`confirmed`] gives it back.
///
/// # Errors
/// `rate_limited`.
pub(super) fn confirm(limits: &Limits, user: uuid::Uuid, now: Timestamp) -> Result<(), Problem> {
    limits.check(&CONFIRM_USER, &user.to_string(), now)
}

/// The current password was right.
pub(super) fn confirmed(limits: &Limits, user: uuid::Uuid, now: Timestamp) {
    limits.clear(&CONFIRM_USER, &user.to_string(), now);
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn start() -> Timestamp {
        "2026-11-20T15:00:00Z".parse().unwrap()
    }

    fn who(name: &str) -> Identifier {
        Identifier::of(&SecretBytes::new(vec![1; 32]), name)
    }

    fn from(n: u8) -> ClientAddress {
        ClientAddress(std::net::IpAddr::from([203, 0, 113, n]))
    }

    /// IDN-20: 200 wrong passwords from 50 addresses: at most 10 are looked at in 15 minutes, and
    /// the owner's own browser still gets in.
    #[test]
    fn a_crowd_of_strangers_gets_ten_tries_and_the_owner_is_not_locked_out() {
        let limits = Limits::new(1);
        let ann = who("ann@example.com");
        let mut verified = 0;
        for n in 0..200_u8 {
            let now = start() + TimeDelta::milliseconds(i64::from(n) * 4500);
            verified += usize::from(sign_in(&limits, ann, None, from(n % 50), now).is_ok());
        }
        assert!(verified <= 10, "{verified}");
        let late = start() + TimeDelta::minutes(15);
        sign_in(&limits, ann, Some(&[7; 32]), from(99), late).unwrap().succeeded();
    }

    /// IDN-20
    #[test]
    fn a_classroom_that_signs_in_well_does_not_use_its_network_up() {
        let limits = Limits::new(1);
        for n in 0..60 {
            let pupil = who(&format!("pupil{n}@example.com"));
            sign_in(&limits, pupil, None, from(1), start()).unwrap().succeeded();
        }
        let failed = (0..30).filter(|n| {
            let guess = who(&format!("guess{n}@example.com"));
            sign_in(&limits, guess, None, from(1), start()).is_ok()
        });
        assert_eq!(failed.count(), 20);
    }

    /// IDN-20
    #[test]
    fn codes_are_sent_once_a_minute_and_a_refusal_costs_nothing() {
        let limits = Limits::new(1);
        let asked = |seconds| {
            let now = start() + TimeDelta::seconds(seconds);
            code_asked(&limits, who("ann@example.com"), None, from(1), now)
        };
        asked(0).unwrap();
        for second in 1..60 {
            assert!(asked(second).is_err());
        }
        asked(60).unwrap();
        asked(120).unwrap();
        assert!(asked(180).is_err(), "a fourth within a quarter of an hour");
        assert_eq!(asked(180).unwrap_err().retry_after_s(), Some(120));
        code_asked(&limits, who("bob@example.com"), None, from(1), start()).unwrap();
    }
}
