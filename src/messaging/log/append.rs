//! Storing batches: one transaction, and what is done when it fails.

use std::fmt::Display;

use actors::chat_room::port::Appended;
use actors::wire::{ErrCode, Problem as Refusal};
use futures::future::BoxFuture;

use super::Stored;
use super::plan::{Item, Outcome, plan};
use crate::messaging::store;
use crate::platform::http::Problem;

/// Why a batch was not stored.
#[derive(Debug)]
pub enum Trouble {
    /// The database is away, or the outcome of the commit is not known.
    Connection(String),
    /// The database refuses something in the batch; nothing of it is stored.
    Content(String),
}

impl Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Connection(why) | Self::Content(why)) = self;
        f.write_str(why)
    }
}

impl From<diesel::result::Error> for Trouble {
    fn from(error: diesel::result::Error) -> Self {
        let text = error.to_string();
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

impl Stored {
    /// Stores items of any rooms; a batch that fails for what is in it is split until the bad item
    /// stands alone.
    pub(super) fn append_halving(
        &self,
        mut items: Vec<Item>,
    ) -> BoxFuture<'_, Result<Vec<Outcome>, String>> {
        Box::pin(async move {
            let why = match self.append_once(&items).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Trouble::Content(why)) => why,
                Err(Trouble::Connection(_)) => {
                    // Once more on another connection. Had the first commit come through after all,
                    // the client ids find it.
                    match self.append_once(&items).await {
                        Ok(outcomes) => return Ok(outcomes),
                        Err(Trouble::Connection(why)) => return Err(why),
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

    async fn append_once(&self, items: &[Item]) -> Result<Vec<Outcome>, Trouble> {
        let mut conn = self.db.conn().await?;
        let now = self.clock.now();
        let new_id = || self.ids.new_id(now);
        let (mut asked, mut said) = (Vec::new(), Vec::new());
        let planned = |world| {
            let (plan, outcomes) = plan(items, world, now, &new_id);
            asked.extend(plan.posted.iter().map(|message| message.room.course_id));
            said.clone_from(&plan.said);
            (plan, outcomes)
        };
        let outcomes = store::append::append::<Trouble>(&mut conn, items, planned).await?;
        // After the commit.
        asked.into_iter().for_each(|course| self.bell.ring(course));
        self.news.said(said);
        Ok(outcomes)
    }
}
