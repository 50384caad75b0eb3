//! The audit trail: who did what, searched, checked and taken out.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use serde_json::json;
use shared::validity::warsaw;

use super::staff::{name, within};
use super::{Office, PLACE};
use crate::audit::{self, ChainVerdict, ListActions, SearchTrail};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, query, render_as};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::registry::safe_csv::SafeCsv;
use crate::registry::staff::ListStaff;
use crate::store::tables::audit_entry::AuditEntry;

const AUDIT: &str = "/office/school/audit";
/// Entries on a page.
const PAGE: u32 = 50;
/// Entries read at once for a file.
const BATCH: u32 = 1000;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(AUDIT, get(show))
        .route("/office/school/audit/verify", post(verify))
        .route("/office/school/audit/export.csv", get(csv))
        .route("/office/school/audit/export.jsonl", get(json_lines))
}

/// What is searched for, as it stands in the address.
type Wanted = Query<Vec<(String, String)>>;

struct Line {
    at: String,
    who: String,
    /// What was done in words; empty where there are none.
    told: String,
    action: String,
    subject: String,
    detail: String,
    position: Option<i64>,
}

#[derive(Template)]
#[template(path = "office/audit.html")]
struct AuditPage {
    page: Page,
    fields: Fields,
    actions: Vec<String>,
    lines: Vec<Line>,
    /// The search, for the links to the files.
    search: String,
    /// The address of older entries.
    older: Option<String>,
    verdict: Option<Verdict>,
}

struct Verdict {
    whole: bool,
    text: String,
    head: String,
}

async fn show(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Wanted,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadAudit)?;
    list(&pages, &office, Typed::of(wanted), None).await
}

/// The search that was typed, or what is wrong with it.
fn search_of(typed: &Typed, office: &Office) -> Result<SearchTrail, Fields> {
    let mut faulty = Fields::of(typed.clone());
    let mut wrong = false;
    let mut bound = |field: &str, last: bool| {
        let text = typed.some(field)?;
        let day: Option<Date> = text.parse().ok();
        let day = if last { day.and_then(|day| day.tomorrow().ok()) } else { day };
        let instant = day.and_then(|day| day.to_zoned(warsaw()).ok()).map(|start| start.timestamp());
        if instant.is_none() {
            faulty = faulty.clone().with_fault(field, office.lang.t("audit-day-wrong"));
            wrong = true;
        }
        instant
    };
    let (from, until) = (bound("from", false), bound("until", true));
    if wrong {
        return Err(faulty);
    }
    // No entry has such characters, and not every database can be asked for them.
    let plain = |field: &str| typed.some(field).map(|text| text.replace(char::is_control, " "));
    Ok(SearchTrail {
        subject: plain("subject"),
        action: plain("action"),
        actor: plain("actor"),
        from,
        until,
        before: typed.some("before").and_then(|place| place.parse().ok()),
        limit: PAGE + 1,
    })
}

/// The fields of a search that are filled in, as a query.
fn as_query(typed: &Typed, before: Option<i64>) -> String {
    let names = ["subject", "action", "actor", "from", "until"];
    let mut pairs: Vec<(&str, &str)> =
        names.iter().map(|name| (*name, typed.text(name))).filter(|(_, value)| !value.is_empty()).collect();
    let before = before.map(|place| place.to_string());
    pairs.extend(before.as_deref().map(|before| ("before", before)));
    if pairs.is_empty() { String::new() } else { query(&pairs) }
}

async fn list(
    pages: &Pages,
    office: &Office,
    typed: Typed,
    verdict: Option<ChainVerdict>,
) -> Result<Response, PageFailure> {
    let store = &pages.issuance.store;
    // Only what is sealed has its place; nothing that was done before now is missing.
    audit::seal(store).await?;
    let (fields, mut entries) = match search_of(&typed, office) {
        Ok(search) => (Fields::of(typed.clone()), store.read(search).await?),
        Err(faulty) => (faulty, Vec::new()),
    };
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let last = entries.last().filter(|_| more).and_then(|last| last.position);
    let older = last.map(|place| format!("{AUDIT}{}", as_query(&typed, Some(place))));
    let names = actors(pages, office).await?;
    let lang = office.lang;
    let lines = entries.iter().map(|entry| Line {
        at: lang.instant(entry.at),
        who: names.get(&entry.actor).cloned().unwrap_or_else(|| entry.actor.clone()),
        told: told(&entry.action, lang),
        action: entry.action.clone(),
        subject: entry.subject.clone(),
        detail: if entry.detail == "{}" { String::new() } else { entry.detail.clone() },
        position: entry.position,
    });
    let verdict = verdict.map(|verdict| match verdict {
        ChainVerdict::Whole { entries, head } => Verdict {
            whole: true,
            text: lang.t1("audit-whole", "n", entries),
            head: head.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
        ChainVerdict::Broken { position } => {
            Verdict { whole: false, text: lang.t1("audit-broken", "n", position), head: String::new() }
        }
    });
    let page = AuditPage {
        page: office.page(PLACE, "audit-title"),
        actions: store.read(ListActions).await?,
        lines: lines.collect(),
        search: as_query(&typed, None),
        older,
        verdict,
        fields,
    };
    Ok(render_as(page.fields.status(), &page))
}

/// An action in words; empty where there are none.
fn told(action: &str, lang: Lang) -> String {
    let word = action.replace('.', "-");
    if lang.has(&format!("act-{}", word.replace('_', "-"))) { lang.word("act", &word) } else { String::new() }
}

/// The names of those who act, by the word that stands in an entry. Other schools' people keep their ids.
async fn actors(pages: &Pages, office: &Office) -> Result<BTreeMap<String, String>, PageFailure> {
    let lang = office.lang;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    names.insert("system".to_owned(), lang.t("audit-system"));
    names.insert("wallet".to_owned(), lang.t("audit-wallet"));
    for (staff, tokens) in pages.issuance.store.read(ListStaff(within(office))).await? {
        names.insert(format!("staff:{}", staff.id), name(&staff).to_owned());
        for token in tokens {
            let told = lang.t2("audit-token", "name", &token.name, "owner", name(&staff));
            names.insert(format!("token:{}", token.id), told);
        }
    }
    Ok(names)
}

async fn verify(State(pages): State<Pages>, office: Office, _: Sent) -> Result<Response, PageFailure> {
    office.must(Right::ReadAudit)?;
    let verdict = audit::verify(&pages.issuance.store).await?;
    list(&pages, &office, Typed::default(), Some(verdict)).await
}

/// Every entry that the search finds, oldest first.
async fn found(
    pages: &Pages,
    office: &Office,
    wanted: Vec<(String, String)>,
) -> Result<Vec<AuditEntry>, PageFailure> {
    office.must(Right::ReadAudit)?;
    let typed = Typed::of(wanted);
    let mut search = search_of(&typed, office).map_err(|_| PageFailure::Unreadable)?;
    search.limit = BATCH;
    audit::seal(&pages.issuance.store).await?;
    let mut all = Vec::new();
    loop {
        let some = pages.issuance.store.read(search.clone()).await?;
        let last = some.len() < BATCH as usize;
        search.before = some.last().and_then(|entry| entry.position);
        all.extend(some);
        if last {
            all.reverse();
            return Ok(all);
        }
    }
}

fn file(kind: &'static str, name: &str, content: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, content).into_response()
}

async fn csv(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Wanted,
) -> Result<Response, PageFailure> {
    let entries = found(&pages, &office, wanted).await?;
    let mut csv = SafeCsv::default();
    csv.row(["position", "at", "actor", "action", "subject", "detail", "id"]);
    for entry in entries {
        let position = entry.position.map(|position| position.to_string()).unwrap_or_default();
        let at = entry.at.to_string();
        csv.row([&position, &at, &entry.actor, &entry.action, &entry.subject, &entry.detail, &entry.id]);
    }
    Ok(file("text/csv; charset=utf-8", "dziennik-zdarzen.csv", csv.finish()))
}

async fn json_lines(
    State(pages): State<Pages>,
    office: Office,
    Query(wanted): Wanted,
) -> Result<Response, PageFailure> {
    let hex = |hash: Option<[u8; 32]>| {
        hash.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let line = |entry: &AuditEntry| {
        let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        let line = json!({
            "position": entry.position, "id": entry.id, "at": entry.at, "actor": entry.actor,
            "action": entry.action, "subject": entry.subject, "detail": detail,
            "previous": hex(entry.previous), "hash": hex(entry.hash),
        });
        format!("{line}\n")
    };
    let text = found(&pages, &office, wanted).await?.iter().map(line).collect();
    Ok(file("application/jsonl; charset=utf-8", "dziennik-zdarzen.jsonl", text))
}
