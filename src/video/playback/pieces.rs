//! Segments that lie in memory, as they go out: piece by piece. actix copies a body into the
//! connection's buffer before it writes, whole if it comes whole, and gives a buffer of more than
//! 128 KiB back after each answer: a megabyte would be allocated, copied past the caches and given
//! back for each of a thousand viewers.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// Bytes that are copied at once: what, with the head of an answer, the connection's buffer holds and
/// keeps.
const PIECE: usize = 120 * 1024;

/// A body of known length that shares its bytes with other answers.
#[derive(Debug)]
pub(super) struct Pieces(pub Bytes);

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PIECE);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn the_pieces_are_the_whole() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let whole: Bytes = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let pieces = Pieces(whole.clone());
            assert_eq!(pieces.size(), BodySize::Sized(u64::try_from(length).unwrap()));
            assert_eq!(to_bytes(pieces).await.unwrap(), whole);
        }
    }
}
