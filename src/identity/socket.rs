//! Who is behind a socket: by the first frame's token, or by the session cookie of the upgrade.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actors::wire::CloseCode;
use futures::future::{BoxFuture, LocalBoxFuture};
use uuid::Uuid;

use super::access::{principal_of_token, principal_of_upgrade};
use super::principals::Principal;
use super::store;
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::platform::ws::{Caller, Gate};

/// Lets people into the socket.
#[derive(Debug, Clone, Copy)]
pub struct SocketGate;

impl Gate for SocketGate {
    fn by_upgrade<'a>(
        &'a self,
        app: &'a App,
        req: &'a HttpRequest,
    ) -> LocalBoxFuture<'a, Option<Caller>> {
        // A cookie that does not count is as none: `hello` may still bring a token.
        Box::pin(async {
            let principal = principal_of_upgrade(app, req).await.ok()??;
            Some(caller(app, &principal))
        })
    }

    fn by_token<'a>(
        &'a self,
        app: &'a App,
        token: &'a str,
    ) -> LocalBoxFuture<'a, Result<Caller, CloseCode>> {
        Box::pin(async move {
            match principal_of_token(app, token).await {
                Ok(principal) => Ok(caller(app, &principal)),
                Err(problem) => Err(close_code(&problem)),
            }
        })
    }

    fn ended<'a>(
        &'a self,
        app: &'a App,
        sign_ins: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Problem>> {
        Box::pin(async move {
            let mut conn = app.db.conn().await?;
            let now = app.clock.now();
            let open = store::sessions::open_among(&mut conn, sign_ins, now).await?;
            let open: HashSet<Uuid> = open.into_iter().collect();
            Ok(sign_ins.iter().copied().filter(|id| !open.contains(id)).collect())
        })
    }
}

/// A connection counts as long as a new access token would; then it shows one again.
fn caller(app: &App, principal: &Principal) -> Caller {
    let life = chrono::TimeDelta::seconds(app.identity.tokens.life_s());
    Caller { user: principal.user_id, sign_in: principal.session_id, until: app.clock.now() + life }
}

fn close_code(problem: &Problem) -> CloseCode {
    match problem.code() {
        Code::SessionEnded => CloseCode::SIGNED_OUT,
        Code::AccountSuspended | Code::AccountBanned => CloseCode::ACCOUNT,
        Code::Unauthenticated | Code::TokenExpired => CloseCode::TOKEN,
        // The database is away: later.
        _ => CloseCode::OVERLOADED,
    }
}
