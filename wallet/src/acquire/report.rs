//! What the issuer is told right after it delivered: that the card is kept, that it will not do, or that its place is
//! given back.

use jiff::Timestamp;
use shared::secret::Secret;
use shared::vci::notification::NotificationEvent;
use shared::vci::token::{TokenResponse, TokenType};

use super::credential::presented;
use super::delivery::{Delivered, Redeemed};
use super::event::Event;
use super::exchange::Line;
use super::failure::ExchangeError;
use super::notification::{self, Told};
use super::opened::OpenedOffer;
use super::refusal::ActivateError;
use crate::documents::{CardId, Notice, StoreError};
use crate::online::OnlinePhone;
use crate::verify_card::VerifiedCard;

impl OnlinePhone {
    /// The same card is here already: the place that was just taken for it is given back.
    pub(super) async fn give_back(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        card: &VerifiedCard,
        id: CardId,
    ) -> Result<ActivateError, StoreError> {
        let (held, key) = (id.clone(), delivered.redeemed.key.handle().clone());
        let kept = self.with_phone(move |phone| phone.documents().card(&held)).await?;
        // Under the key of the card that is held it is that card's own place.
        let freed = if kept.is_some_and(|kept| kept.key == key) {
            None
        } else {
            let event = NotificationEvent::CredentialDeleted;
            Some(self.tell_or_queue(line, offer, delivered, card, event).await?)
        };
        let hash = offer.hash.clone();
        self.with_phone(move |phone| phone.abandon_activation(&hash)).await?;
        Ok(ActivateError::AlreadyHeld { id, freed })
    }

    /// Tells the issuer at once, or keeps the notice for later.
    pub(super) async fn tell_or_queue(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        card: &VerifiedCard,
        event: NotificationEvent,
    ) -> Result<Told, StoreError> {
        let outdated = match self.report(line, offer, delivered, event).await {
            Ok(told) => return Ok(told),
            // A later token of the same slip may have been drawn meanwhile.
            Err(ExchangeError::Refused(refusal)) if refusal.is_about_notification_id() => Some(refusal),
            Err(ExchangeError::Refused(refusal)) if refusal.leaves_nothing_to_tell() => {
                return Ok(Told::Refused(refusal));
            }
            Err(_) => None,
        };
        let Some(notice) = notice(offer, delivered, card, event, self.now()) else {
            return Ok(outdated.map_or(Told::NotPossible, Told::Refused));
        };
        let kept = notice.clone();
        self.with_phone(move |phone| phone.documents().keep_notice(&kept)).await?;
        if outdated.is_some() {
            return self.deliver_under_fresh_token(line, &notice).await;
        }
        line.tell(Event::NoticeQueued);
        Ok(Told::Queued)
    }

    pub(super) async fn report(
        &self,
        line: &Line<'_>,
        offer: &OpenedOffer,
        delivered: &Delivered,
        event: NotificationEvent,
    ) -> Result<Told, ExchangeError> {
        let Redeemed { tokens, key } = &delivered.redeemed;
        match (&offer.endpoints.notification, &delivered.card.notification_id) {
            (Some(endpoint), Some(id)) => {
                notification::tell(line, endpoint, presented(tokens), key, id, event).await?;
                Ok(Told::Delivered)
            }
            _ => Ok(Told::NotPossible),
        }
    }
}

/// A refresh token is of use only where it is bound to the device key.
pub(super) fn refresh_token(tokens: &TokenResponse) -> Option<Secret> {
    tokens.refresh_token.clone().filter(|_| tokens.token_type == TokenType::Dpop)
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
        notification_endpoint: offer.endpoints.notification.clone()?,
        token_endpoint: offer.endpoints.token.clone(),
        refresh_token: refresh_token(&delivered.redeemed.tokens)?,
        key: delivered.redeemed.key.handle().clone(),
        since: now,
        until: card.leaf().not_after(),
    })
}
