//! Queries on the word lists.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::messaging::moderation::model::{WordLanguage, WordRow, WordVerdict};
use crate::messaging::moderation::schema::chat_words;

/// What is compared with messages.
pub async fn skeletons(conn: &mut AsyncPgConnection) -> QueryResult<Vec<(String, WordVerdict)>> {
    chat_words::table.select((chat_words::skeleton, chat_words::verdict)).load(conn).await
}

/// How many words there are.
pub async fn count(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    chat_words::table.count().get_result(conn).await
}

/// Words by language and alphabet, after `after`, up to `limit`.
pub async fn page(
    conn: &mut AsyncPgConnection,
    language: Option<WordLanguage>,
    part: Option<&str>,
    after: Option<(String, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<WordRow>> {
    let mut query = chat_words::table.select(WordRow::as_select()).into_boxed();
    if let Some(language) = language {
        query = query.filter(chat_words::language.eq(language));
    }
    if let Some(part) = part {
        // No pattern: the sign of any characters is a character here.
        query = query.filter(
            diesel::dsl::sql::<diesel::sql_types::Bool>("strpos(chat_words.skeleton, ")
                .bind::<diesel::sql_types::Text, _>(part.to_owned())
                .sql(") > 0"),
        );
    }
    if let Some((word, id)) = after {
        query = query.filter(
            chat_words::word
                .gt(word.clone())
                .or(chat_words::word.eq(word).and(chat_words::id.gt(id))),
        );
    }
    query.order((chat_words::word, chat_words::id)).limit(limit).load(conn).await
}

/// Adds a word unless its skeleton is in that list; says whether it is new.
pub async fn insert(conn: &mut AsyncPgConnection, row: &WordRow) -> QueryResult<bool> {
    let rows = diesel::insert_into(chat_words::table)
        .values(row)
        .on_conflict((chat_words::language, chat_words::skeleton))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Takes a word off its list.
pub async fn remove(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<WordRow>> {
    diesel::delete(chat_words::table.find(id))
        .returning(WordRow::as_returning())
        .get_result(conn)
        .await
        .optional()
}
