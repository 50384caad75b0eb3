//! What leaves the phone, to the last byte, and what is written into logs.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use tracing_subscriber::fmt::MakeWriter;
use wallet::present::asked::Warning;
use wallet::transport::transcript::{Recorder, Transcript};
use wallet::transport::{Body, FORM, Request, Transport};

use super::stage::{Kind, MODES, NAME, PESEL, PICTURE, STREET, Stage};

/// Every text of the card that is nobody's business at a cinema.
const PRIVATE: [&str; 9] =
    [NAME, PESEL, STREET, PICTURE, "Zofia", "2008-11-21", "77/2026", "SP 12", "ul. Szkolna 2"];

/// Whatever can be decoded in `text`: itself, and every piece that is base64url, over and over.
fn decoded(text: &str, depth: u32, found: &mut Vec<String>) {
    found.push(text.to_owned());
    if depth == 0 {
        return;
    }
    let pieces =
        text.split(|character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character)));
    for piece in pieces.filter(|piece| piece.len() > 7) {
        if let Some(inner) =
            BASE64_URL_SAFE_NO_PAD.decode(piece).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            decoded(&inner, depth - 1, found);
        }
    }
}

#[tokio::test]
async fn a_cinema_check_reveals_two_claims_and_nothing_else() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::named("cinema-18").unwrap(), ResponseMode::DirectPost);
    let request = stage.read_asked(&asked).await;
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();

    let posted = stage.wire.posted("/v/response");
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(posted[0].as_bytes()).into_owned().collect();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((posted.len(), names.as_slice()), (1, ["vp_token", "state"].as_slice()));
    let token: Value = serde_json::from_str(&fields[0].1).unwrap();
    let presentation = token["card"][0].as_str().unwrap();
    let parts: Vec<&str> = presentation.split('~').collect();

    // The issuer's part is open about nothing that is personal.
    let payload = parts[0].split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let open: Vec<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(open, ["vct", "nbf", "exp", "cnf", "status", "age_equal_or_over", "_sd", "_sd_alg"]);
    let ages: Vec<&str> =
        payload["age_equal_or_over"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(ages, ["_sd"]);

    // The disclosures are the two that were asked for.
    let disclosures: Vec<Value> = parts[1..parts.len() - 1]
        .iter()
        .map(|text| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap())
        .collect();
    let mut told: Vec<(&str, &Value)> =
        disclosures.iter().map(|disclosure| (disclosure[1].as_str().unwrap(), &disclosure[2])).collect();
    told.sort_by_key(|(name, _)| *name);
    assert_eq!(told, [("18", &Value::Bool(true)), ("pupil_status", &Value::from("uczeń"))]);

    // The holder's part says for whom, when and over what.
    let binding = parts.last().unwrap().split('.').nth(1).unwrap();
    let binding: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(binding).unwrap()).unwrap();
    let mut said: Vec<&str> = binding.as_object().unwrap().keys().map(String::as_str).collect();
    said.sort_unstable();
    assert_eq!(said, ["aud", "iat", "nonce", "sd_hash"]);

    // And nothing private anywhere in anything that left the phone, however it is wrapped.
    let mut everything = Vec::new();
    for text in stage.wire.requests().into_iter().chain(posted.iter().map(|_| fields[0].1.clone())) {
        decoded(&text, 4, &mut everything);
    }
    assert!(everything.iter().any(|text| text.contains("uczeń")), "the decoder finds what is there");
    for private in PRIVATE {
        assert!(!everything.iter().any(|text| text.contains(private)), "{private}");
    }
}

#[tokio::test]
async fn encrypted_answers_show_nothing_on_the_way() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::FullCard, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    let mut everything = Vec::new();
    for body in stage.wire.posted("/v/response") {
        assert!(body.starts_with("response=") && !body.contains("state="));
        decoded(&body, 4, &mut everything);
    }
    assert!(everything.iter().any(|text| text.contains("ECDH-ES")));
    for private in PRIVATE.iter().chain(&["uczeń"]) {
        assert!(!everything.iter().any(|text| text.contains(private)), "{private}");
    }
}

/// The signatures, digests, salts and keys of a presentation: what could link it to another one. The headers are left
/// out: the issuer's names its certificate, which is on every card of that issuer, the holder's names nothing.
fn linking(form: &str) -> Vec<String> {
    let (_, token) =
        url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "vp_token").unwrap();
    let token: Value = serde_json::from_str(&token).unwrap();
    let presentation = token["card"][0].as_str().unwrap();
    let mut pieces = Vec::new();
    for part in presentation.split('~') {
        let body = part.split_once('.').map_or(part, |(_, body)| body);
        decoded(body, 3, &mut pieces);
    }
    let words = pieces
        .iter()
        .flat_map(|piece| piece.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))));
    // A salt has 22 characters, a digest or half a key 43.
    words.filter(|word| word.len() >= 22).map(str::to_owned).collect()
}

#[tokio::test]
async fn two_presentations_share_no_value_that_links_them_while_copies_last() {
    let stage = Stage::with_copies(Kind::Dns, 2).await;
    let mut shown = Vec::new();
    for _ in 0..3 {
        let asked = stage.ask(Preset::named("cinema-18").unwrap(), ResponseMode::DirectPost);
        let request = stage.read_asked(&asked).await;
        shown.push(request.warnings().contains(&Warning::Linkable));
        stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    }
    assert_eq!(shown, [false, false, true], "the third time no fresh copy is left, and the phone says so");
    let posted: Vec<Vec<String>> =
        stage.wire.posted("/v/response").iter().map(|form| linking(form)).collect();
    let common = |one: &[String], other: &[String]| one.iter().filter(|word| other.contains(word)).count();
    assert!(posted.iter().all(|words| words.len() > 20), "there is something to compare");
    assert_eq!(common(&posted[0], &posted[1]), 0);
    assert!(common(&posted[0], &posted[2]) > 20, "a copy that is shown twice is told at once");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn logs_transcripts_and_prints_hold_no_personal_data() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE).finish();
    // With a single subscriber in the process, places that log are switched off for good by whichever thread without
    // one comes by first; a second one keeps them asking.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut printed = String::new();
    for mode in MODES {
        let stage = Stage::new(Kind::Dns).await;
        let asked = stage.ask(Preset::FullCard, mode);
        let request = stage.read_asked(&asked).await;
        let agreed = request.consent(&[]).unwrap();
        let presented = stage.phone.present(&agreed).await.unwrap();
        let state = stage.state(&asked);
        printed += &format!("{request:?} {:?} {agreed:?} {presented:?} {state:?} {asked:?}", request.items());
        printed += &serde_json::to_string(&request.items()).unwrap();
        for secret in [asked.id.expose(), asked.link.expose()] {
            assert!(!printed.contains(secret));
        }
        // What a recorder would show to somebody who looks over the shoulder.
        let transcript = Transcript::default();
        let http = wallet::transport::http::HttpTransport::new(&Default::default()).unwrap();
        let recorder = Recorder::new(Arc::new(http), transcript.clone());
        let form = stage.wire.posted("/v/response").remove(0);
        let body = Body { content_type: FORM, text: shared::secret::Secret::new(form) };
        let url = format!("{}/response/x", stage.base.as_str()).parse().unwrap();
        recorder.send(Request::post(url, Some(body), 1000)).await.unwrap();
        let sent = transcript.exchanges().remove(0).sent.unwrap();
        assert!(sent.len() < 200, "{sent}");
        printed += &sent;
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a verifier's question was answered"), "{log}");
    for private in PRIVATE.iter().chain(&["eyJ"]) {
        assert!(!log.contains(private) && !printed.contains(private), "{private}");
    }
}
