//! How many bytes of media each person is sent (MED-18). Counted in memory where they are sent, and
//! written down together every half minute and when the process stops: serving a segment costs no
//! query. What a killed process had counted since is lost. What a delivery network sends
//! is not seen here: of that there is the players' own word, which is kept apart.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::{self, Bytes};
use chrono::{Datelike as _, NaiveDate, TimeDelta};
use diesel_async::AsyncPgConnection;
use futures::{Stream, StreamExt as _};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::store;
use crate::app::App;
use crate::identity::{self, Admins, IdInPath, Staff};
use crate::platform::http::{Problem, ProblemDoc, Query};

/// Parts of the table, so that those who count seldom meet.
const SHARDS: usize = 16;
/// Between two times that it is written down.
const EVERY: Duration = Duration::from_secs(30);
/// Rows written in one statement.
const BATCH: usize = 1_000;
/// Days that one answer shows, at most.
const MOST_DAYS: i64 = 366;
/// Days that an answer shows when nobody says.
const DAYS: i64 = 30;
/// Days for which it is kept.
const MEMORY_DAYS: i64 = 400;

type Key = (Uuid, NaiveDate);

/// What this process has counted and not written down yet.
#[derive(Debug, Default)]
pub(super) struct Traffic([Mutex<HashMap<Key, u64>>; SHARDS]);

impl Traffic {
    /// `user` was sent `bytes` at `now`.
    pub fn count(&self, user: Uuid, now: Timestamp, bytes: u64) {
        self.add((user, now.date_naive()), bytes);
    }

    fn add(&self, key: Key, bytes: u64) {
        // The end of an id is random, whatever made it.
        let shard = key.0.as_bytes().last().map_or(0, |byte| usize::from(*byte) % SHARDS);
        if let Some(shard) = self.0.get(shard).filter(|_| bytes > 0) {
            // Each call leaves the map whole, so a panic elsewhere does not spoil it.
            let mut counted = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let sum = counted.entry(key).or_default();
            *sum = sum.saturating_add(bytes);
        }
    }

    /// Everything counted so far, in order; nothing of it is here any more.
    fn take(&self) -> BTreeMap<Key, u64> {
        let mut all = BTreeMap::new();
        for shard in &self.0 {
            let counted =
                std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            all.extend(counted);
        }
        all
    }
}

/// Counts what of a stream is sent, for as long as it lives.
struct Meter {
    app: App,
    user: Uuid,
    bytes: u64,
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.app.video.traffic.count(self.user, self.app.clock.now(), self.bytes);
    }
}

/// `body`, with what is really taken of it counted for `user`; nobody is counted by no name.
pub(super) fn metered<E, S: Stream<Item = Result<Bytes, E>>>(
    app: &App,
    user: Option<Uuid>,
    body: S,
) -> impl Stream<Item = Result<Bytes, E>> + use<E, S> {
    let mut meter = user.map(|user| Meter { app: app.clone(), user, bytes: 0 });
    body.inspect(move |piece| {
        if let (Some(meter), Ok(piece)) = (&mut meter, piece) {
            meter.bytes = meter.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(0));
        }
    })
}

/// Writes down what was counted. What cannot be written now is kept for the next time.
///
/// # Errors
/// Those of the database.
pub(super) async fn flush(app: &App) -> Result<(), Problem> {
    let all: Vec<(Key, i64)> = app
        .video
        .traffic
        .take()
        .into_iter()
        .map(|(key, bytes)| (key, i64::try_from(bytes).unwrap_or(i64::MAX)))
        .collect();
    let mut outcome = Ok(());
    for batch in all.chunks(BATCH) {
        if outcome.is_ok() {
            outcome = write(app, batch).await;
        }
        if outcome.is_err() {
            for (key, bytes) in batch {
                app.video.traffic.add(*key, u64::try_from(*bytes).unwrap_or(0));
            }
        }
    }
    outcome
}

async fn write(app: &App, batch: &[(Key, i64)]) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut conn;
    Ok(store::traffic::add(conn, batch).await?)
}

/// Writes down again and again, until the process stops.
pub(super) async fn keep(app: App) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.stop.cancelled() => return,
        }
        if let Err(problem) = flush(&app).await {
            tracing::warn!(%problem, "the traffic is written down later");
        }
    }
}

/// Forgets what is too old to ask for.
///
/// # Errors
/// Those of the database.
pub(super) async fn purge(app: &App) -> Result<(), Problem> {
    let before = app.clock.now() - TimeDelta::days(MEMORY_DAYS);
    let mut conn = app.db.conn().await?;
    store::traffic::purge(&mut conn, before).await?;
    Ok(())
}

/// Which days to show.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrafficQuery {
    /// The first day, UTC; 29 days before the last one when it is left out.
    pub from: Option<NaiveDate>,
    /// The last day, UTC; today when it is left out.
    pub to: Option<NaiveDate>,
}

/// The bytes of media that a person was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrafficList {
    /// Days with any, in order.
    pub items: Vec<TrafficDay>,
    /// Bytes of all of them.
    pub total: i64,
    /// Reported bytes of all of them.
    pub total_reported: i64,
}

/// The bytes of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrafficDay {
    /// The day, UTC.
    pub day: NaiveDate,
    /// Bytes of segments and files that this server sent.
    pub bytes: i64,
    /// Bytes that a delivery network sent, as far as players tell how long they showed which
    /// rendition: an estimate on their word, 0 where there is no such network.
    pub reported: i64,
}

fn days(query: TrafficQuery, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Problem> {
    // Years that no calendar of the database knows.
    let known = |day: NaiveDate| (1970..=9999).contains(&day.year());
    let to = query.to.unwrap_or(today);
    if !known(to) {
        return Err(Problem::invalid("to", "A day from 1970 on."));
    }
    let from = query.from.unwrap_or_else(|| to - TimeDelta::days(DAYS - 1));
    if !known(from) || from > to {
        return Err(Problem::invalid("from", "The first day is not after the last one."));
    }
    if (to - from).num_days() >= MOST_DAYS {
        return Err(Problem::invalid("from", "At most 366 days fit one answer."));
    }
    Ok((from, to))
}

/// The bytes of media that a person was sent, by day.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}/traffic", tag = "videos",
    operation_id = "user_traffic", security(("bearer" = [])),
    params(("id" = Uuid, Path), TrafficQuery),
    responses((status = 200, body = TrafficList), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn show(
    app: App,
    _staff: Staff<Admins>,
    IdInPath(user): IdInPath,
    Query(query): Query<TrafficQuery>,
) -> Result<web::Json<TrafficList>, Problem> {
    let (from, to) = days(query, app.clock.now().date_naive())?;
    let mut conn = app.db.conn().await?;
    if identity::people(&mut conn, &[user]).await?.is_empty() {
        return Err(Problem::not_found());
    }
    let rows = store::traffic::of(&mut conn, user, from, to).await?;
    let total = rows.iter().map(|(_, bytes, _)| *bytes).fold(0, i64::saturating_add);
    let total_reported = rows.iter().map(|(.., reported)| *reported).fold(0, i64::saturating_add);
    let day = |(day, bytes, reported)| TrafficDay { day, bytes, reported };
    let items = rows.into_iter().map(day).collect();
    Ok(web::Json(TrafficList { items, total, total_reported }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// MED-18
    #[test]
    fn bytes_are_counted_by_person_and_day_and_taken_once() {
        let traffic = Traffic::default();
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(17));
        let today: Timestamp = "2026-11-20T23:59:59Z".parse().unwrap();
        let tomorrow = today + TimeDelta::seconds(1);
        for (user, at, bytes) in
            [(ann, today, 5), (bob, today, 7), (ann, today, 1), (ann, tomorrow, 2)]
        {
            traffic.count(user, at, bytes);
        }
        traffic.count(bob, tomorrow, 0);
        let all: Vec<(Key, u64)> = traffic.take().into_iter().collect();
        let (first, second) = (day("2026-11-20"), day("2026-11-21"));
        assert_eq!(all, [((ann, first), 6), ((ann, second), 2), ((bob, first), 7)]);
        assert!(traffic.take().is_empty());
    }

    #[test]
    fn days_are_a_month_unless_somebody_says_otherwise() {
        let today = day("2026-11-30");
        let ask = |from: Option<&str>, to: Option<&str>| {
            let query = TrafficQuery { from: from.map(day), to: to.map(day) };
            days(query, today).ok().map(|(from, to)| (from.to_string(), to.to_string()))
        };
        let range = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(ask(None, None), range("2026-11-01", "2026-11-30"));
        assert_eq!(ask(Some("2026-01-01"), None), range("2026-01-01", "2026-11-30"));
        assert_eq!(ask(None, Some("2026-02-01")), range("2026-01-03", "2026-02-01"));
        assert_eq!(ask(Some("2026-12-01"), None), None);
        assert_eq!(ask(Some("2020-01-01"), None), None);
        // Before the first day that there is, nothing is counted back.
        for to in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(days(TrafficQuery { from: None, to: Some(to) }, today).is_err(), "{to}");
        }
    }
}
