//! What a lesson is made of beside its text: video, files; and the course's trailer.
//! Hears from the video context how far each video has come.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::content_state::{self, ContentEvent};
use super::edit::lock_editable;
use super::events::note_update;
use super::model::{ContentState, FileRow, Lesson, LessonKind};
use super::programme::{changed, changed_for, lock_lesson};
use super::store;
use crate::app::App;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::JobError;
use crate::video::{self, VideoState, VideoView};

/// Most files on a lesson.
const MAX_FILES: usize = 50;

/// Makes the upload the lesson's video; the lesson is submitted with it (CRS-18). The same upload
/// again changes nothing.
pub async fn set_video(
    app: &App,
    author: &Principal,
    lesson: &Lesson,
    upload_id: Uuid,
) -> Result<(), Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, lesson) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            if lesson.kind != LessonKind::Video {
                return Err(Problem::new(Code::LessonState)
                    .detail("This is a text lesson: it carries no video."));
            }
            if let Some(current) = lesson.video_id
                && shows_upload(conn, app, current, upload_id).await?
            {
                return Ok(());
            }
            let video_id =
                video::attach(conn, app, upload_id, author_id, video::Form::Lesson).await?;
            let state = content_state::after(lesson.kind, lesson.state, ContentEvent::Submitted)
                .unwrap_or(lesson.state);
            let now = app.clock.now();
            store::outline::set_content(conn, lesson_id, Some(video_id), state, 0, now).await?;
            if let Some(old) = lesson.video_id {
                video::remove(conn, app, old).await?;
            }
            changed_for(conn, app, &course, true).await
        })
        .await
}

/// Takes the video off the lesson; it is a draft again.
pub async fn remove_video(app: &App, author: &Principal, lesson: &Lesson) -> Result<(), Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, lesson) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            let Some(video_id) = lesson.video_id else { return Ok(()) };
            let now = app.clock.now();
            let drafted = ContentState::Drafted;
            store::outline::set_content(conn, lesson_id, None, drafted, 0, now).await?;
            video::remove(conn, app, video_id).await?;
            changed_for(conn, app, &course, true).await
        })
        .await
}

/// Makes the upload the course's trailer (MED-13).
pub async fn set_trailer(
    app: &App,
    author: &Principal,
    course_id: Uuid,
    upload_id: Uuid,
) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            if let Some(current) = course.trailer_video_id
                && shows_upload(conn, app, current, upload_id).await?
            {
                return Ok(());
            }
            let video_id =
                video::attach(conn, app, upload_id, author_id, video::Form::Trailer).await?;
            let now = app.clock.now();
            store::course::set_trailer(conn, course_id, Some(video_id), None, now).await?;
            if let Some(old) = course.trailer_video_id {
                video::remove(conn, app, old).await?;
            }
            note_update(conn, app, course_id, course.state).await
        })
        .await
}

/// Takes the trailer off the course.
pub async fn remove_trailer(app: &App, author: &Principal, course_id: Uuid) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_editable(conn, course_id, author_id).await?;
            let Some(video_id) = course.trailer_video_id else { return Ok(()) };
            store::course::set_trailer(conn, course_id, None, None, app.clock.now()).await?;
            video::remove(conn, app, video_id).await?;
            note_update(conn, app, course_id, course.state).await
        })
        .await
}

async fn shows_upload(
    conn: &mut AsyncPgConnection,
    app: &App,
    video_id: Uuid,
    upload_id: Uuid,
) -> Result<bool, Problem> {
    let views = video::views(conn, app, &[video_id]).await?;
    Ok(views.get(&video_id).is_some_and(|view| view.upload_id == upload_id))
}

/// Adds the uploaded file to the lesson (CRS-21).
pub async fn add_file(
    app: &App,
    author: &Principal,
    lesson: &Lesson,
    upload_id: Uuid,
) -> Result<FileRow, Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<FileRow, Problem> {
            let (course, _) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            if store::outline::files_of(conn, &[lesson_id]).await?.len() >= MAX_FILES {
                return Err(Problem::new(Code::QuotaExceeded)
                    .detail("There is room for 50 files on a lesson."));
            }
            let stored = video::take_file(conn, app, upload_id, author_id).await?;
            let row = FileRow {
                id: app.id(),
                lesson_id,
                file_id: stored.id,
                name: stored.name,
                size: stored.size,
                content_type: stored.content_type,
                active_content: stored.active_content,
                downloadable: stored.downloadable,
            };
            store::outline::insert_file(conn, &row, app.clock.now()).await?;
            changed(conn, app, &course).await?;
            Ok(row)
        })
        .await
}

/// Lets learners keep copies of the file, or only look at it (MED-15).
pub async fn set_downloadable(
    app: &App,
    author: &Principal,
    lesson: &Lesson,
    mut file: FileRow,
    downloadable: bool,
) -> Result<FileRow, Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    let (id, file_id) = (file.id, file.file_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, _) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            store::outline::set_downloadable(conn, id, downloadable).await?;
            video::set_downloadable(conn, file_id, downloadable).await?;
            changed(conn, app, &course).await
        })
        .await?;
    file.downloadable = downloadable;
    Ok(file)
}

/// Takes a file off its lesson.
pub async fn remove_file(
    app: &App,
    author: &Principal,
    lesson: &Lesson,
    file: &FileRow,
) -> Result<(), Problem> {
    let (course_id, lesson_id, author_id) = (lesson.course_id, lesson.id, author.user_id);
    let (id, file_id) = (file.id, file.file_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, _) = lock_lesson(conn, course_id, lesson_id, author_id).await?;
            store::outline::delete_file(conn, id).await?;
            video::remove_file(conn, app, file_id).await?;
            changed(conn, app, &course).await
        })
        .await
}

/// Hears that something became of a video: moves the lessons that show it, keeps durations. What the
/// fact says is not believed, only that there is something to see: facts come twice, late, in another
/// order, or for a video that nobody shows any more.
pub async fn video_moved(
    app: &App,
    video_id: Uuid,
    told: ContentEvent,
    duration_ms: Option<i64>,
) -> Result<(), JobError> {
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            if told != ContentEvent::Failed {
                store::course::set_trailer_duration(conn, video_id, duration_ms).await?;
            }
            for lesson in store::outline::lessons_with_video(conn, video_id).await? {
                let Some(course) = store::course::lock(conn, lesson.course_id).await? else {
                    continue;
                };
                // Under the lock: the author may have put another video in its place.
                let lesson = store::outline::head(conn, lesson.id).await?;
                let Some(lesson) = lesson.filter(|now| now.video_id == Some(video_id)) else {
                    continue;
                };
                // Under the lock too: of two facts that are heard at once, the later sees the truth.
                let views = video::views(conn, app, &[video_id]).await?;
                let event = views.get(&video_id).and_then(|video| standing(video, told));
                let Some(event) = event else { continue };
                let next = content_state::after(lesson.kind, lesson.state, event);
                let state = next.unwrap_or(lesson.state);
                let duration = duration_ms.unwrap_or(lesson.duration_ms);
                if state == lesson.state && duration == lesson.duration_ms {
                    continue;
                }
                let now = app.clock.now();
                let video = Some(video_id);
                store::outline::set_content(conn, lesson.id, video, state, duration, now).await?;
                changed_for(conn, app, &course, state != lesson.state).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// What a lesson makes of where its video stands now.
fn standing(video: &VideoView, told: ContentEvent) -> Option<ContentEvent> {
    match video.state {
        VideoState::Ready => Some(ContentEvent::Processed),
        VideoState::Failed | VideoState::Cancelled => Some(ContentEvent::Failed),
        _ if video.watchable => Some(ContentEvent::Watchable),
        // It failed, and is being made again by now.
        _ if told == ContentEvent::Failed => Some(ContentEvent::Submitted),
        _ => None,
    }
}
