//! Signing in elsewhere: by the simulator as it is, and by a provider that lies.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::jose::jwk::PublicJwk;
use shared::jose::jws::SigningInput;

use super::*;
use crate::audit::Actor;
use crate::config::ProviderSettings;
use crate::pages::testing::{Browser, House, PASSWORD};
use crate::pages::{Outside, router};
use crate::registry::federated::FederatedId;
use crate::registry::sign_in::FindStaff;
use crate::registry::staff::{EndStaff, Within};

const ORIGIN: &str = "http://127.0.0.1:1";

/// A house whose staff may sign in by the simulator.
async fn with_simulator() -> (House, Arc<Simulator>) {
    let mut house = House::new().await;
    let simulator = Arc::new(Simulator::new(house.issuance.clone(), ORIGIN).unwrap());
    simulator.link_demo_staff().await.unwrap();
    let provider = Some(Arc::new(Provider::simulated(&simulator).unwrap()));
    let outside = Outside { mail: true, provider, simulator: Some(simulator.clone()) };
    let pages = Pages::new(house.issuance.clone(), ORIGIN.into(), true).linked_to(outside);
    house.router = router(pages);
    (house, simulator)
}

/// What stands in an address under a name.
fn asked(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    url.query_pairs()
        .find(|(known, _)| known == name)
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn path(address: &str) -> String {
    address.strip_prefix(ORIGIN).unwrap_or(address).to_owned()
}

/// From our link to the simulator and back: where a browser is sent with its code.
async fn chosen(browser: &mut Browser, begin: &str, person: &str) -> String {
    let away = browser.get(begin).await;
    assert_eq!(away.status, StatusCode::SEE_OTHER, "{}", away.text());
    let shown = browser.open(&path(away.location())).await;
    assert!(shown.contains("Symulator – to nie jest Profil Zaufany"), "{shown}");
    let back = browser.get(&format!("{}&person={person}", path(away.location()))).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    path(back.location())
}

#[tokio::test]
async fn staff_sign_in_by_the_simulator_and_get_a_session_of_their_own() {
    let (house, _) = with_simulator().await;
    let mut browser = house.browser();
    // A planted session does not become theirs.
    browser.cookies.insert("mleg_office".into(), "planted".into());
    let html = browser.open("/office/sign-in?next=/office/components").await;
    assert!(html.contains("Zaloguj przez Profil Zaufany (symulator)"));
    let way = "/office/federated?next=%2Foffice%2Fcomponents";
    assert!(html.contains(&format!("href=\"{way}\"")), "{html}");
    let back = chosen(&mut browser, way, "sp0.sekretariat").await;
    let inside = browser.get(&back).await;
    assert_eq!((inside.status, inside.location()), (StatusCode::SEE_OTHER, "/office/components"));
    assert_ne!(browser.cookies["mleg_office"], "planted");
    assert!(!browser.cookies.contains_key("mleg_federated"), "the cookie is taken away");
    assert!(browser.open("/office/components").await.contains("Stefan Niebyły"));
    // Coming back once more, by the back button, signs nobody in.
    let mut thief = house.browser();
    assert_eq!(thief.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_provider_there_is_no_button_and_no_way() {
    let house = House::new().await;
    let mut browser = house.browser();
    assert!(!browser.open("/office/sign-in").await.contains("Profil Zaufany"));
    assert_eq!(browser.get("/office/federated").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/office/federated/return?code=a&state=b").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/sandbox/oidc/jwks").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_code_works_once_in_the_browser_that_asked_and_in_time() {
    let (house, _) = with_simulator().await;
    let mut victim = house.browser();
    let back = chosen(&mut victim, "/office/federated", "sp0.dyrektor").await;
    // Somebody else's code, put before a browser that never asked, or asked for another sign-in.
    let mut other = house.browser();
    assert_eq!(other.get(&back).await.status, StatusCode::BAD_REQUEST);
    let away = other.get("/office/federated").await;
    let own_state = asked(away.location(), "state");
    let mixed = back.replace(&asked(&format!("{ORIGIN}{back}"), "state"), &own_state);
    let answer = other.get(&mixed).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "another verifier: PKCE refuses it");
    assert!(!other.cookies.contains_key("mleg_office"));
    // And by that try it is burnt for its owner too.
    assert_eq!(victim.get(&back).await.status, StatusCode::BAD_REQUEST);

    // A cookie that was kept does not make a code good twice.
    let mut browser = house.browser();
    let back = chosen(&mut browser, "/office/federated", "sp0.dyrektor").await;
    let kept = browser.cookies.clone();
    assert_eq!(browser.get(&back).await.status, StatusCode::SEE_OTHER);
    let mut replay = house.browser();
    replay.cookies = kept;
    assert_eq!(replay.get(&back).await.status, StatusCode::BAD_REQUEST);

    let mut slow = house.browser();
    let back = chosen(&mut slow, "/office/federated", "sp0.dyrektor").await;
    house.clock.advance(SignedDuration::from_mins(11));
    let answer = slow.get(&back).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("Logowanie straciło ważność"));
}

#[tokio::test]
async fn strangers_and_those_who_left_are_told_what_to_do() {
    let (house, _) = with_simulator().await;
    let mut browser = house.browser();
    let back = chosen(&mut browser, "/office/federated", "nieznajomy").await;
    let answer = browser.get(&back).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("nie jest połączone z żadnym pracownikiem"));
    assert!(!browser.cookies.contains_key("mleg_office"));

    let store = &house.issuance.store;
    let clerk = store.read(FindStaff("sp0.sekretariat".into())).await.unwrap().unwrap();
    let end = EndStaff { staff: clerk.id, within: Within::all(), act: house.issuance.act(Actor::System) };
    store.write(end).await.unwrap().unwrap();
    let back = chosen(&mut browser, "/office/federated", "sp0.sekretariat").await;
    assert_eq!(browser.get(&back).await.status, StatusCode::FORBIDDEN);
    assert!(!browser.cookies.contains_key("mleg_office"));

    let away = browser.get("/office/federated").await;
    let state = asked(away.location(), "state");
    let answer = browser.get(&format!("/office/federated/return?error=access_denied&state={state}")).await;
    assert!(answer.text().contains("Logowanie przerwano"));
}

#[tokio::test]
async fn an_account_is_linked_and_unlinked_by_its_holder_who_says_so() {
    let (house, _) = with_simulator().await;
    let mut clerk = house.office("sekretariat").await;
    assert!(clerk.open("/office/account/federated").await.contains("nie jest połączone"));
    let back = chosen(&mut clerk, "/office/federated?link=1", "nieznajomy").await;
    let html = clerk.open(&back).await;
    assert!(html.contains("Czy to Ty?") && html.contains("Nikodem Nieznany"), "{html}");
    // Coming back alone links nothing: whoever was signed in over there may be somebody else.
    let proof = clerk.hidden("proof");
    let mut thief = house.office("dyrektor").await;
    thief.open("/office/account/federated").await;
    let with_password = [("proof", proof.as_str()), ("password", PASSWORD)];
    let stolen = thief.post("/office/account/federated", &with_password).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN, "the proof is for the session that asked");
    // Nor does a browser that is signed in: whoever found it open does not know the password.
    for guess in ["", "to nie jest to hasło"] {
        let fields = [("proof", proof.as_str()), ("password", guess)];
        let answer = clerk.post("/office/account/federated", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{guess:?}");
        assert!(answer.text().contains("Nikodem Nieznany") && !answer.text().contains(PASSWORD));
    }
    let linked = clerk.post("/office/account/federated", &with_password).await;
    assert_eq!(linked.location(), "/office/account/federated?done=federated-linked");
    assert!(clerk.open(linked.location()).await.contains("Twoje konto jest połączone"));

    let mut fresh = house.browser();
    let back = chosen(&mut fresh, "/office/federated", "nieznajomy").await;
    assert_eq!(fresh.get(&back).await.status, StatusCode::SEE_OTHER);
    assert!(fresh.open("/office/account/federated").await.contains("sekretariat"));

    // What stands for somebody else cannot be taken.
    let mut principal = house.office("dyrektor").await;
    let back = chosen(&mut principal, "/office/federated?link=1", "nieznajomy").await;
    principal.open(&back).await;
    let proof = principal.hidden("proof");
    let with_password = [("proof", proof.as_str()), ("password", PASSWORD)];
    let taken = principal.post("/office/account/federated", &with_password).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.text().contains("innego pracownika"), "{}", taken.text());

    clerk.open("/office/account/federated").await;
    let unlinked = clerk.post("/office/account/federated/unlink", &[]).await;
    assert_eq!(unlinked.location(), "/office/account/federated?done=federated-unlinked");
    let mut fresh = house.browser();
    let back = chosen(&mut fresh, "/office/federated", "nieznajomy").await;
    assert_eq!(fresh.get(&back).await.status, StatusCode::FORBIDDEN);
    // Linking begins with being signed in.
    let away = house.browser().get("/office/federated?link=1").await;
    assert!(away.location().starts_with("/office/sign-in"), "{}", away.location());
}

#[tokio::test]
async fn the_simulator_sends_nobody_elsewhere_and_keeps_its_own_rules() {
    let (house, simulator) = with_simulator().await;
    let mut browser = house.browser();
    let away = path(browser.get("/office/federated").await.location());
    let encoded = |text: &str| crate::pages::frame::query(&[("a", text)])[3..].to_owned();
    let ours = encoded(&format!("{ORIGIN}/office/federated/return"));
    for other in
        ["https://evil.example/", "http://127.0.0.1:1/office/federated/return/x", "http://127.0.0.1:1/"]
    {
        let answer = browser.get(&away.replace(&ours, &encoded(other))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        assert_eq!(answer.location(), "");
    }
    let plain = browser.get(&away.replace("S256", "plain")).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST, "no PKCE, no code");

    // The code alone is of no use: neither without the client's secret nor without the verifier.
    let back = browser.get(&format!("{away}&person=sp0.dyrektor")).await;
    let code = asked(back.location(), "code");
    let secret = simulator.secret().expose();
    for (password, verifier, error) in [
        ("guessed", "x", "invalid_client"),
        (secret, "guessed", "invalid_grant"),
        (secret, "x", "invalid_grant"),
    ] {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", simulator.redirect()),
                ("code_verifier", verifier),
            ])
            .finish();
        let basic = BASE64_STANDARD.encode(format!("mlegitymacja-sandbox:{password}"));
        let request = axum::http::Request::post("/sandbox/oidc/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {basic}"))
            .body(axum::body::Body::from(body))
            .unwrap();
        let answer = browser.send(request).await;
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(json["error"], error);
    }
}

/// What a lying provider does to its ID tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    Honest,
    OtherNonce,
    NoSignature,
    SharedSecret,
    OtherKey,
    OtherAudience,
    OtherIssuer,
    Expired,
    FromTheFuture,
}

/// A provider on a port of its own that lies as it is told.
struct Liar {
    issuer: String,
    lie: Arc<Mutex<Lie>>,
    nonce: Arc<Mutex<String>>,
    challenge: Arc<Mutex<String>>,
    /// How often it was asked what it is.
    discoveries: Arc<AtomicUsize>,
}

impl Liar {
    async fn open(now: jiff::Timestamp) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let liar = Self {
            issuer: issuer.clone(),
            lie: Arc::new(Mutex::new(Lie::Honest)),
            nonce: Arc::default(),
            challenge: Arc::default(),
            discoveries: Arc::default(),
        };
        let keys = [0, 1].map(|_| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
        let mut jwk = json!(PublicJwk::from_sec1(keys[0].public_key().as_ref()).unwrap());
        jwk["use"] = json!("sig");
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let asked = liar.discoveries.clone();
        let discovered = async move || {
            asked.fetch_add(1, Ordering::SeqCst);
            Json(document)
        };
        let (lie, nonce, challenge) = (liar.lie.clone(), liar.nonce.clone(), liar.challenge.clone());
        let token = async move |Form(asked): Form<HashMap<String, String>>| {
            let verifier = BASE64.encode(Sha256::digest(asked["code_verifier"].as_bytes()));
            assert_eq!(verifier, *challenge.lock().unwrap(), "PKCE belongs together");
            let lie = *lie.lock().unwrap();
            let or = |is: Lie, other: Value, honest: Value| if lie == is { other } else { honest };
            let now = now.as_second();
            let claims = json!({
                "iss": or(Lie::OtherIssuer, json!("https://login.example"), json!(issuer)),
                "aud": or(Lie::OtherAudience, json!("somebody"), json!("mleg")),
                "sub": "person-1",
                "iat": or(Lie::FromTheFuture, json!(now + 3600), json!(now)),
                "exp": or(Lie::Expired, json!(now - 1), json!(now + 7200)),
                "nonce": or(Lie::OtherNonce, json!("another"), json!(*nonce.lock().unwrap())),
            });
            let id_token = match lie {
                Lie::NoSignature => {
                    let input = SigningInput::new(&json!({ "alg": "none" }), &claims).unwrap();
                    format!("{}.", String::from_utf8_lossy(input.as_bytes()))
                }
                Lie::SharedSecret => {
                    use hmac::{KeyInit as _, Mac as _};
                    let input = SigningInput::new(&json!({ "alg": "HS256" }), &claims).unwrap();
                    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(b"agreed").unwrap();
                    mac.update(input.as_bytes());
                    let text = String::from_utf8_lossy(input.as_bytes()).into_owned();
                    format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
                }
                _ => {
                    let key = &keys[usize::from(lie == Lie::OtherKey)];
                    let input = SigningInput::new(&json!({ "alg": "ES256" }), &claims).unwrap();
                    let signature = key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
                    input.finish(signature.as_ref().try_into().unwrap())
                }
            };
            Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": id_token }))
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovered))
            .route("/jwks", get(async move || Json(json!({ "keys": [jwk] }))))
            .route("/token", post(token));
        tokio::spawn(async move { axum::serve(listener, router).await });
        liar
    }
}

#[tokio::test]
async fn only_what_the_provider_signed_for_this_sign_in_is_believed() {
    let mut house = House::new().await;
    let liar = Liar::open(house.issuance.now()).await;
    let settings =
        ProviderSettings { issuer: liar.issuer.clone(), client_id: "mleg".into(), secret_file: None };
    let secret = Some(shared::secret::Secret::new("agreed"));
    let provider = Some(Arc::new(Provider::new(&settings, secret, ORIGIN).unwrap()));
    let outside = Outside { mail: false, provider, simulator: None };
    house.router = router(Pages::new(house.issuance.clone(), ORIGIN.into(), false).linked_to(outside));
    let store = &house.issuance.store;
    let staff = store.read(FindStaff("dyrektor".into())).await.unwrap().unwrap().id;
    let account = FederatedId::new(&liar.issuer, "person-1");
    house.run(&format!("UPDATE staff SET federated_id = '{}' WHERE id = '{staff}'", account.as_str())).await;

    for lie in [
        Lie::Honest,
        Lie::OtherNonce,
        Lie::NoSignature,
        Lie::SharedSecret,
        Lie::OtherKey,
        Lie::OtherAudience,
        Lie::OtherIssuer,
        Lie::Expired,
        Lie::FromTheFuture,
    ] {
        *liar.lie.lock().unwrap() = lie;
        let mut browser = house.browser();
        let html = browser.open("/office/sign-in").await;
        assert!(html.contains("Zaloguj przez Profil Zaufany") && !html.contains("symulator)"));
        let away = browser.get("/office/federated").await;
        let address = away.location();
        assert!(address.starts_with(&format!("{}/authorize?response_type=code", liar.issuer)), "{address}");
        *liar.nonce.lock().unwrap() = asked(address, "nonce");
        *liar.challenge.lock().unwrap() = asked(address, "code_challenge");
        let state = asked(address, "state");
        // A state that is not this browser's is not even asked about.
        let mut mixed = house.browser();
        mixed.cookies = browser.cookies.clone();
        let answer = mixed.get("/office/federated/return?code=c&state=another").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);

        let answer = browser.get(&format!("/office/federated/return?code=c&state={state}")).await;
        let inside = browser.cookies.contains_key("mleg_office");
        if lie == Lie::Honest {
            assert_eq!((answer.status, inside), (StatusCode::SEE_OTHER, true), "{}", answer.text());
        } else {
            assert_eq!((answer.status, inside), (StatusCode::FORBIDDEN, false), "{lie:?}: {}", answer.text());
            assert!(answer.text().contains("nie przeszła sprawdzenia"), "{lie:?}");
        }
    }
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_believed_for_an_hour_of_our_clock() {
    let mut house = House::new().await;
    let liar = Liar::open(house.issuance.now()).await;
    let settings =
        ProviderSettings { issuer: liar.issuer.clone(), client_id: "mleg".into(), secret_file: None };
    let provider = Some(Arc::new(Provider::new(&settings, None, ORIGIN).unwrap()));
    let outside = Outside { mail: false, provider, simulator: None };
    house.router = router(Pages::new(house.issuance.clone(), ORIGIN.into(), false).linked_to(outside));
    let mut browser = house.browser();
    for (later, asked) in [(0, 1), (59, 1), (1, 2), (30, 2), (-31, 3)] {
        house.clock.set(house.issuance.now() + SignedDuration::from_mins(later));
        assert_eq!(browser.get("/office/federated").await.status, StatusCode::SEE_OTHER);
        assert_eq!(liar.discoveries.load(Ordering::SeqCst), asked, "{later} minutes later");
    }
}
