//! `/notices`

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::problems::problems;
use super::request::{Asked, Caller};
use crate::http::failure::{Code, Failure};
use crate::notify::ReadNotices;
use crate::registry::fault::instant;
use crate::store::id::{NoticeId, PupilId};
use crate::store::tables::notice::{Channel, Notice, NoticeState};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A notice to a pupil or guardian. It never holds a code.
#[derive(Serialize, ToSchema)]
struct NoticeView {
    id: NoticeId,
    /// About whom.
    pupil_id: PupilId,
    channel: Channel,
    /// E-mail address, or the pupil's id where the channel knows its people itself.
    recipient: String,
    subject: String,
    body: String,
    state: NoticeState,
    created_at: Timestamp,
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id.clone(),
            pupil_id: notice.pupil_id.clone(),
            channel: notice.channel,
            recipient: notice.recipient.clone(),
            subject: notice.subject.clone(),
            body: notice.body.clone(),
            state: notice.state,
            created_at: notice.created_at,
        }
    }
}

/// From when on to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticeQuery {
    /// Only those written then or later, RFC 3339; all by default.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Of those written at that very instant, only those after this one; with `since` alone.
    after: Option<NoticeId>,
    /// How many at most; 100 unless said otherwise.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Notices, oldest first.
#[derive(Serialize, ToSchema)]
struct NoticeList {
    notices: Vec<NoticeView>,
    /// What to ask for in `since` to get the rest, if there is more.
    next_since: Option<Timestamp>,
    /// What to ask for in `after` with it. Without it, notices of that very instant come again.
    next_after: Option<NoticeId>,
}

problems! {
    ListProblems: QueryInvalid;
}

/// List notices
///
/// What the school tells pupils and guardians: for the e-diary and the mailer to fetch. An account of one school sees
/// those about its pupils.
#[utoipa::path(get, path = "/notices", operation_id = "list_notices", tag = "Notices", params(NoticeQuery),
    responses((status = 200, body = NoticeList, description = "The notices"), ListProblems))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Asked(query): Asked<NoticeQuery>,
) -> Result<Json<NoticeList>, Failure> {
    let invalid = || Failure::of(Code::QueryInvalid);
    let since = query.since.as_deref().map(instant).transpose().map_err(|_| invalid())?;
    let limit = query.limit.unwrap_or(100);
    // Of which instant, if none is named?
    if !(1..=500).contains(&limit) || (query.after.is_some() && since.is_none()) {
        return Err(invalid());
    }
    let verb = ReadNotices {
        since: since.unwrap_or(Timestamp::UNIX_EPOCH),
        after: query.after,
        limit: limit + 1,
        school: caller.school,
    };
    let mut found = api.issuance.store.read(verb).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    Ok(Json(NoticeList {
        notices: found.iter().map(NoticeView::from).collect(),
        next_since: last.map(|notice| notice.created_at),
        next_after: last.map(|notice| notice.id.clone()),
    }))
}
