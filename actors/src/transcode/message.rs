//! What may be said to the desk and to a job.

use uuid::Uuid;

/// To the desk: a job has been queued (or may be due): look.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "()")]
pub struct Look;

/// To the desk and to a job: stop this job, it is not wanted any more. Says whether it runs here;
/// elsewhere the other node's heartbeat learns it from the book.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "bool")]
pub struct Cancel {
    /// The job.
    pub job: Uuid,
}

/// To the desk: what runs here.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "Vec<Uuid>")]
pub struct Running;
