//! Money: integer minor units with a currency. There is no floating point on the way, and no sum
//! over two currencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency that the platform deals in (ISO 4217; PAY-38).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Uzbek soʻm, 100 tiyin.
    Uzs,
    /// Russian rouble, 100 kopecks.
    Rub,
    /// Israeli new shekel, 100 agorot.
    Ils,
    /// United States dollar, 100 cents.
    Usd,
    /// Euro, 100 cents.
    Eur,
}

impl Currency {
    /// Every currency, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Uzs, Self::Rub, Self::Ils, Self::Usd, Self::Eur];

    /// The three-letter code of ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Uzs => "UZS",
            Self::Rub => "RUB",
            Self::Ils => "ILS",
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.code() == code)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

/// An amount in minor units (tiyin, kopecks, agorot, cents) of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units; may be negative in a ledger, never in a price.
    pub amount: i64,
    /// Their currency.
    pub currency: Currency,
}

/// Why an operation on money was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The two amounts are not of one currency.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit into 64 bits.
    #[error("the amount is out of range")]
    OutOfRange,
    /// The code is not that of a currency we deal in.
    #[error("unknown currency")]
    UnknownCurrency,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum, if both are of one currency and it fits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        self.amount
            .checked_add(other.amount)
            .map(|amount| Self { amount, ..self })
            .ok_or(MoneyError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn adding_is_exact_or_refused(a in any::<i64>(), b in any::<i64>()) {
            let sum = Money::new(a, Currency::Uzs).checked_add(Money::new(b, Currency::Uzs));
            match i128::from(a) + i128::from(b) {
                exact if i64::try_from(exact).is_ok() => prop_assert_eq!(i128::from(sum.unwrap().amount), exact),
                _ => prop_assert_eq!(sum, Err(MoneyError::OutOfRange)),
            }
        }
    }

    #[test]
    fn two_currencies_do_not_add_up() {
        let sum = Money::new(1, Currency::Uzs).checked_add(Money::new(1, Currency::Rub));
        assert_eq!(sum, Err(MoneyError::CurrencyMismatch(Currency::Uzs, Currency::Rub)));
    }

    #[test]
    fn money_is_written_as_amount_and_code() {
        let json = r#"{"amount":4990000,"currency":"UZS"}"#;
        let money: Money = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
        assert!(serde_json::from_str::<Money>(r#"{"amount":1.5,"currency":"UZS"}"#).is_err());
    }
}
