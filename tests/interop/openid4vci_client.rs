//! A standard OpenID4VCI 1.0 wallet against our issuer: `@openid4vc/openid4vci` 0.4.6 with `@openid4vc/oauth2`
//! 0.4.6, a TypeScript library of the OpenWallet Foundation, on Node 18 or later (`client/client.mjs`; `npm ci`
//! in `client` installs it). The copies for selective disclosure that it fetches are verified by
//! `@sd-jwt/sd-jwt-vc` 0.19.0, status included.
//!
//! The library resolves the offer and both metadata documents, redeems the code, fetches the nonce, shapes the
//! proof, asks for the credential and judges every answer by its own schemas. Two things it was told: that this
//! issuer speaks plain http (it listens on this machine), and that the private format `vnd.mleg.x509+json`
//! exists, by an entry in its registry of known configurations.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::vci::credential::X509Credential;
use shared::x509::chain::{VerifiedChain, verify_chain};

use super::node::Node;
use super::served::{Prepared, Served};

/// The library, as this file uses it: one task, one outcome.
struct Client(Node);

impl Client {
    fn installed() -> Option<Self> {
        Node::installed().map(Self)
    }

    /// Does `task` and returns `{"ok": …}` or `{"refused": …}`.
    async fn run(&self, task: Value) -> Value {
        self.0.run("client.mjs", task).await.remove(0)
    }

    /// Does `task`, which must succeed.
    async fn done(&self, task: Value) -> Value {
        let outcome = self.run(task).await;
        assert!(outcome["refused"].is_null(), "refused: {outcome}");
        outcome["ok"].clone()
    }

    /// Does `task`, which the issuer must refuse.
    async fn refused(&self, task: Value) -> Value {
        let outcome = self.run(task).await;
        assert!(outcome["ok"].is_null(), "was not refused");
        outcome["refused"].clone()
    }
}

/// The task that a slip stands for, with `more` in it.
fn task(prepared: &Prepared, more: Value) -> Value {
    let mut task = json!({ "offer_uri": prepared.slip.offer_uri, "tx_code": prepared.slip.activation_code });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

/// A code of the right form that is not `right`.
fn other_code(right: &str) -> String {
    let turned = |digit: char| if digit == '9' { '0' } else { '9' };
    right.chars().map(turned).collect()
}

/// What a wallet of ours would check before it stored the card.
fn verified(served: &Served, prepared: &Prepared, got: &Value) -> VerifiedChain {
    let credentials = got["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1);
    let credential: X509Credential = serde_json::from_value(credentials[0]["credential"].clone()).unwrap();
    let chain = verify_chain(&credential.chain().unwrap(), &[served.anchor()], served.now()).unwrap();
    let leaf = chain.leaf();
    assert_eq!(leaf.card_digest().as_slice(), Sha256::digest(credential.card().unwrap()).as_slice());
    assert_eq!(leaf.pesel().as_str(), prepared.pupil.spec.pesel);
    assert_eq!(leaf.surname(), prepared.pupil.spec.surname);
    assert_eq!(leaf.public_key().sec1(), public_key(&got["key"]).to_sec1());
    chain
}

fn public_key(jwk: &Value) -> shared::jose::jwk::PublicJwk {
    let mut public = jwk.clone();
    public.as_object_mut().unwrap().remove("d");
    shared::jose::jwk::PublicJwk::from_value(&public).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_wallet_activates_a_card() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("legacy-2019").await;
    let card = &prepared.slip.card_id;
    assert!(served.office.devices(card, "live").await.is_empty());

    let got = client.done(task(&prepared, json!({ "notify": ["credential_accepted"] }))).await;

    assert_eq!(got["protocol"], "V1", "the library took the metadata for a draft");
    assert_eq!(got["token_type"], "Bearer");
    assert_eq!(got["has_refresh_token"], false);
    let chain = verified(&served, &prepared, &got);
    assert_eq!(chain.leaf().slot().of(), 1);
    let file = served.office.card(card).await;
    let device = &file["devices"][0]["device"];
    assert_eq!(device["state"], "live");
    assert_eq!(device["thumbprint"], public_key(&got["key"]).thumbprint().to_string());
    assert_eq!(served.office.devices(card, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_reaches_the_wallet_as_invalid_grant_and_burns_nothing() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("legacy-2019").await;
    let wrong = other_code(prepared.slip.activation_code.as_deref().unwrap());

    let refused = client.refused(task(&prepared, json!({ "tx_code": wrong }))).await;
    assert_eq!((&refused["at"], &refused["status"]), (&json!("token"), &json!(400)));
    assert_eq!(refused["body"]["error"], "invalid_grant");
    assert_eq!(refused["body"]["reason"], "wrong_code");
    assert_eq!(refused["body"]["tries_left"], 4);
    assert!(served.office.devices(&prepared.slip.card_id, "live").await.is_empty());

    verified(&served, &prepared, &client.done(task(&prepared, json!({}))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_opens_one_device_and_delivers_to_it_again() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("legacy-2019").await;
    let first = client.done(task(&prepared, json!({}))).await;

    let refused = client.refused(task(&prepared, json!({}))).await;
    assert_eq!(refused["at"], "credential");
    assert_eq!(refused["body"]["error"], "credential_request_denied");
    assert_eq!(refused["body"]["reason"], "other_device");

    let again = client.done(task(&prepared, json!({ "key": first["key"] }))).await;
    assert_eq!(again["credentials"], first["credentials"], "the same key did not get the same bytes");
    assert_eq!(served.office.devices(&prepared.slip.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_with_dpop_refreshes_and_gives_its_place_back() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("legacy-2019").await;
    let more = json!({ "dpop": true, "refresh": true, "notify": ["credential_accepted"] });
    let got = client.done(task(&prepared, more)).await;
    assert_eq!((&got["token_type"], &got["has_refresh_token"]), (&json!("DPoP"), &json!(true)));
    verified(&served, &prepared, &got);
    assert_eq!(got["refreshed_credentials"], got["credentials"], "a refresh brought other bytes");
    assert_eq!(served.office.devices(&prepared.slip.card_id, "live").await.len(), 1);

    let more = json!({ "key": got["key"], "dpop": true, "notify": ["credential_deleted"] });
    client.done(task(&prepared, more)).await;
    assert_eq!(served.office.devices(&prepared.slip.card_id, "deleted").await.len(), 1);
    assert!(served.office.devices(&prepared.slip.card_id, "live").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_code_needs_no_activation_code() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("zpe-2025").await;
    assert_eq!(prepared.slip.activation_code, None);
    let got = client.done(task(&prepared, json!({}))).await;
    let grants = got["grants"].as_object().unwrap();
    assert!(grants.values().all(|grant| grant["tx_code"].is_null()), "{grants:?}");
    assert_eq!(verified(&served, &prepared, &got).leaf().slot().of(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_with_a_path_is_found() {
    let Some(client) = Client::installed() else { return };
    let served = Served::at("/szkoly/mleg").await;
    let prepared = served.prepare("legacy-2019").await;
    let got = client.done(task(&prepared, json!({ "dpop": true }))).await;
    verified(&served, &prepared, &got);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_wallet_fetches_both_formats_with_one_token() {
    let Some(client) = Client::installed() else { return };
    let served = Served::start().await;
    let prepared = served.prepare("legacy-2019").await;
    let more = json!({ "copies": 3, "roots": [served.root()] });
    let got = client.done(task(&prepared, more)).await;
    verified(&served, &prepared, &got);
    let copies = got["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 3);
    let mut places = BTreeSet::new();
    for copy in copies {
        let claims = &copy["claims"];
        assert_eq!(claims["family_name"], prepared.pupil.spec.surname);
        assert_eq!(claims["personal_administrative_number"], prepared.pupil.spec.pesel);
        assert_eq!(claims["pupil_status"], "uczeń");
        assert_eq!(claims["age_equal_or_over"].as_object().unwrap().len(), 6);
        assert!(claims["picture"].as_str().unwrap().starts_with("data:image/jpeg;base64,/9j/"));
        places.insert(claims["status"]["status_list"].to_string());
    }
    assert_eq!(places.len(), 3, "every copy has a place of its own in the status lists");
    assert_eq!(served.office.devices(&prepared.slip.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_an_issuer_that_is_not_trusted_are_not_taken() {
    let Some(node) = Node::installed() else { return };
    let (served, other) = (Served::start().await, Served::start().await);
    let prepared = served.prepare("legacy-2019").await;
    let more = json!({ "copies": 1, "roots": [other.root()] });
    let why = node.fault("client.mjs", task(&prepared, more)).await;
    assert!(why.contains("lead to nobody who is trusted"), "{why}");
}
