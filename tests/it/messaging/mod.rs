//! The chat, over the real socket and HTTP.

mod away;
mod cases;
mod changes;
mod chat;
mod cuts;
mod desk;
pub mod files;
mod help;
mod hostile;
mod kinds;
mod latest;
mod leaks;
mod list;
mod moderation;
mod nodes;
mod protocol;
mod rooms;
mod sessions;
mod students;
mod turns;
