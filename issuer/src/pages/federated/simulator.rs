//! The sandbox's own OpenID Connect provider: it stands for Profil Zaufany and says on every page that it is not.
//! Invented people sign in at a click.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::jose::jwk::PublicJwk;
use shared::jose::jws::SigningInput;
use shared::secret::Secret;

use super::provider::RETURN;
use crate::issuance::Issuance;
use crate::pages::frame::{Page, query, render, render_as};
use crate::pages::words::Lang;
use crate::registry::federated::FederatedId;
use crate::store::tables::staff::Staff;
use crate::store::{Statements, StoreError, Verb};

/// How the simulator knows the office.
pub(super) const CLIENT_ID: &str = "mlegitymacja-sandbox";
/// How long a code may be redeemed.
const CODE_TTL: SignedDuration = SignedDuration::from_mins(1);
/// How long an ID token holds.
const TOKEN_TTL: SignedDuration = SignedDuration::from_mins(5);

/// Who can be signed in as: subject, which is the login of the member of staff whom it stands for, and name.
const PEOPLE: &[(&str, &str)] = &[
    ("sp0.dyrektor", "Dorota Zmyślona"),
    ("sp0.sekretariat", "Stefan Niebyły"),
    ("sp0.wychowawca", "Wanda Udawana"),
    (STRANGER, "Nikodem Nieznany"),
];
/// The one who stands for nobody.
const STRANGER: &str = "nieznajomy";

/// The simulated provider.
pub struct Simulator {
    issuance: Issuance,
    issuer: String,
    redirect: String,
    secret: Secret,
    key: EcdsaKeyPair,
    public: PublicJwk,
    codes: Mutex<HashMap<String, Issued>>,
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Simulator({})", self.issuer)
    }
}

/// A code that was given out.
struct Issued {
    subject: &'static str,
    name: &'static str,
    nonce: String,
    challenge: String,
    until: Timestamp,
}

impl Simulator {
    /// A provider for the pages at `origin`, with a key of its own; none if no key can be made.
    pub fn new(issuance: Issuance, origin: &str) -> Option<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let public = PublicJwk::from_sec1(key.public_key().as_ref()).ok()?;
        Some(Self {
            issuer: format!("{origin}/sandbox/oidc"),
            redirect: format!("{origin}{RETURN}"),
            secret: Secret::new(BASE64.encode(issuance.entropy.bytes::<32>())),
            key,
            public,
            codes: Mutex::default(),
            issuance,
        })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The only address that it sends people back to.
    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    /// What it agreed on with the office.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// `/sandbox/oidc/…`
    pub(in crate::pages) fn routes<S: Clone + Send + Sync + 'static>(simulator: &Arc<Self>) -> Router<S> {
        Router::new()
            .route("/sandbox/oidc/.well-known/openid-configuration", get(configuration))
            .route("/sandbox/oidc/jwks", get(jwks))
            .route("/sandbox/oidc/authorize", get(authorize))
            .route("/sandbox/oidc/token", post(token))
            .layer(middleware::from_fn(crate::pages::confined))
            .with_state(Arc::clone(simulator))
    }

    fn codes(&self) -> std::sync::MutexGuard<'_, HashMap<String, Issued>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id_token(&self, issued: &Issued, now: Timestamp) -> Option<String> {
        let until = now.saturating_add(TOKEN_TTL).unwrap_or(Timestamp::MAX);
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": self.public.thumbprint().to_string() });
        let claims = json!({
            "iss": self.issuer, "sub": issued.subject, "aud": CLIENT_ID, "iat": now.as_second(),
            "exp": until.as_second(), "auth_time": now.as_second(), "nonce": issued.nonce, "name": issued.name,
        });
        let input = SigningInput::new(&header, &claims).ok()?;
        let signature = self.key.sign(&SystemRandom::new(), input.as_bytes()).ok()?;
        Some(input.finish(signature.as_ref().try_into().ok()?))
    }

    /// Lets the invented people stand for the members of staff with their logins, where nobody else does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_demo_staff(&self) -> Result<(), StoreError> {
        self.issuance.store.write(LinkDemoStaff(self.issuer.clone())).await
    }
}

/// `GET /sandbox/oidc/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §3).
async fn configuration(State(simulator): State<Arc<Simulator>>) -> Json<serde_json::Value> {
    let at = |path: &str| format!("{}/{path}", simulator.issuer);
    Json(json!({
        "issuer": simulator.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "name"],
    }))
}

async fn jwks(State(simulator): State<Arc<Simulator>>) -> Json<serde_json::Value> {
    let mut key = json!(simulator.public);
    key["use"] = json!("sig");
    key["alg"] = json!("ES256");
    key["kid"] = json!(simulator.public.thumbprint().to_string());
    Json(json!({ "keys": [key] }))
}

/// A request for a sign-in, and who was chosen.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    person: Option<String>,
}

#[derive(Template)]
#[template(path = "sandbox/authorize.html")]
struct AuthorizePage {
    page: Page,
    people: Vec<Person>,
    /// Where whoever changes their mind goes; empty if the request cannot be answered at all.
    cancel: String,
}

struct Person {
    name: &'static str,
    login: &'static str,
    stranger: bool,
    href: String,
}

async fn authorize(
    State(simulator): State<Arc<Simulator>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let page = Page {
        sandbox: true,
        now: simulator.issuance.now(),
        ..Page::bare(Lang::of(&headers), "/office".to_owned())
    };
    let page = page.titled("simulator-title");
    // Whoever asks in somebody else's name, or for another address, is not sent anywhere (RFC 6749 §4.1.2.1).
    let known = asked.client_id == CLIENT_ID && asked.redirect_uri == simulator.redirect;
    let whole = asked.response_type == "code"
        && asked.scope.split(' ').any(|scope| scope == "openid")
        && asked.code_challenge_method == "S256"
        && asked.code_challenge.len() == 43
        && !asked.nonce.is_empty()
        && !asked.state.is_empty();
    if !known || !whole {
        let none = AuthorizePage { page, people: Vec::new(), cancel: String::new() };
        return render_as(StatusCode::BAD_REQUEST, &none);
    }
    let back = |pairs: &[(&str, &str)]| format!("{}{}", simulator.redirect, query(pairs));
    let Some(person) = &asked.person else {
        let href = |person: &str| {
            let pairs = [
                ("response_type", "code"),
                ("client_id", CLIENT_ID),
                ("redirect_uri", &asked.redirect_uri),
                ("scope", "openid"),
                ("state", &asked.state),
                ("nonce", &asked.nonce),
                ("code_challenge", &asked.code_challenge),
                ("code_challenge_method", "S256"),
                ("person", person),
            ];
            format!("/sandbox/oidc/authorize{}", query(&pairs))
        };
        let people = PEOPLE.iter().map(|(login, name)| Person {
            name,
            login,
            stranger: *login == STRANGER,
            href: href(login),
        });
        let cancel = back(&[("error", "access_denied"), ("state", &asked.state)]);
        return render(&AuthorizePage { page, people: people.collect(), cancel });
    };
    let Some((subject, name)) = PEOPLE.iter().find(|(subject, _)| subject == person) else {
        return Redirect::to(&back(&[("error", "access_denied"), ("state", &asked.state)])).into_response();
    };
    let now = simulator.issuance.now();
    let code = BASE64.encode(simulator.issuance.entropy.bytes::<32>());
    let until = now.saturating_add(CODE_TTL).unwrap_or(Timestamp::MAX);
    let issued = Issued { subject, name, nonce: asked.nonce, challenge: asked.code_challenge, until };
    {
        let mut codes = simulator.codes();
        codes.retain(|_, issued| now < issued.until);
        codes.insert(code.clone(), issued);
    }
    Redirect::to(&back(&[("code", &code), ("state", &asked.state), ("iss", &simulator.issuer)]))
        .into_response()
}

/// A code to be redeemed (RFC 6749 §4.1.3, RFC 7636 §4.5).
#[derive(Deserialize)]
struct Redeemed {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
}

async fn token(
    State(simulator): State<Arc<Simulator>>,
    headers: HeaderMap,
    Form(asked): Form<Redeemed>,
) -> Response {
    let refuse = |status: StatusCode, error: &str| {
        ([(header::CACHE_CONTROL, "no-store")], (status, Json(json!({ "error": error })))).into_response()
    };
    let expected = BASE64_STANDARD.encode(format!("{CLIENT_ID}:{}", simulator.secret.expose()));
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Basic ")).map(Secret::new);
    if sent != Some(Secret::new(expected)) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    if asked.grant_type != "authorization_code" {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let now = simulator.issuance.now();
    // Gone with the first try, right or wrong.
    let issued = simulator.codes().remove(&asked.code).filter(|issued| now < issued.until);
    let challenge = BASE64.encode(Sha256::digest(asked.code_verifier.as_bytes()));
    let issued = issued
        .filter(|issued| issued.challenge == challenge)
        .filter(|_| asked.redirect_uri == simulator.redirect);
    let Some(issued) = issued else { return refuse(StatusCode::BAD_REQUEST, "invalid_grant") };
    let Some(id_token) = simulator.id_token(&issued, now) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let access_token = BASE64.encode(simulator.issuance.entropy.bytes::<32>());
    let answer = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_TTL.as_secs(),
        "id_token": id_token,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// Lets the invented people stand for staff; who was linked to a simulator at another address is linked again.
struct LinkDemoStaff(String);

#[async_trait::async_trait]
impl Verb for LinkDemoStaff {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        for (login, _) in PEOPLE {
            let Some(staff) = Staff::by_login(tx, login).await? else { continue };
            let account = FederatedId::new(&self.0, login);
            let free = staff.federated_id.as_ref().is_none_or(|kept| {
                kept != account.as_str() && kept.ends_with(&format!("/sandbox/oidc {login}"))
            });
            if staff.ended_at.is_none()
                && free
                && Staff::by_federated_id(tx, account.as_str()).await?.is_none()
            {
                staff.federate(tx, Some(account.as_str())).await?;
            }
        }
        Ok(())
    }
}
