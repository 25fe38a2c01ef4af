//! `demo`: fills an empty database with a school worth looking at. It speaks the public API in this
//! process, as its people would: sign in, upload, publish, enroll.

mod api;
mod help;
mod school;

use std::path::Path;
use std::time::Duration;

use actix_web::http::Method;
use serde_json::{Value, json};

use self::api::{Api, Caller};
use self::school::{Course, Film, Lesson, Person, School, Task};
use crate::app::App;
use crate::identity::{self, Role, VouchedAccount};
use crate::platform::config::{Config, Role as ProcessRole};
use crate::server;

/// Every demo account's password; printed, and only for machines that nobody else reaches.
const PASSWORD: &str = "yashil-choy-piyola-7";

/// A brief school's films, in seconds.
const BRIEF_SECONDS: u32 = 2;

/// Fills the database, if nobody is in it yet; with films of two seconds each if it is to be `brief`.
pub async fn run(mut config: Config, brief: bool) -> Result<(), String> {
    // The transcoding runs here, and the chat's rooms, which go with the web; a port that nobody
    // knows keeps off the one that may be serving.
    config.server.roles = vec![ProcessRole::Web, ProcessRole::Worker];
    config.server.bind = "127.0.0.1:0".to_owned();
    config.server.metrics_bind = String::new();
    config.limits.factor = 0;
    let app = super::app(config).await?;
    let mut school = School::read()?;
    if brief {
        school.films().for_each(|film| film.seconds = BRIEF_SECONDS);
    }
    if !identity::is_empty(&app).await.map_err(|problem| problem.to_string())? {
        println!("the school is not empty: nothing was changed");
        return Ok(());
    }
    let running = server::start(app.clone()).map_err(|error| error.to_string())?;
    let filled = fill(&app, &school).await;
    running.stop().await;
    filled?;
    println!("\nthe demo school is ready; everybody's password is {PASSWORD}");
    for person in &school.people {
        println!("  {:<10} {}", person.role, person.email);
    }
    Ok(())
}

async fn fill(app: &App, school: &School) -> Result<(), String> {
    let api = Api::start(app.clone()).await;
    for person in &school.people {
        account(app, person).await?;
        if !person.about.is_empty() {
            let caller = sign_in(&api, &person.email).await?;
            let about = json!({"about": person.about});
            api.call(Some(&caller), Method::PATCH, "/api/v1/me", Some(&about)).await?;
        }
    }
    println!("{} people", school.people.len());
    let scratch = app.config.storage.spool.join("demo");
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let mut courses = Vec::new();
    for course in &school.courses {
        let author = sign_in(&api, school.email_of(&course.author)?).await?;
        courses.push((write(&api, &author, course, &scratch).await?, course));
    }
    // Transcoding went on meanwhile; a course is published once its videos can be watched.
    for (id, course) in &courses {
        let author = sign_in(&api, school.email_of(&course.author)?).await?;
        publish(&api, &author, *id, &course.title).await?;
    }
    // The scratch directory held only what has been uploaded.
    let _ = std::fs::remove_dir_all(&scratch);
    study(&api, school, &courses).await?;
    let ids: Vec<uuid::Uuid> = courses.iter().map(|(id, _)| *id).collect();
    help::write(&api, school, &ids).await
}

async fn account(app: &App, person: &Person) -> Result<(), String> {
    let roles: &[Role] = match person.role.as_str() {
        "author" => &[Role::Author],
        "moderator" => &[Role::Moderator, Role::Curator],
        "admin" => &[Role::Admin],
        _ => &[],
    };
    let account = VouchedAccount {
        email: &person.email,
        password: PASSWORD,
        first_name: &person.first_name,
        last_name: &person.last_name,
        locale: &person.locale,
        roles,
    };
    identity::create_account(app, account)
        .await
        .map(drop)
        .map_err(|problem| format!("{}: {problem}", person.email))
}

async fn sign_in(api: &Api, email: &str) -> Result<Caller, String> {
    let credentials = json!({"email": email, "password": PASSWORD});
    let answer = api.call(None, Method::POST, "/api/v1/auth/login", Some(&credentials)).await?;
    Ok(Caller { token: text(&answer, "access_token")? })
}

/// Writes a course with its modules, lessons and videos; returns its id.
async fn write(
    api: &Api,
    author: &Caller,
    course: &Course,
    scratch: &Path,
) -> Result<uuid::Uuid, String> {
    println!("{}", course.title);
    let new = json!({"title": course.title, "language": course.language});
    let made = api.call(Some(author), Method::POST, "/api/v1/studio/courses", Some(&new)).await?;
    let id = id_of(&made)?;
    let path = format!("/api/v1/studio/courses/{id}");
    let category = category(api, &course.category).await?;
    let patch = json!({
        "subtitle": course.subtitle,
        "description": school::document(&course.description),
        "category_id": category,
        "level": course.level,
        "learn": course.learn,
        "requirements": course.requirements,
        "price": course.price,
        "old_price": course.old_price,
        "certificate": course.certificate,
        "track": course.track,
    });
    api.change(author, &path, &patch).await?;

    let upload = film(api, author, &course.title, &course.trailer, scratch).await?;
    let body = json!({"upload_id": upload});
    api.call(Some(author), Method::PUT, &format!("{path}/trailer"), Some(&body)).await?;
    for module in &course.modules {
        let new = json!({"title": module.title});
        let made =
            api.call(Some(author), Method::POST, &format!("{path}/modules"), Some(&new)).await?;
        for item in &module.lessons {
            lesson(api, author, id_of(&made)?, item, scratch).await?;
        }
        for item in &module.tasks {
            task(api, author, id_of(&made)?, item).await?;
        }
    }
    Ok(id)
}

async fn lesson(
    api: &Api,
    author: &Caller,
    module: uuid::Uuid,
    lesson: &Lesson,
    scratch: &Path,
) -> Result<(), String> {
    let new = json!({"title": lesson.title, "kind": lesson.kind});
    let lessons = format!("/api/v1/studio/modules/{module}/lessons");
    let made = api.call(Some(author), Method::POST, &lessons, Some(&new)).await?;
    let path = format!("/api/v1/studio/lessons/{}", id_of(&made)?);
    let patch = json!({
        "body": school::document(&lesson.body),
        "free_preview": lesson.free_preview,
    });
    api.change(author, &path, &patch).await?;
    match &lesson.film {
        Some(scene) => {
            let upload = film(api, author, &lesson.title, scene, scratch).await?;
            let body = json!({"upload_id": upload});
            api.call(Some(author), Method::PUT, &format!("{path}/video"), Some(&body)).await?;
        }
        None => {
            api.call(Some(author), Method::POST, &format!("{path}/submit"), None).await?;
        }
    }
    Ok(())
}

async fn task(api: &Api, author: &Caller, module: uuid::Uuid, task: &Task) -> Result<(), String> {
    let solution = (!task.solution.is_empty()).then(|| school::document(&task.solution));
    let new = json!({
        "kind": task.kind,
        "title": task.title,
        "points": task.points,
        "required": task.required,
        "statement": school::document(&task.statement),
        "body": task.body,
        "key": task.key,
        "solution": solution,
    });
    let path = format!("/api/v1/studio/modules/{module}/tasks");
    api.call(Some(author), Method::POST, &path, Some(&new)).await.map(drop)
}

/// Makes a film and uploads it by tus; returns the upload's id.
async fn film(
    api: &Api,
    author: &Caller,
    title: &str,
    film: &Film,
    scratch: &Path,
) -> Result<String, String> {
    let path = scratch.join(format!("{}.mp4", film.seed));
    let scene = media::demo::DemoScene {
        title: title.to_owned(),
        seconds: film.seconds,
        seed: film.seed,
        speech: Some(film.speech.clone()),
        size: (1280, 720),
    };
    let target = path.clone();
    tokio::task::spawn_blocking(move || media::demo::make_demo_video(&target, &scene))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    let upload = api.upload(author, &format!("{title}.mp4"), bytes).await?;
    println!("  {title}, {} s", film.seconds);
    Ok(upload)
}

/// How often it is asked whether the videos can be watched, and how long at most.
const ASK_EVERY: Duration = Duration::from_secs(1);
const PATIENCE: u32 = 15 * 60;

async fn publish(api: &Api, author: &Caller, id: uuid::Uuid, title: &str) -> Result<(), String> {
    let path = format!("/api/v1/studio/courses/{id}");
    for _ in 0..PATIENCE {
        let course = api.call(Some(author), Method::GET, &path, None).await?;
        let missing = course.get("missing").and_then(Value::as_array).map_or(0, Vec::len);
        let videos = videos(&course);
        if let Some(failed) = videos.iter().find(|video| state(video) == "failed") {
            return Err(format!("a video of {title} failed: {}", failed["error"]));
        }
        if missing == 0 && videos.iter().all(|video| state(video) == "ready") {
            let publish = format!("{path}/publish");
            api.call(Some(author), Method::POST, &publish, None).await?;
            println!("published {title}");
            return Ok(());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    Err(format!("the videos of {title} were not ready in time"))
}

fn videos(course: &Value) -> Vec<Value> {
    let modules = course.get("modules").and_then(Value::as_array).into_iter().flatten();
    let lessons = modules.filter_map(|m| m.get("lessons")?.as_array()).flatten();
    lessons
        .filter_map(|lesson| lesson.get("video"))
        .chain(course.get("trailer"))
        .filter(|video| !video.is_null())
        .cloned()
        .collect()
}

fn state(video: &Value) -> &str {
    video.get("state").and_then(Value::as_str).unwrap_or_default()
}

/// The students join what is free and say hello beside the first lesson.
async fn study(
    api: &Api,
    school: &School,
    courses: &[(uuid::Uuid, &Course)],
) -> Result<(), String> {
    for student in school.people.iter().filter(|person| person.role == "student") {
        let caller = sign_in(api, &student.email).await?;
        for (id, course) in courses.iter().filter(|(_, course)| course.price.is_none()) {
            let enroll = format!("/api/v1/courses/{id}/enroll");
            api.call(Some(&caller), Method::POST, &enroll, None).await?;
            if let Some(hello) = course.hello.get(&student.key) {
                greet(api, &caller, *id, hello).await?;
            }
        }
    }
    for (id, course) in courses {
        if let Some(answer) = course.hello.get(&course.author) {
            let author = sign_in(api, school.email_of(&course.author)?).await?;
            greet(api, &author, *id, answer).await?;
        }
    }
    Ok(())
}

async fn greet(
    api: &Api,
    caller: &Caller,
    course: uuid::Uuid,
    message: &str,
) -> Result<(), String> {
    let path = format!("/api/v1/learn/courses/{course}");
    let outline = api.call(Some(caller), Method::GET, &path, None).await?;
    let first = outline
        .pointer("/modules/0/lessons/0/id")
        .and_then(Value::as_str)
        .ok_or("the course has no first lesson")?;
    let room =
        api.call(Some(caller), Method::GET, &format!("/api/v1/lessons/{first}/room"), None).await?;
    let path = format!("/api/v1/rooms/{}/messages", text(&room, "room_id")?);
    let body = json!({"client_id": uuid::Uuid::new_v4(), "body": message});
    api.call(Some(caller), Method::POST, &path, Some(&body)).await.map(drop)
}

async fn category(api: &Api, slug: &str) -> Result<String, String> {
    let all = api.call(None, Method::GET, "/api/v1/categories", None).await?;
    let items = all.get("items").and_then(Value::as_array).into_iter().flatten();
    let found = items.into_iter().find(|item| item["slug"] == slug);
    text(found.ok_or_else(|| format!("there is no category {slug}"))?, "id")
}

fn id_of(value: &Value) -> Result<uuid::Uuid, String> {
    text(value, "id")?.parse().map_err(|_| "an id is no UUID".to_owned())
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("the answer holds no {name}: {value}"))
}
