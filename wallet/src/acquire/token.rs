//! A code becomes an access token (OpenID4VCI 1.0 §6), and a refresh token another one (RFC 6749 §6).

use shared::secret::Secret;
use shared::vci::json::MAX_RESPONSE_LENGTH;
use shared::vci::token::{TokenRequest, TokenResponse, TokenType};
use url::Url;

use super::event::Step;
use super::exchange::{Call, Line, Repeat};
use super::failure::{Endpoint, ExchangeError};
use super::proof::{DeviceKey, Prover};
use crate::junior::key::HolderCredential;
use crate::transport::{Body, FORM, Request};

/// Where tokens come from.
pub(crate) struct TokenEndpoint<'a> {
    pub(crate) url: &'a Url,
    /// The key that the tokens shall be bound to; `None` where the server does not understand DPoP.
    pub(crate) prover: Option<&'a DeviceKey>,
    /// Who holds the phone, on a phone for pupils.
    pub(crate) holder: Option<&'a HolderCredential>,
}

impl TokenEndpoint<'_> {
    /// Redeems a pre-authorized code.
    pub(crate) async fn redeem(
        &self,
        line: &Line<'_>,
        code: &Secret,
        tx_code: Option<Secret>,
    ) -> Result<TokenResponse, ExchangeError> {
        // A wrong activation code is counted whenever it arrives; without one nothing can be lost.
        let repeat = if tx_code.is_some() { Repeat::OnlyIfUnheard } else { Repeat::Safe };
        let request =
            TokenRequest::PreAuthorizedCode { pre_authorized_code: code.clone(), tx_code, holder: None };
        self.ask(line, &request, repeat).await
    }

    /// Redeems a refresh token, which is not used up by it.
    pub(crate) async fn refresh(
        &self,
        line: &Line<'_>,
        refresh_token: &Secret,
    ) -> Result<TokenResponse, ExchangeError> {
        let request = TokenRequest::RefreshToken { refresh_token: refresh_token.clone() };
        self.ask(line, &request, Repeat::Safe).await
    }

    async fn ask(
        &self,
        line: &Line<'_>,
        request: &TokenRequest,
        repeat: Repeat,
    ) -> Result<TokenResponse, ExchangeError> {
        line.began(Step::Token);
        let body = Body { content_type: FORM, text: request.to_form() };
        let request = Request::post(self.url.clone(), Some(body), MAX_RESPONSE_LENGTH);
        let prover = self.prover.map(|key| key as &dyn Prover);
        let call = Call { prover, holder: self.holder, repeat, ..Call::open(Endpoint::Token, request) };
        let response = line.ask(&call).await?;
        let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::Token, what };
        let tokens = TokenResponse::parse(&response.body).map_err(|_| unreadable("it holds no token"))?;
        if tokens.token_type == TokenType::Dpop && self.prover.is_none() {
            return Err(unreadable("it binds the token to a key that was not shown"));
        }
        Ok(tokens)
    }
}
