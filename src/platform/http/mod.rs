//! HTTP's common manners: problem+json and its table of codes, input that refuses politely, paging,
//! idempotency, limits, who is calling from where, routes with their policies, the documents that
//! the browser gets.

mod address;
mod body;
mod checks;
mod codes;
pub mod cursor;
mod deadline;
mod door;
mod etag;
mod host;
pub mod idempotency;
mod limits;
mod log;
pub mod pack;
mod paging;
mod problem;
mod routes;
mod shared;
pub mod spa;

pub use address::ClientAddress;
pub use body::{Beacon, Body, Query, parse, payload_problem, read_all};
pub use checks::{Checks, clean_text};
pub use codes::Code;
pub use deadline::BodyDeadline;
pub use door::{Doors, fill_in};
pub use etag::{IfMatch, tagged};
pub use limits::{Left, Limits, Rule, rules};
pub use log::{Bearer, RequestLog};
pub use paging::{Page, PageQuery};
pub use problem::{FieldProblem, Problem, ProblemDoc, RequestId};
pub use routes::{Policy, RouteInfo, Routes};
