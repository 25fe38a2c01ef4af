//! Queries on what surrounds a video: details, still pictures, captions.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::video::model::{CaptionsRow, DetailsRow, PosterRow, VideoKind};
use crate::video::schema::{video_captions, video_details, video_posters};

/// The details of the videos; a video of which nothing is known yet has no row.
pub async fn find(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<DetailsRow>> {
    video_details::table
        .filter(video_details::video_id.eq_any(ids))
        .select(DetailsRow::as_select())
        .load(conn)
        .await
}

/// The row of one video, made if there is none. The caller holds the lock on the video.
pub async fn of(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<DetailsRow> {
    diesel::insert_into(video_details::table)
        .values(video_details::video_id.eq(id))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    video_details::table.find(id).select(DetailsRow::as_select()).first(conn).await
}

/// Notes what the video is. The row must be there ([`of`]), as for everything below.
pub async fn set_kind(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    kind: VideoKind,
    screen: bool,
) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set((video_details::kind.eq(kind), video_details::screen.eq(screen)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the chapters, and whether the author wrote them.
pub async fn set_chapters(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    chapters: &Value,
    by_author: bool,
) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set((
            video_details::chapters.eq(chapters),
            video_details::chapters_by_author.eq(by_author),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how loud the source is.
pub async fn set_loudness(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    loudness: &Value,
) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set(video_details::loudness.eq(loudness))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what was left out.
pub async fn set_skipped(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    skipped: &Value,
) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set(video_details::skipped.eq(skipped))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how many sheets are stored.
pub async fn set_sheets(conn: &mut AsyncPgConnection, id: Uuid, sheets: i16) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set(video_details::sheets.eq(sheets))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes how the sheets are read: from now on they are shown.
pub async fn set_storyboard(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    storyboard: &Value,
) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set(video_details::storyboard.eq(storyboard))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets what a run of the encoder has made; what the author wrote stays.
pub async fn begin_anew(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(video_posters::table.filter(video_posters::video_id.eq(id)))
        .execute(conn)
        .await?;
    diesel::update(video_details::table.find(id))
        .set((
            video_details::loudness.eq(None::<Value>),
            video_details::skipped.eq(Value::Array(Vec::new())),
            video_details::storyboard.eq(None::<Value>),
            video_details::sheets.eq(0),
            video_details::poster_chosen.eq(None::<i16>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The still pictures of a video, in order.
pub async fn posters(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Vec<PosterRow>> {
    video_posters::table
        .filter(video_posters::video_id.eq(id))
        .order(video_posters::index)
        .select(PosterRow::as_select())
        .load(conn)
        .await
}

/// One of them.
pub async fn poster(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    index: i16,
) -> QueryResult<Option<PosterRow>> {
    video_posters::table
        .find((id, index))
        .select(PosterRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Adds a still picture, or puts it in the place of an earlier one.
pub async fn put_poster(conn: &mut AsyncPgConnection, row: &PosterRow) -> QueryResult<()> {
    diesel::insert_into(video_posters::table)
        .values(row)
        .on_conflict((video_posters::video_id, video_posters::index))
        .do_update()
        .set((video_posters::at_ms.eq(row.at_ms), video_posters::store_key.eq(&row.store_key)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the author's choice.
pub async fn choose_poster(conn: &mut AsyncPgConnection, id: Uuid, index: i16) -> QueryResult<()> {
    diesel::update(video_details::table.find(id))
        .set(video_details::poster_chosen.eq(index))
        .execute(conn)
        .await?;
    Ok(())
}

/// The captions of a video, by language.
pub async fn captions(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Vec<CaptionsRow>> {
    video_captions::table
        .filter(video_captions::video_id.eq(id))
        .order(video_captions::language)
        .select(CaptionsRow::as_select())
        .load(conn)
        .await
}

/// How many languages each of the videos has captions in, if any.
pub async fn caption_counts(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, i64)>> {
    video_captions::table
        .filter(video_captions::video_id.eq_any(ids))
        .group_by(video_captions::video_id)
        .select((video_captions::video_id, diesel::dsl::count_star()))
        .load(conn)
        .await
}

/// The text of captions, WebVTT, and when it was written.
pub async fn caption_text(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    language: &str,
) -> QueryResult<Option<(String, Timestamp)>> {
    video_captions::table
        .find((id, language))
        .select((video_captions::vtt, video_captions::updated_at))
        .first(conn)
        .await
        .optional()
}

/// Captions as they are to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewCaptions<'a> {
    /// The video.
    pub video_id: Uuid,
    /// The language.
    pub language: &'a str,
    /// What people choose them by.
    pub label: &'a str,
    /// How many there are.
    pub cues: i32,
    /// The text, WebVTT.
    pub vtt: &'a str,
}

/// Puts captions in the place of those that were there in the language.
pub async fn put_captions(
    conn: &mut AsyncPgConnection,
    new: NewCaptions<'_>,
    now: Timestamp,
) -> QueryResult<CaptionsRow> {
    let values = (
        video_captions::label.eq(new.label),
        video_captions::cues.eq(new.cues),
        video_captions::size.eq(i32::try_from(new.vtt.len()).unwrap_or(i32::MAX)),
        video_captions::vtt.eq(new.vtt),
        video_captions::updated_at.eq(now),
    );
    diesel::insert_into(video_captions::table)
        .values((
            video_captions::video_id.eq(new.video_id),
            video_captions::language.eq(new.language),
            values,
        ))
        .on_conflict((video_captions::video_id, video_captions::language))
        .do_update()
        .set(values)
        .returning(CaptionsRow::as_returning())
        .get_result(conn)
        .await
}

/// Takes captions off; false when there were none.
pub async fn remove_captions(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    language: &str,
) -> QueryResult<bool> {
    let rows = diesel::delete(video_captions::table.find((id, language))).execute(conn).await?;
    Ok(rows == 1)
}
