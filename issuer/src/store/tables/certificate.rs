//! Certificates: first the intent, then the signed bytes.

use jiff::Timestamp;

use super::device::EndReason;
use super::status_entry::StatusEntry;
use super::{row, words};
use crate::store::id::{CardId, DeviceId, GrantId};
use crate::store::sql::params;
use crate::store::{Row, Statements, StoreError};

words! {
    /// Where a certificate stands.
    CertificateState {
        /// Its bytes are settled, its signature is not there yet.
        Prepared = "prepared",
        /// Signed and stored; may be released, as often as it is asked for.
        Issued = "issued",
        /// Taken back.
        Revoked = "revoked",
        /// Was prepared, never released; its serial goes on the list all the same.
        Voided = "voided",
    }
}

row! {
    /// A device certificate and the card data that it attests.
    Certificate in "certificate" {
        /// Serial number, hexadecimal.
        serial: String,
        /// For which device.
        device_id: DeviceId,
        /// For which card.
        card_id: CardId,
        /// Where it stands.
        state: CertificateState,
        /// The to-be-signed bytes.
        tbs: Vec<u8>,
        /// The certificate, once signed.
        der: Option<Vec<u8>>,
        /// The exact bytes of the card data.
        card_data: Vec<u8>,
        /// SHA-256 of what the card data were made from, to see whether they are still current.
        card_inputs: [u8; 32],
        /// What the wallet quotes in notifications.
        notification_id: String,
        /// Last instant of validity.
        not_after: Timestamp,
        /// When the intent was recorded.
        prepared_at: Timestamp,
        /// When the signature was recorded.
        issued_at: Option<Timestamp>,
        /// When it was taken back.
        ended_at: Option<Timestamp>,
        /// Why.
        end_reason: Option<EndReason>,
    }
}

/// A line of the revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: EndReason,
}

impl Certificate {
    /// A device's certificates, oldest first.
    pub async fn of_device(tx: &mut dyn Statements, device: &DeviceId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE device_id = $1 ORDER BY prepared_at, serial", params![device]).await
    }

    /// The certificate that a notification speaks of.
    pub async fn by_notification(tx: &mut dyn Statements, id: &str) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE notification_id = $1", params![id]).await?.into_iter().next())
    }

    /// Certificates that were prepared before `before` and never settled.
    pub async fn leftovers(tx: &mut dyn Statements, before: Timestamp) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE state = 'prepared' AND prepared_at <= $1 ORDER BY prepared_at";
        Self::select(tx, condition, params![before]).await
    }

    /// Records the signed bytes, if it is still only prepared; answers whether it was.
    pub async fn settle(
        tx: &mut dyn Statements,
        serial: &str,
        der: &[u8],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE certificate SET state = 'issued', der = $2, issued_at = $3 \
                   WHERE serial = $1 AND state = 'prepared'";
        Ok(tx.execute(sql, params![serial, der, at]).await? == 1)
    }

    /// Takes back what a device holds: issued certificates are revoked, prepared ones voided, and its places on
    /// status lists turned. Answers how many certificates. The certificate `except` stays as it is; copies of
    /// other credentials do not, for they attest the same data as the certificate that it follows.
    pub async fn end_of_device(
        tx: &mut dyn Statements,
        device: &DeviceId,
        except: &str,
        at: Timestamp,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE certificate SET state = CASE state WHEN 'issued' THEN 'revoked' ELSE 'voided' END, \
                   ended_at = $3, end_reason = $4 WHERE device_id = $1 AND serial <> $2 \
                   AND state IN ('issued', 'prepared')";
        let ended = tx.execute(sql, params![device, except, at, reason]).await?;
        if ended > 0 {
            tx.execute("UPDATE counter SET value = value + 1 WHERE name = 'revocations'", &[]).await?;
        }
        StatusEntry::end_of_device(tx, device, at, reason).await?;
        Ok(ended)
    }

    /// Gives up a prepared certificate that must not be signed any more.
    pub async fn void(tx: &mut dyn Statements, serial: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE certificate SET state = 'voided', ended_at = $2, end_reason = $3 \
                   WHERE serial = $1 AND state = 'prepared'";
        if tx.execute(sql, params![serial, at, EndReason::NeverReleased]).await? > 0 {
            tx.execute("UPDATE counter SET value = value + 1 WHERE name = 'revocations'", &[]).await?;
        }
        Ok(())
    }

    /// Records what the wallet reported, once for each event.
    pub async fn record_event(
        &self,
        tx: &mut dyn Statements,
        event: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO wallet_event (notification_id, event, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.execute(sql, params![&self.notification_id, event, at]).await.map(|_| ())
    }

    /// What the revocation list must name: taken back, and not yet past its own end at `now`.
    pub async fn ended(tx: &mut dyn Statements, now: Timestamp) -> Result<Vec<Ended>, StoreError> {
        let sql = "SELECT serial, ended_at, end_reason FROM certificate \
                   WHERE state IN ('revoked', 'voided') AND not_after >= $1 ORDER BY serial";
        let rows = tx.query(sql, params![now]).await?;
        rows.iter()
            .map(|row| Ok(Ended { serial: row.take(0)?, since: row.take(1)?, reason: row.take(2)? }))
            .collect()
    }
}

impl Certificate {
    /// As [`ended`](Self::ended), of those whose serial number ends with these two digits.
    pub async fn ended_in(
        tx: &mut dyn Statements,
        digits: &str,
        now: Timestamp,
    ) -> Result<Vec<Ended>, StoreError> {
        let sql = "SELECT serial, ended_at, end_reason FROM certificate \
                   WHERE state IN ('revoked', 'voided') AND substr(serial, length(serial) - 1) = $1 \
                   AND not_after >= $2 ORDER BY serial";
        let rows = tx.query(sql, params![digits, now]).await?;
        rows.iter()
            .map(|row| Ok(Ended { serial: row.take(0)?, since: row.take(1)?, reason: row.take(2)? }))
            .collect()
    }
}

/// A certificate without its bytes: what an office looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSummary {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Where it stands.
    pub state: CertificateState,
    /// SHA-256 of what the card data were made from.
    pub card_inputs: [u8; 32],
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// When the intent was recorded.
    pub prepared_at: Timestamp,
    /// When the signature was recorded.
    pub issued_at: Option<Timestamp>,
    /// When it was taken back.
    pub ended_at: Option<Timestamp>,
    /// Why.
    pub end_reason: Option<EndReason>,
}

impl CertificateSummary {
    /// A device's certificates, oldest first.
    pub async fn of_device(tx: &mut dyn Statements, device: &DeviceId) -> Result<Vec<Self>, StoreError> {
        let sql = "SELECT serial, state, card_inputs, not_after, prepared_at, issued_at, ended_at, end_reason \
                   FROM certificate WHERE device_id = $1 ORDER BY prepared_at, serial";
        let rows = tx.query(sql, params![device]).await?;
        let read = |row: &Row| {
            Ok(Self {
                serial: row.take(0)?,
                state: row.take(1)?,
                card_inputs: row.take(2)?,
                not_after: row.take(3)?,
                prepared_at: row.take(4)?,
                issued_at: row.take(5)?,
                ended_at: row.take(6)?,
                end_reason: row.take(7)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Which key spent a nonce for which certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentNonce {
    /// The grant of the access token.
    pub grant_id: GrantId,
    /// Thumbprint of the proven key.
    pub thumbprint: String,
    /// What was answered.
    pub serial: String,
}

impl SpentNonce {
    /// Who spent this nonce, if anyone has.
    pub async fn find(tx: &mut dyn Statements, hash: &[u8; 32]) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT grant_id, thumbprint, serial FROM spent_nonce WHERE hash = $1";
        let Some(row) = tx.first(sql, params![*hash]).await? else { return Ok(None) };
        Ok(Some(Self { grant_id: row.take(0)?, thumbprint: row.take(1)?, serial: row.take(2)? }))
    }

    /// Spends a nonce; answers whether this was the first time.
    pub async fn spend(
        &self,
        tx: &mut dyn Statements,
        hash: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO spent_nonce (hash, grant_id, thumbprint, serial, expires_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let values = params![*hash, &self.grant_id, &self.thumbprint, &self.serial, expires_at];
        Ok(tx.execute(sql, values).await? == 1)
    }

    /// Forgets nonces that could not be spent any more anyway.
    pub async fn forget(tx: &mut dyn Statements, now: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM spent_nonce WHERE expires_at < $1", params![now]).await
    }
}
