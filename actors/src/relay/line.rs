//! The sessions for which something live waits, in the order in which they are told of it: so many, then
//! whatever else the thread has to do. While there is little to do each is told at once. While there is
//! more than the thread can do, answers and what clients send come first, and what waits for a session
//! meanwhile is written in one piece: the more there is, the less each of it costs. Nobody waits longer
//! than [`LATEST`] for others' sake.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::Outbox;

/// Sessions that are told before the thread turns to something else.
const AT_ONCE: usize = 32;
/// Who has stood in the line for this long is told, whatever else there is to do.
const LATEST: Duration = Duration::from_millis(250);
/// Places that an empty line keeps.
const KEPT: usize = 1024;

#[derive(Default)]
struct Inner {
    waiting: VecDeque<(Instant, Arc<Outbox>)>,
    teller: Option<Waker>,
}

/// The line of one relay.
#[derive(Clone, Default)]
pub struct Line(Rc<RefCell<Inner>>);

impl Line {
    /// Puts a session at the end.
    pub fn add(&self, outbox: &Arc<Outbox>, now: Instant) {
        let mut inner = self.0.borrow_mut();
        inner.waiting.push_back((now, Arc::clone(outbox)));
        let teller = inner.teller.take();
        drop(inner);
        if let Some(teller) = teller {
            teller.wake();
        }
    }

    /// Tells those at the front; whether there are more.
    fn tell(&self, now: Instant) -> bool {
        let mut told = 0;
        loop {
            let mut inner = self.0.borrow_mut();
            match inner.waiting.front() {
                None => {
                    if inner.waiting.capacity() > KEPT {
                        inner.waiting = VecDeque::new();
                    }
                    return false;
                }
                Some((since, _)) => {
                    if told >= AT_ONCE && now.saturating_duration_since(*since) < LATEST {
                        return true;
                    }
                }
            }
            let next = inner.waiting.pop_front();
            drop(inner);
            if let Some((_, outbox)) = next {
                outbox.tell();
            }
            told += 1;
        }
    }

    /// The task that tells. It ends with its thread; the line does not wait for that.
    pub fn teller(&self) -> Teller {
        Teller(Rc::downgrade(&self.0))
    }
}

/// See [`Line::teller`].
pub struct Teller(Weak<RefCell<Inner>>);

impl Future for Teller {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(line) = self.0.upgrade().map(Line) else { return Poll::Ready(()) };
        // First the place to be woken at, then the look.
        line.0.borrow_mut().teller = Some(cx.waker().clone());
        if line.tell(Instant::now()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use bytestring::ByteString;
    use futures::future::poll_fn;

    use super::super::{Pushed, Taken};
    use super::*;

    /// Sessions that wait for something to write, with a live frame for each.
    async fn waiting(line: &Line, count: usize, now: Instant) -> Vec<Arc<Outbox>> {
        let outboxes: Vec<_> = (0..count).map(|_| Arc::new(Outbox::new(now))).collect();
        for outbox in &outboxes {
            poll_fn(|cx| Poll::Ready(outbox.poll_take(cx).is_pending())).await;
            let frame = ByteString::from_static("{}");
            assert_eq!(outbox.lay(frame.clone(), now), Pushed::Untold);
            line.add(outbox, now);
            assert_eq!(outbox.lay(frame, now), Pushed::Waits, "once in the line");
        }
        outboxes
    }

    fn told(outboxes: &[Arc<Outbox>]) -> usize {
        outboxes.iter().filter(|outbox| !outbox.is_untold()).count()
    }

    #[actix::test]
    async fn a_few_are_told_then_others_have_their_turn_and_who_waited_long_is_told_with_all_like_them()
     {
        let (line, now) = (Line::default(), Instant::now());
        let outboxes = waiting(&line, 100, now).await;
        assert!(line.tell(now));
        assert_eq!(told(&outboxes), AT_ONCE);
        assert!(!line.tell(now + LATEST));
        assert_eq!(told(&outboxes), 100);
        assert!(
            outboxes.iter().all(|outbox| outbox.take() == Taken::Frames(vec!["[{},{}]".into()]))
        );
    }

    #[actix::test]
    async fn the_teller_goes_on_until_the_line_is_empty_and_begins_again() {
        let line = Line::default();
        let teller = actix::spawn(line.teller());
        for _ in 0..2 {
            let outboxes = waiting(&line, 100, Instant::now()).await;
            while told(&outboxes) < 100 {
                tokio::task::yield_now().await;
            }
        }
        teller.abort();
    }

    #[actix::test]
    async fn who_was_answered_meanwhile_is_not_told_again() {
        let (line, now) = (Line::default(), Instant::now());
        let outboxes = waiting(&line, 1, now).await;
        outboxes[0].answer(ByteString::from_static("{}"), now);
        assert_eq!(outboxes[0].take(), Taken::Frames(vec!["[{},{},{}]".into()]));
        assert!(!line.tell(now));
        assert!(poll_fn(|cx| Poll::Ready(outboxes[0].poll_take(cx).is_pending())).await);
    }
}
