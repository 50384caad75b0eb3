//! The request object (RFC 9101, OpenID4VP 1.0 §5): signed under a certificate, or plainly unsigned.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{AuthorizationRequest, MAX_REQUEST_LENGTH, RequestError, STATIC_AUDIENCE};
use crate::jose::jws::{CompactJws, ES256, SigningInput};
use crate::jose::{base64url, from_base64url, json_object, x5c};
use crate::vp::certificate::{VerifierCertificate, VerifierCertificateError};
use crate::vp::client_id::ClientId;
use crate::x509::certificate::DateVerdict;

/// The `typ` of a request object (§5).
pub const REQUEST_OBJECT_TYP: &str = "oauth-authz-req+jwt";
/// Its media type.
pub const REQUEST_OBJECT_MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";

/// A request object that nobody has verified yet.
#[derive(Clone)]
pub struct UnverifiedRequest {
    /// `None` for one that says itself that it is not signed.
    jws: Option<CompactJws>,
    claims: Map<String, Value>,
}

/// What a phone knows before it reads a request: what the link said, and what it said itself.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The client identifier of the link (RFC 9101 §5: both must be the same).
    pub client_id: &'a ClientId,
    /// The nonce that the phone sent when it fetched the request by POST (§5.10).
    pub wallet_nonce: Option<&'a str>,
}

/// A request that came from whom it says, as far as its kind of client identifier lets one tell; only this module makes it.
#[derive(Debug, Clone)]
pub struct VerifiedRequest {
    request: AuthorizationRequest,
    certificate: Option<VerifierCertificate>,
}

impl UnverifiedRequest {
    /// Takes a compact JWS apart.
    ///
    /// # Errors
    /// [`RequestObjectError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, RequestObjectError> {
        let text = text.trim();
        if let Some(claims) = unsigned(text) {
            return Ok(Self { jws: None, claims });
        }
        let jws =
            CompactJws::parse_within(text, MAX_REQUEST_LENGTH).map_err(|_| RequestObjectError::Malformed)?;
        let claims = jws.unverified_claims().map_err(|_| RequestObjectError::Malformed)?;
        Ok(Self { jws: Some(jws), claims })
    }

    /// The parameters of a link, which nobody signs.
    pub fn of_parameters(claims: Map<String, Value>) -> Self {
        Self { jws: None, claims }
    }

    /// Verifies everything that can be told without knowing whom to trust.
    ///
    /// # Errors
    /// The first thing that does not hold; the signature comes before what was signed.
    pub fn verify(
        self,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<VerifiedRequest, RequestObjectError> {
        let certificate = match (&self.jws, expected.client_id.is_signed()) {
            (Some(jws), true) => Some(signer(jws)?),
            (None, false) => None,
            (None, true) => return Err(RequestObjectError::Unsigned),
            // §5.9.3: such a request cannot be signed, since nobody could say by whom.
            (Some(_), false) => return Err(RequestObjectError::SignedWithoutKey),
        };
        if let Some(audience) = self.claims.get("aud")
            && audience.as_str() != Some(STATIC_AUDIENCE)
        {
            return Err(RequestObjectError::WrongAudience);
        }
        let request = AuthorizationRequest::from_claims(&self.claims)?;
        if request.client_id != *expected.client_id {
            return Err(RequestObjectError::OtherClient);
        }
        if request.wallet_nonce.as_deref() != expected.wallet_nonce && expected.wallet_nonce.is_some() {
            return Err(RequestObjectError::WalletNonce);
        }
        if let Some(certificate) = &certificate {
            belongs(certificate, &request.client_id)?;
            if certificate.dates_at(now) != DateVerdict::Valid {
                return Err(RequestObjectError::CertificateDates);
            }
        }
        request.judge_dates(now)?;
        answers_to(&request)?;
        Ok(VerifiedRequest { request, certificate })
    }
}

/// A text of the form of an unsigned JWT (RFC 7519 §6), if it is one.
fn unsigned(text: &str) -> Option<Map<String, Value>> {
    let mut parts = text.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if text.len() > MAX_REQUEST_LENGTH || !signature.is_empty() || parts.next().is_some() {
        return None;
    }
    let header: Map<String, Value> = json_object(&from_base64url(header)?)?;
    let plain = header.get("alg")?.as_str()? == "none" && !header.contains_key("crit");
    if plain { json_object(&from_base64url(claims)?) } else { None }
}

/// The certificate whose key signed.
fn signer(jws: &CompactJws) -> Result<VerifierCertificate, RequestObjectError> {
    let header = jws.header();
    if header.typ.as_deref() != Some(REQUEST_OBJECT_TYP) {
        return Err(RequestObjectError::WrongType);
    }
    let x5c = header.x5c.as_ref().ok_or(VerifierCertificateError::Missing)?;
    let x5c = x5c::from_header(x5c).map_err(|_| VerifierCertificateError::Malformed)?;
    let certificate = VerifierCertificate::parse(&x5c)?;
    jws.verify(certificate.key()).map_err(|_| RequestObjectError::BadSignature)?;
    Ok(certificate)
}

/// §5.9.3: the certificate has the name, or is the one, that the client identifier says.
fn belongs(certificate: &VerifierCertificate, client_id: &ClientId) -> Result<(), RequestObjectError> {
    let same = match client_id {
        ClientId::X509SanDns(name) => certificate.is_for(name),
        ClientId::X509Hash(hash) => certificate.hash() == *hash,
        ClientId::RedirectUri(_) => false,
    };
    if same { Ok(()) } else { Err(RequestObjectError::CertificateOfAnother) }
}

/// Whether the answer goes to whom the client identifier names.
///
/// §5.9.3 lets wallets relax the rule for verifiers that they trust; an answer to another host than the one that was
/// shown to the holder helps nobody, so it is not relaxed.
fn answers_to(request: &AuthorizationRequest) -> Result<(), RequestObjectError> {
    let allowed = match &request.client_id {
        ClientId::RedirectUri(address) => request.response_uri.as_str() == normal(address),
        ClientId::X509SanDns(name) => {
            request.response_uri.as_url().host_str().is_some_and(|host| host.eq_ignore_ascii_case(name))
        }
        ClientId::X509Hash(_) => true,
    };
    if allowed { Ok(()) } else { Err(RequestObjectError::ResponseUri) }
}

/// The address as its parser writes it, as the response address was written.
fn normal(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| address.to_owned(), String::from)
}

impl VerifiedRequest {
    /// What is asked.
    pub fn request(&self) -> &AuthorizationRequest {
        &self.request
    }

    /// The certificate that it was signed under; none for `redirect_uri`.
    pub fn certificate(&self) -> Option<&VerifierCertificate> {
        self.certificate.as_ref()
    }
}

/// Who can sign requests: a verifier with its key.
pub trait RequestSigner {
    /// Signs by ES256: `r ‖ s`.
    ///
    /// # Errors
    /// [`RequestObjectError::Signing`] when the key refuses.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], RequestObjectError>;

    /// The certificates in DER, the signer's first, without the root.
    fn x5c(&self) -> &[Vec<u8>];
}

/// The request object of `request`, signed.
///
/// # Errors
/// When the key refuses, or something cannot be written as JSON.
pub fn sign(
    request: &AuthorizationRequest,
    signer: &dyn RequestSigner,
) -> Result<String, RequestObjectError> {
    let header = json!({"alg": ES256, "typ": REQUEST_OBJECT_TYP, "x5c": x5c::to_header(signer.x5c())});
    let input = SigningInput::new(&header, &audience(request)?).map_err(|_| RequestObjectError::Malformed)?;
    let signature = signer.sign(input.as_bytes())?;
    Ok(input.finish(signature))
}

/// The request object of a request that cannot be signed, because its client identifier names no key.
///
/// # Errors
/// When something cannot be written as JSON.
pub fn unsecured(request: &AuthorizationRequest) -> Result<String, RequestObjectError> {
    let claims = serde_json::to_vec(&audience(request)?).map_err(|_| RequestObjectError::Malformed)?;
    let header = json!({"alg": "none", "typ": REQUEST_OBJECT_TYP}).to_string();
    Ok(format!("{}.{}.", base64url(header), base64url(claims)))
}

fn audience(request: &AuthorizationRequest) -> Result<Map<String, Value>, RequestObjectError> {
    let mut claims = request.to_claims()?;
    claims.insert("aud".to_owned(), STATIC_AUDIENCE.into());
    Ok(claims)
}

impl fmt::Debug for UnverifiedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedRequest(signed: {})", self.jws.is_some())
    }
}

/// Messages complete "cannot follow the request: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestObjectError {
    /// Not a JWT of ours, or too long.
    #[error("it is not a request object")]
    Malformed,
    /// Its `typ` is another.
    #[error("it is signed as something else")]
    WrongType,
    /// It is not signed, and must be.
    #[error("it is not signed, though its client identifier names a certificate")]
    Unsigned,
    /// It is signed, and cannot be.
    #[error("it is signed, though its client identifier names no key")]
    SignedWithoutKey,
    /// The certificate is none.
    #[error("its certificate is refused: {0}")]
    Certificate(#[from] VerifierCertificateError),
    /// The certificate is not valid now.
    #[error("its certificate is not valid now")]
    CertificateDates,
    /// The signature is another's.
    #[error("its signature is false")]
    BadSignature,
    /// The certificate is not the client identifier's.
    #[error("its certificate is not that of its client identifier")]
    CertificateOfAnother,
    /// The client identifier is not that of the link.
    #[error("it comes from another client than its link says")]
    OtherClient,
    /// It is meant for another wallet.
    #[error("it is meant for another wallet")]
    WrongAudience,
    /// It does not repeat the phone's nonce.
    #[error("it does not repeat what the phone sent")]
    WalletNonce,
    /// The answer would go elsewhere.
    #[error("its answer would go to somebody else")]
    ResponseUri,
    /// A parameter.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The key did not sign.
    #[error("the key did not sign")]
    Signing,
}

impl RequestObjectError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed | Self::WrongType => "malformed_request",
            Self::Unsigned => "request_unsigned",
            Self::SignedWithoutKey => "request_signed_without_key",
            Self::Certificate(_) => "bad_certificate",
            Self::CertificateDates => "certificate_expired",
            Self::BadSignature => "bad_signature",
            Self::CertificateOfAnother => "certificate_not_of_client",
            Self::OtherClient => "other_client",
            Self::WrongAudience => "wrong_audience",
            Self::WalletNonce => "wallet_nonce",
            Self::ResponseUri => "response_uri_not_allowed",
            Self::Request(error) => error.reason(),
            Self::Signing => "signing",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, VERIFIER_DNS};
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T08:01:00Z".parse().unwrap()
    }

    fn expected(client_id: &ClientId) -> Expected<'_> {
        Expected { client_id, wallet_nonce: None }
    }

    fn by_dns() -> ClientId {
        ClientId::X509SanDns(VERIFIER_DNS.to_owned())
    }

    fn by_address() -> ClientId {
        ClientId::RedirectUri(sample::RESPONSE_URI.to_owned())
    }

    fn verify(text: &str, client_id: &ClientId) -> Result<VerifiedRequest, RequestObjectError> {
        UnverifiedRequest::parse(text)?.verify(expected(client_id), now())
    }

    /// A request of a client identifier under the sample verifier's key, with an edit before it is signed.
    fn signed(client_id: ClientId, edit: impl FnOnce(&mut AuthorizationRequest)) -> String {
        let mut request = sample::request(client_id);
        edit(&mut request);
        sign(&request, &sample::verifier()).unwrap()
    }

    #[test]
    fn all_three_kinds_of_client_are_verified() {
        let by_hash = ClientId::X509Hash(VerifierCertificate::parse(&sample::verifier().x5c).unwrap().hash());
        for id in [by_dns(), by_hash] {
            let verified = verify(&signed(id.clone(), |_| {}), &id).unwrap();
            assert_eq!(verified.request(), &sample::request(id));
            assert_eq!(verified.certificate().unwrap().name(), "Koleje Testowe");
        }
        let request = sample::request(by_address());
        let verified = verify(&unsecured(&request).unwrap(), &by_address()).unwrap();
        assert!(verified.certificate().is_none());
        let verified = UnverifiedRequest::of_parameters(request.to_claims().unwrap());
        assert_eq!(verified.verify(expected(&by_address()), now()).unwrap().request(), &request);
    }

    #[test]
    fn a_request_of_another_implementation_is_verified() {
        // Made by @openid4vc/openid4vp 0.4.6 for JavaScript, under a certificate by openssl.
        let text = include_str!("vectors/openid4vp-ts-0.4.6.jwt");
        let id = ClientId::X509SanDns("kino.example".to_owned());
        let read = UnverifiedRequest::parse(text).unwrap();
        let verified = read.verify(expected(&id), "2026-11-22T09:01:00Z".parse().unwrap()).unwrap();
        let request = verified.request();
        assert_eq!(verified.certificate().unwrap().name(), "Kino TS");
        assert_eq!(request.response_uri.as_str(), "https://kino.example/answer/1");
        assert_eq!(request.query.credentials()[0].paths().count(), 2);
        assert!(request.client_metadata.takes_sd_jwt());
        let (key, encryption) = request.client_metadata.encryption().unwrap();
        assert_eq!((key.kid.as_deref(), encryption.name()), (Some("b"), "A256GCM"));
    }

    #[test]
    fn every_wrong_request_is_refused_for_its_own_reason() {
        let refused = |text: &str, id: &ClientId| verify(text, id).map(|_| ()).unwrap_err();
        let good = signed(by_dns(), |_| {});
        let (head, signature) = good.rsplit_once('.').unwrap();
        let other = sign(&sample::request(by_dns()), &sample::self_signed()).unwrap();
        let (_, foreign) = other.rsplit_once('.').unwrap();
        assert_eq!(refused(&format!("{head}.{foreign}"), &by_dns()), RequestObjectError::BadSignature);
        assert_eq!(refused(&other, &by_dns()), RequestObjectError::CertificateOfAnother);
        let hash = ClientId::X509Hash([7; 32]);
        assert_eq!(refused(&signed(hash.clone(), |_| {}), &hash), RequestObjectError::CertificateOfAnother);
        assert_eq!(refused(&good, &hash), RequestObjectError::OtherClient);
        assert_eq!(
            refused(&unsecured(&sample::request(by_dns())).unwrap(), &by_dns()),
            RequestObjectError::Unsigned
        );
        let address = sign(&sample::request(by_address()), &sample::verifier()).unwrap();
        assert_eq!(refused(&address, &by_address()), RequestObjectError::SignedWithoutKey);
        let elsewhere: crate::vci::uri::HttpUrl =
            crate::vci::uri::HttpUrl::parse("https://elsewhere.example/r", Default::default()).unwrap();
        let leading = signed(by_dns(), |request| request.response_uri = elsewhere.clone());
        assert_eq!(refused(&leading, &by_dns()), RequestObjectError::ResponseUri);
        let mut request = sample::request(by_address());
        request.response_uri = elsewhere;
        assert_eq!(refused(&unsecured(&request).unwrap(), &by_address()), RequestObjectError::ResponseUri);
        let late = signed(by_dns(), |request| request.expires_at = Some(now()));
        assert_eq!(refused(&late, &by_dns()), RequestError::Expired.into());
        assert_eq!(refused("a.b", &by_dns()), RequestObjectError::Malformed);
        assert_eq!(refused(&format!("{head}.{signature}="), &by_dns()), RequestObjectError::Malformed);
        let before: Timestamp = "2015-01-01T00:00:00Z".parse().unwrap();
        let early = UnverifiedRequest::parse(&good).unwrap().verify(expected(&by_dns()), before);
        assert_eq!(early.unwrap_err(), RequestObjectError::CertificateDates);
    }

    #[test]
    fn header_and_audience_must_be_those_of_a_request() {
        let verifier = sample::verifier();
        let x5c = x5c::to_header(&verifier.x5c);
        let of = |header: Value, audience: &str| {
            let mut claims = sample::request(by_dns()).to_claims().unwrap();
            claims.insert("aud".to_owned(), audience.into());
            let input = SigningInput::new(&header, &claims).unwrap();
            let signature = verifier.sign(input.as_bytes()).unwrap();
            verify(&input.finish(signature), &by_dns()).map(|_| ()).unwrap_err()
        };
        let typ = |typ: &str| json!({"alg": "ES256", "typ": typ, "x5c": x5c});
        assert_eq!(of(typ("JWT"), STATIC_AUDIENCE), RequestObjectError::WrongType);
        assert_eq!(of(typ(REQUEST_OBJECT_TYP), "https://other.example"), RequestObjectError::WrongAudience);
        let bare = json!({"alg": "ES256", "typ": REQUEST_OBJECT_TYP});
        assert_eq!(of(bare, STATIC_AUDIENCE), VerifierCertificateError::Missing.into());
    }

    #[test]
    fn the_phones_nonce_must_come_back() {
        let with = |nonce: Option<&str>| {
            let text = signed(by_dns(), |request| request.wallet_nonce = nonce.map(str::to_owned));
            let expected = Expected { client_id: &by_dns(), wallet_nonce: Some("w-1") };
            UnverifiedRequest::parse(&text).unwrap().verify(expected, now()).map(|_| ())
        };
        assert_eq!(with(Some("w-1")), Ok(()));
        assert_eq!(with(Some("w-2")), Err(RequestObjectError::WalletNonce));
        assert_eq!(with(None), Err(RequestObjectError::WalletNonce));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_flipped_bit_passes(place in any::<prop::sample::Index>(), bit in 0_u8..7) {
            let mut text = signed(by_dns(), |_| {}).into_bytes();
            let place = place.index(text.len());
            text[place] ^= 1 << bit;
            if let Ok(text) = std::str::from_utf8(&text) {
                prop_assert!(verify(text, &by_dns()).is_err());
            }
        }

        #[test]
        fn reading_never_panics(text in any::<String>(), header in any::<String>(), claims in any::<String>()) {
            let _ = verify(&text, &by_dns());
            let _ = verify(&format!("{}.{}.", base64url(header), base64url(claims)), &by_address());
        }
    }
}
