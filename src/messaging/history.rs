//! Messages by page: keyset by number, both ways.

use std::sync::Arc;

use actors::chat_room::port::{Page, Seq};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::latest;
use super::log::{read, signed, unsigned};
use super::store::{self, Cut};
use crate::platform::http::Problem;
use crate::platform::redis::Redis;

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

/// Messages in the order of their numbers, the head that they show, and whether there are more in the
/// direction asked (older ones for `Around`).
pub async fn page(
    conn: &mut AsyncPgConnection,
    redis: Option<&Arc<Redis>>,
    room: Uuid,
    window: Window,
    limit: u32,
) -> Result<Page, Problem> {
    let cut = match window {
        Window::Latest => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let page = latest::page(conn, redis, room, limit).await?;
            return page.ok_or_else(Problem::not_found);
        }
        Window::Before(seq) => Cut::Below(signed(seq)),
        Window::After(seq) => Cut::Above(signed(seq)),
        Window::Around(seq) => Cut::Around(signed(seq)),
    };
    let snapshot = store::snapshot(conn, room, cut, i64::from(limit)).await?;
    let snapshot = snapshot.ok_or_else(Problem::not_found)?;
    let (at, has_more) = (unsigned(snapshot.head), snapshot.has_more);
    Ok(Page { at, items: read::messages(conn, snapshot).await?, has_more })
}
