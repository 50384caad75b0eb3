//! The sandbox's demo schools: one of each preset, with plainly fictional pupils and drawn portraits.
//!
//! They are entered through the same forms and verbs as any other school's.

pub mod accounts;
pub mod portrait;

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::validity::{SchoolTerm, default_last_day, warsaw_date};

use self::accounts::{EnterAccounts, SeededPortalAccount, SeededStaff, enter_portal_account};
use self::portrait::Portrait;
use crate::audit::{Act, Actor};
use crate::issuance::Issuance;
use crate::issuance::order::PlaceOrder;
use crate::registry::application::{ApplicationForm, CompletionForm, JudgeApplication, RegisterApplication};
use crate::registry::base_card::{BaseCardForm, EnterBaseCard};
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::registry::photo;
use crate::registry::photo_book::KeepPhoto;
use crate::registry::profile::{Preset, SchoolProfile};
use crate::registry::pupil::{EnterPupil, PupilForm};
use crate::registry::school::{AgreementForm, EnterSchool, SchoolForm, SetAgreement};
use crate::store::id::{GuardianId, OrderId, PupilId, SchoolId};
use crate::store::tables::{self, school::School};
use crate::store::{Statements, StoreError, Verb};

/// Given name, surname, birth date, PESEL (valid, made up), class.
type PupilRow = (&'static str, &'static str, &'static str, &'static str, &'static str);

const LEGACY_PUPILS: &[PupilRow] = &[
    ("Zofia", "Przykładowa", "2012-09-01", "12290100012", "7a"),
    ("Staś", "Testowicz", "2012-11-13", "12311300010", "7a"),
    ("Żaneta", "Zmyślona", "2013-02-28", "13222800026", "7b"),
];

const ZPE_PUPILS: &[PupilRow] = &[
    ("Gniewko", "Niebyły", "2014-05-05", "14250500034", "5a"),
    ("Łucja", "Wymyślna", "2014-12-24", "14322400042", "5a"),
];

/// What was entered.
#[derive(Debug, serde::Serialize)]
pub struct Seeded {
    /// The schools, with their pupils.
    pub schools: Vec<SeededSchool>,
}

/// A demo school.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SeededSchool {
    /// The school.
    pub id: SchoolId,
    /// Its name.
    pub name: &'static str,
    /// The procedure that it follows.
    pub preset: Preset,
    /// Its pupils, each with an order that is ready for a slip.
    pub pupils: Vec<SeededPupil>,
    /// Its staff, who sign in at `/office` with the password `piaskownica-szkolna`.
    pub staff: Vec<SeededStaff>,
    /// A pupil and a parent, who sign in at `/portal` with the same password.
    pub portal: Vec<SeededPortalAccount>,
}

/// A demo pupil.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SeededPupil {
    /// The pupil.
    pub id: PupilId,
    /// Given name and surname.
    pub name: String,
    /// `POST /api/v1/orders/{order_id}/slips` makes the slip.
    pub order_id: OrderId,
    /// Maria, the guardian who applied.
    pub guardian_id: GuardianId,
}

/// Enters the demo schools unless there is a school already.
///
/// # Errors
/// When the database fails, or a form of ours would not pass.
pub async fn enter_once(issuance: &Issuance) -> Result<Option<Seeded>, SeedError> {
    if issuance.store.read(AnySchool).await? { Ok(None) } else { enter(issuance).await.map(Some) }
}

/// Erases the books (not the accounts of the installation itself), then does `between`, then enters the demo schools anew.
///
/// # Errors
/// When the database fails, or a form of ours would not pass.
pub async fn start_again(issuance: &Issuance, between: impl FnOnce()) -> Result<Seeded, SeedError> {
    issuance.store.write(Erase).await?;
    between();
    enter(issuance).await
}

async fn enter(issuance: &Issuance) -> Result<Seeded, SeedError> {
    let legacy = ("Szkoła Podstawowa nr 0 w Przykładowie", 990_101, Preset::Legacy2019, LEGACY_PUPILS);
    let zpe = ("Zespół Szkół Niebyłych w Zmyślonej", 990_102, Preset::Zpe2025, ZPE_PUPILS);
    let (store, entropy) = (&issuance.store, &*issuance.entropy);
    let password = accounts::hashed_password(entropy).ok_or(SeedError::Form)?;
    let mut schools = Vec::new();
    for ((name, rspo, preset, pupils), (prefix, class)) in
        [legacy, zpe].into_iter().zip([("sp0", "7a"), ("zsn", "5a")])
    {
        let mut school = school(issuance, name, rspo, preset, pupils).await?;
        let staff =
            EnterAccounts::new(school.id.clone(), prefix, class, password.clone(), issuance.now(), entropy);
        school.staff = store.write(staff).await?;
        school.portal = portal(issuance, prefix, &school).await?;
        schools.push(school);
    }
    Ok(Seeded { schools })
}

/// The first pupil, and one parent of all of them.
async fn portal(
    issuance: &Issuance,
    prefix: &str,
    school: &SeededSchool,
) -> Result<Vec<SeededPortalAccount>, SeedError> {
    let mut accounts = Vec::new();
    if let Some(pupil) = school.pupils.first() {
        let children = vec![(pupil.id.clone(), None)];
        let login = format!("{prefix}.uczen");
        accounts.push(enter_portal_account(issuance, &school.id, &login, &pupil.name, children).await?);
    }
    let children = school.pupils.iter().map(|pupil| (pupil.id.clone(), Some(pupil.guardian_id.clone())));
    let (login, children) = (format!("{prefix}.rodzic"), children.collect());
    accounts.push(enter_portal_account(issuance, &school.id, &login, "Maria Rodzicielska", children).await?);
    Ok(accounts)
}

async fn school(
    issuance: &Issuance,
    name: &'static str,
    rspo: u32,
    preset: Preset,
    rows: &[PupilRow],
) -> Result<SeededSchool, SeedError> {
    let desk = Desk { issuance, today: warsaw_date(issuance.now()) };
    let school: SchoolForm = form(json!({
        "rspo": rspo, "name": name, "kind": "primary", "rights": "public",
        "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Przykładowo" },
        "rules": { "preset": preset },
    }))?;
    let school =
        EnterSchool::new(school.parse().map_err(|_| SeedError::Form)?, desk.act(), &*issuance.entropy);
    let id = issuance.store.write(school).await?.map_err(|_| SeedError::Refused)?.id;
    let agreement: AgreementForm = form(json!({ "number": "MC/mLeg/2020/0001", "signed_on": "2020-01-02" }))?;
    let agreement = agreement.parse().map_err(|_| SeedError::Form)?;
    let set = SetAgreement { school: id.clone(), agreement, act: desk.act() };
    issuance.store.write(set).await?.map_err(|_| SeedError::Refused)?;
    let mut pupils = Vec::new();
    for (n, row) in (u64::from(rspo)..).zip(rows) {
        pupils.push(desk.pupil(&id, preset, n, row).await?);
    }
    Ok(SeededSchool { id, name, preset, pupils, staff: Vec::new(), portal: Vec::new() })
}

struct Desk<'a> {
    issuance: &'a Issuance,
    today: Date,
}

impl Desk<'_> {
    fn act(&self) -> Act {
        self.issuance.act(Actor::System)
    }

    async fn pupil(
        &self,
        school: &SchoolId,
        preset: Preset,
        n: u64,
        (given, surname, born, pesel, class): &PupilRow,
    ) -> Result<SeededPupil, SeedError> {
        let (store, entropy) = (&self.issuance.store, &*self.issuance.entropy);
        let pupil: PupilForm = form(json!({
            "given_names": given, "surname": surname, "birth_date": born, "pesel": pesel, "class_name": class,
            "address": { "street_line": "ul. Zmyślona 7/3", "postal_code": "00-951", "city": "Przykładowo" },
        }))?;
        let pupil = pupil.parse(self.today).map_err(|_| SeedError::Form)?;
        let enter = EnterPupil::new(school.clone(), pupil, self.act(), entropy);
        let id = store.write(enter).await?.map_err(|_| SeedError::Refused)?.id;

        let guardian: GuardianForm =
            form(json!({ "given_names": "Maria", "surname": surname, "email": "opiekun@przyklad.example" }))?;
        let guardian = guardian.parse().map_err(|_| SeedError::Form)?;
        let enter = EnterGuardian::new(id.clone(), guardian, self.act(), entropy);
        let guardian = store.write(enter).await?.map_err(|_| SeedError::Refused)?.id;
        let application: ApplicationForm = form(json!({ "applicant": "guardian", "guardian_id": guardian }))?;
        let application = application.parse(self.today).map_err(|_| SeedError::Form)?;
        let register = RegisterApplication::new(id.clone(), application, self.act(), entropy);
        let application = store.write(register).await?.map_err(|_| SeedError::Refused)?.id;
        let complete: CompletionForm = form(json!({}))?;
        let verdict = complete.parse(self.today).map_err(|_| SeedError::Form)?;
        let judge = JudgeApplication { application, verdict, act: self.act() };
        store.write(judge).await?.map_err(|_| SeedError::Refused)?;

        let rules = SchoolProfile::preset(preset);
        // One procedure wants a big photo, the other a small one.
        let (width, height) = if preset == Preset::Legacy2019 { (354, 496) } else { (236, 304) };
        let picture = Portrait::new(n).jpeg(width, height, 95).map_err(|_| SeedError::Form)?;
        let photo = photo::accept(
            &picture,
            &rules.photo_source,
            &rules.photo_derived,
            rules.small_source_passes,
            None,
        )
        .map_err(|_| SeedError::Form)?;
        let keep = KeepPhoto::new(id.clone(), photo, self.act(), entropy);
        store.write(keep).await?.map_err(|_| SeedError::Refused)?;

        let until = default_last_day(self.today, SchoolTerm::Yearly);
        let card: BaseCardForm = form(json!({ "form": "paper", "valid_until": until.to_string() }))?;
        let card = card.parse(self.today).map_err(|_| SeedError::Form)?;
        let enter = EnterBaseCard::new(id.clone(), card, self.act(), entropy);
        store.write(enter).await?.map_err(|_| SeedError::Refused)?;

        let order_id = OrderId::fresh(self.issuance.now(), entropy);
        let place = PlaceOrder {
            id: order_id.clone(),
            pupil: id.clone(),
            base_card: None,
            application: None,
            act: self.act(),
        };
        store.write(place).await?.map_err(|_| SeedError::Refused)?;
        Ok(SeededPupil { id, name: format!("{given} {surname}"), order_id, guardian_id: guardian })
    }
}

fn form<T: DeserializeOwned>(json: Value) -> Result<T, SeedError> {
    serde_json::from_value(json).map_err(|_| SeedError::Form)
}

struct AnySchool;

#[async_trait::async_trait]
impl Verb for AnySchool {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        Ok(!School::all(tx).await?.is_empty())
    }
}

struct Erase;

#[async_trait::async_trait]
impl Verb for Erase {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tables::erase_books(tx).await
    }
}

/// Messages complete "cannot enter the demo schools: …".
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A form of ours does not pass its own checks.
    #[error("a form of the demo does not pass")]
    Form,
    /// A verb refused what should be right.
    #[error("an act of the demo was refused")]
    Refused,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use shared::pesel::Pesel;

    use super::*;

    #[test]
    fn demo_pupils_have_numbers_that_fit_their_birthdays() {
        for (_, surname, born, pesel, _) in LEGACY_PUPILS.iter().chain(ZPE_PUPILS) {
            let pesel = Pesel::parse(pesel).unwrap_or_else(|error| panic!("{surname}: {error}"));
            assert_eq!(pesel.birth_date().to_string(), *born, "{surname}");
        }
    }
}
