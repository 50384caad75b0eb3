//! Applications (wnioski) and objections (sprzeciwy).
//!
//! An application is received, then checked: complete, or sent back to be mended. The newest word counts: an
//! objection stands until somebody applies anew.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use shared::validity::warsaw_date;
use utoipa::ToSchema;

use super::fault::{Checked, FaultCode, Faults, past_day};
use super::line::Reason;
use crate::audit::Act;
use crate::issuance::order::{objected, withdraw_open};
use crate::notify;
use crate::store::id::{ApplicationId, GuardianId, PupilId};
use crate::store::tables::pupil::{Applicant, Application, ApplicationState, Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// An application as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "applicant": "guardian", "guardian_id": "01jd7q2h5mz8v4k3t9w6x0ybrn", "received_on": "2026-11-20",
    "minor_may_collect": true
})))]
pub struct ApplicationForm {
    /// Who applied.
    pub applicant: Applicant,
    /// Which guardian, if a guardian applied.
    pub guardian_id: Option<GuardianId>,
    /// The day on which the office received it; by default today.
    #[schema(format = Date)]
    pub received_on: Option<String>,
    /// Whether a minor may collect the codes; by default not.
    pub minor_may_collect: Option<bool>,
}

/// An application, checked.
#[derive(Debug, Clone)]
pub struct NewApplication {
    applicant: Applicant,
    guardian: Option<GuardianId>,
    received_on: Date,
    minor_may_collect: bool,
}

impl ApplicationForm {
    /// Checks the form; `today` in Warsaw.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self, today: Date) -> Result<NewApplication, Faults> {
        let mut checked = Checked::default();
        let received_on = received(&mut checked, self.received_on.as_deref(), today);
        let guardian = whose(&mut checked, self.applicant, self.guardian_id);
        let made = (|| {
            Some(NewApplication {
                applicant: self.applicant,
                guardian: guardian?,
                received_on: received_on?,
                minor_may_collect: self.minor_may_collect.unwrap_or(false),
            })
        })();
        checked.finish(made)
    }
}

/// An objection as typed: nobody needs to have applied before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "applicant": "guardian", "guardian_id": "01jd7q2h5mz8v4k3t9w6x0ybrn", "reason": "Rezygnacja rodzica" })))]
pub struct ObjectionForm {
    /// Who objects.
    pub applicant: Applicant,
    /// Which guardian, if a guardian objects.
    pub guardian_id: Option<GuardianId>,
    /// The day on which the office received it; by default today.
    #[schema(format = Date)]
    pub received_on: Option<String>,
    /// In whose words, or why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// An objection, checked.
#[derive(Debug, Clone)]
pub struct NewObjection {
    application: NewApplication,
    reason: Reason,
}

impl ObjectionForm {
    /// Checks the form; `today` in Warsaw.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self, today: Date) -> Result<NewObjection, Faults> {
        let mut checked = Checked::default();
        let received_on = received(&mut checked, self.received_on.as_deref(), today);
        let guardian = whose(&mut checked, self.applicant, self.guardian_id);
        let reason = checked.field("reason", Reason::parse(&self.reason));
        let made = (|| {
            let application = NewApplication {
                applicant: self.applicant,
                guardian: guardian?,
                received_on: received_on?,
                minor_may_collect: false,
            };
            Some(NewObjection { application, reason: reason? })
        })();
        checked.finish(made)
    }
}

fn received(checked: &mut Checked, text: Option<&str>, today: Date) -> Option<Date> {
    checked.field("received_on", text.map_or(Ok(today), |text| past_day(text, today)))
}

/// The guardian who applied; the outer option says whether the form is in order.
fn whose(
    checked: &mut Checked,
    applicant: Applicant,
    guardian: Option<GuardianId>,
) -> Option<Option<GuardianId>> {
    let fault = match (applicant, &guardian) {
        (Applicant::Guardian, Some(_)) | (Applicant::Pupil, None) => return Some(guardian),
        (Applicant::Guardian, None) => FaultCode::GuardianMissing,
        (Applicant::Pupil, Some(_)) => FaultCode::GuardianUnexpected,
    };
    checked.fault("guardian_id", fault);
    None
}

/// Registers an application or an objection.
#[derive(Debug)]
pub struct RegisterApplication {
    id: ApplicationId,
    pupil: PupilId,
    application: NewApplication,
    objection: Option<Reason>,
    act: Act,
}

impl RegisterApplication {
    /// The act of registering an application for `pupil`.
    pub fn new(pupil: PupilId, application: NewApplication, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: ApplicationId::fresh(act.at, entropy), pupil, application, objection: None, act }
    }

    /// The act of registering an objection on behalf of `pupil`.
    pub fn objection(pupil: PupilId, objection: NewObjection, act: Act, entropy: &dyn Entropy) -> Self {
        let NewObjection { application, reason } = objection;
        Self { objection: Some(reason), ..Self::new(pupil, application, act, entropy) }
    }
}

#[async_trait::async_trait]
impl Verb for RegisterApplication {
    type Answer = Result<Application, ApplicationRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // Held: a guardian who applies is not taken off the pupil meanwhile.
        if Pupil::lock(tx, &self.pupil).await?.is_none() {
            return Ok(Err(ApplicationRefusal::UnknownPupil));
        }
        if let Some(guardian) = &self.application.guardian
            && !Guardian::of_pupil(tx, &self.pupil).await?.iter().any(|known| known.id == *guardian)
        {
            return Ok(Err(ApplicationRefusal::UnknownGuardian));
        }
        let (state, action) = match self.objection {
            Some(_) => (ApplicationState::Objection, "objection.registered"),
            None => (ApplicationState::Received, "application.registered"),
        };
        let earlier = Application::of_pupil(tx, &self.pupil).await?;
        let newest = earlier.last().map(|newest| &newest.id);
        let application = Application {
            id: newest.map_or_else(|| self.id.clone(), |newest| self.id.clone().after(newest)),
            pupil_id: self.pupil.clone(),
            applicant: self.application.applicant,
            guardian_id: self.application.guardian.clone(),
            received_on: self.application.received_on,
            minor_may_collect: self.application.minor_may_collect,
            state,
            note: self.objection.as_ref().map(|reason| reason.as_str().to_owned()),
            completed_on: None,
            created_at: self.act.at,
            settled_at: self.objection.is_some().then_some(self.act.at),
        };
        application.insert(tx).await?;
        if self.objection.is_some() {
            withdraw_open(tx, &self.pupil, &self.act).await?;
        }
        let detail = json!({ "pupil": self.pupil, "applicant": application.applicant });
        self.act.trail().record(tx, action, application.id.as_str(), detail).await?;
        Ok(Ok(application))
    }
}

/// The day of completion as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionForm {
    /// The day from which the deadline is counted: that on which a correct application was there. By default the
    /// day of receipt; today, if the application had been sent back.
    #[schema(format = Date)]
    pub completed_on: Option<String>,
}

impl CompletionForm {
    /// Checks the form; `today` in Warsaw.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self, today: Date) -> Result<Verdict, Faults> {
        let day = self.completed_on.as_deref().map(|text| past_day(text, today)).transpose();
        day.map(Verdict::Complete).map_err(|code| Faults::one("completed_on", code))
    }
}

/// A reason as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "reason": "Brak podpisu rodzica" })))]
pub struct ReasonForm {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl ReasonForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with the field.
    pub fn parse(&self) -> Result<Reason, Faults> {
        Reason::parse(&self.reason).map_err(|code| Faults::one("reason", code))
    }
}

/// What becomes of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Checked, and correct since this day; by default since [`Application::correct_since`].
    Complete(Option<Date>),
    /// Must be mended, for this reason.
    SentBack(Reason),
    /// Withdrawn: the applicant objects.
    Objection(Reason),
}

/// Decides on an application. The same decision again changes nothing but the reason.
#[derive(Debug)]
pub struct JudgeApplication {
    /// Which.
    pub application: ApplicationId,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Who decides, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for JudgeApplication {
    type Answer = Result<Application, ApplicationRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        use ApplicationState::{Complete, Objection, Received, SentBack};
        let Some(mut application) = Application::lock(tx, &self.application).await? else {
            return Ok(Err(ApplicationRefusal::UnknownApplication));
        };
        // The same reason again is no news.
        let told_before = application.note.clone().filter(|_| application.state == SentBack);
        let action = match (&self.verdict, application.state) {
            (Verdict::Complete(_), Complete) => return Ok(Ok(application)),
            (Verdict::Complete(day), Received | SentBack) => {
                let day = day.unwrap_or(application.correct_since(warsaw_date(self.act.at)));
                if day < application.received_on {
                    return Ok(Err(ApplicationRefusal::CompletedBeforeReceived));
                }
                application.state = Complete;
                application.completed_on = Some(day);
                application.note = None;
                "application.completed"
            }
            (Verdict::SentBack(reason), Received | SentBack) => {
                application.state = SentBack;
                application.note = Some(reason.as_str().to_owned());
                "application.sent_back"
            }
            (Verdict::Objection(reason), Received | SentBack | Complete | Objection) => {
                application.state = Objection;
                application.note = Some(reason.as_str().to_owned());
                "application.objected"
            }
            (Verdict::Complete(_) | Verdict::SentBack(_), Objection) | (Verdict::SentBack(_), Complete) => {
                return Ok(Err(ApplicationRefusal::Decided));
            }
        };
        application.settled_at = Some(self.act.at);
        application.update(tx).await?;
        if objected(tx, &application.pupil_id).await? {
            withdraw_open(tx, &application.pupil_id, &self.act).await?;
        }
        if let Verdict::SentBack(reason) = &self.verdict
            && told_before.as_deref() != Some(reason.as_str())
        {
            notify::sent_back(tx, &application, reason.as_str(), &self.act).await?;
        }
        self.act.trail().record(tx, action, application.id.as_str(), json!({})).await?;
        Ok(Ok(application))
    }
}

/// Messages complete "cannot register the application: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// No such guardian, or somebody else's.
    #[error("pupil has no such guardian")]
    UnknownGuardian,
    /// No such application.
    #[error("application is unknown")]
    UnknownApplication,
    /// It is past that: complete, or objected to.
    #[error("application was decided already")]
    Decided,
    /// Nothing is complete before it is there.
    #[error("application was received after that day")]
    CompletedBeforeReceived,
}
