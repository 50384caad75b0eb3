//! Giving a card up: it goes at once, and its issuer is told, so that its device place is free again.
//!
//! The card, and the notice that will tell the issuer, change in one commit. So the card is gone whether the issuer is
//! in reach or not; the device key lives on until the notice is delivered, because only that key proves who gives up.

use shared::vci::notification::NotificationEvent;

use crate::acquire::event::Observer;
use crate::acquire::exchange::Line;
use crate::acquire::notification::Told;
use crate::documents::{CardId, HeldCard, KeepError, Notice, StoreError};
use crate::online::OnlinePhone;
use crate::show::OpenedCard;

/// A card that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Its name.
    pub id: CardId,
    /// Whether its issuer knows.
    pub told: Told,
}

impl OnlinePhone {
    /// Deletes a card and tells its issuer (`credential_deleted`), now or at the next refresh.
    ///
    /// # Errors
    /// [`DeleteError`]; an issuer that is out of reach is no error.
    pub async fn delete(&self, id: &CardId, observer: &dyn Observer) -> Result<Deleted, DeleteError> {
        let (card, now) = (id.clone(), self.now());
        let notice = self
            .with_phone(move |phone| {
                let held = phone.documents().card(&card)?.ok_or(KeepError::NoSuchCard)?;
                let notice = notice(&card, held, now);
                match &notice {
                    Some(notice) => phone.give_up_card(&card, notice, now)?,
                    None => phone.delete_card(&card, now)?,
                }
                Ok::<_, DeleteError>(notice)
            })
            .await?;
        let told = match notice {
            Some(notice) => self.deliver(&Line::new(self.surroundings(), observer), &notice).await?,
            None => Told::NotPossible,
        };
        Ok(Deleted { id: id.clone(), told })
    }
}

/// What the issuer is to be told, if it can be.
fn notice(id: &CardId, held: HeldCard, now: jiff::Timestamp) -> Option<Notice> {
    // A card that cannot be read any more can still be given up; its notice then waits no longer than a year.
    let until = OpenedCard::read(id.clone(), held.clone()).map(|card| card.certificate().not_after());
    let year = jiff::SignedDuration::from_hours(366 * 24);
    Some(Notice {
        event: NotificationEvent::CredentialDeleted,
        notification_id: held.notification_id?,
        issuer: held.issuer.identifier,
        notification_endpoint: held.endpoints.notification?,
        token_endpoint: held.endpoints.token,
        refresh_token: held.refresh_token?,
        key: held.key,
        since: now,
        until: until.unwrap_or_else(|_| now.saturating_add(year).unwrap_or(now)),
    })
}

/// Why a card was not deleted. Messages complete "cannot delete the card: …".
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is no such card, or it could not be removed.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The store did not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeleteError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Keep(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}
