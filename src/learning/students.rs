//! The students of a course as those see them who teach it (TCH-07): how far each has come, when they
//! were there last, where they are stuck.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::{EnrollmentRow, PassageState};
use super::{passage, store};
use crate::courses;
use crate::platform::http::Problem;

/// How a student stands in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StudentState {
    /// Enrolled, nothing done yet.
    NotStarted,
    /// On their way.
    Learning,
    /// Everything was done at some time.
    Completed,
    /// Access has ended, whatever was done.
    Ended,
}

impl StudentState {
    fn of(row: &EnrollmentRow, now: Timestamp) -> Self {
        if !row.is_active(now) {
            return Self::Ended;
        }
        match row.state {
            PassageState::Enrolled => Self::NotStarted,
            PassageState::InProgress => Self::Learning,
            PassageState::Completed | PassageState::Certified => Self::Completed,
        }
    }
}

/// What a list of students is ordered by: when they enrolled, and the enrollment.
pub type Keys = (Timestamp, Uuid);

/// Which of the students.
#[derive(Debug, Clone, Copy, Default)]
pub struct StudentFilter<'a> {
    /// In this state.
    pub state: Option<StudentState>,
    /// Of these people.
    pub among: Option<&'a [Uuid]>,
}

/// A student of a course.
#[derive(Debug, Clone, PartialEq)]
pub struct Student {
    /// The person.
    pub user_id: Uuid,
    /// Where they stand in the list.
    pub keys: Keys,
    /// How they stand in the course.
    pub state: StudentState,
    /// Units done (LRN-06).
    pub done: i32,
    /// Units in all.
    pub total: i32,
    /// Per cent, to one decimal, rounded down.
    pub percent: f64,
    /// When they were in the course last; none before anything was done.
    pub last_active_at: Option<Timestamp>,
    /// When everything was done.
    pub completed_at: Option<Timestamp>,
}

impl Student {
    fn of(row: &EnrollmentRow, now: Timestamp) -> Self {
        Self {
            user_id: row.user_id,
            keys: (row.created_at, row.id),
            state: StudentState::of(row, now),
            done: row.units_done,
            total: row.units_total,
            percent: passage::percent(row.units_done, row.units_total),
            last_active_at: (row.state != PassageState::Enrolled).then_some(row.last_active_at),
            completed_at: row.completed_at,
        }
    }
}

/// Students of a course at `now`, those who enrolled last first, after `after`. The caller decides who may
/// see them.
///
/// # Errors
/// Those of the database.
pub async fn students(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    filter: StudentFilter<'_>,
    after: Option<Keys>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Student>, Problem> {
    let rows = store::students::page(conn, course_id, filter, after, now, limit).await?;
    Ok(rows.iter().map(|row| Student::of(row, now)).collect())
}

/// How many students of a course stand how, at `now`.
///
/// # Errors
/// Those of the database.
pub async fn student_counts(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    now: Timestamp,
) -> Result<HashMap<StudentState, i64>, Problem> {
    Ok(store::students::counts(conn, course_id, now).await?.into_iter().collect())
}

/// How many students of a course there are among these people.
///
/// # Errors
/// Those of the database.
pub async fn count_among(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    user_ids: &[Uuid],
) -> Result<i64, Problem> {
    Ok(store::students::count_among(conn, course_id, user_ids).await?)
}

/// At how many tasks of the course each of these people has answered wrong and not right so far; who is
/// stuck nowhere is left out.
///
/// # Errors
/// Those of the database.
pub async fn stuck_tasks(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    user_ids: &[Uuid],
) -> Result<HashMap<Uuid, i64>, Problem> {
    let tasks = courses::outline_tasks(conn, &[course_id]).await?;
    if tasks.is_empty() || user_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tasks: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
    Ok(store::students::stuck(conn, user_ids, &tasks).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn row(state: PassageState, done: i32, total: i32) -> EnrollmentRow {
        let at = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
        EnrollmentRow {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            course_id: Uuid::nil(),
            state,
            lessons_done: 0,
            lessons_total: 0,
            units_done: done,
            units_total: total,
            last_lesson_id: None,
            active_ms: 0,
            last_active_at: at,
            completed_at: None,
            expires_at: None,
            ended_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// TCH-07 LRN-06
    #[test]
    fn a_student_is_shown_as_far_as_they_have_come() {
        let now = Timestamp::from_timestamp(1_800_000_100, 0).unwrap();
        let new = Student::of(&row(PassageState::Enrolled, 0, 7), now);
        assert_eq!((new.state, new.last_active_at), (StudentState::NotStarted, None));
        let going = Student::of(&row(PassageState::InProgress, 6, 7), now);
        assert_eq!((going.state, going.percent), (StudentState::Learning, 85.7));
        assert!(going.last_active_at.is_some());
        let certified = Student::of(&row(PassageState::Certified, 7, 7), now);
        assert_eq!((certified.state, certified.percent), (StudentState::Completed, 100.0));
    }

    #[test]
    fn access_that_has_ended_says_more_than_what_was_done() {
        let whole = row(PassageState::Completed, 7, 7);
        let expires = whole.created_at + TimeDelta::seconds(60);
        let timed = EnrollmentRow { expires_at: Some(expires), ..whole.clone() };
        let state = |row: &EnrollmentRow, now| StudentState::of(row, now);
        assert_eq!(state(&timed, expires - TimeDelta::seconds(1)), StudentState::Completed);
        assert_eq!(state(&timed, expires), StudentState::Ended);
        let left = EnrollmentRow { ended_at: Some(expires), ..whole };
        assert_eq!(state(&left, expires), StudentState::Ended);
    }
}
