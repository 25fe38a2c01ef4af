//! Queries over one-time codes and reset tokens.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::identity::model::ChallengeRow;
use crate::identity::otp::TRIES;
use crate::identity::schema::{otp_challenges as challenges, password_resets as resets};
use crate::platform::db;

/// Adds a challenge that has no code yet; older ones of the same purpose and address die.
pub(in crate::identity) async fn insert(
    conn: &mut AsyncPgConnection,
    challenge: &ChallengeRow,
) -> QueryResult<()> {
    diesel::update(
        challenges::table
            .filter(challenges::email_key.eq(&challenge.email_key))
            .filter(challenges::purpose.eq(&challenge.purpose))
            .filter(challenges::used_at.is_null())
            .filter(challenges::expires_at.gt(challenge.created_at)),
    )
    .set(challenges::expires_at.eq(challenge.created_at))
    .execute(conn)
    .await?;
    diesel::insert_into(challenges::table).values(challenge).execute(conn).await.map(drop)
}

/// A challenge that is still alive.
pub(in crate::identity) async fn alive(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<Option<ChallengeRow>> {
    challenges::table
        .find(id)
        .filter(challenges::used_at.is_null())
        .filter(challenges::expires_at.gt(now))
        .select(ChallengeRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Gives a challenge its code and the person whom it signs in.
pub(in crate::identity) async fn set_code(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    user_id: Uuid,
    mac: &[u8],
) -> QueryResult<()> {
    diesel::update(challenges::table.find(id))
        .set((challenges::user_id.eq(user_id), challenges::mac.eq(mac)))
        .execute(conn)
        .await
        .map(drop)
}

/// Takes one try and gives the challenge, if it is alive and has a try left. Counted before
/// anything is compared, in one statement, so that parallel tries cannot share one.
pub(in crate::identity) async fn take_try(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<Option<ChallengeRow>> {
    diesel::update(
        challenges::table
            .find(id)
            .filter(challenges::used_at.is_null())
            .filter(challenges::tries.lt(TRIES))
            .filter(challenges::expires_at.gt(now)),
    )
    .set(challenges::tries.eq(challenges::tries + 1))
    .returning(ChallengeRow::as_returning())
    .get_result(conn)
    .await
    .optional()
}

/// Uses a challenge up; says whether this call was the one.
pub(in crate::identity) async fn spend(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<bool> {
    let spent = diesel::update(
        challenges::table
            .find(id)
            .filter(challenges::used_at.is_null())
            .filter(challenges::expires_at.gt(now)),
    )
    .set(challenges::used_at.eq(now))
    .execute(conn)
    .await?;
    Ok(spent == 1)
}

/// Adds a reset token; older ones of the person die.
pub(in crate::identity) async fn insert_reset(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    user_id: Uuid,
    token_hash: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<()> {
    kill_resets(conn, user_id, now).await?;
    diesel::insert_into(resets::table)
        .values((
            resets::id.eq(id),
            resets::user_id.eq(user_id),
            resets::token_hash.eq(token_hash),
            resets::expires_at.eq(expires_at),
            resets::created_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Ends a person's reset tokens.
pub(in crate::identity) async fn kill_resets(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(
        resets::table
            .filter(resets::user_id.eq(user_id))
            .filter(resets::used_at.is_null())
            .filter(resets::expires_at.gt(now)),
    )
    .set(resets::expires_at.eq(now))
    .execute(conn)
    .await
    .map(drop)
}

/// Whose reset token this is, if it is alive.
pub(in crate::identity) async fn reset_owner(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
    now: Timestamp,
) -> QueryResult<Option<Uuid>> {
    resets::table
        .filter(resets::token_hash.eq(token_hash))
        .filter(resets::used_at.is_null())
        .filter(resets::expires_at.gt(now))
        .select(resets::user_id)
        .first(conn)
        .await
        .optional()
}

/// Uses a reset token up; says whether this call was the one.
pub(in crate::identity) async fn spend_reset(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
    now: Timestamp,
) -> QueryResult<bool> {
    let spent = diesel::update(
        resets::table
            .filter(resets::token_hash.eq(token_hash))
            .filter(resets::used_at.is_null())
            .filter(resets::expires_at.gt(now)),
    )
    .set(resets::used_at.eq(now))
    .execute(conn)
    .await?;
    Ok(spent == 1)
}

/// Forgets codes and reset tokens that ran out before `before`.
pub(in crate::identity) async fn purge(
    conn: &mut AsyncPgConnection,
    before: Timestamp,
) -> QueryResult<usize> {
    let codes = db::purge(conn, "otp_challenges", "expires_at < $1", before).await?;
    let tokens = db::purge(conn, "password_resets", "expires_at < $1", before).await?;
    Ok(codes + tokens)
}
