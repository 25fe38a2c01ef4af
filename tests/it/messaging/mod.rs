//! The chat, over the real socket and HTTP.

mod chat;
mod hostile;
mod rooms;
mod sessions;
