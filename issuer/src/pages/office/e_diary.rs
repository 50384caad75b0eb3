//! `/office/school/e-diary`: the link to the school's electronic diary.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::secret::Secret;

use super::{Office, done};
use crate::notify::ediary::{Diaries, Webhook};
use crate::notify::link::{CutEDiary, EDiaryForm, LinkEDiary, LinkRefusal, ReadEDiary};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render, render_as};
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::store::id::NoticeId;

const PLACE: &str = "/office/school/e-diary";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(PLACE, get(show).post(link))
        .route("/office/school/e-diary/secret", post(renew))
        .route("/office/school/e-diary/test", post(test))
        .route("/office/school/e-diary/cut", get(ask).post(cut))
}

#[derive(Template)]
#[template(path = "office/e_diary.html")]
struct LinkPage {
    page: Page,
    fields: Fields,
    linked: bool,
    waiting: i64,
    /// The secret, on the one page that shows it.
    secret: String,
    /// What came of a test, and whether that is good.
    tried: String,
    worked: bool,
}

async fn read(pages: &Pages, office: &Office) -> Result<LinkPage, PageFailure> {
    office.must(Right::EditSchool)?;
    let (link, waiting) = pages.issuance.store.read(ReadEDiary(office.school.id.clone())).await?;
    let url = link.as_ref().map(|link| link.url.clone()).unwrap_or_default();
    Ok(LinkPage {
        page: office.page("/office/school", "e-diary-title"),
        fields: Fields::of(Typed::of([("url", url)])),
        linked: link.is_some(),
        waiting,
        secret: String::new(),
        tried: String::new(),
        worked: false,
    })
}

async fn show(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    Ok(render(&read(&pages, &office).await?))
}

async fn again(pages: &Pages, office: &Office, fields: Fields) -> Result<Response, PageFailure> {
    let page = LinkPage { fields, ..read(pages, office).await? };
    Ok(render_as(page.fields.status(), &page))
}

/// Does what was asked for, and shows the secret where a new one is in use now. A form that is sent twice shows
/// it no second time.
async fn settle(
    pages: &Pages,
    office: &Office,
    sent: &Sent,
    (verb, secret): (LinkEDiary, Secret),
) -> Result<Response, PageFailure> {
    let place = |renewed: &bool| if *renewed { PLACE.to_owned() } else { done(PLACE, "e-diary-kept") };
    let outcome: Result<_, LinkRefusal> = office.try_once(pages, sent, verb, place).await?;
    match outcome {
        Ok((Some(true), _)) => {
            let page = read(pages, office).await?;
            Ok(render(&LinkPage { secret: secret.expose().to_owned(), ..page }))
        }
        Ok((Some(false) | None, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => again(pages, office, Fields::refused(&sent.typed, &refusal, office.lang)).await,
    }
}

async fn link(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let form = EDiaryForm { url: sent.typed.text("url").to_owned() };
    let url = match form.parse(Diaries::reach(pages.sandbox())) {
        Ok(url) => url,
        Err(faults) => {
            return again(&pages, &office, Fields::faulty(&sent.typed, &faults, office.lang)).await;
        }
    };
    let issuance = &pages.issuance;
    let school = office.school.id.clone();
    let made = LinkEDiary::new(school, url, office.act(), &issuance.keys, &*issuance.entropy);
    settle(&pages, &office, &sent, made).await
}

async fn renew(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let issuance = &pages.issuance;
    let school = office.school.id.clone();
    let made = LinkEDiary::renewing(school, office.act(), &issuance.keys, &*issuance.entropy);
    settle(&pages, &office, &sent, made).await
}

/// Posts a message that is about nobody, now, and says what came of it.
async fn test(State(pages): State<Pages>, office: Office, _: Sent) -> Result<Response, PageFailure> {
    let page = read(&pages, &office).await?;
    let (link, _) = pages.issuance.store.read(ReadEDiary(office.school.id.clone())).await?;
    let Some(link) = link else { return Err(PageFailure::refused(&LinkRefusal::NotLinked)) };
    let id = NoticeId::fresh(pages.now(), &*pages.issuance.entropy);
    let message = Webhook::test(&id, &office.school, pages.now());
    let outcome = Diaries::new(pages.sandbox()).post(&link, &message, &pages.issuance).await;
    let tried = match &outcome {
        Ok(()) => office.lang.t("e-diary-test-taken"),
        Err(error) => {
            let error = error.to_string();
            match error.split_once(':') {
                None => office.lang.word("notice-error", &error),
                Some((_, code)) => office.lang.t1("notice-error-diary-status", "code", code),
            }
        }
    };
    Ok(render(&LinkPage { tried, worked: outcome.is_ok(), ..page }))
}

#[derive(Template)]
#[template(path = "office/e_diary_cut.html")]
struct CutPage {
    page: Page,
    waiting: i64,
}

async fn ask(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    let LinkPage { linked, waiting, .. } = read(&pages, &office).await?;
    if !linked {
        return Err(PageFailure::NotFound);
    }
    Ok(render(&CutPage { page: office.page("/office/school", "e-diary-cut"), waiting }))
}

async fn cut(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let verb = CutEDiary { school: office.school.id.clone(), act: office.act() };
    let place = |(): &()| done(PLACE, "e-diary-cut");
    office.act_once(&pages, &sent, verb, place, async |fields| again(&pages, &office, fields).await).await
}
