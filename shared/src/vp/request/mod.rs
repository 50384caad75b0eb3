//! A request for a presentation (OpenID4VP 1.0 §5): its parameters, however they came.
//!
//! [`link`] is what a QR code holds, [`object`] the signed form behind it.

pub mod link;
pub mod object;
#[cfg(test)]
pub(crate) mod sample;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::client_id::{ClientId, ClientIdError};
use super::dcql::{DcqlError, DcqlQuery};
use super::metadata::ClientMetadata;
use crate::jose::numeric_date::NumericDate;
use crate::vci::uri::{HttpUrl, UrlPolicy};

/// The longest request that is looked at, in bytes.
pub const MAX_REQUEST_LENGTH: usize = 64 * 1024;
/// The longest `nonce`, `state` and purpose, in bytes.
pub const MAX_TEXT_LENGTH: usize = 512;
/// The `aud` of requests to wallets that nobody has registered (§5.8).
pub const STATIC_AUDIENCE: &str = "https://self-issued.me/v2";
/// How far the clocks of phone and verifier may differ where a request dates itself.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// How the answer comes back (§8.2, §8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// As a form.
    DirectPost,
    /// As a form that holds an encrypted answer.
    DirectPostJwt,
}

impl ResponseMode {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::DirectPost => "direct_post",
            Self::DirectPostJwt => "direct_post.jwt",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::DirectPost, Self::DirectPostJwt].into_iter().find(|mode| mode.name() == name)
    }
}

/// Everything that a verifier asks and says. As a verifier makes it; on a phone only inside of what was verified.
#[derive(Clone, PartialEq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// Where to.
    pub response_uri: HttpUrl,
    /// What the key binding repeats, so that no answer counts twice.
    pub nonce: String,
    /// What the answer repeats, so that the verifier finds its session.
    pub state: Option<String>,
    /// What is asked.
    pub query: DcqlQuery,
    /// What the verifier says about itself.
    pub client_metadata: ClientMetadata,
    /// Why (extension `mleg_purpose`, or the query's own).
    pub purpose: Option<String>,
    /// When it was made.
    pub issued_at: Option<Timestamp>,
    /// From when on it is over.
    pub expires_at: Option<Timestamp>,
    /// What the phone said when it fetched the request by POST (§5.10).
    pub wallet_nonce: Option<String>,
}

/// Nonce and state bind a transaction; no log needs them.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("response_mode", &self.response_mode)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl AuthorizationRequest {
    /// Reads the claims of a request object, or the parameters of a link with the JSON among them read.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn from_claims(claims: &Map<String, Value>) -> Result<Self, RequestError> {
        let text = |name: &'static str| match claims.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(RequestError::Parameter(name)),
        };
        let required = |name: &'static str| text(name)?.ok_or(RequestError::Parameter(name));
        if required("response_type")? != "vp_token" {
            return Err(RequestError::ResponseType);
        }
        let client_id = ClientId::parse(required("client_id")?)?;
        let response_mode =
            ResponseMode::named(required("response_mode")?).ok_or(RequestError::ResponseMode)?;
        // §8.2: with direct_post there is a response_uri, and no redirect_uri beside it.
        if claims.contains_key("redirect_uri") {
            return Err(RequestError::Parameter("redirect_uri"));
        }
        // §5.9.3: with redirect_uri the client identifier is the address, and need not be said twice.
        let response_uri = match (&client_id, text("response_uri")?) {
            (ClientId::RedirectUri(address), None) => address,
            _ => required("response_uri")?,
        };
        let response_uri =
            HttpUrl::parse(response_uri, UrlPolicy::default()).map_err(|_| RequestError::ResponseUri)?;
        let nonce = bounded("nonce", required("nonce")?)?.to_owned();
        // §5.2: letters, digits, and -._~
        if nonce.is_empty()
            || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        {
            return Err(RequestError::Parameter("nonce"));
        }
        let state = text("state")?.map(|state| bounded("state", state)).transpose()?.map(str::to_owned);
        // §8.4: what is not understood must not be agreed to.
        if claims.contains_key("transaction_data") {
            return Err(RequestError::TransactionData);
        }
        let query = claims.get("dcql_query").ok_or(RequestError::NoQuery)?;
        let query = DcqlQuery::from_value(query)?;
        let client_metadata = match claims.get("client_metadata") {
            None => ClientMetadata::default(),
            Some(metadata) => serde_json::from_value(metadata.clone())
                .ok()
                .filter(|_| metadata.is_object())
                .ok_or(RequestError::Parameter("client_metadata"))?,
        };
        let said = text("mleg_purpose")?.map(|purpose| bounded("mleg_purpose", purpose)).transpose()?;
        let purpose = said.or_else(|| query.purpose().filter(|purpose| purpose.len() <= MAX_TEXT_LENGTH));
        let purpose = purpose.map(str::to_owned);
        Ok(Self {
            client_id,
            response_mode,
            response_uri,
            nonce,
            state,
            query,
            client_metadata,
            purpose,
            issued_at: date(claims, "iat")?,
            expires_at: date(claims, "exp")?,
            wallet_nonce: text("wallet_nonce")?.map(str::to_owned),
        })
    }

    /// The claims of a request object.
    ///
    /// # Errors
    /// [`RequestError::Parameter`] should something not be expressible as JSON.
    pub fn to_claims(&self) -> Result<Map<String, Value>, RequestError> {
        let json = |name: &'static str, value: serde_json::Result<Value>| {
            value.map_err(|_| RequestError::Parameter(name))
        };
        let mut claims = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let date =
            |at: Option<Timestamp>| at.map(|at| Value::from(NumericDate::new(at).timestamp().as_second()));
        put("response_type", Some("vp_token".into()));
        put("client_id", Some(self.client_id.to_string().into()));
        put("response_mode", Some(self.response_mode.name().into()));
        put("response_uri", Some(self.response_uri.as_str().into()));
        put("nonce", Some(self.nonce.as_str().into()));
        put("state", text(&self.state));
        put("dcql_query", Some(json("dcql_query", serde_json::to_value(&self.query))?));
        put("client_metadata", Some(json("client_metadata", serde_json::to_value(&self.client_metadata))?));
        put("mleg_purpose", text(&self.purpose));
        put("iat", date(self.issued_at));
        put("exp", date(self.expires_at));
        put("wallet_nonce", text(&self.wallet_nonce));
        Ok(claims)
    }

    /// Judges its dates, as far as it has any.
    ///
    /// # Errors
    /// [`RequestError::Expired`], [`RequestError::NotYetValid`].
    pub fn judge_dates(&self, now: Timestamp) -> Result<(), RequestError> {
        if self.expires_at.is_some_and(|end| now >= end) {
            return Err(RequestError::Expired);
        }
        let ahead = |at: Timestamp| now.saturating_add(TOLERANCE).is_ok_and(|limit| at > limit);
        if self.issued_at.is_some_and(ahead) {
            return Err(RequestError::NotYetValid);
        }
        Ok(())
    }
}

fn bounded<'a>(name: &'static str, text: &'a str) -> Result<&'a str, RequestError> {
    if text.len() > MAX_TEXT_LENGTH { Err(RequestError::Parameter(name)) } else { Ok(text) }
}

fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, RequestError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let date: NumericDate =
        serde_json::from_value(value.clone()).map_err(|_| RequestError::Parameter(name))?;
    Ok(Some(date.timestamp()))
}

/// Messages complete "cannot follow the request: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A required parameter is missing, or one is not what it must be.
    #[error("its parameter {0} is missing or malformed")]
    Parameter(&'static str),
    /// The client identifier.
    #[error("its client identifier is refused: {0}")]
    ClientId(#[from] ClientIdError),
    /// Something else than a presentation is wanted.
    #[error("it asks for something else than a presentation")]
    ResponseType,
    /// A way back that is not supported.
    #[error("its way back is not supported")]
    ResponseMode,
    /// The address is none that may be spoken to.
    #[error("its answer would go to an address that may not be spoken to")]
    ResponseUri,
    /// No DCQL query.
    #[error("it asks nothing")]
    NoQuery,
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] DcqlError),
    /// A transaction is to be agreed to, which this project does not offer.
    #[error("it wants a transaction to be agreed to")]
    TransactionData,
    /// Its time is over.
    #[error("its time is over")]
    Expired,
    /// It comes from the future.
    #[error("it is dated in the future")]
    NotYetValid,
}

impl RequestError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Parameter(_) | Self::ResponseType | Self::ResponseMode | Self::NoQuery => {
                "malformed_request"
            }
            Self::ClientId(_) => "client_id_refused",
            Self::ResponseUri => "response_uri_not_allowed",
            Self::Query(_) => "malformed_query",
            Self::TransactionData => "transaction_data",
            Self::Expired => "request_expired",
            Self::NotYetValid => "request_not_yet_valid",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn claims() -> Map<String, Value> {
        sample::request(ClientId::X509SanDns(sample::VERIFIER_DNS.to_owned())).to_claims().unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let request = sample::request(ClientId::X509SanDns(sample::VERIFIER_DNS.to_owned()));
        assert_eq!(AuthorizationRequest::from_claims(&request.to_claims().unwrap()), Ok(request.clone()));
        let printed = format!("{request:?}");
        assert!(!printed.contains(&request.nonce) && !printed.contains("state-1"), "{printed}");
    }

    #[test]
    fn every_wrong_parameter_is_refused_for_its_own_reason() {
        let long = "n".repeat(MAX_TEXT_LENGTH + 1);
        let cases = [
            ("response_type", json!("code"), RequestError::ResponseType),
            ("response_type", json!(null), RequestError::Parameter("response_type")),
            ("client_id", json!("example.org"), RequestError::ClientId(ClientIdError::UnknownPrefix)),
            ("response_mode", json!("fragment"), RequestError::ResponseMode),
            ("response_uri", json!("http://a.example/"), RequestError::ResponseUri),
            ("response_uri", json!("ftp://a.example/"), RequestError::ResponseUri),
            ("redirect_uri", json!("https://a.example/"), RequestError::Parameter("redirect_uri")),
            ("nonce", json!(""), RequestError::Parameter("nonce")),
            ("nonce", json!("a b"), RequestError::Parameter("nonce")),
            ("nonce", json!(long), RequestError::Parameter("nonce")),
            ("state", json!(1), RequestError::Parameter("state")),
            ("dcql_query", json!({}), RequestError::Query(DcqlError::Malformed)),
            ("transaction_data", json!(["eyJ0"]), RequestError::TransactionData),
            ("client_metadata", json!([]), RequestError::Parameter("client_metadata")),
            ("client_metadata", json!({"client_name": 1}), RequestError::Parameter("client_metadata")),
            ("exp", json!("soon"), RequestError::Parameter("exp")),
            ("mleg_purpose", json!(long), RequestError::Parameter("mleg_purpose")),
        ];
        for (name, value, reason) in cases {
            let mut claims = claims();
            claims.insert(name.to_owned(), value.clone());
            assert_eq!(AuthorizationRequest::from_claims(&claims), Err(reason), "{name}: {value}");
        }
        for (name, reason) in [
            ("response_type", RequestError::Parameter("response_type")),
            ("client_id", RequestError::Parameter("client_id")),
            ("nonce", RequestError::Parameter("nonce")),
            ("response_uri", RequestError::Parameter("response_uri")),
            ("dcql_query", RequestError::NoQuery),
        ] {
            let mut claims = claims();
            claims.remove(name);
            assert_eq!(AuthorizationRequest::from_claims(&claims), Err(reason), "{name}");
        }
    }

    #[test]
    fn whose_identifier_is_an_address_need_not_repeat_it() {
        let id = ClientId::RedirectUri(sample::RESPONSE_URI.to_owned());
        let mut claims = sample::request(id.clone()).to_claims().unwrap();
        claims.remove("response_uri");
        assert_eq!(AuthorizationRequest::from_claims(&claims), Ok(sample::request(id)));
        claims.insert("response_uri".to_owned(), json!(1));
        assert_eq!(AuthorizationRequest::from_claims(&claims), Err(RequestError::Parameter("response_uri")));
    }

    #[test]
    fn a_request_is_over_at_its_end_and_may_be_a_minute_early() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let request = sample::request(ClientId::X509Hash([0; 32]));
        for (now, verdict) in [
            ("2026-11-22T07:58:59Z", Err(RequestError::NotYetValid)),
            ("2026-11-22T07:59:00Z", Ok(())),
            ("2026-11-22T08:02:59.999Z", Ok(())),
            ("2026-11-22T08:03:00Z", Err(RequestError::Expired)),
        ] {
            assert_eq!(request.judge_dates(at(now)), verdict, "{now}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(name in 0_usize..8, value in any::<String>()) {
            let names = ["client_id", "response_uri", "nonce", "state", "dcql_query", "client_metadata", "exp", "response_mode"];
            let mut claims = claims();
            let read: Value = serde_json::from_str(&value).unwrap_or(json!(value));
            claims.insert(names[name].to_owned(), read);
            let _ = AuthorizationRequest::from_claims(&claims);
        }
    }
}
