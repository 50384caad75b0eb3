//! The network between phones and issuer: one that fails when it is told to, and one with somebody in between.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wallet::transport::{Request, Response, Transport, TransportError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    RequestLost,
    ReplyLost,
}

/// A network that fails when it is told to.
pub struct Network {
    inner: Arc<dyn Transport>,
    faults: Mutex<Vec<(String, Fate)>>,
}

impl Network {
    /// A network that passes everything on to `inner`.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, faults: Mutex::default() }
    }

    /// The next request to an address that ends with `path` is worked off, but its answer is lost.
    pub fn lose_reply(&self, path: &str) {
        self.fault(path, Fate::ReplyLost);
    }

    /// The next request to an address that ends with `path` never leaves the phone.
    pub fn lose_request(&self, path: &str) {
        self.fault(path, Fate::RequestLost);
    }

    fn fault(&self, path: &str, fate: Fate) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push((path.to_owned(), fate));
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fate = {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            let at = faults.iter().position(|(path, _)| request.url.path().ends_with(path));
            at.map(|at| faults.remove(at).1)
        };
        match fate {
            None => self.inner.send(request).await,
            Some(Fate::RequestLost) => Err(TransportError::Unreachable),
            Some(Fate::ReplyLost) => {
                self.inner.send(request).await?;
                Err(TransportError::Interrupted)
            }
        }
    }
}

/// For [`Meddled`]: changes the card that an issuer sends, and leaves its certificate as it is.
pub fn spoils_cards(path: &str, answer: &mut Response) {
    if !(path.ends_with("/credential") && answer.is_success()) {
        return;
    }
    let mut body: Value = serde_json::from_slice(&answer.body).expect("an issuer's answer");
    let card = &mut body["credentials"][0]["credential"]["card"];
    // Copies that come later are no cards.
    let Some(text) = card.as_str() else { return };
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).expect("card data");
    *bytes.last_mut().expect("card data") ^= 1;
    *card = json!(BASE64_URL_SAFE_NO_PAD.encode(bytes));
    answer.body = body.to_string().into_bytes();
}

/// A network on which somebody reads every answer, and changes it at will.
pub struct Meddled<F> {
    inner: Arc<dyn Transport>,
    meddle: F,
}

impl<F: Fn(&str, &mut Response) + Send + Sync + 'static> Meddled<F> {
    /// Passes everything on to `inner`; `meddle` gets the path of each request with its answer.
    pub fn new(inner: Arc<dyn Transport>, meddle: F) -> Self {
        Self { inner, meddle }
    }
}

#[async_trait]
impl<F: Fn(&str, &mut Response) + Send + Sync + 'static> Transport for Meddled<F> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.url.path().to_owned();
        let mut answer = self.inner.send(request).await?;
        (self.meddle)(&path, &mut answer);
        Ok(answer)
    }
}
