//! Messages by page: keyset by number, both ways.

use actors::chat_room::port::{Message, Seq};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::log::{signed, with_names};
use super::store;
use crate::platform::http::Problem;

/// Messages of a page at most.
pub const LIMIT_MAX: u32 = 100;
/// Messages of a page when nothing is asked.
const LIMIT: u32 = 50;

/// Which part of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The newest.
    Latest,
    /// The nearest below this number.
    Before(Seq),
    /// The nearest above this number.
    After(Seq),
    /// Half below this number, half from it on.
    Around(Seq),
}

impl Window {
    /// Of the three ways to ask at most one.
    pub fn of(before: Option<Seq>, after: Option<Seq>, around: Option<Seq>) -> Option<Self> {
        match (before, after, around) {
            (None, None, None) => Some(Self::Latest),
            (Some(seq), None, None) => Some(Self::Before(seq)),
            (None, Some(seq), None) => Some(Self::After(seq)),
            (None, None, Some(seq)) => Some(Self::Around(seq)),
            _ => None,
        }
    }

    /// Whether the far end, where a page that is too long is cut, is the old one.
    pub const fn is_backward(self) -> bool {
        matches!(self, Self::Latest | Self::Before(_))
    }
}

/// Messages a page, brought into bounds.
pub fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(LIMIT).clamp(1, LIMIT_MAX)
}

/// Messages in the order of their numbers, and whether there are more in the direction asked
/// (older ones for `Around`).
pub async fn page(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    window: Window,
    limit: u32,
) -> Result<(Vec<Message>, bool), Problem> {
    let limit = i64::from(limit);
    let (rows, has_more) = match window {
        Window::Latest => older(conn, room, i64::MAX, limit).await?,
        Window::Before(seq) => older(conn, room, signed(seq), limit).await?,
        Window::After(seq) => {
            let mut rows = store::messages_after(conn, room, signed(seq), limit + 1).await?;
            let has_more = cut(&mut rows, limit);
            (rows, has_more)
        }
        Window::Around(seq) => {
            let (mut rows, has_more) = older(conn, room, signed(seq), limit / 2).await?;
            let rest = limit - limit / 2;
            let from = signed(seq).saturating_sub(1);
            rows.extend(store::messages_after(conn, room, from, rest).await?);
            (rows, has_more)
        }
    };
    Ok((with_names(conn, rows).await?, has_more))
}

async fn older(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    before: i64,
    limit: i64,
) -> Result<(Vec<super::model::MessageRow>, bool), Problem> {
    let mut rows = store::messages_before(conn, room, before, limit + 1).await?;
    let has_more = cut(&mut rows, limit);
    rows.reverse();
    Ok((rows, has_more))
}

fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(0);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}
