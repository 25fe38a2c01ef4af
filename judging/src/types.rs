//! Bodies, keys, answers and what is said about them, as they stand in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};

use super::{Exact, Score};

/// What kind of answer a task asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number, with tolerance and units.
    Number,
    /// A short text, compared with variants.
    Text,
    /// One of many.
    Choice,
    /// Several of many.
    Choices,
    /// Items to be put in order.
    Order,
    /// Pairs to be matched.
    Match,
    /// A text that a person grades.
    Free,
    /// Files that a person grades.
    File,
}

/// What is said about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JudgedVerdict)]
pub enum Verdict {
    /// Fully right.
    Right,
    /// Nothing of it is right.
    Wrong,
    /// Some of it is right.
    Partial,
    /// A person grades it.
    Pending,
    /// It cannot be read as an answer of this kind: no attempt, a hint instead.
    Invalid,
}

/// Why an answer cannot be read, by a code that the web app puts into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnswerHint)]
pub enum Hint {
    /// There is nothing in it.
    Empty,
    /// It is longer than an answer of this kind.
    TooLong,
    /// It is not of the shape of an answer to this task.
    Shape,
    /// It cannot be read as a number.
    NotANumber,
    /// Its denominator is zero.
    ZeroDenominator,
    /// This task does not take common fractions.
    FractionForbidden,
    /// The fraction can be reduced.
    FractionNotReduced,
    /// This task does not take per cent.
    Percent,
    /// The exponent is beyond 30.
    Exponent,
    /// A unit is asked for.
    UnitMissing,
    /// The unit is not one that this task knows.
    UnitUnknown,
    /// One number is asked for, not a list.
    OneNumber,
    /// More digits are asked for.
    MoreDigits,
    /// An option that this task does not have.
    UnknownOption,
    /// Fewer options are chosen than asked for.
    ChooseMore,
    /// More options are chosen than asked for.
    ChooseFewer,
    /// Nothing was moved.
    NotMoved,
    /// Not everything is matched.
    Incomplete,
    /// One of the right column is used twice.
    UsedTwice,
    /// Nearly right: look at the spelling. Given back once without counting.
    Almost,
}

/// Which parts of an answer are right, by the id of the part.
pub type Parts = BTreeMap<String, bool>;

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Judged {
    /// What is said about it.
    pub verdict: Verdict,
    /// The exact share of the points.
    pub score: Score,
    /// Which parts are right, where parts may be told.
    #[schema(required)]
    pub parts: Option<Parts>,
    /// What was compared.
    pub normal: String,
    /// How a number was read.
    #[schema(required)]
    pub read_as: Option<String>,
    /// Why it cannot be read, or what may help.
    #[schema(required)]
    pub hint: Option<Hint>,
    /// What the author says to whoever gives this answer.
    #[schema(required)]
    pub feedback: Option<String>,
}

impl Judged {
    /// It cannot be read.
    pub fn invalid(hint: Hint) -> Self {
        Self { hint: Some(hint), ..Self::of(Verdict::Invalid, Score::ZERO, String::new()) }
    }

    /// A person grades it.
    pub fn pending(normal: String) -> Self {
        Self::of(Verdict::Pending, Score::ZERO, normal)
    }

    /// By its score.
    pub fn scored(score: Score, normal: String) -> Self {
        let verdict = match score {
            Score::ONE => Verdict::Right,
            Score::ZERO => Verdict::Wrong,
            _ => Verdict::Partial,
        };
        Self::of(verdict, score, normal)
    }

    fn of(verdict: Verdict, score: Score, normal: String) -> Self {
        Self { verdict, score, parts: None, normal, read_as: None, hint: None, feedback: None }
    }
}

fn yes() -> bool {
    true
}

fn doc() -> RefOr<Schema> {
    Ref::from_schema_name("Doc").into()
}

/// An option, an item or one side of a pair.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaskOption)]
pub struct Item {
    /// Its id: random, 1 to 36 letters, digits, `-` and `_`; it says nothing about the key.
    pub id: String,
    /// What it says.
    #[schema(schema_with = doc)]
    pub text: Value,
}

/// Whether a number is asked for with a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitMode {
    /// Without.
    #[default]
    None,
    /// With or without.
    Optional,
    /// With.
    Required,
}

/// What a learner sees of a number task; follows from its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NumberBody {
    /// Whether a unit is asked for.
    pub unit: UnitMode,
    /// The units that it knows.
    pub units: Vec<String>,
}

/// What is accepted of several values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberMode {
    /// One of them.
    #[default]
    Any,
    /// All of them, separated by `;`, in any order.
    All,
}

/// What a per cent sign means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Percent {
    /// It is refused.
    #[default]
    Reject,
    /// 25 % is 25.
    Number,
    /// 25 % is 0.25.
    Fraction,
}

/// Whether common fractions are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fractions {
    /// They are.
    #[default]
    Allow,
    /// Reduced ones are.
    RequireReduced,
    /// They are not.
    Forbid,
}

/// A range of right numbers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NumberInterval)]
pub struct Interval {
    /// From here; null is without end.
    #[serde(default)]
    pub from: Option<Exact>,
    /// To here; null is without end.
    #[serde(default)]
    pub to: Option<Exact>,
    /// Whether `from` itself is outside.
    #[serde(default)]
    pub from_open: bool,
    /// Whether `to` itself is outside.
    #[serde(default)]
    pub to_open: bool,
}

/// A unit and how many base units it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NumberUnit)]
pub struct Unit {
    /// As learners write it.
    pub spelling: String,
    /// How many base units it is.
    pub factor: Exact,
}

/// When a number is right.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NumberKey {
    /// Right values, in base units.
    pub values: Vec<Exact>,
    /// One of them, or all.
    pub mode: NumberMode,
    /// How far off it may be, inclusive.
    pub abs: Option<Exact>,
    /// The same as a share of the value; of 0 it is nothing.
    pub rel: Option<Exact>,
    /// Compared after rounding to so many significant digits, 1 to 30.
    pub digits: Option<u32>,
    /// Whether that many digits must be given.
    pub min_given: bool,
    /// Right ranges, in base units.
    pub intervals: Vec<Interval>,
    /// What a per cent sign means.
    pub percent: Percent,
    /// Whether common fractions are taken.
    pub fractions: Fractions,
    /// Whether a unit is asked for.
    pub unit: UnitMode,
    /// The units that it knows.
    pub units: Vec<Unit>,
}

/// What a learner sees of a text task: nothing beside the statement.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TextBody {}

fn one() -> Exact {
    Exact::ONE
}

/// A right text.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TextVariant)]
pub struct Variant {
    /// The text, up to 1000 characters.
    pub text: String,
    /// The share of the points, above 0 and up to 1.
    #[serde(default = "one")]
    pub score: Exact,
    /// What is said to whoever gives it.
    #[serde(default)]
    pub feedback: Option<String>,
}

/// A pattern of right texts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TextPattern)]
pub struct Pattern {
    /// A regular expression of Rust's `regex`, over the whole answer.
    pub pattern: String,
    /// The share of the points, above 0 and up to 1.
    #[serde(default = "one")]
    pub score: Exact,
    /// What is said to whoever gives it.
    #[serde(default)]
    pub feedback: Option<String>,
}

/// When a short text is right.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextKey {
    /// Right texts.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// Patterns of right texts.
    #[serde(default)]
    pub patterns: Vec<Pattern>,
    /// Whether capitals matter.
    #[serde(default)]
    pub case_sensitive: bool,
    /// Whether letters that look alike in Latin and Cyrillic are the same.
    #[serde(default = "yes")]
    pub lookalikes: bool,
    /// Whether ё and е differ.
    #[serde(default)]
    pub yo_distinct: bool,
    /// Whether spaces are left out.
    #[serde(default)]
    pub ignore_spaces: bool,
    /// Whether only digits count, in any order.
    #[serde(default)]
    pub digits_any_order: bool,
    /// Whether one slip of the pen is given back uncounted, once.
    #[serde(default)]
    pub near_miss: bool,
}

/// The options of a choice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceBody {
    /// 2 to 100 options; to learners in the order in which they see them.
    pub options: Vec<Item>,
    /// How many are to be chosen, where that is told.
    #[serde(default)]
    pub pick: Option<u32>,
    /// Whether each learner sees them in an order of their own.
    #[serde(default = "yes")]
    pub shuffle: bool,
}

/// How several chosen options are scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceMethod {
    /// All right ones and no other.
    #[default]
    Exact,
    /// (right − wrong) / right ones in all.
    Penalty,
    /// Share of the right ones − share of the wrong ones.
    Balanced,
    /// Share of options judged rightly.
    Each,
    /// (judged rightly − judged wrongly) / options.
    EachMinus,
    /// Sum of the weights of the chosen.
    Weights,
    /// One error is half the points, two are none.
    Ege2,
}

/// Which options are right.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceKey {
    /// Ids of the right ones.
    pub right: Vec<String>,
    /// How several are scored.
    #[serde(default)]
    pub method: ChoiceMethod,
    /// Weight of each option, for the method `weights`: the positive ones sum to 1.
    #[serde(default)]
    pub weights: Option<BTreeMap<String, Exact>>,
}

/// Items to be put in order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// 2 to 100 items; to learners never in the right order.
    pub items: Vec<Item>,
}

/// How an order is scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderMethod {
    /// All in place.
    #[default]
    Exact,
    /// Share of those in place.
    Absolute,
    /// Share of neighbours that stayed together.
    Adjacent,
    /// Length of the longest row in the right order.
    Longest,
    /// Pairs in the right order less those in the wrong one.
    Kendall,
    /// How far each is from its place.
    Distance,
}

/// The right order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderKey {
    /// Ids of all items.
    pub order: Vec<String>,
    /// How it is scored.
    #[serde(default)]
    pub method: OrderMethod,
}

/// Two columns to be matched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchBody {
    /// 1 to 100, each to be matched.
    pub left: Vec<Item>,
    /// 2 to 100 to choose from.
    pub right: Vec<Item>,
    /// Whether one of the right may be used twice; follows from the key.
    #[serde(default)]
    pub reuse: bool,
}

/// The right pairs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchKey {
    /// Ids of the left with those of the right.
    pub pairs: BTreeMap<String, String>,
    /// Whether one of the right may be used twice.
    #[serde(default)]
    pub reuse: bool,
}

/// Limits of a text that a person grades.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FreeBody {
    /// Characters, 1 to 20 000.
    pub max_chars: u32,
}

impl Default for FreeBody {
    fn default() -> Self {
        Self { max_chars: 20_000 }
    }
}

/// Limits of files that a person grades.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FileBody {
    /// Files, 1 to 10.
    pub max_files: u32,
    /// MiB of each, 1 to 100.
    pub max_mb: u32,
    /// Endings that are taken, such as `pdf`; none: all.
    pub types: Vec<String>,
}

impl Default for FileBody {
    fn default() -> Self {
        Self { max_files: 3, max_mb: 25, types: Vec::new() }
    }
}

/// What a person grades by.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenKey {
    /// For those who grade, up to 10 000 characters.
    pub rubric: Option<String>,
}

/// Files and what is said with them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAnswer {
    /// Uploads by their ids.
    pub files: Vec<String>,
    /// What is said with them.
    #[serde(default)]
    pub text: Option<String>,
}

/// What learners see of a task beside its statement, by its kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TaskBody)]
pub enum Body {
    /// Of `number`.
    Number(NumberBody),
    /// Of `choice` and `choices`.
    Choice(ChoiceBody),
    /// Of `order`.
    Order(OrderBody),
    /// Of `match`.
    Match(MatchBody),
    /// Of `free`.
    Free(FreeBody),
    /// Of `file`.
    File(FileBody),
    /// Of `text`.
    Text(TextBody),
}

/// When an answer is right, by the task's kind; learners never see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TaskKey)]
pub enum Key {
    /// Of `number`.
    Number(NumberKey),
    /// Of `text`.
    Text(TextKey),
    /// Of `choice` and `choices`.
    Choice(ChoiceKey),
    /// Of `order`.
    Order(OrderKey),
    /// Of `match`.
    Match(MatchKey),
    /// Of `free` and `file`.
    Open(OpenKey),
}

/// An answer, by the task's kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TaskAnswer)]
pub enum Answer {
    /// To `number`, `text` and `free` what was typed; to `choice` an id.
    One(String),
    /// To `choices` and `order`: ids.
    Several(Vec<String>),
    /// To `match`: ids of the left with those of the right.
    Pairs(BTreeMap<String, String>),
    /// To `file`.
    File(FileAnswer),
}
