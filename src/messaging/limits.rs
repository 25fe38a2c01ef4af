//! How fast people may write and read. A room's actor counts what is written on its node; where nodes
//! share a Redis they count together, before anything costs.

use actors::wire::{ErrCode, Problem as Refusal};
use uuid::Uuid;

use super::moderation;
use crate::app::App;
use crate::platform::http::Rule;

/// History and searches of one person.
const READ: Rule = Rule::new("chat_history", 3, 1).burst(10);
/// Messages of one person in one room, against bursts.
const SEND: Rule = Rule::new("chat_send", 1, 1).burst(5);
/// Messages of a new account, in all rooms.
const SEND_NEW: Rule = Rule::new("chat_send_new", 6, 60).burst(3);

/// Takes one of each of `rules` by `key`, on all nodes together.
///
/// # Errors
/// `rate_limited` with the exact wait.
pub(super) async fn take(app: &App, rules: &[Rule], key: &str) -> Result<(), Refusal> {
    let taken = app.limits.take_everywhere(rules, key, app.clock.now()).await;
    taken.map_err(|wait_ms| Refusal {
        retry_ms: Some(u64::try_from(wait_ms).unwrap_or(0).max(1)),
        ..Refusal::new(ErrCode::RateLimited)
    })
}

/// Counts a look into a room's history.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn reading(app: &App, user: Uuid) -> Result<(), Refusal> {
    take(app, &[READ], &user.to_string()).await
}

/// Counts a message before it is looked at.
///
/// # Errors
/// `rate_limited`; `unavailable` while nobody can say who is new.
pub(super) async fn sending(app: &App, user: Uuid, room: Uuid) -> Result<(), Refusal> {
    if app.limits.is_off() {
        return Ok(());
    }
    let new = moderation::is_new(app, user).await.map_err(|_| Refusal::unavailable(1000))?;
    if new {
        take(app, &[SEND_NEW], &user.to_string()).await?;
    }
    if app.limits.is_shared() {
        let minute = Rule::new("chat_send_minute", app.config.chat.send_per_minute.max(1), 60);
        take(app, &[SEND, minute], &format!("{user}:{room}")).await?;
    }
    Ok(())
}
