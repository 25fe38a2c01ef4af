//! The chat, over the real socket and HTTP.

mod changes;
mod chat;
pub mod files;
mod hostile;
mod moderation;
mod nodes;
mod rooms;
mod sessions;
