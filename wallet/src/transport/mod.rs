//! The way out: one request at a time, and what came back.
//!
//! Everything above this module speaks through [`Transport`], so that an embedding test can put an issuer of its own
//! behind it, and a [`transcript::Recorder`] can write down what was said. [`http::HttpTransport`] is the real one.

pub mod http;
pub(crate) mod serve;
pub mod transcript;

mod mask;

use std::fmt;

use async_trait::async_trait;
use shared::secret::Secret;
use url::Url;

/// Carries requests to issuers.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one request, follows no redirect and tries no second time.
    ///
    /// An answer is an answer, whatever its status.
    ///
    /// # Errors
    /// See [`TransportError`], which knows whether the request can have reached anybody.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// What is asked. `Debug` tells the method and the host, no more: addresses of offers are secrets.
#[derive(Clone)]
pub struct Request {
    /// GET, or POST.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Whether the path of the address is a secret; then no log and no transcript shows it.
    pub secret_address: bool,
    /// What protects the answer.
    pub channel: Channel,
    /// The `Authorization` header.
    pub authorization: Option<Secret>,
    /// The `DPoP` header (RFC 9449).
    pub dpop: Option<Secret>,
    /// The body of a POST.
    pub body: Option<Body>,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The largest answer that is read, in bytes.
    pub limit: usize,
}

/// The two methods that OpenID4VCI uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

impl Method {
    /// The method's name in capitals, as DPoP proofs say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What protects an exchange from others on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The channel itself: https, or http that never leaves this machine.
    Protected,
    /// A signature over what is fetched, as with revocation lists; plain http will do (RFC 5280 §8).
    SignedContent,
}

/// The body of a request.
#[derive(Clone)]
pub struct Body {
    /// Its media type.
    pub content_type: &'static str,
    /// The text; it may hold codes and tokens.
    pub text: Secret,
}

/// The media type of JSON bodies.
pub const JSON: &str = "application/json";
/// What is accepted unless a request says otherwise: JSON, and whatever else somebody answers.
const ACCEPT_JSON: &str = "application/json, */*;q=0.5";
/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

impl Request {
    /// A GET, of whose answer at most `limit` bytes are read.
    pub fn get(url: Url, limit: usize) -> Self {
        Self {
            method: Method::Get,
            url,
            secret_address: false,
            channel: Channel::Protected,
            authorization: None,
            dpop: None,
            body: None,
            accept: ACCEPT_JSON,
            limit,
        }
    }

    /// A POST, of whose answer at most `limit` bytes are read.
    pub fn post(url: Url, body: Option<Body>, limit: usize) -> Self {
        Self { method: Method::Post, body, ..Self::get(url, limit) }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/…", self.method.as_str(), self.url.origin().ascii_serialization())
    }
}

/// What came back. `Debug` tells no content: answers hold tokens and personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, no longer than the request's limit.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer with a body and without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Adds a header; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first header called `name`, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers called `name`, which is given in lower case.
    pub fn headers_called(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is one of success, 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer. Messages complete "cannot reach the issuer: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Plain http to another machine: the request was not sent.
    #[error("plain http is spoken on this machine only")]
    PlainHttp,
    /// Nobody answers there: the request was not sent.
    #[error("nobody answers at this address")]
    Unreachable,
    /// Somebody answers whom no certificate authority that we trust vouches for: the request was not sent.
    #[error("the server's TLS certificate is not trusted")]
    UntrustedServer,
    /// No answer in time; the request may have arrived.
    #[error("no answer came in time")]
    TimedOut,
    /// The connection broke; the request may have arrived.
    #[error("the connection broke")]
    Interrupted,
    /// The answer is longer than the request's limit.
    #[error("the answer is too long")]
    TooLong,
}

impl TransportError {
    /// Whether the other side may have seen the request, and acted on it.
    pub fn may_have_arrived(self) -> bool {
        match self {
            Self::PlainHttp | Self::Unreachable | Self::UntrustedServer => false,
            Self::TimedOut | Self::Interrupted | Self::TooLong => true,
        }
    }

    /// Whether a later try may fare better.
    pub fn may_pass(self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut | Self::Interrupted => true,
            Self::PlainHttp | Self::UntrustedServer | Self::TooLong => false,
        }
    }

    /// A stable name for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain_http",
            Self::Unreachable => "cannot_reach",
            Self::UntrustedServer => "untrusted_server",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::TooLong => "answer_too_long",
        }
    }
}
