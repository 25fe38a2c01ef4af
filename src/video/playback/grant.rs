//! Grants, renews and ends playback. Whether somebody may watch is decided above (learning knows
//! enrollment); here it becomes a session, a token and an address.

use diesel_async::AsyncPgConnection;
use media::token::{PlaybackClaims, PlaybackFlags};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::catalogue::{self, Playable};
use super::rules::{self, reason};
use super::sessions;
use crate::app::App;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::video::details::Board;
use crate::video::model::{PlaybackSession, Video, VideoKind};
use crate::video::state::VideoState;
use crate::video::store::sessions::{self as store, Whose};
use crate::video::store::videos;
use crate::video::views::{Chapter, seconds};

/// Who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The person.
    pub user_id: Uuid,
    /// Their sign-in: playback ends with it.
    pub sign_in_id: Uuid,
}

impl From<&Principal> for Viewer {
    fn from(who: &Principal) -> Self {
        Self { user_id: who.user_id, sign_in_id: who.session_id }
    }
}

/// What is to be granted. The caller has checked that the viewer may.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Who; nobody for a stranger, who gets previews only.
    pub viewer: Option<Viewer>,
    /// The video.
    pub video_id: Uuid,
    /// The lesson that it stands in, if it does.
    pub lesson_id: Option<Uuid>,
    /// A trailer or a free lesson: strangers may watch, and no stream limit counts.
    pub preview: bool,
    /// The session of the same player that this one will take the place of: going on to the next lesson
    /// is no second stream. Both live until the new one is really watched.
    pub replaces: Option<Uuid>,
    /// The client's network, by which strangers are limited
    /// ([`crate::platform::http::ClientAddress::limit_key`]).
    pub network: String,
}

/// A playback under way, as the player needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Playback {
    /// The session: `/api/v1/playback/{session}/heartbeat` renews it.
    pub session: Uuid,
    /// The multivariant playlist. Every address under it is relative, so the token goes along.
    pub master_url: String,
    /// Seconds until the token in the addresses runs out; renew before.
    pub expires_in: u32,
    /// A still picture.
    pub poster_url: Option<String>,
    /// Length in seconds, if it is known.
    pub duration_s: Option<f64>,
    /// The video is still being made: its playlists grow.
    pub growing: bool,
    /// What the player shows above the picture, in changing places.
    pub watermark: Option<String>,
    /// A video, or something to listen to.
    pub kind: VideoKind,
    /// Captions to choose from.
    pub captions: Vec<CaptionsTrack>,
    /// Its chapters, in order.
    pub chapters: Vec<Chapter>,
    /// Small pictures for the seek bar; null while there are none.
    #[schema(required)]
    pub storyboard: Option<Storyboard>,
}

/// Captions in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaptionsTrack {
    /// The language (BCP 47).
    pub language: String,
    /// What people choose them by.
    pub label: String,
    /// The text, WebVTT.
    pub url: String,
}

/// Small pictures of the video, in order of time: tiles row by row on each sheet, sheet after sheet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Storyboard {
    /// The sheets, JPEG.
    pub urls: Vec<String>,
    /// Width of a tile in pixels.
    pub tile_width: u32,
    /// Height of a tile in pixels.
    pub tile_height: u32,
    /// Tiles in a row.
    pub columns: u32,
    /// Rows in a sheet.
    pub rows: u32,
    /// From one tile to the next, in seconds; the first is from the beginning.
    pub interval_s: f64,
    /// Tiles in all.
    pub count: u32,
}

/// Grants playback: a session that lives as long as heartbeats come, and a token.
///
/// # Errors
/// `not_found`, `video_not_ready`, `rate_limited`, `forbidden` for a stranger who asks for more
/// than a preview.
pub async fn grant_playback(app: &App, grant: Grant) -> Result<Playback, Problem> {
    let outcome = granted(app, grant).await;
    let label = match &outcome {
        Ok(_) => "granted",
        Err(problem) => problem.code().name(),
    };
    app.metrics.playback_grants.with_label_values(&[label]).inc();
    outcome
}

/// Sessions that ended, and why.
type Gone = Vec<(Vec<Uuid>, &'static str)>;

async fn granted(app: &App, grant: Grant) -> Result<Playback, Problem> {
    let now = app.clock.now();
    if grant.viewer.is_none() && !grant.preview {
        return Err(Problem::new(Code::Forbidden));
    }
    let key = grant.viewer.map_or(grant.network, |viewer| viewer.user_id.to_string());
    app.limits.check(&rules::GRANTS, &key, now)?;
    let life = lifetime(app);
    let video_id = grant.video_id;
    let (id, viewer) = (app.id(), grant.viewer);
    let most = app.config.media.max_streams_per_user;
    let (video, session, ended) = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<(Video, PlaybackSession, Gone), Problem> {
                let video = videos::find(conn, video_id).await?.ok_or_else(Problem::not_found)?;
                if !video.watchable {
                    return Err(not_ready(&video));
                }
                let mut ended = Gone::new();
                let mut replaces = None;
                if let Some(viewer) = viewer.filter(|_| !grant.preview) {
                    store::lock_viewer(conn, viewer.user_id).await?;
                    let live = store::live_of_user(conn, viewer.user_id, now).await?;
                    // Only this sign-in's own.
                    replaces = grant.replaces.filter(|id| {
                        let sign_in = Some(viewer.sign_in_id);
                        live.iter().any(|session| session.id == *id && session.sign_in == sign_in)
                    });
                    let leaving = rules::leaving(&live, replaces, most);
                    for (ids, why) in
                        [(leaving.too_many, reason::TOO_MANY), (leaving.unused, reason::CLOSED)]
                    {
                        ended.push((store::end(conn, Whose::These(ids), why, now).await?, why));
                    }
                }
                let session = PlaybackSession {
                    id,
                    video_id,
                    lesson_id: grant.lesson_id,
                    user_id: viewer.map(|viewer| viewer.user_id),
                    sign_in_id: viewer.map(|viewer| viewer.sign_in_id),
                    preview: grant.preview,
                    growing: video.state != VideoState::Ready.as_str(),
                    position_s: None,
                    created_at: now,
                    seen_at: now,
                    expires_at: now + life,
                    ended_at: None,
                    end_reason: None,
                    replaces,
                };
                store::insert(conn, &session).await?;
                Ok((video, session, ended))
            },
        )
        .await?;
    for (ids, why) in ended {
        sessions::over(app, &ids, why);
    }
    app.video.sessions.know(session.clone());
    // The player asks for its playlists next: reading them now costs nothing more.
    let playable = catalogue::playable(app, video_id).await?;
    Ok(playback(app, &video, &session, &playable))
}

fn not_ready(video: &Video) -> Problem {
    let problem = Problem::new(Code::VideoNotReady);
    match VideoState::parse(&video.state) {
        Some(VideoState::Failed | VideoState::Cancelled) => {
            problem.detail("The video could not be prepared. The author has to act.")
        }
        _ => problem.retry_after(10),
    }
}

/// Seconds that a token and a session live without a heartbeat.
fn lifetime(app: &App) -> chrono::TimeDelta {
    chrono::TimeDelta::seconds(i64::from(app.config.media.playback_token_seconds))
}

fn playback(app: &App, video: &Video, session: &PlaybackSession, playable: &Playable) -> Playback {
    let expires_at = u32::try_from(session.expires_at.timestamp()).unwrap_or(u32::MAX);
    let claims = PlaybackClaims {
        expires_at,
        video_id: video.id,
        user_id: session.user_id.unwrap_or_default(),
        session_id: session.id,
        flags: PlaybackFlags { preview: session.preview, ..PlaybackFlags::default() },
        watermark: 0,
    };
    let base = format!("/m/{}/{}", claims.sign(&app.video.playback_keys), video.id);
    // Enough of the id for staff to find the person by, and nothing that names them to others.
    let watermark = session.user_id.filter(|_| !session.preview).map(|user| {
        let id = user.simple().to_string();
        id.get(20..).unwrap_or_default().to_uppercase()
    });
    Playback {
        session: session.id,
        master_url: format!("{base}/master.m3u8"),
        expires_in: app.config.media.playback_token_seconds,
        poster_url: video.poster_key.as_ref().map(|_| format!("{base}/poster.jpg")),
        duration_s: video.duration_ms.map(seconds),
        growing: session.growing,
        watermark,
        kind: playable.details.kind(),
        captions: playable
            .captions
            .iter()
            .map(|track| CaptionsTrack {
                language: track.language.clone(),
                label: track.label.clone(),
                url: format!("{base}/s/{}.vtt", track.language),
            })
            .collect(),
        chapters: playable.details.chapters.iter().map(Chapter::from).collect(),
        storyboard: playable.details.storyboard.map(|board| storyboard(&base, &board)),
    }
}

fn storyboard(base: &str, board: &Board) -> Storyboard {
    Storyboard {
        urls: (0..board.sheets()).map(|sheet| format!("{base}/t/{sheet}.jpg")).collect(),
        tile_width: board.tile_width,
        tile_height: board.tile_height,
        columns: board.columns,
        rows: board.rows,
        interval_s: seconds(i64::try_from(board.interval_ms).unwrap_or(i64::MAX)),
        count: board.count,
    }
}

/// Renews a session; the caller has proved that it is theirs.
///
/// # Errors
/// `playback_ended`, `playback_replaced`, `not_found` when the video is gone.
pub(super) async fn renew(
    app: &App,
    session: Uuid,
    position_s: Option<f32>,
) -> Result<Playback, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let renewed = store::renew(&mut conn, session, position_s, now, now + lifetime(app)).await?;
    let Some(session) = renewed else {
        drop(conn);
        // Says why.
        sessions::asked(app, session).await?;
        return Err(Problem::new(Code::PlaybackEnded));
    };
    let video = videos::find(&mut conn, session.video_id).await?.ok_or_else(Problem::not_found)?;
    drop(conn);
    let session = take_place(app, session).await?;
    app.video.sessions.know(session.clone());
    let playable = catalogue::playable(app, video.id).await?;
    Ok(playback(app, &video, &session, &playable))
}

/// The session is really watched: the one whose place it takes ends, and whatever that one was to
/// replace.
///
/// # Errors
/// Those of the database.
pub(super) async fn take_place(
    app: &App,
    mut session: PlaybackSession,
) -> Result<PlaybackSession, Problem> {
    let now = app.clock.now();
    let Some(mut before) = session.replaces.take() else { return Ok(session) };
    let mut conn = app.db.conn().await?;
    // A player goes on one lesson at a time.
    for _ in 0..16 {
        let earlier = store::find(&mut conn, before).await?.and_then(|earlier| earlier.replaces);
        let ended = store::end(&mut conn, Whose::These(vec![before]), reason::CLOSED, now).await?;
        sessions::over(app, &ended, reason::CLOSED);
        match earlier {
            Some(earlier) => before = earlier,
            None => break,
        }
    }
    store::settle_in(&mut conn, session.id).await?;
    drop(conn);
    app.video.sessions.know(session.clone());
    Ok(session)
}

/// Whose playback ends, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The player closed this session.
    Closed(Uuid),
    /// This sign-in ended.
    SignIn(Uuid),
    /// This person was banned or suspended.
    Blocked(Uuid),
    /// This person may not watch these videos any more (refund, end of access).
    AccessLost {
        /// Who.
        user_id: Uuid,
        /// What.
        videos: Vec<Uuid>,
    },
    /// These videos are not open to learners any more, or not yet again: their topic opens later.
    TopicClosed {
        /// What.
        videos: Vec<Uuid>,
        /// Who may go on: the author and the staff.
        inside: Vec<Uuid>,
    },
    /// These videos are not open to everybody any more (a lesson no longer free, a course taken back).
    PreviewsClosed(Vec<Uuid>),
}

/// Ends playback: on this node at once, on others as soon as they are told; where no word arrives, keys
/// within a second and segments within five. Says how many sessions ended.
///
/// # Errors
/// Those of the database.
pub async fn end_playback(app: &App, ended: Ended) -> Result<usize, Problem> {
    let (whose, why) = match ended {
        Ended::Closed(session) => (Whose::These(vec![session]), reason::CLOSED),
        Ended::SignIn(sign_in) => (Whose::SignIn(sign_in), reason::SIGNED_OUT),
        Ended::Blocked(user) => (Whose::User(user), reason::BLOCKED),
        Ended::PreviewsClosed(videos) => (Whose::Previews(videos), reason::ACCESS_LOST),
        Ended::TopicClosed { videos, inside } => {
            (Whose::AllBut(inside, videos), reason::TOPIC_CLOSED)
        }
        Ended::AccessLost { user_id, videos } => {
            (Whose::UserInVideos(user_id, videos), reason::ACCESS_LOST)
        }
    };
    let mut conn = app.db.conn().await?;
    let ids = store::end(&mut conn, whose, why, app.clock.now()).await?;
    drop(conn);
    sessions::over(app, &ids, why);
    Ok(ids.len())
}

/// A video was taken off: its sessions ended with it, in a transaction that could tell nobody yet.
///
/// # Errors
/// Those of the database.
pub(in crate::video) async fn tell_removed(app: &App, video: Uuid) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    // What was granted in the same moment, too.
    store::end(&mut conn, Whose::Video(video), reason::REMOVED, now).await?;
    let ids = store::cut_short(&mut conn, video, reason::REMOVED, now).await?;
    drop(conn);
    sessions::over(app, &ids, reason::REMOVED);
    Ok(())
}
