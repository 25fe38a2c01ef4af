//! Seals every segment key anew under the current master key, in batches, while everything runs. It may
//! be broken off at any moment and begun again: what is done is passed over.

use diesel_async::AsyncPgConnection;
use media::worker::SegmentKey;
use uuid::Uuid;

use super::keys::{self, KeyPlace};
use super::model::KeyRow;
use super::store::sealed_keys;
use crate::app::App;
use crate::platform::http::Problem;

/// Passes over the table at most: servers that do not know the new key yet seal under the old one.
const PASSES: u32 = 5;

/// What a rotation has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// The master key that seals now.
    pub version: u8,
    /// Keys sealed anew, each opened again before it was written.
    pub resealed: u64,
    /// Keys that no listed master key opens; they stay as they are.
    pub unreadable: u64,
    /// How many keys there are of each version at the end; version 0: of no known form.
    pub versions: Vec<(u8, u64)>,
}

impl Rotation {
    /// Whether every key is sealed under the current master key.
    pub fn is_complete(&self) -> bool {
        self.versions.iter().all(|(version, _)| *version == self.version)
    }
}

type Cursor = (Uuid, i32, i32);

/// Seals all keys under the current master key, `batch` of them in a transaction; `told` hears of each
/// batch.
///
/// # Errors
/// Those of the database; begin again then.
pub async fn rotate_keys(
    app: &App,
    batch: u32,
    mut told: impl FnMut(&Rotation),
) -> Result<Rotation, Problem> {
    let version = app.secrets.master_keys.current().0;
    let mut done = Rotation { version, ..Rotation::default() };
    for _ in 0..PASSES {
        let before = done.resealed;
        done.unreadable = 0;
        let mut after: Option<Cursor> = None;
        loop {
            let (last, resealed, unreadable) = one_batch(app, after, batch).await?;
            done.resealed += resealed;
            done.unreadable += unreadable;
            told(&done);
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        if done.resealed == before {
            break;
        }
    }
    let mut conn = app.db.conn().await?;
    let counts = sealed_keys::versions(&mut conn).await?;
    let number = |(version, count): (i32, i64)| {
        Some((u8::try_from(version).ok()?, u64::try_from(count).ok()?))
    };
    done.versions = counts.into_iter().filter_map(number).collect();
    Ok(done)
}

/// `(the last key that was looked at, sealed anew, not readable)`; nothing was left without a last one.
async fn one_batch(
    app: &App,
    after: Option<Cursor>,
    batch: u32,
) -> Result<(Option<Cursor>, u64, u64), Problem> {
    let masters = &app.secrets.master_keys;
    app.db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<(Option<Cursor>, u64, u64), Problem> {
                let version = i32::from(masters.current().0);
                let limit = i64::from(batch.max(1));
                let rows = sealed_keys::not_of(conn, version, after, limit).await?;
                let (mut resealed, mut unreadable) = (0, 0);
                for row in &rows {
                    let place = KeyPlace {
                        video: row.video_id,
                        generation: row.generation,
                        epoch: row.epoch,
                    };
                    match keys::open(masters, place, &row.sealed) {
                        Ok(key) => {
                            let sealed = sealed_anew(app, place, &key)?;
                            sealed_keys::reseal(conn, &KeyRow { sealed, ..row.clone() }).await?;
                            resealed += 1;
                        }
                        Err(error) => {
                            tracing::error!(video.id = %row.video_id, epoch = row.epoch, %error, "a key stays");
                            unreadable += 1;
                        }
                    }
                }
                let last = rows.last().map(|row| (row.video_id, row.generation, row.epoch));
                Ok((last, resealed, unreadable))
            },
        )
        .await
}

/// Sealed under the current master key, and proved to open.
fn sealed_anew(app: &App, place: KeyPlace, key: &SegmentKey) -> Result<Vec<u8>, Problem> {
    let masters = &app.secrets.master_keys;
    let sealed = keys::seal(masters, place, key).map_err(Problem::internal)?;
    match keys::open(masters, place, &sealed) {
        Ok(opened) if opened == *key => Ok(sealed),
        _ => Err(Problem::internal("a key that was sealed anew does not open")),
    }
}
