use serde_json::json;

use super::super::application::{
    ApplicationForm, ApplicationRefusal, CompletionForm, JudgeApplication, ObjectionForm, ReasonForm,
    RegisterApplication, Verdict,
};
use super::super::fault::FaultCode;
use super::super::guardian::{EnterGuardian, GuardianForm};
use super::super::testing::{Books, form};
use super::*;
use crate::store::id::{ApplicationId, GuardianId};
use crate::store::tables::pupil::{Application, ApplicationState};

async fn household(books: &Books) -> (PupilId, GuardianId) {
    let school = books.school(1, "legacy-2019").await;
    let pupil = enter_pupil(books, &school, pupil_json()).await;
    let anna = json!({ "given_names": "Anna", "surname": "Nowak", "email": "anna@example.pl" });
    let guardian = form::<GuardianForm>(anna).parse().unwrap();
    let guardian = EnterGuardian::new(pupil.clone(), guardian, books.act(), &books.entropy);
    (pupil, books.write(guardian).await.unwrap().id)
}

async fn apply(books: &Books, pupil: &PupilId, json: Value) -> Result<Application, ApplicationRefusal> {
    let new = form::<ApplicationForm>(json).parse(today()).unwrap();
    books.write(RegisterApplication::new(pupil.clone(), new, books.act(), &books.entropy)).await
}

async fn judge(
    books: &Books,
    id: &ApplicationId,
    verdict: Verdict,
) -> Result<Application, ApplicationRefusal> {
    books.write(JudgeApplication { application: id.clone(), verdict, act: books.act() }).await
}

fn reason() -> super::super::line::Reason {
    form::<ReasonForm>(json!({ "reason": "brak podpisu" })).parse().unwrap()
}

#[tokio::test]
async fn an_application_is_sent_back_mended_and_completed() {
    let books = Books::new().await;
    let (pupil, anna) = household(&books).await;
    let json = json!({ "applicant": "guardian", "guardian_id": anna, "received_on": "2026-11-10" });
    let application = apply(&books, &pupil, json).await.unwrap();
    assert_eq!(application.state, ApplicationState::Received);
    let sent_back = judge(&books, &application.id, Verdict::SentBack(reason())).await.unwrap();
    assert_eq!(
        (sent_back.state, sent_back.note.as_deref()),
        (ApplicationState::SentBack, Some("brak podpisu"))
    );
    let early = Verdict::Complete(Some("2026-11-09".parse().unwrap()));
    let early = judge(&books, &application.id, early).await;
    assert_eq!(early.unwrap_err(), ApplicationRefusal::CompletedBeforeReceived);
    let verdict = form::<CompletionForm>(json!({})).parse(today()).unwrap();
    let complete = judge(&books, &application.id, verdict).await.unwrap();
    assert_eq!((complete.state, complete.completed_on), (ApplicationState::Complete, Some(today())));
    let again =
        judge(&books, &application.id, Verdict::Complete(Some("2026-11-10".parse().unwrap()))).await.unwrap();
    assert_eq!(again.completed_on, Some(today()), "a deadline does not start twice");
    let undone = judge(&books, &application.id, Verdict::SentBack(reason())).await;
    assert_eq!(undone.unwrap_err(), ApplicationRefusal::Decided);
    let objection = judge(&books, &application.id, Verdict::Objection(reason())).await.unwrap();
    assert_eq!(objection.state, ApplicationState::Objection);
    let revived = judge(&books, &application.id, Verdict::Complete(Some(today()))).await;
    assert_eq!(revived.unwrap_err(), ApplicationRefusal::Decided);
}

#[tokio::test]
async fn somebody_elses_guardian_cannot_apply() {
    let books = Books::new().await;
    let (pupil, anna) = household(&books).await;
    let school = books.school(2, "legacy-2019").await;
    let mut json = pupil_json();
    json["pesel"] = json!("08312112303");
    json["birth_date"] = json!("2008-11-21");
    let stranger = enter_pupil(&books, &school, json).await;
    let theirs = json!({ "applicant": "guardian", "guardian_id": anna });
    assert_eq!(
        apply(&books, &stranger, theirs.clone()).await.unwrap_err(),
        ApplicationRefusal::UnknownGuardian
    );
    assert!(apply(&books, &pupil, theirs).await.is_ok());
}

#[test]
fn who_applied_must_be_said_once() {
    let cases = [
        (json!({ "applicant": "guardian" }), "guardian_id", FaultCode::GuardianMissing),
        (
            json!({ "applicant": "pupil", "guardian_id": "01jd7q2h5mz8v4k3t9w6x0ybrn" }),
            "guardian_id",
            FaultCode::GuardianUnexpected,
        ),
        (json!({ "applicant": "pupil", "received_on": "2026-11-22" }), "received_on", FaultCode::DayInFuture),
    ];
    for (json, field, code) in cases {
        let faults = form::<ApplicationForm>(json.clone()).parse(today()).unwrap_err().0;
        assert_eq!((faults[0].field.as_str(), faults[0].code), (field, code), "{json}");
    }
}

#[tokio::test]
async fn an_objection_needs_no_application_before_it() {
    let books = Books::new().await;
    let (pupil, anna) = household(&books).await;
    let json = json!({ "applicant": "guardian", "guardian_id": anna, "reason": "rezygnacja" });
    let objection = form::<ObjectionForm>(json).parse(today()).unwrap();
    let verb = RegisterApplication::objection(pupil, objection, books.act(), &books.entropy);
    let objection = books.write(verb).await.unwrap();
    assert_eq!(
        (objection.state, objection.note.as_deref()),
        (ApplicationState::Objection, Some("rezygnacja"))
    );
}
