//! One question to an issuer: sent, proven by the device key where that is wanted, and repeated where that is safe.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::secret::Secret;
use shared::vci::error::{CredentialErrorCode, ErrorBody, ErrorCode as _};
use shared::vci::token::{HolderProof, TokenType};
use url::Url;

use super::challenge;
use super::event::{Event, Observer, Step};
use super::failure::{Endpoint, ExchangeError, IssuerRefusal};
use super::proof::{DeviceKey, ProvenRequest, Prover};
use crate::junior::key::HolderCredential;
use crate::online::Surroundings;
use crate::transport::{Request, Response};

/// What a server says that wants a nonce of its own in DPoP proofs (RFC 9449 §8, §9).
const USE_DPOP_NONCE: &str = "use_dpop_nonce";

/// The longest that an issuer may ask us to wait before we repeat by ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A question.
pub(crate) struct Call<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) request: Request,
    /// The access token, and how it is presented.
    pub(crate) token: Option<(TokenType, &'a Secret)>,
    /// The key that proves possession by DPoP, if that is wanted.
    pub(crate) prover: Option<&'a dyn Prover>,
    /// Who holds the phone, if that is to be proved too; added to the form of every try, because a proof counts once.
    pub(crate) holder: Option<&'a HolderCredential>,
    pub(crate) repeat: Repeat,
}

impl<'a> Call<'a> {
    /// A question that anybody may ask as often as they like.
    pub(crate) fn open(endpoint: Endpoint, request: Request) -> Self {
        Self { endpoint, request, token: None, prover: None, holder: None, repeat: Repeat::Safe }
    }

    /// A question under an access token, with a proof by `key` if the token is bound to one.
    pub(crate) fn authorized(
        endpoint: Endpoint,
        request: Request,
        token: (TokenType, &'a Secret),
        key: &'a DeviceKey,
    ) -> Self {
        let prover = (token.0 == TokenType::Dpop).then_some(key as &dyn Prover);
        Self { prover, token: Some(token), ..Self::open(endpoint, request) }
    }
}

/// Whether a question may be asked again after it may have been heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Asking twice is asking once.
    Safe,
    /// It costs something to ask: a wrong activation code is counted each time.
    OnlyIfUnheard,
}

/// A conversation with an issuer: remembers which nonces its servers want in DPoP proofs.
pub(crate) struct Line<'a> {
    surroundings: &'a Surroundings,
    observer: &'a dyn Observer,
    server_nonces: Mutex<HashMap<String, String>>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(surroundings: &'a Surroundings, observer: &'a dyn Observer) -> Self {
        Self { surroundings, observer, server_nonces: Mutex::default() }
    }

    pub(crate) fn began(&self, step: Step) {
        self.observer.on(Event::Began(step));
    }

    pub(crate) fn tell(&self, event: Event) {
        self.observer.on(event);
    }

    /// Asks, and answers with the issuer's answer if it is one of success.
    pub(crate) async fn ask(&self, call: &Call<'_>) -> Result<Response, ExchangeError> {
        let patience = self.surroundings.patience;
        let mut pause = patience.first_pause;
        let mut tries_left = patience.tries.max(1);
        loop {
            tries_left -= 1;
            let failure = match self.ask_once(call).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let wait = match &failure {
                _ if tries_left == 0 => return Err(failure),
                ExchangeError::NoAnswer { error, .. } if error.may_pass() => {
                    if call.repeat == Repeat::OnlyIfUnheard && error.may_have_arrived() {
                        return Err(failure);
                    }
                    pause
                }
                ExchangeError::TryAgain { after, .. } if call.repeat == Repeat::Safe => {
                    let wait = after.unwrap_or(pause);
                    if wait > LONGEST_WAIT {
                        return Err(failure);
                    }
                    wait
                }
                _ => return Err(failure),
            };
            self.observer.on(Event::Retrying { endpoint: call.endpoint, pause: wait });
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2);
        }
    }

    /// One try; a second one if the server wants a nonce of its own in the proof: an authorization server says so in
    /// the body (RFC 9449 §8), a resource server in its challenge (§9).
    async fn ask_once(&self, call: &Call<'_>) -> Result<Response, ExchangeError> {
        let first = self.send(call).await?;
        let wants_nonce = call.prover.is_some()
            && !first.is_success()
            && first.header("dpop-nonce").is_some()
            && (ErrorBody::parse(&first.body).is_some_and(|body| body.error == USE_DPOP_NONCE)
                || challenge::says(&first, USE_DPOP_NONCE));
        let response = if wants_nonce { self.send(call).await? } else { first };
        judge(call.endpoint, response)
    }

    async fn send(&self, call: &Call<'_>) -> Result<Response, ExchangeError> {
        let mut request = call.request.clone();
        request.authorization = call.token.map(|(kind, token)| kind.authorization(token));
        let server = server(&request.url);
        if let Some(key) = call.prover {
            let nonce = self.nonces().get(&server).cloned();
            let proven = ProvenRequest {
                method: request.method,
                url: &request.url,
                access_token: call.token.map(|(_, token)| token),
                nonce: nonce.as_deref(),
                now: self.surroundings.clock.now(),
                entropy: &*self.surroundings.entropy,
            };
            request.dpop = Some(key.prove_request(&proven).await?);
        }
        if let Some(holder) = call.holder {
            self.add_holder(&mut request, holder).await?;
        }
        let answer = self.surroundings.transport.send(request).await;
        let response = answer.map_err(|error| ExchangeError::NoAnswer { endpoint: call.endpoint, error })?;
        if let Some(nonce) = response.header("dpop-nonce") {
            self.nonces().insert(server, nonce.to_owned());
        }
        Ok(response)
    }

    /// Adds who holds the phone to a form (extension of the token request).
    async fn add_holder(
        &self,
        request: &mut Request,
        holder: &HolderCredential,
    ) -> Result<(), ExchangeError> {
        let proof = match &holder.key {
            Some(key) => {
                let proven = ProvenRequest {
                    method: request.method,
                    url: &request.url,
                    access_token: Some(&holder.token),
                    nonce: None,
                    now: self.surroundings.clock.now(),
                    entropy: &*self.surroundings.entropy,
                };
                Some(key.prove_request(&proven).await?)
            }
            None => None,
        };
        let proof = HolderProof { token: holder.token.clone(), proof };
        if let Some(body) = &mut request.body {
            body.text = proof.append_to(&body.text);
        }
        Ok(())
    }

    fn nonces(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.server_nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn server(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Tells success, refusal and disorder apart.
fn judge(endpoint: Endpoint, response: Response) -> Result<Response, ExchangeError> {
    let status = response.status;
    match status {
        200..=299 => Ok(response),
        300..=399 => Err(ExchangeError::Unreadable { endpoint, what: "it leads elsewhere" }),
        429 | 500..=599 => {
            let after = response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
            Err(ExchangeError::TryAgain { endpoint, status, after: after.map(Duration::from_secs) })
        }
        _ => Err(match refusal(endpoint, &response) {
            Some(refusal) => ExchangeError::Refused(Box::new(refusal)),
            None => ExchangeError::Unreadable { endpoint, what: "it is neither yes nor a proper no" },
        }),
    }
}

/// A refusal of the access token is said in the challenge (RFC 6750 §3.1); everything else in the body.
fn refusal(endpoint: Endpoint, response: &Response) -> Option<IssuerRefusal> {
    let said = IssuerRefusal::read(endpoint, response.status, &response.body);
    if challenge::says(response, CredentialErrorCode::InvalidToken.as_str()) {
        return Some(IssuerRefusal::of_token(endpoint, response.status, said));
    }
    said
}
