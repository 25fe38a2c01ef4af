//! What survives when things end without warning.

mod chaos;
mod killed;
