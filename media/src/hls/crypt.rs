//! AES-128-CBC over whole segments (RFC 8216, 4.3.2.4), keys by epoch. libav's muxers do not
//! encrypt fragmented MP4, so this is done here.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::worker::{Iv, SegmentKey};

/// The epoch of segment `seq` when every `epoch_segments` segments have a key of their own.
pub fn epoch_of(seq: u32, epoch_segments: u32) -> u32 {
    seq / epoch_segments.max(1)
}

/// The initialisation vector of a segment. It depends on the key, the rendition and the number
/// only, so that a job that is run again makes the same file; no two segments of a key share one.
pub fn segment_iv(key: &SegmentKey, rendition: &str, seq: u32) -> Iv {
    let mut iv = [0; 16];
    if let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key.0) {
        mac.update(b"ilm-segment-iv-v1\0");
        mac.update(&seq.to_be_bytes());
        mac.update(rendition.as_bytes());
        for (to, from) in iv.iter_mut().zip(mac.finalize().into_bytes()) {
            *to = from;
        }
    }
    Iv(iv)
}

/// Encrypts a whole segment (PKCS#7 padding).
pub fn encrypt(key: &SegmentKey, iv: Iv, clear: &[u8]) -> Vec<u8> {
    cbc::Encryptor::<Aes128>::new(&key.0.into(), &iv.0.into())
        .encrypt_padded_vec_mut::<Pkcs7>(clear)
}

/// Decrypts a whole segment; `None` when the padding shows that key, IV or bytes are wrong.
pub fn decrypt(key: &SegmentKey, iv: Iv, sealed: &[u8]) -> Option<Vec<u8>> {
    cbc::Decryptor::<Aes128>::new(&key.0.into(), &iv.0.into())
        .decrypt_padded_vec_mut::<Pkcs7>(sealed)
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MED-12
    #[test]
    fn the_cipher_is_the_one_of_the_standard() {
        // NIST SP 800-38A, F.2.1, first block; the padding block follows it.
        let key = SegmentKey(*b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c");
        let iv = Iv(core::array::from_fn(|i| i as u8));
        let clear = hex::decode("6bc1bee22e409f96e93d7e117393172a").unwrap();
        let sealed = encrypt(&key, iv, &clear);
        assert_eq!(hex::encode(&sealed[..16]), "7649abac8119b246cee98e9b12e9197d");
        assert_eq!(sealed.len(), 32);
    }

    #[test]
    fn vectors_differ_by_segment_rendition_and_key_and_repeat_for_the_same() {
        let (one, two) = (SegmentKey([1; 16]), SegmentKey([2; 16]));
        let iv = segment_iv(&one, "720p", 7);
        assert_eq!(iv, segment_iv(&one, "720p", 7));
        for other in
            [segment_iv(&one, "720p", 8), segment_iv(&one, "audio", 7), segment_iv(&two, "720p", 7)]
        {
            assert_ne!(iv, other);
        }
    }

    #[test]
    fn epochs_change_after_their_number_of_segments() {
        assert_eq!([0, 14, 15, 29, 30].map(|seq| epoch_of(seq, 15)), [0, 0, 1, 1, 2]);
    }

    proptest! {
        #[test]
        fn what_is_encrypted_comes_back(
            key: [u8; 16], iv: [u8; 16], clear in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let (key, iv) = (SegmentKey(key), Iv(iv));
            let sealed = encrypt(&key, iv, &clear);
            prop_assert!(sealed.len() > clear.len() && sealed.len().is_multiple_of(16));
            prop_assert_eq!(decrypt(&key, iv, &sealed), Some(clear));
        }
    }
}
