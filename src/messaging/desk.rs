//! The curators' desk (MSG-08, MSG-14): all waiting questions in one queue, oldest first, each held by
//! one person at a time. A hold is a row with a time in it: whoever asks judges by that time, so a
//! holder who goes away loses it without anybody having to notice.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access;
use super::list::{cut, folded};
use super::model::RoomRow;
use super::rules::desk::Question;
use super::store;
use super::store::desk::{Filter, QueueLine, Scope, View};
use super::support::seconds;
use super::views_desk::{
    AnswerTimes, Colleague, Desk, DeskAttempt, DeskCounts, DeskLine, DeskNote, DeskPanel,
    DeskProgress, DeskQuery, DeskStudent, NewNote, PastQuestions, PlaceRef, QueueState,
};
use super::views_rooms::{CourseRef, UserRef};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal, Role as Grant};
use crate::learning;
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Page, Problem, cursor};

/// Answers of this time are measured.
const MEASURED: TimeDelta = TimeDelta::days(7);
/// Characters of a question in the queue.
const TEXT: usize = 300;
/// Lines looked through for a search at most.
const SEARCHED: usize = 1000;
/// Lines read at once.
const AT_ONCE: i64 = 100;
/// Whoever may answer anywhere.
const ANSWER: [Grant; 5] =
    [Grant::Curator, Grant::Support, Grant::Moderator, Grant::Admin, Grant::SuperAdmin];

/// The part of the desk that somebody works at.
///
/// # Errors
/// `forbidden` when there is none.
async fn scope(conn: &mut AsyncPgConnection, who: &Principal) -> Result<Scope, Problem> {
    let roles = &who.roles;
    let everywhere =
        [Grant::Curator, Grant::Moderator, Grant::Admin].into_iter().any(|role| roles.has(role));
    let mut courses: Vec<Uuid> = roles.courses_with(Grant::Curator).collect();
    courses.extend(courses::taught_by(conn, who.user_id).await?);
    let scope = Scope { everywhere, courses, support: everywhere || roles.has(Grant::Support) };
    if scope.is_empty() { Err(Problem::new(Code::Forbidden)) } else { Ok(scope) }
}

/// A page of the queue with its counts.
///
/// # Errors
/// `forbidden`, `bad_request` for a foreign cursor.
pub async fn queue(app: &App, who: &Principal, query: &DeskQuery) -> Result<Desk, Problem> {
    let now = app.clock.now();
    let limit = i64::from(query.limit.unwrap_or(30).clamp(1, 100));
    let view = match query.state.unwrap_or_default() {
        QueueState::Waiting => View::Waiting,
        QueueState::Mine => View::Mine(who.user_id),
        QueueState::Closed => View::Closed,
    };
    let filter = Filter { course: query.course, task: query.task, kind: query.kind };
    let wanted = query.q.as_deref().map(folded).filter(|q| !q.is_empty());
    let mut after: Option<(Timestamp, Uuid)> =
        query.cursor.as_deref().map(cursor::decode).transpose()?;
    let mut conn = app.db.conn().await?;
    let scope = scope(&mut conn, who).await?;
    let page = if let Some(wanted) = wanted {
        let mut found = Vec::new();
        let mut next_cursor = None;
        let mut seen = 0;
        while seen < SEARCHED {
            let lines =
                store::desk::queue(&mut conn, &scope, view, &filter, None, after, AT_ONCE).await?;
            let Some(last) = lines.last() else { break };
            let (keys, read) = ((last.at, last.room_id), lines.len());
            seen += read;
            after = Some(keys);
            for line in shown(&mut conn, lines, now).await? {
                if matches(&line, &wanted) {
                    found.push(line);
                }
            }
            let has_more = i64::try_from(read).unwrap_or(0) == AT_ONCE;
            next_cursor = has_more.then(|| cursor::encode(&keys));
            if !has_more || i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit {
                break;
            }
        }
        Page { items: found, next_cursor }
    } else {
        let lines =
            store::desk::queue(&mut conn, &scope, view, &filter, None, after, limit + 1).await?;
        let page = Page::of(lines, limit, |line| (line.at, line.room_id));
        let items = shown(&mut conn, page.items, now).await?;
        Page { items, next_cursor: page.next_cursor }
    };
    let counts = store::desk::counts(&mut conn, &scope, who.user_id).await?;
    let waits = store::desk::waits(&mut conn, &scope, query.kind, now - MEASURED).await?;
    Ok(Desk {
        items: page.items,
        next_cursor: page.next_cursor,
        counts: DeskCounts { waiting: counts.waiting, mine: counts.mine },
        answer_s: AnswerTimes {
            median: waits.median.map(seconds),
            p90: waits.p90.map(seconds),
            n: waits.n,
        },
        kinds: scope.kinds(),
    })
}

fn matches(line: &DeskLine, wanted: &str) -> bool {
    let texts = [
        Some(line.student.name.as_str()),
        line.course.as_ref().map(|course| course.title.as_str()),
        line.task.as_ref().map(|task| task.title.as_str()),
        line.lesson.as_ref().map(|lesson| lesson.title.as_str()),
        line.title.as_deref(),
        Some(line.text.as_str()),
    ];
    texts.into_iter().flatten().any(|text| folded(text).contains(wanted))
}

/// The lines with everything that other contexts know.
async fn shown(
    conn: &mut AsyncPgConnection,
    lines: Vec<QueueLine>,
    now: Timestamp,
) -> Result<Vec<DeskLine>, Problem> {
    let ids: Vec<Uuid> = lines.iter().map(|line| line.room_id).collect();
    let rooms: HashMap<Uuid, RoomRow> =
        store::rooms::all(conn, &ids).await?.into_iter().map(|room| (room.id, room)).collect();
    let of = |part: fn(&RoomRow) -> Option<Uuid>| {
        let ids: HashSet<Uuid> = rooms.values().filter_map(part).collect();
        ids.into_iter().collect::<Vec<Uuid>>()
    };
    let courses = courses::course_places(conn, &of(|room| room.course_id)).await?;
    let lessons = courses::lesson_places(conn, &of(|room| room.lesson_id)).await?;
    let tasks = courses::task_places(conn, &of(|room| room.task_id)).await?;
    let mut people: Vec<Uuid> = lines.iter().map(|line| line.student_id).collect();
    let locales = identity::locales(conn, &people).await?;
    people.extend(lines.iter().filter_map(|line| line.claimed_by));
    let people = identity::people(conn, &people).await?;
    let asked: Vec<(Uuid, Uuid)> = lines
        .iter()
        .filter_map(|line| Some((line.student_id, rooms.get(&line.room_id)?.task_id?)))
        .collect();
    let wrong = learning::wrong_counts(conn, &asked).await?;
    let name = |id: Uuid| people.get(&id).map(|person| person.name.clone()).unwrap_or_default();
    Ok(lines
        .into_iter()
        .filter_map(|line| {
            let room = rooms.get(&line.room_id)?;
            let holder =
                line.claimed_by.filter(|_| line.claimed_until.is_some_and(|until| now < until));
            Some(DeskLine {
                room_id: room.id,
                kind: room.kind,
                course: room
                    .course_id
                    .and_then(|id| courses.get(&id))
                    .map(|course| CourseRef { id: course.id, title: course.title.clone() }),
                task: room
                    .task_id
                    .and_then(|id| tasks.get(&id))
                    .map(|task| PlaceRef { id: task.id, title: task.title.clone() }),
                lesson: room
                    .lesson_id
                    .and_then(|id| lessons.get(&id))
                    .map(|lesson| PlaceRef { id: lesson.id, title: lesson.title.clone() }),
                title: room.title.clone(),
                student: DeskStudent {
                    id: line.student_id,
                    name: name(line.student_id),
                    locale: locales.get(&line.student_id).cloned().unwrap_or_default(),
                },
                text: cut(&line.text.unwrap_or_default(), TEXT),
                waiting_s: line.waiting_since.map(|since| (now - since).num_seconds().max(0)),
                waiting_since: line.waiting_since,
                wrong: room
                    .task_id
                    .and_then(|task| wrong.get(&(line.student_id, task)).copied())
                    .unwrap_or(0),
                claimed_by: holder.map(|id| UserRef { id, name: name(id) }),
                claimed_until: holder.and(line.claimed_until),
                resolved_at: line.resolved_at,
            })
        })
        .collect())
}

/// Lets somebody at the question of a room: who answers there, nobody else.
async fn at_question(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    room: Uuid,
) -> Result<(RoomRow, Scope), Problem> {
    let (row, _, member) = access::open(app, conn, who, room).await?;
    if !member.moderates || !row.kind.is_on_desk() {
        return Err(Problem::not_found());
    }
    let scope = scope(conn, who).await?;
    if scope.holds(row.course_id) { Ok((row, scope)) } else { Err(Problem::not_found()) }
}

/// One question with what helps to answer it.
///
/// # Errors
/// `not_found`.
pub async fn panel(app: &App, who: &Principal, room: Uuid) -> Result<DeskPanel, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let (row, scope) = at_question(app, &mut conn, who, room).await?;
    let line = one(&mut conn, &scope, room, now).await?;
    let student = line.student.id;
    let (source, attempts) = match row.task_id {
        Some(task) => {
            let source = courses::task_source(&mut conn, task).await?;
            (source, learning::attempts_of(&mut conn, student, task).await?)
        }
        None => (None, Vec::new()),
    };
    let progress = match row.course_id {
        Some(course) => Some(learning::progress_of(&mut conn, student, course).await?),
        None => None,
    };
    let (n, resolved) = store::desk::past(&mut conn, &scope, student, room).await?;
    let note = note_of(&mut conn, student, row.course_id).await?;
    let attempts = attempts.into_iter().map(|attempt| DeskAttempt {
        no: attempt.no,
        version: attempt.version,
        verdict: attempt.verdict.as_str().to_owned(),
        answer: attempt.shown,
        at: attempt.at,
    });
    Ok(DeskPanel {
        line,
        version: source.as_ref().map(|source| source.version),
        statement: source.as_ref().map(|source| source.statement.clone()),
        solution: source.and_then(|source| source.solution),
        attempts: attempts.collect(),
        progress: progress.map(|progress| DeskProgress {
            percent: progress.percent,
            done: progress.lessons_done.saturating_add(progress.tasks_right),
            total: progress.lessons.saturating_add(progress.tasks),
        }),
        past: PastQuestions { n, resolved },
        note,
    })
}

async fn one(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    room: Uuid,
    now: Timestamp,
) -> Result<DeskLine, Problem> {
    let filter = Filter::default();
    let lines = store::desk::queue(conn, scope, View::Closed, &filter, Some(room), None, 1).await?;
    let line = shown(conn, lines, now).await?.into_iter().next();
    line.ok_or_else(Problem::not_found)
}

async fn note_of(
    conn: &mut AsyncPgConnection,
    student: Uuid,
    course: Option<Uuid>,
) -> Result<Option<DeskNote>, Problem> {
    let Some(note) = store::desk::note(conn, student, course).await? else { return Ok(None) };
    let people = identity::people(conn, &[note.by]).await?;
    let name = people.get(&note.by).map(|person| person.name.clone()).unwrap_or_default();
    Ok(Some(DeskNote { text: note.text, by: name, at: note.at }))
}

/// What is done to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Take it.
    Claim,
    /// Keep it.
    Renew,
    /// Let it go.
    Release,
    /// Call it done.
    Resolve,
    /// Hand it to somebody.
    Pass(Uuid),
}

impl Act {
    /// What the audit log calls it; keeping what one has is no news.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Claim => Some("desk.claim"),
            Self::Renew => None,
            Self::Release => Some("desk.release"),
            Self::Resolve => Some("desk.resolve"),
            Self::Pass(_) => Some("desk.pass"),
        }
    }

    fn details(self) -> Value {
        match self {
            Self::Pass(to) => json!({ "to": to }),
            _ => json!({}),
        }
    }
}

/// Does something to a question; of two who want the same at once exactly one gets it.
///
/// # Errors
/// `not_found`, `claimed` with who holds it, a fault of `to`.
pub async fn act(app: &App, who: &Principal, room: Uuid, act: Act) -> Result<DeskLine, Problem> {
    let now = app.clock.now();
    let (line, course, before, after) = {
        let mut conn = app.db.conn().await?;
        let (row, scope) = at_question(app, &mut conn, who, room).await?;
        if let Act::Pass(to) = act {
            let there = access::standings(app, &mut conn, room, &[to]).await?;
            if !there.get(&to).is_some_and(|member| member.moderates) {
                return Err(Problem::new(Code::Invalid).field(
                    "to",
                    Code::Invalid,
                    "This person does not answer here.",
                ));
            }
        }
        drop(conn);
        let (before, after) = app
            .db
            .transaction(
                async |conn: &mut AsyncPgConnection| -> Result<(Question, Question), Problem> {
                    let row = store::desk::lock(conn, &[room]).await?.into_iter().next();
                    let before = row.ok_or_else(Problem::not_found)?.question();
                    let after = match act {
                        Act::Claim | Act::Renew => before.claim(who.user_id, now),
                        Act::Release => Ok(before.release(who.user_id)),
                        Act::Resolve => before.resolve(who.user_id, now),
                        Act::Pass(to) => before.pass(who.user_id, to, now),
                    };
                    let after = match after {
                        Ok(after) => after,
                        Err(holder) => return Err(claimed(conn, holder, &before).await?),
                    };
                    if after != before {
                        store::desk::save(conn, room, &after, now).await?;
                        if let Some(action) = act.name() {
                            audit::note(
                                conn,
                                app,
                                who.user_id,
                                action,
                                ("room", room),
                                act.details(),
                            )
                            .await?;
                        }
                    }
                    Ok((before, after))
                },
            )
            .await?;
        let mut conn = app.db.conn().await?;
        (one(&mut conn, &scope, room, now).await?, row.course_id, before, after)
    };
    // A renewal changes nothing that others see.
    let seen = |q: &Question| (q.waiting_since, q.holder(now), q.resolved_at);
    if seen(&before) != seen(&after) {
        app.messaging.bell.ring(course);
    }
    if (before.resolved_at, before.waiting_since) != (after.resolved_at, after.waiting_since) {
        super::user_frames::rooms_changed(app, &[line.student.id]);
    }
    Ok(line)
}

/// What somebody hears who comes second.
async fn claimed(
    conn: &mut AsyncPgConnection,
    holder: Uuid,
    question: &Question,
) -> Result<Problem, Problem> {
    let people = identity::people(conn, &[holder]).await?;
    let name = people.get(&holder).map(|person| person.name.clone()).unwrap_or_default();
    let by = serde_json::json!({"id": holder, "name": name});
    let until = question.claimed_until.map(|until| until.to_rfc3339());
    Ok(Problem::new(Code::Claimed).with("claimed_by", by).with("claimed_until", until))
}

/// Who may take a question, those who are there first.
///
/// # Errors
/// `not_found`.
pub async fn colleagues(app: &App, who: &Principal, room: Uuid) -> Result<Vec<Colleague>, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let (row, _) = at_question(app, &mut conn, who, room).await?;
    let mut staff = identity::holders_of(app, &mut conn, &ANSWER, now).await?;
    if let Some(course) = row.course_id {
        staff.extend(courses::owner_of(&mut conn, course).await?);
    }
    staff.sort_unstable();
    staff.dedup();
    let standings = access::standings(app, &mut conn, room, &staff).await?;
    staff.retain(|user| {
        *user != who.user_id && standings.get(user).is_some_and(|member| member.moderates)
    });
    let mut there: HashSet<Uuid> =
        store::desk::at_work(&mut conn, now).await?.into_iter().collect();
    there.extend(super::staff::connected(app, &staff).await);
    let people = identity::people(&mut conn, &staff).await?;
    let mut items: Vec<Colleague> = staff
        .into_iter()
        .map(|id| Colleague {
            id,
            name: people.get(&id).map(|person| person.name.clone()).unwrap_or_default(),
            on_duty: there.contains(&id),
        })
        .collect();
    items.sort_by(|a, b| b.on_duty.cmp(&a.on_duty).then_with(|| a.name.cmp(&b.name)));
    Ok(items)
}

/// Writes what curators tell each other about a student; nothing takes the note away.
///
/// # Errors
/// `forbidden`, `not_found` for a course or a student out of reach, faults of the text.
pub async fn write_note(
    app: &App,
    who: &Principal,
    new: &NewNote,
) -> Result<Option<DeskNote>, Problem> {
    let mut checks = Checks::new();
    let text = checks.lines("text", &new.text, 0..=2000);
    checks.done()?;
    let (id, now) = (app.id(), app.clock.now());
    let mut conn = app.db.conn().await?;
    let scope = scope(&mut conn, who).await?;
    let known = identity::people(&mut conn, &[new.student_id]).await?;
    let there = match new.course_id {
        Some(course) => courses::course_places(&mut conn, &[course]).await?.contains_key(&course),
        None => true,
    };
    if !scope.holds(new.course_id) || !there || known.is_empty() {
        return Err(Problem::not_found());
    }
    drop(conn);
    let (student, course) = (new.student_id, new.course_id);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let by = who.user_id;
            store::desk::write_note(conn, id, student, course, &text, by, now).await?;
            // Never what it says.
            let details = json!({ "course": course, "removed": text.is_empty() });
            Ok(audit::note(conn, app, who.user_id, "desk.note", ("user", student), details).await?)
        })
        .await?;
    let mut conn = app.db.conn().await?;
    note_of(&mut conn, new.student_id, new.course_id).await
}
