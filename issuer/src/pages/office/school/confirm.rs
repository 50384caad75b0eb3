//! The page before an act that cannot be taken back: what will happen, then the button.

use askama::Template;
use axum::response::Response;

use crate::pages::form::Fields;
use crate::pages::frame::{Page, render_as};

/// What is asked.
#[derive(Template)]
#[template(path = "office/school_confirm.html")]
pub(super) struct Confirm {
    pub(super) page: Page,
    /// Why the act was refused, if it was tried.
    pub(super) fields: Fields,
    /// The way back: address and text.
    pub(super) back: (String, String),
    /// What will happen, a paragraph each.
    pub(super) what: Vec<String>,
    /// Where the form is sent to.
    pub(super) action: String,
    /// What stands on the button.
    pub(super) button: String,
}

impl Confirm {
    pub(super) fn show(self) -> Response {
        render_as(self.fields.status(), &self)
    }
}
