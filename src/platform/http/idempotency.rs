//! `Idempotency-Key`: a retried POST gets the first one's answer and does nothing twice.
//!
//! The key is claimed by an insert before the work; the answer is stored after it. The work gets an
//! id for what it makes, and it is the same for every repetition: when a process died between the
//! work and the stored answer, whoever takes the claim over after a minute finds the thing there.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Code, Problem};
use crate::app::App;
use crate::platform::db;
use crate::platform::schema::idempotency_keys as keys;

/// How often a claim is looked for that others free and take meanwhile.
const TRIES: usize = 3;

/// Runs `work` once for the request's `Idempotency-Key` and `owner`; without the header simply runs
/// it. `request` is what must be equal for a repetition to count as one. `work` makes its thing under
/// the id that it is given, or finds that it has been made under it.
///
/// # Errors
/// `idempotency_key_reused` for another request under the same key, `idempotency_in_progress` while
/// the first is running, and whatever `work` answers: a refusal is not remembered.
pub async fn once<T: Serialize>(
    app: &App,
    owner: Uuid,
    req: &HttpRequest,
    request: &impl Serialize,
    work: impl AsyncFnOnce(Uuid) -> Result<(StatusCode, T), Problem>,
) -> Result<HttpResponse, Problem> {
    let Some(key) = req.headers().get("idempotency-key") else {
        let (status, value) = work(app.id()).await?;
        return Ok(HttpResponseBuilder::new(status).json(value));
    };
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=128).contains(&key.len()))
        .ok_or_else(|| {
            Problem::new(Code::BadRequest).detail("Idempotency-Key is 1 to 128 characters.")
        })?
        .to_owned();
    let route = format!("{} {}", req.method(), req.path());
    let mut hasher = Sha256::new();
    hasher.update(&route);
    hasher.update(serde_json::to_vec(request).map_err(Problem::internal)?);
    let hash = hasher.finalize().to_vec();

    if let Some(answer) = claim(app, owner, &key, &route, &hash).await? {
        return Ok(answer);
    }
    match work(id_of(owner, &key, &hash)).await {
        Ok((status, value)) => {
            let body = serde_json::to_value(value).map_err(Problem::internal)?;
            let code = i16::try_from(status.as_u16()).unwrap_or(200);
            let mut conn = app.db.conn().await?;
            diesel::update(keys::table.find((owner, &key)))
                .set((keys::status.eq(code), keys::body.eq(&body)))
                .execute(&mut *conn)
                .await?;
            Ok(HttpResponseBuilder::new(status).json(body))
        }
        Err(problem) => {
            let mut conn = app.db.conn().await?;
            diesel::delete(keys::table.find((owner, &key)).filter(keys::status.is_null()))
                .execute(&mut *conn)
                .await?;
            Err(problem)
        }
    }
}

/// The id of what a request makes under a key: of this owner, this key and this request, always the
/// same (a UUID of version 8).
fn id_of(owner: Uuid, key: &str, hash: &[u8]) -> Uuid {
    let mut hasher = Sha256::new();
    hasher.update(b"ilm-idempotent-v1\0");
    hasher.update(owner);
    hasher.update(hash);
    hasher.update(key);
    let mut bytes = [0; 16];
    for (byte, digest) in bytes.iter_mut().zip(hasher.finalize()) {
        *byte = digest;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Takes the key, or gives the stored answer.
async fn claim(
    app: &App,
    owner: Uuid,
    key: &str,
    route: &str,
    hash: &[u8],
) -> Result<Option<HttpResponse>, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let Some((stored, status, body)) =
        insert_or_read(&mut conn, owner, key, route, hash, now).await?
    else {
        return Ok(None);
    };
    if stored != hash {
        return Err(Problem::new(Code::IdempotencyKeyReused));
    }
    if let (Some(status), Some(body)) = (status, body) {
        let status = u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok());
        return Ok(Some(
            HttpResponseBuilder::new(status.unwrap_or(StatusCode::OK))
                .insert_header(("idempotency-replayed", "true"))
                .json(body),
        ));
    }
    let taken_over = diesel::update(keys::table.find((owner, key)))
        .filter(keys::created_at.lt(now - chrono::TimeDelta::minutes(1)))
        .filter(keys::status.is_null())
        .set(keys::created_at.eq(now))
        .execute(&mut *conn)
        .await?;
    if taken_over == 1 {
        return Ok(None);
    }
    Err(Problem::new(Code::IdempotencyInProgress).retry_after(1))
}

type Known = (Vec<u8>, Option<i16>, Option<Value>);

/// Inserts the claim, or reads the one that is there.
async fn insert_or_read(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    key: &str,
    route: &str,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<Known>, Problem> {
    for _ in 0..TRIES {
        let claimed = diesel::insert_into(keys::table)
            .values((
                keys::owner.eq(owner),
                keys::key.eq(key),
                keys::route.eq(route),
                keys::request_hash.eq(hash),
                keys::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if claimed == 1 {
            return Ok(None);
        }
        let known = keys::table
            .find((owner, key))
            .select((keys::request_hash, keys::status, keys::body))
            .first(conn)
            .await
            .optional()?;
        // The first request may have been refused in between, which frees the key.
        if known.is_some() {
            return Ok(known);
        }
    }
    Err(Problem::new(Code::IdempotencyInProgress).retry_after(1))
}

/// Forgets keys older than two days.
pub async fn purge(app: &App) -> Result<(), Problem> {
    let before = app.clock.now() - chrono::TimeDelta::days(2);
    let mut conn = app.db.conn().await?;
    db::purge(&mut conn, "idempotency_keys", "created_at < $1", before).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_makes_has_one_id_and_another_request_another() {
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = id_of(ann, "k", b"hash");
        assert_eq!(first, id_of(ann, "k", b"hash"));
        assert_eq!(first.get_version_num(), 8);
        for other in [id_of(bob, "k", b"hash"), id_of(ann, "l", b"hash"), id_of(ann, "k", b"has")] {
            assert_ne!(first, other);
        }
    }
}
