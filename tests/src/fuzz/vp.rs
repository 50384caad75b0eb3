//! Requests and answers of OpenID4VP.

use std::collections::BTreeSet;

use serde_json::json;
use shared::sd_jwt::DC_SD_JWT;
use shared::vp::client_id::ClientId;
use shared::vp::dcql::{Candidate, DcqlQuery, MAX_QUERY_LENGTH};
use shared::vp::jwe::OpeningKey;
use shared::vp::rendezvous::Digits;
use shared::vp::request::AuthorizationRequest;
use shared::vp::request::link::{Place, RequestLink};
use shared::vp::request::object::{Expected, UnverifiedRequest, VerifiedRequest};
use shared::vp::response::{Acknowledgement, AuthorizationResponse, PostedResponse, open};
use zeroize::Zeroizing;

use super::known::{self, Genuine};

static REQUEST: Genuine = Genuine::of("request_object");
static RESPONSE: Genuine = Genuine::of("response");

/// [`DcqlQuery::parse`].
pub fn dcql(bytes: &[u8]) {
    let Ok(query) = DcqlQuery::parse(bytes) else { return };
    let written = serde_json::to_vec(&query).expect("a query is JSON");
    if written.len() <= MAX_QUERY_LENGTH {
        assert_eq!(DcqlQuery::parse(&written).as_ref(), Ok(&query));
    }
    let _ = query.purpose();
    planned(&query);
}

/// What a phone that holds one card would answer: whatever is planned can be answered, and completes the answer.
fn planned(query: &DcqlQuery) {
    let vct = "https://issuer.example/credentials/mlegitymacja/1";
    let claims = json!({"given_name": "Anna", "family_name": "P", "school_name": "S", "picture": "data:,",
        "age_equal_or_over": {"16": true, "18": false, "24": false}, "list": [[1], [2]]});
    let Some(claims) = claims.as_object() else { return };
    for vct in [vct, "https://a.example/card"] {
        let card = Candidate { format: DC_SD_JWT, vct, claims, authorities: &[] };
        let Ok(plan) = query.plan(&[card]) else { continue };
        let asked = |place: usize| &query.credentials()[place];
        let ids: Vec<&str> = plan.credentials.iter().map(|part| asked(part.query).id.as_str()).collect();
        assert!(query.is_complete_with(&ids));
        for part in &plan.credentials {
            assert_eq!(part.candidate, 0);
            assert!(asked(part.query).is_answered_by(claims));
            assert!(part.offer.without(&BTreeSet::new()).is_some());
            assert!(part.offer.places().iter().all(|place| asked(part.query).claims.len() > *place));
        }
    }
}

/// A request that was read: written down it says the same.
fn same_again(verified: &VerifiedRequest) {
    let request = verified.request();
    let claims = request.to_claims().expect("a request is JSON");
    let again = AuthorizationRequest::from_claims(&claims);
    assert_eq!(again.as_ref(), Ok(request));
    let _ = format!("{verified:?}");
}

/// [`UnverifiedRequest`], signed and not.
pub fn request_object(bytes: &[u8]) {
    let parsed = known::text(bytes).and_then(|text| UnverifiedRequest::parse(text).ok());
    let verified = |id: &ClientId| {
        let expected = Expected { client_id: id, wallet_nonce: None };
        parsed.clone().and_then(|request| request.verify(expected, known::now()).ok())
    };
    let signed = verified(&ClientId::X509SanDns("kontrola.example".to_owned()));
    signed.iter().for_each(same_again);
    REQUEST.judge(bytes, signed.is_some());
    let address = "https://kontrola.example/response/r-1";
    if let Some(open) = verified(&ClientId::RedirectUri(address.to_owned())) {
        assert!(open.certificate().is_none());
        assert_eq!(open.request().response_uri.as_str(), address, "the answer goes to whom it names");
        same_again(&open);
    }
}

/// [`RequestLink`], the six digits and client identifiers.
pub fn request_link(bytes: &[u8]) {
    let Some(text) = known::text(bytes) else { return };
    if let Ok(id) = ClientId::parse(text) {
        assert_eq!(ClientId::parse(&id.to_string()).as_ref(), Ok(&id));
    }
    if let Some(digits) = Digits::parse(text) {
        let _ = format!("{digits:?}");
    }
    let Ok(link) = RequestLink::parse(text) else { return };
    assert!(RequestLink::is_one(text));
    let _ = format!("{link:?}");
    if let Place::Here(inside) = link.place() {
        let expected = Expected { client_id: link.client_id(), wallet_nonce: None };
        if let Ok(verified) = inside.as_ref().clone().verify(expected, known::now()) {
            same_again(&verified);
        }
    }
}

/// [`PostedResponse`], in the clear and encrypted to the known key.
pub fn response(bytes: &[u8]) {
    let _ = Acknowledgement::parse(bytes);
    let key = OpeningKey::from_scalar(Zeroizing::new([7; 32])).expect("a scalar");
    match PostedResponse::parse(bytes) {
        Err(_) => RESPONSE.judge(bytes, false),
        Ok(PostedResponse::Plain(answer)) => {
            let form = answer.to_form().expect("an answer is a form");
            let again = PostedResponse::parse(form.expose().as_bytes());
            assert!(matches!(&again, Ok(PostedResponse::Plain(again)) if *again == answer), "{again:?}");
        }
        Ok(PostedResponse::Encrypted(jwe)) => opened(bytes, open(*jwe, &key).ok()),
    }
}

/// A form may spell the same JWE in more than one way; what comes out of it is one of the known answers.
fn opened(bytes: &[u8], answer: Option<AuthorizationResponse>) {
    let jwe = |form: &[u8]| {
        url::form_urlencoded::parse(form)
            .find(|(name, _)| name == "response")
            .map(|(_, jwe)| jwe.into_owned())
    };
    let known = RESPONSE.inputs().iter().any(|input| jwe(input) == jwe(bytes));
    assert_eq!(answer.is_some(), known, "an answer opens that nobody sealed, or a sealed one does not open");
}
