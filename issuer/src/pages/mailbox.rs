//! `/sandbox/mail` for people: the letters that were caught, and what went to diary and portal.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;

use super::PageFailure;
use super::frame::{Page, render};
use super::words::Lang;
use crate::issuance::Issuance;
use crate::notify::mail::{Letter, SANDBOX_SENDER};
use crate::store::tables::notice::{Channel, Notice};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// How many notices are shown.
const SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "sandbox/mail.html")]
struct MailPage {
    page: Page,
    letters: Vec<(Notice, Letter)>,
    others: Vec<Notice>,
    sender: &'static str,
}

struct Newest;

#[async_trait::async_trait]
impl Verb for Newest {
    type Answer = Vec<(Notice, Option<School>, Option<Pupil>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut found = Vec::new();
        for notice in Notice::newest(tx, SHOWN).await? {
            let school = School::find(tx, &notice.school_id).await?;
            let pupil = Pupil::find(tx, &notice.pupil_id).await?;
            found.push((notice, school, pupil));
        }
        Ok(found)
    }
}

/// The page.
///
/// # Errors
/// When the database fails.
pub(crate) async fn show(issuance: &Issuance, headers: &HeaderMap) -> Result<Response, PageFailure> {
    let (mut letters, mut others) = (Vec::new(), Vec::new());
    for (notice, school, pupil) in issuance.store.read(Newest).await? {
        match (notice.channel, school, pupil) {
            (Channel::Email, Some(school), Some(pupil)) => {
                let given = pupil.given_names.split(' ').next().unwrap_or_default();
                let letter = Letter::write(&notice, &school, given);
                letters.push((notice, letter));
            }
            _ => others.push(notice),
        }
    }
    let page = Page {
        sandbox: true,
        now: issuance.now(),
        ..Page::bare(Lang::of(headers), "/sandbox/mail".to_owned())
    };
    Ok(render(&MailPage { page: page.titled("mailbox-title"), letters, others, sender: SANDBOX_SENDER }))
}
