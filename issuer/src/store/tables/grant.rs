//! Grants: one QR code with its activation code, of which only hashes are kept.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};

use super::school::Profile;
use super::{row, words};
use crate::store::id::{CardId, DeviceId, GrantId, OrderId, ProfileId, SchoolId};
use crate::store::sql::params;
use crate::store::{Query, Statements, StoreError};

words! {
    /// Where a grant stands. That its time is up is judged by the clock, not stored.
    GrantState {
        /// May open a device.
        Ready = "ready",
        /// Has opened a device; only delivers to it again.
        Bound = "bound",
        /// Five wrong codes: dead.
        Locked = "locked",
        /// A newer slip took its place.
        Replaced = "replaced",
        /// Taken back: handed in, card voided, or revoked.
        Cancelled = "cancelled",
    }
}

row! {
    /// One QR code with its activation code.
    Grant in "issue_grant" {
        /// Name in the store.
        id: GrantId,
        /// Which card it opens.
        card_id: CardId,
        /// On which order it was made; portal codes have none.
        order_id: Option<OrderId>,
        /// Under which rules.
        profile_id: ProfileId,
        /// Keyed hash of the offer id in the QR code.
        offer_hash: [u8; 32],
        /// Keyed hash of the typed code.
        typed_hash: [u8; 32],
        /// Keyed hash of the activation code, where the profile asks for one.
        code_mac: Option<[u8; 32]>,
        /// Where it stands.
        state: GrantState,
        /// Wrong codes so far, over all pre-authorized codes.
        failures: u8,
        /// Raised with every access token: older codes and tokens are dead.
        epoch: i64,
        /// The device that it opened.
        device_id: Option<DeviceId>,
        /// The device whose place the new one takes, if this is a reissue.
        replaces_device: Option<DeviceId>,
        /// When made.
        created_at: Timestamp,
        /// The first instant at which it no longer opens a device.
        expires_at: Timestamp,
        /// When the slip was handed out.
        collected_at: Option<Timestamp>,
        /// To whom: `guardian`, `pupil`.
        collected_by: Option<String>,
        /// When the slip, handed back or never collected, was put into the pupil's file.
        filed_at: Option<Timestamp>,
        /// The epoch of the access token that bound the device.
        bound_epoch: Option<i64>,
    }
}

/// A grant, and the rules under which it was made.
pub struct GrantWithRules {
    /// The grant.
    pub grant: Grant,
    /// The rules; none only in damaged books.
    pub profile: Option<Profile>,
}

impl GrantWithRules {
    /// The grant behind an offer id's hash.
    pub async fn by_offer(tx: &mut dyn Statements, hash: &[u8; 32]) -> Result<Option<Self>, StoreError> {
        Self::by(tx, "WHERE g.offer_hash = $1", hash).await
    }

    /// The grant behind a typed code's hash.
    pub async fn by_typed(tx: &mut dyn Statements, hash: &[u8; 32]) -> Result<Option<Self>, StoreError> {
        Self::by(tx, "WHERE g.typed_hash = $1", hash).await
    }

    async fn by(tx: &mut dyn Statements, which: &str, hash: &[u8; 32]) -> Result<Option<Self>, StoreError> {
        static SELECT: LazyLock<String> = LazyLock::new(|| {
            let of = |table: &str, columns: &[&str]| {
                columns.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
            };
            format!(
                "SELECT {}, {} FROM issue_grant g LEFT JOIN school_profile f ON f.id = g.profile_id ",
                of("g", Grant::COLUMNS),
                of("f", Profile::COLUMNS)
            )
        });
        let Some(row) = tx.first(&[SELECT.as_str(), which].concat(), params![*hash]).await? else {
            return Ok(None);
        };
        let mut columns = row.into_columns();
        let grant = Grant::from_columns(&mut columns)?;
        let profile = if columns.next_is_null() { None } else { Some(Profile::from_columns(&mut columns)?) };
        Ok(Some(Self { grant, profile }))
    }
}

/// How long before its end a slip is listed as expiring.
pub const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Which slips a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipFilter {
    /// All that still open a device.
    Made,
    /// Handed out, and not used yet.
    Collected,
    /// Still in the office.
    NotCollected,
    /// Open ones that end within a week.
    Expiring,
    /// Handed back or withdrawn, and not filed yet.
    HandedBack,
    /// In the pupil's file.
    Filed,
    /// Have opened a device.
    Used,
    /// Dead after five wrong codes.
    Locked,
    /// Their time was up before they were used, and they are not filed yet.
    Expired,
}

impl SlipFilter {
    /// All of them, in the order of a slip's life.
    pub const ALL: [Self; 9] = [
        Self::Made,
        Self::NotCollected,
        Self::Collected,
        Self::Expiring,
        Self::Used,
        Self::Expired,
        Self::Locked,
        Self::HandedBack,
        Self::Filed,
    ];

    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Collected => "collected",
            Self::NotCollected => "not_collected",
            Self::Expiring => "expiring",
            Self::HandedBack => "handed_back",
            Self::Filed => "filed",
            Self::Used => "used",
            Self::Locked => "locked",
            Self::Expired => "expired",
        }
    }

    /// Reads the word; a hyphen is as good as an underscore.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::ALL.into_iter().find(|filter| filter.word() == word)
    }

    /// School $1, class $2 or empty, now $3, soon $4. Portal codes are no slips: they have no activation code.
    fn condition(self) -> String {
        let which = match self {
            Self::Made => "state = 'ready' AND expires_at > $3",
            Self::Collected => "state = 'ready' AND expires_at > $3 AND collected_at IS NOT NULL",
            Self::NotCollected => "state = 'ready' AND expires_at > $3 AND collected_at IS NULL",
            Self::Expiring => "state = 'ready' AND expires_at > $3 AND expires_at <= $4",
            Self::HandedBack => "state = 'cancelled' AND filed_at IS NULL",
            Self::Filed => "filed_at IS NOT NULL",
            Self::Used => "state = 'bound'",
            Self::Locked => "state = 'locked' AND filed_at IS NULL",
            Self::Expired => "state = 'ready' AND expires_at <= $3 AND filed_at IS NULL",
        };
        format!(
            "code_mac IS NOT NULL AND card_id IN (SELECT c.id FROM mobile_card c JOIN pupil p ON p.id = c.pupil_id \
             WHERE c.school_id = $1 AND p.school_id = c.school_id AND p.erased_at IS NULL AND ($2 = '' OR p.class_name = $2)) AND CAST($3 AS BIGINT) <= CAST($4 AS BIGINT) AND {which}"
        )
    }
}

impl Grant {
    /// Holds this grant until the act ends.
    pub(crate) fn hold(id: &GrantId, tx: &dyn Statements) -> Query {
        Query::new(Self::selecting(&format!("WHERE id = $1{}", tx.for_update())), params![id])
    }

    /// Holds the grant by which the device of a certificate, named by its serial number, was opened.
    pub(crate) fn hold_of(serial: &str, tx: &dyn Statements) -> Query {
        let rest = "WHERE id = (SELECT d.grant_id FROM device d JOIN certificate t ON t.device_id = d.id \
                    WHERE t.serial = $1)";
        Query::new(Self::selecting(&format!("{rest}{}", tx.for_update())), params![serial])
    }

    /// A card's grants, oldest first.
    pub async fn of_card(tx: &mut dyn Statements, card: &CardId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE card_id = $1 ORDER BY created_at, id", params![card]).await
    }

    /// Writes everything that may change back, with what comes next. Its codes and its end stay as they were made: their
    /// columns are indexed, and a column that is written is taken out of its index and put back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE issue_grant SET state = $2, failures = $3, epoch = $4, device_id = $5, \
                   collected_at = $6, collected_by = $7, filed_at = $8, bound_epoch = $9 WHERE id = $1";
        let values = params![
            &self.id,
            self.state,
            self.failures,
            self.epoch,
            self.device_id.clone(),
            self.collected_at,
            self.collected_by.clone(),
            self.filed_at,
            self.bound_epoch,
        ];
        tx.later(sql, values.to_vec()).await
    }

    /// Writes the epoch back, which every token raises; no index knows it.
    pub async fn update_epoch(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE issue_grant SET epoch = $2 WHERE id = $1";
        tx.later(sql, params![&self.id, self.epoch].to_vec()).await
    }

    /// A page of a school's slips on paper, of one class or of all, the newest first.
    pub async fn slips(
        tx: &mut dyn Statements,
        school: &SchoolId,
        class_name: Option<&str>,
        filter: SlipFilter,
        now: Timestamp,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let rest =
            format!("WHERE {} ORDER BY created_at DESC, id DESC LIMIT $6 OFFSET $5", filter.condition());
        let soon = now.saturating_add(EXPIRES_SOON).unwrap_or(Timestamp::MAX);
        Self::select(tx, &rest, params![school, class_name.unwrap_or_default(), now, soon, skip, limit]).await
    }

    /// How many slips on paper pass the filter.
    pub async fn count_slips(
        tx: &mut dyn Statements,
        school: &SchoolId,
        class_name: Option<&str>,
        filter: SlipFilter,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let soon = now.saturating_add(EXPIRES_SOON).unwrap_or(Timestamp::MAX);
        let sql = format!("SELECT COUNT(*) FROM issue_grant WHERE {}", filter.condition());
        tx.number(&sql, params![school, class_name.unwrap_or_default(), now, soon]).await
    }

    /// Closes other open grants that would replace the same device.
    pub async fn close_replacing(
        tx: &mut dyn Statements,
        device: &DeviceId,
        except: &GrantId,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE issue_grant SET state = 'replaced' WHERE replaces_device = $1 AND id <> $2 AND state = 'ready'";
        tx.execute(sql, params![device, except]).await
    }

    /// Turns a card's open grants into `state`; answers how many.
    pub async fn close_open(
        tx: &mut dyn Statements,
        card: &CardId,
        state: GrantState,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE issue_grant SET state = $2 WHERE card_id = $1 AND state = 'ready'";
        tx.execute(sql, params![card, state]).await
    }

    /// Takes back a card's open codes that were shown on a screen: those without an activation code. Answers how
    /// many.
    pub async fn withdraw_shown(tx: &mut dyn Statements, card: &CardId) -> Result<u64, StoreError> {
        let sql = "UPDATE issue_grant SET state = 'cancelled' \
                   WHERE card_id = $1 AND state = 'ready' AND code_mac IS NULL";
        tx.execute(sql, params![card]).await
    }

    /// Open slips that end after `now` and by `until` and whose people were not reminded, soonest first: those
    /// that have a code and were made to live longer than from `now` to `until`.
    pub async fn to_remind_of(
        tx: &mut dyn Statements,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE state = 'ready' AND expires_at > $1 AND expires_at <= $2 \
                         AND expires_at - created_at > $3 AND code_mac IS NOT NULL AND reminded_at IS NULL \
                         ORDER BY expires_at, id LIMIT $4";
        let span = until.as_microsecond() - now.as_microsecond();
        Self::select(tx, condition, params![now, until, span, limit]).await
    }

    /// Notes that its people are reminded now; answers whether that is the first time, with the slip still open.
    pub async fn remind(&self, tx: &mut dyn Statements, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE issue_grant SET reminded_at = $2 \
                   WHERE id = $1 AND reminded_at IS NULL AND state = 'ready'";
        Ok(tx.execute(sql, params![&self.id, at]).await? == 1)
    }
}
