//! Outgoing mail: the port, and its adapters (a relay over SMTP, a directory that serves as the
//! development mailbox, memory for tests).

mod directory;
mod memory;
mod smtp;

use async_trait::async_trait;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use directory::DirectoryMailer;
pub use memory::MemoryMailer;
pub use smtp::{SmtpMailer, SmtpOptions, SmtpTls};

/// One message to one person. Header values are typed by the adapter, so nothing in here can add a
/// header or a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Becomes the Message-ID: a second attempt carries the same one.
    pub id: Uuid,
    /// When it was written.
    pub at: Timestamp,
    /// One address without a display name.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain text, always present.
    pub text: String,
    /// The same as HTML, where there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// Why a message did not go out.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another attempt: the relay is away, busy or full.
    #[error("the mail could not be sent now: {0}")]
    Temporary(String),
    /// No attempt will help: the address or the message is refused.
    #[error("the mail was refused: {0}")]
    Refused(String),
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands `mail` over; `Ok` means that the next hop has taken responsibility for it.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;

    /// Whether the next hop answers (for `doctor` and readiness).
    async fn check(&self) -> Result<(), MailError>;

    /// What was sent, where the adapter keeps it (directory, memory).
    fn mailbox(&self) -> Option<&dyn Mailbox> {
        None
    }
}

/// Mail that can be read back: development and tests only.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// The newest messages first, at most `limit`; only those to `to` where it is given.
    async fn newest(&self, to: Option<&str>, limit: usize) -> Result<Vec<Mail>, MailError>;
}

/// Checks that `address` is one that the adapters would accept as a recipient.
pub fn is_address(address: &str) -> bool {
    address.parse::<lettre::Address>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_no_second_line_and_no_second_recipient() {
        assert!(is_address("ann@example.com"));
        assert!(is_address("ann+courses@sub.example.co.uz"));
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "a@b\r\nBcc: c@d.com",
            "a@b.com,c@d.com",
            "A <a@b.com>",
            "a b@c.com",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
