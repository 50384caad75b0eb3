//! `/audit`

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::problems::problems;
use super::request::Asked;
use super::view::hex;
use crate::audit::{self, ChainVerdict, ReadTrail};
use crate::http::failure::{Code, Failure};
use crate::store::tables::audit_entry::AuditEntry;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(verify))
}

/// Who did what to what, when.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryView {
    id: String,
    /// Place in the chain, from 1; none until it is sealed, within a second.
    position: Option<i64>,
    at: Timestamp,
    /// `staff:…`, `token:…`, `wallet` or `system`.
    actor: String,
    /// As `noun.verb`.
    #[schema(examples("grant.made"))]
    action: String,
    /// The id of what it was done to.
    subject: String,
    /// More; ids and words, no personal data.
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<&AuditEntry> for EntryView {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id.clone(),
            position: entry.position,
            at: entry.at,
            actor: entry.actor.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
        }
    }
}

/// Which entries to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only those about this id.
    #[param(min_length = 1, max_length = 80)]
    subject: Option<String>,
    /// Only those after this place in the chain, from its beginning by default; with a subject also those that
    /// have no place yet.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// How many at most; 100 unless said otherwise.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Entries, oldest first.
#[derive(Serialize, ToSchema)]
struct EntryList {
    entries: Vec<EntryView>,
}

/// What a check of the whole chain found.
#[derive(Serialize, ToSchema)]
struct VerdictView {
    /// Whether every entry is in its place, unchanged.
    whole: bool,
    /// How many entries there are, if it is whole.
    entries: Option<i64>,
    /// Hash of the last entry, hexadecimal: a witness to keep elsewhere.
    head: Option<String>,
    /// The first place at which an entry is missing or was changed.
    broken_at: Option<i64>,
}

impl From<ChainVerdict> for VerdictView {
    fn from(verdict: ChainVerdict) -> Self {
        match verdict {
            ChainVerdict::Whole { entries, head } => {
                Self { whole: true, entries: Some(entries), head: Some(hex(&head)), broken_at: None }
            }
            ChainVerdict::Broken { position } => {
                Self { whole: false, entries: None, head: None, broken_at: Some(position) }
            }
        }
    }
}

problems! {
    ListProblems: QueryInvalid;
}

/// List audit entries
///
/// Those about one subject, or the chain from a place on.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "Audit", params(AuditQuery),
    responses((status = 200, body = EntryList, description = "The entries"), ListProblems))]
async fn list(
    State(api): State<ApiState>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<EntryList>, Failure> {
    let invalid = || Failure::of(Code::QueryInvalid);
    let limit = query.limit.unwrap_or(100);
    let position = query.after.unwrap_or(0);
    if !(1..=500).contains(&limit) || position < 0 {
        return Err(invalid());
    }
    let verb = match query.subject {
        // No id has such characters, and not every database can be asked for them.
        Some(subject) if subject.chars().any(char::is_control) => {
            return Ok(Json(EntryList { entries: Vec::new() }));
        }
        Some(subject) if (1..=80).contains(&subject.chars().count()) => {
            ReadTrail::Of { subject, position, limit }
        }
        Some(_) => return Err(invalid()),
        None => ReadTrail::After { position, limit },
    };
    let entries = api.issuance.store.read(verb).await?;
    Ok(Json(EntryList { entries: entries.iter().map(EntryView::from).collect() }))
}

/// Check the audit chain
///
/// From its beginning to its end; takes a while on a long one.
#[utoipa::path(get, path = "/audit/verify", operation_id = "verify_audit", tag = "Audit",
    responses((status = 200, body = VerdictView, description = "What was found")))]
async fn verify(State(api): State<ApiState>) -> Result<Json<VerdictView>, Failure> {
    Ok(Json(audit::verify(&api.issuance.store).await?.into()))
}
