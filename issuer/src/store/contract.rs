//! What every database behind [`Store`] must do, as a suite that runs against each of them.
//!
//! It is a plain function so that whoever adds a backend, or distrusts one, can run it: give it an empty store.

mod lease;
mod status;
mod together;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;

use super::id::{BaseCardId, CardId, DeviceId, GrantId, NoticeId, OrderId, ProfileId, PupilId, SchoolId};
use super::tables::base_card::{BaseCard, BaseCardState, Form};
use super::tables::certificate::{Certificate, CertificateState, SpentNonce};
use super::tables::device::{Device, DeviceState, EndReason};
use super::tables::grant::{Grant, GrantState, GrantWithRules};
use super::tables::mobile_card::MobileCard;
use super::tables::pupil::Pupil;
use super::tables::revocation_list::RevocationList;
use super::tables::school::{Profile, School, SchoolKind, SchoolRights, Term};
use super::{Statements, Store, StoreError, Verb};

/// A promise that was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Breach {
    /// What should hold, and does not.
    #[error("the store breaks its contract: {0}")]
    Broken(&'static str),
    /// The store failed where it should not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn ensure(holds: bool, promise: &'static str) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err(Breach::Broken(promise)) }
}

/// Runs the suite against an empty store, at `now`.
///
/// # Errors
/// The first promise that is not kept.
pub async fn run(store: &Store, now: Timestamp, entropy: &dyn Entropy) -> Result<(), Breach> {
    let rows = Rows::new(now, entropy);
    ensure(store.write(rows.clone()).await?, "rows read back as they were written")?;
    ensure(
        matches!(store.write(rows.clone()).await, Err(StoreError::Constraint(_))),
        "a key that is taken refuses the row, as a constraint",
    )?;
    refusals_keep_or_take_back(store, &rows).await?;
    together::what_is_left_for_later_belongs_to_the_act(store, &rows, entropy).await?;
    together::queries_are_answered_in_their_order(store, &rows, entropy).await?;
    together::refusals_among_others_take_back_their_own(store, &rows).await?;
    reading_does_not_write(store, &rows).await?;
    held_rows_lose_no_update(store, &rows).await?;
    a_nonce_is_spent_once(store, &rows).await?;
    places_are_unique(store, &rows, entropy).await?;
    revocations_are_counted(store, &rows).await?;
    status::places_are_taken_once_and_turned_with_their_device(store, now, entropy).await?;
    lease::is_one_workers_until_it_runs_out(store, &rows, now, entropy).await?;
    Ok(())
}

/// A school, a pupil, a card and a grant, tied together.
#[derive(Clone)]
struct Rows {
    school: School,
    profile: Profile,
    pupil: Pupil,
    base: BaseCard,
    card: MobileCard,
    grant: Grant,
}

impl Rows {
    fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let school_id = SchoolId::fresh(now, entropy);
        let pupil_id = PupilId::fresh(now, entropy);
        let base_id = BaseCardId::fresh(now, entropy);
        let card_id = CardId::fresh(now, entropy);
        let profile_id = ProfileId::fresh(now, entropy);
        Self {
            school: School {
                id: school_id.clone(),
                rspo: 990_001,
                regon: None,
                name: "Szkoła Próbna 'O''Neill'; DROP TABLE school; --".into(),
                kind: SchoolKind::Primary,
                rights: SchoolRights::Public,
                term: Term::Yearly,
                street_line: "ul. Żółta 1".into(),
                postal_code: "00-001".into(),
                city: "Łódź".into(),
                created_at: now,
            },
            profile: Profile {
                id: profile_id.clone(),
                school_id: school_id.clone(),
                body: "{}".into(),
                effective_from: now,
                created_at: now,
            },
            pupil: Pupil {
                id: pupil_id.clone(),
                school_id: school_id.clone(),
                given_names: "Zażółć".into(),
                surname: "Gęślą-Jaźń".into(),
                pesel: None,
                other_document: Some("paszport".into()),
                birth_date: day,
                street_line: "ul. Żółta 2".into(),
                postal_code: "00-001".into(),
                city: "Łódź".into(),
                class_name: "1a".into(),
                version: 1,
                created_at: now,
                search_text: String::new(),
                sort_key: Some(vec![1]),
                erased_at: None,
            },
            base: BaseCard {
                id: base_id.clone(),
                pupil_id: pupil_id.clone(),
                school_id: school_id.clone(),
                rspo: 990_001,
                year: 2026,
                number: 1,
                form: Form::Paper,
                issued_on: day,
                valid_until: day,
                state: BaseCardState::Held,
                void_reason: None,
                duplicate_of: None,
                created_at: now,
            },
            card: MobileCard {
                id: card_id.clone(),
                base_card_id: base_id,
                pupil_id,
                school_id,
                created_at: now,
            },
            grant: Grant {
                id: GrantId::fresh(now, entropy),
                card_id,
                order_id: None::<OrderId>,
                profile_id,
                offer_hash: entropy.bytes(),
                typed_hash: entropy.bytes(),
                code_mac: Some(entropy.bytes()),
                state: GrantState::Ready,
                failures: 0,
                epoch: 0,
                device_id: None,
                replaces_device: None,
                created_at: now,
                expires_at: now,
                collected_at: None,
                collected_by: None,
                filed_at: None,
                bound_epoch: None,
            },
        }
    }

    fn device(&self, slot: u8, state: DeviceState, entropy: &dyn Entropy) -> Device {
        Device {
            id: DeviceId::fresh(self.card.created_at, entropy),
            card_id: self.card.id.clone(),
            grant_id: GrantId::fresh(self.card.created_at, entropy),
            slot,
            slots: 5,
            thumbprint: NoticeId::fresh(self.card.created_at, entropy).to_string(),
            public_key: vec![4; 65],
            name: "telefon".into(),
            platform: "android".into(),
            os_version: "14".into(),
            app_version: "1.0.0".into(),
            state,
            activated_at: self.card.created_at,
            ended_at: None,
            end_reason: None,
        }
    }
}

#[async_trait::async_trait]
impl Verb for Rows {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        self.school.insert(tx).await?;
        self.profile.insert(tx).await?;
        self.pupil.insert(tx).await?;
        self.base.insert(tx).await?;
        self.card.insert(tx).await?;
        self.grant.insert(tx).await?;
        let school = School::by_rspo(tx, self.school.rspo).await?;
        let grant = GrantWithRules::by_offer(tx, &self.grant.offer_hash).await?.map(|found| found.grant);
        let pupil = Pupil::lock(tx, &self.pupil.id).await?;
        let same_school =
            school.is_some_and(|s| s.name == self.school.name && s.created_at == self.school.created_at);
        let same_grant = grant.is_some_and(|g| g.code_mac == self.grant.code_mac && g.order_id.is_none());
        let same_pupil = pupil.is_some_and(|p| p.surname == self.pupil.surname && p.pesel.is_none());
        Ok(same_school && same_grant && same_pupil)
    }
}

/// Raises a grant's epoch and then ends as told.
struct Raise {
    grant: GrantId,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Keep,
    TakeBack,
    Fail,
}

#[async_trait::async_trait]
impl Verb for Raise {
    type Answer = (i64, End);

    fn keeps((_, end): &Self::Answer) -> bool {
        *end == End::Keep
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let missing = || StoreError::Damaged("the grant is gone");
        let mut grant = Grant::lock(tx, &self.grant).await?.ok_or_else(missing)?;
        grant.epoch += 1;
        grant.update(tx).await?;
        if self.end == End::Fail { Err(missing()) } else { Ok((grant.epoch, self.end)) }
    }
}

async fn refusals_keep_or_take_back(store: &Store, rows: &Rows) -> Result<(), Breach> {
    let raise = |end| Raise { grant: rows.grant.id.clone(), end };
    let (before, _) = store.write(raise(End::Keep)).await?;
    store.write(raise(End::TakeBack)).await?;
    ensure(store.write(raise(End::Fail)).await.is_err(), "an error is answered as one")?;
    let (after, _) = store.write(raise(End::Keep)).await?;
    ensure(after == before + 1, "an answer that keeps nothing, and an error, leave nothing behind")
}

async fn reading_does_not_write(store: &Store, rows: &Rows) -> Result<(), Breach> {
    let raise = Raise { grant: rows.grant.id.clone(), end: End::Keep };
    ensure(store.read(raise).await.is_err(), "a verb that only reads cannot write")
}

async fn held_rows_lose_no_update(store: &Store, rows: &Rows) -> Result<(), Breach> {
    let raise = || Raise { grant: rows.grant.id.clone(), end: End::Keep };
    let (before, _) = store.write(raise()).await?;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (store, raise) = (store.clone(), raise());
        racers.spawn(async move { store.write(raise).await });
    }
    while let Some(raced) = racers.join_next().await {
        raced.map_err(|_| Breach::Broken("a racer panicked"))??;
    }
    let (after, _) = store.write(raise()).await?;
    ensure(after == before + 51, "fifty acts on one held row all count")
}

struct Spend {
    hash: [u8; 32],
    spend: SpentNonce,
    expires_at: Timestamp,
}

#[async_trait::async_trait]
impl Verb for Spend {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        self.spend.spend(tx, &self.hash, self.expires_at).await
    }
}

async fn a_nonce_is_spent_once(store: &Store, rows: &Rows) -> Result<(), Breach> {
    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..20 {
        let spend = SpentNonce {
            grant_id: rows.grant.id.clone(),
            thumbprint: format!("key {racer}"),
            serial: "01".into(),
        };
        let verb = Spend { hash: [7; 32], spend, expires_at: rows.card.created_at };
        let store = store.clone();
        racers.spawn(async move { store.write(verb).await });
    }
    let mut first = 0;
    while let Some(raced) = racers.join_next().await {
        first += usize::from(raced.map_err(|_| Breach::Broken("a racer panicked"))??);
    }
    ensure(first == 1, "of twenty who spend one nonce, one is first")
}

struct TakePlace(Arc<Device>);

#[async_trait::async_trait]
impl Verb for TakePlace {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.0.insert(tx).await
    }
}

async fn places_are_unique(store: &Store, rows: &Rows, entropy: &dyn Entropy) -> Result<(), Breach> {
    let take = |device: Device| store.write(TakePlace(Arc::new(device)));
    take(rows.device(1, DeviceState::Live, entropy)).await?;
    let second = take(rows.device(1, DeviceState::Live, entropy)).await;
    ensure(
        matches!(second, Err(StoreError::Constraint(_))),
        "a place that a live device holds cannot be taken, whatever the code above forgot",
    )?;
    take(rows.device(1, DeviceState::Revoked, entropy)).await?;
    take(rows.device(1, DeviceState::Pending, entropy)).await?;
    let pending = take(rows.device(1, DeviceState::Pending, entropy)).await;
    ensure(matches!(pending, Err(StoreError::Constraint(_))), "nor can two wait for one place")?;
    take(rows.device(2, DeviceState::Live, entropy)).await.map_err(Breach::from)
}

struct RevokeFirst {
    rows: Rows,
}

#[async_trait::async_trait]
impl Verb for RevokeFirst {
    /// Revision before and after, and what the list would name now and a second after the card's end.
    type Answer = (i64, i64, usize, usize);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.rows.card.created_at;
        let devices = Device::of_card(tx, &self.rows.card.id).await?;
        let device = devices.first().ok_or(StoreError::Damaged("the device is gone"))?;
        let before = RevocationList::revision(tx, true).await?;
        let certificate = Certificate {
            serial: "0badc0de".into(),
            device_id: device.id.clone(),
            card_id: device.card_id.clone(),
            state: CertificateState::Prepared,
            tbs: vec![0x30],
            der: None,
            card_data: b"{}".to_vec(),
            photo_id: None,
            card_inputs: [1; 32],
            notification_id: "n".into(),
            not_after: now,
            prepared_at: now,
            issued_at: None,
            ended_at: None,
            end_reason: None,
        };
        certificate.insert(tx).await?;
        let settled = Certificate::settle(tx, &certificate.serial, b"der", now).await?.is_some();
        let again = Certificate::settle(tx, &certificate.serial, b"other", now).await?.is_some();
        if !settled || again {
            return Err(StoreError::Damaged("a certificate is settled once"));
        }
        Certificate::end_of_device(tx, &device.id, "", now, EndReason::PhoneLost).await?;
        let after = RevocationList::revision(tx, false).await?;
        let late = now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now);
        let listed = Certificate::ended(tx, now).await?.len();
        Ok((before, after, listed, Certificate::ended(tx, late).await?.len()))
    }
}

async fn revocations_are_counted(store: &Store, rows: &Rows) -> Result<(), Breach> {
    let (before, after, listed, later) = store.write(RevokeFirst { rows: rows.clone() }).await?;
    ensure(after == before + 1, "an act of revocation raises the revision")?;
    ensure(listed == 1 && later == 0, "the list names what ended, until it would have ended anyway")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;
    use crate::store::Location;

    #[tokio::test]
    async fn sqlite_keeps_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("issuer.db"));
        let now = "2026-11-21T18:30:00Z".parse().unwrap();
        let store = Store::open(&location).await.unwrap();
        run(&store, now, &SystemEntropy).await.unwrap();
        // A second opening finds the schema up to date and the rows in place.
        let again = Store::open(&location).await.unwrap();
        assert!(matches!(again.write(Rows::new(now, &SystemEntropy)).await, Err(StoreError::Constraint(_))));
    }

    /// A verb whose group cannot begin must not commit by itself while its caller is told that it failed.
    #[tokio::test]
    async fn a_locked_file_keeps_every_verb_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.db");
        let store = Store::open(&Location::Sqlite(path.clone())).await.unwrap();
        let now = "2026-11-21T18:30:00Z".parse().unwrap();
        let rows = Rows::new(now, &SystemEntropy);
        let raw = rusqlite::Connection::open(&path).unwrap();
        raw.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(store.write(rows.clone()).await.is_err());
        raw.execute_batch("ROLLBACK").unwrap();
        let schools: i64 = raw.query_row("SELECT COUNT(*) FROM school", [], |row| row.get(0)).unwrap();
        assert_eq!(schools, 0, "what failed left nothing");
        assert!(store.write(rows).await.unwrap(), "and the next one works");
    }

    /// A verb that panics takes back only itself.
    #[tokio::test]
    async fn a_panic_does_not_end_the_writer() {
        struct Panics;
        #[async_trait::async_trait]
        impl Verb for Panics {
            type Answer = ();
            async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
                tx.execute("UPDATE counter SET value = 99", &[]).await?;
                panic!("on purpose")
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("issuer.db"))).await.unwrap();
        assert!(store.write(Panics).await.is_err());
        let now = "2026-11-21T18:30:00Z".parse().unwrap();
        run(&store, now, &SystemEntropy).await.unwrap();
    }

    #[tokio::test]
    async fn a_newer_schema_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.db");
        drop(Store::open(&Location::Sqlite(path.clone())).await.unwrap());
        let raw = rusqlite::Connection::open(&path).unwrap();
        raw.execute("INSERT INTO schema_version (version) VALUES (999)", []).unwrap();
        assert!(matches!(
            Store::open(&Location::Sqlite(path)).await,
            Err(StoreError::Newer { found: 999, .. })
        ));
    }
}
