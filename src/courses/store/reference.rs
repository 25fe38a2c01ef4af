//! Categories and skills.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::super::model::CourseState;
use super::super::schema::{categories, course_skills, courses, skills};

/// `(id, parent_id, slug, name, position)` of every category, parents and children in order.
pub type ReferenceRow = (Uuid, Option<Uuid>, String, Value, i32);

/// The whole tree; it is small.
pub async fn categories(conn: &mut AsyncPgConnection) -> QueryResult<Vec<ReferenceRow>> {
    categories::table
        .order((categories::parent_id.asc().nulls_first(), categories::position, categories::id))
        .select((
            categories::id,
            categories::parent_id,
            categories::slug,
            categories::name,
            categories::position,
        ))
        .load(conn)
        .await
}

/// Published courses directly in each category.
pub async fn published_by_category(conn: &mut AsyncPgConnection) -> QueryResult<Vec<(Uuid, i64)>> {
    let counted: Vec<(Option<Uuid>, i64)> = courses::table
        .filter(courses::state.eq(CourseState::Published))
        .group_by(courses::category_id)
        .select((courses::category_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counted.into_iter().filter_map(|(id, count)| Some((id?, count))).collect())
}

/// Whether there is such a category.
pub async fn category_exists(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(categories::table.find(id))).get_result(conn).await
}

/// Every skill, fields first.
pub async fn skills(conn: &mut AsyncPgConnection) -> QueryResult<Vec<ReferenceRow>> {
    skills::table
        .order((skills::parent_id.asc().nulls_first(), skills::position, skills::id))
        .select((skills::id, skills::parent_id, skills::slug, skills::name, skills::position))
        .load(conn)
        .await
}

/// How many of `ids` are skills.
pub async fn known_skills(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<i64> {
    skills::table.filter(skills::id.eq_any(ids)).count().get_result(conn).await
}

/// The skills of one course, in the author's order.
pub async fn skills_of(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
) -> QueryResult<Vec<ReferenceRow>> {
    course_skills::table
        .inner_join(skills::table)
        .filter(course_skills::course_id.eq(course_id))
        .order(course_skills::position)
        .select((skills::id, skills::parent_id, skills::slug, skills::name, skills::position))
        .load(conn)
        .await
}

/// Makes `ids` the skills of the course.
pub async fn set_skills(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    ids: &[Uuid],
) -> QueryResult<()> {
    diesel::delete(course_skills::table.filter(course_skills::course_id.eq(course_id)))
        .execute(conn)
        .await?;
    let rows: Vec<_> = (0_i32..)
        .zip(ids)
        .map(|(position, id)| {
            (
                course_skills::course_id.eq(course_id),
                course_skills::skill_id.eq(*id),
                course_skills::position.eq(position),
            )
        })
        .collect();
    diesel::insert_into(course_skills::table).values(rows).execute(conn).await?;
    Ok(())
}
