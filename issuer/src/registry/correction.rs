//! Corrections of a pupil's entry: a changed name, a moved household, a mistyped PESEL.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use shared::card_data::{PersonName, PostalAddress};
use shared::pesel::Pesel;
use shared::validity::warsaw_date;
use utoipa::ToSchema;

use super::fault::{Checked, Faults, day};
use super::line::{ClassName, DocumentName};
use super::pupil::{Identity, PupilRefusal, index};
use super::school::AddressForm;
use crate::audit::Act;
use crate::store::id::PupilId;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// Corrections as typed; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "version": 1, "surname": "Nowak", "class_name": "8b" })))]
pub struct CorrectionForm {
    /// The version that was read; a pupil who was changed since is left as it is.
    #[schema(minimum = 1)]
    pub version: i64,
    /// New given names.
    #[schema(min_length = 1, max_length = 64)]
    pub given_names: Option<String>,
    /// New surname.
    #[schema(min_length = 1, max_length = 64)]
    pub surname: Option<String>,
    /// New PESEL; takes the place of another document.
    #[schema(pattern = "^[0-9]{11}$")]
    pub pesel: Option<String>,
    /// Another document; takes the place of the PESEL.
    #[schema(min_length = 1, max_length = 64)]
    pub other_document: Option<String>,
    /// New birth date.
    #[schema(format = Date)]
    pub birth_date: Option<String>,
    /// New home address.
    pub address: Option<AddressForm>,
    /// New class.
    #[schema(min_length = 1, max_length = 16)]
    pub class_name: Option<String>,
}

/// Corrections, each field checked; whether they fit together is seen when they meet the pupil.
#[derive(Debug, Clone)]
pub struct Correction {
    version: i64,
    given_names: Option<PersonName>,
    surname: Option<PersonName>,
    identity: Option<Identity>,
    birth_date: Option<Date>,
    address: Option<PostalAddress>,
    class_name: Option<ClassName>,
}

impl CorrectionForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<Correction, Faults> {
        let mut checked = Checked::default();
        let name = |text: &String| PersonName::parse(text.trim());
        let given_names = checked.maybe("given_names", self.given_names.as_ref().map(name));
        let surname = checked.maybe("surname", self.surname.as_ref().map(name));
        let identity = Identity::parse(&mut checked, self.pesel.as_deref(), self.other_document.as_deref());
        let birth_date = checked.maybe("birth_date", self.birth_date.as_deref().map(day));
        let address = match &self.address {
            Some(form) => checked.part("address", form.parse()).map(Some),
            None => Some(None),
        };
        let class_name = checked.maybe("class_name", self.class_name.as_deref().map(ClassName::parse));
        let made = (|| {
            Some(Correction {
                version: self.version,
                given_names: given_names?,
                surname: surname?,
                identity,
                birth_date: birth_date?,
                address: address?,
                class_name: class_name?,
            })
        })();
        checked.finish(made)
    }
}

impl Correction {
    /// Applies the correction; answers the names of the fields that it changed.
    fn apply(&self, pupil: &mut Pupil) -> Vec<&'static str> {
        let before = pupil.clone();
        if let Some(name) = &self.given_names {
            name.as_str().clone_into(&mut pupil.given_names);
        }
        if let Some(name) = &self.surname {
            name.as_str().clone_into(&mut pupil.surname);
        }
        if let Some(identity) = &self.identity {
            (pupil.pesel, pupil.other_document) = identity.columns();
        }
        if let Some(birth_date) = self.birth_date {
            pupil.birth_date = birth_date;
        }
        if let Some(address) = &self.address {
            address.street_line().clone_into(&mut pupil.street_line);
            address.postal_code().clone_into(&mut pupil.postal_code);
            address.city().clone_into(&mut pupil.city);
        }
        if let Some(class_name) = &self.class_name {
            class_name.as_str().clone_into(&mut pupil.class_name);
        }
        let address = |p: &Pupil| (p.street_line.clone(), p.postal_code.clone(), p.city.clone());
        [
            ("given_names", before.given_names != pupil.given_names),
            ("surname", before.surname != pupil.surname),
            ("pesel", before.pesel != pupil.pesel),
            ("other_document", before.other_document != pupil.other_document),
            ("birth_date", before.birth_date != pupil.birth_date),
            ("address", address(&before) != address(pupil)),
            ("class_name", before.class_name != pupil.class_name),
        ]
        .into_iter()
        .filter_map(|(field, changed)| changed.then_some(field))
        .collect()
    }
}

/// Corrects a pupil's entry. Cards on phones keep showing the old data until they are issued again.
#[derive(Debug)]
pub struct CorrectPupil {
    /// Who.
    pub pupil: PupilId,
    /// What to change.
    pub correction: Correction,
    /// By whom, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for CorrectPupil {
    type Answer = Result<Pupil, PupilRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut pupil) = Pupil::lock(tx, &self.pupil).await? else {
            return Ok(Err(PupilRefusal::UnknownPupil));
        };
        if pupil.version != self.correction.version {
            return Ok(Err(PupilRefusal::ChangedMeanwhile));
        }
        let changed = self.correction.apply(&mut pupil);
        if changed.is_empty() {
            return Ok(Ok(pupil));
        }
        if changed.iter().any(|field| matches!(*field, "pesel" | "birth_date"))
            && let Err(fault) = identity_of(&pupil)?.fits(pupil.birth_date, warsaw_date(self.act.at))
        {
            return Ok(Err(PupilRefusal::Implausible(fault)));
        }
        if let Some(pesel) = &pupil.pesel
            && Pupil::by_pesel(tx, pesel).await?.is_some_and(|other| other.id != pupil.id)
        {
            return Ok(Err(PupilRefusal::PeselTaken));
        }
        index(&mut pupil);
        match pupil.update(tx).await {
            Ok(true) => {}
            Ok(false) => return Ok(Err(PupilRefusal::ChangedMeanwhile)),
            // The same PESEL came in between: run again and see it.
            Err(StoreError::Constraint(_)) => return Err(StoreError::Contention),
            Err(error) => return Err(error),
        }
        pupil.version += 1;
        let detail = json!({ "fields": changed });
        self.act.trail().record(tx, "pupil.corrected", pupil.id.as_str(), detail).await?;
        Ok(Ok(pupil))
    }
}

fn identity_of(pupil: &Pupil) -> Result<Identity, StoreError> {
    let damaged = || StoreError::Damaged("a pupil has no identity");
    match (&pupil.pesel, &pupil.other_document) {
        (Some(pesel), _) => Pesel::parse(pesel).map(Identity::Pesel).map_err(|_| damaged()),
        (None, Some(document)) => {
            DocumentName::parse(document).map(Identity::OtherDocument).map_err(|_| damaged())
        }
        (None, None) => Err(damaged()),
    }
}
