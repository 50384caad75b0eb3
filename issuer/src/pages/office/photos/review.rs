//! `/office/photos/{id}`: one picture, whose it is, how it is cut, which rules it meets – and the decision.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::NAV;
use super::verdict::{CardView, CheckView, checks, inline, name, told};
use crate::pages::form::{Fields, Typed};
use crate::pages::frame::{Page, capital, render_as};
use crate::pages::office::Office;
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::photo::{Crop, Judgement, PhotoRefusal, PhotoRules, aside, judge};
use crate::registry::photo_inbox::guess::Guess;
use crate::registry::photo_inbox::look::{Picture, ReadPicture};
use crate::registry::photo_inbox::settle::{CRITERIA, REASONS, crop};
use crate::registry::photo_inbox::subject;
use crate::registry::rights::Right;
use crate::registry::sorting::folded;
use crate::store::id::InboxId;
use crate::store::tables::photo_inbox::{InboxPicture, InboxState, Origin, Purpose, RosterEntry};
use crate::store::tables::school::School;

/// Pupils whom a search shows, at most.
const FOUND: usize = 12;
/// The fields of a cut, in the order of [`AcceptanceForm::crop`].
pub(super) const CROP: [&str; 4] = ["x", "y", "width", "height"];

/// How the page is looked at: a cut to be tried, a pupil to be looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    x: String,
    y: String,
    width: String,
    height: String,
    q: String,
}

#[derive(askama::Template)]
#[template(path = "office/photo_review.html")]
struct ReviewPage {
    page: Page,
    /// The form that accepts.
    fields: Fields,
    /// The form that refuses.
    refusal: Fields,
    id: String,
    facts: Vec<(String, String)>,
    hints: Vec<String>,
    state: &'static str,
    settled: String,
    /// What to send to whoever sent it, where nobody else does.
    to_copy: Option<ToCopy>,
    /// The notice that tells them.
    notice: String,
    pupil: Option<PupilView>,
    candidates: Vec<Candidate>,
    searched: String,
    nobody_found: bool,
    found: Vec<Candidate>,
    view: String,
    /// Whether another cut could make it the photo.
    can_cut: bool,
    /// Width and height of the photo, upright; of the smallest cut; and the shape of a cut.
    size: (u32, u32),
    smallest: (u32, u32),
    shape: (u32, u32),
    crop: [String; 4],
    crop_fault: String,
    too_large: bool,
    refused: String,
    source: Vec<CheckView>,
    derived: Vec<CheckView>,
    as_it_is: bool,
    card: Option<CardView>,
    present: Option<CardView>,
    /// The photo that this pupil has now, by its name in the store.
    present_id: String,
    criteria: Vec<(&'static str, String)>,
    reasons: Vec<(&'static str, String)>,
}

/// A letter for the office to send by itself.
struct ToCopy {
    text: String,
    /// It opens in the mail program, written already; empty where the sender's address is not known.
    mailto: String,
}

struct PupilView {
    id: String,
    name: String,
    class: String,
}

struct Candidate {
    id: String,
    name: String,
    class: String,
    percent: u8,
    why: String,
    chosen: bool,
}

pub(super) async fn find(pages: &Pages, office: &Office, id: &str) -> Result<Picture, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let id = InboxId::parse(id).ok_or(PageFailure::NotFound)?;
    let verb = ReadPicture { school: office.school.id.clone(), id, now: pages.now() };
    pages.issuance.store.read(verb).await?.ok_or(PageFailure::NotFound)
}

/// The page as it is looked at.
pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Result<Response, PageFailure> {
    let picture = find(&pages, &office, &id).await?;
    let view = View { look, ..View::default() };
    view.render(&office, picture).await
}

/// What there is to show beside the picture itself.
#[derive(Default)]
pub(super) struct View {
    /// The cut to be tried, and the pupil to be looked for.
    pub(super) look: Look,
    /// The form that accepts, or says whose it is.
    pub(super) fields: Fields,
    /// The form that refuses.
    pub(super) refusal: Fields,
}

impl View {
    /// The page again after a form was sent, with the cut that stood there.
    pub(super) fn again(typed: &Typed) -> Self {
        let [x, y, width, height] = CROP.map(|name| typed.text(name).to_owned());
        Self { look: Look { x, y, width, height, q: String::new() }, ..Self::default() }
    }

    /// The page.
    pub(super) async fn render(self, office: &Office, picture: Picture) -> Result<Response, PageFailure> {
        let lang = office.lang;
        let typed = [&self.look.x, &self.look.y, &self.look.width, &self.look.height].map(|text| text.trim());
        let (cut, crop_fault) = match crop(typed) {
            Ok(cut) => (cut, String::new()),
            Err(code) => (None, capital(lang.pick(code.message_pl(), code.message_en()))),
        };
        let rules = PhotoRules::from(&picture.rules);
        let limits = rules.derived.limits().clone();
        let bytes = picture.bytes.clone().filter(|_| picture.row.state == InboxState::Waiting);
        let judged = match bytes {
            Some(bytes) => Some(judge_aside(bytes, rules, cut).await?),
            None => None,
        };
        let accepted = judged.as_ref().and_then(|judged| judged.accepted.as_ref().ok());
        let refused = judged.as_ref().and_then(|judged| judged.accepted.as_ref().err());
        let size = judged.as_ref().and_then(|judged| judged.source.size);
        let (pupil, school) = (picture.pupil.as_ref(), office.school.name.as_str());
        let shape = limits.aspect.map_or((35, 45), |shape| (shape.width, shape.height));
        let (found, anybody) = search(&picture, &self.look.q);
        let searched = self.look.q.trim().to_owned();
        let shown = ReviewPage {
            page: office.page(NAV, "photo-review-title"),
            id: picture.row.id.as_str().to_owned(),
            facts: facts(&picture, lang),
            hints: hints(&picture, lang),
            state: picture.row.state.word(),
            settled: settled(&picture, lang),
            to_copy: to_copy(&picture.row, &office.school),
            notice: picture
                .row
                .notice_id
                .as_ref()
                .map(|id| format!("/office/notices/{id}"))
                .unwrap_or_default(),
            present_id: picture.present.as_ref().map(|photo| photo.id.to_string()).unwrap_or_default(),
            pupil: pupil.map(|pupil| PupilView {
                id: pupil.id.as_str().to_owned(),
                name: name(pupil),
                class: pupil.class_name.clone(),
            }),
            candidates: candidates(&picture, lang),
            found,
            nobody_found: !searched.is_empty() && !anybody,
            searched,
            view: judged.as_ref().and_then(|judged| judged.view.as_deref()).map(inline).unwrap_or_default(),
            can_cut: refused.is_none_or(PhotoRefusal::is_about_the_cut),
            size: size.map_or((0, 0), |size| (size.width, size.height)),
            smallest: (limits.min_size.width, limits.min_size.height),
            shape,
            crop: cut.map_or_else(Default::default, |cut| {
                [cut.x, cut.y, cut.width, cut.height].map(|n| n.to_string())
            }),
            crop_fault,
            too_large: judged.is_none(),
            refused: refused.map(|refusal| told(refusal, lang)).unwrap_or_default(),
            source: judged.as_ref().map(|judged| checks(&judged.source, lang)).unwrap_or_default(),
            derived: judged
                .as_ref()
                .and_then(|judged| judged.derived.as_ref())
                .map(|judged| checks(judged, lang))
                .unwrap_or_default(),
            as_it_is: accepted.is_some_and(|photo| photo.is_as_it_was_sent()),
            card: accepted.map(|photo| CardView::of(pupil, school, photo.derived_jpeg(), lang)),
            present: pupil
                .zip(picture.present.as_ref())
                .map(|(pupil, photo)| CardView::present(pupil, school, photo, lang)),
            criteria: CRITERIA.map(|name| (name, lang.word("photo-criterion", name))).into(),
            reasons: REASONS.map(|name| (name, lang.word("photo-reason", name))).into(),
            fields: self.fields,
            refusal: self.refusal,
        };
        let status =
            if shown.fields.status().is_success() { shown.refusal.status() } else { shown.fields.status() };
        Ok(render_as(status, &shown))
    }
}

pub(super) async fn judge_aside(
    bytes: Vec<u8>,
    rules: PhotoRules,
    cut: Option<Crop>,
) -> Result<Judgement, PageFailure> {
    aside(move || judge(&bytes, &rules, cut)).await.map_err(|error| PageFailure::ours(&error))
}

fn facts(picture: &Picture, lang: Lang) -> Vec<(String, String)> {
    let row = &picture.row;
    let fact = |key: &str, value: Option<String>| value.map(|value| (lang.t(key), value));
    let known = [
        Some((lang.t("photo-came-by"), lang.word("photo-origin", row.origin.word()))),
        fact("photo-sender", row.sender.clone()),
        fact("photo-subject", row.subject.clone()),
        fact("photo-sent-at", row.sent_at.map(|at| lang.instant(at))),
        fact("photo-file", row.file_name.clone()),
        (row.purpose != Purpose::NotSaid)
            .then(|| (lang.t("photo-for"), lang.word("photo-purpose", row.purpose.word()))),
        Some((lang.t("photo-received"), lang.instant(row.received_at))),
        Some((lang.t("photo-erased-on"), lang.instant(row.expires_at))),
    ];
    known.into_iter().flatten().collect()
}

/// What the clerk should know before deciding.
fn hints(picture: &Picture, lang: Lang) -> Vec<String> {
    let mut hints = Vec::new();
    if picture.pupil.is_some() && picture.row.state == InboxState::Waiting {
        match (picture.row.purpose, picture.has_base_card) {
            (Purpose::BaseCard, false) => hints.push(lang.t("photo-hint-base-card")),
            (Purpose::BaseCard, true) => hints.push(lang.t("photo-hint-has-base-card")),
            (Purpose::MobileCard | Purpose::NotSaid, false) => hints.push(lang.t("photo-hint-no-base-card")),
            (Purpose::MobileCard | Purpose::NotSaid, true) => {}
        }
    }
    hints
}

fn settled(picture: &Picture, lang: Lang) -> String {
    let row = &picture.row;
    let at = row.settled_at.map(|at| lang.instant(at)).unwrap_or_default();
    match row.state {
        InboxState::Waiting => String::new(),
        InboxState::Accepted => lang.t1("photo-settled-accepted", "at", at),
        InboxState::Refused => {
            let reason = lang.word("photo-reason", row.reason.as_deref().unwrap_or("other"));
            let note = row
                .note
                .as_deref()
                .map(|note| format!(" – {}", note.trim_end_matches('.')))
                .unwrap_or_default();
            lang.t2("photo-settled-refused", "at", at, "reason", format!("{reason}{note}"))
        }
    }
}

/// The letter for a sender whom the school does not know, in the words of a notice. It is written in Polish, whatever
/// language the page is in, as all that the school sends.
fn to_copy(row: &InboxPicture, school: &School) -> Option<ToCopy> {
    let answer = row.answer.as_deref().filter(|_| row.origin == Origin::Mail && row.notice_id.is_none())?;
    let School { name, street_line, postal_code, city, .. } = school;
    let text =
        format!("Dzień dobry,\n\n{answer}\n\nZ poważaniem\n{name}\n{street_line}, {postal_code} {city}\n");
    let mailto = row.sender_address.as_deref().map(|address| {
        let (subject, text) = (subject(row.purpose), text.replace('\n', "\r\n"));
        format!(
            "mailto:{}?subject={}&body={}",
            escaped(address).replace("%40", "@"),
            escaped(subject),
            escaped(&text)
        )
    });
    Some(ToCopy { text, mailto: mailto.unwrap_or_default() })
}

/// As RFC 6068 has it in addresses.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn candidate(entry: &RosterEntry, picture: &Picture) -> Candidate {
    Candidate {
        id: entry.id.as_str().to_owned(),
        name: format!("{} {}", entry.surname, entry.given_names),
        class: entry.class_name.clone(),
        percent: 0,
        why: String::new(),
        chosen: picture.row.pupil_id.as_ref() == Some(&entry.id),
    }
}

fn candidates(picture: &Picture, lang: Lang) -> Vec<Candidate> {
    let why = |guess: &Guess| {
        let hints: Vec<String> = guess.why.iter().map(|hint| lang.word("photo-why", hint.word())).collect();
        hints.join(", ")
    };
    let guessed = picture.guesses.iter().map(|(entry, guess)| Candidate {
        percent: guess.percent,
        why: why(guess),
        ..candidate(entry, picture)
    });
    guessed.collect()
}

/// Pupils with a word of their name or class that begins like each word that was typed.
///
/// Answers those who are not proposed anyway, and whether there is anybody at all.
fn search(picture: &Picture, typed: &str) -> (Vec<Candidate>, bool) {
    let typed = folded(typed);
    let wanted: Vec<&str> = typed.split([' ', '-', ',']).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return (Vec::new(), false);
    }
    let fits = |entry: &&RosterEntry| {
        let class = folded(&entry.class_name);
        // The class whole (`1 b` is typed as often as `1b`), by its number, and by its letter.
        let halves = class.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let known = folded(&format!("{} {} {class} {halves}", entry.surname, entry.given_names));
        let known: Vec<&str> = known.split([' ', '-']).collect();
        wanted.iter().all(|wanted| known.iter().any(|known| known.starts_with(wanted)))
    };
    let new = |entry: &&RosterEntry| !picture.guesses.iter().any(|(known, _)| known.id == entry.id);
    let found = picture.roster.iter().filter(fits).filter(new).take(FOUND);
    let anybody = picture.roster.iter().any(|entry| fits(&entry));
    (found.map(|entry| candidate(entry, picture)).collect(), anybody)
}
