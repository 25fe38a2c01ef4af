//! Accounts as admins manage them.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::app::App;
use crate::identity::access::{Admins, IdInPath, Staff};
use crate::identity::staff;
use crate::identity::views::{AuditQuery, AuditRow, NewStatus, RoleChange, StaffUser, UserQuery};
use crate::platform::http::{Body, Page, Problem, ProblemDoc, Query};

const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// People, newest first; `q` looks for a part of the address or the name.
#[utoipa::path(get, path = "/api/v1/admin/users", tag = "identity", security(("bearer" = [])),
    params(UserQuery),
    responses((status = 200, body = Page<StaffUser>), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc)))]
pub async fn users(
    app: App,
    _staff: Staff<Admins>,
    Query(query): Query<UserQuery>,
) -> Result<HttpResponse, Problem> {
    let people = staff::search(&app, query).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(people))
}

/// Changes the state of an account of a lower rank. Locking it out ends its sessions at once.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/status", tag = "identity",
    security(("bearer" = [])), params(("id" = uuid::Uuid, Path)), request_body = NewStatus,
    responses((status = 200, body = StaffUser), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn set_status(
    app: App,
    staff: Staff<Admins>,
    IdInPath(id): IdInPath,
    Body(input): Body<NewStatus>,
) -> Result<HttpResponse, Problem> {
    let user = staff::set_status(&app, &staff.principal, id, input).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(user))
}

/// Gives or takes a role below the own rank, to and from people of a lower rank.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/roles", tag = "identity",
    security(("bearer" = [])), params(("id" = uuid::Uuid, Path)), request_body = RoleChange,
    responses((status = 200, body = StaffUser), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn set_role(
    app: App,
    staff: Staff<Admins>,
    IdInPath(id): IdInPath,
    Body(input): Body<RoleChange>,
) -> Result<HttpResponse, Problem> {
    let user = staff::set_role(&app, &staff.principal, id, &input).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(user))
}

/// What members of the staff did, the newest first.
#[utoipa::path(get, path = "/api/v1/admin/audit", tag = "identity", operation_id = "list_audit",
    security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, body = Page<AuditRow>), (status = 400, body = ProblemDoc),
        (status = 401, body = ProblemDoc), (status = 403, body = ProblemDoc)))]
pub async fn audit(
    app: App,
    _staff: Staff<Admins>,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let page = staff::audited(&app, query).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}
