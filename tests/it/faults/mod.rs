//! What survives when things end without warning.

mod killed;
