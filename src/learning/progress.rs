//! What a player reports, and what follows: watched time, position, completion, the course's
//! percentage (LRN-01 to LRN-05).

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::access::CanReadLesson;
use super::events::{CourseCompleted, LessonCompleted};
use super::model::{EnrollmentRow, PassageState, ProgressRow};
use super::units::{self, Tally};
use super::views::{Progress, ProgressReport};
use super::{outline, passage, store};
use crate::app::App;
use crate::courses::{self, LessonFace, LessonKind};
use crate::identity::Principal;
use crate::platform::events;
use crate::platform::http::{Checks, Code, Problem};
use crate::video::intervals::{self, Watched};

/// Most pieces in one report.
const MAX_PIECES: usize = 200;
/// Longest time that a report may name, seconds.
const MAX_SECONDS: f64 = 1_000_000.0;

/// What happened in a lesson.
enum Happened {
    /// A player's report.
    Played { position_ms: i32, claims: Vec<(i32, i32)> },
    /// The reader says that it is read.
    Read,
}

impl ProgressReport {
    fn check(self) -> Result<Happened, Problem> {
        let mut checks = Checks::new();
        checks.ensure(
            self.watched.len() <= MAX_PIECES,
            "watched",
            Code::TooLong,
            "At most 200 pieces fit one report.",
        );
        let valid = |s: f64| s.is_finite() && s.abs() <= MAX_SECONDS;
        checks.ensure(valid(self.position_s), "position_s", Code::Invalid, "This is no position.");
        let pieces_valid = self.watched.iter().all(|(from, to)| valid(*from) && valid(*to));
        checks.ensure(pieces_valid, "watched", Code::Invalid, "A piece is [from, to] in seconds.");
        checks.done()?;
        Ok(Happened::Played {
            position_ms: milliseconds(self.position_s).max(0),
            claims: self
                .watched
                .iter()
                .map(|(from, to)| (milliseconds(*from), milliseconds(*to)))
                .collect(),
        })
    }
}

/// Takes a player's report.
pub async fn report(
    app: &App,
    proof: &CanReadLesson,
    learner: &Principal,
    report: ProgressReport,
) -> Result<Progress, Problem> {
    record(app, proof.lesson(), learner.user_id, report.check()?).await
}

/// Takes a reader's word that a text is read.
///
/// # Errors
/// `lesson_state` for a video, which is completed by watching.
pub async fn done(
    app: &App,
    proof: &CanReadLesson,
    learner: &Principal,
) -> Result<Progress, Problem> {
    if proof.lesson().kind == LessonKind::Video {
        return Err(Problem::new(Code::LessonState)
            .detail("A video lesson is completed by watching 90 % of the video."));
    }
    record(app, proof.lesson(), learner.user_id, Happened::Read).await
}

/// Notes that the reader opened the lesson (LRN-02) and gives their row of it.
pub async fn open(
    conn: &mut AsyncPgConnection,
    proof: &CanReadLesson,
    now: Timestamp,
) -> Result<Option<ProgressRow>, Problem> {
    let Some(reader) = proof.reader() else { return Ok(None) };
    let lesson = proof.lesson();
    store::open_lesson(conn, reader.user_id, lesson.id, lesson.course.id, now).await?;
    Ok(store::progress(conn, reader.user_id, lesson.id).await?)
}

async fn record(
    app: &App,
    lesson: &LessonFace,
    user_id: Uuid,
    happened: Happened,
) -> Result<Progress, Problem> {
    let now = app.clock.now();
    let course_id = lesson.course.id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Progress, Problem> {
            store::open_lesson(conn, user_id, lesson.id, course_id, now).await?;
            let mut passage = store::lock_enrollment(conn, user_id, course_id).await?;
            let mut row = store::lock_progress(conn, user_id, lesson.id).await?;
            let was_done = row.completed_at.is_some();
            let since = passage
                .as_ref()
                .map_or(row.reported_at, |passage| passage.last_active_at.max(row.reported_at));
            let since_ms = milliseconds_between(since, now);
            let active = passage::active_ms(since_ms);
            apply(&mut row, lesson, &happened, since_ms, now);
            store::save_progress(conn, &row).await?;

            let outline = courses::outline(conn, course_id).await?;
            let tally = store::tally(conn, user_id, course_id, &units::units(&outline)).await?;
            if let Some(passage) = &mut passage {
                passage.last_lesson_id = Some(lesson.id);
                go_on(conn, app, passage, tally, Active::For(active), now).await?;
            }
            if !was_done && row.completed_at.is_some() {
                let fact = LessonCompleted { user_id, course_id, lesson_id: lesson.id };
                events::publish(conn, app, &fact).await?;
            }
            Ok(Progress {
                percent: outline::percent(lesson.kind, lesson.duration_ms, Some(&row)),
                mark: outline::mark(Some(&row)),
                lesson_done: row.completed_at.is_some(),
                course_percent: passage::percent(tally.done, tally.total),
            })
        })
        .await
}

/// What `happened` changes in the row, when the last sign of this learner on any lesson of the course
/// came `since_ms` ago: one cannot watch two lessons at once. The latest report decides about the position, by the
/// server's clock: whichever device spoke last (LRN-03).
fn apply(
    row: &mut ProgressRow,
    lesson: &LessonFace,
    happened: &Happened,
    since_ms: i64,
    now: Timestamp,
) {
    match happened {
        Happened::Read => {
            row.completed_at = row.completed_at.or(Some(now));
        }
        Happened::Played { position_ms, claims } => {
            let duration = outline::clamp_ms(lesson.duration_ms);
            row.position_ms = (*position_ms).min(duration);
            let known = Watched::from_flat(&row.watched, duration);
            let claimed = Watched::from_claims(claims.iter().copied(), duration);
            let budget = intervals::budget_ms(since_ms);
            let watched = intervals::credit(&known, &claimed, budget);
            if lesson.kind == LessonKind::Video && intervals::is_watched(&watched, duration) {
                row.completed_at = row.completed_at.or(Some(now));
            }
            row.watched = watched.to_flat();
        }
    }
    row.active_ms = row.active_ms.saturating_add(passage::active_ms(since_ms));
    row.reported_at = now;
    row.updated_at = now;
}

/// What a learner did when a passage went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Active {
    /// Nothing: somebody else moved it.
    Not,
    /// Something beside which a player may go on counting its time.
    Beside,
    /// Learned for so many milliseconds.
    For(i64),
}

/// Writes how far a passage has come, in the transaction of what moved it; its row is locked.
pub(super) async fn go_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    passage: &mut EnrollmentRow,
    tally: Tally,
    active: Active,
    now: Timestamp,
) -> Result<(), Problem> {
    let was = passage.state;
    passage.state = passage::after(was, active != Active::Not, tally.done, tally.total);
    passage.lessons_done = tally.lessons_done;
    passage.lessons_total = tally.lessons;
    passage.units_done = tally.done;
    passage.units_total = tally.total;
    match active {
        Active::Not => {}
        // An answer between two reports of a player does not shorten the time that the player may claim.
        Active::Beside => {
            if passage::is_idle(milliseconds_between(passage.last_active_at, now)) {
                passage.last_active_at = now;
            }
        }
        Active::For(active_ms) => {
            passage.active_ms = passage.active_ms.saturating_add(active_ms);
            passage.last_active_at = now;
        }
    }
    passage.updated_at = now;
    if was != PassageState::Completed && passage.state == PassageState::Completed {
        passage.completed_at = Some(now);
        let fact = CourseCompleted {
            enrollment_id: passage.id,
            user_id: passage.user_id,
            course_id: passage.course_id,
        };
        events::publish(conn, app, &fact).await?;
    }
    store::save_enrollment(conn, passage).await?;
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be within a million seconds")]
fn milliseconds(s: f64) -> i32 {
    (s * 1000.0).round() as i32
}

fn milliseconds_between(from: Timestamp, to: Timestamp) -> i64 {
    (to - from).num_milliseconds().max(0)
}
