//! Classes: how their cards stand, and the yearly confirmation of a whole class in one act.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::orders::segment;
use super::pupils::list::Row;
use super::{Office, done};
use crate::http::failure::Coded;
use crate::issuance::class_confirmation::{ClassConfirmed, ConfirmClass};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, capital, render, render_as};
use crate::pages::{PageFailure, Pages};
use crate::registry::base_card::ConfirmationForm;
use crate::registry::desk::{ClassDesk, ListClasses, OpenClass};
use crate::registry::profile::Renewal;
use crate::registry::rights::Right;
use crate::store::id::BaseCardId;
use crate::store::tables::pupil_line::{ClassFigures, Standing};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/classes", get(list))
        .route("/office/classes/{name}", get(show))
        .route("/office/classes/{name}/confirm", post(confirm))
}

/// The address of a class: its name may hold anything that fits into a line.
pub(super) fn class_path(name: &str) -> String {
    format!("/office/classes/{}", segment(name))
}

#[derive(Template)]
#[template(path = "office/classes.html")]
struct ClassesPage {
    page: Page,
    classes: Vec<(String, ClassFigures)>,
}

async fn list(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::ReadPupils)?;
    let only = office.only_class(Right::ReadPupils).map(str::to_owned);
    let read = ListClasses { school: office.school.id.clone(), only, now: pages.now() };
    let classes = pages.issuance.store.read(read).await?;
    let classes = classes.into_iter().map(|class| (class_path(&class.class_name), class)).collect();
    Ok(render(&ClassesPage { page: office.page("/office/pupils", "classes-title"), classes }))
}

/// A pupil of the class, and the card that can be confirmed.
struct Line {
    row: Row,
    /// The base card's id; empty without one.
    base: String,
    /// Whether it is ticked.
    ticked: bool,
}

#[derive(Template)]
#[template(path = "office/class.html")]
struct ClassPage {
    page: Page,
    fields: Fields,
    lines: Vec<Line>,
    /// The page's own address.
    path: String,
    may_confirm: bool,
    may_order: bool,
    may_issue: bool,
    may_hand_out_logins: bool,
}

impl ClassPage {
    fn show(office: &Office, name: &str, desk: &ClassDesk, fields: Fields) -> Response {
        let page = office.page("/office/pupils", "").named(office.lang.t1("class-title", "name", name));
        let chosen: BTreeSet<&str> = fields.typed().all("base_card").collect();
        let sent = fields.typed().ticked("form_token");
        let lines = desk.lines.iter().map(|line| {
            let base = line.base.as_ref();
            let due = base.is_some_and(|base| base.valid_until < desk.until);
            let id = base.map_or("", |base| base.id.as_str());
            Line {
                ticked: if sent { chosen.contains(id) } else { due },
                base: if line.standing(desk.today) == Standing::NoBaseCard {
                    String::new()
                } else {
                    id.to_owned()
                },
                row: Row::of(line, desk.today, &page),
            }
        });
        let lines = lines.collect();
        let shown = Self {
            page,
            fields,
            lines,
            path: class_path(name),
            may_confirm: office.may(Right::KeepBaseCards),
            may_order: office.may(Right::PlaceOrders),
            may_issue: office.may(Right::MakeSlips),
            may_hand_out_logins: office.may(Right::HandOutPortalLogins),
        };
        render_as(shown.fields.status(), &shown)
    }
}

/// The class that an address names, if the right reaches it.
async fn named(pages: &Pages, office: &Office, right: Right, name: &str) -> Result<ClassDesk, PageFailure> {
    office.must(right)?;
    if office.only_class(right).is_some_and(|own| own != name) || name.contains(char::is_control) {
        return Err(PageFailure::NotFound);
    }
    let open = OpenClass { school: office.school.id.clone(), class_name: name.to_owned(), now: pages.now() };
    let desk = pages.issuance.store.read(open).await?;
    if desk.lines.is_empty() { Err(PageFailure::NotFound) } else { Ok(desk) }
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, Right::ReadPupils, &name).await?;
    let typed = Typed::of([("until", desk.until.to_string())]);
    Ok(ClassPage::show(&office, &name, &desk, Fields::of(typed)))
}

/// What came of a confirmation that did not go through for everybody.
#[derive(Template)]
#[template(path = "office/class_confirmed.html")]
struct ConfirmedPage {
    page: Page,
    back: String,
    name: String,
    confirmed: usize,
    devices: usize,
    over_the_air: bool,
    /// Who, with the address of the file, and why not.
    refused: Vec<(String, String, String)>,
}

async fn confirm(
    State(pages): State<Pages>,
    office: Office,
    Path(name): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = named(&pages, &office, Right::KeepBaseCards, &name).await?;
    let typed = &sent.typed;
    let until = match (ConfirmationForm { until: typed.text("until").to_owned() }).parse() {
        Ok(until) => until,
        Err(faults) => {
            let fields = Fields::faulty(typed, &faults, office.lang);
            return Ok(ClassPage::show(&office, &name, &desk, fields));
        }
    };
    let base_cards: BTreeSet<BaseCardId> = typed.all("base_card").filter_map(BaseCardId::parse).collect();
    if base_cards.is_empty() {
        let fields = Fields::of(typed.clone()).with_fault("base_card", office.lang.t("class-choose"));
        return Ok(ClassPage::show(&office, &name, &desk, fields));
    }
    let (school, act) = (office.school.id.clone(), office.act());
    let verb = ConfirmClass { school, class_name: name.clone(), base_cards, until, act };
    let back = class_path(&name);
    let place = {
        let back = back.clone();
        move |outcome: &ClassConfirmed| {
            let word = match (outcome.devices(), over_the_air(outcome)) {
                (0, _) => "class-confirmed",
                (_, true) => "class-confirmed-air",
                (_, false) => "class-confirmed-slips",
            };
            done(&back, word)
        }
    };
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((Some(outcome), _)) if !outcome.refused.is_empty() => {
            let page = office.page("/office/pupils", "class-confirmed-title");
            Ok(render(&ConfirmedPage::of(page, back, name, &outcome)))
        }
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => {
            let fields = Fields::refused(typed, &refusal, office.lang);
            Ok(ClassPage::show(&office, &name, &desk, fields))
        }
    }
}

fn over_the_air(outcome: &ClassConfirmed) -> bool {
    outcome.confirmed.iter().all(|confirmed| confirmed.renewal == Renewal::OverTheAir)
}

impl ConfirmedPage {
    fn of(page: Page, back: String, name: String, outcome: &ClassConfirmed) -> Self {
        let lang = page.lang;
        let refused = outcome.refused.iter().map(|(pupil, refusal)| {
            let code = refusal.code();
            let told = capital(lang.pick(code.message_pl(), code.message_en()));
            let who = format!("{} {}", pupil.surname, pupil.given_names);
            (super::pupils::file_path(&pupil.id), who, told)
        });
        Self {
            back,
            name,
            confirmed: outcome.confirmed.len(),
            devices: outcome.devices(),
            over_the_air: over_the_air(outcome),
            refused: refused.collect(),
            page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_class_has_an_address() {
        assert_eq!(class_path("7a"), "/office/classes/7a");
        assert_eq!(class_path("1 ć/b?"), "/office/classes/1%20%C4%87%2Fb%3F");
    }
}
