//! Finishing an activation without its slip: the issuer has bound the card to this phone's key, the answer was lost,
//! and since then the slip has run out or is locked. The refresh token that came for the code brings the card all the
//! same, under the same key and in the same place.

use shared::secret::Secret;
use shared::vci::error::Reason;
use shared::vci::token::TokenResponse;
use shared::vci::uri::{IssuerUrl, UrlPolicy};

use super::event::Observer;
use super::exchange::Line;
use super::failure::{ExchangeError, IssuerRefusal};
use super::opened::{Entitlement, OpenedOffer};
use super::proof::DeviceKey;
use super::refusal::ActivateError;
use super::report::refresh_token;
use super::token::TokenEndpoint;
use crate::documents::{ClockVerdict, OfferHash, PendingActivation, Resumption, StoreError};
use crate::online::OnlinePhone;
use crate::phone::UnlockedPhone;

/// Whether a slip opens nothing any more, which says nothing of a card that it has opened.
pub(super) fn slip_is_over(error: &ActivateError) -> bool {
    error.refusal().is_some_and(|refusal| {
        !refusal.is_about_token()
            && matches!(refusal.reason, Some(Reason::Expired | Reason::Used | Reason::Locked))
    })
}

impl OnlinePhone {
    /// Keeps what finishes the activation later, where the issuer gave anything for that.
    pub(super) async fn keep_resumption(
        &self,
        offer: &OpenedOffer,
        tokens: &TokenResponse,
    ) -> Result<(), StoreError> {
        let Some(refresh_token) = refresh_token(tokens) else { return Ok(()) };
        let hash = offer.hash.clone();
        let (issuer_name, endpoints) = (offer.name.clone(), offer.endpoints.clone());
        let (configuration, copies) = (offer.configuration.clone(), offer.copies.clone());
        self.with_phone(move |phone| {
            let pupil = phone.documents().pupil()?;
            let kept = Resumption { issuer_name, endpoints, configuration, copies, refresh_token, pupil };
            phone.documents().keep_resumption(&hash, Some(kept))
        })
        .await
    }

    /// The activation that was begun with `offer`, if its issuer has bound the card to this phone. An issuer that gives
    /// another refresh token for each takes the former ones for stolen: the newest is kept before anything else.
    pub(super) async fn open_begun(
        &self,
        line: &Line<'_>,
        offer: &OfferHash,
    ) -> Result<Option<OpenedOffer>, ActivateError> {
        let _turn = self.activation_turn().await;
        let hash = offer.clone();
        let Some(begun) = self.with_phone(move |phone| resumable(phone, &hash)).await? else {
            return Ok(None);
        };
        let Some((mut opened, key)) = self.opened_before(begun).await? else { return Ok(None) };
        let Some(tokens) = self.resume_kept(line, &opened, &key).await? else { return Ok(None) };
        if let Some(renewed) = refresh_token(&tokens) {
            self.keep_resumption(&opened, &tokens).await?;
            opened.entitlement = Entitlement::RefreshToken(renewed);
        }
        Ok(Some(opened))
    }

    /// Tokens for the card that an earlier try has bound to `key`; `None` if none has.
    pub(super) async fn resume_kept(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        key: &DeviceKey,
    ) -> Result<Option<TokenResponse>, ActivateError> {
        let hash = offer.hash.clone();
        let begun = self.with_phone(move |phone| resumable(phone, &hash)).await?;
        let Some(kept) = begun.and_then(|begun| begun.resumption) else { return Ok(None) };
        match self.resume(line, offer, key, &kept.refresh_token).await {
            Err(ExchangeError::Refused(refusal)) if refusal.leaves_nothing_to_tell() => Ok(None),
            outcome => Ok(Some(outcome?)),
        }
    }

    /// Redeems the refresh token of an earlier try. If the issuer has bound nothing to it, it is forgotten.
    pub(super) async fn resume(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        key: &DeviceKey,
        token: &Secret,
    ) -> Result<TokenResponse, ExchangeError> {
        let endpoint = TokenEndpoint { url: &offer.endpoints.token, prover: Some(key), holder: None };
        let tokens = endpoint.refresh(line, token).await;
        if let Err(ExchangeError::Refused(refusal)) = &tokens
            && refusal.leaves_nothing_to_tell()
        {
            let hash = offer.hash.clone();
            self.with_phone(move |phone| phone.documents().keep_resumption(&hash, None)).await?;
        }
        tokens
    }

    /// Gives an activation up whose slip the issuer will never take again. A locked slip locks nobody out of a card
    /// that it has opened: while it may have, its key is kept.
    pub(super) async fn give_up(&self, offer: &OfferHash, refusal: &IssuerRefusal) -> Result<(), StoreError> {
        let (hash, locked) = (offer.clone(), refusal.reason == Some(Reason::Locked));
        self.with_phone(move |phone| {
            let begun = phone.documents().activation(&hash)?;
            if locked && begun.is_some_and(|begun| begun.resumption.is_some()) {
                return Ok(());
            }
            phone.abandon_activation(&hash)
        })
        .await
    }

    /// Finishes activations that were begun, as far as their issuers have bound the cards to this phone. What does not
    /// work now is tried again at the next refresh.
    pub(crate) async fn finish_activations(&self, observer: &dyn Observer) -> Result<(), StoreError> {
        let _turn = self.activation_turn().await;
        let now = self.now();
        let begun = self
            .with_phone(move |phone| {
                let documents = phone.documents();
                if let ClockVerdict::Behind { .. } = documents.time_floor()?.judge(now) {
                    return Ok(Vec::new());
                }
                let mut begun = documents.activations()?;
                begun.retain(|begun| begun.resumption.is_some());
                Ok::<_, StoreError>(begun)
            })
            .await?;
        let line = Line::new(self.surroundings(), observer);
        for activation in begun {
            match self.finish(&line, &activation.offer).await {
                Ok(finished) => tracing::info!(finished, "an activation was found under way"),
                Err(error) => tracing::info!(%error, "an activation cannot be finished for now"),
            }
        }
        Ok(())
    }

    /// Whether there was anything to finish.
    async fn finish(&self, line: &Line<'_>, offer: &OfferHash) -> Result<bool, ActivateError> {
        let hash = offer.clone();
        let Some(begun) = self.with_phone(move |phone| resumable(phone, &hash)).await? else {
            return Ok(false);
        };
        let Some((opened, _)) = self.opened_before(begun).await? else { return Ok(false) };
        match self.follow(line, &opened, None).await {
            // Nothing was bound to it, and it is forgotten.
            Err(error) if error.refusal().is_some_and(IssuerRefusal::leaves_nothing_to_tell) => Ok(false),
            outcome => outcome.map(|_| true),
        }
    }

    /// An activation that was begun, as an offer that needs no slip, and its key; `None` if its slip is needed.
    async fn opened_before(
        &self,
        begun: PendingActivation,
    ) -> Result<Option<(OpenedOffer, DeviceKey)>, ActivateError> {
        let PendingActivation { offer: hash, issuer, keys, resumption, .. } = begun;
        let Some(kept) = resumption else { return Ok(None) };
        let key = keys.into_iter().find(|key| key.configuration == kept.configuration);
        let key = key.ok_or(StoreError::Damaged("an activation has no key"))?.key;
        let issuer = IssuerUrl::parse(&issuer, UrlPolicy::default())
            .map_err(|_| StoreError::Damaged("an issuer has no address"))?;
        let opened = OpenedOffer {
            entitlement: Entitlement::RefreshToken(kept.refresh_token),
            hash,
            anchors: self.anchors(&issuer).await?,
            issuer,
            name: kept.issuer_name,
            configuration: kept.configuration,
            copies: kept.copies,
            endpoints: kept.endpoints,
            // A refresh token is kept only where it is bound to the key.
            dpop: true,
            device: self.with_phone(|phone| phone.documents().device()).await?,
        };
        Ok(Some((opened, DeviceKey::load(self.shared_phone(), key).await?)))
    }
}

/// The activation that was begun with `offer`, if it can be finished without it: on a pupil's own phone by that pupil.
fn resumable(phone: &UnlockedPhone, offer: &OfferHash) -> Result<Option<PendingActivation>, StoreError> {
    let documents = phone.documents();
    let pupil = documents.pupil()?;
    let begun = documents.activation(offer)?;
    Ok(begun.filter(|begun| begun.resumption.as_ref().is_some_and(|kept| kept.pupil == pupil)))
}
