//! Answers that the verifier refuses, each with its own code for the phone and its own verdict for the inspector.

use p256::ecdsa::SigningKey;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use shared::jose::jwk::PublicJwk;
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use url::form_urlencoded;
use wallet::verify::online::{Asked, SessionState};

use super::stage::{Certified, Kind, Stage, base64url, signature};
use crate::authority::Authority;
use crate::phone::at;

/// Somebody with a card who can answer whatever they like.
struct Forger<'a> {
    stage: &'a Stage,
    key: SigningKey,
    asked: Asked,
    /// The request's parameters, as a phone reads them.
    request: Map<String, Value>,
}

/// What is put into a presentation; right unless a test says otherwise.
struct Made {
    audience: String,
    nonce: String,
    signed_at: i64,
    claims: Vec<&'static str>,
    key: SigningKey,
    credential: String,
    typ: &'static str,
}

impl<'a> Forger<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let asked = stage.ask(Preset::Library, ResponseMode::DirectPost);
        let link: url::Url = asked.link.expose().replace("openid4vp://", "http://x/").parse().unwrap();
        let address = link.query_pairs().find(|(name, _)| name == "request_uri").unwrap().1.into_owned();
        let http = wallet::transport::http::HttpTransport::new(&Default::default()).unwrap();
        let request = wallet::transport::Request::get(address.parse().unwrap(), 64 * 1024);
        let object = wallet::transport::Transport::send(&http, request).await.unwrap();
        let object = String::from_utf8(object.body).unwrap();
        let request = serde_json::from_slice(&unwrapped(object.split('.').nth(1).unwrap())).unwrap();
        Self { stage, key: SigningKey::from_slice(&[9; 32]).unwrap(), asked, request }
    }

    fn public(&self) -> PublicJwk {
        PublicJwk::from_sec1(self.key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    fn text(&self, name: &str) -> String {
        self.request[name].as_str().unwrap().to_owned()
    }

    fn credential(&self, edit: impl FnOnce(&mut Map<String, Value>)) -> String {
        self.stage.issue(&self.public(), 40, edit)
    }

    fn made(&self) -> Made {
        Made {
            audience: self.text("client_id"),
            nonce: self.text("nonce"),
            signed_at: at("2026-11-22T08:00:00Z").as_second(),
            claims: vec!["given_name", "family_name", "card_number", "school_name"],
            key: self.key.clone(),
            credential: self.credential(|_| {}),
            typ: "kb+jwt",
        }
    }

    /// A presentation, right but for what `edit` does to it.
    fn presentation(&self, edit: impl FnOnce(&mut Made)) -> String {
        let mut made = self.made();
        edit(&mut made);
        let presented = cut(&made.credential, &made.claims);
        let binding = binding(&presented, &made);
        format!("{presented}{binding}")
    }

    async fn send(&self, token: Value) -> (u16, Value) {
        let token = token.to_string();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("vp_token", &token)
            .append_pair("state", &self.text("state"))
            .finish();
        self.stage.post(&self.text("response_uri"), form).await
    }

    /// The phone's code, and the inspector's verdict with its reason.
    async fn outcome(&self, token: Value) -> (String, String, String) {
        let (status, answer) = self.send(token).await;
        let code = answer["reason"].as_str().unwrap_or("taken").to_owned();
        assert_eq!(status == 200, code == "taken");
        let verdict = match self.stage.state(&self.asked) {
            SessionState::Answered { verdict, .. } => verdict,
            SessionState::Refused { code: kept, verdict: Some(verdict), .. } => {
                assert_eq!(kept, code);
                verdict
            }
            state => unreachable!("{code}: {state:?}"),
        };
        let reason = verdict.reason.map_or("", |reason| reason.code()).to_owned();
        (code, verdict.code().to_owned(), reason)
    }
}

fn unwrapped(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The credential with those of its disclosures alone that have these names.
fn cut(credential: &str, names: &[&str]) -> String {
    let mut parts = credential.trim_end_matches('~').split('~');
    let mut presented = format!("{}~", parts.next().unwrap());
    for part in parts {
        let disclosure: Value = serde_json::from_slice(&unwrapped(part)).unwrap();
        if names.contains(&disclosure[1].as_str().unwrap()) {
            presented += &format!("{part}~");
        }
    }
    presented
}

fn binding(presented: &str, made: &Made) -> String {
    let header = json!({"alg": "ES256", "typ": made.typ});
    let claims = json!({
        "iat": made.signed_at, "aud": made.audience, "nonce": made.nonce,
        "sd_hash": base64url(Sha256::digest(presented)),
    });
    let input = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    let signature = signature(&made.key, input.as_bytes());
    format!("{input}.{}", base64url(signature))
}

fn card(presentation: &str) -> Value {
    json!({"card": [presentation]})
}

#[tokio::test]
async fn the_forgers_honest_answer_is_taken() {
    let stage = Stage::new(Kind::Dns).await;
    let forger = Forger::new(&stage).await;
    let outcome = forger.outcome(card(&forger.presentation(|_| {}))).await;
    assert_eq!(outcome, ("taken".to_owned(), "valid".to_owned(), String::new()));
}

#[tokio::test]
async fn every_bad_presentation_is_refused_for_its_own_reason() {
    let stage = Stage::new(Kind::Dns).await;
    stage.revoke(41);
    type Bad = (&'static str, &'static str, &'static str, fn(&Forger<'_>) -> Value);
    let cases: [Bad; 24] = [
        ("no_key_binding", "not_trusted", "no_holder_proof", |f| {
            card(&cut(&f.credential(|_| {}), &["given_name", "family_name", "card_number"]))
        }),
        ("wrong_audience", "not_trusted", "another_audience", |f| {
            card(&f.presentation(|made| made.audience = "localhost".to_owned()))
        }),
        ("wrong_audience", "not_trusted", "another_audience", |f| {
            card(&f.presentation(|made| made.audience = "x509_san_dns:kino.example".to_owned()))
        }),
        ("wrong_nonce", "not_trusted", "another_nonce", |f| {
            card(&f.presentation(|made| made.nonce = "another".to_owned()))
        }),
        ("key_binding_signature", "altered", "holder_signature", |f| {
            card(&f.presentation(|made| made.key = SigningKey::from_slice(&[8; 32]).unwrap()))
        }),
        ("key_binding_malformed", "altered", "holder_signature", |f| {
            card(&f.presentation(|made| made.typ = "JWT"))
        }),
        ("key_binding_time", "code_too_old", "stale", |f| {
            card(&f.presentation(|made| made.signed_at -= 121))
        }),
        ("key_binding_time", "clock_uncertain", "from_the_future", |f| {
            card(&f.presentation(|made| made.signed_at += 121))
        }),
        ("other_disclosures", "altered", "disclosure", |f| {
            let presentation = f.presentation(|made| made.claims = vec!["given_name", "card_number"]);
            let (presented, binding) = presentation.rsplit_once('~').unwrap();
            let credential = f.credential(|_| {});
            // The binding of one presentation under another one.
            assert_ne!(presented.split('~').next(), credential.split('~').next());
            card(&format!("{}{binding}", cut(&credential, &["given_name", "family_name", "card_number"])))
        }),
        ("over_disclosure", "not_trusted", "too_much", |f| {
            card(&f.presentation(|made| made.claims.push("birthdate")))
        }),
        ("over_disclosure", "not_trusted", "too_much", |f| {
            card(&f.presentation(|made| made.claims.push("18")))
        }),
        ("under_disclosure", "not_trusted", "too_little", |f| {
            card(&f.presentation(|made| made.claims = vec!["given_name", "card_number", "school_name"]))
        }),
        ("untrusted", "not_trusted", "unknown_root", |f| {
            let stranger = Authority::new("Inna", "http://pki.example")
                .signer(shared::x509::signer::SignerPurpose::SdJwt);
            let credential = f.stage.issue_by(&Certified::new(stranger), &f.public(), 40, |_| {});
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("untrusted", "not_trusted", "signer_certificate", |f| {
            let lists = f.stage.authority.signer(shared::x509::signer::SignerPurpose::StatusList);
            let credential = f.stage.issue_by(&Certified::new(lists), &f.public(), 40, |_| {});
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("issuer_signature", "altered", "issuer_signature", |f| {
            let other = f.credential(|claims| drop(claims.insert("extra".to_owned(), json!(1))));
            let signature = other.split('~').next().unwrap().rsplit('.').next().unwrap().to_owned();
            card(&f.presentation(|made| {
                let (jwt, rest) = made.credential.split_once('~').unwrap();
                let (head, _) = jwt.rsplit_once('.').unwrap();
                made.credential = format!("{head}.{signature}~{rest}");
            }))
        }),
        ("credential_expired", "expired", "", |f| {
            let credential = f.credential(|claims| {
                drop(claims.insert("exp".to_owned(), json!(at("2026-11-22T08:00:00Z").as_second())))
            });
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("credential_not_yet_valid", "not_yet_valid", "", |f| {
            let credential = f.credential(|claims| {
                drop(claims.insert("nbf".to_owned(), json!(at("2026-11-22T08:00:01Z").as_second())))
            });
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("credential_revoked", "revoked", "", |f| {
            let credential = f.stage.issue(&f.public(), 41, |_| {});
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("other_type", "not_a_card", "unknown_content", |f| {
            let credential = f.credential(|claims| {
                drop(claims.insert("vct".to_owned(), json!("https://other.example/card")))
            });
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("not_bound", "not_trusted", "no_holder_proof", |f| {
            let credential = f.credential(|claims| drop(claims.shift_remove("cnf")));
            card(&f.presentation(|made| made.credential = credential))
        }),
        ("malformed", "not_a_card", "unknown_form", |_| card("rubbish")),
        ("unknown_credential", "not_trusted", "too_much", |f| json!({"ticket": [f.presentation(|_| {})]})),
        (
            "unknown_credential",
            "not_trusted",
            "too_much",
            |f| json!({"card": [f.presentation(|_| {})], "more": [f.presentation(|_| {})]}),
        ),
        (
            "too_many_presentations",
            "not_trusted",
            "too_much",
            |f| json!({"card": [f.presentation(|_| {}), f.presentation(|_| {})]}),
        ),
    ];
    for (code, verdict, reason, make) in cases {
        let forger = Forger::new(&stage).await;
        let outcome = forger.outcome(make(&forger)).await;
        assert_eq!(outcome, (code.to_owned(), verdict.to_owned(), reason.to_owned()));
    }
}

#[tokio::test]
async fn what_does_not_reach_a_session_leaves_it_waiting() {
    let stage = Stage::new(Kind::Dns).await;
    let forger = Forger::new(&stage).await;
    let uri = forger.text("response_uri");
    let token = card(&forger.presentation(|_| {})).to_string();
    let form = |state: Option<&str>| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("vp_token", &token);
        if let Some(state) = state {
            form.append_pair("state", state);
        }
        form.finish()
    };
    let right = form(Some(&forger.text("state")));
    let elsewhere = uri.replace("response/", "response/x");
    for (to, form, status, reason) in [
        (&uri, form(Some("guessed")), 400, "wrong_state"),
        (&uri, form(None), 400, "wrong_state"),
        (&uri, "vp_token=x".to_owned(), 400, "malformed_answer"),
        (&uri, "vp_token={}".to_owned(), 400, "malformed_answer"),
        (&uri, String::new(), 400, "malformed_answer"),
        (&elsewhere, right.clone(), 404, "unknown_request"),
    ] {
        let (answered, body) = stage.post(to, form).await;
        assert_eq!((answered, body["reason"].as_str()), (status, Some(reason)));
        assert_eq!(stage.state(&forger.asked), SessionState::Asked);
    }
    assert_eq!(stage.post(&uri, right.clone()).await.0, 200);
    let (status, body) = stage.post(&uri, right).await;
    assert_eq!((status, body["reason"].as_str()), (409, Some("already_answered")), "a replay");
    assert_eq!(stage.checkpoint.counts().get("valid"), Some(&1));
}

#[tokio::test]
async fn an_answer_to_another_session_or_too_late_is_refused() {
    let stage = Stage::new(Kind::Dns).await;
    let (one, other) = (Forger::new(&stage).await, Forger::new(&stage).await);
    // A whole answer that was overheard, under the state of another request.
    let overheard = card(&one.presentation(|_| {}));
    assert_eq!(other.outcome(overheard.clone()).await.0, "wrong_nonce");
    stage.later(180);
    let (status, body) = one.send(overheard).await;
    assert_eq!((status, body["reason"].as_str()), (410, Some("request_expired")));
    assert_eq!(stage.state(&one.asked), SessionState::Expired);
}

#[tokio::test]
async fn encrypted_means_encrypted_to_this_request() {
    let stage = Stage::new(Kind::Dns).await;
    let ask = || stage.ask(Preset::Library, ResponseMode::DirectPostJwt);
    let asked = ask();
    let request = stage.read_asked(&asked).await;
    let other = ask();
    let answered = stage.read_asked(&other).await;
    stage.phone.present(&answered.consent(&[]).unwrap()).await.unwrap();
    let elsewhere = stage.wire.posted("/v/response").remove(0);
    let uri = stage.wire.requests().into_iter().find(|path| path.starts_with("/v/request/")).unwrap();
    let uri = format!(
        "{}{}",
        stage.base.as_str().trim_end_matches("/v"),
        uri.replace("/v/request/", "/v/response/")
    );
    for (form, reason) in [
        (elsewhere, "does_not_open"),
        ("vp_token={\"card\":[\"x\"]}&state=x".to_owned(), "other_response_mode"),
        ("response=a.b.c.d.e".to_owned(), "malformed_answer"),
    ] {
        let (status, body) = stage.post(&uri, form).await;
        assert_eq!((status, body["reason"].as_str()), (400, Some(reason)));
    }
    assert_eq!(stage.state(&asked), SessionState::Asked);
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    assert!(matches!(stage.state(&asked), SessionState::Answered { .. }));
}
