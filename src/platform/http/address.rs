//! Whose address is it: the peer's, or behind trusted proxies the last untrusted one of the
//! configured header, read from the right. `realip_remote_addr` believes anyone and is never used.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures::future::{Ready, ready};
use ipnet::IpNet;

use super::Problem;
use crate::app::App;

/// The address of the client, IPv4 unmapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The network that limits count by: the address in IPv4, /64 in IPv6.
    pub fn limit_key(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("{}/64", masked(v6, 64)),
        }
    }

    /// What is kept about a person's whereabouts: /24 or /48.
    pub fn network(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => format!("{}/48", masked(v6, 48)),
        }
    }

    /// The client of `req`, by the app's trusted proxies.
    pub fn of(req: &HttpRequest, app: &App) -> Self {
        let peer = req.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
        let server = &app.config.server;
        let lines: Vec<&str> = req
            .headers()
            .get_all(server.client_ip_header.as_str())
            .filter_map(|value| value.to_str().ok())
            .collect();
        Self(resolve(peer, &lines, &server.trusted_proxies))
    }
}

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(App::of(req).map(|app| Self::of(req, &app)))
    }
}

fn masked(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(address) & (u128::MAX << (128 - bits)))
}

fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn resolve(peer: IpAddr, lines: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut address = unmapped(peer);
    let mut values = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_trusted(address) {
        match values.next().map(|value| parse(value.trim())) {
            Some(Some(next)) => address = unmapped(next),
            Some(None) | None => break,
        }
    }
    address
}

/// An address with or without port, brackets, zone.
fn parse(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    let bare = text.trim_start_matches('[').split([']', '%']).next()?;
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        resolve(peer.parse().unwrap(), lines, &trusted).to_string()
    }

    /// IDN-20 SEC-04: a forged header moves no limit.
    #[test]
    fn only_trusted_proxies_are_believed_and_only_from_the_right() {
        assert_eq!(seen("198.51.100.7", &["1.1.1.1"]), "198.51.100.7");
        assert_eq!(seen("127.0.0.1", &["6.6.6.6, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["6.6.6.6", "203.0.113.9, 10.1.1.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["203.0.113.9, unknown"]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(seen("::ffff:127.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen("127.0.0.1", &["fe80::1%eth0"]), "fe80::1");
    }

    #[test]
    fn what_is_kept_is_a_network_not_an_address() {
        let v4 = ClientAddress("203.0.113.9".parse().unwrap());
        let v6 = ClientAddress("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!((v4.network(), v4.limit_key()), ("203.0.113.0/24".into(), "203.0.113.9".into()));
        assert_eq!(
            (v6.network(), v6.limit_key()),
            ("2001:db8:1::/48".into(), "2001:db8:1:2::/64".into())
        );
    }
}
