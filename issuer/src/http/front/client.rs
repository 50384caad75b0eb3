//! Who asks, as far as limits are concerned: an address of IPv4, or the /64 that a household has of IPv6.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// Whose limits a request counts for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// An address of IPv4.
    V4(Ipv4Addr),
    /// The first 64 bits of an address of IPv6: whoever has one of them has them all.
    V6(u64),
    /// Not known, as when a router is asked without a network.
    Unknown,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address belongs to somebody.
        f.write_str("Client(…)")
    }
}

impl Client {
    /// Whose limits `address` counts for.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((u128::from(address) >> 64) as u64),
        }
    }

    /// The client that was noted for a request.
    pub fn noted(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::Unknown)
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::noted(&parts.extensions))
    }
}

/// In which header a trusted proxy says for whom it asks. One alone: what a proxy does not write it may pass on,
/// and then whoever asks has written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardHeader {
    /// `X-Forwarded-For: client, proxy`
    #[default]
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239)
    Forwarded,
}

impl ForwardHeader {
    fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl FromStr for ForwardHeader {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::XForwardedFor, Self::Forwarded]
            .into_iter()
            .find(|header| header.name().eq_ignore_ascii_case(text))
            .ok_or(())
    }
}

/// The proxies whose word counts. Without any, a client is who connects.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    nets: Arc<[IpNet]>,
    header: ForwardHeader,
}

impl Proxies {
    /// Proxies at these addresses or networks, with commas between them; `None` if one of them is none.
    pub fn parse(nets: &str, header: ForwardHeader) -> Option<Self> {
        let net = |text: &str| {
            let one = |text: &str| text.parse::<IpAddr>().ok().map(IpNet::from);
            text.parse::<IpNet>().ok().or_else(|| one(text))
        };
        let nets: Option<Vec<IpNet>> = nets.split(',').map(|text| net(text.trim())).collect();
        nets.map(|nets| Self { nets: nets.into(), header })
    }

    /// Whether it is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.nets.iter().any(|net| net.contains(&address))
    }

    /// Who asks: the connection's other end, or for whom the last trusted proxy says that it asks.
    pub fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Client {
        let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Client::Unknown;
        };
        let mut nearest = peer.ip();
        if self.trusts(nearest) {
            // From the right, where the nearest proxy writes: what stands left of a stranger is the stranger's.
            for said in self.said(headers).into_iter().rev() {
                let Some(address) = said else { break };
                nearest = address;
                if !self.trusts(address) {
                    break;
                }
            }
        }
        Client::of(nearest)
    }

    /// What the header says, from left to right; `None` for what is no address.
    fn said(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let lines = headers.get_all(self.header.name()).iter();
        let parts = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        parts
            .map(|part| match self.header {
                ForwardHeader::XForwardedFor => address(part),
                ForwardHeader::Forwarded => part.split(';').find_map(|pair| {
                    let (name, value) = pair.trim().split_once('=')?;
                    name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"')))?
                }),
            })
            .collect()
    }
}

/// An address, with or without a port, in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)]) -> Client {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let headers = headers.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_str(value).unwrap())
        });
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        proxies.client(&extensions, &map)
    }

    fn at(address: &str) -> Client {
        Client::of(address.parse().unwrap())
    }

    #[test]
    fn a_household_of_ipv6_is_one_and_a_mapped_address_is_of_ipv4() {
        assert!(at("2001:db8:1:2::1") == at("2001:db8:1:2:ffff::9"));
        assert!(at("2001:db8:1:2::1") != at("2001:db8:1:3::1"));
        assert!(at("::ffff:192.0.2.1") == at("192.0.2.1"));
        assert!(!format!("{:?}", at("192.0.2.1")).contains("192"));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_in_its_header() {
        let nobody = Proxies::default();
        let said = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.8")];
        assert!(client(&nobody, "192.0.2.1", &said) == at("192.0.2.1"));

        let proxies = Proxies::parse("10.0.0.0/8, ::1", ForwardHeader::XForwardedFor).unwrap();
        assert!(client(&proxies, "192.0.2.1", &said) == at("192.0.2.1"), "a stranger's word");
        assert!(client(&proxies, "10.1.1.1", &said) == at("198.51.100.7"));
        assert!(client(&proxies, "::ffff:10.1.1.1", &said) == at("198.51.100.7"));
        // Whoever asks wrote the first two; our outer proxy the third, our inner one the last.
        let chain =
            [("x-forwarded-for", "127.0.0.1, 203.0.113.1"), ("x-forwarded-for", "198.51.100.7,10.9.9.9")];
        assert!(client(&proxies, "10.1.1.1", &chain) == at("198.51.100.7"));
        let nonsense = [("x-forwarded-for", "198.51.100.7, unknown")];
        assert!(
            client(&proxies, "10.1.1.1", &nonsense) == at("10.1.1.1"),
            "what is no address hides who asks"
        );
        assert!(client(&proxies, "10.1.1.1", &[]) == at("10.1.1.1"));

        let proxies = Proxies::parse("10.0.0.1", ForwardHeader::Forwarded).unwrap();
        for (said, who) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=203.0.113.9, for=192.0.2.43:80", "192.0.2.43"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
        ] {
            assert!(client(&proxies, "10.0.0.1", &[("forwarded", said)]) == at(who), "{said}");
        }
        assert!(Proxies::parse("10.0.0.0/33", ForwardHeader::Forwarded).is_none());
        assert!(Proxies::parse("proxy.example", ForwardHeader::Forwarded).is_none());
    }
}
