//! Requests that the issuer makes to others: no redirects, no proxy, little patience, small answers, and only to
//! addresses that it may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use shared::vci::uri::is_loopback;
use url::{Host, Url};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take altogether.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public ones alone: what a school types must not lead into the network that the issuer stands in.
    Public,
    /// Those, and this machine: in the sandbox.
    PublicAndLoopback,
    /// Any: what the operator of the installation has set.
    Anywhere,
}

impl Reach {
    /// Whether an address belongs to it.
    pub fn holds(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::PublicAndLoopback => is_public(address) || address.to_canonical().is_loopback(),
            Self::Anywhere => true,
        }
    }

    /// Whether an address may be asked for at all: https, or this machine where that is allowed; not a number
    /// that is out of reach; no password in it. Where a name leads is seen when it is resolved.
    pub fn admits(self, url: &Url) -> bool {
        let plain = match url.scheme() {
            "https" => true,
            "http" => self != Self::Public && is_loopback(url),
            _ => false,
        };
        let address = match url.host() {
            Some(Host::Domain(name)) => !name.is_empty(),
            Some(Host::Ipv4(address)) => self.holds(address.into()),
            Some(Host::Ipv6(address)) => self.holds(address.into()),
            None => false,
        };
        plain && address && url.username().is_empty() && url.password().is_none()
    }
}

/// Whether an address is one of the public Internet (RFC 6890 lists those that are not).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18))
}

/// Global unicast (2000::/3), without what stands for something else: Teredo and its neighbours, documentation,
/// and 6to4, which wraps any address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000 && a != 0x2002 && a != 0x3fff && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
}

/// Resolves names and keeps the addresses that may be reached: what was looked at is what is connected to.
struct Guarded(Reach);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept: Vec<SocketAddr> = found.filter(|address| reach.holds(address.ip())).collect();
            if kept.is_empty() {
                return Err(OutOfReach.into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is out of reach")]
struct OutOfReach;

/// A client for such requests. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Outgoing {
    client: reqwest::Client,
    reach: Reach,
}

/// What came back.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// Body, as far as it was asked for.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Tokens of a sign-in provider come this way.
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Outgoing {
    /// A client that goes as far as `reach`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(reach: Reach) -> Result<Self, OutgoingError> {
        // One provider for the whole program; a second call changes nothing.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("mleg-issuer/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guarded(reach)))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| OutgoingError::SetUp)?;
        Ok(Self { client, reach })
    }

    /// The reach of this client.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Starts a POST.
    ///
    /// # Errors
    /// [`OutgoingError::OutOfReach`]
    pub fn post(&self, url: &Url) -> Result<reqwest::RequestBuilder, OutgoingError> {
        if self.reach.admits(url) {
            Ok(self.client.post(url.clone()))
        } else {
            Err(OutgoingError::OutOfReach)
        }
    }

    /// Sends a request and reads at most `limit` bytes of the answer: a longer one is an error, unless nothing is
    /// wanted of it.
    ///
    /// # Errors
    /// See [`OutgoingError`].
    pub async fn send(&self, request: reqwest::Request, limit: usize) -> Result<Answer, OutgoingError> {
        if !self.reach.admits(request.url()) && self.reach != Reach::Anywhere {
            return Err(OutgoingError::OutOfReach);
        }
        let mut answer = self.client.execute(request).await.map_err(|error| reason(&error))?;
        let mut body = Vec::new();
        while limit > 0
            && let Some(chunk) = answer.chunk().await.map_err(|error| reason(&error))?
        {
            if body.len() + chunk.len() > limit {
                return Err(OutgoingError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}

fn reason(error: &reqwest::Error) -> OutgoingError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if at.is::<OutOfReach>() {
            return OutgoingError::OutOfReach;
        }
        cause = at.source();
    }
    if error.is_timeout() { OutgoingError::TimedOut } else { OutgoingError::Unreachable }
}

/// Why there is no answer. It names no address. Messages complete "cannot reach the other side: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// There can be no client.
    #[error("the system's certificates cannot be read")]
    SetUp,
    /// The address may not be reached.
    #[error("the address is out of reach")]
    OutOfReach,
    /// Nobody answers, or not in TLS.
    #[error("nobody answers")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is longer than what could be an answer.
    #[error("the answer is too long")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in ["8.8.8.8", "193.0.96.1", "2a00:1450:4016::1", "100.128.0.1", "172.32.0.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn what_a_school_types_leads_outside_or_nowhere() {
        let admits = |reach: Reach, text: &str| reach.admits(&text.parse().unwrap());
        assert!(admits(Reach::Public, "https://dziennik.example.pl/hooks?school=1"));
        for text in [
            "http://dziennik.example.pl/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.1.2.3/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://user:word@dziennik.example.pl/",
            "ftp://dziennik.example.pl/",
            "file:///etc/passwd",
            "http://localhost:1/",
        ] {
            assert!(!admits(Reach::Public, text), "{text}");
        }
        assert!(admits(Reach::PublicAndLoopback, "http://127.0.0.1:9/hook"));
        assert!(admits(Reach::PublicAndLoopback, "http://localhost:9/hook"));
        assert!(!admits(Reach::PublicAndLoopback, "http://192.168.0.1/hook"));
        assert!(!admits(Reach::PublicAndLoopback, "http://dziennik.example.pl/hook"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let outgoing = Outgoing::new(Reach::Public).unwrap();
        let url: Url = "https://localhost:9/".parse().unwrap();
        let request = outgoing.post(&url).unwrap().build().unwrap();
        assert_eq!(outgoing.send(request, 0).await.unwrap_err(), OutgoingError::OutOfReach);
    }
}
