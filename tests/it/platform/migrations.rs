//! The schema: migrations go up and down, foreign keys have indexes.

use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use ilmspace::platform::db::Db;

use crate::support::TestDatabase;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

async fn names(url: &str, sql: &str) -> Vec<String> {
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    let rows: Vec<Name> = diesel::sql_query(sql).load(&mut conn).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// PLT-09
#[tokio::test(flavor = "multi_thread")]
async fn every_migration_goes_down_as_it_came_up() {
    let database = TestDatabase::create_empty().await;
    let url = database.url();
    let ran = Db::migrate(&url).await.unwrap();
    assert!(!ran.is_empty());
    assert!(Db::pending_migrations(&url).await.unwrap().is_empty());
    Db::revert_all(&url).await.unwrap();
    let left = names(
        &url,
        "select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = 'public' and c.relkind in ('r', 'v', 'S') \
         and c.relname not like '\\_\\_diesel%' union all \
         select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
         left join pg_depend d on d.objid = p.oid and d.deptype = 'e' \
         where n.nspname = 'public' and d.objid is null and p.proname not like 'diesel%'",
    )
    .await;
    assert!(left.is_empty(), "left behind: {left:?}");
    assert_eq!(Db::migrate(&url).await.unwrap().len(), ran.len());
}

/// PLT-03
#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index_that_begins_with_it() {
    let database = TestDatabase::create().await;
    let bare = names(
        &database.url(),
        "select conrelid::regclass::text || '.' || conname as name from pg_constraint c \
         where contype = 'f' and not exists (select 1 from pg_index i \
         where i.indrelid = c.conrelid and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey \
         and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] <@ c.conkey)",
    )
    .await;
    assert!(bare.is_empty(), "foreign keys without an index: {bare:?}");
}
