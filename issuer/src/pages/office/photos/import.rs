//! `/office/photos/import`: mail that brings photos, as saved from a mail program.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::{NAV, verdict};
use crate::pages::form::{Fields, SentFiles};
use crate::pages::frame::{Page, query, render_as};
use crate::pages::office::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::photo::{PhotoRules, aside};
use crate::registry::photo_inbox::letter::Letter;
use crate::registry::photo_inbox::look::ReadRoster;
use crate::registry::photo_inbox::take::{NewPicture, TakePictures, Taken};
use crate::registry::rights::Right;

/// Mails of one import.
const MAX_MAILS: usize = 50;

#[derive(askama::Template)]
#[template(path = "office/photo_import.html")]
struct ImportPage {
    page: Page,
    fields: Fields,
    max_mails: usize,
    max_pictures: usize,
}

fn page(office: &Office, fields: Fields) -> Response {
    let shown = ImportPage {
        page: office.page(NAV, "photo-import-title"),
        fields,
        max_mails: MAX_MAILS,
        max_pictures: verdict::MAX_PICTURES,
    };
    render_as(shown.fields.status(), &shown)
}

/// The form.
pub(super) async fn show(office: Office) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    Ok(page(&office, Fields::default()))
}

/// Takes the pictures out of the mails. None of them becomes anybody's photo by that.
pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    form: SentFiles,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let (sent, files) = (form.sent, form.files);
    let fault = |key: &str| {
        let fields = Fields::of(sent.typed.clone()).with_fault("mails", office.lang.t1(key, "n", MAX_MAILS));
        Ok(page(&office, fields))
    };
    if files.is_empty() {
        return fault("photo-import-missing");
    }
    if files.len() > MAX_MAILS {
        return fault("photo-import-too-many");
    }
    let (school, now) = (office.school.id.clone(), pages.now());
    let (roster, profile) = pages.issuance.store.read(ReadRoster { school, now }).await?;
    let rules = PhotoRules::from(&profile);
    let mails = files.len();
    let read = aside(move || {
        let (mut pictures, mut left, mut read) = (Vec::new(), 0, 0);
        for letter in files.iter().filter_map(|file| Letter::read(&file.bytes)) {
            left += letter.left_out;
            read += 1;
            pictures.extend(NewPicture::of_letter(letter, &roster, &rules));
        }
        (pictures, left, read)
    });
    let (pictures, left, read) = read.await.map_err(|error| PageFailure::ours(&error))?;
    if read == 0 {
        return fault("photo-import-unreadable");
    }
    let unread = mails.saturating_sub(read);
    let entropy = &*pages.issuance.entropy;
    let verb = TakePictures::new(office.school.id.clone(), pictures, office.act(), entropy);
    let place = move |taken: &Taken| {
        let numbers = [taken.ids.len(), taken.again, left, unread].map(|n| n.to_string());
        let [taken, again, left, unread] = &numbers;
        let told = [("taken", taken), ("again", again), ("left", left), ("unread", unread)];
        format!("{NAV}{}", query(&told.map(|(name, n)| (name, n.as_str()))))
    };
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => Err(PageFailure::refused(&refusal)),
    }
}
