//! The sheet of components: everything that pages are made of, in every state. In the sandbox only.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Office;
use crate::pages::Pages;
use crate::pages::form::{Fields, Typed};
use crate::pages::frame::{Page, render};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/components", get(sheet))
}

#[derive(Template)]
#[template(path = "office/components.html")]
struct Sheet {
    page: Page,
    fields: Fields,
    empty: Fields,
}

async fn sheet(State(_): State<Pages>, office: Office) -> Response {
    let typed = Typed::of([("surname", "Przykładowa"), ("pesel", "12290100013"), ("paper", "on")]);
    let fields = Fields::of(typed).with_fault("pesel", office.lang.t("components-fault"));
    let page = office.page("", "components-title");
    render(&Sheet { page, fields, empty: Fields::default() })
}
