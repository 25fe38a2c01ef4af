//! One-time codes (IDN-08, IDN-21): six digits, ten minutes, five tries, one live code a purpose.
//! Kept as a MAC under a key outside the database, never as the code.

use hmac::{Hmac, Mac as _};
use kernel::SecretBytes;
use rand::Rng as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Seconds that a code lives.
pub const LIFE_S: i64 = 10 * 60;
/// Wrong tries after which a code is dead.
pub const TRIES: i16 = 5;
/// Digits of a code.
const DIGITS: usize = 6;

/// What a code is for; part of what is authenticated, so a code of one act opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in.
    Login,
    /// The first sign-in, which confirms the address (IDN-16).
    Register,
}

impl Purpose {
    /// The name in the database and under the MAC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
        }
    }

    /// The purpose of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Login, Self::Register].into_iter().find(|purpose| purpose.name() == name)
    }
}

/// A new code: uniform, leading zeros included.
pub fn new_code() -> String {
    format!("{:0width$}", rand::rng().random_range(0..1_000_000_u32), width = DIGITS)
}

/// The digits that a person typed, spaces and hyphens aside; none when it cannot be a code.
pub fn typed(code: &str) -> Option<String> {
    let code: String = code.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    (code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// `HMAC-SHA-256(pepper, "ilm-otp-v1\0" | purpose | "\0" | challenge (16 bytes) | code)`.
pub fn mac(pepper: &SecretBytes, purpose: Purpose, challenge: Uuid, code: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    // HMAC takes a key of any length; the error type has no values in practice.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(pepper.expose()) {
        mac.update(b"ilm-otp-v1\0");
        mac.update(purpose.name().as_bytes());
        mac.update(b"\0");
        mac.update(challenge.as_bytes());
        mac.update(code.as_bytes());
        bytes = mac.finalize().into_bytes().into();
    }
    bytes
}

/// Whether `code` is the one behind `stored`; takes the same time whether there is one or not.
pub fn is_right(
    pepper: &SecretBytes,
    purpose: Purpose,
    challenge: Uuid,
    code: &str,
    stored: Option<&[u8]>,
) -> bool {
    let presented = mac(pepper, purpose, challenge, code);
    // A challenge without a code is compared with what no MAC equals but by a chance of 2^-256.
    let expected = stored.unwrap_or(&[0; 32]);
    bool::from(presented.ct_eq(expected)) && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper() -> SecretBytes {
        SecretBytes::new((0..32).collect())
    }

    const CHALLENGE: Uuid = Uuid::from_u128(0x018f_3a5e_7c00_7abc_8def_0123_4567_89ab);

    /// IDN-21: the vector of the security sheet.
    #[test]
    fn the_mac_is_the_published_one() {
        assert_eq!(
            hex::encode(mac(&pepper(), Purpose::Login, CHALLENGE, "042917")),
            "2edd989fcdf67e3472c3e28b75133e409d77e823b72c2515093a24101e01fd6a"
        );
    }

    /// IDN-08 IDN-09
    #[test]
    fn a_code_opens_its_own_challenge_and_purpose_only() {
        let stored = mac(&pepper(), Purpose::Login, CHALLENGE, "042917");
        let right =
            |purpose, challenge, code| is_right(&pepper(), purpose, challenge, code, Some(&stored));
        assert!(right(Purpose::Login, CHALLENGE, "042917"));
        assert!(!right(Purpose::Login, CHALLENGE, "042918"));
        assert!(!right(Purpose::Register, CHALLENGE, "042917"));
        assert!(!right(Purpose::Login, Uuid::nil(), "042917"));
        assert!(!is_right(&pepper(), Purpose::Login, CHALLENGE, "042917", None));
        assert!(!is_right(&pepper(), Purpose::Login, CHALLENGE, "042917", Some(&[])));
    }

    #[test]
    fn codes_are_six_digits_and_leading_zeros_happen() {
        let codes: Vec<_> = (0..2000).map(|_| new_code()).collect();
        assert!(codes.iter().all(|code| typed(code).as_ref() == Some(code)));
        assert!(codes.iter().any(|code| code.starts_with('0')));
        assert_eq!(typed(" 042 917 ").as_deref(), Some("042917"));
        for bad in ["", "04291", "0429170", "04291a", "०४२९१७"] {
            assert_eq!(typed(bad), None, "{bad}");
        }
    }
}
