//! What a person grades: texts and files. Only their shape is judged here.

use serde::Deserialize as _;
use serde_json::Value;

use crate::Faults;
use crate::chars::is_dropped;
use crate::types::{FileAnswer, FileBody, FreeBody, Hint, Judged, OpenKey};

/// Longest text, characters.
const MAX_CHARS: u32 = 20_000;
/// Longest rubric, characters.
const MAX_RUBRIC: usize = 10_000;
/// Longest text beside files, characters.
const MAX_NOTE: usize = 2000;

fn check_rubric(key: &mut OpenKey, faults: &mut Faults) {
    key.rubric = key.rubric.take().filter(|rubric| !rubric.trim().is_empty());
    let fits = key.rubric.as_ref().is_none_or(|rubric| rubric.chars().count() <= MAX_RUBRIC);
    faults.ensure(fits, "key.rubric", "At most 10 000 characters fit.");
}

pub(crate) fn check_free(body: &mut FreeBody, key: &mut OpenKey, faults: &mut Faults) {
    let fits = (1..=MAX_CHARS).contains(&body.max_chars);
    faults.ensure(fits, "body.max_chars", "Between 1 and 20 000 characters.");
    check_rubric(key, faults);
}

pub(crate) fn check_file(body: &mut FileBody, key: &mut OpenKey, faults: &mut Faults) {
    let fits = (1..=10).contains(&body.max_files);
    faults.ensure(fits, "body.max_files", "Between 1 and 10 files.");
    faults.ensure((1..=100).contains(&body.max_mb), "body.max_mb", "Between 1 and 100 MiB.");
    faults.ensure(body.types.len() <= 20, "body.types", "At most 20 endings fit.");
    for (n, ending) in body.types.iter_mut().enumerate() {
        *ending = ending.trim().trim_start_matches('.').to_ascii_lowercase();
        let fits =
            (1..=10).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
        faults.ensure(fits, &format!("body.types[{n}]"), "An ending such as pdf.");
    }
    check_rubric(key, faults);
}

pub(crate) fn judge_free(body: &FreeBody, answer: &Value) -> Judged {
    let Some(text) = answer.as_str() else { return Judged::invalid(Hint::Shape) };
    let most = usize::try_from(body.max_chars.min(MAX_CHARS)).unwrap_or(usize::MAX);
    if text.chars().all(|c| c.is_whitespace() || is_dropped(c)) {
        return Judged::invalid(Hint::Empty);
    }
    if text.chars().count() > most {
        return Judged::invalid(Hint::TooLong);
    }
    Judged::pending(String::new())
}

pub(crate) fn judge_file(body: &FileBody, answer: &Value) -> Judged {
    let Ok(answer) = FileAnswer::deserialize(answer) else { return Judged::invalid(Hint::Shape) };
    let most = usize::try_from(body.max_files).unwrap_or(usize::MAX);
    if answer.files.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    if answer.files.len() > most {
        return Judged::invalid(Hint::ChooseFewer);
    }
    let plain =
        |id: &String| id.len() <= 36 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let once: std::collections::HashSet<&String> = answer.files.iter().collect();
    if once.len() != answer.files.len() || !answer.files.iter().all(plain) {
        return Judged::invalid(Hint::Shape);
    }
    if answer.text.as_ref().is_some_and(|text| text.chars().count() > MAX_NOTE) {
        return Judged::invalid(Hint::TooLong);
    }
    Judged::pending(String::new())
}
