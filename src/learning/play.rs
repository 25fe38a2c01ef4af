//! Lets somebody watch: who may is decided here, how is the video context's.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::access::{CanReadLesson, Ground};
use super::events::EnrollmentEnded;
use super::views::{FileLink, PlaybackAt};
use super::{access, outline, progress};
use crate::app::App;
use crate::courses;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::JobError;
use crate::video::{self, Ended, Grant, Playback, Viewer};

/// Grants the lesson's video, from where the reader left it on whatever device (LRN-03).
pub async fn lesson(
    app: &App,
    proof: &CanReadLesson,
    replaces: Option<Uuid>,
    network: String,
) -> Result<PlaybackAt, Problem> {
    let face = proof.lesson();
    let video_id = face.video_id.filter(|_| face.is_ready);
    let video_id = video_id.ok_or_else(|| Problem::new(Code::VideoNotReady))?;
    let mut conn = app.db.conn().await?;
    let row = progress::open(&mut conn, proof, app.clock.now()).await?;
    drop(conn);
    let grant = Grant {
        viewer: proof.reader().map(Viewer::from),
        video_id,
        lesson_id: Some(face.id),
        preview: proof.ground() == Ground::FreePreview,
        replaces,
        network,
    };
    let playback = video::grant_playback(app, grant).await?;
    let position_ms = row.map(|row| row.position_ms);
    Ok(PlaybackAt { playback, position_s: outline::resume_s(face.duration_ms, position_ms) })
}

/// Grants a course's trailer to anybody (MED-13).
///
/// # Errors
/// `not_found` when the course cannot be seen or has no trailer that can be watched.
pub async fn trailer(
    app: &App,
    viewer: Option<&Principal>,
    course_id: Uuid,
    network: String,
) -> Result<Playback, Problem> {
    let mut conn = app.db.conn().await?;
    courses::visible_course(&mut conn, course_id, viewer).await?;
    let course = courses::course_face(&mut conn, course_id).await?;
    drop(conn);
    let video_id = course.and_then(|course| course.trailer).ok_or_else(Problem::not_found)?;
    let viewer = viewer.map(Viewer::from);
    let grant = Grant { viewer, video_id, lesson_id: None, preview: true, replaces: None, network };
    video::grant_playback(app, grant).await
}

/// A link to a lesson's file, for those who may take the lesson: to download it or, when its author does
/// not want that, to look at it in the page (MED-15).
pub async fn file_link(app: &App, who: &Principal, file_id: Uuid) -> Result<FileLink, Problem> {
    let mut conn = app.db.conn().await?;
    let file = courses::file_of(&mut conn, file_id).await?.ok_or_else(Problem::not_found)?;
    let now = app.clock.now();
    access::may_learn(&mut conn, Some(who), file.lesson_id, now).await?;
    let stored = video::stored_files(&mut conn, &[file.file_id]).await?.pop();
    let stored = stored.ok_or_else(Problem::not_found)?;
    if !stored.is_given_to(who.user_id) {
        return Err(Problem::new(Code::Forbidden)
            .detail("The author keeps this file, and it cannot be shown in a page."));
    }
    let (url, expires_in) = video::file_url(app, &stored, who.user_id);
    Ok(FileLink { url, expires_in, inline: stored.is_shown_to(who.user_id) })
}

/// Access ended: what is being watched of the course stops.
pub async fn stop(app: &App, ended: EnrollmentEnded) -> Result<(), JobError> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let (user_id, course_id) = (ended.user_id, ended.course_id);
    if access::is_enrolled(conn, user_id, course_id, app.clock.now()).await? {
        // Joined again since.
        return Ok(());
    }
    let outline = courses::outline(conn, course_id).await?;
    drop(held);
    let lessons = outline.iter().flat_map(|module| &module.lessons);
    let videos = lessons.filter_map(|lesson| lesson.video_id).collect();
    // One statement, however many lessons: nothing is watched on while the first ones end.
    video::end_playback(app, Ended::AccessLost { user_id, videos }).await?;
    Ok(())
}

/// A course was changed: what learners watch of topics that open later now stops. Who teaches the course or
/// looks after it watches on.
pub async fn close_topics(app: &App, course_id: Uuid) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let outline = courses::outline(conn, course_id).await?;
    let closed = outline.iter().filter(|topic| topic.opens_at.is_some_and(|opens| now < opens));
    let lessons = closed.flat_map(|topic| &topic.lessons);
    let videos: Vec<Uuid> = lessons.filter_map(|lesson| lesson.video_id).collect();
    if videos.is_empty() {
        return Ok(());
    }
    let mut inside = courses::overseers(app, conn, course_id, now).await?;
    inside.extend(courses::owner_of(conn, course_id).await?);
    drop(held);
    video::end_playback(app, Ended::TopicClosed { videos, inside }).await?;
    Ok(())
}

/// A course was changed: previews that are not open to everybody any more stop.
pub async fn close_previews(app: &App, course_id: Uuid) -> Result<(), JobError> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let Some(course) = courses::course_face(conn, course_id).await? else { return Ok(()) };
    let outline = courses::outline(conn, course_id).await?;
    drop(held);
    let lessons = outline.iter().flat_map(|module| &module.lessons);
    let lessons = lessons.map(|lesson| (lesson.video_id, lesson.free_preview));
    let closed: Vec<_> = lessons
        .chain([(course.trailer, true)])
        .filter(|(_, free)| !(*free && course.is_public()))
        .filter_map(|(video_id, _)| video_id)
        .collect();
    // One statement, however many lessons: every autosave of a course comes by here.
    video::end_playback(app, Ended::PreviewsClosed(closed)).await?;
    Ok(())
}
