//! One session's outbox: what waits for its socket, counted. The relay adds, the session takes
//! away; the bounds hold even when the session stands still because its peer has stopped reading (it
//! is polled only while its write buffer has room).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytestring::ByteString;

use crate::wire::CloseCode;

/// From here on what may be lost is no longer queued.
pub const BEHIND: Bound = Bound { messages: 32, bytes: 32 * 1024 };
/// Past this, of what is live, the reader is cut.
pub const CUT: Bound = Bound { messages: 256, bytes: 256 * 1024 };
/// The same for what the session itself asked for, counted apart: many rooms may answer their joins at once, and
/// what is live comes behind them.
pub const CUT_ANSWERS: Bound = Bound { messages: 1024, bytes: 2 * 1024 * 1024 };
/// A reader that takes nothing for this long, with anything waiting, is cut.
pub const STALLED: Duration = Duration::from_secs(10);
/// Objects in one frame from the server.
const JOIN_OBJECTS: usize = 64;
/// Bytes in one frame from the server.
pub const FRAME_BYTES: usize = 64 * 1024;

/// A bound on what waits.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Objects.
    pub messages: usize,
    /// Bytes of JSON.
    pub bytes: usize,
}

/// What became of a frame that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits, and the session has been told that there is something, or will be.
    Waits,
    /// It waits, and the session has to be told, see [`Outbox::tell`].
    Untold,
    /// The bound is passed: cut this session.
    Full,
    /// The session is already cut.
    Dead,
}

/// What the session finds when it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Frames to write, joined where they fit.
    Frames(Vec<ByteString>),
    /// Write these last frames (none when it was cut), then close with this code.
    Close(Vec<ByteString>, CloseCode),
}

#[derive(Debug)]
struct State {
    queue: VecDeque<ByteString>,
    /// Of these, how many the session did not ask for, and their bytes.
    live: (usize, usize),
    /// And those that it asked for.
    asked: (usize, usize),
    /// Of the session, while it waits for something to write.
    waker: Option<Waker>,
    /// Somebody has promised to tell it.
    untold: bool,
    waiting_since: Option<Instant>,
    heard_at: Instant,
    dead: Option<CloseCode>,
}

impl State {
    /// Nothing waits any more.
    const fn forget_counts(&mut self) {
        (self.live, self.asked) = ((0, 0), (0, 0));
    }
}

/// Shared by the relay and one session of the same thread.
#[derive(Debug)]
pub struct Outbox(Mutex<State>);

impl Outbox {
    /// An empty outbox of a session heard just now.
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(State {
            queue: VecDeque::new(),
            live: (0, 0),
            asked: (0, 0),
            waker: None,
            untold: false,
            waiting_since: None,
            heard_at: now,
            dead: None,
        }))
    }

    /// Relay: queues a live `frame`.
    pub fn push(&self, frame: ByteString, now: Instant) -> Pushed {
        self.push_within(CUT, |state| &mut state.live, frame, now, true)
    }

    /// Relay: queues a live `frame` that need not be written at this moment. [`Pushed::Untold`] once, until
    /// [`Outbox::tell`].
    pub fn lay(&self, frame: ByteString, now: Instant) -> Pushed {
        self.push_within(CUT, |state| &mut state.live, frame, now, false)
    }

    /// Relay: queues a `frame` that the session asked for.
    pub fn answer(&self, frame: ByteString, now: Instant) -> Pushed {
        self.push_within(CUT_ANSWERS, |state| &mut state.asked, frame, now, true)
    }

    /// Relay: tells the session of what waits, if it has not found it by itself.
    pub fn tell(&self) {
        let mut state = self.lock();
        state.untold = false;
        if !state.queue.is_empty() {
            wake(state);
        }
    }

    /// Whether somebody still has to tell the session.
    #[cfg(test)]
    pub fn is_untold(&self) -> bool {
        self.lock().untold
    }

    fn push_within(
        &self,
        bound: Bound,
        counted: fn(&mut State) -> &mut (usize, usize),
        frame: ByteString,
        now: Instant,
        tell: bool,
    ) -> Pushed {
        let mut state = self.lock();
        if state.dead.is_some() {
            return Pushed::Dead;
        }
        let (messages, bytes) = counted(&mut state);
        let full = *messages >= bound.messages || *bytes + frame.len() > bound.bytes;
        // One frame alone always fits: a replay may be larger than what live traffic may pile up.
        if full && *messages > 0 {
            return Pushed::Full;
        }
        *messages += 1;
        *bytes += frame.len();
        state.queue.push_back(frame);
        state.waiting_since.get_or_insert(now);
        if tell {
            wake(state);
            return Pushed::Waits;
        }
        // Who is not waiting looks by itself when it has written what it has.
        if state.waker.is_none() || state.untold {
            return Pushed::Waits;
        }
        state.untold = true;
        Pushed::Untold
    }

    /// Relay: whether this session is too far behind for what may be lost.
    pub fn is_behind(&self) -> bool {
        let state = self.lock();
        let bytes = state.live.1 + state.asked.1;
        state.dead.is_some() || state.queue.len() > BEHIND.messages || bytes > BEHIND.bytes
    }

    /// Relay: whether the reader takes nothing although something waits.
    pub fn is_stalled(&self, now: Instant) -> bool {
        self.lock().waiting_since.is_some_and(|since| now.duration_since(since) >= STALLED)
    }

    /// Relay: drops what waits and marks the session dead. The first code stands. Returns whether
    /// it was alive.
    pub fn kill(&self, code: CloseCode) -> bool {
        let mut state = self.lock();
        state.queue = VecDeque::new();
        state.forget_counts();
        state.waiting_since = None;
        let alive = state.dead.is_none();
        state.dead.get_or_insert(code);
        wake(state);
        alive
    }

    /// Relay: a planned end. What waits is still written, then `bye`, then the close with 4200.
    pub fn say_bye(&self, bye: ByteString) {
        let mut state = self.lock();
        if state.dead.is_none() {
            state.queue.push_back(bye);
            state.dead = Some(CloseCode::RESTART);
            wake(state);
        }
    }

    /// Relay: how long nothing has been heard from the client.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().heard_at)
    }

    /// Session: a frame came from the client.
    pub fn heard(&self, now: Instant) {
        self.lock().heard_at = now;
    }

    /// Session: takes all that waits, or waits for it.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Taken> {
        let mut state = self.lock();
        if state.queue.is_empty() && state.dead.is_none() {
            match &mut state.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        drop(state);
        Poll::Ready(self.take())
    }

    /// Session, while its socket takes nothing: waits for the cut. (A planned end waits for the socket.)
    pub fn poll_cut(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.dead.is_some_and(|code| code != CloseCode::RESTART) {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Session: takes all that waits.
    pub fn take(&self) -> Taken {
        let mut state = self.lock();
        state.forget_counts();
        state.waiting_since = None;
        let queue = std::mem::take(&mut state.queue);
        let dead = state.dead;
        drop(state);
        match dead {
            Some(code) => Taken::Close(join(queue), code),
            None => Taken::Frames(join(queue)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the session, if it waits; not under the lock, which it takes as soon as it is told.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Joins objects into arrays of at most 64 objects and 64 KiB; a lone object stays as it is.
fn join(queue: VecDeque<ByteString>) -> Vec<ByteString> {
    let mut frames = Vec::new();
    let mut group: Vec<ByteString> = Vec::new();
    let mut bytes = 2;
    for object in queue {
        if group.len() == JOIN_OBJECTS || bytes + object.len() + 1 > FRAME_BYTES {
            close_group(&mut group, &mut frames);
            bytes = 2;
        }
        bytes += object.len() + 1;
        group.push(object);
    }
    close_group(&mut group, &mut frames);
    frames
}

fn close_group(group: &mut Vec<ByteString>, frames: &mut Vec<ByteString>) {
    if group.len() < 2 {
        frames.append(group);
        return;
    }
    let mut array = String::with_capacity(group.iter().map(|object| object.len() + 1).sum());
    for (index, object) in group.drain(..).enumerate() {
        array.push(if index == 0 { '[' } else { ',' });
        array.push_str(&object);
    }
    array.push(']');
    frames.push(array.into());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use proptest::prelude::*;

    use super::*;

    fn object(bytes: usize) -> ByteString {
        format!("{{\"x\":\"{}\"}}", "a".repeat(bytes.saturating_sub(8))).into()
    }

    #[derive(Default)]
    struct Told(AtomicUsize);

    impl Wake for Told {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_session_is_told_once_until_it_looks() {
        let now = Instant::now();
        let outbox = Outbox::new(now);
        let told = Arc::new(Told::default());
        let waker = Waker::from(told.clone());
        let mut cx = Context::from_waker(&waker);
        let times = || told.0.load(Ordering::Relaxed);
        for round in 1..=2 {
            assert!(outbox.poll_take(&mut cx).is_pending());
            assert_eq!(outbox.push(object(10), now), Pushed::Waits);
            assert_eq!(outbox.push(object(10), now), Pushed::Waits);
            assert_eq!(times(), round);
            let Poll::Ready(Taken::Frames(frames)) = outbox.poll_take(&mut cx) else { panic!() };
            assert_eq!(frames.len(), 1);
        }
        assert!(outbox.poll_take(&mut cx).is_pending());
        outbox.kill(CloseCode::SLOW);
        assert_eq!(times(), 3, "an end is told too");
    }

    #[test]
    fn the_bound_is_kept_by_count_and_by_bytes_but_one_large_frame_passes() {
        let now = Instant::now();
        let outbox = Outbox::new(now);
        for _ in 0..CUT.messages {
            assert!(matches!(outbox.push(object(10), now), Pushed::Waits));
        }
        assert_eq!(outbox.push(object(10), now), Pushed::Full);
        let outbox = Outbox::new(now);
        assert!(matches!(outbox.push(object(CUT.bytes + 1), now), Pushed::Waits));
        assert_eq!(outbox.push(object(10), now), Pushed::Full);
        assert!(outbox.is_behind());
    }

    /// MSG-05: who joins many rooms at once is not cut for their answers by the next live entry.
    #[test]
    fn what_the_session_asked_for_leaves_the_room_for_what_is_live() {
        let now = Instant::now();
        let outbox = Outbox::new(now);
        for _ in 0..10 {
            assert_eq!(outbox.answer(object(100 * 1024), now), Pushed::Waits);
        }
        for _ in 0..CUT.messages {
            assert!(matches!(outbox.push(object(10), now), Pushed::Waits));
        }
        assert_eq!(outbox.push(object(10), now), Pushed::Full);
        assert_eq!(outbox.answer(object(CUT_ANSWERS.bytes), now), Pushed::Full);
        outbox.take();
        assert!(!outbox.is_behind());
        assert!(matches!(outbox.push(object(10), now), Pushed::Waits));
    }

    #[test]
    fn a_cut_drops_what_waits_and_the_first_code_stands() {
        let now = Instant::now();
        let outbox = Outbox::new(now);
        outbox.push(object(10), now);
        assert!(outbox.kill(CloseCode::SLOW));
        assert!(!outbox.kill(CloseCode::DEAD));
        assert_eq!(outbox.take(), Taken::Close(vec![], CloseCode::SLOW));
        assert_eq!(outbox.push(object(10), now), Pushed::Dead);
    }

    #[test]
    fn a_reader_is_stalled_by_the_age_of_what_waits_not_by_silence() {
        let now = Instant::now();
        let outbox = Outbox::new(now);
        assert!(!outbox.is_stalled(now + STALLED * 9));
        outbox.push(object(10), now);
        assert!(!outbox.is_stalled(now + STALLED / 2));
        assert!(outbox.is_stalled(now + STALLED));
        outbox.take();
        assert!(!outbox.is_stalled(now + STALLED));
    }

    proptest! {
        #[test]
        fn joining_keeps_every_object_in_order_within_the_frame_limits(sizes in prop::collection::vec(8usize..9000, 0..200)) {
            let queue: VecDeque<_> = sizes.iter().map(|size| object(*size)).collect();
            let mut got = Vec::new();
            for frame in join(queue.clone()) {
                prop_assert!(frame.len() <= FRAME_BYTES);
                match serde_json::from_str::<serde_json::Value>(&frame).unwrap() {
                    serde_json::Value::Array(items) => {
                        prop_assert!(items.len() <= JOIN_OBJECTS && items.len() > 1);
                        got.extend(items);
                    }
                    one => got.push(one),
                }
            }
            let want: Vec<serde_json::Value> =
                queue.iter().map(|object| serde_json::from_str(object).unwrap()).collect();
            prop_assert_eq!(got, want);
        }
    }
}
