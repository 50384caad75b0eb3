//! Base cards: entered, confirmed for another year, voided, replaced by a duplicate.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::view::number;
use crate::issuance::reissue::{ConfirmBaseCard, Confirmed, VoidBaseCard};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::pupils::{file_path, full_name, named_pupil};
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::base_card::{
    BaseCardForm, ConfirmationForm, DuplicateForm, EnterBaseCard, proposed_last_day, school_term,
};
use crate::registry::desk::{BaseCardDesk, OpenBaseCard};
use crate::registry::profile::Renewal;
use crate::registry::rights::Right;
use crate::store::id::BaseCardId;
use crate::store::tables::base_card::{BaseCard, Form, VoidReason};
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/{id}/base-cards/new", get(new).post(enter))
        .route("/office/base-cards/{id}/confirm", get(confirmation).post(confirm))
        .route("/office/base-cards/{id}/void", get(voiding).post(void))
}

/// Why a card is voided, in the order of the choice.
const REASONS: [VoidReason; 5] = [
    VoidReason::Lost,
    VoidReason::Damaged,
    VoidReason::DataWrong,
    VoidReason::LeftSchool,
    VoidReason::MovedSchool,
];

/// The card that an address names, if it is this school's and the right reaches its pupil.
async fn named(pages: &Pages, office: &Office, id: &str) -> Result<BaseCardDesk, PageFailure> {
    office.must(Right::KeepBaseCards)?;
    let base_card = BaseCardId::parse(id).ok_or(PageFailure::NotFound)?;
    let open = OpenBaseCard { base_card, now: pages.now() };
    let desk = pages.issuance.store.read(open).await?.ok_or(PageFailure::NotFound)?;
    office.must_reach(Right::KeepBaseCards, &desk.pupil)?;
    if desk.base.school_id == office.school.id { Ok(desk) } else { Err(PageFailure::NotFound) }
}

/// What a new card is a duplicate of.
struct Original {
    id: String,
    number: String,
    devices: usize,
    slips: usize,
}

#[derive(Template)]
#[template(path = "office/card_base_new.html")]
struct NewPage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    original: Option<Original>,
    reasons: [&'static str; 5],
}

impl NewPage {
    fn show(office: &Office, pupil: &Pupil, original: Option<&BaseCardDesk>, fields: Fields) -> Response {
        let title = if original.is_some() { "base-duplicate-title" } else { "base-new-title" };
        let page = Self {
            page: office.page("/office/pupils", title),
            back: file_path(&pupil.id),
            name: full_name(pupil),
            original: original.map(|desk| Original {
                id: desk.base.id.to_string(),
                number: number(&desk.base),
                devices: desk.devices,
                slips: desk.slips,
            }),
            reasons: REASONS.map(VoidReason::word),
            fields,
        };
        render_as(page.fields.status(), &page)
    }
}

#[derive(Deserialize)]
struct Asked {
    duplicate_of: Option<String>,
}

/// The card of this pupil that is to be replaced.
async fn original(
    pages: &Pages,
    office: &Office,
    pupil: &Pupil,
    id: Option<&str>,
) -> Result<Option<BaseCardDesk>, PageFailure> {
    let Some(id) = id else { return Ok(None) };
    let desk = named(pages, office, id).await?;
    if desk.pupil.id == pupil.id { Ok(Some(desk)) } else { Err(PageFailure::NotFound) }
}

async fn new(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::KeepBaseCards, &id).await?;
    let original = original(&pages, &office, &pupil, asked.duplicate_of.as_deref()).await?;
    let today = pages.today();
    let until = match &original {
        // A duplicate lasts as long as the card that it stands for.
        Some(desk) if desk.base.valid_until >= today => desk.base.valid_until,
        Some(_) | None => proposed_last_day(None, today, school_term(office.school.term)),
    };
    let form = original.as_ref().map_or("paper", |desk| desk.base.form.word());
    let typed = Typed::of([
        ("issued_on", today.to_string()),
        ("valid_until", until.to_string()),
        ("form", form.to_owned()),
    ]);
    Ok(NewPage::show(&office, &pupil, original.as_ref(), Fields::of(typed)))
}

async fn enter(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::KeepBaseCards, &id).await?;
    let typed = &sent.typed;
    let original = original(&pages, &office, &pupil, typed.some("duplicate_of").as_deref()).await?;
    let mut fields = Fields::of(typed.clone());
    let form = typed.word::<Form>("form");
    if form.is_none() {
        fields = fields.with_fault("form", office.lang.t("base-choose-form"));
    }
    let reason = typed.word::<VoidReason>("reason");
    if original.is_some() && reason.is_none() {
        fields = fields.with_fault("reason", office.lang.t("base-choose-reason"));
    }
    let duplicate_of = original
        .as_ref()
        .zip(reason)
        .map(|(desk, reason)| DuplicateForm { base_card_id: desk.base.id.clone(), reason });
    let (Some(form), true) = (form, original.is_some() == duplicate_of.is_some()) else {
        return Ok(NewPage::show(&office, &pupil, original.as_ref(), fields));
    };
    let form = BaseCardForm {
        number: typed.some("number"),
        form,
        issued_on: typed.some("issued_on"),
        valid_until: typed.some("valid_until"),
        duplicate_of,
    };
    let card = match form.parse(pages.today()) {
        Ok(card) => card,
        Err(faults) => {
            let fields = Fields::faulty(typed, &faults, office.lang);
            return Ok(NewPage::show(&office, &pupil, original.as_ref(), fields));
        }
    };
    let verb = EnterBaseCard::new(pupil.id.clone(), card, office.act(), &*pages.issuance.entropy);
    let place = |base: &BaseCard| done(&file_path(&base.pupil_id), "base-entered");
    let refused = async |fields| Ok(NewPage::show(&office, &pupil, original.as_ref(), fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

#[derive(Template)]
#[template(path = "office/card_base_confirm.html")]
struct ConfirmPage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    number: String,
    until: String,
    devices: usize,
    action: String,
}

impl ConfirmPage {
    fn show(office: &Office, desk: &BaseCardDesk, fields: Fields) -> Response {
        let page = Self {
            page: office.page("/office/pupils", "base-confirm-title"),
            back: file_path(&desk.pupil.id),
            name: full_name(&desk.pupil),
            number: number(&desk.base),
            until: office.lang.date(desk.base.valid_until),
            devices: desk.devices,
            action: format!("/office/base-cards/{}/confirm", desk.base.id),
            fields,
        };
        render_as(page.fields.status(), &page)
    }
}

async fn confirmation(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, &id).await?;
    let typed = Typed::of([("until", desk.until.to_string())]);
    Ok(ConfirmPage::show(&office, &desk, Fields::of(typed)))
}

async fn confirm(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, &id).await?;
    let until = match (ConfirmationForm { until: sent.typed.text("until").to_owned() }).parse() {
        Ok(until) => until,
        Err(faults) => {
            let fields = Fields::faulty(&sent.typed, &faults, office.lang);
            return Ok(ConfirmPage::show(&office, &desk, fields));
        }
    };
    let verb = ConfirmBaseCard { base_card: desk.base.id.clone(), until, act: office.act() };
    let place = |confirmed: &Confirmed| {
        let word = match (confirmed.devices.is_empty(), confirmed.renewal) {
            (true, _) => "base-confirmed",
            (false, Renewal::OverTheAir) => "base-confirmed-air",
            (false, Renewal::NewGrant) => "base-confirmed-slips",
        };
        done(&file_path(&confirmed.base_card.pupil_id), word)
    };
    let refused = async |fields| Ok(ConfirmPage::show(&office, &desk, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}

#[derive(Template)]
#[template(path = "office/card_base_void.html")]
struct VoidPage {
    page: Page,
    fields: Fields,
    back: String,
    name: String,
    number: String,
    devices: usize,
    slips: usize,
    duplicate: String,
    action: String,
    reasons: [&'static str; 5],
}

impl VoidPage {
    fn show(office: &Office, desk: &BaseCardDesk, fields: Fields) -> Response {
        let back = file_path(&desk.pupil.id);
        let page = Self {
            page: office.page("/office/pupils", "base-void-title"),
            name: full_name(&desk.pupil),
            number: number(&desk.base),
            devices: desk.devices,
            slips: desk.slips,
            duplicate: format!("{back}/base-cards/new?duplicate_of={}", desk.base.id),
            action: format!("/office/base-cards/{}/void", desk.base.id),
            reasons: REASONS.map(VoidReason::word),
            back,
            fields,
        };
        render_as(page.fields.status(), &page)
    }
}

async fn voiding(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, &id).await?;
    Ok(VoidPage::show(&office, &desk, Fields::default()))
}

async fn void(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, &id).await?;
    let Some(reason) = sent.typed.word::<VoidReason>("reason") else {
        let fields = Fields::of(sent.typed.clone()).with_fault("reason", office.lang.t("base-choose-reason"));
        return Ok(VoidPage::show(&office, &desk, fields));
    };
    let verb = VoidBaseCard { base_card: desk.base.id.clone(), reason, act: office.act() };
    let place = |base: &BaseCard| done(&file_path(&base.pupil_id), "base-voided");
    let refused = async |fields| Ok(VoidPage::show(&office, &desk, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}
