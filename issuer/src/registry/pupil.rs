//! Pupils.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use shared::card_data::{PersonName, PostalAddress};
use shared::entropy::Entropy;
use shared::pesel::{ImplausibleAge, OLDEST_PUPIL, Pesel, YOUNGEST_PUPIL};
use shared::validity::age_on;
use utoipa::ToSchema;

use super::fault::{Checked, FaultCode, Faults, day};
use super::line::{ClassName, DocumentName};
use super::school::AddressForm;
use super::sorting;
use crate::audit::Act;
use crate::store::id::{PupilId, SchoolId};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// How a pupil is identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By PESEL; only then may there be a mobile card.
    Pesel(Pesel),
    /// By another document: base card only.
    OtherDocument(DocumentName),
}

impl Identity {
    pub(super) fn parse(checked: &mut Checked, pesel: Option<&str>, other: Option<&str>) -> Option<Self> {
        match (pesel, other) {
            (Some(pesel), None) => checked.field("pesel", Pesel::parse(pesel.trim())).map(Self::Pesel),
            (None, Some(other)) => {
                checked.field("other_document", DocumentName::parse(other)).map(Self::OtherDocument)
            }
            (Some(_), Some(_)) => {
                checked.fault("other_document", FaultCode::IdentityTwice);
                None
            }
            (None, None) => None,
        }
    }

    /// Whether the birth date is this identity's and a pupil's. That a number fits by its checksum says little:
    /// some transpositions of its digits pass, and show only in the birth date.
    pub(super) fn fits(&self, birth_date: Date, today: Date) -> Result<(), FaultCode> {
        match self {
            Self::Pesel(pesel) if pesel.birth_date() != birth_date => {
                return Err(FaultCode::BirthDateDiffers);
            }
            Self::Pesel(_) | Self::OtherDocument(_) => {}
        }
        plausible_age(birth_date, today).map_err(FaultCode::from)
    }

    pub(super) fn columns(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Pesel(pesel) => (Some(pesel.as_str().to_owned()), None),
            Self::OtherDocument(document) => (None, Some(document.as_str().to_owned())),
        }
    }
}

/// As [`Pesel::plausible_age`], for pupils without a PESEL too.
fn plausible_age(birth_date: Date, today: Date) -> Result<(), ImplausibleAge> {
    match age_on(birth_date, today) {
        _ if birth_date > today => Err(ImplausibleAge::NotBornYet),
        age if age < YOUNGEST_PUPIL => Err(ImplausibleAge::TooYoung),
        age if age > OLDEST_PUPIL => Err(ImplausibleAge::TooOld),
        _ => Ok(()),
    }
}

/// A pupil as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "given_names": "Zofia Maria", "surname": "Nowak-Żółć", "pesel": "12290155531", "birth_date": "2012-09-01",
    "address": { "street_line": "ul. Lipowa 3/7", "postal_code": "42-200", "city": "Częstochowa" }, "class_name": "7b"
})))]
pub struct PupilForm {
    /// Given names, at most 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    pub given_names: String,
    /// Surname, at most 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    pub surname: String,
    /// PESEL; without one there is no mobile card.
    #[schema(pattern = "^[0-9]{11}$")]
    pub pesel: Option<String>,
    /// Another identity document, for a pupil without a PESEL.
    #[schema(min_length = 1, max_length = 64)]
    pub other_document: Option<String>,
    /// Birth date, `YYYY-MM-DD`; must be the PESEL's.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Home address.
    pub address: AddressForm,
    /// Class.
    #[schema(min_length = 1, max_length = 16)]
    pub class_name: String,
}

/// A pupil, checked.
#[derive(Clone)]
pub struct NewPupil {
    given_names: PersonName,
    surname: PersonName,
    identity: Identity,
    birth_date: Date,
    address: PostalAddress,
    class_name: ClassName,
}

impl PupilForm {
    /// Checks the form; `today` (in Warsaw) decides whether the age is a pupil's.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self, today: Date) -> Result<NewPupil, Faults> {
        let mut checked = Checked::default();
        let given_names = checked.field("given_names", PersonName::parse(self.given_names.trim()));
        let surname = checked.field("surname", PersonName::parse(self.surname.trim()));
        let identity = Identity::parse(&mut checked, self.pesel.as_deref(), self.other_document.as_deref());
        if self.pesel.is_none() && self.other_document.is_none() {
            checked.fault("pesel", FaultCode::IdentityMissing);
        }
        let birth_date = checked.field("birth_date", day(&self.birth_date));
        if let (Some(identity), Some(birth_date)) = (&identity, birth_date) {
            checked.field("birth_date", identity.fits(birth_date, today));
        }
        let address = checked.part("address", self.address.parse());
        let class_name = checked.field("class_name", ClassName::parse(&self.class_name));
        let made = (|| {
            Some(NewPupil {
                given_names: given_names?,
                surname: surname?,
                identity: identity?,
                birth_date: birth_date?,
                address: address?,
                class_name: class_name?,
            })
        })();
        checked.finish(made)
    }
}

impl std::fmt::Debug for NewPupil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPupil(…)")
    }
}

impl NewPupil {
    /// How the pupil is identified.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Enters a pupil.
#[derive(Debug)]
pub struct EnterPupil {
    id: PupilId,
    school: SchoolId,
    pupil: NewPupil,
    act: Act,
}

impl EnterPupil {
    /// The act of entering `pupil` at `school`.
    pub fn new(school: SchoolId, pupil: NewPupil, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: PupilId::fresh(act.at, entropy), school, pupil, act }
    }
}

#[async_trait::async_trait]
impl Verb for EnterPupil {
    type Answer = Result<Pupil, PupilRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::find(tx, &self.school).await?.is_none() {
            return Ok(Err(PupilRefusal::UnknownSchool));
        }
        let new = &self.pupil;
        let (pesel, other_document) = new.identity.columns();
        let mut pupil = Pupil {
            id: self.id.clone(),
            school_id: self.school.clone(),
            given_names: new.given_names.as_str().to_owned(),
            surname: new.surname.as_str().to_owned(),
            pesel,
            other_document,
            birth_date: new.birth_date,
            street_line: new.address.street_line().to_owned(),
            postal_code: new.address.postal_code().to_owned(),
            city: new.address.city().to_owned(),
            class_name: new.class_name.as_str().to_owned(),
            version: 1,
            created_at: self.act.at,
            search_text: String::new(),
            sort_key: None,
            erased_at: None,
        };
        index(&mut pupil);
        if !pupil.insert_if_new(tx).await? {
            return Ok(Err(PupilRefusal::PeselTaken));
        }
        let detail = json!({ "school": self.school });
        self.act.trail().record(tx, "pupil.entered", pupil.id.as_str(), detail).await?;
        Ok(Ok(pupil))
    }
}

/// Derives what a pupil is sorted and searched by; to be called before a pupil is written.
pub(crate) fn index(pupil: &mut Pupil) {
    let pesel = pupil.pesel.as_deref().unwrap_or_default();
    let (given, surname, class) = (&pupil.given_names, &pupil.surname, &pupil.class_name);
    let mut text = sorting::folded(&format!("{surname} {given} {class}"));
    // The second part of a double name is looked for by itself, too.
    let parts: Vec<String> = text.split([' ', '-', '\'']).skip(1).map(str::to_owned).collect();
    for part in parts {
        if !part.is_empty() && !text.split(' ').any(|word| word == part) {
            text.push(' ');
            text.push_str(&part);
        }
    }
    // Blanks around every word, so that a search finds beginnings of words.
    pupil.search_text = format!(" {text} {pesel} ");
    pupil.sort_key = Some(sorting::sort_key([surname.as_str(), given.as_str()]));
}

/// Indexes pupils who were entered before there was an index, some at a time; answers how many there were.
#[derive(Debug)]
pub struct IndexPupils;

#[async_trait::async_trait]
impl Verb for IndexPupils {
    type Answer = usize;

    async fn run(&self, tx: &mut dyn Statements) -> Result<usize, StoreError> {
        let found = Pupil::not_indexed(tx, 500).await?;
        for pupil in &found {
            let mut pupil = pupil.clone();
            index(&mut pupil);
            pupil.keep_index(tx).await?;
        }
        Ok(found.len())
    }
}

/// Which pupils of a school to list.
#[derive(Debug)]
pub struct ListPupils {
    /// Of which school.
    pub school: SchoolId,
    /// Only those whose surname begins so, in small letters, capitals or as names are written.
    pub surname: Option<String>,
    /// Only those of this class.
    pub class_name: Option<String>,
    /// Only those after this one.
    pub after: Option<PupilId>,
    /// At most so many.
    pub limit: u32,
}

#[async_trait::async_trait]
impl Verb for ListPupils {
    type Answer = Result<Vec<Pupil>, PupilRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::find(tx, &self.school).await?.is_none() {
            return Ok(Err(PupilRefusal::UnknownSchool));
        }
        let after = match &self.after {
            Some(id) => Pupil::find(tx, id).await?,
            None => None,
        };
        if self.after.is_some() && after.is_none() {
            return Ok(Err(PupilRefusal::UnknownPupil));
        }
        // Nobody's name has such characters, and not every database can be asked for them.
        if [&self.surname, &self.class_name].into_iter().flatten().any(|text| text.contains(char::is_control))
        {
            return Ok(Ok(Vec::new()));
        }
        let surname = self.surname.as_deref().map(spellings);
        let class_name = self.class_name.as_deref();
        Pupil::page(tx, &self.school, surname.as_ref(), class_name, after.as_ref(), self.limit).await.map(Ok)
    }
}

/// How a prefix may stand in the books: as typed, with a capital after every joint, all in capitals.
///
/// Databases disagree on what letters outside ASCII are the small ones of, so they are not asked.
fn spellings(typed: &str) -> [String; 3] {
    let typed = typed.trim();
    let mut capital = true;
    let mut named = String::with_capacity(typed.len());
    for c in typed.chars() {
        if capital {
            named.extend(c.to_uppercase())
        } else {
            named.extend(c.to_lowercase())
        }
        capital = !c.is_alphabetic();
    }
    [typed.to_owned(), named, typed.to_uppercase()]
}

/// Where a pupil moves, as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "school_id": "01jd7q2h5mz8v4k3t9w6x0ybrn", "class_name": "1c" })))]
pub struct TransferForm {
    /// The school that the pupil moves to.
    pub school_id: SchoolId,
    /// The class there.
    #[schema(min_length = 1, max_length = 16)]
    pub class_name: String,
}

impl TransferForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self) -> Result<(SchoolId, ClassName), Faults> {
        let class_name =
            ClassName::parse(&self.class_name).map_err(|code| Faults::one("class_name", code))?;
        Ok((self.school_id, class_name))
    }
}

/// Messages complete "cannot change the pupil's entry: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PupilRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// No such school.
    #[error("school is unknown")]
    UnknownSchool,
    /// Somebody has this PESEL already.
    #[error("another pupil has this PESEL")]
    PeselTaken,
    /// Somebody else changed the entry since it was read.
    #[error("entry was changed since it was read")]
    ChangedMeanwhile,
    /// The corrected birth date is not the identity's, or not a pupil's.
    #[error("{}", .0.message_en())]
    Implausible(FaultCode),
}
