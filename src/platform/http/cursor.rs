//! Keyset cursors: the last row's sort keys, opaque to the client.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Code, Problem};

/// Packs the keys of the last row of a page.
pub fn encode<T: Serialize>(keys: &T) -> String {
    // Serializing keys (times, numbers, ids, strings) into memory cannot fail.
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(keys).unwrap_or_default())
}

/// Unpacks them; anything but what [`encode`] made is `bad_request`.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            Problem::new(Code::BadRequest).field(
                "cursor",
                Code::Invalid,
                "This cursor is not ours.",
            )
        })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cursor_comes_back_and_a_foreign_one_is_refused() {
        let cursor = super::encode(&("2026-11-20T15:00:00Z", 7));
        assert_eq!(super::decode::<(String, i64)>(&cursor).unwrap().1, 7);
        for foreign in ["", "💥", "bm9uZQ", "eyJhIjoxfQ"] {
            assert!(super::decode::<(String, i64)>(foreign).is_err());
        }
    }
}
