//! The second half of an activation: with the code in hand, to a card that is kept.
//!
//! Each stage consumes the one before, so none can be skipped:
//! [`OpenedOffer`] → `Redeemed` → `Delivered` → [`VerifiedCard`] → [`Activated`].

use jiff::Timestamp;
use shared::card::CardKey;
use shared::secret::Secret;
use shared::vci::error::Reason;
use shared::vci::notification::NotificationEvent;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::{RevocationStatus, VerifiedCrl};

use super::credential::DeliveredCard;
use super::delivery::{Delivered, Proofs, Redeemed};
use super::event::{Event, Observer, Step};
use super::exchange::Line;
use super::notification::Told;
use super::opened::OpenedOffer;
use super::placement::{HeldTraits, Placement, Traits, place};
use super::proof::DeviceKey;
use super::refusal::ActivateError;
use super::report::refresh_token;
use crate::documents::{
    AuthenticatedTime, CardId, CardIdentity, CardState, HeldCard, KeptBytes, StoreError, TimeFloor,
};
use crate::online::OnlinePhone;
use crate::revocation::{ListVerdict, fetch_list};
use crate::show::{OpenedCard, open_all};
use crate::standing::Standing;
use crate::verify_card::{CardFault, VerifiedCard, verify_card};

/// The most lists that are fetched for cards that are held already.
const MOST_LISTS: usize = 4;

/// Whether a list tells about certificates that name this distribution point.
fn covers(list: &VerifiedCrl, point: &str) -> bool {
    list.point().is_none_or(|own| own == point)
}

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
    /// How many copies for selective disclosure came with it.
    pub copies: usize,
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
        let _turn = self.activation_turn().await;
        let outcome = self.follow(&line, offer, code).await;
        if let Err(error) = &outcome
            && error.refusal().is_some_and(|refusal| refusal.reason == Some(Reason::SignInAgain))
        {
            self.with_phone(|phone| phone.documents().end_holder_token()).await?;
        }
        if let Err(error) = &outcome
            && let Some(refusal) = error.refusal().filter(|refusal| refusal.is_final())
        {
            self.give_up(&offer.hash, refusal).await?;
        }
        outcome
    }

    /// From an offer to a card that is kept; for whoever has the turn to follow one.
    pub(super) async fn follow(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        code: Option<Secret>,
    ) -> Result<Activated, ActivateError> {
        let holder = self.holder_credential(&offer.issuer).await?;
        let key = self.pending_key(offer).await?;
        let proofs = Proofs { key: &key, holder: holder.as_ref() };
        let delivered = self.deliver_card(line, offer, &proofs, code).await?;
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
        let lists = self.lists_of_held(line, &card, consulted.list).await?;
        let placement = self.placement(offer, &card, lists).await?;
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
        // The card is held whatever becomes of these; the next refresh asks again.
        self.try_to_learn_clock(card.leaf(), card.issuing_authority()).await;
        let Redeemed { tokens, key } = &delivered.redeemed;
        let copies = match self.refill_copies(line, &id, tokens, key).await {
            Ok(came) => came,
            Err(error) => {
                tracing::info!(%error, "a card has no copies yet");
                0
            }
        };
        let standing = OpenedCard::read(id.clone(), held)?.standing(&floor, now);
        Ok(Activated { id, replaced, standing, list: consulted.verdict, told, copies })
    }

    /// The key of this offer: made now, or when it was followed before.
    async fn pending_key(&self, offer: &OpenedOffer) -> Result<DeviceKey, ActivateError> {
        let (hash, issuer) = (offer.hash.clone(), offer.issuer.as_str().to_owned());
        let (configuration, now) = (offer.configuration.clone(), self.now());
        let handle = self
            .with_phone(move |phone| {
                // The slip may have been followed to its end since it was opened.
                if let Some(id) = phone.documents().opened_by(&hash)? {
                    return Err(ActivateError::AlreadyHeld { id, freed: None });
                }
                let begun = phone.begin_activation(&hash, &issuer, &[&configuration], None, now)?;
                Ok(begun
                    .key(&configuration)
                    .cloned()
                    .ok_or(StoreError::Damaged("an activation has no key"))?)
            })
            .await?;
        Ok(DeviceKey::load(self.shared_phone(), handle).await?)
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

    /// The lists that tell about the new card and about held ones of the same authority, which may have gone with
    /// the new one's coming. One that cannot be had is left out: a card counts as held until it is known to be over.
    async fn lists_of_held(
        &self,
        line: &Line<'_>,
        card: &VerifiedCard,
        own: Option<VerifiedCrl>,
    ) -> Result<Vec<VerifiedCrl>, StoreError> {
        let held = self.with_phone(open_all).await?;
        let authority = card.issuing_authority();
        let mut points: Vec<&str> = held
            .iter()
            .map(OpenedCard::certificate)
            .filter(|certificate| certificate.names_as_issuer(authority))
            .map(DeviceCertificate::crl_url)
            .filter(|point| !own.as_ref().is_some_and(|list| covers(list, point)))
            .collect();
        points.sort_unstable();
        points.dedup();
        let mut lists = Vec::from_iter(own);
        for point in points.into_iter().take(MOST_LISTS) {
            lists.extend(fetch_list(line, point, authority).await.ok());
        }
        Ok(lists)
    }

    /// Where the card goes; lists that were just fetched count for the cards that are held, too.
    async fn placement(
        &self,
        offer: &OpenedOffer,
        card: &VerifiedCard,
        lists: Vec<VerifiedCrl>,
    ) -> Result<Placement, StoreError> {
        let new = Traits::of_new(card, &offer.issuer);
        let authority = card.leaf().authority_key_identifier().clone();
        let now = self.now();
        self.with_phone(move |phone| {
            let floor = phone.documents().time_floor()?;
            let listed = |held: &OpenedCard| {
                let certificate = held.certificate();
                *certificate.authority_key_identifier() == authority
                    && lists.iter().filter(|list| covers(list, certificate.crl_url())).any(|list| {
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
}

fn held_card(offer: &OpenedOffer, delivered: &Delivered, card: &VerifiedCard, now: Timestamp) -> HeldCard {
    HeldCard {
        identity: identity(offer.issuer.as_str(), card),
        issuer: offer.kept_issuer(),
        endpoints: offer.endpoints.clone(),
        configuration: offer.configuration.clone(),
        key: delivered.redeemed.key.handle().clone(),
        x5c: card.x5c().iter().cloned().map(KeptBytes::from).collect(),
        card_data: card.bytes().to_vec().into(),
        copies: offer.copies.clone(),
        notification_id: delivered.card.notification_id.clone(),
        refresh_token: refresh_token(&delivered.redeemed.tokens),
        acquired_at: now,
        last_refresh: Some(now),
        state: CardState::Valid,
    }
}

/// Register numbers repeat between schools and years; together the three name one card of one issuer. Cards that were
/// kept before the issuer was part of it keep their name until another takes their place.
pub(crate) fn identity(issuer: &str, card: &VerifiedCard) -> CardIdentity {
    let CardKey { rspo, number } = CardKey { rspo: card.data().school.rspo, number: card.data().card_number };
    CardIdentity::new(format!("{issuer} {rspo}/{number}"))
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
