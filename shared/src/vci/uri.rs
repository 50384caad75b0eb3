//! Addresses: which ones may be spoken to, and the issuer's identifier (OpenID4VCI 1.0 §12.2.1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

/// Longest address, in bytes.
pub const MAX_URL_LENGTH: usize = 2048;

/// Which addresses may be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UrlPolicy {
    /// `https` anywhere, `http` only on this very machine, where nobody listens in. What reading from JSON applies.
    #[default]
    HttpsOrLoopback,
    /// `https` only, as the standard has it.
    HttpsOnly,
}

impl UrlPolicy {
    /// Holds `url` against this policy.
    ///
    /// # Errors
    /// [`UriError::Scheme`], [`UriError::PlainHttp`], [`UriError::Credentials`] for user names and passwords in the address.
    pub fn check(self, url: &Url) -> Result<(), UriError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UriError::Credentials);
        }
        match (url.scheme(), self) {
            ("https", _) => Ok(()),
            ("http", Self::HttpsOrLoopback) if is_loopback(url) => Ok(()),
            ("http", _) => Err(UriError::PlainHttp),
            _ => Err(UriError::Scheme),
        }
    }
}

/// Whether the address names this very machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of an endpoint or of an offer; no fragment, no user name, and its policy has been kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Reads an address under `policy`.
    ///
    /// # Errors
    /// See [`UriError`].
    pub fn parse(text: &str, policy: UrlPolicy) -> Result<Self, UriError> {
        let url = parse_plain(text)?;
        policy.check(&url)?;
        Ok(Self(url))
    }

    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The URL parser repairs much (tabs, backslashes, `https:x`); whoever relies on repairs is refused instead.
fn parse_plain(text: &str) -> Result<Url, UriError> {
    if text.len() > MAX_URL_LENGTH {
        return Err(UriError::TooLong);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let (scheme, _) = text.split_once("://").ok_or(UriError::Malformed)?;
    if !plain || text.contains('#') {
        return Err(UriError::Malformed);
    }
    let url = Url::parse(text).map_err(|_| UriError::Malformed)?;
    // Quotation marks and the like grow threefold: what was read shall be readable again when it is written.
    if url.as_str().len() > MAX_URL_LENGTH {
        return Err(UriError::TooLong);
    }
    if url.scheme() != scheme || !url.has_host() { Err(UriError::Malformed) } else { Ok(url) }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, UrlPolicy::default()).map_err(serde::de::Error::custom)
    }
}

/// A Credential Issuer Identifier: compared as the text it came as, without any normalisation (§12.2.4).
#[derive(Clone)]
pub struct IssuerUrl {
    text: String,
    url: Url,
}

impl IssuerUrl {
    /// Reads an identifier under `policy`.
    ///
    /// # Errors
    /// See [`UriError`]; a query is refused too (§12.2.1).
    pub fn parse(text: &str, policy: UrlPolicy) -> Result<Self, UriError> {
        let url = parse_plain(text)?;
        policy.check(&url)?;
        if text.contains('?') {
            return Err(UriError::Query);
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// The identifier, exactly as it came; the `aud` of a key proof.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The identifier as an address.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Where the issuer's metadata are: the well-known part goes between host and path (§12.2.2).
    pub fn issuer_metadata_url(&self) -> HttpUrl {
        self.well_known("openid-credential-issuer")
    }

    /// Where the metadata are when this issuer is its own authorization server (RFC 8414 §3.1).
    pub fn authorization_server_metadata_url(&self) -> HttpUrl {
        self.well_known("oauth-authorization-server")
    }

    fn well_known(&self, name: &str) -> HttpUrl {
        let mut url = self.url.clone();
        // RFC 8414 §3.1 drops a final slash; OpenID4VCI is silent, and issuers do the same there.
        let path = format!("/.well-known/{name}{}", self.url.path().trim_end_matches('/'));
        url.set_path(&path);
        HttpUrl(url)
    }

    /// An address of the same host beside the identifier, whatever its path, such as `/portal/authorize`.
    pub fn at_root(&self, path: &str) -> HttpUrl {
        let mut url = self.url.clone();
        url.set_path(path);
        HttpUrl(url)
    }

    /// The address of an endpoint below the identifier, such as `credential` or `o/abc`.
    pub fn endpoint(&self, path: &str) -> HttpUrl {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{}", self.url.path().trim_end_matches('/'), path.trim_start_matches('/')));
        HttpUrl(url)
    }
}

impl PartialEq for IssuerUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for IssuerUrl {}

impl fmt::Debug for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerUrl({})", self.text)
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for IssuerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for IssuerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, UrlPolicy::default()).map_err(serde::de::Error::custom)
    }
}

/// Messages complete "cannot accept address: …"; they never repeat the address, which may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Longer than [`MAX_URL_LENGTH`].
    #[error("address is too long")]
    TooLong,
    /// Not an absolute URL in plain spelling, or one with a fragment.
    #[error("address is not a plain absolute URL")]
    Malformed,
    /// Neither https nor http.
    #[error("address is neither https nor http")]
    Scheme,
    /// http where only https will do.
    #[error("plain http is allowed on this machine at most")]
    PlainHttp,
    /// The address holds a user name or a password.
    #[error("address holds a user name or a password")]
    Credentials,
    /// An issuer's identifier has no query.
    #[error("issuer identifier has a query")]
    Query,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn issuer(text: &str) -> IssuerUrl {
        IssuerUrl::parse(text, UrlPolicy::HttpsOrLoopback).unwrap()
    }

    #[test]
    fn the_well_known_part_goes_before_the_path() {
        let cases = [
            (
                "https://tenant.issuer.example.com",
                "https://tenant.issuer.example.com/.well-known/openid-credential-issuer",
            ),
            (
                "https://issuer.example.com/",
                "https://issuer.example.com/.well-known/openid-credential-issuer",
            ),
            (
                "https://issuer.example.com/tenant",
                "https://issuer.example.com/.well-known/openid-credential-issuer/tenant",
            ),
            (
                "https://issuer.example.com/a/b/",
                "https://issuer.example.com/.well-known/openid-credential-issuer/a/b",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/openid-credential-issuer"),
            ("http://[::1]:8080/x", "http://[::1]:8080/.well-known/openid-credential-issuer/x"),
        ];
        for (identifier, expected) in cases {
            assert_eq!(issuer(identifier).issuer_metadata_url().as_str(), expected);
            let server = expected.replace("openid-credential-issuer", "oauth-authorization-server");
            assert_eq!(issuer(identifier).authorization_server_metadata_url().as_str(), server);
        }
    }

    #[test]
    fn endpoints_lie_below_the_identifier() {
        assert_eq!(issuer("http://localhost:8080").endpoint("token").as_str(), "http://localhost:8080/token");
        assert_eq!(issuer("https://a.example/t/").endpoint("/o/x").as_str(), "https://a.example/t/o/x");
        assert_eq!(issuer("https://a.example/t").at_root("/p/a").as_str(), "https://a.example/p/a");
        assert_eq!(issuer("https://a.example").endpoint("o/a?b#c").as_str(), "https://a.example/o/a%3Fb%23c");
    }

    #[test]
    fn identifiers_are_compared_as_text() {
        assert_eq!(issuer("https://a.example"), issuer("https://a.example"));
        for other in
            ["https://a.example/", "https://A.example", "https://a.example:443", "https://a.example/%61"]
        {
            assert_ne!(issuer("https://a.example"), issuer(other), "{other}");
            assert_eq!(issuer(other).to_string(), other);
        }
    }

    #[test]
    fn policies_refuse_for_their_own_reason() {
        use UrlPolicy::{HttpsOnly, HttpsOrLoopback};
        let cases = [
            ("https://a.example/x?y=z", HttpsOnly, Ok(())),
            ("http://localhost:1/x", HttpsOrLoopback, Ok(())),
            ("http://127.9.9.9/x", HttpsOrLoopback, Ok(())),
            ("http://[::1]/x", HttpsOrLoopback, Ok(())),
            ("http://localhost:1/x", HttpsOnly, Err(UriError::PlainHttp)),
            ("http://a.example/", HttpsOrLoopback, Err(UriError::PlainHttp)),
            ("http://localhost.a.example/", HttpsOrLoopback, Err(UriError::PlainHttp)),
            ("http://192.168.0.1/", HttpsOrLoopback, Err(UriError::PlainHttp)),
            ("http://localhost@a.example/", HttpsOrLoopback, Err(UriError::Credentials)),
            ("https://u:p@a.example/", HttpsOnly, Err(UriError::Credentials)),
            ("ftp://a.example/", HttpsOrLoopback, Err(UriError::Scheme)),
            ("file:///etc/passwd", HttpsOrLoopback, Err(UriError::Malformed)),
            ("javascript:alert(1)", HttpsOrLoopback, Err(UriError::Malformed)),
            ("https:a.example", HttpsOrLoopback, Err(UriError::Malformed)),
            ("HTTPS://a.example", HttpsOrLoopback, Err(UriError::Malformed)),
            ("https://a.example/#top", HttpsOrLoopback, Err(UriError::Malformed)),
            ("https://a.example\\@b.example/", HttpsOrLoopback, Err(UriError::Malformed)),
            (" https://a.example/", HttpsOrLoopback, Err(UriError::Malformed)),
            ("https://a.exa\nmple/", HttpsOrLoopback, Err(UriError::Malformed)),
            ("https://żółw.example/", HttpsOrLoopback, Err(UriError::Malformed)),
            ("/o/abc", HttpsOrLoopback, Err(UriError::Malformed)),
            ("", HttpsOrLoopback, Err(UriError::Malformed)),
        ];
        for (text, policy, expected) in cases {
            assert_eq!(HttpUrl::parse(text, policy).map(|_| ()), expected, "{text:?}");
        }
        let long = format!("https://a.example/{}", "a".repeat(MAX_URL_LENGTH));
        assert_eq!(HttpUrl::parse(&long, HttpsOnly), Err(UriError::TooLong));
        let grows = format!("https://a.example/?{}", "\"".repeat(MAX_URL_LENGTH / 3));
        assert_eq!(HttpUrl::parse(&grows, HttpsOnly), Err(UriError::TooLong));
        assert_eq!(IssuerUrl::parse("https://a.example?x", HttpsOnly), Err(UriError::Query));
    }

    #[test]
    fn json_is_read_under_the_default_policy() {
        assert!(serde_json::from_str::<HttpUrl>("\"http://a.example/\"").is_err());
        assert!(serde_json::from_str::<IssuerUrl>("\"http://a.example\"").is_err());
        let identifier: IssuerUrl = serde_json::from_str("\"http://localhost:8080\"").unwrap();
        assert_eq!(serde_json::to_string(&identifier).unwrap(), "\"http://localhost:8080\"");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>(), tail in "[ -~]{0,40}") {
            let _ = HttpUrl::parse(&text, UrlPolicy::HttpsOrLoopback);
            if let Ok(issuer) = IssuerUrl::parse(&format!("https://{tail}"), UrlPolicy::HttpsOnly) {
                let well_known = issuer.issuer_metadata_url();
                prop_assert_eq!(well_known.as_url().origin(), issuer.as_url().origin());
            }
        }
    }
}
