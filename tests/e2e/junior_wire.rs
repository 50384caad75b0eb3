//! The portal's sign-in by hand: what strangers, thieves and the hasty may try with addresses, codes and tokens.

use jiff::SignedDuration;
use reqwest::Client;
use serde_json::Value;
use shared::entropy::Entropy;
use shared::vci::sign_in::{CodeVerifier, JUNIOR_CLIENT};
use tests::reader::{Answer, Reader};
use tests::scene::Scene;
use url::form_urlencoded;

use crate::junior::{answers, asked, loopback};
use crate::wire::Key;

const PUPIL: &str = "sp0.uczen";

/// An app by hand.
struct App {
    scene: Scene,
    http: Client,
    browser: Reader,
    verifier: CodeVerifier,
}

/// What came back.
struct Reply {
    status: u16,
    body: Value,
    challenge: String,
}

impl App {
    async fn new() -> Self {
        let scene = Scene::fresh().await;
        let http = tests::http::client();
        let browser = Reader::new(scene.world.base());
        let entropy: &dyn Entropy = &issuer::app::SystemEntropy;
        Self { scene, http, browser, verifier: CodeVerifier::fresh(entropy) }
    }

    /// The app's question, with some of it changed; without what is changed to nothing.
    fn question(&self, changes: &[(&str, &str)]) -> String {
        let (redirect, challenge) = (loopback(), self.verifier.challenge());
        let pairs = [
            ("response_type", "code"),
            ("client_id", JUNIOR_CLIENT),
            ("redirect_uri", redirect.as_str()),
            ("scope", "junior"),
            ("state", "s-1"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let changed = |name| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let pairs = pairs.map(|(name, value)| (name, changed(name).unwrap_or(value)));
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("/portal/authorize?{query}")
    }

    /// Asks, signs in and agrees.
    async fn allowed(&mut self) -> Answer {
        let question = self.question(&[]);
        let page = asked(&mut self.browser, &question, PUPIL).await;
        answers(&mut self.browser, &page, "allow").await
    }

    async fn code(&mut self) -> String {
        parameter(self.allowed().await.location(), "code")
    }

    /// Asks for a token.
    async fn redeems(&self, code: &str, changes: &[(&str, &str)], key: Option<&Key>) -> Reply {
        let redirect = loopback();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", JUNIOR_CLIENT),
            ("redirect_uri", redirect.as_str()),
            ("code_verifier", self.verifier.expose().expose()),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        self.posts(&form, key).await
    }

    async fn posts(&self, form: &[(&str, &str)], key: Option<&Key>) -> Reply {
        let url = format!("{}/token", self.scene.world.base());
        let mut request = self.http.post(&url).form(form);
        if let Some(key) = key {
            request = request.header("dpop", key.dpop(&url, self.now(), None));
        }
        read(request).await
    }

    /// Asks who is signed in.
    async fn me(&self, scheme: &str, token: &str, key: Option<&Key>) -> Reply {
        let url = format!("{}/portal/junior/me", self.scene.world.base());
        let mut request = self.http.get(&url).header("authorization", format!("{scheme} {token}"));
        if let Some(key) = key {
            request = request.header("dpop", key.dpop_for("GET", &url, self.now(), Some(token)));
        }
        read(request).await
    }

    fn now(&self) -> i64 {
        self.scene.world.now().as_second()
    }
}

async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let challenge =
        response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(response.headers()["cache-control"], "no-store");
    let status = response.status().as_u16();
    Reply { status, body: response.json().await.unwrap(), challenge: challenge.unwrap_or_default() }
}

fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').expect("a query").1;
    let found = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} is missing in {url}")).1.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_sent_to_the_app_or_nowhere() {
    let mut app = App::new().await;
    for changes in [
        &[("redirect_uri", "https://evil.example/junior/signed-in")][..],
        &[("redirect_uri", "http://127.0.0.1:8090/junior/signed-in?x=1")],
        &[("redirect_uri", "http://localhost:8090/junior/signed-in")],
        &[("redirect_uri", "")],
        &[("client_id", "other-app")],
        &[("redirect_uri", "https://evil.example/"), ("response_type", "token")],
    ] {
        let answer = app.browser.get(&app.question(changes)).await;
        assert_eq!((answer.status, answer.location()), (400, ""), "{changes:?}");
        assert!(answer.body.contains("Nie znamy aplikacji"), "{}", answer.body);
    }
    for (change, error) in [
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "office"), "invalid_scope"),
    ] {
        // Told before anybody signs in.
        let answer = app.browser.get(&app.question(&[change])).await;
        let place = answer.location().to_owned();
        assert_eq!((answer.status, place.split('?').next().unwrap()), (303, loopback().as_str()));
        assert_eq!((parameter(&place, "error"), parameter(&place, "state")), (error.into(), "s-1".into()));
        assert_eq!(parameter(&place, "iss"), app.scene.world.base());
    }
    // A form that comes from elsewhere agrees to nothing.
    let question = app.question(&[]);
    let page = asked(&mut app.browser, &question, PUPIL).await;
    let forms = tests::reader::forms(&page.body);
    let form = forms.into_iter().find(|form| form.action == "/portal/authorize").unwrap();
    let forged = form.with(tests::reader::TOKEN, "forged").with("answer", "allow");
    assert_eq!(app.browser.send(&forged).await.status, 403);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8090;"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_one_app_once_and_for_a_minute() {
    let mut app = App::new().await;
    let code = app.code().await;
    let other = "v".repeat(43);
    for (changes, error) in [
        (&[("code_verifier", other.as_str())][..], "invalid_grant"),
        (&[("redirect_uri", "http://127.0.0.1:8091/junior/signed-in")], "invalid_grant"),
        (&[("client_id", "other-app")], "invalid_client"),
        (&[("code", "unknown")], "invalid_grant"),
        (&[("code_verifier", "short")], "invalid_request"),
    ] {
        let reply = app.redeems(&code, changes, None).await;
        assert_eq!(reply.body["error"], error, "{changes:?}");
    }
    let reply = app.redeems(&code, &[], None).await;
    assert_eq!((reply.status, &reply.body["token_type"]), (200, &"Bearer".into()), "{}", reply.body);
    assert_eq!((reply.body["expires_in"].as_u64(), reply.body.get("refresh_token")), (Some(3600), None));
    let token = reply.body["access_token"].as_str().unwrap().to_owned();
    let me = app.me("Bearer", &token, None).await;
    assert_eq!(me.status, 200, "{}", me.body);
    let members: Vec<&String> = me.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["sub", "given_names", "class"], "an app learns more than a greeting needs");

    // Shown again, by whomever and with whatever verifier, it takes back what it gave.
    let reply = app.redeems(&code, &[("code_verifier", other.as_str())], None).await;
    assert_eq!((reply.status, &reply.body["error"]), (400, &"invalid_grant".into()));
    let me = app.me("Bearer", &token, None).await;
    assert_eq!((me.status, &me.body["reason"]), (401, &"sign_in_again".into()));
    assert!(me.challenge.starts_with("Bearer error=\"invalid_token\""), "{}", me.challenge);

    let code = app.code().await;
    app.scene.world.clock.advance(SignedDuration::from_secs(60));
    let reply = app.redeems(&code, &[], None).await;
    assert_eq!((reply.status, &reply.body["error"]), (400, &"invalid_grant".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_a_key_is_worth_nothing_without_it() {
    let mut app = App::new().await;
    let (key, thief) = (Key::fresh(), Key::fresh());
    let code = app.code().await;
    let reply = app.redeems(&code, &[], Some(&key)).await;
    assert_eq!((reply.status, &reply.body["token_type"]), (200, &"DPoP".into()), "{}", reply.body);
    let token = reply.body["access_token"].as_str().unwrap().to_owned();
    for (scheme, key, status) in
        [("DPoP", Some(&key), 200), ("DPoP", Some(&thief), 401), ("DPoP", None, 401), ("Bearer", None, 401)]
    {
        assert_eq!(app.me(scheme, &token, key).await.status, status, "{scheme} {}", key.is_some());
    }

    // Nor does it say of anybody that they hold the phone.
    let slip = app.scene.office().codes(&app.scene.orders(0)[0]).await;
    let url = format!("{}/token", app.scene.world.base());
    let wire = crate::wire::Wire::of(&app.scene.world);
    let offer = wire.offer(&slip).await;
    let code = offer.body["grants"][shared::vci::GRANT_PRE_AUTHORIZED_CODE]["pre-authorized_code"].clone();
    let stolen = thief.dpop(&url, app.now(), Some(&token));
    let right = key.dpop(&url, app.now(), Some(&token));
    let unbound = key.dpop(&url, app.now(), None);
    let form = |token: &str, proof: &str| {
        [
            ("grant_type", shared::vci::GRANT_PRE_AUTHORIZED_CODE.to_owned()),
            ("pre-authorized_code", code.as_str().unwrap().to_owned()),
            ("tx_code", slip.activation_code.clone().unwrap()),
            ("mleg_holder_token", token.to_owned()),
            ("mleg_holder_proof", proof.to_owned()),
        ]
    };
    let invented = "A".repeat(43);
    let invented_proof = key.dpop(&url, app.now(), Some(&invented));
    for (form, error, reason) in [
        (form(&token, &stolen), "invalid_dpop_proof", "bad_dpop"),
        (form(&token, ""), "invalid_dpop_proof", "bad_dpop"),
        (form(&token, &unbound), "invalid_dpop_proof", "bad_dpop"),
        (form(&invented, &invented_proof), "invalid_grant", "sign_in_again"),
        (form(&token, &right), "", ""),
        (form(&token, &right), "invalid_dpop_proof", "bad_dpop"),
    ] {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = app.posts(&pairs, None).await;
        let said = |member| reply.body[member].as_str().unwrap_or_default();
        assert_eq!((said("error"), said("reason")), (error, reason), "{}", reply.body);
    }
    let seen = app.scene.office().slip_state(&slip).await;
    assert_eq!(seen["tries_left"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_does() {
    let app = App::new().await;
    let metadata = app.scene.world.fetch("/.well-known/oauth-authorization-server").await;
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let base = app.scene.world.base();
    assert_eq!(metadata["authorization_endpoint"], format!("{base}/portal/authorize"));
    assert_eq!(metadata["mleg_holder_endpoint"], format!("{base}/portal/junior/me"));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let grants = metadata["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&"authorization_code".into()));
}
