//! Keyset cursors: the last row's sort keys, opaque to the client.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Code, Problem};

/// Characters of a cursor at most; ours are far below.
const MAX_LENGTH: usize = 2048;

/// Packs the keys of the last row of a page.
pub fn encode<T: Serialize>(keys: &T) -> String {
    // Serializing keys (times, numbers, ids, strings) into memory cannot fail.
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(keys).unwrap_or_default())
}

/// Unpacks them; anything but what [`encode`] could have made is `bad_request`. What the database
/// would refuse (NUL in a text, a year that it does not know) is refused here.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    (cursor.len() <= MAX_LENGTH)
        .then(|| BASE64_URL_SAFE_NO_PAD.decode(cursor).ok())
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .filter(is_storable)
        .and_then(|keys| serde_json::from_value(keys).ok())
        .ok_or_else(|| {
            Problem::new(Code::BadRequest).field(
                "cursor",
                Code::Invalid,
                "This cursor is not ours.",
            )
        })
}

/// Whether every part could be a value of a column.
fn is_storable(keys: &Value) -> bool {
    match keys {
        Value::Array(parts) => parts.iter().all(is_storable),
        Value::Object(parts) => parts.values().all(is_storable),
        Value::String(text) => {
            let year = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc().year());
            let kept = year.map_or_else(|_| !looks_like_time(text), |y| (1970..=9999).contains(&y));
            kept && !text.contains('\0')
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// `+262142-01-01T…` and the like: times that serde reads beyond RFC 3339's four digits.
fn looks_like_time(text: &str) -> bool {
    text.parse::<DateTime<chrono::Utc>>().is_ok()
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

    #[test]
    fn what_the_database_would_refuse_is_refused_here() {
        use chrono::{DateTime, Utc};
        for time in ["0001-01-01T00:00:00Z", "-4713-01-01T00:00:00Z", "+262142-01-01T00:00:00Z"] {
            let cursor = super::encode(&(time, 7));
            assert!(super::decode::<(DateTime<Utc>, i64)>(&cursor).is_err(), "{time}");
        }
        let nul = super::encode(&("a\0b", 7));
        assert!(super::decode::<(String, i64)>(&nul).is_err());
        assert!(super::decode::<(String, i64)>(&super::encode(&("x".repeat(4096), 7))).is_err());
        let kept = super::encode(&("1970-01-01T00:00:00Z", 7));
        assert!(super::decode::<(DateTime<Utc>, i64)>(&kept).is_ok());
    }
}
