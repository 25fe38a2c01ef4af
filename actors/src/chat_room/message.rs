//! What may be said to a chat room's actor.

use super::port::Change;
use super::room::{Command, Sitter};
use super::sending::Ack;
use crate::wire::Problem;

/// A session's request, or an event from outside ([`Command::Join`], `Leave`, `Send`, `Mark`,
/// `Typing`, `Who`, `Revoke`, `Blocks`, `HeadIs`). Its answer, if any, goes to the session.
#[derive(Debug, Clone, actix::Message)]
#[rtype(result = "()")]
pub struct Tell(pub Command);

/// A change that came over HTTP, from somebody whose rights were looked up. The answer is as
/// for a session: after the commit.
#[derive(Debug, Clone, actix::Message)]
#[rtype(result = "Result<Ack, Problem>")]
pub struct Submit(pub Change);

/// Asks who has a seat, so that their access can be looked at anew.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "Vec<Sitter>")]
pub struct Seated;

/// Waits until the room has an entry after this number, so long at most; an error when the room ends before.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "()")]
pub struct Past {
    /// The number.
    pub after: super::port::Seq,
    /// How long.
    pub within: std::time::Duration,
}
