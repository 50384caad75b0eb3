//! Under which names a sandbox answers (shared/docs/adr/0040-names-of-a-sandbox.md).
//!
//! A sandbox asks nobody for a password before it tells its letters or erases its books; what keeps it safe is that
//! only this machine reaches it. A page of any site can have its own name resolved to 127.0.0.1 and would then be
//! let in by the browser as one of ours, so the name by which a request comes is looked at.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

/// The names of a sandbox besides those of this machine.
#[derive(Debug, Clone)]
pub struct OwnHosts(Arc<[String]>);

impl OwnHosts {
    /// The hosts of these addresses.
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a Url>) -> Self {
        Self(addresses.into_iter().filter_map(Url::host_str).map(str::to_ascii_lowercase).collect())
    }

    /// Whether a request that names `host` (with or without a port) is meant for us. Numbers are nobody's name, so
    /// that nobody can have one resolved anew.
    fn hold(&self, host: &str) -> bool {
        let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
        match url.host() {
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost") || self.0.iter().any(|own| own == name)
            }
            None => false,
        }
    }
}

/// Answers only what was sent to one of our names.
pub async fn by_own_name(State(own): State<OwnHosts>, request: Request, next: Next) -> Response {
    let mut named =
        request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    // HTTP/2 names it in the address (RFC 9113 §8.3.1).
    let named_right = request.uri().authority().is_none_or(|authority| own.hold(authority.as_str()))
        && named.all(|host| own.hold(host));
    if named_right {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "a sandbox answers under its own name alone\n").into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_has_the_names_of_its_machine_and_of_its_addresses() {
        let own = OwnHosts::of([&"https://Mleg.example:8443/a".parse().unwrap()]);
        for host in [
            "localhost",
            "localhost:8080",
            "LOCALHOST:1",
            "a.localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "10.0.2.2",
            "mleg.example",
            "mleg.example:8443",
            "mleg.example.",
        ] {
            assert!(own.hold(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "mleg.example.evil",
            "xlocalhost",
            "",
            "a b",
            "evil.example/@localhost",
            "localhost@evil.example",
            "evil.example#localhost",
        ] {
            assert!(!own.hold(host), "{host}");
        }
    }
}
