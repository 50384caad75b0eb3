//! Letting a pupil go to another school of this installation.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{file_path, full_name, named_pupil};
use crate::issuance::reissue::{TransferPupil, TransferRefusal};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::desk::{OpenTransfer, TransferDesk};
use crate::registry::pupil::TransferForm;
use crate::registry::rights::Right;
use crate::store::id::SchoolId;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils/{id}/transfer", get(form).post(transfer))
}

#[derive(Template)]
#[template(path = "office/pupil_transfer.html")]
struct TransferPage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    desk: TransferDesk,
}

impl TransferPage {
    fn show(office: &Office, desk: TransferDesk, fields: Fields) -> Response {
        let page = office.page("/office/pupils", "pupil-transfer-title");
        let (back, name) = (file_path(&desk.pupil.id), full_name(&desk.pupil));
        render_as(fields.status(), &Self { page, fields, back, name, desk })
    }
}

async fn desk(pages: &Pages, office: &Office, id: &str) -> Result<TransferDesk, PageFailure> {
    let pupil = named_pupil(pages, office, Right::TransferPupils, id).await?;
    let open = OpenTransfer { pupil: pupil.id, now: pages.now() };
    pages.issuance.store.read(open).await?.ok_or(PageFailure::NotFound)
}

async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = desk(&pages, &office, &id).await?;
    Ok(TransferPage::show(&office, desk, Fields::default()))
}

async fn transfer(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let place = |_: &Pupil| done("/office/pupils", "pupil-transferred");
    let desk = match desk(&pages, &office, &id).await {
        Ok(desk) => desk,
        // Sent a second time, the form finds the pupil gone, and goes where it went the first time.
        Err(PageFailure::NotFound) => {
            return office.act_once(&pages, &sent, Gone, place, async |_| Err(PageFailure::NotFound)).await;
        }
        Err(failure) => return Err(failure),
    };
    let chosen = SchoolId::parse(sent.typed.text("school_id"));
    let Some(school_id) = chosen.filter(|id| desk.schools.iter().any(|school| school.id == *id)) else {
        let fields =
            Fields::of(sent.typed.clone()).with_fault("school_id", office.lang.t("pupil-transfer-choose"));
        return Ok(TransferPage::show(&office, desk, fields));
    };
    let form = TransferForm { school_id, class_name: sent.typed.text("class_name").to_owned() };
    let (to, class_name) = match form.parse() {
        Ok(parsed) => parsed,
        Err(faults) => {
            let fields = Fields::faulty(&sent.typed, &faults, office.lang);
            return Ok(TransferPage::show(&office, desk, fields));
        }
    };
    let class_name = class_name.as_str().to_owned();
    let verb = TransferPupil { pupil: desk.pupil.id.clone(), to, class_name, act: office.act() };
    office
        .act_once(&pages, &sent, verb, place, async |fields| Ok(TransferPage::show(&office, desk, fields)))
        .await
}

/// Does nothing: what is left of the act once the pupil is out of reach.
struct Gone;

#[async_trait::async_trait]
impl Verb for Gone {
    type Answer = Result<Pupil, TransferRefusal>;

    async fn run(&self, _: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(Err(TransferRefusal::UnknownPupil))
    }
}
