//! Tokens of the staff API: made, shown once, taken back.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;

use super::confirm::Confirm;
use super::staff::{accounts, name, within};
use super::{Office, PLACE};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::done;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::registry::staff::{EndToken, MakeToken, TokenForm};
use crate::store::id::{StaffId, TokenId};
use crate::store::tables::staff::ApiToken;

const TOKENS: &str = "/office/school/tokens";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(TOKENS, get(show).post(make))
        .route("/office/school/tokens/{id}/end", get(ask_end).post(end))
}

struct TokenLine {
    id: String,
    name: String,
    owner: String,
    made: Timestamp,
    ended: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "office/school_tokens.html")]
struct TokensPage {
    page: Page,
    fields: Fields,
    tokens: Vec<TokenLine>,
    /// Open accounts: id and name.
    owners: Vec<(String, String)>,
    own: String,
    /// A token that was made just now.
    secret: Option<String>,
}

async fn show(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::KeepTokens)?;
    list(&pages, &office, Fields::default(), None).await
}

async fn list(
    pages: &Pages,
    office: &Office,
    fields: Fields,
    secret: Option<String>,
) -> Result<Response, PageFailure> {
    let (mut tokens, mut owners) = (Vec::new(), Vec::new());
    for (staff, own) in accounts(pages, office).await? {
        let owner = name(&staff).to_owned();
        tokens.extend(own.iter().map(|token| TokenLine {
            id: token.id.as_str().to_owned(),
            name: token.name.clone(),
            owner: owner.clone(),
            made: token.created_at,
            ended: token.ended_at,
        }));
        if staff.ended_at.is_none() {
            owners.push((staff.id.as_str().to_owned(), owner));
        }
    }
    tokens.sort_by_key(|token| (token.ended.is_some(), std::cmp::Reverse(token.made)));
    let (status, own) = (fields.status(), office.staff.id.as_str().to_owned());
    let page = office.page(PLACE, "tokens-title");
    Ok(render_as(status, &TokensPage { page, fields, tokens, owners, own, secret }))
}

async fn make(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::KeepTokens)?;
    let typed = &sent.typed;
    let staff = StaffId::parse(typed.text("staff_id")).ok_or(PageFailure::Unreadable)?;
    let wanted = TokenForm { name: typed.text("name").to_owned(), staff_id: Some(staff.clone()) };
    let name = match wanted.parse() {
        Ok(name) => name,
        Err(faults) => {
            return list(&pages, &office, Fields::faulty(typed, &faults, office.lang), None).await;
        }
    };
    let issuance = &pages.issuance;
    let (verb, secret) = MakeToken::new(staff, name, office.act(), &issuance.keys, &*issuance.entropy);
    let verb = verb.within(within(&office));
    match office.try_once(&pages, &sent, verb, |_: &ApiToken| TOKENS.to_owned()).await? {
        Ok((Some(_), _)) => list(&pages, &office, Fields::default(), Some(secret.expose().to_owned())).await,
        // Sent twice: its secret was shown the first time.
        Ok((None, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => list(&pages, &office, Fields::refused(typed, &refusal, office.lang), None).await,
    }
}

async fn question(pages: &Pages, office: &Office, id: &str, fields: Fields) -> Result<Response, PageFailure> {
    office.must(Right::KeepTokens)?;
    let id = TokenId::parse(id).ok_or(PageFailure::NotFound)?;
    let all = accounts(pages, office).await?;
    let token = all.iter().flat_map(|(_, tokens)| tokens).find(|token| token.id == id);
    let token = token.ok_or(PageFailure::NotFound)?;
    let lang = office.lang;
    let question = Confirm {
        page: office.page(PLACE, "").named(lang.t1("tokens-end-title", "name", &token.name)),
        fields,
        back: (TOKENS.to_owned(), lang.t("tokens-title")),
        what: vec![lang.t("tokens-end-what")],
        action: format!("{TOKENS}/{id}/end"),
        button: lang.t("tokens-end-button"),
    };
    Ok(question.show())
}

async fn ask_end(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    question(&pages, &office, &id, Fields::default()).await
}

async fn end(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepTokens)?;
    let token = TokenId::parse(&id).ok_or(PageFailure::NotFound)?;
    let verb = EndToken { token, within: within(&office), act: office.act() };
    let place = |_: &ApiToken| done(TOKENS, "token-ended");
    office
        .act_once(&pages, &sent, verb, place, async |fields| question(&pages, &office, &id, fields).await)
        .await
}
