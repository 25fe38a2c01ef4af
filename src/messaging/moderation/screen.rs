//! What becomes of a text: the rules in their order. Behind [`crate::messaging::rules::clean_body`].

use actors::wire::Problem as Refusal;
use uuid::Uuid;

use super::model::WordVerdict;
use super::text::{self, Links};
use super::trust;
use crate::app::App;

/// What is said to a text of somebody who does not keep order in its room. Who does may quote what others may
/// not write, links that nobody may send aside.
#[derive(Debug, Default)]
pub(in crate::messaging) struct Screened {
    /// It waits for a moderator.
    pub held: bool,
    /// They may not write it: `rejected` with the rule `links`, `caps` or `words`; `unavailable` while nobody can
    /// say who writes.
    pub against: Option<Refusal>,
}

/// Looks at a text that `user` wants to send.
///
/// # Errors
/// What nobody may write: `rejected` with the rule `links`.
pub(in crate::messaging) async fn screen(
    app: &App,
    user: Uuid,
    body: &str,
) -> Result<Screened, Refusal> {
    let own = app.config.site.base_url.split_once("://").map_or("", |(_, host)| host);
    let own = own.split([':', '/']).next().unwrap_or_default();
    let links = text::links(body, own);
    if links == Links::Forbidden {
        return Err(Refusal::rejected("links"));
    }
    let against = |refusal| Ok(Screened { held: false, against: Some(refusal) });
    if links == Links::Foreign {
        match trust::is_new(app, user).await {
            Ok(false) => {}
            Ok(true) => return against(Refusal::rejected("links")),
            Err(_) => return against(Refusal::unavailable(1000)),
        }
    }
    if text::is_loud(body) {
        return against(Refusal::rejected("caps"));
    }
    match app.messaging.moderation.dictionary().judge(body) {
        Some(WordVerdict::Reject) => against(Refusal::rejected("words")),
        Some(WordVerdict::Hold) => Ok(Screened { held: true, against: None }),
        None => Ok(Screened::default()),
    }
}
