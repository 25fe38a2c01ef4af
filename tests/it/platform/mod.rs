//! The platform over HTTP: health, documents, refusals, slow bodies, the outbox and jobs, migrations.

mod background;
mod demo;
mod http;
mod media_move;
mod migrations;
mod nodes;
mod policies;
