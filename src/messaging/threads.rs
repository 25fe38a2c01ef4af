//! Questions on a lesson and threads of a course's forum: each is a room of its own, with a title and
//! at best an accepted answer.

use actors::wire::Problem as Refusal;
use diesel_async::AsyncPgConnection;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::access::{self, Member};
use super::list::folded;
use super::moderation;
use super::rooms::{self, New};
use super::routes::{looked_at, problem, say};
use super::store;
use super::store::rooms::Key;
use super::store::threads::{Asked, Of, ThreadRow};
use super::views::{AtView, NewMessage};
use super::views_rooms::{NewThread, Thread, ThreadState, ThreadsQuery, UserRef};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal};
use crate::platform::http::{Checks, Code, Page, Problem, Rule, cursor};

/// New threads of one person.
const NEW: Rule = Rule::new("chat_threads", 20, 3600).burst(5);

/// Where the threads are, once the caller may see them.
async fn enter(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    of: Of,
) -> Result<(Option<Uuid>, Uuid, Member), Problem> {
    let (lesson, course) = match of {
        Of::Lesson(id) => {
            let found = courses::lesson_places(conn, &[id]).await?.remove(&id);
            let lesson = found.ok_or_else(Problem::not_found)?;
            (Some(lesson.id), lesson.course_id)
        }
        Of::Course(id) => (None, id),
    };
    // As somebody who opened none of them.
    let any = New::thread(Uuid::nil(), lesson, course, Uuid::nil(), String::new()).row(app);
    let (_, member) = access::would_enter(app, conn, who, &any).await?;
    Ok((lesson, course, member))
}

/// A page of threads, the liveliest first.
///
/// # Errors
/// `not_found`, `bad_request` for a foreign cursor.
pub async fn list(
    app: &App,
    who: &Principal,
    of: Of,
    query: &ThreadsQuery,
) -> Result<Page<Thread>, Problem> {
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let asked = Asked {
        of,
        reader: who.user_id,
        words: query.q.as_deref().map(folded).filter(|words| !words.is_empty()),
        answered: query.state.map(|state| state == ThreadState::Answered),
        room: None,
        after: query.cursor.as_deref().map(cursor::decode).transpose()?,
    };
    let mut conn = app.db.conn().await?;
    enter(app, &mut conn, who, of).await?;
    let rows = store::threads::list(&mut conn, &asked, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.active_at, row.id));
    let items = shown(&mut conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn shown(conn: &mut AsyncPgConnection, rows: Vec<ThreadRow>) -> Result<Vec<Thread>, Problem> {
    let openers: Vec<Uuid> = rows.iter().map(|row| row.owner_id).collect();
    let people = identity::people(conn, &openers).await?;
    let name = |id: &Uuid| people.get(id).map(|person| person.name.clone()).unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| Thread {
            room_id: row.id,
            title: row.title,
            opener: UserRef { id: row.owner_id, name: name(&row.owner_id) },
            created_at: row.created_at,
            active_at: row.active_at,
            replies: (row.messages - 1).max(0),
            answered: row.answered,
            unread: row.unread,
            locked: row.locked,
            at: row.at_lesson.zip(row.at_second).map(|(lesson, second)| AtView {
                lesson,
                second: u32::try_from(second).unwrap_or(0),
            }),
        })
        .collect())
}

/// Opens a thread with its first message; the same `client_id` again finds the thread that it opened.
/// Whether it is new is said beside it.
///
/// # Errors
/// `not_found`, `read_only`, faults of the input, `client_id_reused`, and what the room refuses.
pub async fn open(
    app: &App,
    who: &Principal,
    of: Of,
    new: NewThread,
) -> Result<(Thread, bool), Problem> {
    let mut checks = Checks::new();
    let title = checks.text("title", &new.title, 3..=200);
    let stray = new.at.is_some_and(|at| !matches!(of, Of::Lesson(id) if id == at.lesson));
    checks.ensure(!stray, "at", Code::Invalid, "A moment of this lesson is meant.");
    checks.done()?;
    let (room, member) = {
        let mut conn = app.db.conn().await?;
        let (lesson, course, member) = enter(app, &mut conn, who, of).await?;
        if !member.can_write {
            return Err(Problem::new(Code::ReadOnly));
        }
        let place = lesson.unwrap_or(course);
        let id = id_of(who.user_id, place, &new.client_id);
        let found = store::rooms::find(&mut conn, Key::Id(id)).await?;
        if found.as_ref().is_some_and(|room| room.title.as_ref() != Some(&title)) {
            return Err(Problem::new(Code::ClientIdReused));
        }
        if found.is_none() {
            app.limits.check(&NEW, &who.user_id.to_string(), app.clock.now())?;
            // Before there is a room for it.
            looked_at(&new.client_id, &new.body)?;
            screened_title(app, &member, &title, &new.body).await?;
        }
        let room = New::thread(id, lesson, course, who.user_id, title);
        let room = rooms::ensure(app, &mut conn, &room).await?;
        let member = access::enter(app, &mut conn, who, room).await?;
        (room, member)
    };
    let message = NewMessage::plain(new.client_id, new.body, new.at);
    let said = say(app, &member, message).await;
    let mut conn = app.db.conn().await?;
    let ack = match said {
        Ok(ack) => ack,
        Err(problem) => {
            // Nobody is to meet a thread without a word in it.
            store::rooms::unmake(&mut conn, room).await?;
            return Err(problem);
        }
    };
    let asked = Asked {
        of,
        reader: who.user_id,
        words: None,
        answered: None,
        room: Some(room),
        after: None,
    };
    let rows = store::threads::list(&mut conn, &asked, 1).await?;
    let thread = shown(&mut conn, rows).await?.into_iter().next();
    thread.map(|thread| (thread, !ack.dup)).ok_or_else(Problem::not_found)
}

/// Looks at a title as at what stands below it. There is nobody who could hold a title back and let it
/// through later: what would have a message wait for a moderator refuses a title.
///
/// # Errors
/// `message_rejected` with the rule, `unavailable`.
async fn screened_title(
    app: &App,
    member: &Member,
    title: &str,
    body: &str,
) -> Result<(), Problem> {
    let refused = |refusal: Refusal| problem(&refusal);
    let whole = format!("{title}\n{body}");
    let of_both = moderation::screen(app, member.user, &whole).await.map_err(refused)?;
    if member.moderates {
        return Ok(());
    }
    if let Some(against) = of_both.against {
        return Err(problem(&against));
    }
    let of_body = moderation::screen(app, member.user, body).await.map_err(refused)?;
    if of_both.held && !of_body.held {
        return Err(problem(&Refusal::rejected("words")));
    }
    Ok(())
}

/// The id of the thread that a person opens in a place under a client id: always the same (a UUID of
/// version 8), so that a repetition finds it.
fn id_of(user: Uuid, place: Uuid, client_id: &str) -> Uuid {
    let mut hasher = Sha256::new();
    hasher.update(b"ilm-thread-v1\0");
    hasher.update(user);
    hasher.update(place);
    hasher.update(client_id);
    let mut bytes = [0; 16];
    for (byte, digest) in bytes.iter_mut().zip(hasher.finalize()) {
        *byte = digest;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_opened_once_per_person_place_and_client_id() {
        let (ann, bob, lesson) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let id = id_of(ann, lesson, "c1");
        assert_eq!(id, id_of(ann, lesson, "c1"));
        for other in [id_of(bob, lesson, "c1"), id_of(ann, bob, "c1"), id_of(ann, lesson, "c2")] {
            assert_ne!(id, other);
        }
    }
}
