//! Photos: a pupil's photo, the pictures that wait to be looked at, and mail that brings them.

mod import;
mod inbox;
mod pupil;
mod review;
mod settle;
mod thumbnail;
pub(in crate::pages) mod verdict;

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::pages::Pages;

/// What a form may weigh beside its files.
const FIELDS: usize = 64 * 1024;
/// The largest photo that is read, with its form. The rules refuse smaller ones already, in words.
pub(in crate::pages) const PHOTO_LIMIT: usize = crate::registry::photo_inbox::MAX_PICTURE + FIELDS;
/// All the mail of one import.
const MAIL_LIMIT: usize = 25 * 1024 * 1024 + FIELDS;

pub(super) fn routes() -> Router<Pages> {
    let photo = get(pupil::show).post(pupil::send).layer(DefaultBodyLimit::max(PHOTO_LIMIT));
    let mail = get(import::show).post(import::send).layer(DefaultBodyLimit::max(MAIL_LIMIT));
    Router::new()
        .route("/office/pupils/{id}/photo", photo)
        .route("/office/photos", get(inbox::list))
        .route("/office/photos/import", mail)
        .route("/office/photos/{id}", get(review::show))
        .route("/office/photos/{id}/assign", post(settle::assign))
        .route("/office/photos/{id}/accept", post(settle::accept))
        .route("/office/photos/{id}/refuse", post(settle::refuse))
        .route("/office/photos/{id}/thumbnail", get(thumbnail::show))
}

/// The menu's entry of these pages.
const NAV: &str = "/office/photos";
