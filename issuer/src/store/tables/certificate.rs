//! Certificates: first the intent, then the signed bytes.

use jiff::Timestamp;
use shared::card_data::{CardPhoto, with_photo};

use super::device::EndReason;
use super::orphan::Orphan;
use super::pupil::Photo;
use super::status_entry::StatusEntry;
use super::{row, words};
use crate::store::id::{CardId, DeviceId, GrantId, PhotoId};
use crate::store::sql::params;
use crate::store::{Query, Row, Statements, StoreError};

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
        /// The to-be-signed bytes, until it is signed; certificates of before version 7 of the schema keep them.
        tbs: Vec<u8>,
        /// The certificate, once signed.
        der: Option<Vec<u8>>,
        /// The exact bytes of the card data, without the photo if that is kept as `photo_id`.
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
        /// The photo on the card; none in rows that were written when it stood in `card_data`.
        photo_id: Option<PhotoId>,
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

    /// The exact bytes of the card data, whole; none if the photo is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn card(&self, tx: &mut dyn Statements) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(photo) = &self.photo_id else { return Ok(Some(self.card_data.clone())) };
        let Some(photo) = Photo::find(tx, photo).await? else { return Ok(None) };
        let photo = CardPhoto::from_jpeg(photo.jpeg);
        let photo = photo.map_err(|_| StoreError::Damaged("a photo cannot stand on a card"))?;
        Ok(Some(with_photo(&self.card_data, &photo)))
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

    /// Records the signed bytes, which hold the to-be-signed ones, if it is still only prepared; answers with the bytes
    /// that now stand there if it was.
    pub async fn settle(
        tx: &mut dyn Statements,
        serial: &str,
        der: &[u8],
        at: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "UPDATE certificate SET state = 'issued', tbs = $4, der = $2, issued_at = $3 \
                   WHERE serial = $1 AND state = 'prepared' RETURNING der";
        tx.first(sql, params![serial, der, at, Vec::new()])
            .await?
            .map(|row| row.into_columns().next())
            .transpose()
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
        let mut ended = rows.iter().map(Ended::read).collect::<Result<Vec<_>, _>>()?;
        ended.extend(Orphan::listed(tx, now).await?.into_iter().map(Ended::from));
        Ok(ended)
    }
}

impl Ended {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { serial: row.take(0)?, since: row.take(1)?, reason: row.take(2)? })
    }
}

impl From<Orphan> for Ended {
    fn from(orphan: Orphan) -> Self {
        Self { serial: orphan.serial, since: orphan.revoked_at, reason: EndReason::NeverReleased }
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
        let mut ended = rows.iter().map(Ended::read).collect::<Result<Vec<_>, _>>()?;
        let orphans = Orphan::listed(tx, now).await?.into_iter();
        ended.extend(orphans.filter(|orphan| orphan.serial.ends_with(digits)).map(Ended::from));
        Ok(ended)
    }
}

/// A summary's columns.
const SUMMARY: &str = "serial, state, card_inputs, not_after, prepared_at, issued_at, ended_at, end_reason";

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
    /// The certificate of this serial number.
    pub(crate) fn of_serial(serial: &str) -> Query {
        Query::new(format!("SELECT {SUMMARY} FROM certificate WHERE serial = $1"), params![serial])
    }

    /// A device's certificates, oldest first.
    pub async fn of_device(tx: &mut dyn Statements, device: &DeviceId) -> Result<Vec<Self>, StoreError> {
        let sql =
            format!("SELECT {SUMMARY} FROM certificate WHERE device_id = $1 ORDER BY prepared_at, serial");
        Self::read(tx.query(&sql, params![device]).await?)
    }

    /// Reads the answer to a query of summaries.
    pub(crate) fn read(rows: Vec<Row>) -> Result<Vec<Self>, StoreError> {
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
        let [rows] = tx.ask([Self::of_nonce(hash)]).await?;
        Self::read(rows)
    }

    /// Who spent this nonce.
    pub(crate) fn of_nonce(hash: &[u8; 32]) -> Query {
        Query::new("SELECT grant_id, thumbprint, serial FROM spent_nonce WHERE hash = $1", params![*hash])
    }

    /// Reads the answer to [`of_nonce`](Self::of_nonce).
    pub(crate) fn read(rows: Vec<Row>) -> Result<Option<Self>, StoreError> {
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
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
