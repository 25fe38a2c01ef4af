//! Queries over people and their grants.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::identity::model::{ProfileChanges, UserRow};
use crate::identity::passwords::Stored;
use crate::identity::roles::{Role, Roles, Scope};
use crate::identity::schema::{role_grants, users};
use crate::identity::status::Status;
use crate::platform::db;

/// The person with that address (in its key form).
pub(in crate::identity) async fn by_email(
    conn: &mut AsyncPgConnection,
    email_key: &str,
) -> QueryResult<Option<UserRow>> {
    users::table
        .filter(users::email_key.eq(email_key))
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The person with that id.
pub(in crate::identity) async fn by_id(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<UserRow>> {
    users::table.find(id).select(UserRow::as_select()).first(conn).await.optional()
}

/// As [`by_id`], locked until the transaction ends.
pub(in crate::identity) async fn lock(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<UserRow>> {
    users::table.find(id).select(UserRow::as_select()).for_update().first(conn).await.optional()
}

/// Adds a person unless the address is taken; says whether it was added.
pub(in crate::identity) async fn insert(
    conn: &mut AsyncPgConnection,
    user: &UserRow,
) -> QueryResult<bool> {
    let added = diesel::insert_into(users::table)
        .values(user)
        .on_conflict(users::email_key)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}

/// Who a registration says that the person is; applied when the right code confirms the address.
pub(in crate::identity) struct Confirmed {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    pub locale: String,
    pub password: Option<Stored>,
}

/// Confirms the address of a pending account and writes what its registration said.
pub(in crate::identity) async fn confirm(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    registration: Option<Confirmed>,
    now: Timestamp,
) -> QueryResult<()> {
    let pending =
        users::table.find(id).filter(users::status.eq(Status::PendingVerification.name()));
    diesel::update(pending)
        .set((
            users::status.eq(Status::Active.name()),
            users::email_verified_at.eq(now),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if let Some(who) = registration {
        let (hash, pepper) = who.password.map(|p| (p.phc, p.pepper)).unzip();
        diesel::update(users::table.find(id))
            .set((
                users::email.eq(who.email),
                users::first_name.eq(who.first_name),
                users::last_name.eq(who.last_name),
                users::phone.eq(who.phone),
                users::locale.eq(who.locale),
                users::password_hash.eq(hash),
                users::pepper_kid.eq(pepper),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Writes a new password; `ends_tokens` makes older access tokens end.
pub(in crate::identity) async fn set_password(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    password: &Stored,
    ends_tokens: bool,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set((
            users::password_hash.eq(&password.phc),
            users::pepper_kid.eq(&password.pepper),
            users::auth_version.eq(users::auth_version + i32::from(ends_tokens)),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes what a person changed about themselves.
pub(in crate::identity) async fn change_profile(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    changes: &ProfileChanges,
    now: Timestamp,
) -> QueryResult<UserRow> {
    diesel::update(users::table.find(id))
        .set((changes, users::updated_at.eq(now)))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
}

/// Writes a state that staff decided.
pub(in crate::identity) async fn set_status(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    status: Status,
    until: Option<Timestamp>,
    reason: &str,
    now: Timestamp,
) -> QueryResult<UserRow> {
    diesel::update(users::table.find(id))
        .set((
            users::status.eq(status.name()),
            users::suspended_until.eq(until),
            users::status_reason.eq(reason),
            users::auth_version.eq(users::auth_version + 1),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
}

/// Where a page of people begins: after the person who was born then.
pub(in crate::identity) type Newest = (Timestamp, Uuid);

/// People, newest first; those whose address or name holds `part`.
pub(in crate::identity) async fn search(
    conn: &mut AsyncPgConnection,
    part: Option<&str>,
    after: Option<Newest>,
    limit: i64,
) -> QueryResult<Vec<UserRow>> {
    let mut query = users::table.select(UserRow::as_select()).into_boxed();
    if let Some(part) = part {
        let mut pattern = String::from("%");
        for c in part.to_lowercase().chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        // The expression of the index users_search.
        query = query.filter(
            sql::<Bool>("(email_key || ' ' || lower(first_name || ' ' || last_name)) like ")
                .bind::<Text, _>(pattern),
        );
    }
    if let Some((at, id)) = after {
        query = query
            .filter(users::created_at.lt(at).or(users::created_at.eq(at).and(users::id.lt(id))));
    }
    query.order((users::created_at.desc(), users::id.desc())).limit(limit + 1).load(conn).await
}

/// First and last names by id.
pub(in crate::identity) async fn names(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, String, String, String)>> {
    users::table
        .filter(users::id.eq_any(ids))
        .select((users::id, users::first_name, users::last_name, users::about))
        .load(conn)
        .await
}

/// What each of these people may act as at `now`.
pub(in crate::identity) async fn roles(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    now: Timestamp,
) -> QueryResult<HashMap<Uuid, Roles>> {
    let rows: Vec<(Uuid, String, String)> = role_grants::table
        .filter(role_grants::user_id.eq_any(ids))
        .filter(role_grants::until.is_null().or(role_grants::until.gt(now)))
        .select((role_grants::user_id, role_grants::role, role_grants::scope))
        .load(conn)
        .await?;
    let mut grants: HashMap<Uuid, Vec<(Role, Scope)>> = HashMap::new();
    for (user, role, scope) in rows {
        if let (Some(role), Ok(scope)) = (Role::of_name(&role), scope.parse()) {
            grants.entry(user).or_default().push((role, scope));
        }
    }
    Ok(ids.iter().map(|id| (*id, Roles::of(grants.remove(id).unwrap_or_default()))).collect())
}

/// Who holds any of these roles at `now`, everywhere or in some course.
pub(in crate::identity) async fn holders_of(
    conn: &mut AsyncPgConnection,
    wanted: &[Role],
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    let names: Vec<&str> = wanted.iter().map(|role| role.name()).collect();
    role_grants::table
        .filter(role_grants::role.eq_any(names))
        .filter(role_grants::until.is_null().or(role_grants::until.gt(now)))
        .select(role_grants::user_id)
        .distinct()
        .load(conn)
        .await
}

/// The languages of these people.
pub(in crate::identity) async fn locales(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, String)>> {
    users::table.filter(users::id.eq_any(ids)).select((users::id, users::locale)).load(conn).await
}

/// What one person may act as at `now`.
pub(in crate::identity) async fn roles_of(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<Roles> {
    Ok(roles(conn, &[id], now).await?.remove(&id).unwrap_or_default())
}

/// A role given to a person.
pub(in crate::identity) struct Grant {
    pub id: Uuid,
    pub user_id: Uuid,
    pub role: Role,
    pub scope: Scope,
    pub by: Option<Uuid>,
    pub until: Option<Timestamp>,
}

/// Gives a role; says whether it is new. A grant that has run out begins anew.
pub(in crate::identity) async fn grant(
    conn: &mut AsyncPgConnection,
    grant: &Grant,
    now: Timestamp,
) -> QueryResult<bool> {
    let given = diesel::insert_into(role_grants::table)
        .values((
            role_grants::id.eq(grant.id),
            role_grants::user_id.eq(grant.user_id),
            role_grants::role.eq(grant.role.name()),
            role_grants::scope.eq(grant.scope.to_string()),
            role_grants::granted_by.eq(grant.by),
            role_grants::until.eq(grant.until),
            role_grants::created_at.eq(now),
        ))
        .on_conflict((role_grants::user_id, role_grants::role, role_grants::scope))
        .do_nothing()
        .execute(conn)
        .await?;
    if given == 0 {
        diesel::update(role_grants::table)
            .filter(role_grants::user_id.eq(grant.user_id))
            .filter(role_grants::role.eq(grant.role.name()))
            .filter(role_grants::scope.eq(grant.scope.to_string()))
            .set(role_grants::until.eq(grant.until))
            .execute(conn)
            .await?;
    }
    Ok(given == 1)
}

/// Takes a platform-wide role away; says whether there was one.
pub(in crate::identity) async fn revoke(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    role: Role,
) -> QueryResult<bool> {
    let taken = diesel::delete(
        role_grants::table
            .filter(role_grants::user_id.eq(user_id))
            .filter(role_grants::role.eq(role.name()))
            .filter(role_grants::scope.eq(Scope::Platform.to_string())),
    )
    .execute(conn)
    .await?;
    Ok(taken > 0)
}

/// Whether PostgreSQL knows the time zone by that name.
pub(in crate::identity) async fn is_timezone(
    conn: &mut AsyncPgConnection,
    name: &str,
) -> QueryResult<bool> {
    diesel::select(
        sql::<Bool>("exists (select 1 from pg_timezone_names where name = ")
            .bind::<Text, _>(name)
            .sql(")"),
    )
    .get_result(conn)
    .await
}

/// Forgets accounts whose address nobody confirmed since `before`.
pub(in crate::identity) async fn purge_pending(
    conn: &mut AsyncPgConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    let condition = "status = 'pending_verification' and created_at < $1";
    db::purge(conn, "users", condition, before).await
}

/// Whether there is any account at all.
pub async fn any(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(conn).await
}
