//! The slips of a class that were made: new codes for as many as are ticked. The old ones are dead at once, all
//! together; the new ones follow one after the other, and what an end of this process leaves out is on the page again.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::make::{self, ClassTask};
use super::{NAV, SlipLine, on_portal};
use crate::audit::Act;
use crate::issuance::grant::GrantSource;
use crate::issuance::handover::TakeBack;
use crate::issuance::order::OrderRefusal;
use crate::pages::form::{Fields, Sent};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::Office;
use crate::pages::office::orders::ClassLink;
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::slip::{ClassSlips, ReadClassSlips};
use crate::registry::rights::Right;
use crate::store::id::GrantId;
use crate::store::tables::device::Device;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

struct Row {
    line: SlipLine,
    pupil: Pupil,
    device: Option<Device>,
    /// Whether new codes may take its place.
    replaceable: bool,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "office/class_slips.html")]
struct ClassSlipsPage {
    page: Page,
    fields: Fields,
    class: ClassLink,
    rows: Vec<Row>,
    portal: bool,
    /// How many could be replaced.
    replaceable: usize,
    /// How many were used.
    used: usize,
}

async fn read(pages: &Pages, office: &Office, name: &str) -> Result<ClassSlips, PageFailure> {
    office.must(Right::MakeSlips)?;
    let (school, now) = (office.school.id.clone(), pages.now());
    let found =
        pages.issuance.store.read(ReadClassSlips { school, class_name: name.to_owned(), now }).await?;
    found.ok_or(PageFailure::NotFound)
}

fn show(
    pages: &Pages,
    office: &Office,
    name: String,
    found: ClassSlips,
    fields: Fields,
    status: StatusCode,
) -> Response {
    let sent = fields.typed().ticked("form_token");
    let chosen: BTreeSet<&str> = fields.typed().all("slip").collect();
    let rows = found.rows.into_iter().map(|row| {
        let replaceable = row.replaceable();
        let line = SlipLine::of(row.slip, pages.now());
        // What lies in the office goes astray by the class; whoever has signed for theirs keeps it.
        let lies_here = line.open && line.slip.collected_at.is_none();
        let ticked = if sent { chosen.contains(line.slip.id.as_str()) } else { lies_here };
        Row { line, pupil: row.pupil, device: row.device, replaceable, ticked }
    });
    let rows: Vec<Row> = rows.collect();
    let page = office.page(NAV, "class-slips-title");
    let replaceable = rows.iter().filter(|row| row.replaceable).count();
    render_as(
        status,
        &ClassSlipsPage {
            page: page.named(office.lang.t1("class-slips-title", "class", &name)),
            fields,
            portal: on_portal(&found.profile),
            replaceable,
            used: rows.len() - replaceable,
            rows,
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
    Ok(show(&pages, &office, name, found, Fields::default(), StatusCode::OK))
}

/// Takes the slips that were ticked back, all of them in the act that works the form off: whoever has a slip that went
/// astray has nothing, also where no new codes can be made.
struct Claim {
    read: ReadClassSlips,
    ticked: BTreeSet<GrantId>,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for Claim {
    type Answer = Result<Vec<ClassTask>, OrderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(found) = self.read.run(tx).await? else { return Ok(Err(OrderRefusal::UnknownOrder)) };
        let rows: Vec<_> = found.rows.into_iter().filter(|row| self.ticked.contains(&row.slip.id)).collect();
        let grants = rows.iter().map(|row| row.slip.id.clone()).collect();
        // One that was used or replaced meanwhile is refused again, with its reason, when its turn comes.
        TakeBack { grants, act: self.act.clone() }.run(tx).await?;
        let tasks = rows.into_iter().map(|row| ClassTask {
            source: GrantSource::InPlaceOf(row.slip.id),
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
        return Ok(show(&pages, &office, name, found, Fields::default(), StatusCode::CONFLICT));
    }
    let ticked: BTreeSet<GrantId> = sent.typed.all("slip").filter_map(GrantId::parse).collect();
    if ticked.is_empty() {
        let fields = Fields::of(sent.typed.clone()).with_fault("slip", office.lang.t("class-slips-choose"));
        let status = fields.status();
        return Ok(show(&pages, &office, name, found, fields, status));
    }
    let (school, now, total) = (office.school.id.clone(), pages.now(), ticked.len());
    let read = ReadClassSlips { school, class_name: name.clone(), now };
    let claim = Claim { read, ticked, act: office.act() };
    make::begin_class(&pages, &office, &sent, name, total, claim).await
}
