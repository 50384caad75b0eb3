//! What wallets report back, and the one report that does something: the card was deleted from the phone.

use serde_json::json;

use super::Issuance;
use super::token::AccessToken;
use crate::audit::{Act, Actor};
use crate::store::tables::certificate::Certificate;
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::Grant;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::{Statements, StoreError, Verb};

/// The events of OpenID4VCI 1.0 §11.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalletEvent {
    /// Stored.
    Accepted,
    /// Could not be stored.
    Failed,
    /// Deleted by its holder.
    Deleted,
}

impl WalletEvent {
    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "credential_accepted",
            Self::Failed => "credential_failure",
            Self::Deleted => "credential_deleted",
        }
    }
}

impl Issuance {
    /// Records an event. A deletion that comes with a proof by the device key takes the device off the card.
    ///
    /// # Errors
    /// See [`NotificationError`].
    pub async fn notified(
        &self,
        access: AccessToken,
        notification_id: String,
        event: WalletEvent,
    ) -> Result<(), NotificationError> {
        let verb = RecordEvent { access, notification_id, event, act: self.act(Actor::Wallet) };
        self.store.write(verb).await?
    }
}

struct RecordEvent {
    access: AccessToken,
    notification_id: String,
    event: WalletEvent,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for RecordEvent {
    type Answer = Result<(), NotificationError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(certificate) = Certificate::by_notification(tx, &self.notification_id).await? else {
            return Ok(Err(NotificationError::Unknown));
        };
        MobileCard::lock(tx, &certificate.card_id).await?;
        let Some(mut device) = Device::lock(tx, &certificate.device_id).await? else {
            return Err(StoreError::Damaged("a certificate lacks its device"));
        };
        if device.grant_id != self.access.grant {
            return Ok(Err(NotificationError::Unknown));
        }
        let grant = Grant::find(tx, &self.access.grant).await?;
        if grant.is_none_or(|grant| grant.epoch != self.access.epoch) {
            return Ok(Err(NotificationError::Superseded));
        }
        certificate.record_event(tx, self.event.word(), self.act.at).await?;
        let proven = self.access.bound_to.as_ref().is_some_and(|key| key.to_string() == device.thumbprint);
        if self.event == WalletEvent::Deleted && proven && device.state == DeviceState::Live {
            device.end(DeviceState::Deleted, self.act.at, EndReason::Deleted);
            device.update(tx).await?;
            Certificate::end_of_device(tx, &device.id, "", self.act.at, EndReason::Deleted).await?;
            self.act.trail().record(tx, "device.deleted", device.id.as_str(), json!({})).await?;
        }
        Ok(Ok(()))
    }
}

/// Messages complete "cannot take notice: …".
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// No such notification id under this token.
    #[error("notification id is unknown")]
    Unknown,
    /// A newer token was drawn on the same grant: with that one the notice would be taken.
    #[error("a newer access token was drawn")]
    Superseded,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
