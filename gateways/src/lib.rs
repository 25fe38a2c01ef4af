//! The `gateways` crate.
