//! The word lists: kept by moderators, compared on every node. A change is told to the other nodes,
//! and looked for every second where nobody tells.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::model::WordRow;
use super::views::{NewWord, Word, WordQuery};
use super::words::Dictionary;
use super::{WORDS, skeleton, store};
use crate::app::App;
use crate::identity::Principal;
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Page, Problem, cursor};
use crate::platform::live::Notice;

/// Words in all lists at most: every message is compared with them, on every node.
const WORDS_MAX: i64 = 10_000;
/// How often a node looks for changes by itself where no bus tells it …
const LOOK_ALONE: Duration = Duration::from_secs(1);
/// … and where one does.
const LOOK: Duration = Duration::from_secs(30);

/// Loads the lists, and loads them again when they change. Inside an actix system.
pub(in crate::messaging) fn start(app: &App) {
    let app = app.clone();
    actix_rt::spawn(async move {
        let mut notices = app.live.listen();
        loop {
            let read = reload(&app).await;
            if let Err(problem) = &read {
                tracing::warn!(%problem, "the word lists could not be read");
            }
            let wait = if read.is_err() || !app.bus.has_peers() { LOOK_ALONE } else { LOOK };
            let looking = tokio::time::sleep(wait);
            tokio::pin!(looking);
            loop {
                tokio::select! {
                    () = app.stop.cancelled() => return,
                    () = &mut looking => break,
                    notice = notices.recv() => match notice {
                        Ok(Notice::Stale { what }) if what == WORDS => break,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        }
    });
}

async fn reload(app: &App) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let words = store::words::skeletons(&mut conn).await?;
    drop(conn);
    let dictionary = Dictionary::of(words.iter().map(|(word, verdict)| (word.as_str(), *verdict)));
    app.messaging.moderation.keep(dictionary);
    Ok(())
}

/// Makes a change bite here at once, and elsewhere within a second.
async fn changed(app: &App) {
    if let Err(problem) = reload(app).await {
        tracing::warn!(%problem, "the word lists could not be read");
    }
    app.live.tell(Notice::Stale { what: WORDS.into() });
}

/// A page of the lists, by alphabet.
pub(super) async fn list(app: &App, query: WordQuery) -> Result<Page<Word>, Problem> {
    let after: Option<(String, Uuid)> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(50).clamp(1, 100));
    let part = query.q.as_deref().and_then(skeleton::of_entry);
    if query.q.as_deref().is_some_and(|q| !q.trim().is_empty()) && part.is_none() {
        return Ok(Page::whole(Vec::new()));
    }
    let mut conn = app.db.conn().await?;
    let rows = store::words::page(&mut conn, query.language, part.as_deref(), after, limit + 1);
    let rows = rows.await?;
    Ok(Page::of(rows, limit, |row| (row.word.clone(), row.id)).map(Word::from))
}

/// Adds a word.
///
/// # Errors
/// Faults of the input; `conflict` when a list of this language has it, or there are too many.
pub(super) async fn add(app: &App, by: &Principal, new: NewWord) -> Result<Word, Problem> {
    let mut checks = Checks::new();
    let word = checks.text("word", &new.word, 1..=100);
    let skeleton = skeleton::of_entry(&word);
    let letters = skeleton.as_deref().map_or(0, |s| s.trim_end_matches('*').chars().count());
    let wildcard = skeleton.as_deref().is_some_and(|s| s.ends_with('*'));
    checks.ensure(
        letters >= if wildcard { 3 } else { 2 },
        "word",
        Code::TooShort,
        "At least two letters are needed, three before a *.",
    );
    checks.done()?;
    let row = WordRow {
        id: app.id(),
        language: new.language,
        word,
        skeleton: skeleton.unwrap_or_default(),
        verdict: new.verdict,
        added_by: Some(by.user_id),
        created_at: app.clock.now(),
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            if store::words::count(conn).await? >= WORDS_MAX {
                return Err(Problem::new(Code::Conflict)
                    .detail(format!("The lists hold {WORDS_MAX} words at most.")));
            }
            if !store::words::insert(conn, &row).await? {
                return Err(Problem::new(Code::Conflict)
                    .detail("This list has the word already, in this or another spelling."));
            }
            record(conn, app, by, "chat.word_added", &row).await
        })
        .await?;
    changed(app).await;
    Ok(row.into())
}

/// Takes a word off its list.
///
/// # Errors
/// `not_found`.
pub(super) async fn remove(app: &App, by: &Principal, id: Uuid) -> Result<(), Problem> {
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let row = store::words::remove(conn, id).await?.ok_or_else(Problem::not_found)?;
            record(conn, app, by, "chat.word_removed", &row).await
        })
        .await?;
    changed(app).await;
    Ok(())
}

async fn record(
    conn: &mut AsyncPgConnection,
    app: &App,
    by: &Principal,
    action: &'static str,
    row: &WordRow,
) -> Result<(), Problem> {
    let entry = audit::Entry {
        actor: Some(by.user_id),
        action,
        subject_kind: "word",
        subject_id: row.id,
        reason: String::new(),
        details: json!({ "word": row.word, "language": row.language, "verdict": row.verdict }),
    };
    Ok(audit::record(conn, entry, app.id(), app.clock.now()).await?)
}
