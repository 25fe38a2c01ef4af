//! Signing in and out.

use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError as _};

use crate::app::App;
use crate::identity::cookies::{self, Kind};
use crate::identity::sessions::{self, Renewal, Tokens};
use crate::identity::site_request::SiteRequest;
use crate::identity::views::{
    Address, CodeSent, Credentials, Me, NewAccount, Nothing, Reset, SignedInView, TypedCode,
};
use crate::identity::{otp, recover, register, sign_in};
use crate::platform::http::{Body, Code, Problem, ProblemDoc};

/// Answers of this group are kept by nobody on the way.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// The answer to a sign-in: tokens, and the browser's cookies.
fn signed_in(app: &App, tokens: Tokens, site: &SiteRequest) -> HttpResponse {
    let cookies = app.identity.cookies;
    let Tokens { access, refresh, cookie_s, user, roles } = tokens;
    HttpResponse::Ok()
        .insert_header(NO_STORE)
        .cookie(cookies.set(Kind::Refresh, refresh, cookie_s))
        .cookie(cookies.set(Kind::Device, site.device.cookie(), cookies::DEVICE_S))
        .json(SignedInView {
            access_token: access,
            expires_in: app.identity.tokens.life_s(),
            user: Me::of(user, &roles, app.clock.now()),
        })
}

/// The answer to a question for a code: the challenge, also as a cookie.
fn code_sent(app: &App, sent: CodeSent, site: &SiteRequest) -> HttpResponse {
    let cookies = app.identity.cookies;
    HttpResponse::Accepted()
        .insert_header(NO_STORE)
        .cookie(cookies.set(Kind::Challenge, sent.challenge.to_string(), otp::LIFE_S))
        .cookie(cookies.set(Kind::Device, site.device.cookie(), cookies::DEVICE_S))
        .json(sent)
}

/// Counts an attempt by its method and by how it ended.
fn counted(app: &App, method: &str, outcome: Result<Tokens, Problem>) -> Result<Tokens, Problem> {
    let name = outcome.as_ref().map_or_else(|problem| problem.code().name(), |_| "ok");
    app.metrics.auth_attempts.with_label_values(&[method, name]).inc();
    outcome
}

/// Registers an account; a code goes to the address. The answer is the same whether the address has
/// an account or not.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "identity", request_body = NewAccount,
    responses((status = 202, body = CodeSent), (status = 422, body = ProblemDoc),
        (status = 429, body = ProblemDoc)))]
pub async fn register(
    app: App,
    site: SiteRequest,
    Body(input): Body<NewAccount>,
) -> Result<HttpResponse, Problem> {
    let sent = register::register(&app, input, &site).await?;
    Ok(code_sent(&app, sent, &site))
}

/// Asks for a code to sign in with.
#[utoipa::path(post, path = "/api/v1/auth/code", tag = "identity", request_body = Address,
    responses((status = 202, body = CodeSent), (status = 422, body = ProblemDoc),
        (status = 429, body = ProblemDoc)))]
pub async fn ask_code(
    app: App,
    site: SiteRequest,
    Body(input): Body<Address>,
) -> Result<HttpResponse, Problem> {
    let sent = register::ask_code(&app, &input.email, &site).await?;
    Ok(code_sent(&app, sent, &site))
}

/// Signs in by a code. The first one of an account confirms its address.
#[utoipa::path(post, path = "/api/v1/auth/verify", tag = "identity", request_body = TypedCode,
    responses((status = 200, body = SignedInView), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn verify(
    app: App,
    site: SiteRequest,
    Body(input): Body<TypedCode>,
) -> Result<HttpResponse, Problem> {
    let outcome = sign_in::by_code(&app, input.challenge, &input.code, &site).await;
    let tokens = counted(&app, "code", outcome)?;
    let mut response = signed_in(&app, tokens, &site);
    add_cookie(&mut response, app.identity.cookies.clear(Kind::Challenge))?;
    Ok(response)
}

/// Signs in by password.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "identity", request_body = Credentials,
    responses((status = 200, body = SignedInView), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 429, body = ProblemDoc),
        (status = 503, body = ProblemDoc)))]
pub async fn login(
    app: App,
    site: SiteRequest,
    Body(input): Body<Credentials>,
) -> Result<HttpResponse, Problem> {
    let outcome = sign_in::by_password(&app, &input.email, &input.password, &site).await;
    let tokens = counted(&app, "password", outcome)?;
    Ok(signed_in(&app, tokens, &site))
}

/// A new access token by the refresh cookie, which is replaced.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "identity", request_body = Nothing,
    responses((status = 200, body = SignedInView), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn refresh(
    app: App,
    site: SiteRequest,
    _body: Body<Nothing>,
) -> Result<HttpResponse, Problem> {
    let cookie = site.refresh.as_deref().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    match sessions::renew(&app, cookie, site.address).await? {
        Renewal::Tokens(tokens, _) => Ok(signed_in(&app, *tokens, &site)),
        Renewal::Forged => Err(Problem::new(Code::Unauthenticated)),
        Renewal::Ended | Renewal::Reused(_) => over(&app, &sessions::over()),
        Renewal::Locked(problem) => over(&app, &problem),
    }
}

/// A refusal that takes the cookie away.
fn over(app: &App, problem: &Problem) -> Result<HttpResponse, Problem> {
    let mut response = problem.error_response();
    add_cookie(&mut response, app.identity.cookies.clear(Kind::Refresh))?;
    Ok(response)
}

/// Ends the session of the refresh cookie and takes the cookie away.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "identity", request_body = Nothing,
    responses((status = 204), (status = 403, body = ProblemDoc)))]
pub async fn logout(
    app: App,
    site: SiteRequest,
    _body: Body<Nothing>,
) -> Result<HttpResponse, Problem> {
    sessions::sign_out(&app, &site).await?;
    // Not "storage": it holds the choices of language and theme and nothing personal.
    Ok(HttpResponse::NoContent()
        .insert_header(NO_STORE)
        .insert_header(("clear-site-data", "\"cache\""))
        .cookie(app.identity.cookies.clear(Kind::Refresh))
        .finish())
}

/// Asks for a link for a new password. The answer is the same whether there is such an account.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", tag = "identity",
    request_body = Address, responses((status = 202), (status = 422, body = ProblemDoc)))]
pub async fn forgot(
    app: App,
    site: SiteRequest,
    Body(input): Body<Address>,
) -> Result<HttpResponse, Problem> {
    recover::forgot(&app, &input.email, &site).await?;
    Ok(HttpResponse::Accepted().insert_header(NO_STORE).json(serde_json::json!({})))
}

/// Sets a new password by the token of a link; every session of the account ends.
#[utoipa::path(post, path = "/api/v1/auth/password/reset", tag = "identity", request_body = Reset,
    responses((status = 204), (status = 401, body = ProblemDoc), (status = 422, body = ProblemDoc),
        (status = 429, body = ProblemDoc)))]
pub async fn reset(
    app: App,
    site: SiteRequest,
    Body(input): Body<Reset>,
) -> Result<HttpResponse, Problem> {
    recover::reset(&app, &input.token, input.password, &site).await?;
    Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
}

fn add_cookie(
    response: &mut HttpResponse,
    cookie: actix_web::cookie::Cookie<'static>,
) -> Result<(), Problem> {
    response.add_cookie(&cookie).map_err(Problem::internal)
}
