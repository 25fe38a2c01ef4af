//! Joining a course with one click (ENR-01), once however often it is clicked (ENR-06); and access
//! that ends by time.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::events::{EnrollmentCreated, EnrollmentEnded};
use super::model::{EnrollmentRow, PassageState};
use super::{outline, passage, store, units};
use crate::app::App;
use crate::courses::{self, CourseFace};
use crate::identity::Principal;
use crate::platform::events;
use crate::platform::http::{Code, Problem};
use crate::platform::live::Notice;

/// Passages ended in one transaction.
const BATCH: i64 = 200;

/// What a click led to.
#[derive(Debug)]
pub struct Joined {
    /// The enrollment, new or known.
    pub enrollment: EnrollmentRow,
    /// Whether it began with this click.
    pub is_new: bool,
}

/// Enrolls the person in a free course.
///
/// # Errors
/// `not_found`, `payment_required` for a paid course, `not_on_sale` for one's own.
pub async fn enroll(app: &App, who: &Principal, course_id: Uuid) -> Result<Joined, Problem> {
    let (user_id, now) = (who.user_id, app.clock.now());
    let joined = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Joined, Problem> {
            let course = courses::course_face(conn, course_id).await?;
            let course = course.ok_or_else(Problem::not_found)?;
            if let Some(enrollment) = store::enrollment(conn, user_id, course_id).await?
                && enrollment.is_active(now)
            {
                return Ok(Joined { enrollment, is_new: false });
            }
            check(&course, user_id)?;
            join(conn, app, user_id, &course, now).await
        })
        .await?;
    if joined.is_new {
        app.live.tell(Notice::AccessChanged { user_id, course_id });
    }
    Ok(joined)
}

fn check(course: &CourseFace, user_id: Uuid) -> Result<(), Problem> {
    if course.author_id == user_id {
        return Err(Problem::new(Code::NotOnSale).detail("You teach this course."));
    }
    if !course.is_public() {
        return Err(Problem::not_found());
    }
    match course.price {
        None => Ok(()),
        Some(price) => {
            let price = serde_json::to_value(price).map_err(Problem::internal)?;
            Err(Problem::new(Code::PaymentRequired).with("price", price))
        }
    }
}

async fn join(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    course: &CourseFace,
    now: Timestamp,
) -> Result<Joined, Problem> {
    let outline = courses::outline(conn, course.id).await?;
    // What was taken as a free preview counts.
    let marks = outline::marks(store::places_in(conn, user_id, &[course.id]).await?);
    let tally = store::tally(conn, user_id, course.id, &units::units(&outline)).await?;
    let days = course.access_days.map(|days| TimeDelta::days(i64::from(days)));
    let state = passage::after(PassageState::Enrolled, !marks.is_empty(), tally.done, tally.total);
    let row = EnrollmentRow {
        id: app.id(),
        user_id,
        course_id: course.id,
        state,
        lessons_done: tally.lessons_done,
        lessons_total: tally.lessons,
        units_done: tally.done,
        units_total: tally.total,
        last_lesson_id: None,
        active_ms: marks.values().map(|row| row.active_ms).sum(),
        last_active_at: now,
        completed_at: (state == PassageState::Completed).then_some(now),
        expires_at: days.map(|days| now + days),
        ended_at: None,
        created_at: now,
        updated_at: now,
    };
    // The unique key decides between clicks that race: the slower one waits here for the faster
    // one's commit, and then finds its row.
    let added = store::insert_enrollment(conn, &row).await?;
    let known = store::lock_enrollment(conn, user_id, course.id).await?;
    let enrollment = known.ok_or_else(|| Problem::internal("an enrollment has gone"))?;
    if added {
        courses::student_joined(conn, course.id).await?;
    } else if enrollment.is_active(now) {
        return Ok(Joined { enrollment, is_new: false });
    } else {
        // Counted as a student before, and still.
        store::reopen_enrollment(conn, enrollment.id, row.expires_at, now).await?;
    }
    let fact = EnrollmentCreated { enrollment_id: enrollment.id, user_id, course_id: course.id };
    events::publish(conn, app, &fact).await?;
    let enrollment = EnrollmentRow { expires_at: row.expires_at, ended_at: None, ..enrollment };
    Ok(Joined { enrollment, is_new: true })
}

/// Ends the passages whose time is over. A schedule; access itself ends on the second, by the
/// comparison with the clock, this only tells the others.
pub async fn end_expired(app: &App) -> Result<(), Problem> {
    loop {
        let now = app.clock.now();
        let ended = app
            .db
            .transaction(
                async |conn: &mut AsyncPgConnection| -> Result<Vec<EnrollmentRow>, Problem> {
                    let rows = store::expired(conn, now, BATCH).await?;
                    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
                    store::end(conn, &ids, now).await?;
                    for row in &rows {
                        let fact = EnrollmentEnded {
                            enrollment_id: row.id,
                            user_id: row.user_id,
                            course_id: row.course_id,
                        };
                        events::publish(conn, app, &fact).await?;
                    }
                    Ok(rows)
                },
            )
            .await?;
        for row in &ended {
            let (user_id, course_id) = (row.user_id, row.course_id);
            app.live.tell(Notice::AccessChanged { user_id, course_id });
        }
        if ended.is_empty() {
            return Ok(());
        }
    }
}
