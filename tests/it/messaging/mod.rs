//! The chat, over the real socket and HTTP.

mod chat;
mod hostile;
mod nodes;
mod rooms;
mod sessions;
