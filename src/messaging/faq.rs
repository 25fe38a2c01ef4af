//! Frequent questions (MSG-11): searched in four languages at once, voted on by readers, kept by the
//! school's people.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use serde_json::Value;
use uuid::Uuid;

use super::list::{folded, is_staff};
use super::store;
use super::store::faq::{FaqRow, Sought, Voter};
use super::views_help::{FaqChange, FaqEntry, FaqOrder, FaqQuery, FaqTopic, NewFaq};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::audit;
use crate::platform::config::LOCALES;
use crate::platform::http::{Checks, ClientAddress, Code, Problem, Rule};

/// Votes of one person or one address, on all entries. (Each has one vote an entry, whatever they press.)
const VOTE: Rule = Rule::new("faq_vote", 30, 60);
/// Words of a query that count.
const WORDS: usize = 12;

/// What was asked for.
pub async fn list(
    app: &App,
    who: Option<&Principal>,
    query: &FaqQuery,
) -> Result<Vec<FaqEntry>, Problem> {
    let sought = query.q.as_deref().and_then(sought);
    let drafts = query.all == Some(true) && who.is_some_and(is_staff);
    let mut conn = app.db.conn().await?;
    let topic = query.topic.map(FaqTopic::as_str);
    let rows = store::faq::list(&mut conn, topic, sought.as_ref(), drafts).await?;
    let most = usize::try_from(query.limit.unwrap_or(500).clamp(1, 500)).unwrap_or(500);
    Ok(rows.into_iter().take(most).map(view).collect())
}

/// A query as it is looked for; `None` when nothing is left of it.
fn sought(typed: &str) -> Option<Sought> {
    let typed: String = folded(typed).chars().filter(|c| *c != '\'').collect();
    let words: Vec<String> = typed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .take(WORDS)
        .map(|word| format!("{}:*", stem(word)))
        .collect();
    if words.is_empty() {
        return None;
    }
    Some(Sought { all: words.join(" & "), any: words.join(" | "), typed })
}

/// The beginning of a word by which its other forms are found too: endings of Russian and Uzbek are
/// long, and no dictionary knows all four languages.
fn stem(word: &str) -> String {
    let length = word.chars().count();
    let kept = if length <= 4 { length } else { (length * 3 / 5).max(4) };
    word.chars().take(kept).collect()
}

fn view(row: FaqRow) -> FaqEntry {
    FaqEntry {
        id: row.id,
        topic: FaqTopic::of(&row.topic),
        question: texts(&row.question),
        answer: texts(&row.answer),
        published: row.published,
        helpful: row.helpful,
        unhelpful: row.unhelpful,
        version: row.version,
        updated_at: row.updated_at,
    }
}

fn texts(by_language: &Value) -> BTreeMap<String, String> {
    let pairs = by_language.as_object().into_iter().flatten();
    pairs
        .filter_map(|(language, text)| Some((language.clone(), text.as_str()?.to_owned())))
        .collect()
}

fn may_edit(who: &Principal) -> Result<(), Problem> {
    if is_staff(who) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
}

fn checked(
    checks: &mut Checks,
    field: &str,
    texts: &BTreeMap<String, String>,
    length: usize,
) -> BTreeMap<String, String> {
    checks.ensure(!texts.is_empty(), field, Code::Required, "At least one language is needed.");
    let mut clean = BTreeMap::new();
    for (language, text) in texts {
        let field = format!("{field}.{language}");
        let known = LOCALES.contains(&language.as_str());
        checks.ensure(known, &field, Code::Invalid, "The languages are uz, ru, en, he.");
        clean.insert(language.clone(), checks.lines(&field, text, 1..=length));
    }
    clean
}

fn same_languages(
    checks: &mut Checks,
    question: &BTreeMap<String, String>,
    answer: &BTreeMap<String, String>,
) {
    checks.ensure(
        question.keys().eq(answer.keys()),
        "answer",
        Code::Invalid,
        "Question and answer are needed in the same languages.",
    );
}

fn json(texts: &BTreeMap<String, String>) -> Result<Value, Problem> {
    serde_json::to_value(texts).map_err(Problem::internal)
}

/// Adds an entry at the end, under `id`.
///
/// # Errors
/// `forbidden`, faults of the input.
pub async fn add(app: &App, who: &Principal, id: Uuid, new: &NewFaq) -> Result<FaqEntry, Problem> {
    may_edit(who)?;
    let mut checks = Checks::new();
    let question = checked(&mut checks, "question", &new.question, 300);
    let answer = checked(&mut checks, "answer", &new.answer, 4000);
    same_languages(&mut checks, &question, &answer);
    checks.done()?;
    let now = app.clock.now();
    let row = FaqRow {
        id,
        position: 0,
        topic: new.topic.as_str().to_owned(),
        question: json(&question)?,
        answer: json(&answer)?,
        published: new.published.unwrap_or(true),
        helpful: 0,
        unhelpful: 0,
        version: 1,
        updated_by: Some(who.user_id),
        created_at: now,
        updated_at: now,
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<FaqEntry, Problem> {
            let position = store::faq::next_position(conn).await?;
            let row = FaqRow { position, ..row.clone() };
            if store::faq::insert(conn, &row).await? {
                record(conn, app, who, "faq.added", &row).await?;
            }
            Ok(view(row))
        })
        .await
}

/// Writes down who did what to an entry, in the transaction that does it. What it says may be long and
/// is not written down: its version tells which it was.
async fn record(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &Principal,
    action: &'static str,
    row: &FaqRow,
) -> Result<(), Problem> {
    let details = serde_json::json!({ "topic": row.topic, "version": row.version,
            "published": row.published });
    Ok(audit::note(conn, app, who.user_id, action, ("faq", row.id), details).await?)
}

/// Changes an entry.
///
/// # Errors
/// `forbidden`, `not_found`, `conflict` for an older version, faults of the input.
pub async fn change(
    app: &App,
    who: &Principal,
    id: Uuid,
    change: &FaqChange,
) -> Result<FaqEntry, Problem> {
    may_edit(who)?;
    let now = app.clock.now();
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<FaqEntry, Problem> {
            let row = store::faq::lock(conn, id).await?.ok_or_else(Problem::not_found)?;
            if row.version != change.version {
                return Err(Problem::new(Code::Conflict).with("version", row.version));
            }
            let mut checks = Checks::new();
            let question = match &change.question {
                Some(question) => checked(&mut checks, "question", question, 300),
                None => texts(&row.question),
            };
            let answer = match &change.answer {
                Some(answer) => checked(&mut checks, "answer", answer, 4000),
                None => texts(&row.answer),
            };
            same_languages(&mut checks, &question, &answer);
            checks.done()?;
            let topic = change.topic.map_or(row.topic, |topic| topic.as_str().to_owned());
            let row = FaqRow {
                topic,
                question: json(&question)?,
                answer: json(&answer)?,
                published: change.published.unwrap_or(row.published),
                version: row.version + 1,
                updated_by: Some(who.user_id),
                updated_at: now,
                ..row
            };
            store::faq::save(conn, &row).await?;
            record(conn, app, who, "faq.changed", &row).await?;
            Ok(view(row))
        })
        .await
}

/// Takes an entry away.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn delete(app: &App, who: &Principal, id: Uuid) -> Result<(), Problem> {
    may_edit(who)?;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let gone = store::faq::delete(conn, id).await?.ok_or_else(Problem::not_found)?;
            record(conn, app, who, "faq.removed", &gone).await
        })
        .await
}

/// Puts the entries in a new order.
///
/// # Errors
/// `forbidden`, `order_stale` unless exactly all of them are named.
pub async fn order(app: &App, who: &Principal, order: &FaqOrder) -> Result<(), Problem> {
    may_edit(who)?;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let before = store::faq::lock_order(conn).await?;
            if before == order.ids {
                return Ok(());
            }
            let mut known = before.clone();
            let mut named = order.ids.clone();
            known.sort_unstable();
            named.sort_unstable();
            if known != named {
                return Err(Problem::new(Code::OrderStale));
            }
            store::faq::reorder(conn, &order.ids).await?;
            let details = serde_json::json!({ "before": before, "after": order.ids });
            // Of all entries together.
            let all = ("faq", Uuid::nil());
            audit::note(conn, app, who.user_id, "faq.ordered", all, details).await?;
            Ok(())
        })
        .await
}

/// Keeps a reader's vote: one a person, or an address of visitors, on an entry. Another one takes its place.
///
/// # Errors
/// `not_found`, `rate_limited`.
pub async fn vote(
    app: &App,
    who: Option<&Principal>,
    address: ClientAddress,
    id: Uuid,
    helpful: bool,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let address = address.limit_key();
    let key = who.map_or_else(|| address.clone(), |who| who.user_id.to_string());
    app.limits.check(&VOTE, &key, now)?;
    let voter = match who {
        Some(who) => Voter::Person(who.user_id),
        None => Voter::Visitor(identity::print(app, &format!("faq-vote\0{id}\0{address}"))),
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let entry = store::faq::lock(conn, id).await?.filter(|entry| entry.published);
            entry.ok_or_else(Problem::not_found)?;
            Ok(store::faq::vote(conn, (app.id(), id), &voter, helpful, now).await?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MSG-11
    #[test]
    fn other_forms_of_a_word_are_found_by_its_beginning() {
        for (typed, kept) in [
            ("возврата", "возв"),
            ("возврат", "возв"),
            ("hujjatlarni", "hujjat"),
            ("ball", "ball"),
            ("балл", "балл"),
            ("מסמכים", "מסמכ"),
        ] {
            assert_eq!(stem(typed), kept);
        }
    }

    #[test]
    fn what_is_typed_is_words_and_never_syntax() {
        let found = sought("  Возврат & денег! ").unwrap();
        assert_eq!(found.all, "возв:* & дене:*");
        assert_eq!(found.any, "возв:* | дене:*");
        let uzbek = sought("toʻlov").unwrap();
        assert_eq!((uzbek.all.as_str(), uzbek.typed.as_str()), ("tolo:*", "tolov"));
        for nothing in ["", " ", "!&|:*()", "a"] {
            assert!(sought(nothing).is_none(), "{nothing}");
        }
    }
}
