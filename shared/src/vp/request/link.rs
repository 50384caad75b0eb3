//! The text of the verifier's QR code or link: `openid4vp://?client_id=…&request_uri=…` (OpenID4VP 1.0 §5, §5.10).

use std::fmt;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::object::{RequestObjectError, UnverifiedRequest};
use super::{AuthorizationRequest, RequestError};
use crate::vci::uri::{HttpUrl, UrlPolicy};
use crate::vp::client_id::{ClientId, ClientIdError};

/// The longest link, in bytes; no QR code holds more.
pub const MAX_LINK_LENGTH: usize = 8 * 1024;

/// The schemes that phones are opened by; the first is the standard's, the others those of profiles.
const SCHEMES: [&str; 4] = ["openid4vp:", "haip-vp:", "haip:", "eudi-openid4vp:"];

/// A link that was read.
#[derive(Clone)]
pub struct RequestLink {
    client_id: ClientId,
    place: Place,
}

/// Where the request is.
#[derive(Clone)]
pub enum Place {
    /// At an address.
    At {
        /// The address; its path may be a session's secret.
        address: HttpUrl,
        /// Whether it is fetched by POST, so that the phone can say something (§5.10).
        post: bool,
    },
    /// In the link.
    Here(Box<UnverifiedRequest>),
}

impl RequestLink {
    /// Whether `text` wants to be such a link, whatever it holds.
    pub fn is_one(text: &str) -> bool {
        strip_scheme(text.trim()).is_some()
    }

    /// A link to a request at `address`.
    pub fn to_address(client_id: ClientId, address: HttpUrl) -> Self {
        Self { client_id, place: Place::At { address, post: false } }
    }

    /// Reads a link; addresses may be https anywhere, http on this machine.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > MAX_LINK_LENGTH {
            return Err(LinkError::TooLong);
        }
        let rest = strip_scheme(text).ok_or(LinkError::NotARequest)?;
        let (_, query) = rest.split_once('?').ok_or(LinkError::Neither)?;
        let query = query.split('#').next().unwrap_or_default();
        let mut parameters: Map<String, Value> = Map::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if parameters.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
                return Err(LinkError::Repeated);
            }
        }
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let client_id = ClientId::parse(text("client_id").ok_or(LinkError::NoClient)?)?;
        let place = match (text("request_uri"), text("request")) {
            (Some(_), Some(_)) => return Err(LinkError::Both),
            (Some(address), None) => {
                let post = match text("request_uri_method") {
                    None | Some("get") => false,
                    Some("post") => true,
                    Some(_) => return Err(LinkError::Method),
                };
                let address =
                    HttpUrl::parse(address, UrlPolicy::default()).map_err(|_| LinkError::Address)?;
                Place::At { address, post }
            }
            (None, Some(object)) => Place::Here(Box::new(UnverifiedRequest::parse(object)?)),
            (None, None) if parameters.contains_key("response_type") => {
                Place::Here(Box::new(UnverifiedRequest::of_parameters(structured(parameters)?)))
            }
            (None, None) => return Err(LinkError::Neither),
        };
        Ok(Self { client_id, place })
    }

    /// Who asks, as the link says.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Where the request is.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// Schemes are case-insensitive (RFC 3986 §3.1).
fn strip_scheme(text: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| match text.split_at_checked(scheme.len()) {
        Some((found, rest)) if found.eq_ignore_ascii_case(scheme) => Some(rest),
        _ => None,
    })
}

/// Parameters are texts; some of them hold JSON.
fn structured(mut parameters: Map<String, Value>) -> Result<Map<String, Value>, LinkError> {
    for name in ["dcql_query", "client_metadata", "transaction_data", "exp", "iat"] {
        if let Some(value) = parameters.get_mut(name) {
            let read = value.as_str().and_then(|text| serde_json::from_str(text).ok());
            *value = read.ok_or(LinkError::Request(RequestError::Parameter(name)))?;
        }
    }
    Ok(parameters)
}

/// The link to a request at an address.
pub fn by_reference(client_id: &ClientId, address: &HttpUrl, post: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", &client_id.to_string()).append_pair("request_uri", address.as_str());
    if post {
        query.append_pair("request_uri_method", "post");
    }
    format!("{}//?{}", SCHEMES[0], query.finish())
}

/// The link that holds a whole unsigned request (§5.9.3, `redirect_uri`).
///
/// # Errors
/// When something cannot be written as JSON.
pub fn by_value(request: &AuthorizationRequest) -> Result<String, RequestError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.to_claims()? {
        match value {
            Value::String(text) => query.append_pair(&name, &text),
            other => query.append_pair(&name, &other.to_string()),
        };
    }
    Ok(format!("{}//?{}", SCHEMES[0], query.finish()))
}

impl fmt::Debug for RequestLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::At { address, .. } => address.as_url().origin().ascii_serialization(),
            Place::Here(_) => "here".to_owned(),
        };
        write!(f, "RequestLink({:?}, {place})", self.client_id)
    }
}

/// Messages complete "cannot read the link: …"; they never repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Longer than [`MAX_LINK_LENGTH`].
    #[error("it is too long")]
    TooLong,
    /// Another scheme, or no link at all.
    #[error("it does not ask for a presentation")]
    NotARequest,
    /// Neither a request nor an address of one.
    #[error("it holds no request")]
    Neither,
    /// Both.
    #[error("it holds a request and an address of one")]
    Both,
    /// A parameter comes twice.
    #[error("it says something twice")]
    Repeated,
    /// No client identifier.
    #[error("it does not say who asks")]
    NoClient,
    /// The client identifier.
    #[error("its client identifier is refused: {0}")]
    ClientId(#[from] ClientIdError),
    /// The address may not be spoken to.
    #[error("its address may not be spoken to")]
    Address,
    /// Neither GET nor POST.
    #[error("its method is not known")]
    Method,
    /// The request object inside.
    #[error(transparent)]
    Object(#[from] RequestObjectError),
    /// A parameter inside.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl LinkError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotARequest => "not_a_request",
            Self::ClientId(_) => "client_id_refused",
            Self::Object(error) => error.reason(),
            Self::Request(error) => error.reason(),
            Self::TooLong
            | Self::Neither
            | Self::Both
            | Self::Repeated
            | Self::NoClient
            | Self::Address
            | Self::Method => "malformed_link",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample;
    use super::*;
    use crate::vp::request::object::Expected;

    fn address(text: &str) -> HttpUrl {
        HttpUrl::parse(text, UrlPolicy::default()).unwrap()
    }

    #[test]
    fn a_link_to_an_address_is_read_back_whatever_its_scheme() {
        let id = ClientId::X509SanDns("kontrola.example".to_owned());
        let at = address("https://kontrola.example/request/abc?x=1&y=2");
        for post in [false, true] {
            let text = by_reference(&id, &at, post);
            for text in [
                text.clone(),
                text.replacen("openid4vp:", "OpenID4VP:", 1),
                text.replacen("openid4vp:", "haip:", 1),
            ] {
                let link = RequestLink::parse(&text).unwrap();
                assert_eq!(link.client_id(), &id);
                assert!(
                    matches!(link.place(), Place::At { address, post: read } if *address == at && *read == post)
                );
                assert!(!format!("{link:?}").contains("abc"), "the path is the session's secret");
            }
        }
    }

    #[test]
    fn a_whole_request_in_a_link_is_read_back() {
        let id = ClientId::RedirectUri(sample::RESPONSE_URI.to_owned());
        let request = sample::request(id.clone());
        let link = RequestLink::parse(&by_value(&request).unwrap()).unwrap();
        let Place::Here(inside) = link.place() else { panic!("it is in the link") };
        let expected = Expected { client_id: link.client_id(), wallet_nonce: None };
        let verified = inside.clone().verify(expected, "2026-11-22T08:01:00Z".parse().unwrap()).unwrap();
        assert_eq!(verified.request(), &request);
    }

    #[test]
    fn every_wrong_link_is_refused_for_its_own_reason() {
        let long = format!("openid4vp://?client_id={}", "a".repeat(MAX_LINK_LENGTH));
        let cases = [
            ("https://kontrola.example/?client_id=x", LinkError::NotARequest),
            ("openid-credential-offer://?credential_offer_uri=x", LinkError::NotARequest),
            ("openid4vp://", LinkError::Neither),
            ("openid4vp://?request_uri=https%3A%2F%2Fa.example", LinkError::NoClient),
            (
                "openid4vp://?client_id=a.example&request_uri=https%3A%2F%2Fa.example",
                LinkError::ClientId(ClientIdError::UnknownPrefix),
            ),
            ("openid4vp://?client_id=x509_san_dns:a.example", LinkError::Neither),
            (
                "openid4vp://?client_id=x509_san_dns:a.example&request_uri=http%3A%2F%2Fa.example",
                LinkError::Address,
            ),
            (
                "openid4vp://?client_id=x509_san_dns:a.example&request_uri=https%3A%2F%2Fa.example&request=e30.e30.",
                LinkError::Both,
            ),
            (
                "openid4vp://?client_id=x509_san_dns:a.example&request=e30.e30",
                LinkError::Object(RequestObjectError::Malformed),
            ),
            (
                "openid4vp://?client_id=x509_san_dns:a.example&client_id=x509_san_dns:b.example",
                LinkError::Repeated,
            ),
            (
                "openid4vp://?client_id=x509_san_dns:a.example&request_uri=https%3A%2F%2Fa.example&request_uri_method=PUT",
                LinkError::Method,
            ),
            (
                "openid4vp://?client_id=redirect_uri:https%3A%2F%2Fa.example&response_type=vp_token&dcql_query=%7B",
                LinkError::Request(RequestError::Parameter("dcql_query")),
            ),
            (long.as_str(), LinkError::TooLong),
        ];
        for (text, reason) in cases {
            assert_eq!(RequestLink::parse(text).map(|_| ()), Err(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>(), name in any::<String>()) {
            let _ = RequestLink::parse(&text);
            let _ = RequestLink::parse(&format!("openid4vp://?client_id=redirect_uri:https://a.example&response_type=vp_token&{name}={text}"));
        }
    }
}
