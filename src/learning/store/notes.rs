//! Queries on notes. Each names whose they are: nobody reads another's.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::learning::model::NoteRow;
use crate::learning::schema::lesson_notes as notes;

/// Serialises the writing of one person's notes until the transaction ends, so that their number is
/// bounded.
pub async fn lock_writer(conn: &mut AsyncPgConnection, user_id: Uuid) -> QueryResult<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('learning.notes:' || $1, 0))")
        .bind::<diesel::sql_types::Text, _>(user_id.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a note.
pub async fn insert(conn: &mut AsyncPgConnection, row: &NoteRow) -> QueryResult<()> {
    diesel::insert_into(notes::table).values(row).execute(conn).await?;
    Ok(())
}

/// The person's note `id`.
pub async fn find(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    user_id: Uuid,
) -> QueryResult<Option<NoteRow>> {
    notes::table
        .find(id)
        .filter(notes::user_id.eq(user_id))
        .select(NoteRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// How many notes the person has in the lesson and in the whole course.
pub async fn count(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    lesson_id: Uuid,
    course_id: Uuid,
) -> QueryResult<(i64, i64)> {
    let mine = notes::table.filter(notes::user_id.eq(user_id));
    let in_lesson = mine.filter(notes::lesson_id.eq(lesson_id)).count().get_result(conn).await?;
    let in_course = mine.filter(notes::course_id.eq(course_id)).count().get_result(conn).await?;
    Ok((in_lesson, in_course))
}

/// The person's notes of a lesson, by place in the film; those about the whole of it come first.
pub async fn of_lesson(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    lesson_id: Uuid,
) -> QueryResult<Vec<NoteRow>> {
    notes::table
        .filter(notes::user_id.eq(user_id).and(notes::lesson_id.eq(lesson_id)))
        .order((notes::at_ms.asc().nulls_first(), notes::created_at, notes::id))
        .select(NoteRow::as_select())
        .load(conn)
        .await
}

/// The person's notes of a course in the order of writing, newest first, after
/// `(created_at, id)`.
pub async fn of_course(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<NoteRow>> {
    let mut query = notes::table
        .filter(notes::course_id.eq(course_id).and(notes::user_id.eq(user_id)))
        .order((notes::created_at.desc(), notes::id.desc()))
        .limit(limit)
        .select(NoteRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        query = query
            .filter(notes::created_at.lt(at).or(notes::created_at.eq(at).and(notes::id.lt(id))));
    }
    query.load(conn).await
}

/// Writes what was changed in a note.
pub async fn save(conn: &mut AsyncPgConnection, row: &NoteRow) -> QueryResult<()> {
    diesel::update(notes::table.find(row.id))
        .set((
            notes::at_ms.eq(row.at_ms),
            notes::text.eq(&row.text),
            notes::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes a note.
pub async fn delete(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(notes::table.find(id)).execute(conn).await?;
    Ok(())
}
