//! The search inside a room: full text over the messages that a viewer may see, the newest first.

use actors::chat_room::port::{Message, Viewer};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::log::read;
use super::store::{self, Snapshot};
use crate::platform::http::{Problem, cursor};

/// Characters of what is searched for at most.
const QUERY_CHARS: usize = 200;
/// Words of it at most.
const WORDS_MAX: usize = 16;
/// Letters from which on the last word is taken for a beginning: fewer begin half of all words.
const PREFIX_MIN: usize = 2;
/// A page of what was found.
#[derive(Debug)]
pub struct Found {
    /// The newest first.
    pub items: Vec<Message>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Messages of `room` that hold every word of `q` (the last one as it begins, from two letters on), the newest first.
pub async fn find(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    viewer: &Viewer,
    q: &str,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Found, Problem> {
    let before = cursor.map(cursor::decode::<i64>).transpose()?.unwrap_or(i64::MAX);
    let Some(words) = query(q) else {
        return Err(Problem::invalid("q", "Type a word of at most 200 characters."));
    };
    let of = (!viewer.moderates).then_some(viewer.user);
    let limit = usize::try_from(limit).unwrap_or(20);
    let mut rows =
        store::search(conn, room, &words, before, of, i64::try_from(limit).unwrap_or(20) + 1)
            .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|last| cursor::encode(&last.seq));
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let reactions = store::reactions(conn, &ids).await?;
    let snapshot = Snapshot { rows, reactions, ..Snapshot::default() };
    let items = read::messages(conn, snapshot).await?;
    let items = items.iter().filter_map(|message| message.seen_by(viewer)).collect();
    Ok(Found { items, next_cursor })
}

/// The words of a search as PostgreSQL asks for them; `None` when there is nothing to search for.
fn query(q: &str) -> Option<String> {
    if q.len() > QUERY_CHARS * 4 || q.chars().count() > QUERY_CHARS {
        return None;
    }
    let words: Vec<&str> = q
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .collect();
    // Words of letters and digits only: nothing in them could be read as syntax.
    let last = words.len().checked_sub(1)?;
    let terms: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(index, word)| match index == last && word.chars().nth(PREFIX_MIN - 1).is_some() {
            true => format!("'{word}':*"),
            false => format!("'{word}'"),
        })
        .collect();
    Some(terms.join(" & "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MSG-04
    #[test]
    fn whatever_is_typed_becomes_words_and_never_syntax() {
        assert_eq!(query("hello wor").unwrap(), "'hello' & 'wor':*");
        assert_eq!(query("a' | !b:* & (c").unwrap(), "'a' & 'b' & 'c'");
        assert_eq!(query("oʻqish שלום").unwrap(), "'oʻqish' & 'שלום':*");
        assert_eq!(query("  &|! "), None);
        assert_eq!(query(&"x".repeat(201)), None);
    }
}
