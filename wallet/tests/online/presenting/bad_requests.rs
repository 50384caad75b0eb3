//! Requests that the phone refuses, each for its own reason, and before anything of the card is touched.

use serde_json::json;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::client_id::ClientId;
use shared::vp::metadata::ClientMetadata;
use shared::vp::preset::Preset;
use shared::vp::request::object::{sign, unsecured};
use shared::vp::request::{AuthorizationRequest, ResponseMode};

use super::stage::{Certified, Kind, Stage, VCT};
use crate::authority::Authority;
use crate::phone::at;

fn url(text: &str) -> HttpUrl {
    HttpUrl::parse(text, UrlPolicy::default()).unwrap()
}

fn by_dns() -> ClientId {
    ClientId::X509SanDns("localhost".to_owned())
}

/// A request of the stage's verifier, right in everything.
fn request(stage: &Stage, client_id: ClientId) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id,
        response_mode: ResponseMode::DirectPost,
        response_uri: url(&format!("{}/response/x", stage.base.as_str())),
        nonce: "n-1".to_owned(),
        state: None,
        query: Preset::Library.query(&[VCT]),
        client_metadata: ClientMetadata::of_verifier(None),
        purpose: None,
        issued_at: None,
        expires_at: Some(at("2026-11-22T08:03:00Z")),
        wallet_nonce: None,
    }
}

/// What the phone says to a request that was edited before it was signed.
async fn said(stage: &Stage, client_id: ClientId, edit: impl FnOnce(&mut AuthorizationRequest)) -> String {
    let mut request = request(stage, client_id.clone());
    edit(&mut request);
    let object =
        if client_id.is_signed() { sign(&request, &stage.verifier_key) } else { unsecured(&request) };
    heard(stage, &client_id, &object.unwrap()).await
}

async fn heard(stage: &Stage, client_id: &ClientId, object: &str) -> String {
    let link = stage.rogue(&client_id.to_string(), object);
    match stage.read(&link).await {
        Ok(_) => "read".to_owned(),
        Err(error) => error.reason().to_owned(),
    }
}

#[tokio::test]
async fn each_wrong_request_has_its_reason() {
    let stage = Stage::new(Kind::Dns).await;
    assert_eq!(said(&stage, by_dns(), |_| {}).await, "read");
    let address = || ClientId::RedirectUri(format!("{}/response/x", stage.base.as_str()));
    assert_eq!(said(&stage, address(), |_| {}).await, "read");

    let elsewhere = url("https://elsewhere.example/r");
    let leads = |request: &mut AuthorizationRequest| request.response_uri = elsewhere.clone();
    assert_eq!(said(&stage, by_dns(), leads).await, "response_uri_not_allowed");
    assert_eq!(said(&stage, address(), leads).await, "response_uri_not_allowed");
    assert_eq!(
        said(&stage, by_dns(), |request| request.expires_at = Some(at("2026-11-22T08:00:00Z"))).await,
        "request_expired"
    );
    assert_eq!(
        said(&stage, by_dns(), |request| request.issued_at = Some(at("2026-11-22T08:02:00Z"))).await,
        "request_not_yet_valid"
    );
    assert_eq!(
        said(&stage, by_dns(), |request| request.client_id = ClientId::X509Hash([1; 32])).await,
        "other_client"
    );
    assert_eq!(said(&stage, ClientId::X509Hash([1; 32]), |_| {}).await, "certificate_not_of_client");
    let encrypted = |request: &mut AuthorizationRequest| request.response_mode = ResponseMode::DirectPostJwt;
    assert_eq!(said(&stage, by_dns(), encrypted).await, "no_encryption_key");
    let mdoc = |request: &mut AuthorizationRequest| {
        let formats = json!({"mso_mdoc": {}});
        request.client_metadata.vp_formats_supported = formats.as_object().cloned();
    };
    assert_eq!(said(&stage, by_dns(), mdoc).await, "formats_not_supported");
    let other = |request: &mut AuthorizationRequest| {
        request.query = Preset::Library.query(&["https://other.example/card"])
    };
    assert_eq!(said(&stage, by_dns(), other).await, "no_matching_credential");

    assert_eq!(
        heard(&stage, &by_dns(), &unsecured(&request(&stage, by_dns())).unwrap()).await,
        "request_unsigned"
    );
    let good = sign(&request(&stage, by_dns()), &stage.verifier_key).unwrap();
    let (head, _) = good.rsplit_once('.').unwrap();
    let foreign = Certified::new(stage.authority.verifier("Kino Muza", "localhost"));
    let other = sign(&request(&stage, by_dns()), &foreign).unwrap();
    let forged = format!("{head}.{}", other.rsplit_once('.').unwrap().1);
    assert_eq!(heard(&stage, &by_dns(), &forged).await, "bad_signature");
    let elsewhere = Certified::new(stage.authority.verifier("Kino", "elsewhere.example"));
    let object = sign(&request(&stage, by_dns()), &elsewhere).unwrap();
    assert_eq!(heard(&stage, &by_dns(), &object).await, "certificate_not_of_client");
    assert_eq!(heard(&stage, &by_dns(), "rubbish").await, "malformed_request");
    assert!(stage.wire.posted("/v/response").is_empty(), "nothing was answered");
}

#[tokio::test]
async fn links_are_judged_before_anybody_is_asked() {
    let stage = Stage::new(Kind::Dns).await;
    for (link, reason) in [
        ("https://kino.example", "not_a_request"),
        ("openid4vp://?client_id=kino.example&request_uri=https%3A%2F%2Fkino.example", "client_id_refused"),
        (
            "openid4vp://?client_id=x509_san_dns:kino.example&request_uri=http%3A%2F%2Fkino.example",
            "malformed_link",
        ),
        ("openid4vp://?client_id=x509_san_dns:kino.example", "malformed_link"),
    ] {
        assert_eq!(stage.read(link).await.unwrap_err().reason(), reason, "{link}");
    }
    assert!(stage.wire.requests().is_empty());
    let gone = stage.rogue("x509_san_dns:localhost", "x").replace("rogue", "nowhere");
    assert_eq!(stage.read(&gone).await.unwrap_err().reason(), "no_request");
}

#[tokio::test]
async fn a_stranger_is_named_as_one_whatever_they_call_themselves() {
    let stage = Stage::new(Kind::Dns).await;
    // The same name and DNS name, under a root that nobody trusts.
    let stranger =
        Certified::new(Authority::new("Szkoła", "http://pki.example").verifier("Kino Muza", "localhost"));
    let mut asked = request(&stage, by_dns());
    asked.client_metadata.client_name = Some("Ministerstwo\u{7}".to_owned());
    let link = stage.rogue(&by_dns().to_string(), &sign(&asked, &stranger).unwrap());
    let read = stage.read(&link).await.unwrap();
    assert!(!read.verifier().is_trusted());
    assert_eq!(read.verifier().name, "Kino Muza");
    let address = ClientId::RedirectUri(format!("{}/response/x", stage.base.as_str()));
    let mut unsigned = request(&stage, address.clone());
    unsigned.client_metadata.client_name = Some("Ministerstwo\u{7}".to_owned());
    let link = stage.rogue(&address.to_string(), &unsecured(&unsigned).unwrap());
    let read = stage.read(&link).await.unwrap();
    assert_eq!((read.verifier().name.as_str(), read.verifier().host.as_str()), ("Ministerstwo", "localhost"));
    assert!(!read.verifier().is_trusted());
}

#[tokio::test]
async fn a_request_that_ran_out_while_its_holder_thought_is_not_answered() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::Library, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    let agreed = request.consent(&[]).unwrap();
    stage.later(180);
    assert_eq!(stage.phone.present(&agreed).await.unwrap_err().reason(), "request_expired");
    assert!(stage.wire.posted("/v/response").is_empty());
    assert!(stage.phone.phone().documents().receipts().unwrap().is_empty());
    // Whoever scans it now is told by the verifier too.
    assert_eq!(stage.read(asked.link.expose()).await.unwrap_err().reason(), "no_request");
}

#[tokio::test]
async fn copies_out_of_their_time_and_revoked_cards_are_not_offered() {
    let stage = Stage::new(Kind::Dns).await;
    stage.clock.set(at("2027-03-01T00:00:00Z"));
    let asked = stage.ask(Preset::Library, ResponseMode::DirectPostJwt);
    assert_eq!(stage.read(asked.link.expose()).await.unwrap_err().reason(), "no_matching_credential");

    let stage = Stage::new(Kind::Dns).await;
    let documents = stage.phone.phone().documents();
    let (card, _) = documents.cards().unwrap().remove(0);
    let since = at("2026-11-22T07:00:00Z");
    let state = wallet::documents::CardState::Revoked { since, reason: "lost".to_owned() };
    documents.refreshed(&card, state, since).unwrap();
    let asked = stage.ask(Preset::Library, ResponseMode::DirectPostJwt);
    assert_eq!(stage.read(asked.link.expose()).await.unwrap_err().reason(), "no_matching_credential");
}
