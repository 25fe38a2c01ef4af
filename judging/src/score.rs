//! An exact share of the points.

use num_integer::Integer as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A fraction from 0 to 1 in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreShare)]
pub struct Score {
    /// Above the line.
    pub num: u32,
    /// Below the line, not 0.
    pub den: u32,
}

impl Score {
    /// Nothing.
    pub const ZERO: Self = Self { num: 0, den: 1 };
    /// All.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den`, clamped to 0..=1 and reduced; nothing where there is nothing to divide by.
    pub fn new(num: i64, den: i64) -> Self {
        if den <= 0 || num <= 0 {
            return Self::ZERO;
        }
        if num >= den {
            return Self::ONE;
        }
        let gcd = num.gcd(&den).max(1);
        match (u32::try_from(num / gcd), u32::try_from(den / gcd)) {
            (Ok(num), Ok(den)) => Self { num, den },
            _ => Self::ZERO,
        }
    }

    /// Points earned of `points`, rounded to four digits, half away from zero, for showing.
    pub fn of(self, points: i64) -> f64 {
        let den = i64::from(self.den.max(1));
        let ten_thousandths = (i64::from(self.num) * points * 20_000 + den) / (2 * den);
        // At most 1000 points: exact in a double.
        f64::from(i32::try_from(ten_thousandths).unwrap_or(i32::MAX)) / 10_000.0
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let left = u64::from(self.num) * u64::from(other.den);
        left.cmp(&(u64::from(other.num) * u64::from(self.den)))
    }
}
