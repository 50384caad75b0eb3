//! A slip's page: handing it out, taking it back, filing it, replacing it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{NAV, SlipLine, make};
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MAX_FAILURES, MakeGrant};
use crate::issuance::handover::{MarkSlip, SlipEvent};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::handover::HandOverForm;
use crate::registry::issue_book::slip::{ReadSlip, SlipFile};
use crate::registry::rights::Right;
use crate::store::id::GrantId;
use crate::store::tables::device::Device;
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Pupil;

#[derive(Template)]
#[template(path = "office/slip.html")]
struct ShowPage {
    page: Page,
    fields: Fields,
    line: SlipLine,
    pupil: Pupil,
    of_age: bool,
    pupil_may_collect: bool,
    device: Option<Device>,
    replaces: Option<Device>,
    newer: Option<GrantId>,
    tries_left: u8,
    /// Whether a receipt may be noted: the codes are good, or were used before anybody noted it.
    may_hand_out: bool,
    /// Whether it can be handed back: it was handed out and is not used.
    may_take_back: bool,
    /// Whether it belongs into the pupil's file: dead or never collected.
    may_file: bool,
    /// Whether a new slip may take its place.
    may_replace: bool,
    may_print: bool,
    /// What the field of a day says in its tag.
    days: String,
}

#[derive(Template)]
#[template(path = "office/slip_end.html")]
struct EndPage {
    page: Page,
    fields: Fields,
    line: SlipLine,
    pupil: Pupil,
    filing: bool,
}

async fn read(pages: &Pages, office: &Office, right: Right, id: &str) -> Result<SlipFile, PageFailure> {
    office.must(right)?;
    let slip = GrantId::parse(id).ok_or(PageFailure::NotFound)?;
    let file = pages.issuance.store.read(ReadSlip { slip, now: pages.now() }).await?;
    let file = file.filter(|file| file.school.id == office.school.id).ok_or(PageFailure::NotFound)?;
    office.must_reach(right, &file.pupil)?;
    Ok(file)
}

fn page_of(pages: &Pages, office: &Office, file: SlipFile, fields: Fields) -> Response {
    let line = SlipLine::of(file.slip, pages.now());
    let slip = &line.slip;
    let used = slip.state == GrantState::Bound;
    let dead = matches!(slip.state, GrantState::Replaced | GrantState::Cancelled);
    render_as(
        fields.status(),
        &ShowPage {
            page: office.page(NAV, "slip-title"),
            fields,
            tries_left: MAX_FAILURES.saturating_sub(slip.failures),
            may_hand_out: slip.collected_at.is_none() && (line.open || used),
            may_take_back: line.open && slip.collected_at.is_some(),
            may_file: !used && slip.filed_at.is_none() && slip.state != GrantState::Replaced,
            may_replace: !used && !dead && file.newer.is_none() && office.may(Right::MakeSlips),
            may_print: office.may(Right::MakeSlips),
            line,
            pupil: file.pupil,
            of_age: file.of_age,
            pupil_may_collect: file.pupil_may_collect,
            device: file.device,
            replaces: file.replaces,
            newer: file.newer,
            days: format!("max=\"{}\" required", pages.today()),
        },
    )
}

pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::HandOutSlips, &id).await?;
    let fields = Fields::of(Typed::of([("on", pages.today().to_string())]));
    Ok(page_of(&pages, &office, file, fields))
}

pub(super) async fn collected(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::HandOutSlips, &id).await?;
    let form = HandOverForm { by: sent.typed.word("by"), on: sent.typed.some("on") };
    let (by, at) = match form.parse(file.slip.created_at, pages.now()) {
        Ok(receipt) => receipt,
        Err(faults) => {
            return Ok(page_of(&pages, &office, file, Fields::faulty(&sent.typed, &faults, office.lang)));
        }
    };
    let event = SlipEvent::Collected(by, at);
    let verb = MarkSlip { grant: file.slip.id.clone(), event, act: office.act() };
    let place = |grant: &Grant| done(&format!("{NAV}/{}", grant.id), "slip-collected");
    let refused = async |fields| Ok(page_of(&pages, &office, file, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

/// Codes come back to the school: whoever had them hands them back…
pub(super) const HAND_BACK: bool = false;
/// …or they go into the pupil's file.
pub(super) const FILE: bool = true;

fn end_page(pages: &Pages, office: &Office, file: SlipFile, fields: Fields, filing: bool) -> Response {
    let page = office.page(NAV, if filing { "slip-file-title" } else { "slip-back-title" });
    let line = SlipLine::of(file.slip, pages.now());
    render_as(fields.status(), &EndPage { page, fields, line, pupil: file.pupil, filing })
}

pub(super) async fn end_form<const FILING: bool>(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::HandOutSlips, &id).await?;
    Ok(end_page(&pages, &office, file, Fields::default(), FILING))
}

pub(super) async fn end<const FILING: bool>(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::HandOutSlips, &id).await?;
    let event = if FILING { SlipEvent::Filed } else { SlipEvent::Cancelled };
    let verb = MarkSlip { grant: file.slip.id.clone(), event, act: office.act() };
    let place = |grant: &Grant| {
        let told = if FILING { "slip-filed" } else { "slip-handed-back" };
        done(&format!("{NAV}/{}", grant.id), told)
    };
    let refused = async |fields| Ok(end_page(&pages, &office, file, fields, FILING));
    office.act_once(&pages, &sent, verb, place, refused).await
}

/// A new slip in the place of one that the printer spoilt, or that expired or was locked.
pub(super) async fn replace(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let file = read(&pages, &office, Right::MakeSlips, &id).await?;
    let source = GrantSource::InPlaceOf(file.slip.id.clone());
    let (verb, secrets) = MakeGrant::new(&pages.issuance, source, Actor::Staff(office.staff.id.clone()));
    let refused = async |fields| Ok(page_of(&pages, &office, file, fields));
    make::one(&pages, &office, &sent, verb, secrets, refused).await
}
