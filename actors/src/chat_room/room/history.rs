//! What somebody who joins has missed, and what has to be read before that can be said.

use std::sync::Arc;

use super::{History, Join, Joined, Room};
use crate::chat_room::port::Seq;
use crate::chat_room::ring::Line;

/// Who is further behind gets a page instead of a replay.
const RESUME_MAX: u64 = 300;
/// The same in bytes, so that a replay never fills an outbox.
const REPLAY_BYTES: usize = 192 * 1024;
/// A cached page serves until it is this old.
const PAGE_AGE: u64 = 100;

/// A join that is not answered yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub join: Join,
    /// A read was started after it came.
    pub asked: bool,
    /// Such a read has come back.
    pub checked: bool,
    pub tries: u8,
}

/// What a waiting join needs.
pub(super) enum Need {
    Log(Seq),
    Latest,
}

impl Room {
    pub(super) fn answer_join(&self, waiting: &Waiting) -> Result<Joined, Need> {
        let join = &waiting.join;
        let history = self.history(waiting)?;
        let head = match &history {
            History::Resumed(_) => self.head,
            History::Fresh { page, .. } => page.at,
        };
        let Some(info) = self.info.clone() else { return Err(Need::Log(self.head)) };
        Ok(Joined {
            session: join.session,
            re: join.re,
            seat: join.seat.clone(),
            epoch: self.epoch.clone(),
            history,
            head,
            info,
            online: 0,
            me: self.marks.of(join.seat.user),
            marks: self.marks.others(join.seat.user),
        })
    }

    fn history(&self, waiting: &Waiting) -> Result<History, Need> {
        let Some((last, epoch)) = &waiting.join.last else { return self.fresh("new") };
        let last = *last;
        if *epoch != self.epoch {
            return self.fresh("epoch");
        }
        if last > self.head {
            // Another node may have been ahead of us: ask the log before calling it wrong.
            return if waiting.checked { self.fresh("ahead") } else { Err(Need::Log(self.head)) };
        }
        if self.head - last > RESUME_MAX || waiting.tries > 2 {
            return self.fresh("too_old");
        }
        let Some(lines) = self.lines_after(last) else { return Err(Need::Log(last)) };
        if weight(&lines) > REPLAY_BYTES {
            return self.fresh("too_old");
        }
        Ok(History::Resumed(lines))
    }

    /// Everything after `last` up to the head, from the ring and what was just read.
    fn lines_after(&self, last: Seq) -> Option<Vec<Arc<Line>>> {
        if let Some(lines) = self.ring.after(last, self.head) {
            return Some(lines);
        }
        let (from, to) = (self.backlog.first()?.seq(), self.backlog.last()?.seq());
        if from > last + 1 {
            return None;
        }
        let rest = self.ring.after(to, self.head)?;
        let old = self.backlog.iter().filter(|line| line.seq() > last && line.seq() <= self.head);
        Some(old.cloned().chain(rest).collect())
    }

    fn fresh(&self, reason: &'static str) -> Result<History, Need> {
        let Some(page) = &self.latest else { return Err(Need::Latest) };
        if page.at > self.head {
            return Err(Need::Log(self.head));
        }
        let then = if self.head - page.at > PAGE_AGE { None } else { self.lines_after(page.at) };
        match then.filter(|lines| weight(lines) <= REPLAY_BYTES) {
            Some(then) => Ok(History::Fresh { reason, page: Arc::clone(page), then }),
            None => Err(Need::Latest),
        }
    }
}

fn weight(lines: &[Arc<Line>]) -> usize {
    lines.iter().map(|line| line.json().len()).sum()
}
