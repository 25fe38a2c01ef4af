//! Signed tokens that travel in paths: the right to watch one video ([`PlaybackClaims`]) and the
//! right to fetch one file ([`FileClaims`]). Fixed-width binary claims, a key id, and an
//! HMAC-SHA-256 cut to 16 bytes over a domain string and the claims, all in base64url. Pure: the
//! time is an argument, and whether the session still lives is asked elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use kernel::{SecretBytes, Timestamp};
use sha2::Sha256;
use uuid::Uuid;

/// How long after its end a token still passes, in seconds: clocks of nodes differ.
pub const EXPIRY_SKEW_S: i64 = 30;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
const PLAYBACK_DOMAIN: &[u8] = b"ilm-media-v1\0";
const FILE_DOMAIN: &[u8] = b"ilm-file-v1\0";
const PLAYBACK_BYTES: usize = 1 + 1 + 4 + 16 + 16 + 16 + 1 + 4;
const FILE_BYTES: usize = 1 + 1 + 4 + 16 + 16;
/// The shortest key that is taken, in bytes.
const MIN_KEY_BYTES: usize = 32;

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, changed on the way, or signed by somebody else.
    #[error("the link is not valid")]
    Invalid,
    /// Genuine, and over.
    #[error("the link has expired")]
    Expired,
    /// Genuine, and for something else than the path asks for.
    #[error("the link is for something else")]
    Mismatch,
    /// A signing key has fewer than 32 bytes, or both keys have one id.
    #[error("the signing keys are not usable")]
    BadKey,
}

impl TokenError {
    /// The stable public code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid => "link_invalid",
            Self::Expired => "link_expired",
            Self::Mismatch => "link_mismatch",
            Self::BadKey => "link_key_unusable",
        }
    }
}

/// The key that signs, and the one before it, which still verifies while its tokens run out.
#[derive(Debug, Clone)]
pub struct TokenKeys {
    current: (u8, SecretBytes),
    previous: Option<(u8, SecretBytes)>,
}

impl TokenKeys {
    /// Keys by their ids.
    ///
    /// # Errors
    /// [`TokenError::BadKey`] when a key is shorter than 32 bytes or the ids are equal.
    pub fn new(
        current: (u8, SecretBytes),
        previous: Option<(u8, SecretBytes)>,
    ) -> Result<Self, TokenError> {
        let short = |key: &(u8, SecretBytes)| key.1.expose().len() < MIN_KEY_BYTES;
        let clash = previous.as_ref().is_some_and(|key| short(key) || key.0 == current.0);
        if short(&current) || clash {
            Err(TokenError::BadKey)
        } else {
            Ok(Self { current, previous })
        }
    }

    fn by_id(&self, id: u8) -> Option<&SecretBytes> {
        let previous = self.previous.as_ref();
        std::iter::once(&self.current).chain(previous).find(|key| key.0 == id).map(|key| &key.1)
    }

    fn sign(&self, domain: &[u8], claims: impl Iterator<Item = u8>) -> String {
        let mut token: Vec<u8> = [VERSION, self.current.0].into_iter().chain(claims).collect();
        if let Some(mac) = mac(&self.current.1, domain, &token) {
            token.extend(mac.finalize().into_bytes().iter().take(MAC_BYTES));
        }
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The signed bytes after version and key id, if the signature is ours.
    fn open<const N: usize>(&self, domain: &[u8], token: &str) -> Result<[u8; N], TokenError> {
        // Nothing long is decoded: 4 characters hold 3 bytes.
        if token.len() != ((N + MAC_BYTES) * 4).div_ceil(3) {
            return Err(TokenError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?;
        let (signed, tag) = bytes.split_first_chunk::<N>().ok_or(TokenError::Invalid)?;
        let [VERSION, key_id, ..] = signed.as_slice() else { return Err(TokenError::Invalid) };
        let key = self.by_id(*key_id).ok_or(TokenError::Invalid)?;
        let mac = mac(key, domain, signed).ok_or(TokenError::Invalid)?;
        if tag.len() != MAC_BYTES {
            return Err(TokenError::Invalid);
        }
        // Constant time over the tag.
        mac.verify_truncated_left(tag).map_err(|_| TokenError::Invalid)?;
        Ok(*signed)
    }
}

fn mac(key: &SecretBytes, domain: &[u8], signed: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.expose()).ok()?;
    mac.update(domain);
    mac.update(signed);
    Some(mac)
}

fn check_expiry(expires_at: u32, now: Timestamp) -> Result<(), TokenError> {
    if now.timestamp() <= i64::from(expires_at) + EXPIRY_SKEW_S {
        Ok(())
    } else {
        Err(TokenError::Expired)
    }
}

/// What a playback is for beyond the plain lesson.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlaybackFlags {
    /// A free trailer or preview lesson: the viewer may be a stranger.
    pub preview: bool,
    /// A live lesson.
    pub live: bool,
    /// Offline download is allowed.
    pub download: bool,
    /// The audio rendition only.
    pub audio_only: bool,
}

impl PlaybackFlags {
    fn to_bits(self) -> u8 {
        let bits = [self.preview, self.live, self.download, self.audio_only];
        bits.into_iter().enumerate().fold(0, |all, (at, bit)| all | (u8::from(bit) << at))
    }

    fn from_bits(bits: u8) -> Self {
        let bit = |at: u8| bits & (1 << at) != 0;
        Self { preview: bit(0), live: bit(1), download: bit(2), audio_only: bit(3) }
    }
}

/// The right of one session to watch one video for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaybackClaims {
    /// End of the right, in Unix seconds.
    pub expires_at: u32,
    /// The video; everything under `<video>/` is allowed by it, and nothing else.
    pub video_id: Uuid,
    /// The viewer; nil for a stranger on a preview.
    pub user_id: Uuid,
    /// The playback session, which may be ended before the token is.
    pub session_id: Uuid,
    /// Kinds of playback.
    pub flags: PlaybackFlags,
    /// The watermark pattern that this session's segments carry; 0 for none.
    pub watermark: u32,
}

impl PlaybackClaims {
    /// The token: 100 characters that are safe in a path.
    pub fn sign(&self, keys: &TokenKeys) -> String {
        let claims = self.expires_at.to_be_bytes().into_iter();
        let claims = claims.chain(self.video_id.into_bytes()).chain(self.user_id.into_bytes());
        let claims = claims.chain(self.session_id.into_bytes()).chain([self.flags.to_bits()]);
        keys.sign(PLAYBACK_DOMAIN, claims.chain(self.watermark.to_be_bytes()))
    }

    /// Reads `token`, which must be ours, not over at `now`, and for `video_id`.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], [`TokenError::Expired`] or [`TokenError::Mismatch`], in this order.
    pub fn verify(
        keys: &TokenKeys,
        token: &str,
        video_id: Uuid,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let bytes = keys.open::<PLAYBACK_BYTES>(PLAYBACK_DOMAIN, token)?;
        let mut reader = Reader(bytes.get(2..).unwrap_or_default());
        let claims = Self {
            expires_at: u32::from_be_bytes(reader.take()?),
            video_id: Uuid::from_bytes(reader.take()?),
            user_id: Uuid::from_bytes(reader.take()?),
            session_id: Uuid::from_bytes(reader.take()?),
            flags: PlaybackFlags::from_bits(u8::from_be_bytes(reader.take()?)),
            watermark: u32::from_be_bytes(reader.take()?),
        };
        check_expiry(claims.expires_at, now)?;
        if claims.video_id == video_id { Ok(claims) } else { Err(TokenError::Mismatch) }
    }
}

/// The right of one user to download one file for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileClaims {
    /// End of the right, in Unix seconds.
    pub expires_at: u32,
    /// The file.
    pub file_id: Uuid,
    /// Whom the link was made for; nil for a public file.
    pub user_id: Uuid,
}

impl FileClaims {
    /// The token: 72 characters that are safe in a path.
    pub fn sign(&self, keys: &TokenKeys) -> String {
        let claims = self.expires_at.to_be_bytes().into_iter();
        let claims = claims.chain(self.file_id.into_bytes()).chain(self.user_id.into_bytes());
        keys.sign(FILE_DOMAIN, claims)
    }

    /// Reads `token`, which must be ours and not over at `now`.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] or [`TokenError::Expired`].
    pub fn verify(keys: &TokenKeys, token: &str, now: Timestamp) -> Result<Self, TokenError> {
        let bytes = keys.open::<FILE_BYTES>(FILE_DOMAIN, token)?;
        let mut reader = Reader(bytes.get(2..).unwrap_or_default());
        let claims = Self {
            expires_at: u32::from_be_bytes(reader.take()?),
            file_id: Uuid::from_bytes(reader.take()?),
            user_id: Uuid::from_bytes(reader.take()?),
        };
        check_expiry(claims.expires_at, now)?;
        Ok(claims)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], TokenError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(TokenError::Invalid)?;
        self.0 = rest;
        Ok(*head)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(fill: u8) -> SecretBytes {
        SecretBytes::new(vec![fill; 32])
    }

    fn keys() -> TokenKeys {
        TokenKeys::new((2, secret(2)), Some((1, secret(1)))).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    const EXPIRY: u32 = 1_800_000_000;

    fn claims() -> PlaybackClaims {
        PlaybackClaims {
            expires_at: EXPIRY,
            video_id: Uuid::from_u128(0x1111),
            user_id: Uuid::from_u128(0x2222),
            session_id: Uuid::from_u128(0x3333),
            flags: PlaybackFlags { preview: true, audio_only: true, ..Default::default() },
            watermark: 77,
        }
    }

    fn verify(token: &str) -> Result<PlaybackClaims, TokenError> {
        PlaybackClaims::verify(&keys(), token, claims().video_id, at(i64::from(EXPIRY)))
    }

    /// MED-12
    #[test]
    fn a_token_says_what_was_signed_and_needs_no_escaping() {
        let token = claims().sign(&keys());
        assert_eq!(token.len(), 100);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(verify(&token), Ok(claims()));
    }

    /// MED-12
    #[test]
    fn a_change_of_any_bit_at_any_place_is_refused() {
        let token = claims().sign(&keys());
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut forged = bytes.clone();
                forged[at] ^= 1 << bit;
                assert_eq!(verify(&URL_SAFE_NO_PAD.encode(forged)), Err(TokenError::Invalid));
            }
        }
    }

    #[test]
    fn a_cut_token_a_longer_one_and_garbage_are_refused() {
        let token = claims().sign(&keys());
        for len in 0..token.len() {
            assert_eq!(verify(&token[..len]), Err(TokenError::Invalid), "{len}");
        }
        for bad in [format!("{token}A"), format!("{token}="), "../".repeat(34), "é".repeat(50)] {
            assert_eq!(verify(&bad), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn expiry_counts_from_its_second_and_forgives_thirty() {
        let token = claims().sign(&keys());
        let video = claims().video_id;
        let end = i64::from(EXPIRY);
        assert!(PlaybackClaims::verify(&keys(), &token, video, at(end + 30)).is_ok());
        let late = PlaybackClaims::verify(&keys(), &token, video, at(end + 31));
        assert_eq!(late, Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_another_video_is_refused() {
        let token = claims().sign(&keys());
        let other = Uuid::from_u128(0x4444);
        let swapped = PlaybackClaims::verify(&keys(), &token, other, at(0));
        assert_eq!(swapped, Err(TokenError::Mismatch));
    }

    #[test]
    fn the_key_before_still_opens_and_an_older_one_does_not() {
        let older = TokenKeys::new((1, secret(1)), None).unwrap();
        assert_eq!(verify(&claims().sign(&older)), Ok(claims()));
        let oldest = TokenKeys::new((0, secret(0)), None).unwrap();
        assert_eq!(verify(&claims().sign(&oldest)), Err(TokenError::Invalid));
        let forged = TokenKeys::new((2, secret(9)), None).unwrap();
        assert_eq!(verify(&claims().sign(&forged)), Err(TokenError::Invalid));
    }

    #[test]
    fn weak_or_clashing_keys_are_not_taken() {
        let short = SecretBytes::new(vec![0; 31]);
        assert_eq!(TokenKeys::new((1, short), None).unwrap_err(), TokenError::BadKey);
        let clash = TokenKeys::new((1, secret(1)), Some((1, secret(2))));
        assert_eq!(clash.unwrap_err(), TokenError::BadKey);
    }

    #[test]
    fn a_file_token_opens_files_only() {
        let file = FileClaims {
            expires_at: EXPIRY,
            file_id: Uuid::from_u128(5),
            user_id: Uuid::from_u128(6),
        };
        let token = file.sign(&keys());
        assert_eq!(token.len(), 72);
        assert_eq!(FileClaims::verify(&keys(), &token, at(0)), Ok(file));
        assert_eq!(verify(&token), Err(TokenError::Invalid));
        let playback = claims().sign(&keys());
        assert_eq!(FileClaims::verify(&keys(), &playback, at(0)), Err(TokenError::Invalid));
        let late = FileClaims::verify(&keys(), &token, at(i64::from(EXPIRY) + 31));
        assert_eq!(late, Err(TokenError::Expired));
    }

    proptest! {
        #[test]
        fn any_claims_survive_the_way(
            expires_at in any::<u32>(), ids in any::<[u128; 3]>(), bits in 0u8..16, watermark: u32,
        ) {
            let claims = PlaybackClaims {
                expires_at,
                video_id: Uuid::from_u128(ids[0]),
                user_id: Uuid::from_u128(ids[1]),
                session_id: Uuid::from_u128(ids[2]),
                flags: PlaybackFlags::from_bits(bits),
                watermark,
            };
            let token = claims.sign(&keys());
            let read = PlaybackClaims::verify(&keys(), &token, claims.video_id, at(0));
            prop_assert_eq!(read, Ok(claims));
        }

        #[test]
        fn a_token_with_any_other_character_is_refused(at in 0usize..100, with in "[ -~]") {
            let token = claims().sign(&keys());
            let mut forged = token.clone();
            forged.replace_range(at..=at, &with);
            prop_assume!(forged != token);
            prop_assert_eq!(verify(&forged), Err(TokenError::Invalid));
        }
    }
}
