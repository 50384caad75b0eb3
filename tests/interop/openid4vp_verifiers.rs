//! Standard OpenID4VP 1.0 verifiers before which our phone shows a card, and which refuse what is bent:
//!
//! - TypeScript, `client/verifier.mjs`: `@openid4vc/openid4vp` 0.4.6, `dcql` 3.0.0, `jose` 6.2.17 and
//!   `@sd-jwt/sd-jwt-vc` 0.19.0; unsigned (`redirect_uri`, `direct_post`) and signed (`x509_hash`, `direct_post.jwt`);
//! - Python, `openid4vp_verifier.py`: `polaris-oid4vp` 1.0.0; signed (`x509_hash`, `direct_post.jwt`, by POST).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use shared::x509::signer::SignerPurpose;
use tests::outside::require;
use wallet::present::PresentError;

use super::PYTHON_BIN;
use super::node::Node;
use super::our_phone::{ASKED, Bend, OurPhone};

/// A verifier that runs until it is dropped.
struct Peer {
    process: Child,
    _input: ChildStdin,
    base: String,
    verdicts: Mutex<Receiver<Value>>,
}

impl Peer {
    fn start(mut command: Command, task: &Value) -> Self {
        let mut process = command.spawn().unwrap();
        let mut input = process.stdin.take().unwrap();
        writeln!(input, "{task}").unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first: Value =
            serde_json::from_str(&lines.next().expect("it says where it listens").unwrap()).unwrap();
        let base = first["base"].as_str().unwrap().to_owned();
        let (sender, verdicts) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, _input: input, base, verdicts: Mutex::new(verdicts) }
    }

    /// What it wrote about the latest answer: one line for each.
    fn verdict(&self) -> Value {
        self.verdicts.lock().unwrap().recv_timeout(Duration::from_secs(10)).expect("a verdict")
    }

    /// A new request's link.
    async fn ask(&self) -> String {
        let answer = tests::http::get(format!("{}/new", self.base)).await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        answer["link"].as_str().unwrap().to_owned()
    }

    /// The phone is accepted, and so is the answer that the test makes; everything in `bad` is refused, at the check
    /// that stands beside it.
    async fn judge(&self, ours: &OurPhone, bad: &[(Bend, &str)]) {
        ours.present(&self.ask().await).await.unwrap();
        let verdict = self.verdict();
        assert_eq!(verdict["accepted"], true, "{verdict}");
        let claims = verdict["claims"].get(0).unwrap_or(&verdict["claims"]);
        assert_eq!(claims["family_name"], ours.surname);
        assert_eq!(claims["age_equal_or_over"]["24"], false);
        assert!(claims["personal_administrative_number"].is_null());
        // The Python library says whether it could ask the status list; the TypeScript one throws unless it could.
        let status = &verdict["revocation"]["state"];
        assert!(status.is_null() || status == "checked", "{verdict}");
        assert_eq!(ours.answer(&self.ask().await, Bend::Nothing).await, (200, String::new()));
        assert_eq!(self.verdict()["accepted"], true);
        let mut told = Vec::new();
        for (bend, _) in bad {
            let (status, at) = ours.answer(&self.ask().await, *bend).await;
            let verdict = self.verdict();
            assert_eq!(verdict["at"], at);
            println!("{bend:?}: {verdict}");
            told.push((*bend, if status == 400 { at } else { format!("{status}") }));
        }
        let wanted: Vec<_> = bad.iter().map(|(bend, at)| (*bend, (*at).to_owned())).collect();
        assert_eq!(told, wanted);
    }

    /// The office revokes the device, the phone knows nothing of it and shows its card; what the verifier says.
    async fn revoked(&self, ours: &OurPhone) -> Value {
        while self.verdicts.lock().unwrap().try_recv().is_ok() {}
        let device = &ours.world.office.devices(&ours.card_id, "live").await[0];
        ours.world.office.revoke_device(device, "phone_lost").await;
        let told = ours.present(&self.ask().await).await;
        assert!(matches!(told, Err(PresentError::RefusedByVerifier { status: 400, .. })), "{told:?}");
        self.verdict()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What our phone's holder is asked, as DCQL.
fn query(ours: &OurPhone) -> Value {
    let claims: Vec<Value> = ASKED.iter().map(|path| json!({ "path": path })).collect();
    let meta = json!({ "vct_values": [ours.vct()] });
    json!({ "credentials": [{ "id": "card", "format": "dc+sd-jwt", "meta": meta, "claims": claims }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typescript_verifier_accepts_our_phone_and_refuses_what_is_bent() {
    let Some(node) = Node::installed() else { return };
    let ours = OurPhone::ready().await;
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let identity = json!({ "x5c": [STANDARD.encode(certificate.der())], "key": key.serialize_pem() });
    let common = [
        (Bend::WrongAudience, "audience"),
        (Bend::WrongNonce, "sd-jwt"),
        (Bend::NoKeyBinding, "sd-jwt"),
        (Bend::OtherKey, "sd-jwt"),
        (Bend::OtherBindingType, "sd-jwt"),
        (Bend::StaleBinding, "stale"),
        (Bend::AlteredDisclosure, "query"),
        (Bend::DroppedDisclosure, "sd-jwt"),
        (Bend::AlteredClaims, "sd-jwt"),
        (Bend::AlteredSignature, "sd-jwt"),
        (Bend::OverDisclosure, "too-much"),
        (Bend::UnderDisclosure, "query"),
        (Bend::OtherCredentialId, "query"),
        (Bend::WrongState, "answer"),
        (Bend::Expired, "sd-jwt"),
    ];
    for (mode, identity) in [("direct_post", None), ("direct_post.jwt", Some(identity))] {
        let signed = identity.is_some();
        let mut task = json!({ "roots": [ours.root().await], "query": query(&ours), "response_mode": mode });
        if let Some(identity) = identity {
            task["identity"] = identity;
        }
        let peer = Peer::start(node.command("verifier.mjs"), &task);
        peer.judge(&ours, &common).await;
        assert_eq!(ours.replay(&peer.ask().await).await, (400, "replay".to_owned()));
        let (one, other) = (peer.ask().await, peer.ask().await);
        assert_eq!(ours.cross(&one, &other).await, (400, "answer".to_owned()));
        if signed {
            let told = ours.answer(&peer.ask().await, Bend::OtherResponseMode).await;
            assert_eq!(told, (400, "answer".to_owned()));
            let verdict = peer.revoked(&ours).await;
            assert_eq!(verdict["why"], "Status is not valid", "{verdict}");
        }
    }
}

/// The library, once its own program says that it is there.
fn polaris() -> Option<(PathBuf, PathBuf)> {
    require("polaris-oid4vp (pip install -r tests/interop/requirements.txt)", || {
        let python =
            std::env::var_os(PYTHON_BIN).map_or("python3".into(), |bin| Path::new(&bin).join("python3"));
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/openid4vp_verifier.py");
        let output = Command::new(&python).arg(&program).arg("--version").output();
        let output = output.map_err(|error| format!("`python3` cannot be started: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().last().unwrap_or("it says nothing").to_owned();
        output.status.success().then_some((python, program)).ok_or(why)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_verifier_accepts_our_phone_and_refuses_what_is_bent() {
    let Some((python, program)) = polaris() else { return };
    let ours = OurPhone::ready().await;
    let folder = tempfile::tempdir().unwrap();
    let task = json!({
        "roots": [ours.root().await],
        "vct": ours.vct(),
        "issuer": ours.world.base(),
        "claims": ASKED,
        "signer_purpose": SignerPurpose::SdJwt.oid().to_string(),
        "folder": folder.path(),
    });
    let mut command = Command::new(python);
    command.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped());
    let peer = Peer::start(command, &task);
    let bad = [
        (Bend::WrongAudience, "audience"),
        (Bend::WrongNonce, "nonce"),
        (Bend::NoKeyBinding, "kb_missing"),
        (Bend::OtherKey, "kb_signature"),
        (Bend::OtherBindingType, "kb_typ"),
        (Bend::StaleBinding, "kb_freshness"),
        (Bend::AlteredDisclosure, "disclosure"),
        (Bend::DroppedDisclosure, "sd_hash"),
        (Bend::AlteredClaims, "issuer_signature"),
        (Bend::AlteredSignature, "issuer_signature"),
        (Bend::OverDisclosure, "claims"),
        (Bend::UnderDisclosure, "claims"),
        (Bend::OtherCredentialId, "invalid_request"),
        (Bend::WrongState, "invalid_request"),
        (Bend::OtherResponseMode, "invalid_request"),
        (Bend::Expired, "credential_validity"),
    ];
    peer.judge(&ours, &bad).await;
    assert_eq!(ours.replay(&peer.ask().await).await, (400, "invalid_request".to_owned()));
    let verdict = peer.revoked(&ours).await;
    assert_eq!(verdict["at"], "revoked", "{verdict}");
}
