//! `/office/notices`: what was sent to whom, what waits, and what could not be handed over.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Office, done};
use crate::notify::outbox::SendAgain;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, query, render, render_as};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::store::id::{NoticeId, SchoolId};
use crate::store::tables::e_diary::EDiary;
use crate::store::tables::notice::{Channel, Notice, NoticeFilter, NoticeState};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

const PLACE: &str = "/office/notices";
/// How many notices stand on one page.
const ROWS: u32 = 50;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(PLACE, get(list))
        .route("/office/notices/{id}", get(one))
        .route("/office/notices/{id}/again", post(again))
}

/// A notice with the pupil whom it is about.
struct Entry {
    notice: Notice,
    pupil: Option<Pupil>,
}

impl Entry {
    /// Surname first, as lists of pupils are sorted; nothing for a pupil who was erased.
    fn name(&self) -> String {
        self.pupil
            .as_ref()
            .map_or_else(String::new, |pupil| format!("{} {}", pupil.surname, pupil.given_names))
    }

    /// Who gets it, as staff read it: an address, or the diary and the portal themselves.
    fn recipient(&self, lang: &Lang) -> String {
        match self.notice.channel {
            Channel::Email => self.notice.recipient.clone(),
            Channel::EDiary | Channel::Portal => lang.word("notice-recipient", self.notice.channel.word()),
        }
    }

    fn badge(&self) -> &'static str {
        match self.notice.state {
            NoticeState::Queued if self.notice.attempts > 0 => "warn",
            NoticeState::Queued => "info",
            NoticeState::Delivered => "good",
            NoticeState::Failed => "bad",
        }
    }

    /// Why the last try failed, in words; empty if none did.
    fn error(&self, lang: &Lang) -> String {
        let Some(error) = &self.notice.last_error else { return String::new() };
        match error.split_once(':') {
            None => lang.word("notice-error", error),
            Some(("mail_status", code)) => lang.t1("notice-error-mail-status", "code", code),
            Some((_, code)) => lang.t1("notice-error-diary-status", "code", code),
        }
    }

    /// Whether there is anything to send again.
    fn can_go_again(&self) -> bool {
        self.notice.channel != Channel::Portal && self.pupil.is_some()
    }
}

async fn with_pupil(tx: &mut dyn Statements, notice: Notice) -> Result<Entry, StoreError> {
    let pupil = Pupil::find(tx, &notice.pupil_id).await?.filter(|pupil| pupil.erased_at.is_none());
    Ok(Entry { notice, pupil })
}

#[derive(Template)]
#[template(path = "office/notices.html")]
struct ListPage {
    page: Page,
    fields: Fields,
    entries: Vec<Entry>,
    /// The address of the notices before these; empty if there are none.
    older: String,
    /// How many notices wait because nothing can take them.
    no_diary: i64,
    no_mail: i64,
    may_link: bool,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: String,
}

/// Where a list goes on: an instant in microseconds and a name.
fn read_place(text: &str) -> Option<(Timestamp, NoticeId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, NoticeId::parse(id)?))
}

struct ReadList {
    school: SchoolId,
    filter: NoticeFilter,
    mail: bool,
}

struct Listed {
    entries: Vec<Entry>,
    no_diary: i64,
    no_mail: i64,
}

#[async_trait::async_trait]
impl Verb for ReadList {
    type Answer = Listed;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut entries = Vec::new();
        for notice in Notice::of_school(tx, &self.school, &self.filter, ROWS + 1).await? {
            entries.push(with_pupil(tx, notice).await?);
        }
        let linked = EDiary::find(tx, &self.school).await?.is_some();
        let no_diary = if linked { 0 } else { Notice::waiting(tx, &self.school, Channel::EDiary).await? };
        let no_mail = if self.mail { 0 } else { Notice::waiting(tx, &self.school, Channel::Email).await? };
        Ok(Listed { entries, no_diary, no_mail })
    }
}

async fn list(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadNotices)?;
    let typed = Typed::of([("channel", wanted.channel.clone()), ("state", wanted.state.clone())]);
    let filter = NoticeFilter {
        channel: typed.word("channel"),
        state: typed.word("state"),
        before: read_place(&wanted.before),
    };
    let verb = ReadList { school: office.school.id.clone(), filter, mail: pages.outside().mail };
    let Listed { mut entries, no_diary, no_mail } = pages.issuance.store.read(verb).await?;
    let more = entries.len() > ROWS as usize;
    entries.truncate(ROWS as usize);
    let older = entries.last().filter(|_| more).map(|Entry { notice, .. }| {
        let place = format!("{}-{}", notice.created_at.as_microsecond(), notice.id);
        let pairs = [("channel", &*wanted.channel), ("state", &wanted.state), ("before", &place)];
        format!("{PLACE}{}", query(&pairs))
    });
    Ok(render(&ListPage {
        page: office.page(PLACE, "notices-title"),
        fields: Fields::of(typed),
        entries,
        older: older.unwrap_or_default(),
        no_diary,
        no_mail,
        may_link: office.may(Right::EditSchool),
    }))
}

#[derive(Template)]
#[template(path = "office/notice.html")]
struct NoticePage {
    page: Page,
    fields: Fields,
    entry: Entry,
}

struct ReadOne {
    school: SchoolId,
    notice: NoticeId,
}

#[async_trait::async_trait]
impl Verb for ReadOne {
    type Answer = Option<Entry>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match Notice::find(tx, &self.notice).await? {
            Some(notice) if notice.school_id == self.school => with_pupil(tx, notice).await.map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

async fn notice_page(
    pages: &Pages,
    office: &Office,
    notice: NoticeId,
    fields: Fields,
) -> Result<Response, PageFailure> {
    let verb = ReadOne { school: office.school.id.clone(), notice };
    let entry = pages.issuance.store.read(verb).await?.ok_or(PageFailure::NotFound)?;
    let page = office.page(PLACE, "").named(entry.notice.subject.clone());
    Ok(render_as(fields.status(), &NoticePage { page, fields, entry }))
}

async fn one(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadNotices)?;
    let id = NoticeId::parse(&id).ok_or(PageFailure::NotFound)?;
    notice_page(&pages, &office, id, Fields::default()).await
}

async fn again(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadNotices)?;
    let id = NoticeId::parse(&id).ok_or(PageFailure::NotFound)?;
    let verb = SendAgain { school: office.school.id.clone(), notice: id.clone(), act: office.act() };
    let place = |notice: &Notice| done(&format!("{PLACE}/{}", notice.id), "notice-again");
    let refused = async |fields| notice_page(&pages, &office, id, fields).await;
    office.act_once(&pages, &sent, verb, place, refused).await
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::audit::Actor;
    use crate::issuance::grant::{GrantSource, MakeGrant};
    use crate::notify::ReadNotices;
    use crate::notify::ediary::Diaries;
    use crate::notify::outbox::Worker;
    use crate::pages::testing::House;

    use super::*;

    async fn with_notices() -> (House, Vec<Notice>) {
        let house = House::new().await;
        for pupil in &house.schools[0].pupils {
            let source = GrantSource::Order(pupil.order_id.clone(), None);
            let (verb, _) = MakeGrant::new(&house.issuance, source, Actor::System);
            house.issuance.store.write(verb).await.unwrap().unwrap();
        }
        let all = ReadNotices { school: None, since: Timestamp::UNIX_EPOCH, after: None, limit: 500 };
        let all = house.issuance.store.read(all).await.unwrap();
        (house, all)
    }

    #[tokio::test]
    async fn the_list_says_what_waits_for_what_and_is_for_the_office_alone() {
        let (house, _) = with_notices().await;
        let mut clerk = house.office("sekretariat").await;
        let html = clerk.open("/office/notices").await;
        assert!(html.contains("3 powiadomienia czekają na e-dziennik"), "{html}");
        assert!(html.contains("3 powiadomienia czekają na wysłanie e-mailem"), "{html}");
        assert!(html.contains("Przykładowa Zofia") && html.contains("opiekun@przyklad.example"));
        assert!(!html.contains("href=\"/office/school/e-diary\""), "a clerk cannot link");
        let mail = clerk.open("/office/notices?channel=email&state=queued").await;
        assert_eq!(mail.matches("opiekun@przyklad.example").count(), 3);
        assert!(clerk.open("/office/notices?channel=email&state=failed").await.contains("Nie ma takich"));
        assert!(
            house.office("dyrektor").await.open("/office/notices").await.contains("/office/school/e-diary")
        );
        assert_eq!(
            house.office("wychowawca").await.get("/office/notices").await.status,
            StatusCode::FORBIDDEN
        );
    }

    #[tokio::test]
    async fn a_notice_of_another_school_is_unknown() {
        let (house, notices) = with_notices().await;
        let mut other = house.browser();
        other.get("/office/sign-in").await;
        let fields = [("login", "zsn.dyrektor"), ("password", crate::demo_school::accounts::PASSWORD)];
        other.post("/office/sign-in", &fields).await;
        let place = format!("/office/notices/{}", notices[0].id);
        assert_eq!(other.get(&place).await.status, StatusCode::NOT_FOUND);
        let html = other.open("/office/notices").await;
        assert!(!html.contains("Przykładowa Zofia"), "{html}");
        assert_eq!(other.post(&format!("{place}/again"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.get("/office/notices/1").await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_failed_is_shown_with_its_reason_and_sent_again_once() {
        let (house, notices) = with_notices().await;
        let notice = notices.iter().find(|notice| notice.channel == Channel::EDiary).unwrap();
        house.issuance.store.write(Break(notice.id.clone())).await.unwrap();
        let mut clerk = house.office("sekretariat").await;
        let html = clerk.open("/office/notices?state=failed").await;
        assert!(html.contains("E-dziennik odmówił przyjęcia (kod 503)."), "{html}");
        assert!(html.contains("&#60;script&#62;") && !html.contains("<script>"), "{html}");
        let place = format!("/office/notices/{}", notice.id);
        let html = clerk.open(&place).await;
        assert!(html.contains("Zaprzestano prób"), "{html}");
        let key = clerk.hidden("form_key");
        let token = clerk.hidden("form_token");
        let twice = [("form_token", token.as_str()), ("form_key", key.as_str())];
        let done = clerk.post_raw(&format!("{place}/again"), &twice).await;
        assert_eq!(done.location(), format!("{place}?done=notice-again"));
        let again = clerk.post_raw(&format!("{place}/again"), &twice).await;
        assert_eq!(again.location(), done.location());
        let html = clerk.open(done.location()).await;
        assert!(
            html.contains("Powiadomienie zostanie wysłane za chwilę") && html.contains("oczekuje"),
            "{html}"
        );
        let worker = Worker::new(house.issuance.clone(), None, Diaries::new(true));
        assert_eq!(worker.work_off().await.unwrap(), 0, "there is no diary yet");
    }

    /// A notice that could not be handed over, with a subject that would do harm.
    struct Break(NoticeId);

    #[async_trait::async_trait]
    impl Verb for Break {
        type Answer = ();

        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            use crate::store::Value;
            let sql = "UPDATE notice SET state = 'failed', attempts = 10, next_attempt_at = NULL, settled_at = 1, \
                       last_error = 'diary_status:503', subject = $2 WHERE id = $1";
            let values = [Value::from(&self.0), Value::from("<script>alert(1)</script>")];
            tx.execute(sql, &values).await.map(|_| ())
        }
    }
}
