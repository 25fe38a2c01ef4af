//! The bell of the curators' desk: when the queue changes, who answers there hears it, on every node,
//! at most once a second.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use super::user_frames;
use crate::app::App;
use crate::courses;
use crate::identity::{self, Role as Grant};
use crate::platform::http::Problem;

/// Between two rings.
const PAUSE: Duration = Duration::from_secs(1);
/// Who answers anywhere.
const STAFF: [Grant; 5] =
    [Grant::Curator, Grant::Support, Grant::Moderator, Grant::Admin, Grant::SuperAdmin];

/// Rung by what changes the queue, after its commit.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    bell: Arc<Notify>,
    /// The courses in which something changed since the last ring: their authors hear it too.
    courses: Arc<Mutex<HashSet<Uuid>>>,
}

impl Bell {
    /// The queue has changed: in this course, or (none) among the questions to the support.
    pub fn ring(&self, course: Option<Uuid>) {
        if let Some(course) = course {
            self.courses.lock().unwrap_or_else(PoisonError::into_inner).insert(course);
        }
        self.bell.notify_one();
    }

    fn taken(&self) -> Vec<Uuid> {
        let mut courses = self.courses.lock().unwrap_or_else(PoisonError::into_inner);
        courses.drain().collect()
    }
}

/// Tells those who answer, until the process stops.
pub async fn listen(app: App) {
    let bell = app.messaging.bell.clone();
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = bell.bell.notified() => {}
        }
        if let Err(problem) = tell(&app, &bell.taken()).await {
            tracing::warn!(%problem, "the desk has changed and nobody was told");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn tell(app: &App, changed: &[Uuid]) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let mut people = identity::holders_of(app, &mut conn, &STAFF, app.clock.now()).await?;
    if !changed.is_empty() {
        let courses = courses::course_places(&mut conn, changed).await?;
        people.extend(courses.values().map(|course| course.author_id));
    }
    people.sort_unstable();
    people.dedup();
    user_frames::tell(app, &people, &json!({"t": "desk", "topic": "user"}));
    Ok(())
}
