//! JSON in: what an author may write, each field checked. State, author, counters and times are in
//! none of these types, so no request can reach them (T9).

use chrono::{DateTime, Utc};
use kernel::Money;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::document::{Document, DocumentError};
use super::model::{Language, LessonKind, Level};
use super::views::{Doc, Price};
use crate::platform::http::{Checks, Code, Problem};

/// Longest title of a course, module or lesson, characters.
pub const MAX_TITLE: usize = 200;
/// Longest subtitle, characters.
const MAX_SUBTITLE: usize = 300;
/// Most points in a list such as "what you will learn".
const MAX_POINTS: usize = 30;
/// Longest point, characters.
const MAX_POINT: usize = 300;
/// Most skills on a course.
const MAX_SKILLS: usize = 20;
/// Highest price, minor units.
const MAX_PRICE: i64 = 1_000_000_000_000;
/// Longest access that is not for ever, days.
const MAX_ACCESS_DAYS: i32 = 3650;
/// Longest homework, characters.
const MAX_HOMEWORK: usize = 10_000;

/// Tells a field that is absent (leave it) from one that is null (clear it).
#[allow(clippy::option_option, reason = "absent and null are different requests")]
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A new course.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCourse {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Taught in.
    pub language: Language,
}

impl NewCourse {
    /// The cleaned title, or every fault.
    pub fn check(&self) -> Result<String, Problem> {
        let mut checks = Checks::new();
        let title = checks.text("title", &self.title, 1..=MAX_TITLE);
        checks.done()?;
        Ok(title)
    }
}

/// Changes to a course; absent fields stay as they are, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::option_option, reason = "absent and null are different requests")]
pub struct CoursePatch {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// Up to 300 characters.
    #[schema(max_length = 300)]
    pub subtitle: Option<String>,
    /// About the course.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Doc>)]
    pub description: Option<Option<Value>>,
    /// One of `GET /categories`.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub category_id: Option<Option<Uuid>>,
    /// How hard.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Level>)]
    pub level: Option<Option<Level>>,
    /// Taught in.
    pub language: Option<Language>,
    /// What you will learn: up to 30 points of up to 300 characters.
    pub learn: Option<Vec<String>>,
    /// What you need before: the same.
    pub requirements: Option<Vec<String>>,
    /// Up to 20 of `GET /skills`.
    pub skill_ids: Option<Vec<Uuid>>,
    /// What it costs; null or zero is free.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Price>)]
    pub price: Option<Option<Money>>,
    /// What it cost before: more than the price, in its currency.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Price>)]
    pub old_price: Option<Option<Money>>,
    /// Whether a certificate is given.
    pub certificate: Option<bool>,
    /// Days of access, 1 to 3650; null is for ever.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 3650)]
    pub access_days: Option<Option<i32>>,
    /// Target score of the track: 60 or 80.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub track: Option<Option<i16>>,
    /// Wrong answers after which the chats under its tasks open: 0 (always) to 100; null: the platform's number.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    pub chat_after: Option<Option<i16>>,
}

impl CoursePatch {
    /// Cleans every field in place, or names every fault. The pair of prices is judged by
    /// [`check_prices`], which knows what is stored.
    pub fn check(&mut self) -> Result<(), Problem> {
        let mut checks = Checks::new();
        if let Some(title) = &mut self.title {
            *title = checks.text("title", title, 1..=MAX_TITLE);
        }
        if let Some(subtitle) = &mut self.subtitle {
            *subtitle = checks.text("subtitle", subtitle, 0..=MAX_SUBTITLE);
        }
        document_field(&mut checks, "description", &mut self.description);
        for (name, points) in [("learn", &mut self.learn), ("requirements", &mut self.requirements)]
        {
            if let Some(points) = points {
                *points = clean_points(&mut checks, name, points);
            }
        }
        if let Some(skills) = &mut self.skill_ids {
            let mut seen = std::collections::HashSet::new();
            skills.retain(|skill| seen.insert(*skill));
            checks.ensure(
                skills.len() <= MAX_SKILLS,
                "skill_ids",
                Code::TooLong,
                "At most 20 skills fit.",
            );
        }
        for (name, price) in [("price", &mut self.price), ("old_price", &mut self.old_price)] {
            if price.flatten().is_some_and(|money| money.amount == 0) {
                *price = Some(None);
            }
            let fits = price.flatten().is_none_or(|money| (1..=MAX_PRICE).contains(&money.amount));
            checks.ensure(fits, name, Code::Invalid, "This amount is out of range.");
        }
        let days_fit =
            self.access_days.flatten().is_none_or(|days| (1..=MAX_ACCESS_DAYS).contains(&days));
        checks.ensure(
            days_fit,
            "access_days",
            Code::Invalid,
            "Between 1 and 3650 days, or for ever.",
        );
        let track_fits = self.track.flatten().is_none_or(|track| matches!(track, 60 | 80));
        checks.ensure(track_fits, "track", Code::Invalid, "The tracks are 60 and 80.");
        check_chat_after(&mut checks, self.chat_after.flatten());
        checks.done()
    }
}

/// Whether a price and the price before it go together.
pub fn check_prices(price: Option<Money>, old_price: Option<Money>) -> Result<(), Problem> {
    let Some(old) = old_price else { return Ok(()) };
    let fault = match price {
        None => "A free course has no price before the discount.",
        Some(price) if price.currency != old.currency => "Both prices are in one currency.",
        Some(price) if old.amount <= price.amount => "The price before is the higher one.",
        Some(_) => return Ok(()),
    };
    Err(Problem::invalid("old_price", fault))
}

/// Judges a number of wrong answers.
pub fn check_chat_after(checks: &mut Checks, chat_after: Option<i16>) {
    let fits = chat_after.is_none_or(|n| (0..=100).contains(&n));
    checks.ensure(fits, "chat_after", Code::Invalid, "Between 0 and 100 wrong answers.");
}

/// A new module.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewModule {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
}

impl NewModule {
    /// The cleaned title, or its fault.
    pub fn check(&self) -> Result<String, Problem> {
        let mut checks = Checks::new();
        let title = checks.text("title", &self.title, 1..=MAX_TITLE);
        checks.done()?;
        Ok(title)
    }
}

/// Changes to a module.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::option_option, reason = "absent and null are different requests")]
pub struct ModulePatch {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// Homework for the whole module, plain text of up to 10,000 characters.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 10_000)]
    pub homework: Option<Option<String>>,
    /// When it opens to learners; null: it is open (LRN-18).
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub opens_at: Option<Option<DateTime<Utc>>>,
}

impl ModulePatch {
    /// Cleans every field in place, or names every fault.
    pub fn check(&mut self) -> Result<(), Problem> {
        let mut checks = Checks::new();
        if let Some(title) = &mut self.title {
            *title = checks.text("title", title, 1..=MAX_TITLE);
        }
        homework_field(&mut checks, &mut self.homework);
        checks.done()
    }
}

/// A new lesson.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLesson {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
}

impl NewLesson {
    /// The cleaned title, or its fault.
    pub fn check(&self) -> Result<String, Problem> {
        let mut checks = Checks::new();
        let title = checks.text("title", &self.title, 1..=MAX_TITLE);
        checks.done()?;
        Ok(title)
    }
}

/// Changes to a lesson.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::option_option, reason = "absent and null are different requests")]
pub struct LessonPatch {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// The text, or the text under the video.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Doc>)]
    pub body: Option<Option<Value>>,
    /// Homework, plain text of up to 10,000 characters.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 10_000)]
    pub homework: Option<Option<String>>,
    /// Whether strangers may take it.
    pub free_preview: Option<bool>,
}

impl LessonPatch {
    /// Cleans every field in place, or names every fault.
    pub fn check(&mut self) -> Result<(), Problem> {
        let mut checks = Checks::new();
        if let Some(title) = &mut self.title {
            *title = checks.text("title", title, 1..=MAX_TITLE);
        }
        document_field(&mut checks, "body", &mut self.body);
        homework_field(&mut checks, &mut self.homework);
        checks.done()
    }
}

/// An upload that was finished before, by its id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromUpload {
    /// The upload.
    pub upload_id: Uuid,
}

/// What may be changed of a file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilePatch {
    /// Whether learners may keep a copy.
    pub downloadable: bool,
}

/// The order of everything in a course.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseOrder {
    /// Every module of the course, in the wanted order.
    pub modules: Vec<OrderedModule>,
}

/// A module and its lessons, in the wanted order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderedModule {
    /// The module.
    pub id: Uuid,
    /// Its lessons; they may come from another module of the course.
    pub lessons: Vec<Uuid>,
}

/// What to look for in the catalogue.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// Words in title or subtitle, up to 100 characters.
    pub q: Option<String>,
    /// A category by slug or id; what is below it counts too.
    pub category: Option<String>,
    /// How hard.
    pub level: Option<Level>,
    /// Taught in.
    pub language: Option<Language>,
    /// Only free ones (true) or only paid ones (false).
    pub free: Option<bool>,
    /// Target score: 60 or 80.
    pub track: Option<i16>,
    /// Order; newest when absent.
    pub sort: Option<Sort>,
    /// Items a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before, with the same sort.
    pub cursor: Option<String>,
}

/// Order of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Published last first.
    #[default]
    Newest,
    /// Most students first.
    Popular,
    /// Free ones first, then by amount within each currency.
    Price,
}

/// A document that must be there, cleaned.
pub fn whole_document(checks: &mut Checks, field: &str, value: &mut Value) {
    let mut given = Some(Some(std::mem::take(value)));
    document_field(checks, field, &mut given);
    *value = given.flatten().unwrap_or_default();
}

#[allow(clippy::option_option, reason = "absent and null are different requests")]
fn document_field(checks: &mut Checks, field: &str, value: &mut Option<Option<Value>>) {
    let Some(Some(tree)) = value else { return };
    match Document::parse(tree) {
        Ok(document) => *tree = document.into_value(),
        Err(error) => {
            let code = match error {
                DocumentError::TooLarge => Code::TooLong,
                _ => Code::DocumentInvalid,
            };
            checks.add(field, code, error.to_string());
        }
    }
}

/// Text that is empty once cleaned is no homework.
#[allow(clippy::option_option, reason = "absent and null are different requests")]
fn homework_field(checks: &mut Checks, value: &mut Option<Option<String>>) {
    let Some(given) = value else { return };
    *given = given
        .as_deref()
        .map(|text| checks.lines("homework", text, 0..=MAX_HOMEWORK))
        .filter(|text| !text.is_empty());
}

fn clean_points(checks: &mut Checks, field: &str, points: &[String]) -> Vec<String> {
    checks.ensure(points.len() <= MAX_POINTS, field, Code::TooLong, "At most 30 points fit.");
    points
        .iter()
        .enumerate()
        .map(|(n, point)| checks.text(&format!("{field}[{n}]"), point, 0..=MAX_POINT))
        // An empty line in an editor is not a fault.
        .filter(|point| !point.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use serde_json::json;

    use super::*;

    fn patch(value: Value) -> Result<CoursePatch, Problem> {
        let mut patch: CoursePatch = serde_json::from_value(value).unwrap();
        patch.check().map(|()| patch)
    }

    fn faults(problem: &Problem) -> Vec<(String, String)> {
        problem.doc().errors.into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        let given = patch(json!({"level": null, "price": null})).unwrap();
        assert_eq!((given.level, given.price), (Some(None), Some(None)));
        assert!(given.category_id.is_none() && given.description.is_none());
    }

    /// CRS-14
    #[test]
    fn points_are_cleaned_and_empty_ones_left_out() {
        let given = patch(json!({"learn": [" Join tables ", "", "שאילתות"]})).unwrap();
        assert_eq!(given.learn.unwrap(), ["Join tables", "שאילתות"]);
    }

    #[test]
    fn every_fault_is_named_with_its_field() {
        let problem = patch(json!({
            "title": "я".repeat(300), "access_days": 0, "track": 70,
            "price": {"amount": -5, "currency": "UZS"}, "description": {"type": "script"}
        }))
        .unwrap_err();
        let expected = [
            ("title", "too_long"),
            ("description", "document_invalid"),
            ("price", "invalid"),
            ("access_days", "invalid"),
            ("track", "invalid"),
        ];
        assert_eq!(faults(&problem), expected.map(|(f, c)| (f.to_owned(), c.to_owned())));
    }

    /// TCH-05
    #[test]
    fn a_price_of_nothing_is_free_and_a_discount_is_a_discount() {
        let zero = patch(json!({"price": {"amount": 0, "currency": "UZS"}})).unwrap();
        assert_eq!(zero.price, Some(None));
        let (low, high) = (Money::new(100, Currency::Uzs), Money::new(200, Currency::Uzs));
        assert!(check_prices(Some(low), Some(high)).is_ok());
        assert!(check_prices(None, None).is_ok());
        for (price, old) in [
            (Some(high), low),
            (Some(low), low),
            (None, high),
            (Some(low), Money::new(200, Currency::Usd)),
        ] {
            assert_eq!(faults(&check_prices(price, Some(old)).unwrap_err())[0].0, "old_price");
        }
    }

    #[test]
    fn nobody_writes_state_author_or_counters() {
        for field in
            ["state", "author_id", "students_count", "rating", "version", "published_at", "id"]
        {
            assert!(serde_json::from_value::<CoursePatch>(json!({field: 1})).is_err(), "{field}");
        }
    }
}
