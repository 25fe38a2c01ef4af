//! A course's cover: taken in, made small, stored under a random name, replaced, forgotten.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use media::storage::{ObjectKey, StorageError};
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cover::{self, CoverError, Rendered};
use super::edit::lock_editable;
use super::events::note_update;
use super::model::{Course, CoverSize, StoredCover};
use super::store;
use crate::app::App;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::{self, Enqueue, Job, JobError, JobMeta, Lane};

/// How long a request waits for its turn to decode a picture.
const TURN: Duration = Duration::from_secs(15);
/// How long a replaced cover stays: pages in caches still point at it.
const AFTERLIFE: TimeDelta = TimeDelta::days(2);

/// Makes `bytes` the cover of the course.
pub async fn replace(
    app: &App,
    author: &Principal,
    course_id: Uuid,
    bytes: Vec<u8>,
) -> Result<(), Problem> {
    let rendered = render(app, bytes).await?;
    let id = random_name();
    let sizes: Vec<CoverSize> = rendered.sizes.iter().map(|encoded| encoded.size).collect();
    let stored = StoredCover { id: id.clone(), color: rendered.color.clone(), sizes };
    // The job that clears away what no course shows is queued first, so that a crash at any point
    // leaves nothing behind; then the bytes, then the row: a row never names what is not there.
    queue_forgetting(app, course_id, &id).await?;
    write(app, &id, rendered).await?;
    let value = serde_json::to_value(&stored).map_err(Problem::internal)?;
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            store::course::set_cover(conn, course_id, Some(value), app.clock.now()).await?;
            forget(conn, app, &course).await?;
            note_update(conn, app, course_id, course.state).await
        })
        .await
}

async fn queue_forgetting(app: &App, course_id: Uuid, cover_id: &str) -> Result<(), Problem> {
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let when = Enqueue::now().at(app.clock.now() + AFTERLIFE);
            let job = ForgetCover { cover_id: cover_id.to_owned(), course_id };
            jobs::enqueue(conn, app, &job, when).await
        })
        .await
}

/// Takes the cover off the course.
pub async fn remove(app: &App, author: &Principal, course_id: Uuid) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            store::course::set_cover(conn, course_id, None, app.clock.now()).await?;
            forget(conn, app, &course).await?;
            note_update(conn, app, course_id, course.state).await
        })
        .await
}

/// Queues the removal of the cover that `course` had.
pub(super) async fn forget(
    conn: &mut AsyncPgConnection,
    app: &App,
    course: &Course,
) -> Result<(), Problem> {
    let Some(stored) = course.stored_cover() else { return Ok(()) };
    let when = Enqueue::now().at(app.clock.now() + AFTERLIFE);
    let job = ForgetCover { cover_id: stored.id, course_id: course.id };
    jobs::enqueue(conn, app, &job, when).await
}

/// One file of a cover: `320.webp`, `og.jpg` …
pub async fn read(app: &App, cover_id: &str, name: &str) -> Result<Bytes, Problem> {
    let key = key(cover_id)?.join(name).map_err(|_| Problem::not_found())?;
    app.store.get(&key).await.map_err(storage_problem)
}

async fn render(app: &App, bytes: Vec<u8>) -> Result<Rendered, Problem> {
    decoding(app, move || cover::render(&bytes)).await
}

/// Waits for a turn to decode a picture, and does `work` on a thread of its own.
///
/// # Errors
/// 503 when the turn does not come, and what a refusal of the picture is called.
pub async fn decoding<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, CoverError> + Send + 'static,
) -> Result<T, Problem> {
    let busy = || Problem::new(Code::Unavailable).retry_after(5);
    let turn = app.courses.decoders.clone().acquire_owned();
    let turn = tokio::time::timeout(TURN, turn).await.map_err(|_| busy())?.map_err(|_| busy())?;
    let rendered = tokio::task::spawn_blocking(move || {
        // The turn is given back when the work ends, also when nobody waits for it any more.
        let _turn = turn;
        work()
    })
    .await
    .map_err(Problem::internal)?;
    rendered.map_err(|error| {
        let code = match error {
            CoverError::TooLarge => Code::TooLarge,
            CoverError::TooManyPixels => Code::ImageTooLarge,
            CoverError::NotAPicture | CoverError::Damaged => Code::ImageInvalid,
        };
        Problem::new(code).detail(sentence(&error))
    })
}

async fn write(app: &App, id: &str, rendered: Rendered) -> Result<(), Problem> {
    let prefix = key(id)?;
    let mut files: Vec<(String, Vec<u8>)> = rendered
        .sizes
        .into_iter()
        .map(|encoded| (format!("{}.webp", encoded.size.width), encoded.webp))
        .collect();
    files.push(("og.jpg".to_owned(), rendered.og_jpeg));
    for (name, bytes) in files {
        let key = prefix.join(&name).map_err(Problem::internal)?;
        app.store.put(&key, bytes.into()).await.map_err(storage_problem)?;
    }
    Ok(())
}

/// Where the files of a cover lie. Only names that we gave reach the store.
fn key(cover_id: &str) -> Result<ObjectKey, Problem> {
    let ours = cover_id.len() == 32
        && cover_id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !ours {
        return Err(Problem::not_found());
    }
    ObjectKey::new(format!("covers/{cover_id}")).map_err(Problem::internal)
}

fn storage_problem(error: StorageError) -> Problem {
    match error {
        StorageError::NotFound => Problem::not_found(),
        error if error.is_transient() => Problem::unavailable(error, 5),
        error => Problem::internal(error),
    }
}

fn random_name() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// “the picture is damaged” as a sentence of its own.
fn sentence(error: &CoverError) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => text,
    }
}

/// Removes the files of a cover, unless its course shows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ForgetCover {
    cover_id: String,
    course_id: Uuid,
}

impl Job for ForgetCover {
    const KIND: &'static str = "courses.forget_cover";
    const LANE: Lane = Lane::Slow;

    async fn run(self, app: App, _meta: JobMeta) -> Result<(), JobError> {
        let mut conn = app.db.conn().await?;
        let course = store::course::find(&mut conn, self.course_id).await?;
        drop(conn);
        let shown = course.and_then(|course| course.stored_cover());
        if shown.is_some_and(|cover| cover.id == self.cover_id) {
            return Ok(());
        }
        let prefix = key(&self.cover_id).map_err(|_| JobError::Fatal("not a cover".into()))?;
        app.store
            .delete_prefix(&prefix)
            .await
            .map(|_| ())
            .map_err(|error| JobError::Retry(error.to_string()))
    }
}
