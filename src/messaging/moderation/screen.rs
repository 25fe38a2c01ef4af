//! What becomes of a text: the rules in their order. Behind [`crate::messaging::rules::clean_body`].

use actors::chat_room::port::Role;
use actors::wire::Problem as Refusal;
use uuid::Uuid;

use super::model::WordVerdict;
use super::text::{self, Links};
use super::trust;
use crate::app::App;

/// Looks at a text that `user` wants to send; says whether it waits for a moderator. Who keeps order
/// here may quote what others may not write, links that nobody may send aside.
///
/// # Errors
/// `rejected` with the rule `links`, `caps` or `words`; `unavailable` while nobody can say who writes.
pub(in crate::messaging) async fn screen(
    app: &App,
    user: Uuid,
    role: Role,
    body: &str,
) -> Result<bool, Refusal> {
    let own = app.config.site.base_url.split_once("://").map_or("", |(_, host)| host);
    let own = own.split([':', '/']).next().unwrap_or_default();
    let links = text::links(body, own);
    if links == Links::Forbidden {
        return Err(Refusal::rejected("links"));
    }
    if role == Role::Moderator {
        return Ok(false);
    }
    if links == Links::Foreign && role == Role::Student {
        match trust::is_new(app, user).await {
            Ok(false) => {}
            Ok(true) => return Err(Refusal::rejected("links")),
            Err(_) => return Err(Refusal::unavailable(1000)),
        }
    }
    if text::is_loud(body) {
        return Err(Refusal::rejected("caps"));
    }
    match app.messaging.moderation.dictionary().judge(body) {
        Some(WordVerdict::Reject) => Err(Refusal::rejected("words")),
        Some(WordVerdict::Hold) => Ok(true),
        None => Ok(false),
    }
}
