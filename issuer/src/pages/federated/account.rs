//! `/office/account/federated`: which account elsewhere stands for whoever is signed in.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::provider::Vouched;
use crate::issuance::keys::Sealed;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::federated::{FederatedId, LinkFederated};

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
    until: Timestamp,
}

#[derive(Template)]
#[template(path = "office/federated_confirm.html")]
struct ConfirmPage {
    page: Page,
    name: String,
    proof: String,
    replaces: bool,
}

/// Asks whether this is the account that was meant: whoever opened the provider in this browser may have been
/// somebody else.
pub(super) fn confirm(pages: &Pages, office: &Office, vouched: &Vouched) -> Response {
    let until = pages.now().saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
    let account = vouched.account.as_str().to_owned();
    let offered = Offered { session: office.session().hash, account, until };
    let proof = pages.issuance.keys.seal(Sealed::FederatedLink, &offered, &*pages.issuance.entropy);
    render(&ConfirmPage {
        page: office.page("", "federated-confirm"),
        name: vouched.name.clone(),
        proof: proof.expose().to_owned(),
        replaces: office.staff.federated_id.is_some(),
    })
}

async fn link(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    let offered: Option<Offered> =
        pages.issuance.keys.unseal(Sealed::FederatedLink, sent.typed.text("proof"));
    let offered = offered
        .filter(|offered| offered.session == office.session().hash && pages.now() < offered.until)
        .ok_or(PageFailure::StaleForm)?;
    let account = Some(FederatedId::kept(offered.account));
    let verb = LinkFederated { staff: office.staff.id.clone(), account, act: office.act() };
    let place = |(): &()| done(PLACE, "federated-linked");
    office.act_once(&pages, &sent, verb, place, async |fields| again(&pages, &office, fields)).await
}

async fn unlink(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    let verb = LinkFederated { staff: office.staff.id.clone(), account: None, act: office.act() };
    let place = |(): &()| done(PLACE, "federated-unlinked");
    office.act_once(&pages, &sent, verb, place, async |fields| again(&pages, &office, fields)).await
}

fn again(pages: &Pages, office: &Office, fields: Fields) -> Result<Response, PageFailure> {
    Ok(render_as(fields.status(), &AccountPage::of(pages, office, fields)))
}
