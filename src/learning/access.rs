//! Who may take a lesson. Everything that shows a lesson's content asks for a [`CanReadLesson`],
//! which only this file can make.

use std::collections::HashSet;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use diesel_async::AsyncPgConnection;
use futures::future::LocalBoxFuture;
use kernel::Timestamp;
use uuid::Uuid;

use super::model::EnrollmentRow;
use super::store;
use crate::app::App;
use crate::courses::{self, CourseFace, LessonFace, LessonKind, path_id};
use crate::identity::{MaybeSignedIn, Principal, SignedIn};
use crate::platform::http::{Code, Problem};

/// Why somebody may take a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Enrolled, and access has not ended.
    Enrolled,
    /// Teaches the course.
    Own,
    /// A curator of the course, a moderator or an admin.
    Staff,
    /// The lesson is open to everybody.
    FreePreview,
}

impl Ground {
    /// Whether the course is theirs to teach or to look after: nothing of it is closed to them.
    pub fn is_inside(self) -> bool {
        matches!(self, Self::Own | Self::Staff)
    }
}

/// Whether a topic is open, at `now`.
pub(super) fn is_opened(opens_at: Option<Timestamp>, now: Timestamp) -> bool {
    opens_at.is_none_or(|opens_at| opens_at <= now)
}

/// Goes on if the topic is open, else `topic_closed` with `opens_at` (LRN-18).
pub(super) fn check_opened(opens_at: Option<Timestamp>, now: Timestamp) -> Result<(), Problem> {
    match opens_at {
        Some(opens_at) if !is_opened(Some(opens_at), now) => {
            let opens_at = serde_json::to_value(opens_at).map_err(Problem::internal)?;
            Err(Problem::new(Code::TopicClosed).with("opens_at", opens_at))
        }
        _ => Ok(()),
    }
}

/// Proof that the reader may take the lesson now.
#[derive(Debug)]
pub struct CanReadLesson {
    lesson: LessonFace,
    reader: Option<Principal>,
    ground: Ground,
}

impl CanReadLesson {
    /// The lesson.
    pub fn lesson(&self) -> &LessonFace {
        &self.lesson
    }

    /// Who reads; nobody by name on a free preview.
    pub fn reader(&self) -> Option<&Principal> {
        self.reader.as_ref()
    }

    /// Why.
    pub fn ground(&self) -> Ground {
        self.ground
    }
}

/// Whether `reader` may take the lesson, at `now`.
///
/// # Errors
/// `not_found` when they may not even know of it, `not_enrolled` when it opens after enrollment,
/// `topic_closed` before its topic opens (LRN-18), `video_not_ready` when it is theirs and still being prepared.
pub async fn may_learn(
    conn: &mut AsyncPgConnection,
    reader: Option<&Principal>,
    lesson_id: Uuid,
    now: Timestamp,
) -> Result<CanReadLesson, Problem> {
    let lesson = courses::lesson_access(conn, lesson_id).await?.ok_or_else(Problem::not_found)?;
    let ground = ground(conn, reader, &lesson, now).await?;
    let sees_drafts = ground.is_inside();
    if !sees_drafts {
        check_opened(lesson.opens_at, now)?;
    }
    if !lesson.is_ready && !sees_drafts {
        let code = match lesson.kind {
            LessonKind::Video => Code::VideoNotReady,
            LessonKind::Text => Code::LessonState,
        };
        return Err(Problem::new(code));
    }
    Ok(CanReadLesson { lesson, reader: reader.cloned(), ground })
}

async fn ground(
    conn: &mut AsyncPgConnection,
    reader: Option<&Principal>,
    lesson: &LessonFace,
    now: Timestamp,
) -> Result<Ground, Problem> {
    let course = &lesson.course;
    if let Some(who) = reader {
        if who.user_id == course.author_id {
            return Ok(Ground::Own);
        }
        if courses::oversees(who, course.id) {
            return Ok(Ground::Staff);
        }
    }
    if !lesson.is_visible {
        return Err(Problem::not_found());
    }
    let enrollment = match reader {
        Some(who) => store::enrollment(conn, who.user_id, course.id).await?,
        None => None,
    };
    let active = enrollment.as_ref().is_some_and(|enrollment| enrollment.is_active(now));
    if active && course.is_open_to_students() {
        return Ok(Ground::Enrolled);
    }
    if course.is_public() && lesson.free_preview {
        return Ok(Ground::FreePreview);
    }
    Err(refusal(course.is_public(), enrollment.as_ref()))
}

/// What somebody hears who may not come in: that it opens after enrollment, if they may know of
/// the course at all.
fn refusal(is_public: bool, enrollment: Option<&EnrollmentRow>) -> Problem {
    match enrollment {
        Some(_) if is_public => Problem::new(Code::NotEnrolled)
            .detail("Your access to this course has ended.")
            .with("reason", "access_ended"),
        None if is_public => Problem::new(Code::NotEnrolled),
        _ => Problem::not_found(),
    }
}

/// Why somebody may be in a course, its topics and tasks, at `now`; `not_found` and `not_enrolled` as
/// with its lessons.
pub(super) async fn course_ground(
    conn: &mut AsyncPgConnection,
    reader: &Principal,
    course: &CourseFace,
    now: Timestamp,
) -> Result<Ground, Problem> {
    if reader.user_id == course.author_id {
        return Ok(Ground::Own);
    }
    if courses::oversees(reader, course.id) {
        return Ok(Ground::Staff);
    }
    let enrollment = store::enrollment(conn, reader.user_id, course.id).await?;
    let active = enrollment.as_ref().is_some_and(|enrollment| enrollment.is_active(now));
    if active && course.is_open_to_students() {
        return Ok(Ground::Enrolled);
    }
    Err(refusal(course.is_public(), enrollment.as_ref()))
}

/// Why somebody may see the programme of a course with marks.
pub async fn may_see_programme(
    conn: &mut AsyncPgConnection,
    reader: &Principal,
    course_id: Uuid,
    now: Timestamp,
) -> Result<Option<EnrollmentRow>, Problem> {
    let course = courses::course_face(conn, course_id).await?.ok_or_else(Problem::not_found)?;
    let enrollment = store::enrollment(conn, reader.user_id, course_id).await?;
    let active = enrollment.as_ref().is_some_and(|enrollment| enrollment.is_active(now));
    let inside = reader.user_id == course.author_id || courses::oversees(reader, course_id);
    if inside || (active && course.is_open_to_students()) {
        return Ok(enrollment);
    }
    Err(refusal(course.is_public(), enrollment.as_ref()))
}

/// Whether the course is theirs to teach or to look after.
pub(super) async fn is_inside(
    conn: &mut AsyncPgConnection,
    reader: &Principal,
    course_id: Uuid,
) -> Result<bool, Problem> {
    let author = courses::owner_of(conn, course_id).await?;
    Ok(author == Some(reader.user_id) || courses::oversees(reader, course_id))
}

/// Whether the person is enrolled in the course and access has not ended.
pub async fn is_enrolled(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
    now: Timestamp,
) -> Result<bool, Problem> {
    let enrollment = store::enrollment(conn, user_id, course_id).await?;
    Ok(enrollment.is_some_and(|enrollment| enrollment.is_active(now)))
}

/// Whether somebody is or was enrolled in any course.
///
/// # Errors
/// Those of the database.
pub async fn has_enrolled(conn: &mut AsyncPgConnection, user_id: Uuid) -> Result<bool, Problem> {
    Ok(store::has_enrollment(conn, user_id).await?)
}

/// Which of these people are enrolled in the course, their access not ended.
pub async fn enrolled_among(
    conn: &mut AsyncPgConnection,
    user_ids: &[Uuid],
    course_id: Uuid,
    now: Timestamp,
) -> Result<HashSet<Uuid>, Problem> {
    let passages = store::enrollments_among(conn, user_ids, course_id).await?;
    let active = passages.into_iter().filter(|passage| passage.is_active(now));
    Ok(active.map(|passage| passage.user_id).collect())
}

/// The courses in which the person is enrolled, access not ended.
pub async fn courses_of(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    now: Timestamp,
) -> Result<HashSet<Uuid>, Problem> {
    Ok(store::active_courses(conn, user_id, now).await?.into_iter().collect())
}

/// The lesson that the path names, if the caller may take it (`/lessons/{id}/…`).
#[derive(Debug)]
pub struct ReadableLesson(pub CanReadLesson);

/// The same for a caller who must be signed in: what is written is written about somebody.
#[derive(Debug)]
pub struct LearnedLesson {
    /// The proof.
    pub proof: CanReadLesson,
    /// The caller.
    pub learner: Principal,
}

impl FromRequest for ReadableLesson {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = App::of(req);
        let id = path_id(req);
        let caller = MaybeSignedIn::from_request(req, payload);
        Box::pin(async move {
            let MaybeSignedIn(reader) = caller.await?;
            let (app, id) = (app?, id?);
            let mut conn = app.db.conn().await?;
            let now = app.clock.now();
            may_learn(&mut conn, reader.as_ref(), id, now).await.map(Self)
        })
    }
}

impl FromRequest for LearnedLesson {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let readable = ReadableLesson::from_request(req, payload);
        let signed_in = SignedIn::from_request(req, payload);
        Box::pin(async move {
            let SignedIn(learner) = signed_in.await?;
            let ReadableLesson(proof) = readable.await?;
            Ok(Self { proof, learner })
        })
    }
}
