//! What is in a video, as rows become playlists: kept in memory for a while, so that playlists and
//! segments cost no query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use diesel_async::AsyncPgConnection;
use flate2::Compression;
use media::hls::subtitles::SubtitleTrack;
use media::hls::{AudioTrack, Bitrate, MasterPlaylist, MediaPlaylist, Segment, VideoTrack};
use media::ladder::FrameRate;
use media::worker::{Iv, SegmentKey, segment_file, sheet_file};
use uuid::Uuid;

use crate::app::App;
use crate::platform::http::{Problem, pack};
use crate::platform::secrets::VersionedKeys;
use crate::video::details::Details;
use crate::video::keys::{self, KeyError, KeyPlace, Opener};
use crate::video::model::CaptionsRow;
use crate::video::state::VideoState;
use crate::video::store::{self, sealed_keys, segments, videos};
use crate::video::{model, paths};

/// How long a finished video is believed to be as it was; it only changes by being taken off.
const READY: Duration = Duration::from_secs(30);
/// The same for one that grows.
const GROWING: Duration = Duration::from_secs(1);
/// Segments kept in all, of 40 bytes each and 200 in playlists that were asked for: what bounds the
/// memory, for an hour in five renditions has 4500 of them and a trailer 100.
const MOST_SEGMENTS: usize = 100_000;
/// Segments that a rendition needs before players are told of it while it grows.
pub(in crate::video) const ENOUGH: usize = 2;

/// The videos that this node has served lately.
#[derive(Debug, Default)]
pub(in crate::video) struct Catalogue(Mutex<HashMap<Uuid, Arc<Entry>>>);

/// What is known of one video. Whoever reads it from the database holds `loading`, so that a thousand
/// players of one video cost one query and not a thousand.
#[derive(Debug, Default)]
struct Entry {
    loading: tokio::sync::Mutex<()>,
    known: Mutex<Option<(Instant, Arc<Playable>)>>,
}

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
    /// What surrounds it.
    pub details: Details,
    /// Captions, by language.
    pub captions: Vec<CaptionsRow>,
    duration_ms: Option<i64>,
    renditions: Vec<PlayableRendition>,
    /// The keys as they are at rest, by epoch.
    sealed: HashMap<i32, Vec<u8>>,
    opener: Opener,
    /// Playlists that were asked for: the addresses in them are relative, so they are the same for
    /// everybody.
    written: Mutex<HashMap<(String, bool), Written>>,
}

/// A playlist, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// As it is.
    pub plain: Bytes,
    /// By gzip, unless that failed.
    pub packed: Option<Bytes>,
}

impl Written {
    pub fn of(text: String) -> Self {
        let packed = pack::gzip(text.as_bytes(), Compression::default()).ok().map(Bytes::from);
        Self { plain: Bytes::from(text), packed }
    }
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
    listed: bool,
    segments: Vec<Segment>,
}

impl Entry {
    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Arc<Playable>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<Arc<Playable>> {
        let known = self.lock();
        let (read, playable) = known.as_ref()?;
        let life = if playable.growing { GROWING } else { READY };
        (read.elapsed() < life).then(|| playable.clone())
    }

    /// When it was read and how many segments it holds, if anything was.
    fn weight(&self) -> Option<(Instant, usize)> {
        self.lock().as_ref().map(|(read, playable)| (*read, playable.weight()))
    }
}

impl Catalogue {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Entry>>> {
        // Each call leaves the map whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, id: Uuid) -> Arc<Entry> {
        self.lock().entry(id).or_default().clone()
    }

    /// The video, if it was read lately.
    fn fresh(&self, id: Uuid) -> Option<Arc<Playable>> {
        self.lock().get(&id)?.fresh()
    }

    /// The video as it is known, or as `load` reads it: one at a time for each video, whoever waits
    /// takes what the first one has read.
    async fn of<E>(
        &self,
        id: Uuid,
        load: impl Future<Output = Result<Playable, E>>,
    ) -> Result<Arc<Playable>, E> {
        let entry = self.entry(id);
        if let Some(known) = entry.fresh() {
            return Ok(known);
        }
        let _loading = entry.loading.lock().await;
        if let Some(known) = entry.fresh() {
            return Ok(known);
        }
        let loaded = load.await.map(Arc::new);
        if let Ok(playable) = &loaded {
            *entry.lock() = Some((Instant::now(), playable.clone()));
        }
        self.tidy(MOST_SEGMENTS);
        loaded
    }

    /// Lets go of what is too old to be believed and is read by nobody, then of the oldest until at
    /// most `most` segments are left.
    fn tidy(&self, most: usize) {
        let mut known = self.lock();
        // Somebody who waits for an entry holds it.
        known.retain(|_, entry| {
            Arc::strong_count(entry) > 1
                || entry.weight().is_some_and(|(read, _)| read.elapsed() < READY)
        });
        let mut weights: Vec<(Instant, usize, Uuid)> = known
            .iter()
            .filter_map(|(id, entry)| entry.weight().map(|(read, weight)| (read, weight, *id)))
            .collect();
        weights.sort_unstable();
        let mut total: usize = weights.iter().map(|(_, weight, _)| weight).sum();
        for (_, weight, id) in weights {
            if total <= most {
                break;
            }
            known.remove(&id);
            total -= weight;
        }
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
    if let Some(known) = app.video.catalogue.fresh(id) {
        return Ok(known);
    }
    // Boxed: whoever finds it known does not carry the queries about.
    let load = async {
        let mut conn = app.db.conn().await?;
        read(&mut conn, id).await
    };
    Box::pin(app.video.catalogue.of(id, load)).await
}

async fn read(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Playable, Problem> {
    let video = videos::find(conn, id)
        .await?
        .filter(|video| video.watchable)
        .ok_or_else(Problem::not_found)?;
    let renditions = segments::renditions(conn, &[id]).await?;
    let segments = segments::of_video(conn, id).await?;
    let sealed = sealed_keys::of_run(conn, id, video.generation).await?;
    let growing = video.state != VideoState::Ready.as_str();
    let renditions = renditions
        .into_iter()
        .filter_map(|rendition| PlayableRendition::of(rendition, &segments))
        .filter(|rendition| rendition.complete || rendition.segments.len() >= ENOUGH)
        .collect();
    let details = store::details::find(conn, &[id]).await?.pop().map(Details::from);
    let captions = store::details::captions(conn, id).await?;
    Ok(Playable {
        generation: video.generation,
        growing,
        target_duration_s: u32::try_from(video.target_duration_s.unwrap_or(0)).unwrap_or(0),
        poster_key: video.poster_key,
        details: details.unwrap_or_default(),
        captions,
        duration_ms: video.duration_ms,
        renditions,
        sealed: sealed.into_iter().map(|row| (row.epoch, row.sealed)).collect(),
        opener: Opener::default(),
        written: Mutex::default(),
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
            listed: row.listed,
            name: row.name,
            segments: Vec::new(),
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
        }
        mine.segments.shrink_to_fit();
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

    /// The playlist called `name`, written by `write` the first time.
    fn written(
        &self,
        name: &str,
        event: bool,
        write: impl FnOnce() -> Option<String>,
    ) -> Option<Written> {
        let known = || self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (name.to_owned(), event);
        if let Some(written) = known().get(&name) {
            return Some(written.clone());
        }
        // Outside the lock: packing takes its time.
        let written = Written::of(write()?);
        known().insert(name, written.clone());
        Some(written)
    }

    /// The multivariant playlist.
    pub fn master(&self) -> Written {
        // No rendition has an empty name.
        self.written("", false, || Some(self.write_master()))
            .unwrap_or_else(|| Written::of(String::new()))
    }

    fn write_master(&self) -> String {
        let listed = self.renditions.iter().filter(|r| !r.is_audio && r.listed);
        let video = listed.map(|r| VideoTrack {
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
        MasterPlaylist { video: video.collect(), audio, subtitles: self.subtitles() }.render()
    }

    /// A media playlist. `event` when the session began while it grew: the type of a playlist must
    /// not change under one address.
    pub fn media(&self, name: &str, is_audio: bool, event: bool) -> Option<Written> {
        let rendition = self.rendition(name, is_audio)?;
        let event = event || !rendition.complete;
        self.written(name, event, || Some(self.playlist(rendition, event).render()))
    }

    /// The same for one viewer, with segments at the addresses that `place` gives: not kept, for they are
    /// signed anew each time.
    pub fn media_at(
        &self,
        name: &str,
        is_audio: bool,
        event: bool,
        place: impl Fn(&str) -> String,
    ) -> Option<Written> {
        let rendition = self.rendition(name, is_audio)?;
        let event = event || !rendition.complete;
        Some(Written::of(self.playlist(rendition, event).render_at(place)))
    }

    fn playlist<'a>(&self, rendition: &'a PlayableRendition, event: bool) -> MediaPlaylist<'a> {
        MediaPlaylist {
            rendition: &rendition.name,
            target_duration_s: self.target_duration_s,
            segments: &rendition.segments,
            ended: rendition.complete,
            event,
        }
    }

    /// The key of `video` with this number, opened; nothing if there is none.
    pub fn key(
        &self,
        masters: &VersionedKeys,
        video: Uuid,
        epoch: u32,
    ) -> Option<Result<SegmentKey, KeyError>> {
        let epoch = i32::try_from(epoch).ok().filter(|_| self.has_epoch(epoch))?;
        let sealed = self.sealed.get(&epoch)?;
        let place = KeyPlace { video, generation: self.generation, epoch };
        Some(keys::open_by(&self.opener, masters, place, sealed))
    }

    /// Where a sheet of the storyboard lies, of the video `id`.
    pub fn sheet(&self, id: Uuid, sheet: u32) -> Option<String> {
        let board = self.details.storyboard?;
        let file = sheet_file(sheet);
        (sheet < board.sheets()).then(|| paths::made(id, self.generation, &file))
    }

    /// Bytes that so many seconds of a rendition come to, with the sound that belongs to it.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "an estimate, of seconds that went by"
    )]
    pub fn bytes_of(&self, name: &str, seconds: f64) -> i64 {
        let wanted = |r: &&PlayableRendition| r.name == name || r.is_audio;
        let rate: u64 = self.renditions.iter().filter(wanted).map(|r| r.bitrate().average).sum();
        (rate as f64 / 8.0 * seconds.max(0.0)) as i64
    }

    /// The names of its renditions.
    pub fn names(&self) -> Vec<&str> {
        self.renditions.iter().map(|rendition| rendition.name.as_str()).collect()
    }

    /// Captions in a language, if there are any.
    pub fn captions(&self, language: &str) -> Option<&CaptionsRow> {
        self.captions.iter().find(|captions| captions.language == language)
    }

    /// Captions as playlists name them: no two under one label. Native players want the lengths of
    /// all playlists to agree, so there are none while the video grows.
    fn subtitles(&self) -> Vec<SubtitleTrack> {
        let mut tracks: Vec<SubtitleTrack> = Vec::new();
        for row in self.captions.iter().filter(|_| !self.growing) {
            let language = row.language.clone();
            let taken = tracks.iter().any(|track| track.label == row.label);
            let label =
                if taken { format!("{} ({language})", row.label) } else { row.label.clone() };
            tracks.push(SubtitleTrack { language, label });
        }
        tracks
    }

    /// The playlist of captions: one piece as long as the video.
    pub fn captions_playlist(&self, language: &str) -> Option<Written> {
        let duration_ms = u64::try_from(self.duration_ms?).ok()?;
        let tracks = self.subtitles();
        let track = tracks.iter().find(|track| track.language == language)?;
        Some(Written::of(track.playlist(duration_ms.saturating_mul(1000))))
    }

    /// Where an initialisation segment lies.
    pub fn init_key(&self, name: &str) -> Option<&str> {
        self.any(name).map(|rendition| rendition.init_key.as_str())
    }

    /// Where a segment of the video `id` lies, and its length. The place follows from its number: the
    /// book takes files of no other name.
    pub fn segment(&self, id: Uuid, name: &str, seq: u32) -> Option<(String, u64)> {
        let segment = self.any(name)?.segments.get(usize::try_from(seq).ok()?)?;
        let file = segment_file(name, seq);
        Some((paths::made(id, self.generation, &file), segment.bytes))
    }

    /// Segments that it holds, and one for itself.
    fn weight(&self) -> usize {
        self.renditions.iter().map(|rendition| rendition.segments.len()).sum::<usize>() + 1
    }

    /// Whether a key of that number is in use.
    fn has_epoch(&self, epoch: u32) -> bool {
        self.renditions.iter().any(|r| r.segments.iter().any(|s| s.epoch == epoch))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    fn video(segments: u32) -> Playable {
        let segment = |seq| Segment { seq, duration_us: 1, bytes: 1, epoch: 0, iv: Iv([0; 16]) };
        Playable {
            generation: 3,
            growing: false,
            target_duration_s: 4,
            poster_key: None,
            sealed: HashMap::new(),
            opener: Opener::default(),
            written: Mutex::default(),
            details: Details::default(),
            captions: Vec::new(),
            duration_ms: Some(1),
            renditions: vec![PlayableRendition {
                name: "360p".into(),
                is_audio: false,
                width: 640,
                height: 360,
                frame_rate: FrameRate::new(25, 1),
                channels: 0,
                codecs: "avc1".into(),
                init_key: "init".into(),
                complete: true,
                listed: true,
                segments: (0..segments).map(segment).collect(),
            }],
        }
    }

    /// MED-12: many players of one video at once cost one query.
    #[tokio::test]
    async fn a_video_is_read_once_however_many_ask_at_the_same_time() {
        let (catalogue, reads) = (Catalogue::default(), AtomicUsize::new(0));
        let id = Uuid::now_v7();
        let load = || async {
            reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, ()>(video(2))
        };
        let all = join_all((0..50).map(|_| catalogue.of(id, load()))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        catalogue.forget(id);
        catalogue.of(id, load()).await.unwrap();
        assert_eq!(reads.load(Ordering::SeqCst), 2);
        // What could not be read is asked for again.
        let other = Uuid::now_v7();
        catalogue.of(other, async { Err::<Playable, _>(()) }).await.unwrap_err();
        catalogue.of(other, load()).await.unwrap();
    }

    #[tokio::test]
    async fn the_oldest_go_when_there_are_too_many_segments() {
        let catalogue = Catalogue::default();
        let ids: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
        for id in &ids {
            catalogue.of(*id, async { Ok::<_, ()>(video(9)) }).await.unwrap();
        }
        catalogue.tidy(25);
        let kept: Vec<bool> = ids.iter().map(|id| catalogue.lock().contains_key(id)).collect();
        assert_eq!(kept, [false, false, true, true]);
    }

    #[test]
    fn a_segment_lies_where_the_book_has_put_it() {
        let id = Uuid::now_v7();
        let place = (paths::made(id, 3, &segment_file("360p", 1)), 1);
        assert_eq!(video(2).segment(id, "360p", 1), Some(place));
        assert_eq!(video(2).segment(id, "360p", 2), None);
    }
}
