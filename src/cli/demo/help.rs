//! What the school's people have written beside the courses: `help.toml`, spoken over the public API.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, Caller};
use super::school::School;
use super::{sign_in, text};

const HELP: &str = include_str!("help.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Help {
    faq: Vec<Faq>,
    templates: Vec<Template>,
    support: Vec<Asked>,
    announcements: Vec<Announcement>,
    questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faq {
    topic: String,
    question: BTreeMap<String, String>,
    answer: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    title: String,
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    from: String,
    body: String,
    /// Who answers; without one it waits.
    by: Option<String>,
    answer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Announcement {
    by: String,
    /// The n-th course; to the whole school without one.
    course: Option<usize>,
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    from: String,
    course: usize,
    title: String,
    body: String,
    /// Who answers; without one it waits.
    by: Option<String>,
    answer: Option<String>,
}

/// Writes all of it; `courses` are in the order of the school.
pub async fn write(api: &Api, school: &School, courses: &[uuid::Uuid]) -> Result<(), String> {
    let help: Help = toml::from_str(HELP).map_err(|error| error.to_string())?;
    let person = async |key: &str| sign_in(api, school.email_of(key)?).await;
    let post = async |caller: &Caller, path: &str, body: Value| {
        api.call(Some(caller), Method::POST, path, Some(&body)).await
    };
    let course = |n: usize| courses.get(n).ok_or_else(|| format!("there is no course {n}"));
    let say = async |by: &Option<String>, room: String, answer: &Option<String>| {
        if let (Some(by), Some(answer)) = (by, answer) {
            let caller = person(by).await?;
            let body = json!({"client_id": uuid::Uuid::new_v4(), "body": answer});
            post(&caller, &format!("/api/v1/rooms/{room}/messages"), body).await?;
        }
        Ok::<(), String>(())
    };

    let editor = person("timur").await?;
    for faq in &help.faq {
        let new = json!({"topic": faq.topic, "question": faq.question, "answer": faq.answer});
        post(&editor, "/api/v1/faq", new).await?;
    }
    for template in &help.templates {
        let new = json!({"title": template.title, "body": template.body, "shared": true});
        post(&editor, "/api/v1/desk/templates", new).await?;
    }
    for asked in &help.support {
        let caller = person(&asked.from).await?;
        let new = json!({"body": asked.body, "client_id": uuid::Uuid::new_v4()});
        let room = text(&post(&caller, "/api/v1/support", new).await?, "room_id")?;
        say(&asked.by, room, &asked.answer).await?;
    }
    for said in &help.announcements {
        let caller = person(&said.by).await?;
        let to = said.course.map(course).transpose()?;
        let new = json!({"course_id": to, "body": said.body, "client_id": uuid::Uuid::new_v4()});
        post(&caller, "/api/v1/announcements", new).await?;
    }
    for asked in &help.questions {
        let caller = person(&asked.from).await?;
        let path = format!("/api/v1/learn/courses/{}", course(asked.course)?);
        let outline = api.call(Some(&caller), Method::GET, &path, None).await?;
        let lesson = outline.pointer("/modules/0/lessons/0/id").and_then(Value::as_str);
        let lesson = lesson.ok_or("the course has no first lesson")?;
        let new = json!({
            "title": asked.title, "body": asked.body, "client_id": uuid::Uuid::new_v4(),
        });
        let thread = post(&caller, &format!("/api/v1/lessons/{lesson}/questions"), new).await?;
        say(&asked.by, text(&thread, "room_id")?, &asked.answer).await?;
    }
    println!("{} frequent questions, {} templates", help.faq.len(), help.templates.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frequent_question_is_there_in_four_languages() {
        let help: Help = toml::from_str(HELP).unwrap();
        for faq in &help.faq {
            let languages: Vec<&String> = faq.question.keys().collect();
            assert_eq!(languages, ["en", "he", "ru", "uz"]);
            assert!(faq.answer.keys().eq(faq.question.keys()));
        }
    }
}
