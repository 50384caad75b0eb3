//! Devices and the places that they hold.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{CardId, DeviceId, GrantId};
use crate::store::sql::params;
use crate::store::{Query, Statements, StoreError};

words! {
    /// Where a device stands.
    DeviceState {
        /// A certificate is being made for it; its place is held.
        Pending = "pending",
        /// Holds the card.
        Live = "live",
        /// Taken off by the school; its place is free.
        Revoked = "revoked",
        /// Taken off from the phone itself; its place is free.
        Deleted = "deleted",
        /// Never came to be: nothing was released for it.
        Void = "void",
    }
    /// Why a device lost the card.
    EndReason {
        /// Phone lost.
        PhoneLost = "phone_lost",
        /// Phone damaged or misbehaving.
        PhoneDamaged = "phone_damaged",
        /// Identity stolen.
        IdentityStolen = "identity_stolen",
        /// The service was given up.
        ServiceGivenUp = "service_given_up",
        /// The data on the card were wrong.
        DataWrong = "data_wrong",
        /// The base card is no longer valid.
        CardVoid = "card_void",
        /// The pupil moved to another school.
        MovedSchool = "moved_school",
        /// A newer certificate took its place.
        Superseded = "superseded",
        /// The holder deleted the card from the phone.
        Deleted = "deleted",
        /// Never released.
        NeverReleased = "never_released",
    }
}

row! {
    /// A device.
    Device in "device" {
        /// Name in the store.
        id: DeviceId,
        /// Which card it holds.
        card_id: CardId,
        /// The grant that opened it.
        grant_id: GrantId,
        /// Its place, from 1.
        slot: u8,
        /// How many places there were.
        slots: u8,
        /// RFC 7638 thumbprint of its key.
        thumbprint: String,
        /// Its key, SEC 1 uncompressed.
        public_key: Vec<u8>,
        /// What the phone calls itself.
        name: String,
        /// `android`, `ios` or empty, as the phone says.
        platform: String,
        /// As the phone says.
        os_version: String,
        /// As the phone says.
        app_version: String,
        /// Where it stands.
        state: DeviceState,
        /// When it asked for its certificate.
        activated_at: Timestamp,
        /// When it lost the card.
        ended_at: Option<Timestamp>,
        /// Why.
        end_reason: Option<EndReason>,
    }
}

impl Device {
    /// A card's devices, oldest first.
    pub async fn of_card(tx: &mut dyn Statements, card: &CardId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE card_id = $1 ORDER BY id", params![card]).await
    }

    /// The devices of the card that a grant opens, oldest first.
    pub(crate) fn of_grants_card(grant: &GrantId) -> Query {
        let rest = "WHERE card_id = (SELECT card_id FROM issue_grant WHERE id = $1) ORDER BY id";
        Query::new(Self::selecting(rest), params![grant])
    }

    /// Holds the device of a certificate, named by its serial number, until the act ends.
    pub(crate) fn hold_of(serial: &str, tx: &dyn Statements) -> Query {
        let rest = "WHERE id = (SELECT device_id FROM certificate WHERE serial = $1)";
        Query::new(Self::selecting(&format!("{rest}{}", tx.for_update())), params![serial])
    }

    /// Takes the card off the device.
    pub fn end(&mut self, state: DeviceState, at: Timestamp, reason: EndReason) {
        self.state = state;
        self.ended_at = Some(at);
        self.end_reason = Some(reason);
    }

    /// Writes state, end and reason back, with what comes next.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE device SET state = $2, ended_at = $3, end_reason = $4 WHERE id = $1";
        tx.later(sql, params![&self.id, self.state, self.ended_at, self.end_reason].to_vec()).await
    }
}
