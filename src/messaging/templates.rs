//! Templates of answers for the curators' desk: one's own, and those of the whole staff.

use std::collections::HashSet;

use diesel_async::AsyncPgConnection;
use serde_json::json;
use uuid::Uuid;

use super::list::is_staff;
use super::store;
use super::store::desk::TemplateRow;
use super::views_desk::{NewTemplate, Template, TemplateChange};
use crate::app::App;
use crate::courses;
use crate::identity::Principal;
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Problem};

/// Templates of one person at most.
const MOST: i64 = 200;

fn view(row: TemplateRow) -> Template {
    Template {
        id: row.id,
        title: row.title,
        body: row.body,
        course_id: row.course_id,
        shared: row.owner_id.is_none(),
    }
}

/// Whether somebody answers students: the staff, and authors.
async fn answers(conn: &mut AsyncPgConnection, who: &Principal) -> Result<(), Problem> {
    if is_staff(who) || !courses::taught_by(conn, who.user_id).await?.is_empty() {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden))
}

/// The author's courses that learners may be in.
async fn open_courses(
    conn: &mut AsyncPgConnection,
    author: Uuid,
) -> Result<HashSet<Uuid>, Problem> {
    let taught = courses::taught_by(conn, author).await?;
    let places = courses::course_places(conn, &taught).await?.into_values();
    Ok(places.filter(courses::CoursePlace::is_open_to_students).map(|place| place.id).collect())
}

/// Writes down what was done to a template of the whole staff.
async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &Principal,
    action: &'static str,
    row: &TemplateRow,
) -> Result<(), Problem> {
    let details = json!({ "title": row.title, "course": row.course_id });
    Ok(audit::note(conn, app, who.user_id, action, ("template", row.id), details).await?)
}

/// What the whole staff has is written by the staff.
fn may_share(who: &Principal) -> Result<(), Problem> {
    if is_staff(who) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
}

/// The caller's own templates, and those of the staff: all of them for the staff, for authors those that
/// were written for courses of theirs that learners are in.
///
/// # Errors
/// `forbidden`.
pub async fn list(
    app: &App,
    who: &Principal,
    course: Option<Uuid>,
) -> Result<Vec<Template>, Problem> {
    let mut conn = app.db.conn().await?;
    answers(&mut conn, who).await?;
    let rows = store::desk::templates(&mut conn, who.user_id, course).await?;
    let open = match is_staff(who) {
        true => None,
        false => Some(open_courses(&mut conn, who.user_id).await?),
    };
    let seen = |row: &TemplateRow| match (&open, row.owner_id, row.course_id) {
        (None, ..) | (_, Some(_), _) => true,
        (Some(open), None, course) => course.is_some_and(|course| open.contains(&course)),
    };
    Ok(rows.into_iter().filter(seen).map(view).collect())
}

/// Adds a template.
///
/// # Errors
/// `forbidden`, `templates_limit`, faults of the input.
pub async fn add(app: &App, who: &Principal, new: &NewTemplate) -> Result<Template, Problem> {
    let mut conn = app.db.conn().await?;
    answers(&mut conn, who).await?;
    let shared = new.shared.unwrap_or(false);
    if shared {
        may_share(who)?;
    }
    let mut checks = Checks::new();
    let title = checks.text("title", &new.title, 1..=80);
    let body = checks.lines("body", &new.body, 1..=4000);
    checks.done()?;
    if let Some(course) = new.course_id
        && !courses::course_places(&mut conn, &[course]).await?.contains_key(&course)
    {
        return Err(Problem::invalid("course_id", "There is no such course."));
    }
    if !shared && store::desk::own_templates(&mut conn, who.user_id).await? >= MOST {
        return Err(Problem::new(Code::TemplatesLimit));
    }
    drop(conn);
    let now = app.clock.now();
    let row = TemplateRow {
        id: app.id(),
        owner_id: (!shared).then_some(who.user_id),
        course_id: new.course_id,
        title,
        body,
        created_at: now,
        updated_at: now,
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            store::desk::add_template(conn, &row).await?;
            match row.owner_id {
                None => note(conn, app, who, "desk.template_added", &row).await,
                Some(_) => Ok(()),
            }
        })
        .await?;
    Ok(view(row))
}

/// Changes a template.
///
/// # Errors
/// `not_found`, `forbidden` for the staff's by who is not of it, faults of the input.
pub async fn change(
    app: &App,
    who: &Principal,
    id: Uuid,
    change: &TemplateChange,
) -> Result<Template, Problem> {
    let mut conn = app.db.conn().await?;
    answers(&mut conn, who).await?;
    let row = store::desk::template(&mut conn, id, who.user_id).await?;
    let mut row = row.ok_or_else(Problem::not_found)?;
    let was_shared = row.owner_id.is_none();
    if row.owner_id.is_none() || change.shared == Some(true) {
        may_share(who)?;
    }
    let mut checks = Checks::new();
    if let Some(title) = &change.title {
        row.title = checks.text("title", title, 1..=80);
    }
    if let Some(body) = &change.body {
        row.body = checks.lines("body", body, 1..=4000);
    }
    checks.done()?;
    if let Some(shared) = change.shared {
        row.owner_id = (!shared).then_some(who.user_id);
    }
    row.updated_at = app.clock.now();
    drop(conn);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            store::desk::save_template(conn, &row).await?;
            match was_shared || row.owner_id.is_none() {
                true => note(conn, app, who, "desk.template_changed", &row).await,
                false => Ok(()),
            }
        })
        .await?;
    Ok(view(row))
}

/// Takes a template away.
///
/// # Errors
/// `not_found`, `forbidden` for the staff's by who is not of it.
pub async fn delete(app: &App, who: &Principal, id: Uuid) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    answers(&mut conn, who).await?;
    let row = store::desk::template(&mut conn, id, who.user_id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    if row.owner_id.is_none() {
        may_share(who)?;
    }
    drop(conn);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            store::desk::delete_template(conn, id).await?;
            match row.owner_id {
                None => note(conn, app, who, "desk.template_removed", &row).await,
                Some(_) => Ok(()),
            }
        })
        .await
}
