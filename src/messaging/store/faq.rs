//! Answers to frequent questions.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::threads::pattern;
use crate::messaging::schema::{faq_entries, faq_votes};

/// An entry.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = faq_entries, check_for_backend(diesel::pg::Pg))]
pub struct FaqRow {
    pub id: Uuid,
    pub position: i32,
    pub topic: String,
    pub question: Value,
    pub answer: Value,
    pub published: bool,
    pub helpful: i32,
    pub unhelpful: i32,
    pub version: i32,
    pub updated_by: Option<Uuid>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The text of an entry in all languages, as it is compared: apostrophes of Uzbek are left out.
const TEXT: &str = "translate(lower(
    (select string_agg(value, ' ') from jsonb_each_text(question)) || ' ' ||
    (select string_agg(value, ' ') from jsonb_each_text(answer))), 'ʻʼ‘’`''', '')";

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Sought {
    /// Beginnings of words, as PostgreSQL's text search takes them, all of which should be there.
    pub all: String,
    /// The same, of which one is enough.
    pub any: String,
    /// What was typed, to be found as it stands.
    pub typed: String,
}

/// Entries: those sought, the best first, or else all in their order.
pub async fn list(
    conn: &mut AsyncPgConnection,
    topic: Option<&str>,
    sought: Option<&Sought>,
    drafts: bool,
) -> QueryResult<Vec<FaqRow>> {
    let Some(sought) = sought else {
        let query = faq_entries::table
            .order((faq_entries::position, faq_entries::id))
            .select(FaqRow::as_select())
            .limit(500)
            .into_boxed();
        let query = match topic {
            Some(topic) => query.filter(faq_entries::topic.eq(topic.to_owned())),
            None => query,
        };
        let query = if drafts { query } else { query.filter(faq_entries::published) };
        return query.load(conn).await;
    };
    let sql = format!(
        "select f.* from (
            select e.*, {TEXT} as text,
                translate(lower((select string_agg(value, ' ') from jsonb_each_text(question))),
                    'ʻʼ‘’`''', '') as asked
            from faq_entries e
            where ($1 or published) and ($2::text is null or topic = $2)) f
        where to_tsvector('simple', text) @@ to_tsquery('simple', $4) or text like $5
        order by (asked like $5) desc, (to_tsvector('simple', text) @@ to_tsquery('simple', $3)) desc,
            ts_rank(setweight(to_tsvector('simple', asked), 'A') || to_tsvector('simple', text),
                to_tsquery('simple', $4)) desc,
            position, id
        limit 50"
    );
    diesel::sql_query(sql)
        .bind::<Bool, _>(drafts)
        .bind::<Nullable<Text>, _>(topic)
        .bind::<Text, _>(&sought.all)
        .bind::<Text, _>(&sought.any)
        .bind::<Text, _>(pattern(&sought.typed))
        .load(conn)
        .await
}

/// One entry, locked until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<FaqRow>> {
    faq_entries::table
        .find(id)
        .select(FaqRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// The place after the last entry.
pub async fn next_position(conn: &mut AsyncPgConnection) -> QueryResult<i32> {
    let last: Option<i32> =
        faq_entries::table.select(diesel::dsl::max(faq_entries::position)).get_result(conn).await?;
    Ok(last.map_or(0, |last| last.saturating_add(1)))
}

/// Adds an entry; one that is there already stays as it is. Says whether it is new.
pub async fn insert(conn: &mut AsyncPgConnection, row: &FaqRow) -> QueryResult<bool> {
    let rows = diesel::insert_into(faq_entries::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Writes an entry anew; its votes and its place stay.
pub async fn save(conn: &mut AsyncPgConnection, row: &FaqRow) -> QueryResult<()> {
    diesel::update(faq_entries::table.find(row.id))
        .set((
            faq_entries::topic.eq(&row.topic),
            faq_entries::question.eq(&row.question),
            faq_entries::answer.eq(&row.answer),
            faq_entries::published.eq(row.published),
            faq_entries::version.eq(row.version),
            faq_entries::updated_by.eq(row.updated_by),
            faq_entries::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes an entry away; what it was, if it was there.
pub async fn delete(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<FaqRow>> {
    diesel::delete(faq_entries::table.find(id))
        .returning(FaqRow::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// The ids of all entries in their order, locked until the transaction ends.
pub async fn lock_order(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Uuid>> {
    faq_entries::table
        .order((faq_entries::position, faq_entries::id))
        .select(faq_entries::id)
        .for_update()
        .load(conn)
        .await
}

/// Puts entries in this order.
pub async fn reorder(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<()> {
    diesel::sql_query(
        "update faq_entries f set position = o.n::int - 1
        from unnest($1) with ordinality as o (id, n) where f.id = o.id",
    )
    .bind::<diesel::sql_types::Array<diesel::sql_types::Uuid>, _>(ids)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose vote it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voter {
    /// Somebody signed in.
    Person(Uuid),
    /// A visitor, by a keyed print of the address and the entry.
    Visitor(Vec<u8>),
}

/// Keeps a voter's one vote on an entry, which must be locked: the first counts, another one afterwards
/// takes its place.
pub async fn vote(
    conn: &mut AsyncPgConnection,
    (id, entry): (Uuid, Uuid),
    voter: &Voter,
    helpful: bool,
    now: Timestamp,
) -> QueryResult<()> {
    let (user, visitor) = match voter {
        Voter::Person(user) => (Some(*user), None),
        Voter::Visitor(print) => (None, Some(print)),
    };
    let own = faq_votes::table
        .filter(faq_votes::entry_id.eq(entry))
        .filter(faq_votes::user_id.is_not_distinct_from(user))
        .filter(faq_votes::visitor.is_not_distinct_from(visitor));
    let before: Option<bool> = own.select(faq_votes::helpful).first(conn).await.optional()?;
    if before == Some(helpful) {
        return Ok(());
    }
    diesel::insert_into(faq_votes::table)
        .values((
            faq_votes::id.eq(id),
            faq_votes::entry_id.eq(entry),
            faq_votes::user_id.eq(user),
            faq_votes::visitor.eq(visitor),
            faq_votes::helpful.eq(helpful),
            faq_votes::voted_at.eq(now),
        ))
        .on_conflict((faq_votes::entry_id, faq_votes::user_id, faq_votes::visitor))
        .do_update()
        .set((faq_votes::helpful.eq(helpful), faq_votes::voted_at.eq(now)))
        .execute(conn)
        .await?;
    let moved = i32::from(before.is_some());
    let (yes, no) = if helpful { (1, -moved) } else { (-moved, 1) };
    diesel::update(faq_entries::table.find(entry))
        .set((
            faq_entries::helpful.eq(faq_entries::helpful + yes),
            faq_entries::unhelpful.eq(faq_entries::unhelpful + no),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
