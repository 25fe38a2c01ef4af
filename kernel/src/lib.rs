//! The shared kernel: identifiers, money, the clock, secrets. It does no IO and knows no other
//! crate of ours; everything here is small enough to be read in one sitting.

mod clock;
mod id;
mod money;
mod secret;

pub use clock::{Clock, SettableClock, SystemClock, Timestamp};
pub use id::{IdSource, RandomIds, SequentialIds};
pub use money::{Currency, Money, MoneyError};
pub use secret::SecretBytes;
