//! Another slip for a card: for one more device, or for the place of one that is named.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{NAV, make, on_portal};
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::issuance::reissue::{REISSUE_REASONS, ReissueCard, ReissueReason};
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::slip::{CardDesk, ReadCardDesk};
use crate::registry::rights::Right;
use crate::store::id::{CardId, DeviceId};
use crate::store::tables::device::EndReason;

#[derive(Template)]
#[template(path = "office/slip_card.html")]
struct CardPage {
    page: Page,
    fields: Fields,
    desk: CardDesk,
    limit: u8,
    portal: bool,
    reasons: Vec<(&'static str, bool)>,
}

async fn read(pages: &Pages, office: &Office, id: &str) -> Result<CardDesk, PageFailure> {
    office.must(Right::MakeSlips)?;
    let card = CardId::parse(id).ok_or(PageFailure::NotFound)?;
    let desk = pages.issuance.store.read(ReadCardDesk { card, now: pages.now() }).await?;
    let desk = desk.ok_or(PageFailure::NotFound)?;
    office.must_reach(Right::MakeSlips, &desk.pupil)?;
    // A card of the school before goes with the pupil's file, but not with its slips.
    if desk.card.school_id == office.school.id { Ok(desk) } else { Err(PageFailure::NotFound) }
}

fn show(office: &Office, desk: CardDesk, fields: Fields, status: StatusCode) -> Response {
    let reasons = REISSUE_REASONS
        .into_iter()
        .filter_map(|reason| ReissueReason::new(reason).map(|possible| (reason.word(), possible.at_once())));
    render_as(
        status,
        &CardPage {
            page: office.page(NAV, "card-slip-title"),
            fields,
            limit: desk.profile.devices.limit(),
            portal: on_portal(&desk.profile),
            reasons: reasons.collect(),
            desk,
        },
    )
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = read(&pages, &office, &id).await?;
    Ok(show(&office, desk, Fields::default(), StatusCode::OK))
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = read(&pages, &office, &id).await?;
    if on_portal(&desk.profile) {
        return Ok(show(&office, desk, Fields::default(), StatusCode::CONFLICT));
    }
    let actor = Actor::Staff(office.staff.id.clone());
    let card = desk.card.id.clone();
    let device = match sent.typed.some("device_id") {
        None => None,
        Some(id) => Some(DeviceId::parse(&id).ok_or(PageFailure::Unreadable)?),
    };
    let Some(device) = device else {
        let (verb, secrets) = MakeGrant::new(&pages.issuance, GrantSource::Card(card), actor);
        let refused = async |fields: Fields| {
            let status = fields.status();
            Ok(show(&office, desk, fields, status))
        };
        return make::one(&pages, &office, &sent, verb, secrets, refused).await;
    };
    let Some(reason) = sent.typed.word::<EndReason>("reason").and_then(ReissueReason::new) else {
        let fields =
            Fields::of(sent.typed.clone()).with_fault("reason", office.lang.t("card-slip-no-reason"));
        let status = fields.status();
        return Ok(show(&office, desk, fields, status));
    };
    let (verb, secrets) = ReissueCard::new(&pages.issuance, card, device, reason, actor);
    let refused = async |fields: Fields| {
        let status = fields.status();
        Ok(show(&office, desk, fields, status))
    };
    make::one(&pages, &office, &sent, verb, secrets, refused).await
}
