//! Queries over sessions.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::identity::model::{EndReason, SessionRow};
use crate::identity::schema::{sessions, users};
use crate::platform::db;

/// Adds a session.
pub(in crate::identity) async fn insert(
    conn: &mut AsyncPgConnection,
    session: &SessionRow,
) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).execute(conn).await.map(drop)
}

/// A session, locked until the transaction ends.
pub(in crate::identity) async fn lock(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<SessionRow>> {
    sessions::table
        .find(id)
        .select(SessionRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// A session.
pub(in crate::identity) async fn by_id(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<SessionRow>> {
    sessions::table.find(id).select(SessionRow::as_select()).first(conn).await.optional()
}

/// The next generation of a session's secret.
pub(in crate::identity) struct Rotation {
    pub id: Uuid,
    pub generation: i32,
    pub key_id: String,
    pub secret_hash: Vec<u8>,
    pub expires_at: Timestamp,
    pub network: String,
}

/// Writes a rotation.
pub(in crate::identity) async fn rotate(
    conn: &mut AsyncPgConnection,
    next: &Rotation,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(next.id))
        .set((
            sessions::generation.eq(next.generation),
            sessions::key_id.eq(&next.key_id),
            sessions::secret_hash.eq(&next.secret_hash),
            sessions::replayed_late.eq(false),
            sessions::rotated_at.eq(now),
            sessions::expires_at.eq(next.expires_at),
            sessions::last_seen_at.eq(now),
            sessions::network.eq(&next.network),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Notes that the current secret was handed out a second time, late.
pub(in crate::identity) async fn mark_replayed_late(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::replayed_late.eq(true))
        .execute(conn)
        .await
        .map(drop)
}

/// Ends one session; says whether it was alive.
pub(in crate::identity) async fn end(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    reason: EndReason,
    now: Timestamp,
) -> QueryResult<bool> {
    let ended = diesel::update(sessions::table.find(id).filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now), sessions::ended_reason.eq(reason.name())))
        .execute(conn)
        .await?;
    Ok(ended == 1)
}

/// Ends all sessions of a person but one; gives their ids.
pub(in crate::identity) async fn end_all(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    except: Option<Uuid>,
    reason: EndReason,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    diesel::update(
        sessions::table
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::id.ne(except.unwrap_or(Uuid::nil()))),
    )
    .set((sessions::ended_at.eq(now), sessions::ended_reason.eq(reason.name())))
    .returning(sessions::id)
    .get_results(conn)
    .await
}

/// Where a page of sessions begins: after the one seen then.
pub(in crate::identity) type LastSeen = (Timestamp, Uuid);

/// A person's sessions that are alive at `now`, last seen first.
pub(in crate::identity) async fn alive(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    after: Option<LastSeen>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<SessionRow>> {
    let mut query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select(SessionRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(
            sessions::last_seen_at
                .lt(at)
                .or(sessions::last_seen_at.eq(at).and(sessions::id.lt(id))),
        );
    }
    query
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .limit(limit + 1)
        .load(conn)
        .await
}

/// What a request needs to know of its session and of the person behind it.
#[derive(Debug, Clone, Queryable)]
pub(in crate::identity) struct Standing {
    pub user_id: Uuid,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub last_seen_at: Timestamp,
    pub status: String,
    pub suspended_until: Option<Timestamp>,
    pub status_reason: Option<String>,
    pub auth_version: i32,
}

/// The standing of a session, if there is one by that id.
pub(in crate::identity) async fn standing(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<Standing>> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .select((
            sessions::user_id,
            sessions::expires_at,
            sessions::ended_at,
            sessions::last_seen_at,
            users::status,
            users::suspended_until,
            users::status_reason,
            users::auth_version,
        ))
        .first(conn)
        .await
        .optional()
}

/// Those of the sessions that are alive at `now`, their owners not locked out.
pub(in crate::identity) async fn open_among(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(
            users::status.eq("active").or(users::status
                .eq("suspended")
                .and(users::suspended_until.le(now).is_not_distinct_from(true))),
        )
        .select(sessions::id)
        .load(conn)
        .await
}

/// Notes that the session was used.
pub(in crate::identity) async fn touch(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(id).filter(sessions::last_seen_at.lt(now)))
        .set(sessions::last_seen_at.eq(now))
        .execute(conn)
        .await
        .map(drop)
}

/// Whether that browser has signed in to the account with that address before.
pub(in crate::identity) async fn is_known_device(
    conn: &mut AsyncPgConnection,
    device_hash: &[u8],
    email_key: &str,
) -> QueryResult<bool> {
    diesel::select(exists(
        sessions::table
            .inner_join(users::table)
            .filter(sessions::device_hash.eq(device_hash))
            .filter(users::email_key.eq(email_key)),
    ))
    .get_result(conn)
    .await
}

/// How many sessions the person ever had here, and how many of them on that browser.
pub(in crate::identity) async fn history(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    device_hash: &[u8],
) -> QueryResult<(bool, bool)> {
    let any = sessions::table.filter(sessions::user_id.eq(user_id));
    let here = any.filter(sessions::device_hash.eq(device_hash));
    diesel::select((exists(any), exists(here))).get_result(conn).await
}

/// Forgets sessions that ended or ran out before `before`.
pub(in crate::identity) async fn purge(
    conn: &mut AsyncPgConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    let over = "ended_at < $1 or (ended_at is null and expires_at < $1)";
    db::purge(conn, "sessions", over, before).await
}
