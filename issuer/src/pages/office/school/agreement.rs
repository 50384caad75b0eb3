//! The agreement with the ministry.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::confirm::Confirm;
use super::{Office, PLACE};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::done;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::registry::school::{AgreementForm, EndAgreement, SetAgreement};

const AGREEMENT: &str = "/office/school/agreement";
const END: &str = "/office/school/agreement/end";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(AGREEMENT, get(show).post(set)).route(END, get(ask_end).post(end))
}

#[derive(Template)]
#[template(path = "office/school_agreement.html")]
struct AgreementPage {
    page: Page,
    fields: Fields,
    holds: bool,
}

async fn show(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let typed = match super::read(&pages, &office).await?.agreement {
        Some(agreement) => Typed::of([
            ("number", agreement.number),
            ("signed_on", agreement.signed_on.to_string()),
            ("ended_on", agreement.ended_on.map(|day| day.to_string()).unwrap_or_default()),
        ]),
        None => Typed::default(),
    };
    form(&pages, &office, Fields::of(typed)).await
}

async fn form(pages: &Pages, office: &Office, fields: Fields) -> Result<Response, PageFailure> {
    let agreement = super::read(pages, office).await?.agreement;
    let holds = agreement.is_some_and(|agreement| agreement.holds_on(pages.today()));
    let status = fields.status();
    Ok(render_as(status, &AgreementPage { page: office.page(PLACE, "agreement-title"), fields, holds }))
}

async fn set(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let typed = &sent.typed;
    let wanted = AgreementForm {
        number: typed.text("number").to_owned(),
        signed_on: typed.text("signed_on").to_owned(),
        ended_on: typed.some("ended_on"),
    };
    let agreement = match wanted.parse() {
        Ok(agreement) => agreement,
        Err(faults) => return form(&pages, &office, Fields::faulty(typed, &faults, office.lang)).await,
    };
    let verb = SetAgreement { school: office.school.id.clone(), agreement, act: office.act() };
    office
        .act_once(
            &pages,
            &sent,
            verb,
            |_| done(PLACE, "agreement-set"),
            async |fields| form(&pages, &office, fields).await,
        )
        .await
}

fn question(office: &Office, fields: Fields) -> Response {
    let lang = office.lang;
    Confirm {
        page: office.page(PLACE, "agreement-end-title"),
        fields,
        back: (AGREEMENT.to_owned(), lang.t("agreement-title")),
        what: vec![lang.t("agreement-end-what"), lang.t("agreement-end-cards")],
        action: END.to_owned(),
        button: lang.t("agreement-end-button"),
    }
    .show()
}

async fn ask_end(office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    Ok(question(&office, Fields::default()))
}

async fn end(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let verb = EndAgreement { school: office.school.id.clone(), act: office.act() };
    let place = |_: &_| done(PLACE, "agreement-ended");
    office.act_once(&pages, &sent, verb, place, async |fields| Ok(question(&office, fields))).await
}
