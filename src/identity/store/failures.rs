//! The day's failed proofs: buckets in memory start full after a restart, these rows do not.

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::identity::schema::auth_failures as failures;
use crate::platform::db;

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Kind {
    /// A password.
    Password,
    /// A one-time code.
    Code,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
        }
    }
}

/// How often it failed that day.
pub(in crate::identity) async fn count(
    conn: &mut AsyncPgConnection,
    identifier: &[u8],
    kind: Kind,
    day: NaiveDate,
) -> QueryResult<i32> {
    let count = failures::table
        .find((identifier, kind.name(), day))
        .select(failures::failures)
        .first(conn)
        .await
        .optional()?;
    Ok(count.unwrap_or(0))
}

/// Counts one more failure.
pub(in crate::identity) async fn add(
    conn: &mut AsyncPgConnection,
    identifier: &[u8],
    kind: Kind,
    day: NaiveDate,
) -> QueryResult<()> {
    diesel::insert_into(failures::table)
        .values((
            failures::identifier.eq(identifier),
            failures::kind.eq(kind.name()),
            failures::day.eq(day),
            failures::failures.eq(1),
        ))
        .on_conflict((failures::identifier, failures::kind, failures::day))
        .do_update()
        .set(failures::failures.eq(failures::failures + 1))
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets days before `day`.
pub(in crate::identity) async fn purge(
    conn: &mut AsyncPgConnection,
    day: NaiveDate,
) -> QueryResult<usize> {
    let before = day.and_time(NaiveTime::MIN).and_utc();
    db::purge(conn, "auth_failures", "day < ($1 at time zone 'utc')::date", before).await
}

/// Forgets the failures of one identifier: its owner has proved to be the owner.
pub(in crate::identity) async fn forget(
    conn: &mut AsyncPgConnection,
    identifier: &[u8],
    kind: Kind,
) -> QueryResult<usize> {
    diesel::delete(
        failures::table
            .filter(failures::identifier.eq(identifier))
            .filter(failures::kind.eq(kind.name())),
    )
    .execute(conn)
    .await
}
