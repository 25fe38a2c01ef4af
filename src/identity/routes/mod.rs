//! Identity's HTTP: parse, authorize, call, render.

pub(super) mod admin;
pub(super) mod auth;
pub(super) mod mailbox;
pub(super) mod me;

use crate::platform::http::{Policy, Routes};

const SITE: Policy = Policy::Public("signing in; taken from our own pages only");
const COOKIE: Policy = Policy::Bearer("the refresh cookie, from our own pages only");
const ADMIN: Policy = Policy::Staff("admin");
const SANDBOX: Policy = Policy::Public("only in the sandbox");

/// Registers the routes.
pub(super) fn routes(r: &mut Routes) {
    r.post("/api/v1/auth/register", SITE, auth::register);
    r.post("/api/v1/auth/code", SITE, auth::ask_code);
    r.post("/api/v1/auth/verify", SITE, auth::verify);
    r.post("/api/v1/auth/login", SITE, auth::login);
    r.post("/api/v1/auth/refresh", COOKIE, auth::refresh);
    r.post("/api/v1/auth/logout", COOKIE, auth::logout);
    r.post("/api/v1/auth/password/forgot", SITE, auth::forgot);
    r.post("/api/v1/auth/password/reset", SITE, auth::reset);
    r.get("/api/v1/me", Policy::SignedIn, me::me);
    r.patch("/api/v1/me", Policy::SignedIn, me::change);
    r.post("/api/v1/me/password", Policy::SignedIn, me::password);
    r.get("/api/v1/me/sessions", Policy::SignedIn, me::sessions);
    r.delete("/api/v1/me/sessions/{id}", Policy::Owner("session"), me::end_session);
    r.post("/api/v1/me/sessions/end-others", Policy::SignedIn, me::end_others);
    r.get("/api/v1/admin/users", ADMIN, admin::users);
    r.post("/api/v1/admin/users/{id}/status", ADMIN, admin::set_status);
    r.post("/api/v1/admin/users/{id}/roles", ADMIN, admin::set_role);
    r.get("/api/v1/admin/audit", ADMIN, admin::audit);
    r.get("/api/v1/sandbox/mailbox", SANDBOX, mailbox::list);
    r.get("/sandbox/mailbox", SANDBOX, mailbox::page);
}
