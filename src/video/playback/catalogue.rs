//! What is in a video, as rows become playlists: kept in memory for a while, so that playlists and
//! segments cost no query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use media::hls::{AudioTrack, Bitrate, MasterPlaylist, MediaPlaylist, Segment, VideoTrack};
use media::ladder::FrameRate;
use media::worker::Iv;
use uuid::Uuid;

use crate::app::App;
use crate::platform::http::Problem;
use crate::video::model;
use crate::video::state::VideoState;
use crate::video::store::videos;

/// How long a finished video is believed to be as it was; it only changes by being taken off.
const READY: Duration = Duration::from_secs(30);
/// The same for one that grows.
const GROWING: Duration = Duration::from_secs(1);
/// Videos kept.
const MOST: usize = 128;
/// Segments that a rendition needs before players are told of it while it grows.
pub(in crate::video) const ENOUGH: usize = 2;

/// The videos that this node has served lately.
#[derive(Debug, Default)]
pub(in crate::video) struct Catalogue(Mutex<HashMap<Uuid, (Instant, Arc<Playable>)>>);

/// A video that can be watched.
#[derive(Debug)]
pub(super) struct Playable {
    /// The run of the encoder that made it.
    pub generation: i32,
    /// Still growing.
    pub growing: bool,
    target_duration_s: u32,
    /// Where the poster lies.
    pub poster_key: Option<String>,
    renditions: Vec<PlayableRendition>,
}

#[derive(Debug)]
struct PlayableRendition {
    name: String,
    is_audio: bool,
    width: u32,
    height: u32,
    frame_rate: FrameRate,
    channels: u32,
    codecs: String,
    init_key: String,
    complete: bool,
    segments: Vec<Segment>,
    /// Keys of the segments in the store, by number.
    keys: Vec<String>,
}

impl Catalogue {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, (Instant, Arc<Playable>)>> {
        // Each call leaves the map whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: Uuid) -> Option<Arc<Playable>> {
        let known = self.lock();
        let (read, playable) = known.get(&id)?;
        let life = if playable.growing { GROWING } else { READY };
        (read.elapsed() < life).then(|| playable.clone())
    }

    fn know(&self, id: Uuid, playable: Arc<Playable>) {
        let mut known = self.lock();
        if known.len() >= MOST {
            let oldest = known.iter().min_by_key(|(_, (read, _))| *read).map(|(id, _)| *id);
            oldest.and_then(|id| known.remove(&id));
        }
        known.insert(id, (Instant::now(), playable));
    }

    /// The video has changed.
    pub fn forget(&self, id: Uuid) {
        self.lock().remove(&id);
    }
}

/// The video, if it can be watched.
///
/// # Errors
/// `not_found`, 503.
pub(super) async fn playable(app: &App, id: Uuid) -> Result<Arc<Playable>, Problem> {
    if let Some(known) = app.video.catalogue.known(id) {
        return Ok(known);
    }
    let mut conn = app.db.conn().await?;
    let playable = Arc::new(read(&mut conn, id).await?);
    app.video.catalogue.know(id, playable.clone());
    Ok(playable)
}

async fn read(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Playable, Problem> {
    let video = videos::find(conn, id)
        .await?
        .filter(|video| video.watchable)
        .ok_or_else(Problem::not_found)?;
    let renditions = videos::renditions(conn, &[id]).await?;
    let segments = videos::segments(conn, id).await?;
    let growing = video.state != VideoState::Ready.as_str();
    let renditions = renditions
        .into_iter()
        .filter_map(|rendition| PlayableRendition::of(rendition, &segments))
        .filter(|rendition| rendition.complete || rendition.segments.len() >= ENOUGH)
        .collect();
    Ok(Playable {
        generation: video.generation,
        growing,
        target_duration_s: u32::try_from(video.target_duration_s.unwrap_or(0)).unwrap_or(0),
        poster_key: video.poster_key,
        renditions,
    })
}

fn positive(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

impl PlayableRendition {
    fn of(row: model::Rendition, segments: &[model::Segment]) -> Option<Self> {
        let mut mine = Self {
            is_audio: row.kind == "audio",
            width: positive(row.width),
            height: positive(row.height),
            frame_rate: FrameRate::new(positive(row.frame_rate_num), positive(row.frame_rate_den)),
            channels: u32::try_from(row.channels.unwrap_or(0)).unwrap_or(0),
            codecs: row.codecs?,
            init_key: row.init_key?,
            complete: row.complete,
            name: row.name,
            segments: Vec::new(),
            keys: Vec::new(),
        };
        for segment in segments.iter().filter(|segment| segment.rendition == mine.name) {
            let seq = u32::try_from(segment.seq).ok()?;
            // What lies behind a gap cannot be listed yet.
            if usize::try_from(seq).ok()? != mine.segments.len() {
                break;
            }
            mine.segments.push(Segment {
                seq,
                duration_us: u64::try_from(segment.duration_us).ok()?,
                bytes: u64::try_from(segment.bytes).ok()?,
                epoch: u32::try_from(segment.key_epoch).ok()?,
                iv: Iv(segment.iv.as_slice().try_into().ok()?),
            });
            mine.keys.push(segment.store_key.clone());
        }
        Some(mine)
    }

    fn bitrate(&self) -> Bitrate {
        Bitrate::measure(self.segments.iter().map(|segment| (segment.bytes, segment.duration_us)))
    }
}

impl Playable {
    fn rendition(&self, name: &str, is_audio: bool) -> Option<&PlayableRendition> {
        self.renditions.iter().find(|r| r.name == name && r.is_audio == is_audio)
    }

    fn any(&self, name: &str) -> Option<&PlayableRendition> {
        self.renditions.iter().find(|r| r.name == name)
    }

    /// The multivariant playlist.
    pub fn master(&self) -> String {
        let video = self.renditions.iter().filter(|r| !r.is_audio).map(|r| VideoTrack {
            name: r.name.clone(),
            codecs: r.codecs.clone(),
            width: r.width,
            height: r.height,
            frame_rate: r.frame_rate,
            bitrate: r.bitrate(),
        });
        let audio = self.renditions.iter().find(|r| r.is_audio).map(|r| AudioTrack {
            name: r.name.clone(),
            codecs: r.codecs.clone(),
            channels: r.channels,
            language: None,
            bitrate: r.bitrate(),
        });
        MasterPlaylist { video: video.collect(), audio }.render()
    }

    /// A media playlist. `event` when the session began while it grew: the type of a playlist must
    /// not change under one address.
    pub fn media(&self, name: &str, is_audio: bool, event: bool) -> Option<String> {
        let rendition = self.rendition(name, is_audio)?;
        let ended = rendition.complete;
        Some(
            MediaPlaylist {
                rendition: &rendition.name,
                target_duration_s: self.target_duration_s,
                segments: &rendition.segments,
                ended,
                event: event || !ended,
            }
            .render(),
        )
    }

    /// Where an initialisation segment lies.
    pub fn init_key(&self, name: &str) -> Option<&str> {
        self.any(name).map(|rendition| rendition.init_key.as_str())
    }

    /// Where a segment lies, and its length.
    pub fn segment(&self, name: &str, seq: u32) -> Option<(&str, u64)> {
        let rendition = self.any(name)?;
        let at = usize::try_from(seq).ok()?;
        Some((rendition.keys.get(at)?.as_str(), rendition.segments.get(at)?.bytes))
    }

    /// Whether a key of that number is in use.
    pub fn has_epoch(&self, epoch: u32) -> bool {
        self.renditions.iter().any(|r| r.segments.iter().any(|s| s.epoch == epoch))
    }
}
