//! The students of a course, for those who teach it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::learning::model::{EnrollmentRow, PassageState};
use crate::learning::schema::{enrollments, task_states};
use crate::learning::students::{Keys, StudentFilter, StudentState};

/// Passages through the course, begun last first, after `after`.
pub async fn page(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    filter: StudentFilter<'_>,
    after: Option<Keys>,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<EnrollmentRow>> {
    let mut query = enrollments::table
        .filter(enrollments::course_id.eq(course_id))
        .order((enrollments::created_at.desc(), enrollments::id.desc()))
        .limit(limit)
        .select(EnrollmentRow::as_select())
        .into_boxed();
    if let Some(state) = filter.state {
        query = match state.passages() {
            Some(passages) => query
                .filter(enrollments::state.eq_any(passages))
                .filter(enrollments::ended_at.is_null())
                .filter(enrollments::expires_at.is_null().or(enrollments::expires_at.gt(now))),
            None => query
                .filter(enrollments::ended_at.is_not_null().or(enrollments::expires_at.le(now))),
        };
    }
    if let Some(among) = filter.among {
        query = query.filter(enrollments::user_id.eq_any(among));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            enrollments::created_at
                .lt(at)
                .or(enrollments::created_at.eq(at).and(enrollments::id.lt(id))),
        );
    }
    query.load(conn).await
}

/// How many passages through the course there are of each state, by whether access has ended.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<(StudentState, i64)>> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        not_started: i64,
        #[diesel(sql_type = BigInt)]
        learning: i64,
        #[diesel(sql_type = BigInt)]
        completed: i64,
        #[diesel(sql_type = BigInt)]
        ended: i64,
    }
    let counts: Counts = diesel::sql_query(
        "select count(*) filter (where open and state = 'enrolled') as not_started,
            count(*) filter (where open and state = 'in_progress') as learning,
            count(*) filter (where open and state in ('completed', 'certified')) as completed,
            count(*) filter (where not open) as ended
        from (select state, ended_at is null and (expires_at is null or expires_at > $2) as open
            from enrollments where course_id = $1) passages",
    )
    .bind::<SqlUuid, _>(course_id)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(vec![
        (StudentState::NotStarted, counts.not_started),
        (StudentState::Learning, counts.learning),
        (StudentState::Completed, counts.completed),
        (StudentState::Ended, counts.ended),
    ])
}

/// How many passages through the course these people have.
pub async fn count_among(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    user_ids: &[Uuid],
) -> QueryResult<i64> {
    enrollments::table
        .filter(enrollments::course_id.eq(course_id))
        .filter(enrollments::user_id.eq_any(user_ids))
        .count()
        .get_result(conn)
        .await
}

/// At how many of these tasks each of these people has answered wrong and not right so far; who is stuck
/// nowhere is left out.
pub async fn stuck(
    conn: &mut AsyncPgConnection,
    user_ids: &[Uuid],
    task_ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, i64)>> {
    task_states::table
        .filter(task_states::user_id.eq_any(user_ids))
        .filter(task_states::task_id.eq_any(task_ids))
        .filter(task_states::wrong.gt(0))
        .filter(task_states::first_right_at.is_null())
        .group_by(task_states::user_id)
        .select((task_states::user_id, diesel::dsl::count_star()))
        .load(conn)
        .await
}

impl StudentState {
    /// The states of a passage that it is, while access lasts; none where access has ended.
    fn passages(self) -> Option<&'static [PassageState]> {
        match self {
            Self::NotStarted => Some(&[PassageState::Enrolled]),
            Self::Learning => Some(&[PassageState::InProgress]),
            Self::Completed => Some(&[PassageState::Completed, PassageState::Certified]),
            Self::Ended => None,
        }
    }
}
