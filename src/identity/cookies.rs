//! Identity's cookies: their names and attributes, decided by the scheme of the base URL.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The refresh token: read by refresh, sign-out and the socket's upgrade.
    Refresh,
    /// The browser's own id: its own limits at sign-in.
    Device,
    /// The challenge of a one-time code: a code works in the browser that asked for it.
    Challenge,
}

/// Seconds that a browser's id is kept: as long as browsers keep any cookie.
pub(super) const DEVICE_S: i64 = 400 * 86_400;

/// Makes and reads cookies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    https: bool,
}

impl Cookies {
    /// For a site that people reach over TLS or, on this machine alone, in plain.
    pub fn new(https: bool) -> Self {
        Self { https }
    }

    /// `__Host-` binds a cookie to this host and to TLS; browsers refuse it in plain.
    pub fn name(self, kind: Kind) -> &'static str {
        match (kind, self.https) {
            (Kind::Refresh, true) => "__Host-ilm_rt",
            (Kind::Refresh, false) => "ilm_rt",
            (Kind::Device, true) => "__Host-ilm_dev",
            (Kind::Device, false) => "ilm_dev",
            (Kind::Challenge, true) => "__Host-ilm_ch",
            (Kind::Challenge, false) => "ilm_ch",
        }
    }

    /// A cookie that lives `max_age_s` seconds.
    pub fn set(self, kind: Kind, value: String, max_age_s: i64) -> Cookie<'static> {
        let same_site = match kind {
            Kind::Refresh | Kind::Challenge => SameSite::Strict,
            Kind::Device => SameSite::Lax,
        };
        Cookie::build(self.name(kind), value)
            .path("/")
            .http_only(true)
            .secure(self.https)
            .same_site(same_site)
            .max_age(Duration::seconds(max_age_s.max(0)))
            .finish()
    }

    /// Takes a cookie away.
    pub fn clear(self, kind: Kind) -> Cookie<'static> {
        self.set(kind, String::new(), 0)
    }

    /// What the browser sent.
    pub fn read(self, req: &HttpRequest, kind: Kind) -> Option<String> {
        req.cookie(self.name(kind)).map(|cookie| cookie.value().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDN-12: the refresh token is out of reach of scripts, of other sites and of other hosts.
    #[test]
    fn over_tls_the_cookies_are_bound_to_the_host() {
        let cookie = Cookies::new(true).set(Kind::Refresh, "v".to_owned(), 60).to_string();
        assert_eq!(
            cookie,
            "__Host-ilm_rt=v; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        let device = Cookies::new(true).set(Kind::Device, "d".to_owned(), DEVICE_S).to_string();
        assert_eq!(
            device,
            "__Host-ilm_dev=d; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=34560000"
        );
    }

    #[test]
    fn on_this_machine_alone_they_do_without_the_prefix() {
        let cookies = Cookies::new(false);
        assert_eq!(
            cookies.set(Kind::Challenge, "c".to_owned(), 600).to_string(),
            "ilm_ch=c; HttpOnly; SameSite=Strict; Path=/; Max-Age=600"
        );
        assert!(cookies.clear(Kind::Refresh).to_string().contains("Max-Age=0"));
    }
}
