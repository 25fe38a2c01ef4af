//! A course's programme changed: every passage through it is counted anew. Percentages may fall;
//! what was completed stays completed.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::events::CourseCompleted;
use super::model::PassageState;
use super::{passage, store};
use crate::app::App;
use crate::courses;
use crate::platform::events;
use crate::platform::http::Problem;
use crate::platform::jobs::{self, Enqueue, Job, JobError, JobMeta, Lane};

/// Passages counted in one transaction.
const BATCH: i64 = 500;

/// Counts a course's passages anew, once for however many changes came before it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recount {
    course_id: Uuid,
}

impl Job for Recount {
    const KIND: &'static str = "learning.recount";
    const LANE: Lane = Lane::Slow;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        course(&app, self.course_id).await
    }
}

/// Queues a recount, unless one waits already.
pub async fn queue(app: &App, course_id: Uuid) -> Result<(), JobError> {
    let how = Enqueue::now().dedup(course_id.to_string());
    let mut conn = app.db.conn().await?;
    Ok(jobs::enqueue(&mut conn, app, &Recount { course_id }, how).await?)
}

/// Counts the passages of the course anew, in batches. Harmless when repeated.
async fn course(app: &App, course_id: Uuid) -> Result<(), JobError> {
    let mut after = Uuid::nil();
    loop {
        let last = app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Uuid>, Problem> {
                batch(conn, app, course_id, after).await
            })
            .await?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

async fn batch(
    conn: &mut AsyncPgConnection,
    app: &App,
    course_id: Uuid,
    after: Uuid,
) -> Result<Option<Uuid>, Problem> {
    let passages = store::lock_passages_of_course(conn, course_id, after, BATCH).await?;
    let Some(last) = passages.last().map(|passage| passage.id) else { return Ok(None) };
    let outline = courses::outline(conn, course_id).await?;
    let lessons: Vec<Uuid> =
        outline.iter().flat_map(|module| &module.lessons).map(|lesson| lesson.id).collect();
    let total = i32::try_from(lessons.len()).unwrap_or(i32::MAX);
    let users: Vec<Uuid> = passages.iter().map(|passage| passage.user_id).collect();
    let counts: HashMap<Uuid, i64> =
        store::done_counts(conn, &users, &lessons).await?.into_iter().collect();
    let now = app.clock.now();
    for row in passages {
        let done = counts.get(&row.user_id).copied().unwrap_or_default();
        let done = i32::try_from(done).unwrap_or(i32::MAX);
        let state = passage::after(row.state, false, done, total);
        if (done, total, state) == (row.lessons_done, row.lessons_total, row.state) {
            continue;
        }
        let completed = state == PassageState::Completed;
        let completed_at = row.completed_at.or(completed.then_some(now));
        store::set_counts(conn, row.id, (done, total), state, completed_at, now).await?;
        if completed && row.state != PassageState::Completed {
            let (enrollment_id, user_id) = (row.id, row.user_id);
            let fact = CourseCompleted { enrollment_id, user_id, course_id };
            events::publish(conn, app, &fact).await?;
        }
    }
    Ok(Some(last))
}
