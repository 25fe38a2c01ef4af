//! The examples of docs/realtime.md, replayed line by line against a real server.

use std::collections::HashMap;

use serde_json::Value;

use super::rooms::{School, school};
use crate::support::Socket;

const PAGE: &str = include_str!("../../../docs/realtime.md");

/// What the words beginning with `$` stand for.
type Names = HashMap<String, Value>;

fn filled(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => {
            if let Some(whole) = names.get(text) {
                return whole.clone();
            }
            let mut text = text.clone();
            for (name, known) in names {
                if let Some(known) = known.as_str() {
                    text = text.replace(name.as_str(), known);
                }
            }
            Value::String(text)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, names)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, names))).collect()
        }
        other => other.clone(),
    }
}

/// Whether `heard` is what the example says; a name that is new is learnt.
fn fits(example: &Value, heard: &Value, names: &mut Names) -> bool {
    match (example, heard) {
        (Value::String(any), _) if any == "…" => !heard.is_null(),
        (Value::String(name), _) if name.starts_with('$') && !names.contains_key(name) => {
            names.insert(name.clone(), heard.clone());
            true
        }
        (Value::Object(fields), Value::Object(all)) => fields
            .iter()
            .all(|(name, value)| fits(value, all.get(name).unwrap_or(&Value::Null), names)),
        (Value::Array(items), Value::Array(all)) => {
            items.len() == all.len() && items.iter().zip(all).all(|(a, b)| fits(a, b, names))
        }
        _ => filled(example, names) == *heard,
    }
}

/// MSG-01: a client written after the page is one that works.
#[tokio::test]
async fn the_examples_of_the_page_are_what_the_server_says() {
    let School { s, author, student, room, .. } = &school().await;
    let mut names: Names = HashMap::from([
        ("$ROOM".to_owned(), room.as_str().into()),
        ("$SAM_TOKEN".to_owned(), student.token.clone().unwrap().into()),
        ("$ANN_TOKEN".to_owned(), author.token.clone().unwrap().into()),
        ("$SAM".to_owned(), student.id.to_string().into()),
        ("$ANN".to_owned(), author.id.to_string().into()),
    ]);
    let mut sockets =
        HashMap::from([("sam", Socket::open(s).await), ("ann", Socket::open(s).await)]);
    let mut lines = 0;
    let blocks = PAGE.split("```ilm\n").skip(1).filter_map(|rest| rest.split("```").next());
    for line in blocks.flat_map(str::lines) {
        let (who, rest) = line.split_once(' ').expect("who, and what");
        let (way, json) = rest.split_once(' ').expect("a way, and a frame");
        let example: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {line}"));
        let socket = sockets.get_mut(who).expect("sam or ann");
        lines += 1;
        if way == ">" {
            socket.text(&filled(&example, &names).to_string()).await;
            continue;
        }
        let heard = match example["re"].as_u64() {
            Some(re) => socket.answer(re).await,
            None => socket.frame(example["t"].as_str().expect("a type")).await,
        };
        assert!(fits(&example, &heard, &mut names), "{line}\nbut heard {heard}");
    }
    assert!(lines > 50, "the page has lost its examples");
}
