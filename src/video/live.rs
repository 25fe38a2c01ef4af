//! Tells the studio how far a video is, at once: frames for the socket's topic `job:<video id>`.
//! What is lost here is read again with the next frame or page.

use serde_json::json;
use uuid::Uuid;

use super::store::videos;
use super::views::view;
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::live::Notice;

/// The socket's topic of a video.
pub fn topic(video_id: Uuid) -> String {
    format!("job:{video_id}")
}

/// Tells whoever watches how the video stands now.
pub(super) async fn tell(app: &App, video_id: Uuid) {
    let told = async {
        let mut conn = app.db.conn().await?;
        let video = view(&mut conn, app, video_id).await?;
        let topic = topic(video_id);
        let frame = json!({ "t": "job", "topic": topic, "video": video });
        app.live.tell(Notice::Frame { topic, frame });
        Ok::<_, Problem>(())
    };
    if let Err(problem) = told.await {
        tracing::debug!(%video_id, %problem, "nobody is told how a video stands");
    }
}

/// Whether `user_id` may join the topic of that video.
///
/// # Errors
/// Those of the database.
pub async fn may_watch_job(app: &App, video_id: Uuid, user_id: Uuid) -> Result<bool, Problem> {
    let mut conn = app.db.conn().await?;
    let video = videos::find(&mut conn, video_id).await?;
    Ok(video.is_some_and(|video| video.owner_id == user_id))
}
