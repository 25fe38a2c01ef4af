//! What everybody sees: the lists of categories and skills, the catalogue, a course's page, and
//! what a link to it shows in a messenger.

use std::collections::{HashMap, HashSet};

use diesel_async::AsyncPgConnection;
use serde_json::Value;
use uuid::Uuid;

use super::content_state::is_ready;
use super::course_state::is_public;
use super::document;
use super::inputs::CatalogueQuery;
use super::model::{ContentState, Course, LessonHead};
use super::store;
use super::store::catalogue::{Filter, Keys};
use super::store::reference::ReferenceRow;
use super::views::{
    Category, CourseCard, CourseCore, CoursePage, Doc, LocalName, ProgrammeLesson, ProgrammeModule,
    PublicAuthor, Skill, Track, TrackCourse, Trailer, Viewer, seconds,
};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::http::spa::Head;
use crate::platform::http::{Page, PageQuery, Problem, clean_text, cursor};

/// Words of a query that count.
const MAX_WORDS: usize = 8;
/// Characters of a query that count.
const MAX_QUERY: usize = 100;
/// Characters of a description in a link's preview.
const PREVIEW: usize = 200;

/// The category tree, each node with the number of published courses in it and below it (CRS-15).
pub async fn categories(app: &App) -> Result<Vec<Category>, Problem> {
    let mut conn = app.db.conn().await?;
    let rows = store::reference::categories(&mut conn).await?;
    let direct: HashMap<Uuid, i64> =
        store::reference::published_by_category(&mut conn).await?.into_iter().collect();
    Ok(rows
        .iter()
        .map(|(id, parent_id, slug, name, position)| Category {
            id: *id,
            parent_id: *parent_id,
            slug: slug.clone(),
            name: local_name(name),
            position: *position,
            courses: below(&rows, *id).iter().filter_map(|id| direct.get(id)).sum(),
        })
        .collect())
}

/// Every skill (CRS-12).
pub async fn skills(app: &App) -> Result<Vec<Skill>, Problem> {
    let mut conn = app.db.conn().await?;
    Ok(store::reference::skills(&mut conn).await?.into_iter().map(skill).collect())
}

/// One page of the catalogue.
pub async fn list(app: &App, query: &CatalogueQuery) -> Result<Page<CourseCard>, Problem> {
    let sort = query.sort.unwrap_or_default();
    let after: Option<Keys> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    if after.as_ref().is_some_and(|keys| !keys.are_of(sort)) {
        return Err(Problem::invalid("cursor", "This cursor belongs to another order."));
    }
    let mut conn = app.db.conn().await?;
    let filter = Filter {
        words: words(query.q.as_deref().unwrap_or_default()),
        categories: match &query.category {
            Some(category) => Some(chosen_categories(&mut conn, category).await?),
            None => None,
        },
        level: query.level,
        language: query.language,
        free: query.free,
        track: query.track,
    };
    let limit = PageQuery { limit: query.limit, cursor: None }.limit();
    let rows = store::catalogue::page(&mut conn, &filter, sort, after.as_ref(), limit + 1).await?;
    let page = Page::of(rows, limit, |course| Keys::of(course, sort));
    let mut cards = cards_of(&mut conn, &page.items).await?.into_iter();
    let next_cursor = page.next_cursor.clone();
    Ok(Page { items: cards.by_ref().collect(), next_cursor })
}

/// Most courses in a track.
const MAX_TRACK_COURSES: i64 = 50;
/// Characters of a description in a track.
const SUMMARY: usize = 300;

/// The tracks, the lower target first.
const TRACKS: [i16; 2] = [60, 80];

/// The tracks by target score with their courses and what each is about (CRS-37).
pub async fn tracks(app: &App) -> Result<Vec<Track>, Problem> {
    let mut conn = app.db.conn().await?;
    let mut courses = Vec::new();
    for track in TRACKS {
        courses.extend(store::course::of_track(&mut conn, track, MAX_TRACK_COURSES).await?);
    }
    let cards = cards_of(&mut conn, &courses).await?;
    let ids: Vec<Uuid> = courses.iter().map(|course| course.id).collect();
    let mut topics: HashMap<Uuid, Vec<String>> = HashMap::new();
    for module in store::outline::modules_of_all(&mut conn, &ids).await? {
        topics.entry(module.course_id).or_default().push(module.title);
    }
    let mut tracks: Vec<Track> = Vec::new();
    for (course, card) in courses.iter().zip(cards) {
        let Some(track) = course.track else { continue };
        let description = course.description.as_ref();
        let summary = description.map(|text| document::plain_text(text, SUMMARY));
        let course = TrackCourse {
            card,
            summary: summary.unwrap_or_default(),
            topics: topics.remove(&course.id).unwrap_or_default(),
        };
        match tracks.last_mut().filter(|last| last.track == track) {
            Some(last) => last.courses.push(course),
            None => tracks.push(Track { track, courses: vec![course] }),
        }
    }
    Ok(tracks)
}

/// Cards of `courses`, in their order.
pub(super) async fn cards_of(
    conn: &mut AsyncPgConnection,
    courses: &[Course],
) -> Result<Vec<CourseCard>, Problem> {
    let authors: HashSet<Uuid> = courses.iter().map(|course| course.author_id).collect();
    let authors: Vec<Uuid> = authors.into_iter().collect();
    let people = identity::people(conn, &authors).await?;
    Ok(courses
        .iter()
        .map(|course| {
            let name = people.get(&course.author_id).map(|person| person.name.clone());
            CourseCard::of(course, name.unwrap_or_default())
        })
        .collect())
}

/// The page of `course`, which the caller was let see.
pub async fn page(
    app: &App,
    course: Course,
    viewer: Option<&Principal>,
) -> Result<CoursePage, Problem> {
    let mut conn = app.db.conn().await?;
    let people = identity::people(&mut conn, &[course.author_id]).await?;
    let (courses, students) = store::course::author_totals(&mut conn, course.author_id).await?;
    let person = people.get(&course.author_id);
    let author = PublicAuthor {
        id: course.author_id,
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        about: person.map(|person| person.about.clone()).unwrap_or_default(),
        courses,
        students,
    };
    let skills = store::reference::skills_of(&mut conn, course.id).await?;
    let trailer = course.trailer_video_id.zip(course.trailer_duration_ms);
    Ok(CoursePage {
        core: CourseCore::of(&course),
        programme: programme(&mut conn, course.id).await?,
        author,
        skills: skills.into_iter().map(skill).collect(),
        trailer: trailer.map(|(video_id, ms)| Trailer { video_id, duration_s: seconds(ms) }),
        viewer: Viewer { own: viewer.is_some_and(|who| who.user_id == course.author_id) },
        description: course.description.map(Doc),
        learn: course.learn,
        requirements: course.requirements,
        certificate: course.certificate,
        access_days: course.access_days,
        has_files: course.files_count > 0,
        created_at: course.created_at,
        published_at: course.published_at,
    })
}

/// Modules and lessons as others see them: what is still drafted does not show.
async fn programme(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
) -> Result<Vec<ProgrammeModule>, Problem> {
    let mut lessons: HashMap<Uuid, Vec<ProgrammeLesson>> = HashMap::new();
    for lesson in store::outline::heads_of(conn, course_id).await? {
        if lesson.state == ContentState::Drafted {
            continue;
        }
        lessons.entry(lesson.module_id).or_default().push(programme_lesson(&lesson));
    }
    let modules = store::outline::modules_of(conn, course_id).await?;
    Ok(modules
        .into_iter()
        .filter_map(|module| {
            Some(ProgrammeModule {
                lessons: lessons.remove(&module.id)?,
                id: module.id,
                duration_s: seconds(module.duration_ms),
                title: module.title,
            })
        })
        .collect())
}

fn programme_lesson(lesson: &LessonHead) -> ProgrammeLesson {
    ProgrammeLesson {
        id: lesson.id,
        title: lesson.title.clone(),
        kind: lesson.kind,
        duration_s: seconds(lesson.duration_ms),
        free_preview: lesson.free_preview && is_ready(lesson.state),
    }
}

/// What the page at `path` says of itself to messengers and search engines: the pages of public
/// courses, with or without a language before them.
///
/// # Errors
/// `not_found` for the page of a course that strangers cannot see, whether it exists or not.
pub async fn open_graph(app: &App, path: &str) -> Result<Option<Head>, Problem> {
    let Some(id) = course_in(path) else { return Ok(None) };
    let mut conn = app.db.conn().await?;
    let course = store::course::find(&mut conn, id).await?;
    let course = course.filter(|course| is_public(course.state)).ok_or_else(Problem::not_found)?;
    let image = course.stored_cover().map(|cover| {
        format!(
            "{}/files/covers/{}/og.jpg",
            app.config.site.base_url.trim_end_matches('/'),
            cover.id
        )
    });
    let from_text = || {
        course
            .description
            .as_ref()
            .map(|text| document::plain_text(text, PREVIEW))
            .unwrap_or_default()
    };
    Ok(Some(Head {
        title: course.title.clone(),
        description: if course.subtitle.is_empty() { from_text() } else { course.subtitle.clone() },
        image,
        path: format!("/courses/{id}"),
        kind: "website",
        locale: Some(course.language.as_str().to_owned()),
    }))
}

/// The course that a page's path names.
fn course_in(path: &str) -> Option<Uuid> {
    let mut parts = path.trim_matches('/').split('/').peekable();
    parts.next_if(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
    match (parts.next(), parts.next(), parts.next()) {
        (Some("courses"), Some(id), None) => Uuid::try_parse(id).ok(),
        _ => None,
    }
}

/// The category named by slug or id, with all below it; an unknown one holds nothing.
async fn chosen_categories(
    conn: &mut AsyncPgConnection,
    wanted: &str,
) -> Result<Vec<Uuid>, Problem> {
    let rows = store::reference::categories(conn).await?;
    let id = Uuid::try_parse(wanted).ok();
    let found = rows.iter().find(|(row, _, slug, ..)| Some(*row) == id || slug == wanted);
    Ok(found.map(|(id, ..)| below(&rows, *id)).unwrap_or_default())
}

/// `root` and every node below it.
fn below(rows: &[ReferenceRow], root: Uuid) -> Vec<Uuid> {
    let mut found = vec![root];
    let mut seen = HashSet::from([root]);
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for (id, parent_id, ..) in rows {
            // An edited tree may hold a ring; it ends here.
            if *parent_id == Some(parent) && seen.insert(*id) {
                found.push(*id);
            }
        }
    }
    found
}

fn words(query: &str) -> Vec<String> {
    let cleaned: String = clean_text(query, false).chars().take(MAX_QUERY).collect();
    cleaned.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect()
}

fn skill((id, parent_id, slug, name, _): ReferenceRow) -> Skill {
    Skill { id, parent_id, slug, name: local_name(&name) }
}

/// The four names; the table's check sees to it that they are there.
fn local_name(name: &Value) -> LocalName {
    let of = |locale: &str| name.get(locale).and_then(Value::as_str).unwrap_or_default().to_owned();
    LocalName { uz: of("uz"), ru: of("ru"), en: of("en"), he: of("he") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u128, parent: Option<u128>) -> ReferenceRow {
        (Uuid::from_u128(id), parent.map(Uuid::from_u128), format!("c{id}"), Value::Null, 0)
    }

    /// CRS-15
    #[test]
    fn a_category_holds_everything_below_it_and_a_ring_does_not_hang_it() {
        let rows = [
            row(1, None),
            row(2, Some(1)),
            row(3, Some(2)),
            row(4, None),
            row(5, Some(6)),
            row(6, Some(5)),
        ];
        let ids = |root| {
            below(&rows, Uuid::from_u128(root))
                .into_iter()
                .map(|id| id.as_u128())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(1), [1, 2, 3]);
        assert_eq!(ids(4), [4]);
        assert_eq!(ids(5), [5, 6]);
    }

    #[test]
    fn a_course_is_found_in_a_path_with_or_without_a_language() {
        let id = Uuid::from_u128(7);
        for path in
            [format!("/courses/{id}"), format!("/he/courses/{id}/"), format!("courses/{id}")]
        {
            assert_eq!(course_in(&path), Some(id), "{path}");
        }
        for path in [
            "/",
            "/courses",
            "/courses/x",
            &format!("/learn/courses/{id}"),
            &format!("/courses/{id}/x"),
        ] {
            assert_eq!(course_in(path), None, "{path}");
        }
    }

    #[test]
    fn a_query_is_a_few_words() {
        assert_eq!(words("  SQL\u{0}  базы\nданных "), ["SQL", "базыданных"]);
        assert_eq!(words(&"a ".repeat(50)).len(), MAX_WORDS);
        assert!(words("").is_empty());
    }
}
