//! The outbox: facts published in the transaction that made them true. The relay turns each fact
//! into one job per subscriber, so every subscriber hears it at least once, retries by itself, and
//! a failing one holds nobody up.
//!
//! The relay claims rows (SKIP LOCKED) instead of following a cursor: ids are not given in the
//! order of commits, and a cursor would jump over a late one.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::future::BoxFuture;
use kernel::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::db;
use super::jobs::{Handlers, JobError, NewJob, insert_raw};
use super::schema::outbox;
use crate::app::App;
use crate::platform::http::Problem;

/// A fact that others may need to know.
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its stable name, `context.what_happened`.
    const KIND: &'static str;
}

/// What a subscriber knows beside the fact.
#[derive(Debug, Clone)]
pub struct EventMeta {
    /// The fact's id: the key by which a subscriber recognises a repetition.
    pub event_id: Uuid,
    /// When it happened.
    pub occurred_at: Timestamp,
}

/// Publishes a fact in the caller's transaction. Returns its id.
pub async fn publish<E: Event>(
    conn: &mut AsyncPgConnection,
    app: &App,
    event: &E,
) -> Result<Uuid, Problem> {
    let id = app.id();
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(id),
            outbox::kind.eq(E::KIND),
            outbox::payload.eq(serde_json::to_value(event).map_err(Problem::internal)?),
            outbox::occurred_at.eq(app.clock.now()),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// The job that carries a fact to one subscriber.
#[derive(Debug, Serialize, Deserialize)]
struct Delivery {
    event_id: Uuid,
    occurred_at: Timestamp,
    payload: Value,
}

type Handle = Arc<dyn Fn(App, Delivery) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// Who hears what.
#[derive(Default)]
pub struct Subscribers {
    by_kind: HashMap<&'static str, Vec<&'static str>>,
    handles: HashMap<&'static str, Handle>,
}

impl std::fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(&self.by_kind).finish()
    }
}

impl Subscribers {
    /// Subscribes `name` to facts of type `E`. The handler must bear a repetition of the same
    /// `event_id`.
    pub fn subscribe<E, F, Fut>(&mut self, name: &'static str, handler: F)
    where
        E: Event,
        F: Fn(App, E, EventMeta) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let _: PhantomData<E> = PhantomData;
        self.by_kind.entry(E::KIND).or_default().push(name);
        self.handles.insert(
            name,
            Arc::new(move |app, delivery| {
                let handler = handler.clone();
                Box::pin(async move {
                    let event: E = serde_json::from_value(delivery.payload)
                        .map_err(|error| JobError::Fatal(format!("unreadable fact: {error}")))?;
                    let meta = EventMeta {
                        event_id: delivery.event_id,
                        occurred_at: delivery.occurred_at,
                    };
                    handler(app, event, meta).await
                })
            }),
        );
    }

    pub(super) fn register(&self, handlers: &mut Handlers) {
        for (name, handle) in &self.handles {
            let handle = handle.clone();
            handlers.raw(&job_kind(name), move |app, payload, _meta| {
                let handle = handle.clone();
                Box::pin(async move {
                    let delivery: Delivery = serde_json::from_value(payload)
                        .map_err(|error| JobError::Fatal(error.to_string()))?;
                    handle(app, delivery).await
                })
            });
        }
    }
}

fn job_kind(subscriber: &str) -> String {
    format!("event:{subscriber}")
}

const BATCH: i64 = 100;

/// Turns waiting facts into jobs; says how many facts it took.
pub(super) async fn relay(app: &App, subscribers: &Subscribers) -> Result<usize, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    // The look without a lock keeps an idle relay from opening a transaction every second.
    let waiting: i64 = outbox::table
        .filter(outbox::relayed_at.is_null())
        .limit(1)
        .count()
        .get_result(&mut *conn)
        .await?;
    drop(conn);
    if waiting == 0 {
        return Ok(0);
    }
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<usize, Problem> {
            let facts: Vec<(Uuid, String, Value, Timestamp)> = outbox::table
                .filter(outbox::relayed_at.is_null())
                .order((outbox::occurred_at, outbox::id))
                .limit(BATCH)
                .for_update()
                .skip_locked()
                .select((outbox::id, outbox::kind, outbox::payload, outbox::occurred_at))
                .load(conn)
                .await?;
            let mut jobs = Vec::new();
            for (id, kind, payload, occurred_at) in &facts {
                for name in subscribers.by_kind.get(kind.as_str()).into_iter().flatten() {
                    let delivery = Delivery {
                        event_id: *id,
                        occurred_at: *occurred_at,
                        payload: payload.clone(),
                    };
                    jobs.push(NewJob {
                        id: app.id(),
                        kind: job_kind(name),
                        payload: serde_json::to_value(delivery).map_err(Problem::internal)?,
                        dedup_key: Some(id.to_string()),
                        run_at: now,
                        max_attempts: 20,
                    });
                }
            }
            if !jobs.is_empty() {
                insert_raw(conn, &jobs, now).await?;
            }
            let ids: Vec<Uuid> = facts.iter().map(|(id, ..)| *id).collect();
            diesel::update(outbox::table.filter(outbox::id.eq_any(&ids)))
                .set(outbox::relayed_at.eq(now))
                .execute(conn)
                .await?;
            Ok(facts.len())
        })
        .await
}

/// Forgets facts relayed more than 30 days ago.
pub async fn purge(app: &App) -> Result<(), Problem> {
    let before = app.clock.now() - chrono::TimeDelta::days(30);
    let mut conn = app.db.conn().await?;
    db::purge(&mut conn, "outbox", "relayed_at < $1", before).await?;
    Ok(())
}
