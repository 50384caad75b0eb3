//! Taking the card off a device from home.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::live::DeviceView;
use super::{Visitor, applications};
use crate::issuance::revocation::RevokeDevice;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::{PageFailure, Pages, done};
use crate::registry::rights::PortalRight;
use crate::store::id::{DeviceId, PupilId};
use crate::store::tables::device::EndReason;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/portal/children/{id}/devices/{device}/drop", get(ask).post(drop_device))
}

/// Why somebody at home takes a card off a device; the other reasons are the school's.
const REASONS: [EndReason; 4] =
    [EndReason::ServiceGivenUp, EndReason::PhoneLost, EndReason::PhoneDamaged, EndReason::IdentityStolen];

#[derive(Template)]
#[template(path = "portal/drop.html")]
struct DropPage {
    page: Page,
    fields: Fields,
    child: PupilId,
    back: String,
    device: DeviceView,
    others: usize,
    reasons: [EndReason; 4],
}

impl Visitor {
    /// The device of a child's card that may be dropped, and how many others hold the card.
    async fn device(
        &self,
        pages: &Pages,
        child: &str,
        device: &str,
    ) -> Result<(PupilId, DeviceView, usize), PageFailure> {
        let child = self.child(child)?;
        self.must(PortalRight::DropDevice, child)?;
        let device = DeviceId::parse(device).ok_or(PageFailure::NotFound)?;
        let standing = pages.standing(&child.id).await?;
        let found = standing.devices.iter().find(|known| known.id == device).ok_or(PageFailure::NotFound)?;
        Ok((child.id.clone(), DeviceView::of(found), standing.devices.len() - 1))
    }

    fn drop_page(&self, fields: Fields, (child, device, others): (PupilId, DeviceView, usize)) -> Response {
        let page = self.page("/portal/applications", "portal-drop-title");
        let status = fields.status();
        let back = applications::address(&child);
        render_as(status, &DropPage { page, fields, child, back, device, others, reasons: REASONS })
    }
}

async fn ask(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path((id, device)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let found = visitor.device(&pages, &id, &device).await?;
    Ok(visitor.drop_page(Fields::default(), found))
}

async fn drop_device(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path((id, device)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let child = visitor.child(&id)?;
    visitor.must(PortalRight::DropDevice, child)?;
    let place = done(&applications::address(&child.id), "portal-dropped");
    // The card is off that device already when a form comes twice.
    if let Some(before) = visitor.before(&pages, &sent).await? {
        return Ok(before);
    }
    let found = visitor.device(&pages, &id, &device).await?;
    let reason = sent.typed.word::<EndReason>("reason").filter(|reason| REASONS.contains(reason));
    let Some(reason) = reason else {
        let message = visitor.lang.t("portal-drop-reason-missing");
        return Ok(visitor.drop_page(Fields::of(sent.typed).with_fault("reason", message), found));
    };
    let verb = RevokeDevice { device: found.1.id.clone(), reason, act: visitor.act() };
    let refused = async |fields| Ok(visitor.drop_page(fields, found));
    visitor.act_once(&pages, &sent, verb, move |_| place.clone(), refused).await
}
