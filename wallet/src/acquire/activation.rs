//! The second half of an activation: with the code in hand, to a card that is kept.
//!
//! Each stage consumes the one before, so none can be skipped:
//! [`OpenedOffer`] → `Redeemed` → `Delivered` → [`VerifiedCard`] → [`Activated`].

use jiff::Timestamp;
use shared::card::CardKey;
use shared::secret::Secret;
use shared::vci::error::Reason;
use shared::vci::notification::NotificationEvent;
use shared::vci::token::{TokenResponse, TokenType};
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::{RevocationStatus, VerifiedCrl};

use super::credential::{CredentialEndpoint, DeliveredCard, presented};
use super::event::{Event, Observer, Step};
use super::exchange::Line;
use super::failure::{ExchangeError, IssuerRefusal};
use super::notification::{self, Told};
use super::opened::OpenedOffer;
use super::placement::{HeldTraits, Placement, Traits, place};
use super::proof::DeviceKey;
use super::refusal::ActivateError;
use super::token::TokenEndpoint;
use crate::documents::{
    AuthenticatedTime, CardId, CardIdentity, CardState, HeldCard, KeptBytes, Notice, StoreError, TimeFloor,
};
use crate::online::OnlinePhone;
use crate::revocation::ListVerdict;
use crate::show::{OpenedCard, open_all};
use crate::standing::Standing;
use crate::verify_card::{CardFault, VerifiedCard, verify_card};

/// A card that is on the phone now.
#[derive(Debug)]
pub struct Activated {
    /// Its name on this phone.
    pub id: CardId,
    /// The card whose place it took, if it took one's.
    pub replaced: Option<CardId>,
    /// How it stands.
    pub standing: Standing,
    /// What the revocation list said.
    pub list: ListVerdict,
    /// Whether the issuer knows that it is kept.
    pub told: Told,
}

/// The code is exchanged: the token, and the key that it is bound to.
struct Redeemed {
    tokens: TokenResponse,
    key: DeviceKey,
}

/// The card is here, unverified.
struct Delivered {
    redeemed: Redeemed,
    card: DeliveredCard,
}

impl OnlinePhone {
    /// Follows an opened offer to a card that is verified and kept. May be called again with the same offer, after a
    /// wrong code or a failure; the device key stays the same.
    ///
    /// # Errors
    /// See [`ActivateError`]; nothing is kept then but the key that the next try needs.
    pub async fn activate(
        &self,
        offer: &OpenedOffer,
        code: Option<&Secret>,
        observer: &dyn Observer,
    ) -> Result<Activated, ActivateError> {
        let line = Line::new(self.surroundings(), observer);
        if code.is_some() && offer.asks_code().is_none() {
            line.tell(Event::CodeNotNeeded);
        }
        let code = offer.code(code)?;
        let outcome = self.follow(&line, offer, code).await;
        if let Err(error) = &outcome
            && error.refusal().is_some_and(IssuerRefusal::is_final)
        {
            let hash = offer.hash.clone();
            self.with_phone(move |phone| phone.abandon_activation(&hash)).await?;
        }
        outcome
    }

    async fn follow(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        code: Option<Secret>,
    ) -> Result<Activated, ActivateError> {
        let key = self.pending_key(offer).await?;
        let tokens = self.redeem(line, offer, &key, code).await?;
        let delivered = self.fetch_card(line, offer, Redeemed { tokens, key }).await?;
        let verified = self.verify(line, &delivered.card, &delivered.redeemed.key, &offer.anchors).await;
        if let Err(VerifyError::Card(_)) = &verified {
            // Said once and not kept: whoever sent a card that does not verify may not even listen.
            let _said = self.report(line, offer, &delivered, NotificationEvent::CredentialFailure).await;
        }
        let card = verified?;
        let consulted = self.consult_list(line, card.leaf(), card.issuing_authority()).await?;
        if let ListVerdict::Revoked(revocation) = consulted.verdict {
            return Err(ActivateError::Revoked(revocation));
        }
        let placement = self.placement(&card, consulted.list).await?;
        let replaced = match placement {
            Placement::Beside => None,
            Placement::Replaces(old) => Some(old),
            Placement::AlreadyHeld(id) => {
                return Err(self.give_back(line, offer, &delivered, &card, id).await?);
            }
        };
        let now = self.trusted_now().await?;
        let held = held_card(offer, &delivered, &card, now);
        let (id, floor) = self.keep(line, offer, held.clone(), replaced.clone(), now).await?;
        let told = self.tell_or_queue(line, offer, &delivered, &card, NotificationEvent::CredentialAccepted);
        let told = told.await?;
        let standing = OpenedCard::read(id.clone(), held)?.standing(&floor, now);
        Ok(Activated { id, replaced, standing, list: consulted.verdict, told })
    }

    /// The key of this offer: made now, or when it was followed before.
    async fn pending_key(&self, offer: &OpenedOffer) -> Result<DeviceKey, StoreError> {
        let (hash, issuer) = (offer.hash.clone(), offer.issuer.as_str().to_owned());
        let (configuration, now) = (offer.configuration.clone(), self.now());
        let handle = self
            .with_phone(move |phone| {
                let begun = phone.begin_activation(&hash, &issuer, &[&configuration], None, now)?;
                begun.key(&configuration).cloned().ok_or(StoreError::Damaged("an activation has no key"))
            })
            .await?;
        DeviceKey::load(self.shared_phone(), handle).await
    }

    /// Exchanges the code. A pre-authorized code that was used up or has run out, as after a lost reply, is replaced
    /// once by fetching the offer again; neither costs a try.
    async fn redeem(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        key: &DeviceKey,
        code: Option<Secret>,
    ) -> Result<TokenResponse, ActivateError> {
        let endpoint = TokenEndpoint {
            url: offer.server.token_endpoint.as_url(),
            prover: offer.server.dpop.then_some(key),
        };
        let first = endpoint.redeem(line, &offer.grant.pre_authorized_code, code.clone()).await;
        let outlived =
            |refusal: &IssuerRefusal| matches!(refusal.reason, Some(Reason::Used | Reason::Expired));
        match first {
            Err(ExchangeError::Refused(refusal))
                if outlived(&refusal) && offer.source.can_be_fetched_again() =>
            {
                line.tell(Event::NewOffer);
                let again = offer.source.fetch(line, offer.lookup.as_ref()).await?;
                let grant = again.grants.pre_authorized.filter(|_| again.credential_issuer == offer.issuer);
                let grant = grant.ok_or(ActivateError::AnotherIssuer)?;
                Ok(endpoint.redeem(line, &grant.pre_authorized_code, code).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    async fn fetch_card(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        redeemed: Redeemed,
    ) -> Result<Delivered, ExchangeError> {
        let endpoint = CredentialEndpoint {
            issuer: &offer.issuer,
            url: offer.credential_endpoint.as_url(),
            nonce: offer.nonce_endpoint.as_ref().map(|endpoint| endpoint.as_url()),
            configuration: &offer.configuration,
        };
        let Redeemed { tokens, key } = &redeemed;
        let card = endpoint.fetch(line, self.surroundings(), tokens, key, &offer.device).await?;
        Ok(Delivered { redeemed, card })
    }

    /// Verifies a card; the time inside its certificate raises the phone's trusted time before the dates are judged.
    pub(crate) async fn verify(
        &self,
        line: &Line<'_>,
        card: &DeliveredCard,
        key: &DeviceKey,
        anchors: &[TrustAnchor],
    ) -> Result<VerifiedCard, VerifyError> {
        line.began(Step::Verification);
        let undated = verify_card(&card.credential, key.public(), anchors)?;
        let signed = AuthenticatedTime::from(undated.chain());
        let floor = self.with_phone(move |phone| phone.documents().learn_time(signed)).await?;
        Ok(undated.at(floor.at_least(self.now()))?)
    }

    /// Where the card goes; a list that was just fetched counts for the cards that are held, too.
    async fn placement(
        &self,
        card: &VerifiedCard,
        list: Option<VerifiedCrl>,
    ) -> Result<Placement, StoreError> {
        let new = Traits::of_new(card);
        let authority = card.leaf().authority_key_identifier().clone();
        let now = self.now();
        self.with_phone(move |phone| {
            let floor = phone.documents().time_floor()?;
            let listed = |held: &OpenedCard| {
                let certificate = held.certificate();
                *certificate.authority_key_identifier() == authority
                    && list.as_ref().is_some_and(|list| {
                        matches!(list.status_at(certificate.serial(), now), RevocationStatus::Revoked(_))
                    })
            };
            let over = |held: &OpenedCard| match held.standing(&floor, now) {
                Standing::Expired { .. } | Standing::Revoked { .. } | Standing::Superseded { .. } => true,
                Standing::Valid
                | Standing::EndsInDays { .. }
                | Standing::NotConfirmedSince { .. }
                | Standing::NotYetValid { .. }
                | Standing::ClockBehind { .. } => listed(held),
            };
            let held = open_all(phone)?.into_iter().map(|held| HeldTraits {
                id: held.id().clone(),
                traits: Traits::of_held(&held),
                over: over(&held),
            });
            Ok(place(&new, &held.collect::<Vec<_>>()))
        })
        .await
    }

    async fn keep(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        card: HeldCard,
        replaced: Option<CardId>,
        now: Timestamp,
    ) -> Result<(CardId, TimeFloor), ActivateError> {
        line.began(Step::Keeping);
        let hash = offer.hash.clone();
        self.with_phone(move |phone| {
            let id = match &replaced {
                Some(old) => phone.replace_card(old, &card, Some(&hash), now)?,
                None => phone.insert_card(&card, Some(&hash), now)?,
            };
            Ok((id, phone.documents().time_floor()?))
        })
        .await
    }

    /// The same card is here already: the place that was just taken for it is given back.
    async fn give_back(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        card: &VerifiedCard,
        id: CardId,
    ) -> Result<ActivateError, StoreError> {
        let event = NotificationEvent::CredentialDeleted;
        let freed = self.tell_or_queue(line, offer, delivered, card, event).await?;
        let hash = offer.hash.clone();
        self.with_phone(move |phone| phone.abandon_activation(&hash)).await?;
        Ok(ActivateError::AlreadyHeld { id, freed: Some(freed) })
    }

    /// Tells the issuer at once, or keeps the notice for later.
    async fn tell_or_queue(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        card: &VerifiedCard,
        event: NotificationEvent,
    ) -> Result<Told, StoreError> {
        match self.report(line, offer, delivered, event).await {
            Ok(told) => Ok(told),
            Err(ExchangeError::Refused(refusal)) => Ok(Told::Refused(refusal)),
            Err(_) => {
                let Some(notice) = notice(offer, delivered, card, event, self.now()) else {
                    return Ok(Told::NotPossible);
                };
                self.with_phone(move |phone| phone.documents().keep_notice(&notice)).await?;
                line.tell(Event::NoticeQueued);
                Ok(Told::Queued)
            }
        }
    }

    async fn report(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        event: NotificationEvent,
    ) -> Result<Told, ExchangeError> {
        let Redeemed { tokens, key } = &delivered.redeemed;
        match (&offer.notification_endpoint, &delivered.card.notification_id) {
            (Some(endpoint), Some(id)) => {
                notification::tell(line, endpoint.as_url(), presented(tokens), key, id, event).await?;
                Ok(Told::Delivered)
            }
            _ => Ok(Told::NotPossible),
        }
    }
}

/// A refresh token is of use only where it is bound to the device key.
fn refresh_token(tokens: &TokenResponse) -> Option<Secret> {
    tokens.refresh_token.clone().filter(|_| tokens.token_type == TokenType::Dpop)
}

fn held_card(offer: &OpenedOffer, delivered: &Delivered, card: &VerifiedCard, now: Timestamp) -> HeldCard {
    HeldCard {
        identity: identity(card),
        issuer: offer.kept_issuer(),
        endpoints: offer.kept_endpoints(),
        configuration: offer.configuration.clone(),
        key: delivered.redeemed.key.handle().clone(),
        x5c: card.x5c().iter().cloned().map(KeptBytes::from).collect(),
        card_data: card.bytes().to_vec().into(),
        copies: Vec::new(),
        notification_id: delivered.card.notification_id.clone(),
        refresh_token: refresh_token(&delivered.redeemed.tokens),
        acquired_at: now,
        last_refresh: Some(now),
        state: CardState::Valid,
    }
}

/// Register numbers repeat between schools and years; together the three name one card in the country.
pub(crate) fn identity(card: &VerifiedCard) -> CardIdentity {
    let CardKey { rspo, number } = CardKey { rspo: card.data().school.rspo, number: card.data().card_number };
    CardIdentity::new(format!("{rspo}/{number}"))
}

fn notice(
    offer: &OpenedOffer,
    delivered: &Delivered,
    card: &VerifiedCard,
    event: NotificationEvent,
    now: Timestamp,
) -> Option<Notice> {
    Some(Notice {
        event,
        notification_id: delivered.card.notification_id.clone()?,
        issuer: offer.issuer.as_str().to_owned(),
        notification_endpoint: offer.notification_endpoint.as_ref()?.as_url().clone(),
        token_endpoint: offer.server.token_endpoint.as_url().clone(),
        refresh_token: refresh_token(&delivered.redeemed.tokens)?,
        key: delivered.redeemed.key.handle().clone(),
        since: now,
        until: card.leaf().not_after(),
    })
}

/// Why a delivered card is not kept. Messages complete "cannot accept the card: …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// Something about it is wrong.
    #[error(transparent)]
    Card(#[from] CardFault),
    /// The store did not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VerifyError> for ActivateError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Card(fault) => Self::Card(fault),
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}
