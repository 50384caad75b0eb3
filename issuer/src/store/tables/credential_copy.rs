//! Copies of a card in other formats than X.509: what was signed, and from what it is put together again.

use jiff::Timestamp;

use super::row;
use crate::store::id::{CardId, CopyId, DeviceId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// One copy, bound to one key.
    CredentialCopy in "credential_copy" {
        /// Name in the store; also what its place on the status list is called.
        id: CopyId,
        /// On which device.
        device_id: DeviceId,
        /// Of which card.
        card_id: CardId,
        /// The credential configuration.
        format: String,
        /// RFC 7638 thumbprint of its key; no key has two copies of a format.
        thumbprint: String,
        /// The certificate whose card data it shows; where there is none, they are a [`CopySource`].
        serial: Option<String>,
        /// SHA-256 of what the card data were made from.
        card_inputs: [u8; 32],
        /// Everything random in it comes from this.
        seed: Vec<u8>,
        /// What was signed, without what can be derived again.
        signed: String,
        /// When it was made.
        issued_at: Timestamp,
        /// The first instant at which it is no longer good.
        expires_at: Timestamp,
    }
}

impl CredentialCopy {
    /// The copy that is bound to a key.
    pub async fn of_key(
        tx: &mut dyn Statements,
        format: &str,
        thumbprint: &str,
    ) -> Result<Option<Self>, StoreError> {
        let found =
            Self::select(tx, "WHERE format = $1 AND thumbprint = $2", params![format, thumbprint]).await?;
        Ok(found.into_iter().next())
    }

    /// How many copies of a format a device holds that are still good at `now`.
    pub async fn good(
        tx: &mut dyn Statements,
        device: &DeviceId,
        format: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql =
            "SELECT COUNT(*) FROM credential_copy WHERE device_id = $1 AND format = $2 AND expires_at > $3";
        tx.number(sql, params![device, format, now]).await
    }

    /// Forgets copies that ended before `before`, and card data that no copy needs any more.
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        let forgotten =
            tx.execute("DELETE FROM credential_copy WHERE expires_at < $1", params![before]).await?;
        if forgotten > 0 {
            let sql = "DELETE FROM copy_source WHERE NOT EXISTS (SELECT 1 FROM credential_copy c \
                       WHERE c.device_id = copy_source.device_id AND c.card_inputs = copy_source.card_inputs)";
            tx.execute(sql, &[]).await?;
        }
        Ok(forgotten)
    }
}

row! {
    /// Card data of a device that has no certificate, kept once for all its copies.
    CopySource in "copy_source" {
        /// Whose.
        device_id: DeviceId,
        /// Of which card.
        card_id: CardId,
        /// SHA-256 of what the card data were made from.
        card_inputs: [u8; 32],
        /// The bytes.
        card_data: Vec<u8>,
    }
}

impl CopySource {
    /// The card data of a device that were made from these inputs.
    pub async fn of_inputs(
        tx: &mut dyn Statements,
        device: &DeviceId,
        inputs: &[u8; 32],
    ) -> Result<Option<Self>, StoreError> {
        let found =
            Self::select(tx, "WHERE device_id = $1 AND card_inputs = $2", params![device, *inputs]).await?;
        Ok(found.into_iter().next())
    }
}
