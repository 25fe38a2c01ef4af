//! The students of a course for those who teach it and look after it (TCH-07): how far each has come,
//! who waits for an answer, and the way to write to one.

use std::collections::HashMap;

use actix_web::HttpResponse;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::limits;
use super::list::folded;
use super::routes::problem;
use super::store;
use super::views_rooms::CourseRef;
use super::views_students::{
    CourseStudent, CourseStudents, StudentCounts, StudentsQuery, StudentsState,
};
use crate::app::App;
use crate::courses;
use crate::identity::{self, IdInPath, Person, Principal, SignedIn};
use crate::learning::{self, Student, StudentFilter, StudentKeys, StudentState};
use crate::platform::http::{Page, Policy, Problem, Query, Routes, cursor};

/// Names looked through for a search at most; the next page goes on from there.
const SEARCHED: usize = 5000;
/// Names read at once.
const AT_ONCE: i64 = 500;

/// Registers the route.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/studio/courses/{id}/students", Policy::Owner("course"), list_students);
}

/// The students of a course, those who enrolled last first: for its author and the staff who oversee it.
#[utoipa::path(get, path = "/api/v1/studio/courses/{id}/students", tag = "studio",
    operation_id = "studio_list_students", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The course"), StudentsQuery),
    responses((status = 200, body = CourseStudents), (status = 404), (status = 429)))]
pub async fn list_students(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(query): Query<StudentsQuery>,
) -> Result<HttpResponse, Problem> {
    let body = list(&app, &who, id, &query).await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(body))
}

/// A page of the students with how many there are.
///
/// # Errors
/// `not_found` for who neither teaches nor oversees the course, `bad_request` for a foreign cursor,
/// `rate_limited`.
async fn list(
    app: &App,
    who: &Principal,
    course: Uuid,
    query: &StudentsQuery,
) -> Result<CourseStudents, Problem> {
    let now = app.clock.now();
    let limit = i64::from(query.limit.unwrap_or(30).clamp(1, 100));
    let wanted = query.q.as_deref().map(folded).filter(|q| !q.is_empty());
    let after: Option<StudentKeys> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    if wanted.is_some() {
        limits::reading(app, who.user_id).await.map_err(|refusal| problem(&refusal))?;
    }
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let place = courses::course_places(conn, &[course]).await?.remove(&course);
    let place = place.ok_or_else(Problem::not_found)?;
    let is_author = place.author_id == who.user_id;
    if !is_author && !courses::oversees(who, course) {
        return Err(Problem::not_found());
    }
    let asking = store::desk::asking(conn, course).await?;
    let filter = StudentFilter {
        state: query.state.and_then(StudentsState::standing),
        among: (query.state == Some(StudentsState::Asking)).then_some(asking.as_slice()),
    };
    let page = match wanted {
        Some(wanted) => search(conn, course, filter, &wanted, after, now, limit).await?,
        None => {
            let rows = learning::students(conn, course, filter, after, now, limit + 1).await?;
            Page::of(rows, limit, |student| student.keys)
        }
    };
    let counts = learning::student_counts(conn, course, now).await?;
    let count = |state| counts.get(&state).copied().unwrap_or(0);
    let counts = StudentCounts {
        all: counts.values().sum(),
        not_started: count(StudentState::NotStarted),
        learning: count(StudentState::Learning),
        completed: count(StudentState::Completed),
        ended: count(StudentState::Ended),
        asking: learning::count_among_students(conn, course, &asking).await?,
    };
    Ok(CourseStudents {
        course: CourseRef { id: course, title: place.title },
        is_author,
        items: shown(conn, course, is_author, page.items).await?,
        next_cursor: page.next_cursor,
        counts,
    })
}

/// Students with these words in their names. Names are identity's: they are looked through in the order of
/// the list, so many at once, until a page is full.
async fn search(
    conn: &mut AsyncPgConnection,
    course: Uuid,
    filter: StudentFilter<'_>,
    wanted: &str,
    mut after: Option<StudentKeys>,
    now: Timestamp,
    limit: i64,
) -> Result<Page<Student>, Problem> {
    let mut found = Vec::new();
    let mut seen = 0;
    let mut next_cursor = None;
    while seen < SEARCHED {
        let rows = learning::students(conn, course, filter, after, now, AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        let (keys, read) = (last.keys, rows.len());
        let ids: Vec<Uuid> = rows.iter().map(|student| student.user_id).collect();
        let people = identity::people(conn, &ids).await?;
        let is_wanted = |student: &Student| {
            people.get(&student.user_id).is_some_and(|one| folded(&one.name).contains(wanted))
        };
        found.extend(rows.into_iter().filter(is_wanted));
        seen += read;
        after = Some(keys);
        let has_more = i64::try_from(read).unwrap_or(0) == AT_ONCE;
        next_cursor = has_more.then(|| cursor::encode(&keys));
        if !has_more || i64::try_from(found.len()).unwrap_or(i64::MAX) >= limit {
            break;
        }
    }
    Ok(Page { items: found, next_cursor })
}

/// The students with everything that other contexts know: one question each, however many they are.
async fn shown(
    conn: &mut AsyncPgConnection,
    course: Uuid,
    is_author: bool,
    students: Vec<Student>,
) -> Result<Vec<CourseStudent>, Problem> {
    let ids: Vec<Uuid> = students.iter().map(|student| student.user_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut people: HashMap<Uuid, Person> = identity::people(conn, &ids).await?;
    let stuck = learning::stuck_tasks(conn, course, &ids).await?;
    let waiting: HashMap<Uuid, i64> =
        store::desk::waiting_of(conn, course, &ids).await?.into_iter().collect();
    // A talk of two is nobody else's business.
    let rooms: HashMap<Uuid, Uuid> = match is_author {
        true => store::rooms::pairs(conn, course, &ids).await?.into_iter().collect(),
        false => HashMap::new(),
    };
    Ok(students
        .into_iter()
        .map(|student| {
            let id = student.user_id;
            let room_id = rooms.get(&id).copied();
            // Who has left may be written to where there has been a talk.
            let is_there = student.state != StudentState::Ended || room_id.is_some();
            CourseStudent {
                id,
                name: people.remove(&id).map(|person| person.name).unwrap_or_default(),
                state: student.state,
                percent: student.percent,
                done: student.done,
                total: student.total,
                enrolled_at: student.keys.0,
                last_active_at: student.last_active_at,
                completed_at: student.completed_at,
                questions: waiting.get(&id).copied().unwrap_or(0),
                stuck: stuck.get(&id).copied().unwrap_or(0),
                room_id,
                may_write: is_author && is_there,
            }
        })
        .collect())
}
