//! Storing batches: one transaction, and what is done when it fails.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actors::chat_room::port::Appended;
use actors::wire::{ErrCode, Problem as Refusal};
use diesel_async::AsyncPgConnection;
use futures::future::BoxFuture;

use super::Stored;
use super::plan::{Item, Outcome, plan};
use crate::messaging::store;
use crate::platform::http::Problem;

/// A batch that takes longer is on a connection whose other end is gone without a word: the server itself ends
/// what takes so long.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Why a batch was not stored.
#[derive(Debug)]
pub enum Trouble {
    /// The database is away, or the outcome of the commit is not known.
    Connection(String),
    /// The database refuses something in the batch; nothing of it is stored.
    Content(String),
    /// Something that the batch needs is locked for too long, as a room's head may be; nothing of it is stored.
    Lock(String),
}

impl Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Connection(why) | Self::Content(why) | Self::Lock(why)) = self;
        f.write_str(why)
    }
}

impl From<diesel::result::Error> for Trouble {
    fn from(error: diesel::result::Error) -> Self {
        let text = error.to_string();
        if text.contains("due to lock timeout") {
            return Self::Lock(text);
        }
        // What the rest of the house answers with 503 is the connection's fault.
        match Problem::from(error).retry_after_s() {
            Some(_) => Self::Connection(text),
            None => Self::Content(text),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        match problem.retry_after_s() {
            Some(_) => Self::Connection(problem.to_string()),
            None => Self::Content(problem.to_string()),
        }
    }
}

/// The connection of one writer, while it is not in use.
#[derive(Clone, Default)]
pub(super) struct Lane(Arc<Mutex<Option<AsyncPgConnection>>>);

impl Lane {
    fn take(&self) -> Option<AsyncPgConnection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, conn: AsyncPgConnection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn);
    }
}

/// The items room by room, in their order: those of a room stand together.
fn apart(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut rooms: Vec<Vec<Item>> = Vec::new();
    for item in items {
        match rooms.last_mut() {
            Some(same) if same.last().is_some_and(|last| last.room == item.room) => same.push(item),
            _ => rooms.push(vec![item]),
        }
    }
    rooms
}

impl Stored {
    /// Stores items of any rooms; a batch that fails for what is in it is split until the bad item
    /// stands alone, one that fails for a lock room by room.
    pub(super) fn append_halving(
        &self,
        mut items: Vec<Item>,
    ) -> BoxFuture<'_, Result<Vec<Outcome>, String>> {
        Box::pin(async move {
            let why = match self.append_once(&items).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Trouble::Content(why)) => why,
                Err(Trouble::Lock(why)) => return self.append_apart(items, why).await,
                Err(Trouble::Connection(_)) => {
                    // Once more on another connection. Had the first commit come through after all,
                    // the client ids find it.
                    match self.append_once(&items).await {
                        Ok(outcomes) => return Ok(outcomes),
                        Err(Trouble::Connection(why)) => return Err(why),
                        Err(Trouble::Lock(why)) => return self.append_apart(items, why).await,
                        Err(Trouble::Content(why)) => why,
                    }
                }
            };
            if items.len() <= 1 {
                tracing::warn!(%why, "a change cannot be stored");
                let refusal = Appended::Refused(Refusal::new(ErrCode::BadRequest));
                return Ok(items.iter().map(|_| Some(refusal.clone())).collect());
            }
            let second = items.split_off(items.len() / 2);
            let rest = second.len();
            let mut outcomes = self.append_halving(items).await?;
            match self.append_halving(second).await {
                Ok(more) => outcomes.extend(more),
                // The first half is stored and must be told; the second is unknown.
                Err(_) => outcomes
                    .extend((0..rest).map(|_| Some(Appended::Refused(Refusal::unavailable(1000))))),
            }
            Ok(outcomes)
        })
    }

    /// Stores room by room, so that only those wait longer that something holds.
    async fn append_apart(&self, items: Vec<Item>, why: String) -> Result<Vec<Outcome>, String> {
        let rooms = apart(items);
        if rooms.len() <= 1 {
            return Err(why);
        }
        tracing::warn!(%why, rooms = rooms.len(), "a batch is stored room by room");
        let mut outcomes = Vec::new();
        for items in rooms {
            let count = items.len();
            match self.append_halving(items).await {
                Ok(more) => outcomes.extend(more),
                Err(_) => outcomes.extend(
                    (0..count).map(|_| Some(Appended::Refused(Refusal::unavailable(1000)))),
                ),
            }
        }
        Ok(outcomes)
    }

    async fn append_once(&self, items: &[Item]) -> Result<Vec<Outcome>, Trouble> {
        let mut conn = match self.lane.take() {
            Some(conn) => conn,
            None => self.lane_conn().await?,
        };
        let storing = tokio::time::timeout(ANSWER_WITHIN, self.append_on(&mut conn, items));
        let silent = |_| Err(Trouble::Connection("the database does not answer".to_owned()));
        let stored = storing.await.unwrap_or_else(silent);
        // After a failure, or when this future is given up, nobody knows what the connection is in the middle of.
        if stored.is_ok() {
            self.lane.put(conn);
        }
        stored
    }

    async fn lane_conn(&self) -> Result<AsyncPgConnection, Trouble> {
        let mut conn = self.db.own_conn().await?;
        store::append::plan_by_keys(&mut conn).await?;
        Ok(conn)
    }

    async fn append_on(
        &self,
        conn: &mut AsyncPgConnection,
        items: &[Item],
    ) -> Result<Vec<Outcome>, Trouble> {
        let now = self.clock.now();
        let new_id = || self.ids.new_id(now);
        let (mut asked, mut said) = (Vec::new(), Vec::new());
        let planned = |world| {
            let (plan, outcomes) = plan(items, world, now, &new_id);
            asked.extend(plan.posted.iter().map(|message| message.room.course_id));
            said.clone_from(&plan.said);
            (plan, outcomes)
        };
        let outcomes = store::append::append::<Trouble>(conn, items, planned).await?;
        // After the commit.
        asked.into_iter().for_each(|course| self.bell.ring(course));
        self.news.said(said);
        Ok(outcomes)
    }
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::{By, Change, Rights, Role, What};
    use diesel::result::{DatabaseErrorKind as Kind, Error};
    use uuid::Uuid;

    use super::*;

    /// MSG-01: one room whose head is held does not fail the others of its batch.
    #[test]
    fn a_batch_that_waited_for_a_lock_is_taken_apart_by_rooms_in_its_order() {
        let timeout = "canceling statement due to lock timeout".to_owned();
        let error = Error::DatabaseError(Kind::Unknown, Box::new(timeout));
        assert!(matches!(Trouble::from(error), Trouble::Lock(_)));
        let slow = "canceling statement due to statement timeout".to_owned();
        let error = Error::DatabaseError(Kind::Unknown, Box::new(slow));
        assert!(matches!(Trouble::from(error), Trouble::Connection(_)));
        let rights =
            Rights { role: Role::Student, can_write: true, moderates: false, need_wrong: None };
        let by = By { user: Uuid::nil(), name: String::new(), rights };
        let item = |(n, room): (u128, u128)| Item {
            room: Uuid::from_u128(room),
            change: Change { by: by.clone(), what: What::Answer { msg: Some(Uuid::from_u128(n)) } },
        };
        let items = [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3)].map(item);
        let rooms = apart(items.to_vec());
        assert_eq!(rooms.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 2]);
        let order: Vec<_> = rooms.into_iter().flatten().map(|item| item.change).collect();
        assert_eq!(order, items.map(|item| item.change));
    }
}
