//! Frames on the topic `user`: what a person hears on every connection, on every node.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::platform::live::Notice;

/// Tells these people, wherever they are connected.
pub fn tell(app: &App, users: &[Uuid], frame: &Value) {
    if users.is_empty() {
        return;
    }
    app.live.tell(Notice::ToUsers { users: users.to_vec(), frame: frame.clone() });
}

/// The list of their rooms has changed: they ask again.
pub fn rooms_changed(app: &App, users: &[Uuid]) {
    tell(app, users, &json!({"t": "rooms", "topic": "user"}));
}
