//! Notices between nodes over PostgreSQL's LISTEN and NOTIFY: where there is no Redis, and while it is away. Each
//! node listens on a connection of its own and speaks only while somebody could hear it in no other way. Never
//! inside a transaction that stores something: commits that notify wait for each other in the whole database.
//!
//! At most once, like the bus. Frames of people's sockets that do not fit a notification are left out.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::bus::Bus;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use futures::StreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::db::Db;
use super::live::{ForUsers, Live, Notice};

const CHANNEL: &str = "ilm_live";
/// A notification has less than 8000 bytes.
const BYTES_MAX: usize = 7900;
/// People that one notification names.
const PEOPLE_MAX: usize = 80;
/// Between two looks for other nodes, which also show whether the connection lives.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(2);
const RECONNECT: Duration = Duration::from_millis(500);

/// What the ear works with.
pub struct Way {
    /// Where the database is; pooled connections cannot listen.
    pub url: SecretString,
    /// The pool, to speak.
    pub db: Db,
    /// Who speaks.
    pub node: Uuid,
    /// What is told and heard.
    pub live: Live,
    /// The bus of Redis.
    pub bus: Arc<dyn Bus>,
    /// Whether there is a Redis at all.
    pub has_redis: bool,
}

/// This node's ear.
#[derive(Debug, Default)]
pub struct Ear {
    others: AtomicBool,
}

impl Ear {
    /// Starts to listen and to speak, until `stop`. A database that is away is tried again and again.
    pub fn start(way: Way, stop: &CancellationToken) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        let way = Arc::new(way);
        let listening = tokio::spawn(listen(Arc::clone(&ear), Arc::clone(&way)));
        let speaking = tokio::spawn(speak(Arc::clone(&ear), way));
        let stop = stop.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            listening.abort();
            speaking.abort();
        });
        ear
    }

    /// Whether other nodes have an ear at this database.
    pub fn has_others(&self) -> bool {
        // Diesel puts a `load` on everything.
        AtomicBool::load(&self.others, Ordering::Relaxed)
    }
}

async fn listen(ear: Arc<Ear>, way: Arc<Way>) {
    loop {
        match AsyncPgConnection::establish(way.url.expose_secret()).await {
            Ok(mut conn) => match hear(&ear, &way, &mut conn).await {
                Ok(()) => tracing::warn!("the ear at the database was closed"),
                Err(error) => tracing::warn!(%error, "the ear at the database is lost"),
            },
            Err(error) => tracing::warn!(%error, "no ear at the database"),
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn hear(ear: &Ear, way: &Way, conn: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    conn.batch_execute(&format!("set application_name = 'ilmspace-ear'; listen {CHANNEL}")).await?;
    // The others know of this node at once.
    notify(conn, &[way.node.to_string()]).await?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let heard = {
            let mut stream = pin!(conn.notifications_stream());
            tokio::select! {
                heard = stream.next() => Some(heard),
                _ = look.tick() => None,
            }
        };
        let Some(heard) = heard else {
            match tokio::time::timeout(ANSWER, ears(conn)).await {
                Ok(ears) => ear.others.store(ears? > 1, Ordering::Relaxed),
                Err(_) => return Ok(()),
            }
            continue;
        };
        let Some(heard) = heard else { return Ok(()) };
        deliver(ear, way, &heard?.payload);
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many nodes listen.
async fn ears(conn: &mut AsyncPgConnection) -> diesel::QueryResult<i64> {
    let count: Count = diesel::sql_query(
        "select count(*) as n from pg_stat_activity \
         where datname = current_database() and application_name = 'ilmspace-ear'",
    )
    .get_result(conn)
    .await?;
    Ok(count.n)
}

fn deliver(ear: &Ear, way: &Way, payload: &str) {
    let (node, notice) = payload.split_once(' ').unwrap_or((payload, ""));
    if node.parse::<Uuid>().is_ok_and(|node| node != way.node) {
        ear.others.store(true, Ordering::Relaxed);
        if let Ok(notice) = serde_json::from_str(notice) {
            way.live.tell_from_elsewhere(notice);
        }
    }
}

async fn speak(ear: Arc<Ear>, way: Arc<Way>) {
    let mut own = way.live.listen_own();
    loop {
        match own.recv().await {
            Ok(notice) => {
                let is_needed = if way.has_redis { !way.bus.is_whole() } else { ear.has_others() };
                let payloads = if is_needed { payloads(way.node, notice) } else { continue };
                if let Err(why) = say(&way.db, &payloads).await {
                    tracing::warn!(%why, "a notice to the other nodes is lost");
                }
            }
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "notices were not forwarded"),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn say(db: &Db, payloads: &[String]) -> Result<(), String> {
    if payloads.is_empty() {
        return Ok(());
    }
    let mut conn = db.conn().await.map_err(|problem| problem.to_string())?;
    notify(&mut conn, payloads).await.map_err(|error| error.to_string())
}

async fn notify(conn: &mut AsyncPgConnection, payloads: &[String]) -> diesel::QueryResult<()> {
    diesel::sql_query("select count(pg_notify($1, payload)) from unnest($2) payload")
        .bind::<Text, _>(CHANNEL)
        .bind::<Array<Text>, _>(payloads)
        .execute(conn)
        .await?;
    Ok(())
}

/// A notice in as many notifications as it takes.
fn payloads(node: Uuid, notice: Notice) -> Vec<String> {
    let few = |users: Vec<Uuid>| {
        users.chunks(PEOPLE_MAX).map(<[Uuid]>::to_vec).collect::<Vec<_>>().into_iter()
    };
    let notices: Vec<Notice> = match notice {
        Notice::ForUsers(frames) => frames
            .into_iter()
            .flat_map(|ForUsers { users, frame }| {
                few(users).map(move |users| {
                    Notice::ForUsers(vec![ForUsers { users, frame: frame.clone() }])
                })
            })
            .collect(),
        Notice::ToUsers { users, frame } => {
            few(users).map(|users| Notice::ToUsers { users, frame: frame.clone() }).collect()
        }
        Notice::PlaybackEnded { sessions, reason } => few(sessions)
            .map(|sessions| Notice::PlaybackEnded { sessions, reason: reason.clone() })
            .collect(),
        one => vec![one],
    };
    let payload = |notice: &Notice| {
        let payload = format!("{node} {}", serde_json::to_string(notice).ok()?);
        if payload.len() > BYTES_MAX {
            tracing::debug!("a notice is too long for the other nodes");
            return None;
        }
        Some(payload)
    };
    notices.iter().filter_map(payload).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn back(payload: &str) -> Notice {
        serde_json::from_str(payload.split_once(' ').unwrap().1).unwrap()
    }

    #[test]
    fn a_notice_to_many_goes_in_parts_that_name_everybody_once() {
        let users: Vec<Uuid> = (0..200).map(Uuid::from_u128).collect();
        let frame = json!({"t": "desk", "text": "x".repeat(3000)});
        let node = Uuid::from_u128(9);
        let told = payloads(node, Notice::ToUsers { users: users.clone(), frame });
        assert!(told.len() > 2 && told.iter().all(|payload| payload.len() <= BYTES_MAX));
        let named: Vec<Uuid> = told
            .iter()
            .flat_map(|payload| match back(payload) {
                Notice::ToUsers { users, .. } => users,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(named, users);
        let one = payloads(node, Notice::UserBlocked { user_id: Uuid::from_u128(1) });
        assert_eq!(back(&one[0]), Notice::UserBlocked { user_id: Uuid::from_u128(1) });
        let long = json!({"text": "x".repeat(9000)});
        assert!(payloads(node, Notice::Frame { topic: "job:1".into(), frame: long }).is_empty());
    }
}
