//! The provider by which staff may sign in: authorization code with PKCE, state and nonce (OpenID Connect Core
//! 1.0 §3.1, RFC 7636), found by discovery.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, SignatureVerificationError, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use shared::entropy::Entropy;
use shared::secret::Secret;
use tokio::sync::Mutex;
use tower::Service as _;

use super::simulator::Simulator;
use crate::config::ProviderSettings;
use crate::outgoing::{Outgoing, OutgoingError, Reach};
use crate::registry::federated::FederatedId;

/// Where the provider sends people back to.
pub(super) const RETURN: &str = "/office/federated/return";
/// How long a sign-in may take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// How far the provider's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(2);
/// How long what the provider says of itself is believed.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// The longest answer of a provider, in bytes.
const ANSWER_LIMIT: usize = 512 * 1024;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An OpenID Connect provider, and how it knows us.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    channel: Channel,
    known: Mutex<Option<(Timestamp, Arc<CoreProviderMetadata>)>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer.as_str())
    }
}

/// How the provider is asked behind the browser's back.
enum Channel {
    /// Over the network; the client is made when it is needed.
    Network(OnceLock<Result<Outgoing, OutgoingError>>),
    /// The simulated one, in this very process.
    Simulated(Router),
}

/// What a browser was sent away with, sealed in its cookie.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    pub(super) next: String,
    /// The session that an account is to be linked from; none if this is a sign-in.
    pub(super) linking: Option<[u8; 32]>,
    until: Timestamp,
}

impl Begun {
    /// Whether the browser was away too long.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}

/// Somebody whom the provider vouches for. Only [`Provider::redeem`] makes one.
pub(super) struct Vouched {
    /// Which account.
    pub(super) account: FederatedId,
    /// What the provider calls its holder, to show to them; it proves nothing.
    pub(super) name: String,
}

impl Provider {
    /// The provider that the settings name; people reach our pages at `origin`.
    ///
    /// # Errors
    /// When one of the addresses cannot be one.
    pub fn new(
        settings: &ProviderSettings,
        secret: Option<Secret>,
        origin: &str,
    ) -> Result<Self, url::ParseError> {
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            client_id: ClientId::new(settings.client_id.clone()),
            secret: secret.map(|secret| ClientSecret::new(secret.expose().to_owned())),
            redirect: RedirectUrl::new(format!("{origin}{RETURN}"))?,
            channel: Channel::Network(OnceLock::new()),
            known: Mutex::new(None),
        })
    }

    /// The sandbox's own.
    ///
    /// # Errors
    /// When one of the addresses cannot be one.
    pub fn simulated(simulator: &Arc<Simulator>) -> Result<Self, url::ParseError> {
        Ok(Self {
            issuer: IssuerUrl::new(simulator.issuer().to_owned())?,
            client_id: ClientId::new(super::simulator::CLIENT_ID.to_owned()),
            secret: Some(ClientSecret::new(simulator.secret().expose().to_owned())),
            redirect: RedirectUrl::new(simulator.redirect().to_owned())?,
            channel: Channel::Simulated(Simulator::routes(simulator)),
            known: Mutex::new(None),
        })
    }

    /// Whether it is the sandbox's own.
    pub fn is_simulated(&self) -> bool {
        matches!(self.channel, Channel::Simulated(_))
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// What it says of itself, asked again when it is old or of no use.
    async fn metadata(&self, anew: bool, now: Timestamp) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let mut known = self.known.lock().await;
        // A clock that was set back makes it old as well.
        let fresh = |at: Timestamp| (SignedDuration::ZERO..REMEMBERED).contains(&now.duration_since(at));
        if let Some((at, metadata)) = known.as_ref()
            && !anew
            && fresh(*at)
        {
            return Ok(Arc::clone(metadata));
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.channel).await;
        let found = Arc::new(found.map_err(|_| ProviderError::Unreachable)?);
        *known = Some((now, Arc::clone(&found)));
        Ok(found)
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect.clone())
    }

    /// Where to send a browser, and what to seal into its cookie.
    ///
    /// # Errors
    /// [`ProviderError::Unreachable`]
    pub(super) async fn begin(
        &self,
        next: String,
        linking: Option<[u8; 32]>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(String, Begun), ProviderError> {
        let random = || BASE64.encode(entropy.bytes::<32>());
        let begun = Begun {
            state: random(),
            nonce: random(),
            verifier: random(),
            next,
            linking,
            until: now.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX),
        };
        let verifier = PkceCodeVerifier::new(begun.verifier.clone());
        let metadata = self.metadata(false, now).await?;
        let client = self.client(&metadata);
        let (state, nonce) = (CsrfToken::new(begun.state.clone()), Nonce::new(begun.nonce.clone()));
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok((url.into(), begun))
    }

    /// Turns the code that a browser came back with into whom the provider vouches for.
    ///
    /// # Errors
    /// When the provider does not answer, takes the code for none of its own, or its ID token is not one that we
    /// asked for.
    pub(super) async fn redeem(
        &self,
        begun: &Begun,
        code: &str,
        now: Timestamp,
    ) -> Result<Vouched, ProviderError> {
        let metadata = self.metadata(false, now).await?;
        let answer =
            self.client(&metadata)
                .exchange_code(AuthorizationCode::new(code.to_owned()))
                .map_err(|_| ProviderError::Unreachable)?
                .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
                .request_async(&self.channel)
                .await
                .map_err(|error| match error {
                    openidconnect::RequestTokenError::ServerResponse(_) => ProviderError::CodeRefused,
                    openidconnect::RequestTokenError::Request(_) => ProviderError::Unreachable,
                    openidconnect::RequestTokenError::Parse(..)
                    | openidconnect::RequestTokenError::Other(_) => ProviderError::Token,
                })?;
        let token = answer.id_token().ok_or(ProviderError::Token)?;
        let nonce = Nonce::new(begun.nonce.clone());
        let claims = match self.verified(&metadata, token, &nonce, now) {
            // The provider signs with a key that is new to us.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let metadata = self.metadata(true, now).await?;
                self.verified(&metadata, token, &nonce, now)
            }
            outcome => outcome,
        };
        let claims = claims.map_err(|_| ProviderError::Token)?;
        let subject = claims.subject().as_str();
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        Ok(Vouched {
            account: FederatedId::new(self.issuer.as_str(), subject),
            name: name.unwrap_or_else(|| subject.to_owned()),
        })
    }

    /// Checks signature (RS256 or ES256, by the provider's keys alone), issuer, audience, expiry, issue time and
    /// nonce (OpenID Connect Core 1.0 §3.1.3.7).
    fn verified<'t>(
        &self,
        metadata: &CoreProviderMetadata,
        token: &'t CoreIdToken,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        let client = self.client(metadata);
        let latest = now.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX).as_second();
        let earliest = now.saturating_sub(PATIENCE).unwrap_or(Timestamp::MIN).as_second();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            ])
            .set_time_fn(move || SystemTime::from(now).into())
            .set_issue_time_verifier_fn(move |issued| match issued.timestamp() {
                at if (earliest..=latest).contains(&at) => Ok(()),
                _ => Err("issued at another time".to_owned()),
            });
        token.claims(&verifier, nonce)
    }
}

impl Channel {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, OutgoingError> {
        match self {
            Self::Network(client) => {
                let client = client.get_or_init(|| Outgoing::new(Reach::Anywhere)).clone()?;
                let request = reqwest::Request::try_from(request).map_err(|_| OutgoingError::OutOfReach)?;
                let answer = client.send(request, ANSWER_LIMIT).await?;
                response(answer.status, answer.headers, answer.body)
            }
            Self::Simulated(router) => {
                let Ok(answer) = router.clone().call(request.map(Body::from)).await;
                let (parts, body) = answer.into_parts();
                let body = to_bytes(body, ANSWER_LIMIT).await.map_err(|_| OutgoingError::TooLong)?;
                response(parts.status.as_u16(), parts.headers, body.to_vec())
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Channel {
    type Error = OutgoingError;
    type Future = BoxFuture<'c, Result<HttpResponse, OutgoingError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

fn response(
    status: u16,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
) -> Result<HttpResponse, OutgoingError> {
    let mut response = axum::http::Response::builder().status(status);
    if let Some(all) = response.headers_mut() {
        *all = headers;
    }
    response.body(body).map_err(|_| OutgoingError::Unreachable)
}

/// Why nobody is vouched for. Messages complete "cannot sign in elsewhere: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProviderError {
    /// It does not answer, or says nothing that could be understood.
    #[error("the provider does not answer")]
    Unreachable,
    /// It does not take the code: used, expired, or not for us.
    #[error("the provider does not take the code")]
    CodeRefused,
    /// The ID token is not what we asked for, or not signed by the provider.
    #[error("the ID token cannot be trusted")]
    Token,
}
