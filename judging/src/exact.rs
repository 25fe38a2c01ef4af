//! Exact numbers: fractions of whole numbers without bounds of their own. What is read is bounded.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema};

use super::number::read_plain;
use super::score::Score;

/// A fraction in lowest terms; the denominator is above 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rational {
    num: BigInt,
    den: BigInt,
}

impl Rational {
    /// `num / den`; `None` when that is nothing.
    pub(crate) fn new(num: BigInt, den: BigInt) -> Option<Self> {
        if den.is_zero() {
            return None;
        }
        let gcd = num.gcd(&den);
        let (mut num, mut den) = if gcd.is_zero() { (num, den) } else { (num / &gcd, den / &gcd) };
        if den.is_negative() {
            (num, den) = (-num, -den);
        }
        Some(Self { num, den })
    }

    fn of(num: BigInt, den: BigInt) -> Self {
        Self::new(num, den).unwrap_or_else(Self::zero)
    }

    pub(crate) fn zero() -> Self {
        Self { num: BigInt::zero(), den: BigInt::one() }
    }

    pub(crate) fn whole(n: i64) -> Self {
        Self { num: n.into(), den: BigInt::one() }
    }

    /// `10^exponent`.
    pub(crate) fn power_of_ten(exponent: i32) -> Self {
        let power = BigInt::from(10).pow(exponent.unsigned_abs());
        if exponent < 0 {
            Self { num: BigInt::one(), den: power }
        } else {
            Self { num: power, den: BigInt::one() }
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::of(&self.num * &other.den + &other.num * &self.den, &self.den * &other.den)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self::of(&self.num * &other.num, &self.den * &other.den)
    }

    pub(crate) fn negated(&self) -> Self {
        Self { num: -&self.num, den: self.den.clone() }
    }

    pub(crate) fn abs(&self) -> Self {
        Self { num: self.num.abs(), den: self.den.clone() }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.num.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.num.is_negative()
    }

    pub(crate) fn den(&self) -> &BigInt {
        &self.den
    }

    /// Rounded to `digits` significant digits, half away from zero.
    pub(crate) fn round_significant(&self, digits: u32) -> Self {
        if self.is_zero() {
            return Self::zero();
        }
        let size = self.abs();
        // 10^magnitude <= size < 10^(magnitude + 1); the lengths say it but for one.
        let length = |n: &BigInt| i32::try_from(n.to_string().len()).unwrap_or(0);
        let mut magnitude = length(&size.num) - length(&size.den);
        if size < Self::power_of_ten(magnitude) {
            magnitude -= 1;
        }
        let shift = i32::try_from(digits).unwrap_or(1) - 1 - magnitude;
        let scaled = size.times(&Self::power_of_ten(shift));
        let twice: BigInt = &scaled.num * 2 + &scaled.den;
        let rounded = twice.div_floor(&(&scaled.den * 2));
        let whole = Self { num: rounded, den: BigInt::one() };
        let result = whole.times(&Self::power_of_ten(-shift));
        if self.is_negative() { result.negated() } else { result }
    }

    /// As a share of the points, clamped.
    pub(crate) fn score(&self) -> Score {
        if !self.is_zero() && !self.is_negative() && self >= &Self::whole(1) {
            return Score::ONE;
        }
        match (self.num.to_i64(), self.den.to_i64()) {
            (Some(num), Some(den)) => Score::new(num, den),
            _ => Score::ZERO,
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.num * &other.den).cmp(&(&other.num * &self.den))
    }
}

/// Longest run of digits after the point that is written out.
const WRITTEN: u32 = 30;

/// As a decimal where that is short and exact, else as a fraction.
impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut power = BigInt::one();
        for places in 0..=WRITTEN {
            let (whole, rest) = (&self.num * &power).div_rem(&self.den);
            if rest.is_zero() {
                let sign = if whole.is_negative() { "-" } else { "" };
                let digits = whole.abs().to_string();
                let places = usize::try_from(places).unwrap_or(0);
                let digits = format!("{digits:0>width$}", width = places + 1);
                let (before, after) = digits.split_at(digits.len() - places);
                return if after.is_empty() {
                    write!(f, "{sign}{before}")
                } else {
                    write!(f, "{sign}{before}.{after}")
                };
            }
            power *= 10;
        }
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// An exact number in JSON: a string such as `3.14`, `1/2` or `1.2e-3`; numbers are read too, by what
/// they are written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact(pub(crate) ExactValue);

/// Kept behind [`Exact`]: `1` needs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExactValue {
    One,
    Other(Rational),
}

impl Exact {
    /// One.
    pub const ONE: Self = Self(ExactValue::One);

    /// The number in a text of at most 64 characters.
    pub fn parse(text: &str) -> Option<Self> {
        read_plain(text).map(|value| Self(ExactValue::Other(value)))
    }

    pub(crate) fn value(&self) -> Rational {
        match &self.0 {
            ExactValue::One => Rational::whole(1),
            ExactValue::Other(value) => value.clone(),
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        Self::parse(&text).ok_or_else(|| de::Error::custom("this is not a number"))
    }
}

impl utoipa::PartialSchema for Exact {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(utoipa::openapi::Type::String))
            .description(Some("An exact number: `3.14`, `1/2`, `1.2e-3`."))
            .examples(["3.14"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Exact {
    fn name() -> std::borrow::Cow<'static, str> {
        "ExactNumber".into()
    }
}
