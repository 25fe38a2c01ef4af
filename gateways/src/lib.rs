//! How we speak to outside services: one folder a service kind, its port in `mod.rs`, one file an
//! adapter. Nothing here knows a context, a table or a request.

pub mod mail;
