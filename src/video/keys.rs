//! Segment keys at rest: sealed under the master key, opened only to be handed to a live playback
//! or to the media child.
//!
//! Form: `0x02 | version | nonce(12) | ciphertext(16) | tag(16)`, AES-256-GCM, where the version is the
//! master key's. (`0x01 | nonce | …` is the older form: the master key of version 1.) The key that seals
//! is derived by HKDF-SHA-256 for each video, so random nonces never come near their bound; the
//! associated data names video, generation, epoch and the version, so that a row cannot be moved to
//! another place.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use kernel::SecretBytes;
use media::worker::SegmentKey;
use rand::TryRngCore as _;
use uuid::Uuid;

use crate::platform::secrets::VersionedKeys;

const FORM: u8 = 2;
const OLD_FORM: u8 = 1;
/// The master key of the old form.
const OLD_VERSION: u8 = 1;
const KEY_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
const DOMAIN: &[u8] = b"ilm-segment-key-v1\0";

/// Why a key could not be sealed or opened. Says nothing about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// The stored form is not ours, was changed, or was sealed under another master key.
    #[error("a segment key cannot be opened: it is not ours or was changed")]
    Unreadable,
    /// It was sealed under a master key that the configuration does not list.
    #[error("a segment key was sealed under master key {0}, which is not in secrets.master_keys")]
    NoKey(u8),
    /// The cipher or the random generator of the system failed.
    #[error("a segment key cannot be sealed")]
    Unsealable,
}

/// Where a key belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyPlace {
    /// The video.
    pub video: Uuid,
    /// The run of the encoder.
    pub generation: i32,
    /// The key's number within it.
    pub epoch: i32,
}

impl KeyPlace {
    fn associated(self, header: &[u8]) -> Vec<u8> {
        let (generation, epoch) = (self.generation.to_be_bytes(), self.epoch.to_be_bytes());
        // The old form had no header in it.
        let header = header.get(1..).unwrap_or_default();
        [DOMAIN, self.video.as_bytes(), &generation, &epoch, header].concat()
    }
}

struct Len;

impl KeyType for Len {
    fn len(&self) -> usize {
        32
    }
}

fn sealing_key(master: &SecretBytes, video: Uuid) -> Result<LessSafeKey, KeyError> {
    let mut key = [0; 32];
    let pseudo_random = Salt::new(HKDF_SHA256, DOMAIN).extract(master.expose());
    let info: [&[u8]; 1] = [video.as_bytes()];
    pseudo_random
        .expand(&info, Len)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|_| KeyError::Unsealable)?;
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| KeyError::Unsealable)
}

/// The version of the master key that a row was sealed under, as far as it can be told.
pub(super) fn version_of(sealed: &[u8]) -> Option<u8> {
    match sealed {
        [OLD_FORM, ..] => Some(OLD_VERSION),
        [FORM, version, ..] => Some(*version),
        _ => None,
    }
}

/// Seals `key` for the database, under the current master key.
///
/// # Errors
/// [`KeyError::Unsealable`] when the system gives no random numbers.
pub(super) fn seal(
    masters: &VersionedKeys,
    place: KeyPlace,
    key: &SegmentKey,
) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0; NONCE_LEN];
    rand::rngs::OsRng.try_fill_bytes(&mut nonce).map_err(|_| KeyError::Unsealable)?;
    let (version, master) = masters.current();
    let header = [FORM, *version];
    let mut sealed = key.0.to_vec();
    sealing_key(master, place.video)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.associated(&header)),
            &mut sealed,
        )
        .map_err(|_| KeyError::Unsealable)?;
    Ok([&header[..], &nonce, &sealed].concat())
}

/// Opens what [`seal`] made, now or under an earlier master key.
///
/// # Errors
/// [`KeyError::Unreadable`], [`KeyError::NoKey`].
pub(super) fn open(
    masters: &VersionedKeys,
    place: KeyPlace,
    sealed: &[u8],
) -> Result<SegmentKey, KeyError> {
    open_by(&Opener::default(), masters, place, sealed)
}

/// As [`open`], with what `opener` has derived before.
///
/// # Errors
/// As [`open`].
pub(super) fn open_by(
    opener: &Opener,
    masters: &VersionedKeys,
    place: KeyPlace,
    sealed: &[u8],
) -> Result<SegmentKey, KeyError> {
    let version = version_of(sealed).ok_or(KeyError::Unreadable)?;
    let header_len = if sealed.first() == Some(&OLD_FORM) { 1 } else { 2 };
    let (header, rest) = sealed.split_at_checked(header_len).ok_or(KeyError::Unreadable)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeyError::Unreadable)?;
    if body.len() != KEY_BYTES + TAG_BYTES {
        return Err(KeyError::Unreadable);
    }
    let master = masters.get(version).ok_or(KeyError::NoKey(version))?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let aad = Aad::from(place.associated(header));
    let opened = opener.with(master, version, place.video, |key| {
        key.open_in_place(nonce, aad, &mut body).is_ok()
    })?;
    // What was sealed stands where the ciphertext stood.
    let key = body.first_chunk::<KEY_BYTES>().filter(|_| opened);
    key.map(|key| SegmentKey(*key)).ok_or(KeyError::Unreadable)
}

/// The derived key that was used last, for as long as its holder lives: players ask for the keys of one
/// video again and again.
#[derive(Debug, Default)]
pub(super) struct Opener(Mutex<Option<(u8, Uuid, LessSafeKey)>>);

impl Opener {
    /// Gives the key that seals the keys of `video` to `act`.
    fn with<T>(
        &self,
        master: &SecretBytes,
        version: u8,
        video: Uuid,
        act: impl FnOnce(&LessSafeKey) -> T,
    ) -> Result<T, KeyError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((v, of, key)) if (*v, *of) == (version, video) => Ok(act(key)),
            _ => {
                let (_, _, key) = last.insert((version, video, sealing_key(master, video)?));
                Ok(act(key))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> KeyPlace {
        KeyPlace { video: Uuid::from_u128(7), generation: 1, epoch: 3 }
    }

    fn key(fill: u8) -> SecretBytes {
        SecretBytes::new(vec![fill; 32])
    }

    fn master(fill: u8) -> VersionedKeys {
        VersionedKeys::new((1, key(fill)), Vec::new())
    }

    /// As it was made before master keys had versions.
    fn sealed_of_old(master: u8, segment_key: [u8; 16]) -> Vec<u8> {
        let nonce = [7; NONCE_LEN];
        let mut sealed = segment_key.to_vec();
        let aad = Aad::from(place().associated(&[OLD_FORM]));
        sealing_key(&key(master), place().video)
            .unwrap()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .unwrap();
        [&[OLD_FORM][..], &nonce, &sealed].concat()
    }

    /// MED-12 SEC-01
    #[test]
    fn every_listed_master_key_opens_and_the_first_one_seals() {
        let old = sealed_of_old(1, [9; 16]);
        let first = master(1);
        let both = VersionedKeys::new((2, key(2)), vec![(1, key(1))]);
        let segment_key = SegmentKey([9; 16]);
        let of_first = seal(&first, place(), &segment_key).unwrap();
        let of_both = seal(&both, place(), &segment_key).unwrap();
        for sealed in [&old, &of_first, &of_both] {
            assert_eq!(open(&both, place(), sealed).unwrap(), segment_key);
        }
        // What was derived for one version does not open another's.
        let opener = Opener::default();
        for sealed in [&of_both, &old, &of_both, &of_first, &of_first] {
            assert_eq!(open_by(&opener, &both, place(), sealed).unwrap(), segment_key);
        }
        assert_eq!([&old, &of_first, &of_both].map(|s| version_of(s)), [Some(1), Some(1), Some(2)]);
        assert_eq!(open(&first, place(), &of_both), Err(KeyError::NoKey(2)));
        // A row does not open under another version's name.
        let mut renamed = of_both.clone();
        renamed[1] = 1;
        assert_eq!(open(&both, place(), &renamed), Err(KeyError::Unreadable));
    }

    /// MED-12 SEC-01
    #[test]
    fn a_key_opens_only_where_it_was_sealed() {
        let key = SegmentKey([9; 16]);
        let sealed = seal(&master(1), place(), &key).unwrap();
        assert_eq!(open(&master(1), place(), &sealed).unwrap(), key);
        assert!(open(&master(2), place(), &sealed).is_err());
        for other in [
            KeyPlace { video: Uuid::from_u128(8), ..place() },
            KeyPlace { generation: 2, ..place() },
            KeyPlace { epoch: 4, ..place() },
        ] {
            assert_eq!(open(&master(1), other, &sealed), Err(KeyError::Unreadable));
        }
    }

    /// MED-12
    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let sealed = seal(&master(1), place(), &SegmentKey([9; 16])).unwrap();
        assert!(!sealed.windows(16).any(|window| window == [9; 16]));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&master(1), place(), &changed).is_err(), "byte {at}");
        }
        assert!(open(&master(1), place(), &[]).is_err());
        assert_ne!(sealed, seal(&master(1), place(), &SegmentKey([9; 16])).unwrap());
    }
}
