//! What survives when things end without warning.

mod chaos;
mod drained;
mod killed;
mod soak;
