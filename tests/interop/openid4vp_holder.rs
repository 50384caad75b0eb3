//! A standard OpenID4VP 1.0 holder against our verifier: `@openid4vc/openid4vp` 0.4.6 with `dcql` 3.0.0, `jose` 6.2.17
//! and `@sd-jwt/sd-jwt-vc` 0.19.0 (`client/holder.mjs`), with copies that it fetched from our issuer through OpenID4VCI.

use std::sync::Arc;

use issuer::app::{SystemClock, SystemEntropy};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::dcql::DcqlQuery;
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::verify::online::{
    Asked, Checkpoint, CheckpointConfig, IdentifiedBy, Question, SessionState, VerifierIdentity, serve,
};

use super::node::Node;
use super::served::Served;

/// What the holder does wrong, and by which code our verifier refuses it. The last two never reach the session.
const BAD: [(&str, &str); 16] = [
    ("wrong_audience", "wrong_audience"),
    ("wrong_nonce", "wrong_nonce"),
    ("no_key_binding", "no_key_binding"),
    ("other_key", "key_binding_signature"),
    ("other_type", "key_binding_malformed"),
    ("stale_binding", "key_binding_time"),
    ("altered_disclosure", "malformed"),
    ("altered_claims", "issuer_signature"),
    ("altered_signature", "issuer_signature"),
    ("dropped_disclosure", "other_disclosures"),
    ("over_disclosure", "over_disclosure"),
    ("under_disclosure", "under_disclosure"),
    ("other_id", "unknown_credential"),
    ("twice", "too_many_presentations"),
    ("wrong_state", "wrong_state"),
    ("replay", "already_answered"),
];

/// A verifier that believes the issuer, with a clock of its own.
async fn checkpoint(served: &Served, clock: Arc<dyn Clock>, identity: VerifierIdentity) -> Arc<Checkpoint> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let config = CheckpointConfig {
        base: HttpUrl::parse(&base, UrlPolicy::default()).unwrap(),
        identity,
        anchors: vec![served.anchor()],
        open_rendezvous: false,
    };
    let http = Arc::new(HttpTransport::new(&HttpOptions::default()).unwrap());
    let checkpoint = Arc::new(Checkpoint::new(config, clock, Arc::new(SystemEntropy), http));
    tokio::spawn(serve(Arc::clone(&checkpoint), listener));
    checkpoint
}

/// A verifier with a certificate.
fn certified(by: IdentifiedBy) -> VerifierIdentity {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (key, chain) = (key.serialize_pem(), certificate.pem());
    VerifierIdentity::from_pem("Kolej", &key, &chain, by).unwrap()
}

/// The holder, the issuer of its copies, and their type.
struct Scene {
    node: Node,
    served: Served,
    card_id: String,
    surname: String,
    copies: Value,
}

impl Scene {
    async fn set() -> Option<Self> {
        let node = Node::installed()?;
        let served = Served::start().await;
        let prepared = served.prepare("legacy-2019").await;
        let task = json!({
            "offer_uri": prepared.slip.offer_uri,
            "tx_code": prepared.slip.activation_code,
            "copies": 2,
            "roots": [served.root()],
        });
        let copies = node.run("client.mjs", task).await[0]["ok"]["copies"].clone();
        let surname = prepared.pupil.spec.surname.to_owned();
        Some(Self { node, served, card_id: prepared.slip.card_id, surname, copies })
    }

    fn query(&self) -> DcqlQuery {
        let vct = self.copies[0]["claims"]["vct"].as_str().unwrap();
        Preset::Ticket.query(&[vct])
    }

    fn ask(&self, checkpoint: &Checkpoint, mode: ResponseMode) -> Asked {
        let question = Question { response_mode: mode, ..Question::new(self.query()) };
        checkpoint.ask(question).unwrap()
    }

    /// Lets the holder answer: what it does to each question, and by which clock.
    async fn answer(&self, asked: &[(&Asked, Option<&str>)], at: Option<Timestamp>) -> Vec<Value> {
        let question = |(asked, bend): &(&Asked, Option<&str>)| json!({ "link": asked.link.expose(), "bend": bend, "at": at.map(Timestamp::as_second) });
        let questions: Vec<Value> = asked.iter().map(question).collect();
        self.node.run("holder.mjs", json!({ "copies": self.copies, "questions": questions })).await
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The three kinds of verifier, and the two ways in which answers come.
async fn verifiers(scene: &Scene) -> [(Arc<Checkpoint>, ResponseMode); 4] {
    let unsigned = checkpoint(&scene.served, clock(), VerifierIdentity::unsigned("Kolej")).await;
    let hashed = checkpoint(&scene.served, clock(), certified(IdentifiedBy::Hash)).await;
    let named = checkpoint(&scene.served, clock(), certified(IdentifiedBy::DnsName)).await;
    [
        (Arc::clone(&unsigned), ResponseMode::DirectPost),
        (unsigned, ResponseMode::DirectPostJwt),
        (hashed, ResponseMode::DirectPostJwt),
        (named, ResponseMode::DirectPostJwt),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn our_verifier_accepts_a_standard_holder() {
    let Some(scene) = Scene::set().await else { return };
    for (checkpoint, mode) in verifiers(&scene).await {
        let asked = scene.ask(&checkpoint, mode);
        let answers = scene.answer(&[(&asked, None)], None).await;
        assert_eq!(answers[0]["status"], 200, "{mode:?}: {answers:?}");
        assert_eq!(answers[0]["version"], 100, "the library took the request for a draft");
        let state = checkpoint.state(&asked.id, None).unwrap();
        let SessionState::Answered { verdict, shown } = state else { panic!("{mode:?}: {state:?}") };
        assert!(verdict.is_valid(), "{verdict:?}");
        assert_eq!(shown.claim("family_name"), Some(&json!(scene.surname)));
        assert_eq!(shown.claims().count(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_verifier_refuses_a_standard_holder_that_does_wrong() {
    let Some(scene) = Scene::set().await else { return };
    for (checkpoint, mode) in verifiers(&scene).await {
        let asked: Vec<Asked> = BAD.iter().map(|_| scene.ask(&checkpoint, mode)).collect();
        let questions: Vec<_> = asked.iter().zip(BAD).map(|(asked, (bend, _))| (asked, Some(bend))).collect();
        let answers = scene.answer(&questions, None).await;
        assert_eq!(answers.len(), BAD.len());
        let told: Vec<_> = answers
            .iter()
            .map(|it| (it["bend"].as_str().unwrap(), it["body"]["reason"].as_str().unwrap_or("accepted")))
            .collect();
        assert_eq!(told, BAD, "{mode:?}");
        for (asked, (bend, code)) in asked.iter().zip(BAD) {
            let state = checkpoint.state(&asked.id, None).unwrap();
            match bend {
                "wrong_state" => assert_eq!(state, SessionState::Asked),
                "replay" => assert_eq!(state.name(), "answered"),
                _ => assert!(
                    matches!(state, SessionState::Refused { code: kept, .. } if kept == code),
                    "{bend}: {state:?}"
                ),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_verifier_refuses_a_standard_holder_whose_copy_is_over_or_revoked_or_comes_in_the_clear() {
    let Some(scene) = Scene::set().await else { return };
    let reason = |answers: &[Value]| answers[0]["body"]["reason"].as_str().unwrap_or("accepted").to_owned();
    let today = checkpoint(&scene.served, clock(), certified(IdentifiedBy::Hash)).await;
    let asked = scene.ask(&today, ResponseMode::DirectPostJwt);
    assert_eq!(reason(&scene.answer(&[(&asked, Some("unencrypted"))], None).await), "other_response_mode");

    let later = scene.served.now().checked_add(SignedDuration::from_hours(40 * 24)).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(later));
    let in_forty_days = checkpoint(&scene.served, clock, VerifierIdentity::unsigned("Kolej")).await;
    let asked = scene.ask(&in_forty_days, ResponseMode::DirectPost);
    assert_eq!(reason(&scene.answer(&[(&asked, None)], Some(later)).await), "credential_expired");

    let device = &scene.served.office.devices(&scene.card_id, "live").await[0];
    scene.served.office.revoke_device(device, "phone_lost").await;
    let asked = scene.ask(&today, ResponseMode::DirectPostJwt);
    assert_eq!(reason(&scene.answer(&[(&asked, None)], None).await), "credential_revoked");
}
