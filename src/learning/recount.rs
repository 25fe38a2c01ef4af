//! A course's programme changed: every passage through it is counted anew. Percentages may fall;
//! what was completed stays completed.

use std::collections::{HashMap, HashSet};

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::events::CourseCompleted;
use super::model::PassageState;
use super::{passage, store, units};
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
    let units = units::units(&outline);
    let users: Vec<Uuid> = passages.iter().map(|passage| passage.user_id).collect();
    let lessons = by_person(store::done_in(conn, &users, &[course_id]).await?);
    let tasks = by_person(store::attempts::right_in(conn, &users, &[course_id]).await?);
    let nothing = HashSet::new();
    let now = app.clock.now();
    for row in passages {
        let tally = units.tally(
            lessons.get(&row.user_id).unwrap_or(&nothing),
            tasks.get(&row.user_id).unwrap_or(&nothing),
        );
        let state = passage::after(row.state, false, tally.done, tally.total);
        let counted = (row.units_done, row.units_total, row.lessons_done, row.lessons_total);
        let now_counted = (tally.done, tally.total, tally.lessons_done, tally.lessons);
        if (now_counted, state) == (counted, row.state) {
            continue;
        }
        let completed = state == PassageState::Completed;
        let completed_at = row.completed_at.or(completed.then_some(now));
        store::set_counts(conn, row.id, tally, state, completed_at, now).await?;
        if completed && row.state != PassageState::Completed {
            let (enrollment_id, user_id) = (row.id, row.user_id);
            let fact = CourseCompleted { enrollment_id, user_id, course_id };
            events::publish(conn, app, &fact).await?;
        }
    }
    Ok(Some(last))
}

fn by_person(rows: Vec<(Uuid, Uuid)>) -> HashMap<Uuid, HashSet<Uuid>> {
    let mut done: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (user_id, id) in rows {
        done.entry(user_id).or_default().insert(id);
    }
    done
}
