//! What the lines of one child must agree with, line after line: the plan, the order of segments, and
//! how much may be made at all. A child that has read a hostile file cannot fill the store with it.

use std::collections::BTreeMap;

use super::{WorkerLine, WorkerOrder};
use crate::ladder::SEGMENT_S;

/// The biggest segment, in bytes: four seconds at sixteen times the highest rate of any rung.
const MAX_SEGMENT: u64 = 64 * 1024 * 1024;

/// Bytes of all products for a second of the longest film: three times what all rungs of a recorded
/// screen reach together …
const MAX_PER_SECOND: u64 = 8 * 1024 * 1024;

/// … and besides: stills and sheets.
const MAX_BESIDES: u64 = 256 * 1024 * 1024;

/// What one child has told so far.
#[derive(Debug)]
pub(super) struct Account {
    /// The planned renditions, and the segment that each must go on with.
    planned: Option<BTreeMap<String, u32>>,
    first_segment: u32,
    /// Segments of a rendition.
    most_segments: u32,
    epoch_segments: u32,
    bytes: u64,
    most_bytes: u64,
}

impl Account {
    /// Of a child that works on `order`.
    pub(super) fn of(order: &WorkerOrder) -> Self {
        let longest = order.limits.max_duration_s;
        Self {
            planned: None,
            // It begins one before.
            first_segment: order.first_segment.saturating_sub(1),
            most_segments: longest.div_ceil(SEGMENT_S).saturating_add(16),
            epoch_segments: order.epoch_segments.max(1),
            bytes: 0,
            most_bytes: u64::from(longest) * MAX_PER_SECOND + MAX_BESIDES,
        }
    }

    /// Takes a line in that is in bounds by itself.
    ///
    /// # Errors
    /// What is wrong with it after those before.
    pub(super) fn take(&mut self, line: &WorkerLine) -> Result<(), &'static str> {
        let bytes = match line {
            WorkerLine::Plan(plan) => {
                let names = plan.renditions.iter().map(|r| (r.name.clone(), self.first_segment));
                if self.planned.replace(names.collect()).is_some() {
                    return Err("it plans twice");
                }
                0
            }
            WorkerLine::Init(init) => {
                self.next_of(&init.rendition)?;
                init.bytes
            }
            WorkerLine::Segment(segment) => {
                let (most, epoch) = (self.most_segments, segment.seq / self.epoch_segments);
                let next = self.next_of(&segment.rendition)?;
                if segment.seq != *next {
                    return Err("a segment out of order");
                }
                if segment.seq >= most || segment.epoch != epoch || segment.bytes > MAX_SEGMENT {
                    return Err("a segment out of bounds");
                }
                *next += 1;
                segment.bytes
            }
            WorkerLine::RenditionDone(done) => {
                if *self.next_of(&done.rendition)? != done.segments {
                    return Err("a rendition that is not complete");
                }
                0
            }
            WorkerLine::Dropped(dropped) => self.next_of(&dropped.rendition).map(|_| 0)?,
            WorkerLine::PosterCandidate(poster) => poster.bytes,
            WorkerLine::StoryboardSheet(sheet) => sheet.bytes,
            _ => 0,
        };
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.most_bytes { Err("it makes too much") } else { Ok(()) }
    }

    fn next_of(&mut self, rendition: &str) -> Result<&mut u32, &'static str> {
        let planned = self.planned.as_mut().and_then(|planned| planned.get_mut(rendition));
        planned.ok_or("a rendition that was not planned")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dropped, Iv, PosterReady, RenditionDone, SegmentReady};
    use super::*;
    use crate::ladder::Plan;

    fn order() -> WorkerOrder {
        let mut order = WorkerOrder { first_segment: 3, epoch_segments: 2, ..WorkerOrder::new() };
        order.limits.max_duration_s = 8;
        order
    }

    fn account() -> Account {
        let mut account = Account::of(&order());
        account.take(&WorkerLine::Plan(Plan::new(None, 2, None))).unwrap();
        account
    }

    fn segment(rendition: &str, seq: u32) -> SegmentReady {
        let (rendition, file) = (rendition.to_owned(), String::new());
        let (duration_us, bytes, epoch, iv) = (4_000_000, 1_000, seq / 2, Iv([0; 16]));
        SegmentReady { rendition, seq, duration_us, bytes, epoch, iv, file }
    }

    /// JOB-02
    #[test]
    fn what_does_not_follow_from_the_plan_is_not_believed() {
        let mut account = account();
        let take = |account: &mut Account, segment| account.take(&WorkerLine::Segment(segment));
        take(&mut account, segment("audio", 2)).unwrap();
        assert!(take(&mut account, segment("audio", 2)).is_err(), "once more");
        assert!(take(&mut account, segment("audio", 4)).is_err(), "with a gap");
        assert!(take(&mut account, segment("240p", 2)).is_err(), "not planned");
        let other = SegmentReady { epoch: 7, ..segment("audio", 3) };
        assert!(take(&mut account, other).is_err(), "under another key");
        let huge = SegmentReady { bytes: MAX_SEGMENT + 1, ..segment("audio", 3) };
        assert!(take(&mut account, huge).is_err());
        take(&mut account, segment("audio", 3)).unwrap();
        let done = |segments| {
            let rendition = "audio".into();
            WorkerLine::RenditionDone(RenditionDone { rendition, segments, duration_us: 1 })
        };
        assert!(account.take(&done(5)).is_err());
        account.take(&done(4)).unwrap();
        let dropped = |name: &str| WorkerLine::Dropped(Dropped { rendition: name.into() });
        assert!(account.take(&dropped("audio")).is_ok() && account.take(&dropped("720p")).is_err());
        assert!(account.take(&WorkerLine::Plan(Plan::new(None, 2, None))).is_err(), "twice");
        let none = Account::of(&order()).take(&WorkerLine::Segment(segment("audio", 2)));
        assert!(none.is_err(), "before any plan");
    }

    #[test]
    fn what_is_made_has_an_end() {
        let mut account = account();
        let last =
            (2..18).all(|seq| account.take(&WorkerLine::Segment(segment("audio", seq))).is_ok());
        assert!(last);
        assert!(account.take(&WorkerLine::Segment(segment("audio", 18))).is_err());
        let poster = WorkerLine::PosterCandidate(PosterReady {
            index: 0,
            file: String::new(),
            width: 1,
            height: 1,
            bytes: 64 * 1024 * 1024,
            at_us: 0,
        });
        let taken = (0..100).take_while(|_| account.take(&poster).is_ok()).count();
        assert_eq!(taken, 4, "the last of them is too much");
    }
}
