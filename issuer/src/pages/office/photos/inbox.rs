//! `/office/photos`: the pictures that wait, and what became of others.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::NAV;
use super::verdict::name;
use crate::pages::frame::{Page, query, render};
use crate::pages::office::Office;
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::photo_inbox::look::{ListPictures, ListedPicture};
use crate::registry::rights::Right;
use crate::store::id::InboxId;
use crate::store::tables::photo_inbox::InboxState;

/// Pictures on a page.
const A_PAGE: u32 = 50;

/// Which pictures to show, and what an import has just brought, in numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    before: String,
    taken: Option<u32>,
    again: Option<u32>,
    left: Option<u32>,
    unread: Option<u32>,
}

#[derive(askama::Template)]
#[template(path = "office/photo_inbox.html")]
struct InboxPage {
    page: Page,
    tabs: Vec<Tab>,
    state: &'static str,
    rows: Vec<RowView>,
    older: String,
    notes: Vec<String>,
}

struct Tab {
    href: String,
    text: String,
    count: i64,
    current: bool,
}

struct RowView {
    id: String,
    origin: String,
    purpose: &'static str,
    purpose_text: String,
    title: String,
    sender: String,
    received: String,
    /// Whose, or whose it may be.
    whose: String,
    class: String,
    percent: u8,
    sure: bool,
    kind: &'static str,
    verdict: String,
    note: String,
    /// Whether there may be a picture to show.
    pictured: bool,
    /// Whether another pupil is as likely.
    tied: bool,
}

/// Faults with which a file is no picture to any program.
const NO_PICTURE: [&str; 4] = ["empty_file", "not_jpeg", "decompression_bomb", "truncated"];

/// The list.
pub(super) async fn list(
    State(pages): State<Pages>,
    office: Office,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let state = match asked.state.as_str() {
        "accepted" => InboxState::Accepted,
        "refused" => InboxState::Refused,
        _ => InboxState::Waiting,
    };
    let verb = ListPictures {
        school: office.school.id.clone(),
        state,
        before: InboxId::parse(&asked.before),
        limit: A_PAGE,
        now: pages.now(),
    };
    let found = pages.issuance.store.read(verb).await?;
    let lang = office.lang;
    let states = [InboxState::Waiting, InboxState::Accepted, InboxState::Refused];
    let tabs = states.into_iter().zip(found.counts).map(|(tab, count)| Tab {
        href: format!("{NAV}{}", query(&[("state", tab.word())])),
        text: lang.word("photo-tab", tab.word()),
        count,
        current: tab == state,
    });
    let full = found.pictures.len() == A_PAGE as usize;
    let older =
        found.pictures.last().filter(|_| full).map(|last| {
            format!("{NAV}{}", query(&[("state", state.word()), ("before", last.row.id.as_str())]))
        });
    let shown = InboxPage {
        page: office.page(NAV, "nav-photos"),
        tabs: tabs.collect(),
        state: state.word(),
        rows: found.pictures.iter().map(|picture| row(picture, lang)).collect(),
        older: older.unwrap_or_default(),
        notes: notes(&asked, lang),
    };
    Ok(render(&shown))
}

fn notes(asked: &Asked, lang: Lang) -> Vec<String> {
    let told = [
        ("photo-import-taken", asked.taken),
        ("photo-import-again", asked.again.filter(|n| *n > 0)),
        ("photo-import-left", asked.left.filter(|n| *n > 0)),
        ("photo-import-unread", asked.unread.filter(|n| *n > 0)),
    ];
    told.into_iter().filter_map(|(key, n)| n.map(|n| lang.t1(key, "n", n))).collect()
}

fn row(picture: &ListedPicture, lang: Lang) -> RowView {
    let row = &picture.row;
    let (whose, sure, percent) = match (&picture.pupil, &picture.likeliest) {
        (Some(pupil), _) => (Some(pupil), true, 100),
        (None, Some((pupil, percent))) => (Some(pupil), false, *percent),
        (None, None) => (None, false, 0),
    };
    let (kind, verdict) = match (row.state, row.reason.as_deref()) {
        (InboxState::Waiting, None) => ("info", lang.t("photo-to-check")),
        (InboxState::Waiting, Some(code)) => ("warn", lang.word("photo-fault", code)),
        (InboxState::Accepted, _) => ("good", lang.t("photo-accepted")),
        (InboxState::Refused, reason) => ("bad", lang.word("photo-reason", reason.unwrap_or("other"))),
    };
    let named = row.file_name.clone().or_else(|| row.subject.clone());
    RowView {
        id: row.id.as_str().to_owned(),
        origin: lang.word("photo-origin", row.origin.word()),
        purpose: row.purpose.word(),
        purpose_text: lang.word("photo-purpose", row.purpose.word()),
        title: named.unwrap_or_else(|| lang.t("photo-nameless")),
        sender: row.sender.clone().unwrap_or_default(),
        received: lang.instant(row.received_at),
        whose: whose.map(name).unwrap_or_default(),
        class: whose.map(|pupil| pupil.class_name.clone()).unwrap_or_default(),
        percent,
        sure,
        kind,
        verdict,
        note: row.note.clone().unwrap_or_default(),
        pictured: row.state == InboxState::Waiting
            && row.reason.as_deref().is_none_or(|code| !NO_PICTURE.contains(&code)),
        tied: !sure && picture.tied,
    }
}
