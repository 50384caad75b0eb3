//! The challenge (OpenID4VCI 1.0 §7).

use shared::secret::Secret;
use shared::vci::json::MAX_RESPONSE_LENGTH;
use shared::vci::nonce::NonceResponse;
use url::Url;

use super::event::Step;
use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError};
use crate::transport::Request;

/// Fetches a fresh nonce.
pub(crate) async fn fetch(line: &Line<'_>, endpoint: &Url) -> Result<Secret, ExchangeError> {
    line.began(Step::Nonce);
    let request = Request::post(endpoint.clone(), None, MAX_RESPONSE_LENGTH);
    let response = line.ask(&Call::open(Endpoint::Nonce, request)).await?;
    let nonce = NonceResponse::parse(&response.body)
        .map_err(|_| ExchangeError::Unreadable { endpoint: Endpoint::Nonce, what: "it holds no nonce" })?;
    Ok(nonce.c_nonce)
}
