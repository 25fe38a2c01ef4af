//! Queries on playback sessions.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::platform::db;
use crate::video::model::PlaybackSession;
use crate::video::schema::playback_sessions as sessions;

/// Adds a session.
pub async fn insert(conn: &mut AsyncPgConnection, session: &PlaybackSession) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).execute(conn).await?;
    Ok(())
}

/// The session.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<PlaybackSession>> {
    sessions::table.find(id).select(PlaybackSession::as_select()).first(conn).await.optional()
}

/// Serialises the grants of one person until the transaction ends, so that the limit of streams
/// holds.
pub async fn lock_viewer(conn: &mut AsyncPgConnection, user: Uuid) -> QueryResult<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('video.playback:' || $1, 0))")
        .bind::<diesel::sql_types::Text, _>(user.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// A live session, as far as the limit of streams goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct LiveSession {
    /// The session.
    pub id: Uuid,
    /// The one whose place it takes when it is really watched.
    pub replaces: Option<Uuid>,
    /// The sign-in that it was granted to.
    pub sign_in: Option<Uuid>,
}

/// A person's live sessions, newest first. Previews do not count.
pub async fn live_of_user(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<LiveSession>> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::preview.eq(false))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .select((sessions::id, sessions::replaces, sessions::sign_in_id))
        .load(conn)
        .await
}

/// The session takes no other's place any more: it has it.
pub async fn settle_in(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::replaces.eq(None::<Uuid>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Renews a live session; `None` when it is over.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    position_s: Option<f32>,
    now: Timestamp,
    expires_at: Timestamp,
) -> QueryResult<Option<PlaybackSession>> {
    let live = sessions::table
        .find(id)
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now));
    let row = match position_s {
        Some(position) => {
            diesel::update(live)
                .set((
                    sessions::seen_at.eq(now),
                    sessions::expires_at.eq(expires_at),
                    sessions::position_s.eq(position),
                ))
                .returning(PlaybackSession::as_returning())
                .get_result(conn)
                .await
        }
        None => {
            diesel::update(live)
                .set((sessions::seen_at.eq(now), sessions::expires_at.eq(expires_at)))
                .returning(PlaybackSession::as_returning())
                .get_result(conn)
                .await
        }
    };
    row.optional()
}

/// Whose sessions end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// These.
    These(Vec<Uuid>),
    /// All of a person.
    User(Uuid),
    /// All of one sign-in.
    SignIn(Uuid),
    /// All of one video.
    Video(Uuid),
    /// A person's in these videos.
    UserInVideos(Uuid, Vec<Uuid>),
    /// Everybody's in these videos but that of these people.
    AllBut(Vec<Uuid>, Vec<Uuid>),
    /// All previews of these videos.
    Previews(Vec<Uuid>),
}

/// Ends sessions; gives the ids of those that would live still. (The others too: one that has run out
/// this moment must not be renewed in the next.)
pub async fn end(
    conn: &mut AsyncPgConnection,
    whose: Whose,
    reason: &str,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    macro_rules! end {
        ($($filter:expr),+) => {
            diesel::update(sessions::table)
                .filter(sessions::ended_at.is_null())
                $(.filter($filter))+
                .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason)))
                .returning((sessions::id, sessions::expires_at))
                .get_results(conn)
                .await?
        };
    }
    let ended: Vec<(Uuid, Timestamp)> = match whose {
        Whose::These(ids) => end!(sessions::id.eq_any(ids)),
        Whose::User(user) => end!(sessions::user_id.eq(user)),
        Whose::SignIn(sign_in) => end!(sessions::sign_in_id.eq(sign_in)),
        Whose::Video(video) => end!(sessions::video_id.eq(video)),
        Whose::Previews(videos) => {
            end!(sessions::video_id.eq_any(videos), sessions::preview.eq(true))
        }
        Whose::AllBut(users, videos) => {
            end!(
                sessions::video_id.eq_any(videos),
                sessions::user_id.is_null().or(sessions::user_id.ne_all(users))
            )
        }
        Whose::UserInVideos(user, videos) => {
            end!(sessions::user_id.eq(user), sessions::video_id.eq_any(videos))
        }
    };
    Ok(ended.into_iter().filter(|(_, until)| *until > now).map(|(id, _)| id).collect())
}

/// The sessions of a removed video that would live still, had it not been removed.
pub async fn cut_short(
    conn: &mut AsyncPgConnection,
    video: Uuid,
    reason: &str,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    sessions::table
        .filter(sessions::video_id.eq(video))
        .filter(sessions::end_reason.eq(reason))
        .filter(sessions::expires_at.gt(now))
        .select(sessions::id)
        .load(conn)
        .await
}

/// Deletes sessions that were over before `before`; says how many.
pub async fn purge(conn: &mut AsyncPgConnection, before: Timestamp) -> QueryResult<usize> {
    db::purge(conn, "playback_sessions", "expires_at < $1", before).await
}
