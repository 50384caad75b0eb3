//! Taking a mobile card off its devices, and the signed list that tells everyone.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::x509::crl::UnverifiedCrl;
use shared::x509::serial::SerialNumber;

use super::Issuance;
use crate::audit::{Act, Trail};
use crate::authority::crl::NewList;
use crate::authority::{ListEntry, ListReason, SignError};
use crate::notify::{self, Revoked};
use crate::store::id::{CardId, DeviceId};
use crate::store::tables::certificate::{Certificate, Ended};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::mobile_card::{HeldBy, MobileCard};
use crate::store::tables::revocation_list::RevocationList;
use crate::store::{Statements, StoreError, Verb};

/// How long a revocation list may be trusted.
pub const LIST_TTL: SignedDuration = SignedDuration::from_hours(24);
/// When a list that has not changed is signed anew.
const LIST_RENEW_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// Why an office takes a card off a phone. What ends with the base card is not for it to name.
pub const OFFICE_REASONS: [EndReason; 5] = [
    EndReason::PhoneLost,
    EndReason::PhoneDamaged,
    EndReason::IdentityStolen,
    EndReason::ServiceGivenUp,
    EndReason::DataWrong,
];

/// Why cards are taken off phones by the hundred: as an office says, or because all are to be issued anew.
pub const MANY_REASONS: [EndReason; 6] = [
    EndReason::Superseded,
    EndReason::PhoneLost,
    EndReason::PhoneDamaged,
    EndReason::IdentityStolen,
    EndReason::ServiceGivenUp,
    EndReason::DataWrong,
];

/// Takes the card off one device.
#[derive(Debug)]
pub struct RevokeDevice {
    /// Which.
    pub device: DeviceId,
    /// Why.
    pub reason: EndReason,
    /// Who, and when.
    pub act: Act,
}

/// Takes the card off all its devices and closes its open slips.
#[derive(Debug)]
pub struct RevokeCard {
    /// Which.
    pub card: CardId,
    /// Why.
    pub reason: EndReason,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for RevokeDevice {
    type Answer = Result<Device, RevocationRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(found) = Device::find(tx, &self.device).await? else {
            return Ok(Err(RevocationRefusal::UnknownDevice));
        };
        MobileCard::lock(tx, &found.card_id).await?;
        let Some(mut device) = Device::lock(tx, &self.device).await? else {
            return Ok(Err(RevocationRefusal::UnknownDevice));
        };
        let live = device.state == DeviceState::Live;
        end(tx, &mut device, self.reason, self.act.at, &mut self.act.trail()).await?;
        if live {
            notify::card_revoked(tx, &device.card_id, Revoked::OneDevice, self.reason, &self.act).await?;
        }
        Ok(Ok(device))
    }
}

#[async_trait::async_trait]
impl Verb for RevokeCard {
    /// The devices that the card has or had.
    type Answer = Result<Vec<Device>, RevocationRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if MobileCard::lock(tx, &self.card).await?.is_none() {
            return Ok(Err(RevocationRefusal::UnknownCard));
        }
        end_all(tx, &self.card, self.reason, self.act.at, &mut self.act.trail()).await?;
        Device::of_card(tx, &self.card).await.map(Ok)
    }
}

/// The cards that a device holds, or is about to; a page of them.
#[derive(Debug)]
pub struct HeldCards {
    /// Whose.
    pub whose: HeldBy,
    /// On a device that has no certificate issued at this instant or later.
    pub issued_before: Timestamp,
    /// After which; none for the first page.
    pub after: Option<CardId>,
    /// How many at most.
    pub limit: u32,
}

#[async_trait::async_trait]
impl Verb for HeldCards {
    type Answer = Vec<CardId>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        MobileCard::next_held(tx, &self.whose, self.issued_before, self.after.as_ref(), self.limit).await
    }
}

/// Ends every device of a card whose row is held, and cancels its open slips.
pub(crate) async fn end_all(
    tx: &mut dyn Statements,
    card: &CardId,
    reason: EndReason,
    at: Timestamp,
    trail: &mut Trail<'_>,
) -> Result<(), StoreError> {
    let slips = Grant::close_open(tx, card, GrantState::Cancelled).await?;
    let mut lost = slips > 0;
    for mut device in Device::of_card(tx, card).await? {
        lost |= device.state == DeviceState::Live;
        end(tx, &mut device, reason, at, trail).await?;
    }
    if lost {
        notify::card_revoked(tx, card, Revoked::Everywhere, reason, trail.act()).await?;
    }
    let detail = json!({ "reason": reason, "slips_cancelled": slips });
    trail.record(tx, "card.revoked", card.as_str(), detail).await
}

/// Ends one device of a card whose row is held; one that has ended stays as it is.
pub(super) async fn end(
    tx: &mut dyn Statements,
    device: &mut Device,
    reason: EndReason,
    at: Timestamp,
    trail: &mut Trail<'_>,
) -> Result<(), StoreError> {
    let state = match device.state {
        DeviceState::Live => DeviceState::Revoked,
        DeviceState::Pending => DeviceState::Void,
        DeviceState::Revoked | DeviceState::Deleted | DeviceState::Void => return Ok(()),
    };
    device.end(state, at, reason);
    device.update(tx).await?;
    Certificate::end_of_device(tx, &device.id, "", at, reason).await?;
    trail.record(tx, "device.revoked", device.id.as_str(), json!({ "reason": reason })).await
}

impl Issuance {
    /// The revocation list as it stands: signed anew when something was revoked since, or by age.
    ///
    /// # Errors
    /// When the database or the signature fails.
    pub async fn revocation_list(&self) -> Result<RevocationList, ListError> {
        let now = self.now();
        if let Some(list) = self.store.read(CurrentList { now }).await? {
            return Ok(list);
        }
        // One at a time: what is signed meanwhile is the list of all who wait.
        let _turn = self.list_turn.lock().await;
        loop {
            let now = self.now();
            if let Some(list) = self.store.read(CurrentList { now }).await? {
                return Ok(list);
            }
            let list = self.store.read(SignList { issuance: self.clone(), now }).await??;
            if let Some(list) = self.store.write(KeepList(list)).await? {
                return Ok(list);
            }
        }
    }
}

impl Issuance {
    /// Everything that the issuing authority of `generation` has revoked; `None` when there is none.
    ///
    /// # Errors
    /// When the database or the signature fails.
    pub async fn list_of_generation(&self, generation: u32) -> Result<Option<Vec<u8>>, ListError> {
        if generation == self.authority.generation() {
            return Ok(Some(self.revocation_list().await?.der));
        }
        self.list_at(generation, None).await
    }

    /// What of one part has been revoked; `None` when there is no such authority.
    ///
    /// # Errors
    /// As [`list_of_generation`](Self::list_of_generation).
    pub async fn list_of_partition(
        &self,
        generation: u32,
        partition: Partition,
    ) -> Result<Option<Vec<u8>>, ListError> {
        self.list_at(generation, Some(partition)).await
    }

    /// Signed anew each time: what is asked for is small, or hardly ever asked for.
    async fn list_at(
        &self,
        generation: u32,
        partition: Option<Partition>,
    ) -> Result<Option<Vec<u8>>, ListError> {
        if self.authority.generations().all(|(known, _)| known != generation) {
            return Ok(None);
        }
        let now = self.now();
        let since = now.saturating_sub(LIST_TTL).unwrap_or(now);
        let (revision, ended) = self.store.read(EndedIn { partition, since }).await?;
        let entries = ended.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let list = NewList {
            point: partition.map(|partition| self.addresses.partition_list(generation, partition)),
            entries: &entries,
            number: number_of(revision, now),
            this_update: now,
            next_update: now.saturating_add(LIST_TTL).unwrap_or(Timestamp::MAX),
        };
        Ok(Some(self.authority.list_of(generation, &list)?))
    }
}

/// Grows with every act of revocation, and with time between two of them; no counter of its own to be kept.
fn number_of(revision: i64, now: Timestamp) -> u64 {
    // Seconds fill 32 bits in 2106; the revision stands above them.
    let seconds = u64::try_from(now.as_second()).unwrap_or_default() & u64::from(u32::MAX);
    (revision.unsigned_abs() << 32) | seconds
}

/// One part of the serial numbers, all of about the same size: those whose last octet is this one
/// (shared/docs/adr/0054-partitions.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition(u8);

impl Partition {
    /// The part of a serial number.
    pub fn of(serial: SerialNumber) -> Self {
        Self(serial.as_be_bytes().last().copied().unwrap_or_default())
    }

    /// Two lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        u8::from_str_radix(text, 16).ok().map(Self).filter(|partition| partition.to_string() == text)
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

struct EndedIn {
    partition: Option<Partition>,
    since: Timestamp,
}

#[async_trait::async_trait]
impl Verb for EndedIn {
    /// The revision, and what has ended.
    type Answer = (i64, Vec<Ended>);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let revision = RevocationList::revision(tx, false).await?;
        let ended = match self.partition {
            None => Certificate::ended(tx, self.since).await?,
            Some(partition) => Certificate::ended_in(tx, &partition.to_string(), self.since).await?,
        };
        Ok((revision, ended))
    }
}

fn is_current(list: &RevocationList, revision: i64, now: Timestamp) -> bool {
    let age = now.duration_since(list.this_update);
    list.revision == revision && !age.is_negative() && age < LIST_RENEW_AFTER
}

impl Issuance {
    /// A list that was signed by an authority that has been followed is not served as the present one's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn follow_roll_over(&self) -> Result<(), StoreError> {
        let Some(list) = self.store.read(Newest).await? else { return Ok(()) };
        let ours =
            UnverifiedCrl::parse(&list.der).is_ok_and(|list| list.verify(self.authority.issuing()).is_ok());
        if ours { Ok(()) } else { self.store.write(CountOn).await }
    }
}

struct Newest;

#[async_trait::async_trait]
impl Verb for Newest {
    type Answer = Option<RevocationList>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        RevocationList::newest(tx).await
    }
}

/// Makes the newest list an old one.
struct CountOn;

#[async_trait::async_trait]
impl Verb for CountOn {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        RevocationList::skip(tx, 1).await
    }
}

struct CurrentList {
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for CurrentList {
    type Answer = Option<RevocationList>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let revision = RevocationList::revision(tx, false).await?;
        Ok(RevocationList::newest(tx).await?.filter(|list| is_current(list, revision, self.now)))
    }
}

/// Signs a list of what has ended. It reads alone: with a country's cards that takes seconds, in which others issue and revoke.
struct SignList {
    issuance: Issuance,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for SignList {
    type Answer = Result<RevocationList, ListError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let revision = RevocationList::revision(tx, false).await?;
        let number = RevocationList::newest(tx).await?.map_or(1, |list| list.number + 1);
        // An entry stays on at least one list after its certificate's own end (RFC 5280 §3.3).
        let since = self.now.saturating_sub(LIST_TTL).unwrap_or(self.now);
        let ended = Certificate::ended(tx, since).await?;
        let entries = ended.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let next_update = self.now.saturating_add(LIST_TTL).unwrap_or(Timestamp::MAX);
        let signed =
            self.issuance.authority.revocation_list(&entries, number.unsigned_abs(), self.now, next_update);
        Ok(signed
            .map(|der| RevocationList { number, revision, der, this_update: self.now, next_update })
            .map_err(ListError::from))
    }
}

/// Writes a signed list down under its number. Where another issuer on the same books has taken that number, its list serves
/// as well if it knows as much and is as new; if not, nothing does, and another one is to be signed.
struct KeepList(RevocationList);

#[async_trait::async_trait]
impl Verb for KeepList {
    type Answer = Option<RevocationList>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Self(list) = self;
        // Holding the counter keeps two issuers from writing the same number.
        RevocationList::revision(tx, true).await?;
        match RevocationList::newest(tx).await? {
            Some(newest) if newest.number >= list.number => {
                let serves = newest.revision >= list.revision && newest.this_update >= list.this_update;
                Ok(serves.then_some(newest))
            }
            _ => {
                list.insert(tx).await?;
                RevocationList::forget_before(tx, list.number - 8).await?;
                Ok(Some(list.clone()))
            }
        }
    }
}

fn entry(ended: &Ended) -> Result<ListEntry, StoreError> {
    let damaged = || StoreError::Damaged("a certificate has an unreadable serial number");
    let serial: SerialNumber = ended.serial.parse().map_err(|_| damaged())?;
    Ok(ListEntry { serial, since: ended.since, reason: list_reason(ended.reason) })
}

/// RFC 5280 §5.3.1. The reason is public, so it says no more than verifiers need.
pub(super) fn list_reason(reason: EndReason) -> Option<ListReason> {
    match reason {
        EndReason::PhoneLost | EndReason::IdentityStolen => Some(ListReason::KeyCompromise),
        EndReason::PhoneDamaged
        | EndReason::ServiceGivenUp
        | EndReason::Deleted
        | EndReason::NeverReleased => Some(ListReason::CessationOfOperation),
        EndReason::DataWrong | EndReason::MovedSchool => Some(ListReason::AffiliationChanged),
        EndReason::CardVoid => Some(ListReason::PrivilegeWithdrawn),
        EndReason::Superseded => Some(ListReason::Superseded),
    }
}

/// Messages complete "cannot revoke: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationRefusal {
    /// No such device.
    #[error("device is unknown")]
    UnknownDevice,
    /// No such card.
    #[error("card is unknown")]
    UnknownCard,
}

/// Messages complete "cannot publish the revocation list: …".
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The authority refuses.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
