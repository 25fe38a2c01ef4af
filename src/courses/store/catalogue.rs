//! The catalogue: published courses, filtered, sorted, paged by keyset.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::inputs::Sort;
use super::super::model::{Course, CourseState, Language, Level};
use super::super::schema::courses;

/// What to look for.
#[derive(Debug, Default)]
pub struct Filter {
    /// Each must be in the title or the subtitle.
    pub words: Vec<String>,
    /// One of these categories.
    pub categories: Option<Vec<Uuid>>,
    /// How hard.
    pub level: Option<Level>,
    /// Taught in.
    pub language: Option<Language>,
    /// Free or paid.
    pub free: Option<bool>,
    /// Target score.
    pub track: Option<i16>,
}

/// The sort keys of the last row of a page; each sort has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// `(published_at, id)`
    Newest(Timestamp, Uuid),
    /// `(students, id)`
    Popular(i32, Uuid),
    /// `(currency, amount, id)`
    Price(String, i64, Uuid),
}

impl Keys {
    /// The keys of `course` under `sort`.
    pub fn of(course: &Course, sort: Sort) -> Self {
        match sort {
            Sort::Newest => {
                Self::Newest(course.published_at.unwrap_or(course.created_at), course.id)
            }
            Sort::Popular => Self::Popular(course.students_count, course.id),
            Sort::Price => Self::Price(
                course.price_currency.clone().unwrap_or_default(),
                course.price_amount.unwrap_or_default(),
                course.id,
            ),
        }
    }

    /// Whether these are keys of `sort`.
    pub fn are_of(&self, sort: Sort) -> bool {
        matches!(
            (self, sort),
            (Self::Newest(..), Sort::Newest)
                | (Self::Popular(..), Sort::Popular)
                | (Self::Price(..), Sort::Price)
        )
    }
}

/// One page of published courses after `after`.
pub async fn page(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    sort: Sort,
    after: Option<&Keys>,
    limit: i64,
) -> QueryResult<Vec<Course>> {
    let mut query = courses::table
        .filter(courses::state.eq(CourseState::Published))
        .limit(limit)
        .select(Course::as_select())
        .into_boxed();
    for word in &filter.words {
        let pattern = format!("%{}%", escape_like(word));
        query = query
            .filter(courses::title.ilike(pattern.clone()).or(courses::subtitle.ilike(pattern)));
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(courses::category_id.eq_any(categories));
    }
    if let Some(level) = filter.level {
        // A course for everybody suits every level.
        query = query.filter(courses::level.eq(level).or(courses::level.eq(Level::All)));
    }
    if let Some(language) = filter.language {
        query = query.filter(courses::language.eq(language));
    }
    if let Some(track) = filter.track {
        query = query.filter(courses::track.eq(track));
    }
    query = match filter.free {
        Some(true) => query.filter(courses::price_amount.is_null()),
        Some(false) => query.filter(courses::price_amount.is_not_null()),
        None => query,
    };
    query = match sort {
        Sort::Newest => query.order((courses::published_at.desc(), courses::id.desc())),
        Sort::Popular => query.order((courses::students_count.desc(), courses::id.desc())),
        Sort::Price => query.order((
            sql::<Text>("coalesce(price_currency, '')"),
            sql::<BigInt>("coalesce(price_amount, 0)"),
            courses::id,
        )),
    };
    // Row comparisons, so that each order has one index range to walk.
    query = match after {
        None => query,
        Some(Keys::Newest(at, id)) => query.filter(
            sql::<Bool>("(published_at, id) < (")
                .bind::<Timestamptz, _>(*at)
                .sql(", ")
                .bind::<SqlUuid, _>(*id)
                .sql(")"),
        ),
        Some(Keys::Popular(students, id)) => query.filter(
            sql::<Bool>("(students_count, id) < (")
                .bind::<Integer, _>(*students)
                .sql(", ")
                .bind::<SqlUuid, _>(*id)
                .sql(")"),
        ),
        Some(Keys::Price(currency, amount, id)) => query.filter(
            sql::<Bool>("(coalesce(price_currency, ''), coalesce(price_amount, 0), id) > (")
                .bind::<Text, _>(currency.clone())
                .sql(", ")
                .bind::<BigInt, _>(*amount)
                .sql(", ")
                .bind::<SqlUuid, _>(*id)
                .sql(")"),
        ),
    };
    query.load(conn).await
}

/// `word` as itself inside a LIKE pattern.
fn escape_like(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_of_the_pattern_language_is_a_plain_sign_to_the_reader() {
        assert_eq!(escape_like("100%_\\"), "100\\%\\_\\\\");
    }
}
