//! A pupil's file: who it is, what the pupil has, and what was done when.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use shared::validity::is_of_age;

use super::history::{Moment, moments, names_of_pupil};
use super::{full_name, named_pupil};
use crate::pages::frame::{Page, render};
use crate::pages::office::Office;
use crate::pages::office::cards::view::{BaseView, CardView, number};
use crate::pages::{PageFailure, Pages};
use crate::registry::desk::OpenPupil;
use crate::registry::photo_book::ReadPhoto;
use crate::registry::pupil_file::PupilFile;
use crate::registry::rights::Right;
use crate::store::id::PupilId;
use crate::store::tables::order::OrderState;
use crate::store::tables::pupil::{Applicant, ApplicationState, Guardian};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils/{id}", get(show)).route("/office/pupils/{id}/picture", get(picture))
}

/// An application or objection.
struct ApplicationView {
    id: String,
    received: String,
    /// Who applied: the guardian's name, or empty for the pupil.
    guardian: String,
    state: &'static str,
    kind: &'static str,
    note: String,
    minor_may_collect: bool,
}

/// An order.
struct OrderView {
    id: String,
    placed: String,
    number: String,
    deadline: String,
    overdue: bool,
    state: &'static str,
    kind: &'static str,
}

/// What the member of staff may do here.
#[derive(Clone, Copy)]
struct May {
    edit: bool,
    transfer: bool,
    apply: bool,
    photo: bool,
    base_cards: bool,
    order: bool,
    export: bool,
    erase: bool,
}

#[derive(Template)]
#[template(path = "office/pupil.html")]
struct FilePage {
    page: Page,
    file: PupilFile,
    age: u8,
    of_age: bool,
    applications: Vec<ApplicationView>,
    base_cards: Vec<BaseView>,
    orders: Vec<OrderView>,
    cards: Vec<CardView>,
    moments: Vec<Moment>,
    may: May,
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadPupils)?;
    let pupil = PupilId::parse(&id).ok_or(PageFailure::NotFound)?;
    let open = OpenPupil { pupil, school: office.school.id.clone(), now: pages.now() };
    let opened = pages.issuance.store.read(open).await?;
    let (file, doers) = opened.map_err(|_| PageFailure::NotFound)?;
    office.must_reach(Right::ReadPupils, &file.pupil)?;
    let (today, lang) = (pages.today(), office.lang);
    let name = full_name(&file.pupil);
    let page = office.page("/office/pupils", "").named(name);
    let base_cards: Vec<BaseView> =
        file.base_cards.iter().rev().map(|base| BaseView::of(base, &office, today)).collect();
    Ok(render(&FilePage {
        age: shared::validity::age_on(file.pupil.birth_date, today),
        of_age: is_of_age(file.pupil.birth_date, today),
        applications: applications(&file, &page),
        orders: orders(&file, &page, today),
        cards: file.cards.iter().rev().map(|card| CardView::of(card, &office, pages.now())).collect(),
        moments: moments(&file.timeline, &names_of_pupil(&file), &doers, lang),
        may: May {
            edit: office.may(Right::EditPupils),
            transfer: office.may(Right::TransferPupils),
            apply: office.may(Right::JudgeApplications),
            photo: office.may(Right::KeepPhotos),
            base_cards: office.may(Right::KeepBaseCards),
            order: office.may(Right::PlaceOrders),
            export: office.may(Right::ExportPupils),
            erase: office.may(Right::ErasePupils),
        },
        base_cards,
        page,
        file,
    }))
}

fn applications(file: &PupilFile, page: &Page) -> Vec<ApplicationView> {
    let named = |guardian: &Guardian| format!("{} {}", guardian.given_names, guardian.surname);
    let view = |application: &crate::store::tables::pupil::Application| ApplicationView {
        id: application.id.to_string(),
        received: page.date(&application.received_on),
        guardian: match application.applicant {
            Applicant::Pupil => String::new(),
            Applicant::Guardian => file
                .guardians
                .iter()
                .chain(&file.former_guardians)
                .find(|guardian| Some(&guardian.id) == application.guardian_id.as_ref())
                .map_or_else(|| page.t("pupil-guardian-unknown"), named),
        },
        state: application.state.word(),
        kind: match application.state {
            ApplicationState::Received => "info",
            ApplicationState::Complete => "good",
            ApplicationState::SentBack => "warn",
            ApplicationState::Objection => "bad",
        },
        note: application.note.clone().unwrap_or_default(),
        minor_may_collect: application.minor_may_collect,
    };
    file.applications.iter().rev().map(view).collect()
}

fn orders(file: &PupilFile, page: &Page, today: jiff::civil::Date) -> Vec<OrderView> {
    let view = |order: &crate::store::tables::order::Order| {
        let base = file.base_cards.iter().find(|base| Some(&base.id) == order.base_card_id.as_ref());
        OrderView {
            id: order.id.to_string(),
            placed: page.instant(&order.created_at),
            number: base.map_or_else(String::new, number),
            deadline: order.deadline_on.map_or_else(String::new, |day| page.date(&day)),
            overdue: order.is_open() && order.deadline_on.is_some_and(|day| day < today),
            state: order.state.word(),
            kind: match order.state {
                OrderState::Waiting => "warn",
                OrderState::Ready => "info",
                OrderState::Issued => "good",
                OrderState::Cancelled => "plain",
            },
        }
    };
    file.orders.iter().rev().map(view).collect()
}

/// The picture that cards show.
async fn picture(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let pupil = named_pupil(&pages, &office, Right::ReadPupils, &id).await?;
    let photo = pages.issuance.store.read(ReadPhoto(pupil.id)).await?.map_err(|_| PageFailure::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, photo.jpeg).into_response())
}
