//! Which addresses the server answers for. A request that names another host was misdirected, or
//! hopes that its host is believed somewhere.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::platform::config::Site;

/// Names of this machine itself, good while the site is on this machine (development).
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whether the request is for one of our names: `site.base_url`'s, `site.allowed_hosts`.
pub(super) fn is_ours(req: &HttpRequest, site: &Site) -> bool {
    // Health is asked by address.
    if req.path().starts_with("/health") {
        return true;
    }
    let named = match req.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => req.headers().get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    named.is_some_and(|host| is_known(host, site))
}

fn is_known(host: &str, site: &Site) -> bool {
    let name = name_of(host);
    let own = name_of(site.host());
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    is(own)
        || site.allowed_hosts.iter().any(|known| is(name_of(known)))
        || (LOOPBACK.contains(&own) && LOOPBACK.iter().any(|known| is(known)))
}

/// Without the port: proxies differ in whether they send it.
fn name_of(host: &str) -> &str {
    let end = host.rfind(']').unwrap_or(0);
    match host.get(end..).and_then(|rest| rest.find(':')) {
        Some(colon) => host.get(..end + colon).unwrap_or(host),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Config;

    /// SEC-01
    #[test]
    fn own_names_are_known_with_any_port_and_others_are_not() {
        let mut site = Config::load(None).unwrap().site;
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:9", "[::1]:8080", "[::1]"] {
            assert!(is_known(host, &site), "{host}");
        }
        site.base_url = "https://ilm.example".to_owned();
        site.allowed_hosts = vec!["www.ilm.example".to_owned()];
        for host in ["ilm.example", "ilm.example:443", "WWW.ilm.example"] {
            assert!(is_known(host, &site), "{host}");
        }
        for host in ["", "localhost", "evil.example", "ilm.example.evil.example", "[::1]", ":443"] {
            assert!(!is_known(host, &site), "{host}");
        }
    }
}
