//! Email addresses: what is taken, and what makes two spellings one account.

/// An address that mail can go to.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// Checks what a person typed; spaces around it do not matter.
    pub fn parse(typed: &str) -> Option<Self> {
        let address = typed.trim();
        let (_, domain) = address.rsplit_once('@')?;
        // An address of one label or a bare IP reaches nobody we know.
        let named = domain.contains('.') && !domain.starts_with('[');
        if !named || address.len() > 254 || !gateways::mail::is_address(address) {
            return None;
        }
        Some(Self { address: address.to_owned(), key: address.to_lowercase() })
    }

    /// As typed: mail goes there.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Lower case. Dots and tags stay: who owns `a.b@` is the provider's business.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl std::fmt::Debug for Email {
    /// Logs do not show addresses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = |text: &str| text.chars().next().unwrap_or('?');
        let (local, domain) = self.address.split_once('@').unwrap_or_default();
        write!(f, "{}***@{}***", first(local), first(domain))
    }
}

/// `+` and 7 to 15 digits, spaces, hyphens and brackets taken out; none when it is no number.
pub fn phone(typed: &str) -> Option<String> {
    let digits: String =
        typed.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '\u{a0}')).collect();
    let number = digits.strip_prefix('+')?;
    let whole = (7..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    whole.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDN-08
    #[test]
    fn two_spellings_are_one_account_and_nonsense_is_none() {
        let email = Email::parse(" Ann.Lee+uz@Example.COM ").unwrap();
        assert_eq!(
            (email.address(), email.key()),
            ("Ann.Lee+uz@Example.COM", "ann.lee+uz@example.com")
        );
        assert_eq!(format!("{email:?}"), "A***@E***");
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in [
            "",
            "ann",
            "ann@localhost",
            "ann@[127.0.0.1]",
            "a\n@b.com",
            "a@b.com\r\nBcc: x@y.z",
            &long,
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_phone_is_kept_in_one_form() {
        assert_eq!(phone("+998 (90) 123-45-67").as_deref(), Some("+998901234567"));
        for bad in ["998901234567", "+12345", "+99890123456789012", "+99890abc4567", ""] {
            assert_eq!(phone(bad), None, "{bad}");
        }
    }
}
