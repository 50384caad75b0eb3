//! Places on token status lists: one for each copy of a credential, turned once when its device ends.

use std::collections::HashSet;

use jiff::Timestamp;
use shared::entropy::Entropy;
use shared::status::LIST_SIZE;

use super::device::EndReason;
use super::row;
use crate::store::id::DeviceId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

/// How often a free place is looked for before a list counts as full: nine of ten places may be taken by then.
const DRAWS: usize = 16;

row! {
    /// The place of one copy.
    StatusEntry in "status_entry" {
        /// Number of the list.
        list: i64,
        /// Index on the list.
        place: i64,
        /// The device that holds the copy.
        device_id: DeviceId,
        /// Which copy: whatever its issuer calls it.
        copy: String,
        /// Last instant at which the copy is valid.
        valid_until: Timestamp,
        /// When it was turned.
        ended_at: Option<Timestamp>,
        /// Why.
        end_reason: Option<EndReason>,
    }
}

/// Where a copy stands: what its `status` claim says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusPlace {
    /// Number of the list; its address is
    /// [`Addresses::status_list`](crate::issuance::Addresses::status_list).
    pub list: i64,
    /// Index on the list.
    pub index: u32,
}

impl StatusEntry {
    /// Takes a free place that nobody can foretell, for a copy that `device` holds until `until`.
    ///
    /// Places are drawn on the newest list; when most draws hit taken ones, the next list is opened. The unique
    /// key decides between two that draw the same.
    pub async fn take(
        tx: &mut dyn Statements,
        device: &DeviceId,
        copy: &str,
        until: Timestamp,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<StatusPlace, StoreError> {
        let mut list = tx.number("SELECT MAX(number) FROM status_list", &[]).await?;
        loop {
            let draws = if list > 0 { DRAWS } else { 0 };
            for _ in 0..draws {
                let index = u32::try_from(entropy.below(u64::from(LIST_SIZE))).unwrap_or_default();
                let entry = Self {
                    list,
                    place: i64::from(index),
                    device_id: device.clone(),
                    copy: copy.to_owned(),
                    valid_until: until,
                    ended_at: None,
                    end_reason: None,
                };
                if entry.insert_if_new(tx).await? {
                    return Ok(StatusPlace { list, index });
                }
            }
            list += 1;
            let open = "INSERT INTO status_list (number, opened_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            tx.execute(open, params![list, now]).await?;
        }
    }

    /// Turns every place of a device; what was turned before stays as it is. Answers how many.
    pub async fn end_of_device(
        tx: &mut dyn Statements,
        device: &DeviceId,
        at: Timestamp,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE status_entry SET ended_at = $2, end_reason = $3 \
                   WHERE device_id = $1 AND ended_at IS NULL";
        tx.execute(sql, params![device, at, reason]).await
    }

    /// The turned places of a list whose copies would still be valid at `now`, in any order; `None` when there is no such
    /// list. On a list with a gap everything that is not known to be good counts as turned.
    pub async fn ended(
        tx: &mut dyn Statements,
        list: i64,
        now: Timestamp,
    ) -> Result<Option<Vec<u32>>, StoreError> {
        let sql = "SELECT COALESCE(gap_until, 0) FROM status_list WHERE number = $1";
        let Some(row) = tx.first(sql, params![list]).await? else { return Ok(None) };
        if row.take::<Timestamp>(0)? > now {
            let sql = "SELECT place FROM status_entry WHERE list = $1 AND ended_at IS NULL";
            let rows = tx.query(sql, params![list]).await?;
            let good = rows.iter().map(|row| row.take(0)).collect::<Result<HashSet<u32>, _>>()?;
            return Ok(Some((0..LIST_SIZE).filter(|place| !good.contains(place)).collect()));
        }
        // In no order: asked for one, SQLite walks through all places of the list, a hundred thousand for a few.
        let sql = "SELECT place FROM status_entry \
                   WHERE list = $1 AND ended_at IS NOT NULL AND valid_until >= $2";
        let rows = tx.query(sql, params![list, now]).await?;
        rows.iter().map(|row| row.take(0)).collect::<Result<_, _>>().map(Some)
    }

    /// For books that went back to an earlier state: the newest list of then has a gap until `until`, since copies may have
    /// taken places on it that nobody remembers; and lists go on `skipped` numbers later, beyond all that may have been
    /// opened.
    pub async fn go_on(
        tx: &mut dyn Statements,
        skipped: i64,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let newest = tx.number("SELECT MAX(number) FROM status_list", &[]).await?;
        tx.execute("UPDATE status_list SET gap_until = $2 WHERE number = $1", params![newest, until]).await?;
        let open = "INSERT INTO status_list (number, opened_at) VALUES ($1, $2)";
        tx.execute(open, params![newest + skipped, now]).await.map(|_| ())
    }

    /// The numbers of the newest lists, at most `most`.
    pub async fn newest_lists(tx: &mut dyn Statements, most: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT number FROM status_list ORDER BY number DESC LIMIT $1";
        let rows = tx.query(sql, params![most]).await?;
        rows.iter().map(|row| row.take(0)).collect()
    }

    /// The places of a device, by list and index.
    pub async fn of_device(tx: &mut dyn Statements, device: &DeviceId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE device_id = $1 ORDER BY list, place", params![device]).await
    }

    /// Forgets places whose copies ended before `before`. Those of the newest list stay, lest a place be given
    /// twice while somebody still holds the list that tells of the first.
    ///
    /// Their lists have a gap until then: a clock that was ahead and is set right finds itself before `before`, where
    /// some of the copies are good still or were taken back (shared/docs/adr/0097-forgetting-by-a-clock-ahead.md).
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        let gap = "UPDATE status_list SET gap_until = $1 WHERE COALESCE(gap_until, 0) < $1 AND number IN \
                   (SELECT list FROM status_entry WHERE valid_until < $1 \
                    AND list < (SELECT MAX(number) FROM status_list))";
        tx.execute(gap, params![before]).await?;
        let sql = "DELETE FROM status_entry WHERE valid_until < $1 \
                   AND list < (SELECT MAX(number) FROM status_list)";
        tx.execute(sql, params![before]).await
    }
}
