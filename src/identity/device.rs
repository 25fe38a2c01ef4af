//! Devices: the random id that a browser keeps, and what a session's list calls it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A browser's own id, 128 random bits; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Device([u8; 16]);

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device(…)")
    }
}

impl Device {
    /// Out of the cookie; a new one when there is none that could be ours.
    pub fn of(cookie: Option<&str>) -> Self {
        let known = cookie
            .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
            .and_then(|bytes| bytes.try_into().ok());
        Self(known.unwrap_or_else(rand::random))
    }

    /// The cookie's value.
    pub fn cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What sessions keep of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// "Firefox, Windows" out of a User-Agent; "App" for what is no browser.
pub fn name(user_agent: Option<&str>) -> String {
    // Order matters: each of these also claims to be the ones after it.
    const BROWSERS: [(&str, &str); 9] = [
        ("YaBrowser/", "Yandex"),
        ("EdgA/", "Edge"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
        ("FreeBSD", "FreeBSD"),
    ];
    let agent = user_agent.unwrap_or_default();
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "App".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDN-14
    #[test]
    fn sessions_are_called_by_browser_and_system() {
        let named = |agent| name(Some(agent));
        assert_eq!(
            named(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
            ),
            "Firefox, Windows"
        );
        assert_eq!(
            named(
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome, Android"
        );
        assert_eq!(
            named(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone"
        );
        assert_eq!(named("curl/8.5.0"), "App");
        assert_eq!(name(None), "App");
    }

    #[test]
    fn a_device_keeps_its_id_and_shows_it_to_nobody() {
        let first = Device::of(None);
        let again = Device::of(Some(&first.cookie()));
        assert_eq!(first.hash(), again.hash());
        assert_ne!(Device::of(Some("short")), Device::of(Some("short")));
        assert!(!format!("{first:?}").contains(&first.cookie()));
    }
}
