//! Schools and their agreements with the ministry.
//!
//! Any school may be entered; whether it may issue is judged when it issues.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use shared::card_data::{PostalAddress, PostalAddressError, SchoolName};
use shared::entropy::Entropy;
use shared::school_id::{Regon, Rspo};
use shared::validity::warsaw_date;
use utoipa::ToSchema;

use super::fault::{Checked, FaultCode, Faults, day};
use super::line::AgreementNumber;
use super::profile::{Preset, SchoolProfile};
use super::rules::RulesForm;
use crate::audit::Act;
use crate::store::id::{ProfileId, SchoolId};
use crate::store::tables::school::{Agreement, Profile, School, SchoolKind, SchoolRights, Term};
use crate::store::{Statements, StoreError, Verb};

/// An address as it is typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" })))]
pub struct AddressForm {
    /// Street and number, or village and number.
    #[schema(min_length = 1, max_length = 120)]
    pub street_line: String,
    /// `00-000`.
    #[schema(pattern = "^[0-9]{2}-[0-9]{3}$")]
    pub postal_code: String,
    /// Town.
    #[schema(min_length = 1, max_length = 80)]
    pub city: String,
}

impl AddressForm {
    /// Checks the form.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn parse(&self) -> Result<PostalAddress, Faults> {
        let outcome = PostalAddress::new(self.street_line.trim(), self.postal_code.trim(), self.city.trim());
        outcome.map_err(|error| match error {
            PostalAddressError::StreetLine => Faults::one("street_line", error),
            PostalAddressError::PostalCode => Faults::one("postal_code", error),
            PostalAddressError::City => Faults::one("city", error),
        })
    }
}

/// A school as it is typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "rspo": 12345, "regon": "123456785", "name": "Szkoła Podstawowa nr 1 im. Marii Skłodowskiej-Curie",
    "kind": "primary", "rights": "public",
    "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" },
    "rules": { "preset": "legacy-2019" }
})))]
pub struct SchoolForm {
    /// Number in the register of schools (RSPO).
    #[schema(minimum = 1, maximum = 9999999)]
    pub rspo: u32,
    /// REGON, 9 or 14 digits.
    #[schema(pattern = "^([0-9]{9}|[0-9]{14})$")]
    pub regon: Option<String>,
    /// Full name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Stage of education.
    pub kind: SchoolKind,
    /// Public, or non-public with or without the rights of public ones.
    pub rights: SchoolRights,
    /// How long a base card runs by default; a school year, unless said otherwise.
    pub term: Option<Term>,
    /// Where it is.
    pub address: AddressForm,
    /// Its rules from now on; by default those of `legacy-2019`.
    pub rules: Option<RulesForm>,
}

/// A school, checked.
#[derive(Debug, Clone)]
pub struct NewSchool {
    rspo: Rspo,
    regon: Option<Regon>,
    name: SchoolName,
    kind: SchoolKind,
    rights: SchoolRights,
    term: Term,
    address: PostalAddress,
    rules: SchoolProfile,
}

impl SchoolForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self) -> Result<NewSchool, Faults> {
        let mut checked = Checked::default();
        let rspo = checked.field("rspo", Rspo::try_from(self.rspo));
        let regon = checked.maybe("regon", self.regon.as_deref().map(|text| Regon::parse(text.trim())));
        let name = checked.field("name", SchoolName::parse(self.name.trim()));
        let address = checked.part("address", self.address.parse());
        let rules = match self.rules {
            Some(form) => checked.part("rules", form.parse()),
            None => Some(SchoolProfile::preset(Preset::Legacy2019)),
        };
        let made = (|| {
            Some(NewSchool {
                rspo: rspo?,
                regon: regon?,
                name: name?,
                kind: self.kind,
                rights: self.rights,
                term: self.term.unwrap_or(Term::Yearly),
                address: address?,
                rules: rules?,
            })
        })();
        checked.finish(made)
    }
}

/// Enters a school with its first rules.
#[derive(Debug)]
pub struct EnterSchool {
    id: SchoolId,
    profile: ProfileId,
    school: NewSchool,
    act: Act,
}

impl EnterSchool {
    /// The act of entering `school`.
    pub fn new(school: NewSchool, act: Act, entropy: &dyn Entropy) -> Self {
        let (id, profile) = (SchoolId::fresh(act.at, entropy), ProfileId::fresh(act.at, entropy));
        Self { id, profile, school, act }
    }
}

#[async_trait::async_trait]
impl Verb for EnterSchool {
    type Answer = Result<School, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let new = &self.school;
        let school = School {
            id: self.id.clone(),
            rspo: new.rspo.number().into(),
            regon: new.regon.as_ref().map(|regon| regon.as_str().to_owned()),
            name: new.name.as_str().to_owned(),
            kind: new.kind,
            rights: new.rights,
            term: new.term,
            street_line: new.address.street_line().to_owned(),
            postal_code: new.address.postal_code().to_owned(),
            city: new.address.city().to_owned(),
            created_at: self.act.at,
        };
        if !school.insert_if_new(tx).await? {
            return Ok(Err(SchoolRefusal::RspoTaken));
        }
        let profile = Profile {
            id: self.profile.clone(),
            school_id: self.id.clone(),
            body: new.rules.to_record(),
            effective_from: self.act.at,
            created_at: self.act.at,
        };
        profile.insert(tx).await?;
        let detail = json!({ "rspo": school.rspo, "profile": profile.id });
        self.act.trail().record(tx, "school.entered", school.id.as_str(), detail).await?;
        Ok(Ok(school))
    }
}

/// An agreement as it is typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "number": "MC/mLeg/2026/0001", "signed_on": "2026-09-01" })))]
pub struct AgreementForm {
    /// Its number.
    #[schema(min_length = 1, max_length = 80)]
    pub number: String,
    /// First day on which it holds, `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub signed_on: String,
    /// Last day on which it holds, if one is known.
    #[schema(format = Date)]
    pub ended_on: Option<String>,
}

/// An agreement, checked.
#[derive(Debug, Clone)]
pub struct NewAgreement {
    number: AgreementNumber,
    signed_on: Date,
    ended_on: Option<Date>,
}

impl AgreementForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<NewAgreement, Faults> {
        let mut checked = Checked::default();
        let number = checked.field("number", AgreementNumber::parse(&self.number));
        let signed_on = checked.field("signed_on", day(&self.signed_on));
        let ended_on = checked.maybe("ended_on", self.ended_on.as_deref().map(day));
        if let (Some(first), Some(Some(last))) = (signed_on, ended_on)
            && last < first
        {
            checked.fault("ended_on", FaultCode::EndsBeforeItStarts);
        }
        let made = (|| Some(NewAgreement { number: number?, signed_on: signed_on?, ended_on: ended_on? }))();
        checked.finish(made)
    }
}

/// Puts an agreement in the place of whatever the school had.
#[derive(Debug)]
pub struct SetAgreement {
    /// Whose.
    pub school: SchoolId,
    /// What was agreed.
    pub agreement: NewAgreement,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for SetAgreement {
    type Answer = Result<Agreement, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::lock(tx, &self.school).await?.is_none() {
            return Ok(Err(SchoolRefusal::UnknownSchool));
        }
        let agreement = Agreement {
            school_id: self.school.clone(),
            number: self.agreement.number.as_str().to_owned(),
            signed_on: self.agreement.signed_on,
            ended_on: self.agreement.ended_on,
        };
        agreement.replace(tx).await?;
        let detail = json!({ "number": agreement.number, "signed_on": agreement.signed_on, "ended_on": agreement.ended_on });
        self.act.trail().record(tx, "agreement.set", self.school.as_str(), detail).await?;
        Ok(Ok(agreement))
    }
}

/// Ends a school's agreement at once: its last day was yesterday. From now on the school issues nothing.
#[derive(Debug)]
pub struct EndAgreement {
    /// Whose.
    pub school: SchoolId,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for EndAgreement {
    type Answer = Result<Agreement, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::lock(tx, &self.school).await?.is_none() {
            return Ok(Err(SchoolRefusal::UnknownSchool));
        }
        let today = warsaw_date(self.act.at);
        let Some(mut agreement) = Agreement::find(tx, &self.school).await? else {
            return Ok(Err(SchoolRefusal::NoAgreement));
        };
        if agreement.holds_on(today) || agreement.signed_on > today {
            let yesterday = today.yesterday().unwrap_or(today);
            agreement.ended_on = Some(yesterday);
            agreement.replace(tx).await?;
            let detail = json!({ "ended_on": agreement.ended_on });
            self.act.trail().record(tx, "agreement.ended", self.school.as_str(), detail).await?;
        }
        Ok(Ok(agreement))
    }
}

/// A school with its agreement and the rules that hold now.
#[derive(Debug, Clone)]
pub struct SchoolEntry {
    /// The school.
    pub school: School,
    /// Its agreement, past ones included.
    pub agreement: Option<Agreement>,
    /// The rules that hold now.
    pub profile: Profile,
}

/// Reads one school.
#[derive(Debug)]
pub struct ReadSchool {
    /// Which.
    pub school: SchoolId,
    /// When "now" is.
    pub now: jiff::Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadSchool {
    type Answer = Result<SchoolEntry, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(school) = School::find(tx, &self.school).await? else {
            return Ok(Err(SchoolRefusal::UnknownSchool));
        };
        let agreement = Agreement::find(tx, &self.school).await?;
        let Some(profile) = Profile::holding(tx, &self.school, self.now).await? else {
            return Err(StoreError::Damaged("a school has no profile"));
        };
        Ok(Ok(SchoolEntry { school, agreement, profile }))
    }
}

/// Reads all schools, by RSPO.
#[derive(Debug)]
pub struct ListSchools;

#[async_trait::async_trait]
impl Verb for ListSchools {
    type Answer = Vec<School>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        School::all(tx).await
    }
}

/// Messages complete "cannot change the school's entry: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SchoolRefusal {
    /// No such school.
    #[error("school is unknown")]
    UnknownSchool,
    /// Entered already.
    #[error("a school with this RSPO number is entered already")]
    RspoTaken,
    /// There is none to end.
    #[error("school has no agreement")]
    NoAgreement,
    /// Rules cannot hold from an instant that has passed: cards were issued under others.
    #[error("rules cannot take effect in the past")]
    ProfileInPast,
}
