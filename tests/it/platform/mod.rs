//! The platform over HTTP: health, documents, refusals, slow bodies, the outbox and jobs, migrations.

mod background;
mod demo;
mod http;
mod migrations;
mod nodes;
mod policies;
