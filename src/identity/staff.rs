//! What staff do with accounts (IDN-18, IDN-24): find them, change their state, give and take
//! roles. Always downwards in rank, never on oneself.

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::events::UserStatusChanged;
use super::model::{EndReason, UserRow};
use super::principals::Principal;
use super::roles::{self, Role, Roles, Scope};
use super::sessions::{self, Ended};
use super::status::Status;
use super::views::{AuditQuery, AuditRow, NewStatus, RoleChange, StaffUser, UserQuery};
use super::{email::Email, password_rules, passwords, recover, register, store};
use crate::app::App;
use crate::platform::http::{Checks, Code, Page, PageQuery, Problem, cursor};
use crate::platform::live::Notice;
use crate::platform::{audit, events};

/// A page of people, newest first.
pub(super) async fn search(app: &App, query: UserQuery) -> Result<Page<StaffUser>, Problem> {
    let part = query.q.as_deref().map(str::trim).filter(|part| !part.is_empty());
    if part.is_some_and(|part| part.chars().count() > 100) {
        return Err(Problem::invalid("q", "At most 100 characters."));
    }
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let after = page.cursor.as_deref().map(cursor::decode).transpose()?;
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let people = store::users::search(&mut conn, part, after, page.limit()).await?;
    let ids: Vec<Uuid> = people.iter().map(|user| user.id).collect();
    let mut roles = store::users::roles(&mut conn, &ids, now).await?;
    let people = Page::of(people, page.limit(), |user| (user.created_at, user.id));
    Ok(people.map(|user| {
        let roles = roles.remove(&user.id).unwrap_or_default();
        StaffUser::of(user, &roles, now)
    }))
}

/// The person to act on, locked, with their roles; only if the actor's rank is above theirs.
async fn target(
    conn: &mut AsyncPgConnection,
    actor: &Principal,
    id: Uuid,
    now: Timestamp,
) -> Result<(UserRow, Roles), Problem> {
    let user = store::users::lock(conn, id).await?.ok_or_else(Problem::not_found)?;
    let held = store::users::roles_of(conn, id, now).await?;
    if roles::may_act_on((actor.user_id, &actor.roles), (id, &held)) {
        Ok((user, held))
    } else {
        Err(Problem::new(Code::RankTooLow))
    }
}

/// Changes the state of an account. Locking it out ends every session.
///
/// # Errors
/// `not_found`, `rank_too_low`, faults of the input.
pub(super) async fn set_status(
    app: &App,
    actor: &Principal,
    id: Uuid,
    input: NewStatus,
) -> Result<StaffUser, Problem> {
    let now = app.clock.now();
    let mut checks = Checks::new();
    let reason = checks.text("reason", &input.reason, 1..=500);
    let until = input.until;
    checks.ensure(
        input.status != Status::PendingVerification,
        "status",
        Code::Invalid,
        "One of active, suspended, banned.",
    );
    checks.ensure(
        until.is_none() || input.status == Status::Suspended,
        "until",
        Code::Invalid,
        "Only a suspension ends at a time.",
    );
    checks.ensure(
        until.is_none_or(|until| until > now),
        "until",
        Code::Invalid,
        "This moment has passed.",
    );
    checks.done()?;
    let (view, ended) = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<(StaffUser, Option<Ended>), Problem> {
                let (user, held) = target(conn, actor, id, now).await?;
                // Lifting a ban confirms nobody's address.
                let status = match input.status {
                    Status::Active if user.email_verified_at.is_none() => {
                        Status::PendingVerification
                    }
                    status => status,
                };
                let user = store::users::set_status(conn, id, status, until, &reason, now).await?;
                let fact = UserStatusChanged {
                    user_id: id,
                    status,
                    until,
                    reason: reason.clone(),
                    by: actor.user_id,
                };
                events::publish(conn, app, &fact).await?;
                let why = match status {
                    Status::Suspended => Some(EndReason::Suspended),
                    Status::Banned => Some(EndReason::Banned),
                    Status::Active | Status::PendingVerification => None,
                };
                let entry = audit::Entry {
                    actor: Some(actor.user_id),
                    action: "account.status",
                    subject_kind: "user",
                    subject_id: id,
                    reason: reason.clone(),
                    details: json!({ "status": status.name(), "until": until }),
                };
                audit::record(conn, entry, app.id(), now).await?;
                let ended = match why {
                    Some(why) => Some(sessions::end_all(conn, app, id, None, why, now).await?),
                    None => None,
                };
                Ok((StaffUser::of(user, &held, now), ended))
            },
        )
        .await?;
    tracing::info!(actor = %actor.user_id, user = %id, status = view.status.name(), "account state changed");
    match ended {
        Some(ended) => {
            app.identity.principals.forget_user(id);
            // Before the ends of the sessions: what is told first is the reason that sockets and players hear.
            app.live.tell(Notice::UserBlocked { user_id: id });
            ended.tell(app);
        }
        None => changed(app, id),
    }
    Ok(view)
}

/// Gives or takes a role.
///
/// # Errors
/// `not_found`, `rank_too_low`, `role_disabled`.
pub(super) async fn set_role(
    app: &App,
    actor: &Principal,
    id: Uuid,
    change: &RoleChange,
) -> Result<StaffUser, Problem> {
    if !roles::may_grant(&actor.roles, change.role) {
        return Err(Problem::new(Code::RankTooLow).field(
            "role",
            Code::RankTooLow,
            "You give and take only roles below your own rank.",
        ));
    }
    if change.grant && change.role == Role::Moderator && app.config.auth.moderators_by_command_only
    {
        return Err(Problem::new(Code::RoleDisabled).field(
            "role",
            Code::RoleDisabled,
            "Moderators are made on the server, by `ilmspace create-moderator`.",
        ));
    }
    let now = app.clock.now();
    let view = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<StaffUser, Problem> {
            let (user, _) = target(conn, actor, id, now).await?;
            if change.grant {
                let by = Some(actor.user_id);
                grant(conn, app, id, change.role, Scope::Platform, by).await?;
            } else {
                store::users::revoke(conn, id, change.role).await?;
            }
            let entry = audit::Entry {
                actor: Some(actor.user_id),
                action: if change.grant { "account.role_given" } else { "account.role_taken" },
                subject_kind: "user",
                subject_id: id,
                reason: String::new(),
                details: json!({ "role": change.role.name() }),
            };
            audit::record(conn, entry, app.id(), now).await?;
            let held = store::users::roles_of(conn, id, now).await?;
            Ok(StaffUser::of(user, &held, now))
        })
        .await?;
    let (role, granted) = (change.role.name(), change.grant);
    tracing::info!(actor = %actor.user_id, user = %id, role, granted, "role changed");
    changed(app, id);
    Ok(view)
}

/// Gives a role in the caller's transaction; says whether it is new. Call [`changed`] after the
/// commit.
pub async fn grant(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    role: Role,
    scope: Scope,
    by: Option<Uuid>,
) -> Result<bool, Problem> {
    if app.identity.roles_off.contains(&role) {
        return Err(Problem::new(Code::RoleDisabled).field(
            "role",
            Code::RoleDisabled,
            "This school does not use that role.",
        ));
    }
    let grant = store::users::Grant { id: app.id(), user_id, role, scope, by, until: None };
    Ok(store::users::grant(conn, &grant, app.clock.now()).await?)
}

/// Makes changed rights of a person bite at once.
pub fn changed(app: &App, user_id: Uuid) {
    app.identity.principals.forget_user(user_id);
    app.live.tell(Notice::UserChanged { user_id });
}

/// An account that the operator makes.
#[derive(Debug)]
pub struct VouchedAccount<'a> {
    /// Its address; taken as confirmed.
    pub email: &'a str,
    /// Its password.
    pub password: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name; may be empty.
    pub last_name: &'a str,
    /// uz, ru, en or he.
    pub locale: &'a str,
    /// What it may act as, beside student.
    pub roles: &'a [Role],
}

/// Makes an account without asking it for a code (IDN-23: moderators and admins cannot register
/// through the interface).
///
/// # Errors
/// `conflict` when the address has an account, `email_invalid`, `password_weak`, faults of the
/// input.
pub async fn create_account(app: &App, account: VouchedAccount<'_>) -> Result<Uuid, Problem> {
    let email: Email = register::parse_email(account.email)?;
    let mut checks = Checks::new();
    let first_name = checks.text("first_name", account.first_name, 1..=100);
    let last_name = checks.text("last_name", account.last_name, 0..=100);
    let locale = register::locale(&mut checks, Some(account.locale), app);
    checks.done()?;
    let staff = account.roles.iter().any(|role| role.rank() >= Role::Author.rank());
    let least = app.config.auth.password_min_length;
    let least = if staff { least.max(password_rules::MIN_CHARS_STAFF) } else { least };
    let own = [email.address(), &first_name, &last_name];
    let password = account.password.to_owned();
    let stored: passwords::Stored = recover::accept(app, password, &own, least, "password").await?;
    let user = register::vouched_user(app, &email, &first_name, &last_name, &locale, stored);
    let id = user.id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            if !store::users::insert(conn, &user).await? {
                return Err(Problem::new(Code::Conflict).detail(
                    "This address has an account already. An admin can give it the role.",
                ));
            }
            for role in account.roles.iter().filter(|role| **role != Role::Student) {
                grant(conn, app, id, *role, Scope::Platform, None).await?;
            }
            Ok(())
        })
        .await?;
    Ok(id)
}

/// Acts of the staff, with the names of who is in them.
///
/// # Errors
/// `bad_request` for a foreign cursor; those of the database.
pub(super) async fn audited(app: &App, query: AuditQuery) -> Result<Page<AuditRow>, Problem> {
    let AuditQuery { actor, subject, action, from, until, limit, cursor } = query;
    let filter = audit::Filter { actor, subject, action, from, until };
    let limit = i64::from(limit.unwrap_or(20).clamp(1, 100));
    let mut conn = app.db.conn().await?;
    let rows = audit::page(&mut conn, &filter, cursor.as_deref(), limit).await?;
    let page = Page::of(rows, limit, |row| (row.created_at, row.id));
    let ids: Vec<Uuid> = page
        .items
        .iter()
        .flat_map(|row| {
            let subject = (row.subject_kind == "user").then_some(row.subject_id);
            row.actor_id.into_iter().chain(subject)
        })
        .collect();
    let people = super::people(&mut conn, &ids).await?;
    Ok(page.map(|row| AuditRow {
        id: row.id,
        actor: row.actor_id.and_then(|id| people.get(&id).cloned()),
        subject_name: people.get(&row.subject_id).map(|person| person.name.clone()),
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        reason: row.reason,
        details: row.details,
        created_at: row.created_at,
    }))
}

/// Whether nobody has an account yet.
pub async fn is_empty(app: &App) -> Result<bool, Problem> {
    let mut conn = app.db.conn().await?;
    Ok(!store::users::any(&mut conn).await?)
}
