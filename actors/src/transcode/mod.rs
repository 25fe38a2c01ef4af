//! Transcoding jobs over time. The [`Desk`] fills its slots with claimed jobs; each runs in a
//! [`TranscodingJob`] actor of its own, which owns one child process under a lease. kill -9 at any
//! time: the lease expires and the job is claimed again; a video is published by one transaction
//! of the book, never by halves.

mod diary;
mod job;
pub mod message;
pub mod port;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures::channel::oneshot;
use media::worker::Failure;
use uuid::Uuid;

pub use self::diary::LOG_BYTES;
pub use self::job::TranscodingJob;
use self::job::{Left, Place, Release, Tools};
use self::message::{Cancel, Look, Running};
use self::port::{Claim, TranscodeBook, Transcoder};
use crate::registry::ArbiterPool;
use crate::shutdown::Drain;

/// How a node works on jobs.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Jobs at the same time.
    pub slots: usize,
    /// Time between two looks at the queue without a [`Look`].
    pub poll: Duration,
    /// Time between two renewals of a lease.
    pub heartbeat: Duration,
    /// How long a lease lasts without renewal, as the book writes it.
    pub lease: Duration,
    /// A child that says nothing for this long hangs.
    pub silence: Duration,
    /// Attempts of one job, the first included.
    pub max_attempts: u32,
    /// Pause after the first failed attempt; doubles with each further one.
    pub back_off: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            slots: 1,
            poll: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
            lease: Duration::from_secs(45),
            silence: Duration::from_secs(60),
            max_attempts: 4,
            back_off: Duration::from_secs(15),
        }
    }
}

impl Policy {
    /// When to try again after `failure` of attempt number `attempt`; `None` = never.
    pub fn retry_in(&self, failure: &Failure, attempt: u32) -> Option<Duration> {
        if !failure.retryable || attempt >= self.max_attempts {
            return None;
        }
        Some(self.back_off.saturating_mul(1 << attempt.saturating_sub(1).min(10)))
    }
}

/// Fills the slots of one node.
pub struct Desk {
    tools: Tools,
    pool: Arc<ArbiterPool>,
    /// By job and fence: a job that was stopped and claimed again has two actors for a moment.
    jobs: HashMap<(Uuid, i64), Addr<TranscodingJob>>,
    claiming: bool,
    look_again: bool,
    drains: Option<Vec<oneshot::Sender<()>>>,
}

impl Desk {
    /// A desk whose jobs live on `pool`.
    pub fn new(
        book: Arc<dyn TranscodeBook>,
        transcoder: Arc<dyn Transcoder>,
        policy: Policy,
        pool: Arc<ArbiterPool>,
    ) -> Self {
        let tools = Tools { book, transcoder, policy };
        let jobs = HashMap::new();
        Self { tools, pool, jobs, claiming: false, look_again: false, drains: None }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.claiming {
            self.look_again = true;
            return;
        }
        if self.drains.is_some() || self.jobs.len() >= self.tools.policy.slots {
            return;
        }
        self.claiming = true;
        let book = Arc::clone(&self.tools.book);
        let claim = async move { book.claim_next().await };
        ctx.spawn(claim.into_actor(self).map(|claimed, desk, ctx| {
            desk.claiming = false;
            let again = std::mem::take(&mut desk.look_again);
            match claimed {
                Ok(Some(claim)) => {
                    desk.begin(claim, ctx);
                    desk.look(ctx);
                }
                Ok(None) if again => desk.look(ctx),
                Ok(None) => {}
                // The next poll asks again.
                Err(error) => tracing::warn!(%error, "no job claimed"),
            }
        }));
    }

    fn begin(&mut self, claim: Claim, ctx: &mut Context<Self>) {
        let (job, fence) = (claim.job, claim.fence);
        let place = Place { job, fence, desk: ctx.address().recipient() };
        let tools = self.tools.clone();
        let birth = move |_: &mut Context<TranscodingJob>| TranscodingJob::new(claim, tools, place);
        let addr = match self.pool.of(&job) {
            Some(arbiter) => TranscodingJob::start_in_arbiter(arbiter, birth),
            None => TranscodingJob::create(birth),
        };
        if self.drains.is_some() {
            addr.do_send(Release);
        }
        self.jobs.insert((job, fence), addr);
    }

    fn drained(&mut self, ctx: &mut Context<Self>) {
        if self.jobs.is_empty()
            && !self.claiming
            && let Some(drains) = self.drains.take()
        {
            for done in drains {
                // Who asked may have stopped waiting.
                let _ = done.send(());
            }
            ctx.stop();
        }
    }
}

impl Actor for Desk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look(ctx);
        ctx.run_interval(self.tools.policy.poll, |desk, ctx| {
            desk.look(ctx);
            if desk.drains.is_some() {
                desk.drained(ctx);
            }
        });
    }
}

impl Handler<Look> for Desk {
    type Result = ();

    fn handle(&mut self, _: Look, ctx: &mut Self::Context) {
        self.look(ctx);
    }
}

impl Handler<Left> for Desk {
    type Result = ();

    fn handle(&mut self, Left { job, fence }: Left, ctx: &mut Self::Context) {
        self.jobs.remove(&(job, fence));
        if self.drains.is_some() { self.drained(ctx) } else { self.look(ctx) }
    }
}

impl Handler<Cancel> for Desk {
    type Result = bool;

    fn handle(&mut self, cancel: Cancel, _: &mut Self::Context) -> bool {
        let mut runs_here = false;
        for ((job, _), addr) in &self.jobs {
            if *job == cancel.job {
                addr.do_send(cancel);
                runs_here = true;
            }
        }
        runs_here
    }
}

impl Handler<Running> for Desk {
    type Result = MessageResult<Running>;

    fn handle(&mut self, _: Running, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.jobs.keys().map(|(job, _)| *job).collect())
    }
}

impl Handler<Drain> for Desk {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) -> Self::Result {
        let (done, waiting) = oneshot::channel();
        self.drains.get_or_insert_default().push(done);
        for job in self.jobs.values() {
            job.do_send(Release);
        }
        self.drained(ctx);
        Box::pin(async move {
            // Dropped unsent means that the desk ended in another way.
            let _ = waiting.await;
        })
    }
}
