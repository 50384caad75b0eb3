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

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::pages::testing::House;

    fn secret(html: &str) -> Option<&str> {
        html.split("<code class=\"secret\">").nth(1)?.split("</code>").next()
    }

    #[tokio::test]
    async fn the_principal_links_the_diary_and_sees_the_secret_once() {
        let house = House::new().await;
        for login in ["sekretariat", "wychowawca"] {
            let mut staff = house.office(login).await;
            assert_eq!(staff.get("/office/school/e-diary").await.status, StatusCode::FORBIDDEN, "{login}");
        }
        let mut principal = house.office("dyrektor").await;
        assert!(principal.open("/office/school/e-diary").await.contains("E-dziennik nie jest połączony"));
        for url in ["http://dziennik.example.pl/", "https://192.168.1.1/hook", "dziennik", "https://a b/"] {
            principal.open("/office/school/e-diary").await;
            let answer = principal.post("/office/school/e-diary", &[("url", url)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
            assert!(answer.text().contains("Wpisz adres https"), "{url}");
            assert!(answer.text().contains(&format!("value=\"{url}\"")), "what was typed stays: {url}");
        }
        principal.open("/office/school/e-diary").await;
        let (token, key) = (principal.hidden("form_token"), principal.hidden("form_key"));
        let form = [("form_token", &*token), ("form_key", &key), ("url", "https://dziennik.example.pl/hook")];
        let made = principal.post_raw("/office/school/e-diary", &form).await.text();
        let first = secret(&made).expect("the secret").to_owned();
        assert!(first.starts_with("whsec_"), "{first}");
        let twice = principal.post_raw("/office/school/e-diary", &form).await;
        assert_eq!(twice.status, StatusCode::SEE_OTHER, "the second time it is not shown");
        assert_eq!(secret(&principal.open("/office/school/e-diary").await), None);

        let renewed = principal.post("/office/school/e-diary/secret", &[]).await.text();
        assert_ne!(secret(&renewed), Some(first.as_str()));
        assert!(secret(&renewed).is_some());
        principal.open("/office/school/e-diary").await;
        let moved =
            principal.post("/office/school/e-diary", &[("url", "https://inny.example.pl/hook")]).await;
        assert_eq!(moved.location(), "/office/school/e-diary?done=e-diary-kept");

        assert!(principal.open("/office/school/e-diary/cut").await.contains("Odłącz e-dziennik"));
        let cut = principal.post("/office/school/e-diary/cut", &[]).await;
        assert_eq!(cut.location(), "/office/school/e-diary?done=e-diary-cut");
        assert_eq!(principal.get("/office/school/e-diary/cut").await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_test_message_says_what_came_of_it() {
        let house = House::new().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let kept = seen.clone();
        let hook = async move |body: String| *kept.lock().unwrap() = body;
        let router = axum::Router::new().route("/hook", axum::routing::post(hook));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut principal = house.office("dyrektor").await;
        principal.open("/office/school/e-diary").await;
        assert_eq!(principal.post("/office/school/e-diary/test", &[]).await.status, StatusCode::CONFLICT);
        principal.open("/office/school/e-diary").await;
        principal.post("/office/school/e-diary", &[("url", &url)]).await;
        let taken = principal.post("/office/school/e-diary/test", &[]).await;
        assert!(taken.text().contains("E-dziennik przyjął wiadomość próbną"), "{}", taken.text());
        let body: serde_json::Value = serde_json::from_str(&seen.lock().unwrap()).unwrap();
        assert_eq!((&body["event"], &body["pupil_id"]), (&"test".into(), &serde_json::Value::Null));
        server.abort();
        let _ = server.await;
        let refused = principal.post("/office/school/e-diary/test", &[]).await;
        assert!(refused.text().contains("Serwer nie odpowiada"), "{}", refused.text());
    }
}
