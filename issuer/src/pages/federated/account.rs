//! `/office/account/federated`: which account elsewhere stands for whoever is signed in.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::secret::Secret;

use super::provider::Vouched;
use crate::issuance::keys::Sealed;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render, render_as};
use crate::pages::office::{Office, done};
use crate::pages::session::wait_message;
use crate::pages::{PageFailure, Pages};
use crate::registry::federated::{FederatedId, LinkFederated};
use crate::registry::sign_in::{CountTry, ForgiveTries};
use crate::store::tables::session::Realm;

const PLACE: &str = "/office/account/federated";
/// How long the question may stand on the screen.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(PLACE, get(show).post(link)).route("/office/account/federated/unlink", post(unlink))
}

#[derive(Template)]
#[template(path = "office/federated.html")]
struct AccountPage {
    page: Page,
    fields: Fields,
    /// Who vouches for the account that is linked; empty if none is.
    linked: String,
    /// Whether there is a provider at all, and whether it is the simulator.
    offered: bool,
    simulated: bool,
}

impl AccountPage {
    fn of(pages: &Pages, office: &Office, fields: Fields) -> Self {
        let linked = office.staff.federated_id.as_deref().and_then(|id| id.split(' ').next());
        let provider = pages.outside().provider.as_ref();
        Self {
            page: office.page("", "federated-title"),
            fields,
            linked: linked.unwrap_or_default().to_owned(),
            offered: provider.is_some(),
            simulated: provider.is_some_and(|provider| provider.is_simulated()),
        }
    }
}

async fn show(State(pages): State<Pages>, office: Office) -> Response {
    render(&AccountPage::of(&pages, &office, Fields::default()))
}

/// An account whose holder has just been vouched for, for the session that asked.
#[derive(Serialize, Deserialize)]
struct Offered {
    session: [u8; 32],
    account: String,
    /// What the provider calls its holder, for the question to be asked again.
    name: String,
    until: Timestamp,
}

#[derive(Template)]
#[template(path = "office/federated_confirm.html")]
struct ConfirmPage {
    page: Page,
    fields: Fields,
    name: String,
    proof: String,
    replaces: bool,
    login: String,
}

/// Asks whether this is the account that was meant: whoever opened the provider in this browser may have been
/// somebody else. And asks for the password: whoever found a browser that is signed in must not get a way back in.
pub(super) fn confirm(pages: &Pages, office: &Office, vouched: Vouched) -> Response {
    let until = pages.now().saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
    let account = vouched.account.as_str().to_owned();
    let offered = Offered { session: office.session().hash, account, name: vouched.name, until };
    let proof = pages.issuance.keys.seal(Sealed::FederatedLink, &offered, &*pages.issuance.entropy);
    question(office, &offered, proof.expose().to_owned(), Fields::default(), StatusCode::OK)
}

fn question(
    office: &Office,
    offered: &Offered,
    proof: String,
    fields: Fields,
    status: StatusCode,
) -> Response {
    let page = ConfirmPage {
        page: office.page("", "federated-confirm"),
        fields,
        name: offered.name.clone(),
        proof,
        replaces: office.staff.federated_id.is_some(),
        login: office.staff.login.clone(),
    };
    render_as(status, &page)
}

async fn link(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    let offered: Option<Offered> =
        pages.issuance.keys.unseal(Sealed::FederatedLink, sent.typed.text("proof"));
    let offered = offered
        .filter(|offered| offered.session == office.session().hash && pages.now() < offered.until)
        .ok_or(PageFailure::StaleForm)?;
    if let Err((message, status)) = has_password(&pages, &office, &sent).await? {
        let fields = Fields::default().with_fault("password", message);
        return Ok(question(&office, &offered, sent.typed.text("proof").to_owned(), fields, status));
    }
    let account = Some(FederatedId::kept(offered.account));
    let verb = LinkFederated {
        staff: office.staff.id.clone(),
        account,
        session: office.session().hash,
        act: office.act(),
    };
    let place = |(): &()| done(PLACE, "federated-linked");
    office.act_once(&pages, &sent, verb, place, async |fields| again(&pages, &office, fields)).await
}

/// Whether whoever is signed in knows the password as well; if not, what they are told.
async fn has_password(
    pages: &Pages,
    office: &Office,
    sent: &Sent,
) -> Result<Result<(), (String, StatusCode)>, PageFailure> {
    let store = &pages.issuance.store;
    let login_hash = pages.guard(&sent.headers, Realm::Office, &office.staff.login).counted_as();
    if let Err(wait) = store.write(CountTry { login_hash, now: pages.now() }).await? {
        let told = wait_message(office.lang, wait.until, pages.now());
        return Ok(Err((told, StatusCode::TOO_MANY_REQUESTS)));
    }
    let stored = Some(office.staff.password_hash.clone());
    if !pages.password_is_right(stored, Secret::new(sent.typed.raw("password"))).await {
        return Ok(Err((office.lang.t("account-old-wrong"), StatusCode::UNPROCESSABLE_ENTITY)));
    }
    store.write(ForgiveTries(login_hash)).await?;
    Ok(Ok(()))
}

async fn unlink(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    let verb = LinkFederated {
        staff: office.staff.id.clone(),
        account: None,
        session: office.session().hash,
        act: office.act(),
    };
    let place = |(): &()| done(PLACE, "federated-unlinked");
    office.act_once(&pages, &sent, verb, place, async |fields| again(&pages, &office, fields)).await
}

fn again(pages: &Pages, office: &Office, fields: Fields) -> Result<Response, PageFailure> {
    Ok(render_as(fields.status(), &AccountPage::of(pages, office, fields)))
}
