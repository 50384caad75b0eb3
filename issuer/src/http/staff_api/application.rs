//! `/pupils/{id}/applications`, `/pupils/{id}/objections` and `/applications/{id}/…`

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::Reply;
use super::problems::problems;
use super::request::{Caller, Named, Once, Posted};
use crate::http::failure::Failure;
use crate::registry::application::{
    ApplicationForm, CompletionForm, JudgeApplication, ObjectionForm, ReasonForm, RegisterApplication,
    Verdict,
};
use crate::store::id::{ApplicationId, GuardianId, PupilId};
use crate::store::tables::pupil::{Applicant, Application, ApplicationState};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(register_objection))
        .routes(routes!(complete))
        .routes(routes!(send_back))
        .routes(routes!(object))
}

/// An application (wniosek) or an objection (sprzeciw).
#[derive(Serialize, ToSchema)]
pub(super) struct ApplicationView {
    id: ApplicationId,
    pupil_id: PupilId,
    applicant: Applicant,
    guardian_id: Option<GuardianId>,
    /// The day on which the office received it.
    received_on: Date,
    /// Whether a minor may collect the codes.
    minor_may_collect: bool,
    state: ApplicationState,
    /// Why it was sent back, or what was objected to.
    note: Option<String>,
    /// The day from which the deadline is counted.
    completed_on: Option<Date>,
    created_at: Timestamp,
    /// When it was completed, sent back or objected to, the last time.
    settled_at: Option<Timestamp>,
}

impl From<&Application> for ApplicationView {
    fn from(application: &Application) -> Self {
        Self {
            id: application.id.clone(),
            pupil_id: application.pupil_id.clone(),
            applicant: application.applicant,
            guardian_id: application.guardian_id.clone(),
            received_on: application.received_on,
            minor_may_collect: application.minor_may_collect,
            state: application.state,
            note: application.note.clone(),
            completed_on: application.completed_on,
            created_at: application.created_at,
            settled_at: application.settled_at,
        }
    }
}

problems! {
    RegisterProblems: UnknownPupil, UnknownGuardian, FieldsInvalid;
    CompleteProblems: UnknownApplication, ApplicationDecided, CompletedBeforeReceived, FieldsInvalid;
    SendBackProblems: UnknownApplication, ApplicationDecided, FieldsInvalid;
    ObjectProblems: UnknownApplication, FieldsInvalid;
}

/// Register an application
#[utoipa::path(post, path = "/pupils/{id}/applications", operation_id = "register_application", tag = "Applications",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = ApplicationForm,
    responses((status = 201, body = ApplicationView, description = "The application"), RegisterProblems))]
async fn register(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<ApplicationForm>,
) -> Result<Reply, Failure> {
    let application = posted.form.parse(api.today())?;
    let act = api.act_of(&posted.caller);
    let verb = RegisterApplication::new(pupil, application, act, &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, |made| ApplicationView::from(made)).await
}

/// Register an objection
///
/// Where cards are issued without applications, or before anybody applied. Open orders are withdrawn. It stands
/// until somebody applies.
#[utoipa::path(post, path = "/pupils/{id}/objections", operation_id = "register_objection", tag = "Applications",
    params(("id" = PupilId, Path, description = "The pupil")), request_body = ObjectionForm,
    responses((status = 201, body = ApplicationView, description = "The objection"), RegisterProblems))]
async fn register_objection(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    posted: Posted<ObjectionForm>,
) -> Result<Reply, Failure> {
    let objection = posted.form.parse(api.today())?;
    let act = api.act_of(&posted.caller);
    let verb = RegisterApplication::objection(pupil, objection, act, &*api.issuance.entropy);
    api.answer(posted.once, StatusCode::CREATED, verb, |made| ApplicationView::from(made)).await
}

/// Mark an application complete
///
/// The time to issue runs from the day on which a correct application was there.
#[utoipa::path(post, path = "/applications/{id}/complete", operation_id = "complete_application",
    tag = "Applications", params(("id" = ApplicationId, Path, description = "The application")),
    request_body = CompletionForm,
    responses((status = 200, body = ApplicationView, description = "The application"), CompleteProblems))]
async fn complete(
    State(api): State<ApiState>,
    Named(application): Named<ApplicationId>,
    posted: Posted<CompletionForm>,
) -> Result<Reply, Failure> {
    let verdict = posted.form.parse(api.today())?;
    api.judge(application, verdict, &posted.caller, posted.once).await
}

/// Send an application back
#[utoipa::path(post, path = "/applications/{id}/send-back", operation_id = "send_back_application",
    tag = "Applications", params(("id" = ApplicationId, Path, description = "The application")),
    request_body = ReasonForm,
    responses((status = 200, body = ApplicationView, description = "The application"), SendBackProblems))]
async fn send_back(
    State(api): State<ApiState>,
    Named(application): Named<ApplicationId>,
    posted: Posted<ReasonForm>,
) -> Result<Reply, Failure> {
    let verdict = Verdict::SentBack(posted.form.parse()?);
    api.judge(application, verdict, &posted.caller, posted.once).await
}

/// Turn an application into an objection
///
/// Open orders are withdrawn, and nothing new is issued from then on; a card that is out is revoked on its own.
#[utoipa::path(post, path = "/applications/{id}/objection", operation_id = "object_to_application",
    tag = "Applications", params(("id" = ApplicationId, Path, description = "The application")),
    request_body = ReasonForm,
    responses((status = 200, body = ApplicationView, description = "The objection"), ObjectProblems))]
async fn object(
    State(api): State<ApiState>,
    Named(application): Named<ApplicationId>,
    posted: Posted<ReasonForm>,
) -> Result<Reply, Failure> {
    let verdict = Verdict::Objection(posted.form.parse()?);
    api.judge(application, verdict, &posted.caller, posted.once).await
}

impl ApiState {
    async fn judge(
        &self,
        application: ApplicationId,
        verdict: Verdict,
        caller: &Caller,
        once: Option<Once>,
    ) -> Result<Reply, Failure> {
        let verb = JudgeApplication { application, verdict, act: self.act_of(caller) };
        self.answer(once, StatusCode::OK, verb, |judged| ApplicationView::from(judged)).await
    }
}
