//! The person who is signed in: profile, password, sessions.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::app::App;
use crate::identity::access::{IdInPath, SignedIn};
use crate::identity::model::EndReason;
use crate::identity::views::{Me, NewPassword, Profile, SessionView};
use crate::identity::{profile, recover, sessions, store};
use crate::platform::http::{Body, Page, PageQuery, Problem, ProblemDoc, Query, cursor};

const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// The person who is signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "identity", security(("bearer" = [])),
    responses((status = 200, body = Me), (status = 401, body = ProblemDoc)))]
pub async fn me(app: App, SignedIn(principal): SignedIn) -> Result<HttpResponse, Problem> {
    let me = profile::me(&app, &principal).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(me))
}

/// Changes what the person keeps about themselves.
#[utoipa::path(patch, path = "/api/v1/me", tag = "identity", security(("bearer" = [])),
    request_body = Profile, responses((status = 200, body = Me), (status = 401, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn change(
    app: App,
    SignedIn(principal): SignedIn,
    Body(input): Body<Profile>,
) -> Result<HttpResponse, Problem> {
    let me = profile::change(&app, &principal, input).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(me))
}

/// Changes or sets the password. Unless told otherwise, all other sessions end. The access token
/// ends too: renew it by the cookie.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "identity", security(("bearer" = [])),
    request_body = NewPassword, responses((status = 204), (status = 401, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn password(
    app: App,
    SignedIn(principal): SignedIn,
    Body(input): Body<NewPassword>,
) -> Result<HttpResponse, Problem> {
    recover::change(&app, &principal, input).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The person's sessions that are alive, last used first.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "identity", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<SessionView>), (status = 401, body = ProblemDoc)))]
pub async fn sessions(
    app: App,
    SignedIn(principal): SignedIn,
    Query(page): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let after = page.cursor.as_deref().map(cursor::decode).transpose()?;
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let rows =
        store::sessions::alive(&mut conn, principal.user_id, after, page.limit(), now).await?;
    let sessions = Page::of(rows, page.limit(), |row| (row.last_seen_at, row.id))
        .map(|row| SessionView::of(row, principal.session_id));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(sessions))
}

/// Ends one of the person's sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "identity",
    security(("bearer" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn end_session(
    app: App,
    SignedIn(principal): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    if sessions::end_one(&app, principal.user_id, id, EndReason::EndedByUser).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}

/// Ends all sessions of the person but the one that asks.
#[utoipa::path(post, path = "/api/v1/me/sessions/end-others", tag = "identity",
    security(("bearer" = [])), responses((status = 204), (status = 401, body = ProblemDoc)))]
pub async fn end_others(app: App, SignedIn(principal): SignedIn) -> Result<HttpResponse, Problem> {
    sessions::end_others(&app, principal.user_id, principal.session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
