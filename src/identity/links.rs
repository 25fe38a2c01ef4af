//! Addresses that mails point to: always from the configured base URL, never from a request's host.

use crate::app::App;

fn page(app: &App, path: &str) -> String {
    format!("{}{path}", app.config.site.base_url)
}

/// Where people sign in.
pub(super) fn sign_in(app: &App) -> String {
    page(app, "/sign-in")
}

/// Where people ask for a link for a new password.
pub(super) fn forgot(app: &App) -> String {
    page(app, "/forgot")
}

/// Where a new password is set. The token stands in the fragment, which no server and no referrer
/// ever sees.
pub(super) fn reset(app: &App, token: &str) -> String {
    page(app, &format!("/reset#token={token}"))
}

/// Where people see their sessions.
pub(super) fn sessions(app: &App) -> String {
    page(app, "/profile")
}
