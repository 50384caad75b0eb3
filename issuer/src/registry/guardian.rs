//! Parents and legal guardians.

use serde::Deserialize;
use serde_json::json;
use shared::card_data::PersonName;
use shared::entropy::Entropy;
use utoipa::ToSchema;

use super::fault::{Checked, Faults};
use super::line::Email;
use super::pupil::PupilRefusal;
use crate::audit::Act;
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::pupil::{Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// A guardian as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "given_names": "Anna", "surname": "Nowak", "email": "anna.nowak@example.pl" })))]
pub struct GuardianForm {
    /// Given names.
    #[schema(min_length = 1, max_length = 64)]
    pub given_names: String,
    /// Surname.
    #[schema(min_length = 1, max_length = 64)]
    pub surname: String,
    /// Where notices go; none without it.
    #[schema(min_length = 3, max_length = 254)]
    pub email: Option<String>,
}

/// A guardian, checked.
#[derive(Debug, Clone)]
pub struct NewGuardian {
    given_names: PersonName,
    surname: PersonName,
    email: Option<Email>,
}

impl GuardianForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<NewGuardian, Faults> {
        let mut checked = Checked::default();
        let given_names = checked.field("given_names", PersonName::parse(self.given_names.trim()));
        let surname = checked.field("surname", PersonName::parse(self.surname.trim()));
        let email = checked.maybe("email", self.email.as_deref().map(Email::parse));
        let made = (|| Some(NewGuardian { given_names: given_names?, surname: surname?, email: email? }))();
        checked.finish(made)
    }
}

/// Enters a guardian of a pupil.
#[derive(Debug)]
pub struct EnterGuardian {
    id: GuardianId,
    pupil: PupilId,
    guardian: NewGuardian,
    act: Act,
}

impl EnterGuardian {
    /// The act of entering `guardian`.
    pub fn new(pupil: PupilId, guardian: NewGuardian, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: GuardianId::fresh(act.at, entropy), pupil, guardian, act }
    }
}

#[async_trait::async_trait]
impl Verb for EnterGuardian {
    type Answer = Result<Guardian, PupilRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // Nothing is put back of somebody who was erased meanwhile.
        let pupil = Pupil::lock(tx, &self.pupil).await?;
        if pupil.is_none_or(|pupil| pupil.erased_at.is_some()) {
            return Ok(Err(PupilRefusal::UnknownPupil));
        }
        let guardian = Guardian {
            id: self.id.clone(),
            pupil_id: self.pupil.clone(),
            given_names: self.guardian.given_names.as_str().to_owned(),
            surname: self.guardian.surname.as_str().to_owned(),
            email: self.guardian.email.as_ref().map(|email| email.as_str().to_owned()),
            created_at: self.act.at,
            removed_at: None,
        };
        guardian.insert(tx).await?;
        let detail = json!({ "guardian": guardian.id });
        self.act.trail().record(tx, "guardian.entered", self.pupil.as_str(), detail).await?;
        Ok(Ok(guardian))
    }
}
