//! Slips for a whole class in one document.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::make::{self, ClassTask};
use super::{NAV, on_portal};
use crate::issuance::grant::GrantSource;
use crate::issuance::order::OrderRefusal;
use crate::pages::form::Sent;
use crate::pages::frame::{Page, render_as};
use crate::pages::office::Office;
use crate::pages::office::orders::{ClassLink, Line};
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::order::{ClassOrders, ReadClassOrders};
use crate::registry::rights::Right;
use crate::store::{Statements, StoreError, Verb};

#[derive(Template)]
#[template(path = "office/slips_class.html")]
struct ClassPage {
    page: Page,
    class: ClassLink,
    lines: Vec<Line>,
    ready: usize,
    portal: bool,
}

async fn read(pages: &Pages, office: &Office, name: &str) -> Result<ClassOrders, PageFailure> {
    office.must(Right::MakeSlips)?;
    let (school, now) = (office.school.id.clone(), pages.now());
    let found =
        pages.issuance.store.read(ReadClassOrders { school, class_name: name.to_owned(), now }).await?;
    found.ok_or(PageFailure::NotFound)
}

fn show(pages: &Pages, office: &Office, name: String, found: ClassOrders, status: StatusCode) -> Response {
    let today = pages.today();
    let page = office.page(NAV, "issue-class-title");
    render_as(
        status,
        &ClassPage {
            page: page.named(office.lang.t1("issue-class-title", "class", &name)),
            ready: found.ready().count(),
            portal: on_portal(&found.profile),
            lines: found.rows.into_iter().map(|row| Line::of(row, today)).collect(),
            class: ClassLink::of(name),
        },
    )
}

pub(super) async fn form(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &name).await?;
    Ok(show(&pages, &office, name, found, StatusCode::OK))
}

/// Reads the orders of the class inside the act that works the form off.
struct Claim(ReadClassOrders);

#[async_trait::async_trait]
impl Verb for Claim {
    type Answer = Result<Vec<ClassTask>, OrderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(found) = self.0.run(tx).await? else { return Ok(Err(OrderRefusal::UnknownOrder)) };
        let tasks = found.ready().map(|row| ClassTask {
            source: GrantSource::FirstOf(row.order.id.clone()),
            pupil: format!("{} {}", row.pupil.surname, row.pupil.given_names),
        });
        Ok(Ok(tasks.collect()))
    }
}

pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let found = read(&pages, &office, &name).await?;
    if on_portal(&found.profile) {
        return Ok(show(&pages, &office, name, found, StatusCode::CONFLICT));
    }
    let (school, now) = (office.school.id.clone(), pages.now());
    let claim = Claim(ReadClassOrders { school, class_name: name.clone(), now });
    make::begin_class(&pages, &office, &sent, name, found.ready().count(), claim).await
}
