//! `/office/pupils/{id}/photo`: the photo on a pupil's card, and the way to a new one.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::verdict::{CardView, CheckView, checks, name, told};
use crate::pages::form::{Fields, SentFiles};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::photo::{PhotoRules, aside, judge};
use crate::registry::photo_inbox::look::{PupilPhoto, ReadPupilPhoto};
use crate::registry::photo_inbox::take::{NewPicture, TakePictures, Taken};
use crate::registry::rights::Right;
use crate::store::id::PupilId;
use crate::store::tables::photo_inbox::Origin;

#[derive(askama::Template)]
#[template(path = "office/photo_pupil.html")]
struct PhotoPage {
    page: Page,
    fields: Fields,
    pupil: PupilView,
    card: Option<CardView>,
    kept_at: String,
    waiting: Vec<WaitingView>,
    /// Why the file that was sent just now is not taken; empty if none was.
    refused: String,
    checks: Vec<CheckView>,
    wanted: Vec<CheckView>,
    /// What the camera may take at most, where the school takes small photos only.
    most: Option<Most>,
}

/// The largest photo that a school takes.
struct Most {
    width: u32,
    height: u32,
    bytes: u32,
    /// The shape of the photo on the card.
    shape: (u32, u32),
}

impl Most {
    fn of(rules: &PhotoRules) -> Option<Self> {
        let limits = rules.source.limits();
        let shape = rules.derived.limits().aspect.map_or((35, 45), |shape| (shape.width, shape.height));
        limits.max_size.map(|size| Self {
            width: size.width,
            height: size.height,
            bytes: limits.max_bytes,
            shape,
        })
    }
}

struct PupilView {
    id: String,
    name: String,
    class: String,
}

struct WaitingView {
    id: String,
    received: String,
    origin: String,
}

async fn find(pages: &Pages, office: &Office, id: &str) -> Result<PupilPhoto, PageFailure> {
    let pupil = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
    let found = pages.issuance.store.read(ReadPupilPhoto { pupil, now: pages.now() }).await?;
    let found = found.ok_or(PageFailure::NotFound)?;
    office.must_reach(Right::KeepPhotos, &found.pupil)?;
    Ok(found)
}

/// The page as it is first shown.
pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let found = find(&pages, &office, &id).await?;
    Ok(page(&office, &found, Fields::default(), String::new(), Vec::new()))
}

fn page(
    office: &Office,
    found: &PupilPhoto,
    fields: Fields,
    refused: String,
    explained: Vec<CheckView>,
) -> Response {
    let lang = office.lang;
    let present = found.present.as_ref();
    let waiting = found.waiting.iter().map(|row| WaitingView {
        id: row.id.as_str().to_owned(),
        received: lang.instant(row.received_at),
        origin: lang.word("photo-origin", row.origin.word()),
    });
    // Judged is nothing: the rules are told before anything is sent, too.
    let rules = PhotoRules::from(&found.rules);
    let wanted = checks(&judge(&[], &rules, None).source, lang);
    let shown = PhotoPage {
        most: Most::of(&rules),
        page: office.page("/office/pupils", "photo-pupil-title"),
        pupil: PupilView {
            id: found.pupil.id.as_str().to_owned(),
            name: name(&found.pupil),
            class: found.pupil.class_name.clone(),
        },
        card: present.map(|photo| CardView::present(&found.pupil, &office.school.name, photo, lang)),
        kept_at: present.map(|photo| lang.instant(photo.created_at)).unwrap_or_default(),
        waiting: waiting.collect(),
        refused,
        checks: explained,
        wanted,
        fields,
    };
    let status = if shown.refused.is_empty() {
        shown.fields.status()
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    };
    render_as(status, &shown)
}

/// Takes a file: one that can become the photo waits for its cut and its confirmation, any other is explained
/// and not kept.
pub(super) async fn send(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    form: SentFiles,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let found = find(&pages, &office, &id).await?;
    let sent = form.sent;
    let Some(file) = form.files.into_iter().find(|file| file.field == "photo") else {
        let missing = office.lang.t("photo-file-missing");
        let fields = Fields::of(sent.typed).with_fault("photo", missing);
        return Ok(page(&office, &found, fields, String::new(), Vec::new()));
    };
    let (rules, bytes) = (PhotoRules::from(&found.rules), file.bytes.clone());
    let judged = aside(move || judge(&bytes, &rules, None)).await;
    let judged = judged.map_err(|error| PageFailure::ours(&error))?;
    if let Err(refusal) = &judged.accepted {
        let (why, rules) = (told(refusal, office.lang), checks(&judged.source, office.lang));
        return Ok(page(&office, &found, Fields::of(sent.typed), why, rules));
    }
    let new =
        NewPicture::of_pupil(Origin::Office, found.pupil.id.clone(), &file.file_name, file.bytes.to_vec());
    let entropy = &*pages.issuance.entropy;
    let verb = TakePictures::new(office.school.id.clone(), vec![new], office.act(), entropy);
    let place = |taken: &Taken| {
        taken.ids.first().map_or_else(|| "/office/photos".to_owned(), |id| format!("/office/photos/{id}"))
    };
    match office.try_once(&pages, &sent, verb, place).await? {
        Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
        Err(refusal) => Err(PageFailure::refused(&refusal)),
    }
}
