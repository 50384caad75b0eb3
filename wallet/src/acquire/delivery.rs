//! From a slip's code, or from the refresh token that an earlier try has left, to the card as it came.

use shared::secret::Secret;
use shared::vci::error::Reason;
use shared::vci::token::TokenResponse;

use super::credential::{CredentialEndpoint, DeliveredCard};
use super::event::Event;
use super::exchange::Line;
use super::failure::{ExchangeError, IssuerRefusal};
use super::opened::{Entitlement, OpenedOffer, Slip};
use super::proof::DeviceKey;
use super::refusal::ActivateError;
use super::resume::slip_is_over;
use super::token::TokenEndpoint;
use crate::junior::key::HolderCredential;
use crate::online::OnlinePhone;

/// The code is exchanged: the token, and the key that it is bound to.
pub(super) struct Redeemed {
    pub(super) tokens: TokenResponse,
    pub(super) key: DeviceKey,
}

/// The card is here, unverified.
pub(super) struct Delivered {
    pub(super) redeemed: Redeemed,
    pub(super) card: DeliveredCard,
}

/// What a token request proves besides its codes: the key of the card, and who holds the phone where that counts.
pub(super) struct Proofs<'a> {
    pub(super) key: &'a DeviceKey,
    pub(super) holder: Option<&'a HolderCredential>,
}

impl OnlinePhone {
    /// The card of an opened offer. Where its slip is over, the one that an earlier try has bound to this phone.
    pub(super) async fn deliver_card(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        proofs: &Proofs<'_>,
        code: Option<Secret>,
    ) -> Result<Delivered, ActivateError> {
        let key = proofs.key;
        let tokens = match &offer.entitlement {
            Entitlement::RefreshToken(token) => self.resume(line, offer, key, token).await?,
            Entitlement::Slip(slip) => match self.deliver_for_code(line, offer, slip, proofs, code).await {
                Err(over) if slip_is_over(&over) => self.resume_kept(line, offer, key).await?.ok_or(over)?,
                outcome => return outcome,
            },
        };
        Ok(self.fetch_card(line, offer, Redeemed { tokens, key: key.clone() }).await?)
    }

    /// Exchanges the code and fetches the card. An access token that the issuer does not take any more (it was used
    /// too late, or a later one was asked for) is replaced once, under the same key.
    async fn deliver_for_code(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        slip: &Slip,
        proofs: &Proofs<'_>,
        code: Option<Secret>,
    ) -> Result<Delivered, ActivateError> {
        let key = proofs.key;
        let tokens = self.redeem(line, offer, slip, proofs, code.clone()).await?;
        match self.fetch_card(line, offer, Redeemed { tokens, key: key.clone() }).await {
            Err(ExchangeError::Refused(refusal))
                if refusal.is_about_token() && slip.source.can_be_fetched_again() =>
            {
                let tokens = self.redeem_again(line, offer, slip, proofs, code).await?;
                Ok(self.fetch_card(line, offer, Redeemed { tokens, key: key.clone() }).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Exchanges the code. A pre-authorized code that was used up or has run out, as after a lost reply, is replaced
    /// once by fetching the offer again; neither costs a try.
    async fn redeem(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        slip: &Slip,
        proofs: &Proofs<'_>,
        code: Option<Secret>,
    ) -> Result<TokenResponse, ActivateError> {
        let first =
            token_endpoint(offer, proofs).redeem(line, &slip.grant.pre_authorized_code, code.clone()).await;
        let outlived =
            |refusal: &IssuerRefusal| matches!(refusal.reason, Some(Reason::Used | Reason::Expired));
        match first {
            Err(ExchangeError::Refused(refusal))
                if outlived(&refusal) && slip.source.can_be_fetched_again() =>
            {
                self.redeem_again(line, offer, slip, proofs, code).await
            }
            outcome => Ok(outcome?),
        }
    }

    /// Exchanges the code under a fresh pre-authorized code.
    async fn redeem_again(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        slip: &Slip,
        proofs: &Proofs<'_>,
        code: Option<Secret>,
    ) -> Result<TokenResponse, ActivateError> {
        line.tell(Event::NewOffer);
        let again = slip.source.fetch(line, slip.lookup.as_ref()).await?;
        let grant = again.grants.pre_authorized.filter(|_| again.credential_issuer == offer.issuer);
        let grant = grant.ok_or(ActivateError::AnotherIssuer)?;
        Ok(token_endpoint(offer, proofs).redeem(line, &grant.pre_authorized_code, code).await?)
    }

    /// Fetches the card. What finishes the activation later is kept first: from here on the issuer may have bound the
    /// card to this key, whatever becomes of the answer, of the phone and of the slip.
    async fn fetch_card(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        redeemed: Redeemed,
    ) -> Result<Delivered, ExchangeError> {
        self.keep_resumption(offer, &redeemed.tokens).await?;
        let endpoint = CredentialEndpoint {
            issuer: &offer.issuer,
            url: &offer.endpoints.credential,
            nonce: offer.endpoints.nonce.as_ref(),
            configuration: &offer.configuration,
        };
        let Redeemed { tokens, key } = &redeemed;
        let card = endpoint.fetch(line, self.surroundings(), tokens, key, &offer.device).await?;
        Ok(Delivered { redeemed, card })
    }
}

fn token_endpoint<'a>(offer: &'a OpenedOffer, proofs: &Proofs<'a>) -> TokenEndpoint<'a> {
    let prover = offer.dpop.then_some(proofs.key);
    TokenEndpoint { url: &offer.endpoints.token, prover, holder: proofs.holder }
}
