//! Resumable uploads by tus 1.0.0: core, creation (with upload), checksum, expiration, termination.
//! Tables: `uploads`, `upload_parts`.
//!
//! Invariants: the offset that is answered is durable; one writer at a time; nothing that was not
//! acknowledged is ever counted; an upload that is over leaves no bytes behind.

mod begin;
mod finish;
mod headers;
mod receive;
mod routes;
mod rules;
mod spool;
mod sweep;
mod writer;
mod writers;

use uuid::Uuid;

use crate::app::App;

pub use finish::PART_BYTES;
pub(super) use finish::{end, finish_later, tend_spool};
pub(super) use headers::Purpose;
pub(super) use routes::*;
pub(super) use rules::alive;
pub use sweep::sweep;
pub(super) use writers::Writers;

/// Removes what this node's spool holds of `upload`.
pub(super) async fn clear_spool(app: &App, upload: Uuid) -> std::io::Result<()> {
    spool::Spool::new(&app.config.storage.spool).clear(upload).await
}

/// A number of bytes as the database has it, which knows none below 0.
fn number(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}
