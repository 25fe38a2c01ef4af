//! What other parts of the context add to the transaction that stores changes: [`guard`] says no,
//! [`desk`] keeps the curators' desk in step.

pub mod desk;
pub mod guard;
