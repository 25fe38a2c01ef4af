//! Stands between the socket's bytes and the WebSocket codec. The codec looks at a frame's length
//! only when the whole frame has been buffered, so that a client could announce 1 GiB and stream it
//! into memory; here the headers are read as the bytes pass, and the stream ends at the first frame
//! that is too large or that we do not speak. It also stops reading while too many requests wait.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::error::PayloadError;
use actors::wire::CloseCode;
use bytes::Bytes;
use futures::Stream;

/// Bytes of a frame from a client at most.
pub(super) const MAX_FRAME: usize = 16 * 1024;
/// Requests that may wait; then reading stops, and the kernel's window does the rest.
const MAX_WAITING: usize = 32;

/// What the guard and the session of one connection share.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    violation: Cell<Option<CloseCode>>,
    waiting: Cell<usize>,
    reader: RefCell<Option<Waker>>,
}

impl Inbound {
    /// Why the stream was ended, if it was.
    pub fn violation(&self) -> Option<CloseCode> {
        self.violation.get()
    }

    /// Says how many requests wait.
    pub fn set_waiting(&self, waiting: usize) {
        self.waiting.set(waiting);
        if waiting < MAX_WAITING
            && let Some(reader) = self.reader.borrow_mut().take()
        {
            reader.wake();
        }
    }
}

/// The guarded stream.
pub(super) struct Guard<S> {
    stream: S,
    scanner: Scanner,
    inbound: Rc<Inbound>,
}

impl<S> Guard<S> {
    pub fn new(stream: S, inbound: Rc<Inbound>) -> Self {
        Self { stream, scanner: Scanner::default(), inbound }
    }
}

impl<S> Stream for Guard<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.inbound.violation.get().is_some() {
            return Poll::Ready(None);
        }
        if self.inbound.waiting.get() >= MAX_WAITING {
            *self.inbound.reader.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        match Pin::new(&mut self.stream).poll_next(cx) {
            Poll::Ready(Some(Ok(mut chunk))) => {
                if let Err((good, code)) = self.scanner.scan(&chunk) {
                    self.inbound.violation.set(Some(code));
                    chunk.truncate(good);
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            other => other,
        }
    }
}

/// Reads frame headers across chunks; keeps at most one header.
#[derive(Debug, Default)]
struct Scanner {
    header: Vec<u8>,
    payload_left: usize,
}

impl Scanner {
    /// Looks at the next bytes. On a violation: how many bytes before the bad frame's header in
    /// this chunk are good, and with what code to close.
    fn scan(&mut self, chunk: &[u8]) -> Result<(), (usize, CloseCode)> {
        let mut at = 0;
        let mut good = 0;
        while at < chunk.len() {
            if self.payload_left > 0 {
                let skip = self.payload_left.min(chunk.len() - at);
                self.payload_left -= skip;
                at += skip;
                good = at;
                continue;
            }
            if let Some(byte) = chunk.get(at) {
                self.header.push(*byte);
            }
            at += 1;
            if let Some(length) = length_of(&self.header).map_err(|code| (good, code))? {
                self.header.clear();
                self.payload_left = length;
                good = at;
            }
        }
        Ok(())
    }
}

/// The payload's length once the header (with its mask) is complete.
fn length_of(header: &[u8]) -> Result<Option<usize>, CloseCode> {
    const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    let [first, second, rest @ ..] = header else { return Ok(None) };
    let (fin, rsv, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    if rsv != 0 || second & 0x80 == 0 {
        return Err(PROTOCOL_ERROR);
    }
    let control = match opcode {
        0x1 | 0x2 if fin => false,
        // Messages in pieces are not spoken: nothing here is that long.
        0x0..=0x2 => return Err(CloseCode::ABUSE),
        0x8..=0xa if fin => true,
        _ => return Err(PROTOCOL_ERROR),
    };
    let short = usize::from(second & 0x7f);
    let (length, mask) = match (short, rest) {
        (0..126, mask) => (short, mask),
        (_, _) if control => return Err(PROTOCOL_ERROR),
        (126, [a, b, mask @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), mask),
        (127, [a, b, c, d, e, f, g, h, mask @ ..]) => {
            let long = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            (usize::try_from(long).unwrap_or(usize::MAX), mask)
        }
        _ => return Ok(None),
    };
    if length > MAX_FRAME {
        return Err(CloseCode::TOO_LARGE);
    }
    Ok((mask.len() == 4).then_some(length))
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use proptest::prelude::*;

    use super::*;

    fn frame(opcode: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match length {
            0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            126..65536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame
    }

    fn whole(opcode: u8, length: usize) -> Vec<u8> {
        let mut frame = frame(opcode, length);
        frame.extend(std::iter::repeat_n(b'x', length));
        frame
    }

    #[test]
    fn an_announced_gigabyte_is_refused_before_its_first_byte() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.scan(&frame(1, 1 << 30)[..10]), Err((0, CloseCode::TOO_LARGE)));
    }

    #[test]
    fn pieces_reserved_bits_and_frames_without_a_mask_are_refused() {
        let refused = |bytes: &[u8]| Scanner::default().scan(bytes).unwrap_err().1;
        assert_eq!(refused(&[0x01, 0x85]), CloseCode::ABUSE);
        assert_eq!(refused(&[0x80, 0x85]), CloseCode::ABUSE);
        assert_eq!(refused(&[0xc1, 0x85]), CloseCode(1002));
        assert_eq!(refused(&[0x81, 0x05]), CloseCode(1002));
        assert_eq!(refused(&[0x83, 0x85]), CloseCode(1002));
        assert_eq!(refused(&[0x89, 0x80 | 126, 1, 0]), CloseCode(1002), "a long ping");
    }

    proptest! {
        #[test]
        fn frames_within_the_limit_pass_however_they_are_cut(
            lengths in prop::collection::vec(prop_oneof![0usize..200, Just(MAX_FRAME)], 1..8),
            cut in 1usize..700,
        ) {
            let bytes: Vec<u8> = lengths.iter().flat_map(|length| whole(1, *length)).collect();
            let mut scanner = Scanner::default();
            for chunk in bytes.chunks(cut) {
                prop_assert_eq!(scanner.scan(chunk), Ok(()));
            }
            prop_assert_eq!((scanner.payload_left, scanner.header.len()), (0, 0));
        }

        #[test]
        fn what_comes_before_a_bad_frame_is_kept(length in 0usize..300, cut in 1usize..50) {
            let mut bytes = whole(1, length);
            let good = bytes.len();
            bytes.extend(frame(1, MAX_FRAME + 1));
            let mut scanner = Scanner::default();
            let mut kept = 0;
            for chunk in bytes.chunks(cut) {
                match scanner.scan(chunk) {
                    Ok(()) => kept += chunk.len(),
                    Err((more, code)) => {
                        kept += more;
                        prop_assert_eq!(code, CloseCode::TOO_LARGE);
                        break;
                    }
                }
            }
            // A header cut by a chunk's edge has partly passed; its frame never gets whole.
            prop_assert!(kept >= good && kept < good + 14, "{} {}", kept, good);
        }
    }

    #[actix_rt::test]
    async fn reading_stops_while_too_many_requests_wait() {
        let inbound = Rc::new(Inbound::default());
        let bytes = Ok::<_, PayloadError>(Bytes::from(whole(1, 3)));
        let mut guard = Guard::new(futures::stream::iter([bytes]), Rc::clone(&inbound));
        inbound.set_waiting(MAX_WAITING);
        assert!(futures::poll!(guard.next()).is_pending());
        inbound.set_waiting(MAX_WAITING - 1);
        assert!(guard.next().await.is_some());
    }
}
