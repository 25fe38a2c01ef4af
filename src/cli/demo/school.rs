//! The demo school as data: `school.toml`, and its lines of text as rich-text documents.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

const SCHOOL: &str = include_str!("school.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct School {
    pub people: Vec<Person>,
    pub courses: Vec<Course>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// How courses refer to the person.
    pub key: String,
    pub role: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub locale: String,
    /// What an author's page says.
    pub about: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    pub author: String,
    pub language: String,
    pub title: String,
    pub subtitle: String,
    /// The category's slug.
    pub category: String,
    pub level: String,
    #[serde(default)]
    pub track: Option<u8>,
    pub certificate: bool,
    #[serde(default)]
    pub price: Option<Value>,
    #[serde(default)]
    pub old_price: Option<Value>,
    pub description: Vec<String>,
    pub learn: Vec<String>,
    pub requirements: Vec<String>,
    pub trailer: Film,
    pub modules: Vec<Module>,
    /// What people write beside the first lesson.
    #[serde(default)]
    pub hello: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub title: String,
    pub lessons: Vec<Lesson>,
    #[serde(default)]
    pub tasks: Vec<Task>,
}

/// A task of a topic; body and key as the studio takes them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub kind: String,
    pub title: String,
    pub points: u16,
    #[serde(default = "yes")]
    pub required: bool,
    pub statement: Vec<String>,
    #[serde(default = "empty")]
    pub body: Value,
    pub key: Value,
    #[serde(default)]
    pub solution: Vec<String>,
}

fn yes() -> bool {
    true
}

fn empty() -> Value {
    json!({})
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub title: String,
    pub kind: String,
    #[serde(default)]
    pub free_preview: bool,
    #[serde(default)]
    pub film: Option<Film>,
    pub body: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Film {
    /// Chooses the pictures.
    pub seed: u32,
    pub seconds: u32,
    /// Spoken where the linked libav can speak; English.
    pub speech: String,
}

impl School {
    /// The school as it is compiled in.
    pub fn read() -> Result<Self, String> {
        toml::from_str(SCHOOL).map_err(|error| error.to_string())
    }

    /// Every film of it.
    pub fn films(&mut self) -> impl Iterator<Item = &mut Film> {
        self.courses.iter_mut().flat_map(|course| {
            let lessons = course.modules.iter_mut().flat_map(|module| &mut module.lessons);
            lessons.filter_map(|lesson| lesson.film.as_mut()).chain([&mut course.trailer])
        })
    }

    /// The address of the person called `key`.
    pub fn email_of(&self, key: &str) -> Result<&str, String> {
        let person = self.people.iter().find(|person| person.key == key);
        person.map(|p| p.email.as_str()).ok_or_else(|| format!("nobody is called {key}"))
    }
}

/// Lines as a document: `# ` heading, `- ` list item, `> ` quote, four spaces or ```` ```language ````
/// code, `$$…$$` and `$…$` formulas.
pub fn document(lines: &[String]) -> Value {
    let mut content: Vec<Value> = Vec::new();
    for line in lines {
        if let Some(item) = line.strip_prefix("- ") {
            let item = json!({"type": "listItem", "content": [paragraph(item)]});
            match content.last_mut() {
                Some(list) if list["type"] == "bulletList" => {
                    if let Some(items) = list["content"].as_array_mut() {
                        items.push(item);
                    }
                }
                _ => content.push(json!({"type": "bulletList", "content": [item]})),
            }
        } else if let Some(heading) = line.strip_prefix("# ") {
            content.push(json!({
                "type": "heading", "attrs": {"level": 2},
                "content": [{"type": "text", "text": heading}],
            }));
        } else if let Some(quote) = line.strip_prefix("> ") {
            content.push(json!({"type": "blockquote", "content": [paragraph(quote)]}));
        } else if let Some(latex) = line.strip_prefix("$$").and_then(|l| l.strip_suffix("$$")) {
            content.push(json!({"type": "math_block", "attrs": {"latex": latex}}));
        } else if let Some(code) = line.strip_prefix("```") {
            let (language, code) = code.split_once('\n').unwrap_or(("", code));
            content.push(json!({
                "type": "codeBlock", "attrs": {"language": language},
                "content": [{"type": "text", "text": code}],
            }));
        } else if line.starts_with("    ") {
            let code: Vec<&str> =
                line.lines().map(|l| l.strip_prefix("    ").unwrap_or(l)).collect();
            content.push(json!({
                "type": "codeBlock", "attrs": {"language": null},
                "content": [{"type": "text", "text": code.join("\n")}],
            }));
        } else {
            content.push(paragraph(line));
        }
    }
    json!({"type": "doc", "content": content})
}

fn paragraph(text: &str) -> Value {
    let mut content = Vec::new();
    for (n, part) in text.split('$').enumerate() {
        if n % 2 == 1 {
            content.push(json!({"type": "math_inline", "attrs": {"latex": part}}));
        } else if !part.is_empty() {
            content.push(json!({"type": "text", "text": part}));
        }
    }
    json!({"type": "paragraph", "content": content})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_school_is_whole() {
        let school = School::read().unwrap();
        assert_eq!(school.courses.len(), 3);
        for course in &school.courses {
            school.email_of(&course.author).unwrap();
            for lesson in course.modules.iter().flat_map(|m| &m.lessons) {
                assert_eq!(lesson.film.is_some(), lesson.kind == "video", "{}", lesson.title);
            }
            for task in course.modules.iter().flat_map(|m| &m.tasks) {
                let kind = serde_json::from_value(task.kind.clone().into()).unwrap();
                let judged = judging::check(kind, &task.body, &task.key);
                assert!(judged.is_ok(), "{}: {judged:?}", task.title);
            }
        }
    }

    #[test]
    fn lines_become_a_document() {
        let lines =
            ["# A", "- b", "- c", "> d", "    e\n    f", "g $x$", "$$y$$", "```sql\nSELECT"];
        let lines = lines.map(str::to_owned);
        let document = document(&lines);
        let kinds: Vec<_> =
            document["content"].as_array().unwrap().iter().map(|n| n["type"].clone()).collect();
        let expected = [
            "heading",
            "bulletList",
            "blockquote",
            "codeBlock",
            "paragraph",
            "math_block",
            "codeBlock",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(document["content"][4]["content"][1]["attrs"]["latex"], "x");
        assert_eq!(document["content"][6]["attrs"]["language"], "sql");
        assert_eq!(document["content"][1]["content"].as_array().unwrap().len(), 2);
        assert_eq!(document["content"][3]["content"][0]["text"], "e\nf");
    }
}
