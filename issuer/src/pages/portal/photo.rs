//! The photo from home: every rule is ticked or explained at once, and the office has the last word.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::{Visitor, children};
use crate::pages::form::{Fields, SentFiles};
use crate::pages::frame::{Page, render_as};
use crate::pages::office::photos::PHOTO_LIMIT;
use crate::pages::office::photos::verdict::{CheckView, checks, told};
use crate::pages::{PageFailure, Pages, done};
use crate::registry::photo::{PhotoRules, aside, judge};
use crate::registry::photo_inbox::take::{MOST_FROM_HOME, NewPicture, TakePictures, Taken};
use crate::registry::portal_standing::ReadPhotosFromHome;
use crate::registry::rights::PortalRight;
use crate::store::tables::photo_inbox::{InboxPicture, InboxState, Origin};
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    let photo = get(show).post(send).layer(DefaultBodyLimit::max(PHOTO_LIMIT));
    Router::new().route("/portal/children/{id}/photo", photo).route("/portal/photo", get(own_photo))
}

/// A photo that was sent from home.
struct SentView {
    at: jiff::Timestamp,
    /// `waiting`, `accepted` or `refused`.
    state: InboxState,
    /// Why it was refused, and what the office added.
    why: String,
}

#[derive(Template)]
#[template(path = "portal/photo.html")]
struct PhotoPage {
    page: Page,
    fields: Fields,
    address: String,
    back: String,
    name: String,
    may_send: bool,
    full: bool,
    sent: Vec<SentView>,
    /// Why the file that was sent just now is not taken; empty if none was.
    refused: String,
    checks: Vec<CheckView>,
    wanted: Vec<CheckView>,
}

/// What the page is made of: what was sent before, and the rules.
struct Desk<'a> {
    visitor: &'a Visitor,
    child: &'a Pupil,
    sent: Vec<InboxPicture>,
    rules: PhotoRules,
}

impl<'a> Desk<'a> {
    async fn open(pages: &Pages, visitor: &'a Visitor, id: &str) -> Result<Self, PageFailure> {
        let child = visitor.child(id)?;
        visitor.must(PortalRight::LookAtCard, child)?;
        let read = ReadPhotosFromHome { pupil: child.id.clone(), now: pages.now() };
        let (sent, rules) = pages.issuance.store.read(read).await?.ok_or(PageFailure::NotFound)?;
        Ok(Self { visitor, child, sent, rules })
    }

    fn is_full(&self) -> bool {
        self.sent.iter().filter(|row| row.state == InboxState::Waiting).count() >= MOST_FROM_HOME
    }

    fn page(&self, fields: Fields, refused: String, explained: Vec<CheckView>) -> Response {
        let lang = self.visitor.lang;
        let sent = self.sent.iter().map(|row| {
            let reason = row.reason.as_deref().filter(|_| row.state == InboxState::Refused);
            let why = reason.map(|reason| lang.word("photo-reason", reason));
            let why = why.into_iter().chain(row.note.clone()).collect::<Vec<_>>().join(". ");
            SentView { at: row.received_at, state: row.state, why }
        });
        let status = if refused.is_empty() { fields.status() } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = PhotoPage {
            page: self.visitor.page("/portal/photo", "portal-photo-title"),
            fields,
            address: format!("/portal/children/{}/photo", self.child.id),
            back: format!("/portal/children/{}", self.child.id),
            name: format!("{} {}", self.child.given_names, self.child.surname),
            may_send: self.visitor.may(PortalRight::SendPhoto, self.child),
            full: self.is_full(),
            sent: sent.collect(),
            refused,
            checks: explained,
            // Judged is nothing: the rules are told before anything is sent, too.
            wanted: checks(&judge(&[], &self.rules, None).source, lang),
        };
        render_as(status, &page)
    }
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    Ok(Desk::open(&pages, &visitor, &id).await?.page(Fields::default(), String::new(), Vec::new()))
}

/// Takes a photo that meets every rule to the office's inbox; any other is explained and not kept.
async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: SentFiles,
) -> Result<Response, PageFailure> {
    let desk = Desk::open(&pages, &visitor, &id).await?;
    visitor.must(PortalRight::SendPhoto, desk.child)?;
    let sent = form.sent;
    if let Some(before) = visitor.before(&pages, &sent).await? {
        return Ok(before);
    }
    let missing = |key: &str| {
        let fields = Fields::of(sent.typed.clone()).with_fault("photo", visitor.lang.t(key));
        Ok(desk.page(fields, String::new(), Vec::new()))
    };
    let Some(file) = form.files.into_iter().find(|file| file.field == "photo") else {
        return missing("portal-photo-missing");
    };
    if desk.is_full() {
        return missing("portal-photo-full");
    }
    let (rules, bytes) = (desk.rules.clone(), file.bytes.clone());
    let judged = aside(move || judge(&bytes, &rules, None)).await;
    let judged = judged.map_err(|error| PageFailure::ours(&error))?;
    if let Err(refusal) = &judged.accepted {
        let (why, rules) = (told(refusal, visitor.lang), checks(&judged.source, visitor.lang));
        return Ok(desk.page(Fields::default(), why, rules));
    }
    let picture =
        NewPicture::of_pupil(Origin::Portal, desk.child.id.clone(), &file.file_name, file.bytes.to_vec());
    let school = desk.child.school_id.clone();
    let verb = TakePictures::new(school, vec![picture], visitor.act(), &*pages.issuance.entropy);
    let place = done(&format!("/portal/children/{}/photo", desk.child.id), "portal-photo");
    let refused = async |fields| Ok(desk.page(fields, String::new(), Vec::new()));
    visitor.act_once(&pages, &sent, verb, move |_: &Taken| place.clone(), refused).await
}

/// The photo of the only child, or the choice between several.
async fn own_photo(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageFailure> {
    match visitor.children.as_slice() {
        [only] => Ok(Redirect::to(&format!("/portal/children/{}/photo", only.id)).into_response()),
        _ => children::list(&pages, &visitor, "/portal/photo").await,
    }
}
