//! A mobile card with its whole history, and taking it off phones.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::view::{CardView, DeviceView};
use crate::issuance::reissue::REISSUE_REASONS;
use crate::issuance::revocation::{OFFICE_REASONS, RevokeCard, RevokeDevice};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render, render_as};
use crate::pages::office::pupils::history::{Moment, moments, names_of_card};
use crate::pages::office::pupils::{file_path, full_name};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::desk::{CardDesk, OpenCard, OpenDevice};
use crate::registry::rights::Right;
use crate::store::id::{CardId, DeviceId};
use crate::store::tables::device::{Device, DeviceState, EndReason};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/cards/{id}", get(show))
        .route("/office/cards/{id}/revoke", get(revocation).post(revoke))
        .route("/office/devices/{id}/revoke", get(device_revocation).post(revoke_device))
        .route("/office/devices/{id}/replace", get(replacement))
}

#[derive(Template)]
#[template(path = "office/card.html")]
struct CardPage {
    page: Page,
    card: CardView,
    back: String,
    name: String,
    moments: Vec<Moment>,
}

/// The card that an address names, if the right reaches its pupil.
async fn named_card(pages: &Pages, office: &Office, right: Right, id: &str) -> Result<CardDesk, PageFailure> {
    office.must(right)?;
    let card = CardId::parse(id).ok_or(PageFailure::NotFound)?;
    let open = OpenCard { card, school: office.school.id.clone(), now: pages.now() };
    let desk = pages.issuance.store.read(open).await?.ok_or(PageFailure::NotFound)?;
    office.must_reach(right, &desk.pupil)?;
    Ok(desk)
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = named_card(&pages, &office, Right::ReadPupils, &id).await?;
    let card = CardView::of(&desk.file, &office, pages.now());
    let page = office.page("/office/pupils", "").named(office.lang.t1("card-title", "number", &card.number));
    let moments = moments(&desk.timeline, &names_of_card(&desk.file), &desk.doers, office.lang);
    let (back, name) = (file_path(&desk.pupil.id), full_name(&desk.pupil));
    Ok(render(&CardPage { page, card, back, name, moments }))
}

/// Takes a card off phones: all of them, or one.
#[derive(Template)]
#[template(path = "office/card_revoke.html")]
struct RevokePage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    action: String,
    /// The phones that lose the card.
    devices: Vec<DeviceView>,
    /// How many open slips stop working.
    slips: usize,
    /// Whether it is the card itself, not one phone.
    whole: bool,
    reasons: [&'static str; 5],
}

/// The reason that was chosen, if it is one that an office may name.
fn reason(typed: &Typed) -> Option<EndReason> {
    typed.word::<EndReason>("reason").filter(|reason| OFFICE_REASONS.contains(reason))
}

fn choose(office: &Office, sent: &Sent) -> Fields {
    Fields::of(sent.typed.clone()).with_fault("reason", office.lang.t("card-choose-reason"))
}

impl RevokePage {
    fn whole(office: &Office, desk: &CardDesk, fields: Fields) -> Response {
        let now = office.act().at;
        let open = CardView::of(&desk.file, office, now).slips;
        let devices = desk.file.devices.iter().map(|file| DeviceView::of(file, office));
        let page = Self {
            page: office.page("/office/pupils", "card-revoke-title"),
            back: file_path(&desk.pupil.id),
            name: full_name(&desk.pupil),
            action: format!("/office/cards/{}/revoke", desk.file.card.id),
            devices: devices.filter(|device| device.live).collect(),
            slips: open.iter().filter(|slip| matches!(slip.state, "ready" | "collected")).count(),
            whole: true,
            reasons: OFFICE_REASONS.map(EndReason::word),
            fields,
        };
        render_as(page.fields.status(), &page)
    }

    fn one(office: &Office, desk: &CardDesk, device: &DeviceId, fields: Fields) -> Response {
        let devices = desk.file.devices.iter().filter(|file| file.device.id == *device);
        let page = Self {
            page: office.page("/office/pupils", "pupil-device-revoke-title"),
            back: file_path(&desk.pupil.id),
            name: full_name(&desk.pupil),
            action: format!("/office/devices/{device}/revoke"),
            devices: devices.map(|file| DeviceView::of(file, office)).collect(),
            slips: 0,
            whole: false,
            reasons: OFFICE_REASONS.map(EndReason::word),
            fields,
        };
        render_as(page.fields.status(), &page)
    }
}

/// A card of this school; one of another school is none of this office's to revoke.
async fn own_card(pages: &Pages, office: &Office, id: &str) -> Result<CardDesk, PageFailure> {
    let desk = named_card(pages, office, Right::RevokeCards, id).await?;
    if desk.file.card.school_id == office.school.id { Ok(desk) } else { Err(PageFailure::NotFound) }
}

async fn revocation(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = own_card(&pages, &office, &id).await?;
    Ok(RevokePage::whole(&office, &desk, Fields::default()))
}

async fn revoke(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = own_card(&pages, &office, &id).await?;
    let Some(reason) = reason(&sent.typed) else {
        return Ok(RevokePage::whole(&office, &desk, choose(&office, &sent)));
    };
    let verb = RevokeCard { card: desk.file.card.id.clone(), reason, act: office.act() };
    let back = file_path(&desk.pupil.id);
    let place = move |_: &Vec<Device>| done(&back, "card-revoked");
    let refused = async |fields| Ok(RevokePage::whole(&office, &desk, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

/// The device that an address names, with the card that it holds or held.
async fn own_device(pages: &Pages, office: &Office, id: &str) -> Result<(CardDesk, Device), PageFailure> {
    office.must(Right::RevokeCards)?;
    let id = DeviceId::parse(id).ok_or(PageFailure::NotFound)?;
    let open = pages.issuance.store.read(OpenDevice(id)).await?;
    let (_, card, device) = open.ok_or(PageFailure::NotFound)?;
    Ok((own_card(pages, office, card.id.as_str()).await?, device))
}

async fn device_revocation(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let (desk, device) = own_device(&pages, &office, &id).await?;
    if device.state != DeviceState::Live {
        return Err(PageFailure::NotFound);
    }
    Ok(RevokePage::one(&office, &desk, &device.id, Fields::default()))
}

async fn revoke_device(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let (desk, device) = own_device(&pages, &office, &id).await?;
    let Some(reason) = reason(&sent.typed) else {
        return Ok(RevokePage::one(&office, &desk, &device.id, choose(&office, &sent)));
    };
    let verb = RevokeDevice { device: device.id.clone(), reason, act: office.act() };
    let back = file_path(&desk.pupil.id);
    let place = move |_: &Device| done(&back, "device-revoked");
    let refused = async |fields| Ok(RevokePage::one(&office, &desk, &device.id, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

/// Asks why a device gets a new slip; the slip itself is made where all slips are.
#[derive(Template)]
#[template(path = "office/card_replace.html")]
struct ReplacePage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    card: String,
    device: DeviceView,
    reasons: [&'static str; 5],
}

async fn replacement(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::MakeSlips)?;
    let (desk, device) = own_device(&pages, &office, &id).await?;
    office.must_reach(Right::MakeSlips, &desk.pupil)?;
    if !desk.file.on_paper {
        return Err(PageFailure::NotFound);
    }
    let file = desk.file.devices.iter().find(|file| file.device.id == device.id);
    let device = file.map(|file| DeviceView::of(file, &office)).filter(|device| device.live);
    Ok(render(&ReplacePage {
        page: office.page("/office/pupils", "pupil-device-replace-title"),
        fields: Fields::default(),
        back: file_path(&desk.pupil.id),
        name: full_name(&desk.pupil),
        card: desk.file.card.id.to_string(),
        device: device.ok_or(PageFailure::NotFound)?,
        reasons: REISSUE_REASONS.map(EndReason::word),
    }))
}
