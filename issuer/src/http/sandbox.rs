//! The sandbox: a clock that can be moved, faults on demand, and what would have been sent.
//!
//! Only with `--sandbox`, and only on this machine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::clock::{Clock as _, MovableClock};
use shared::validity::warsaw;

use crate::demo_school;
use crate::issuance::Issuance;
use crate::pages;
use crate::pages::federated::Simulator;
use crate::store::tables::notice::Notice;
use crate::store::{Statements, StoreError, Verb};

/// What shall go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is worked off, but its answer breaks off.
    LoseReply,
    /// The request is not looked at: 503.
    Unavailable,
}

/// A fault to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The end of the request's path: `/token`, `/credential`.
    pub path: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often; once by default.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The sandbox of one issuer.
#[derive(Clone)]
pub struct Sandbox {
    clock: Arc<MovableClock>,
    issuance: Issuance,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    sign_in: Option<Arc<Simulator>>,
}

impl Sandbox {
    /// The sandbox around `issuance`, whose clock is `clock`.
    pub fn new(clock: Arc<MovableClock>, issuance: Issuance) -> Self {
        Self { clock, issuance, faults: Arc::default(), sign_in: None }
    }

    /// The same sandbox, which links its invented people to the demo schools' staff whenever those are entered.
    #[must_use]
    pub fn with_sign_in(self, sign_in: Option<Arc<Simulator>>) -> Self {
        Self { sign_in, ..self }
    }

    /// `/sandbox/…`
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/sandbox/clock", get(clock).post(move_clock))
            .route("/sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
            .route("/sandbox/mail", get(mail).layer(middleware::from_fn(pages::confined)))
            .route("/sandbox/seed", post(seed))
            .with_state(self.clone())
    }

    /// Lets faults happen to the requests behind it.
    pub async fn strike(State(sandbox): State<Self>, request: Request, next: Next) -> Response {
        match sandbox.next_fault(request.uri().path()) {
            None => next.run(request).await,
            Some(FaultKind::Unavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": "temporarily_unavailable" })))
                    .into_response()
            }
            Some(FaultKind::LoseReply) => {
                let answered = next.run(request).await.status();
                let broken = futures::stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("lost"))]);
                (answered, Body::from_stream(broken)).into_response()
            }
        }
    }

    fn next_fault(&self, path: &str) -> Option<FaultKind> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|fault| path.ends_with(&fault.path))?;
        let fault = faults.get_mut(at)?;
        let kind = fault.kind;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            faults.remove(at);
        }
        Some(kind)
    }
}

/// `{"now": "2027-10-01T00:00:00Z"}` or `{"advance": "P31D"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    now: Option<Timestamp>,
    advance: Option<Span>,
}

async fn clock(State(sandbox): State<Sandbox>) -> Json<serde_json::Value> {
    let now = sandbox.clock.now();
    Json(json!({ "now": now, "warsaw": now.to_zoned(warsaw()) }))
}

/// Forward only: going back would break what was promised; `/sandbox/seed` starts again.
async fn move_clock(State(sandbox): State<Sandbox>, Json(to): Json<Move>) -> Response {
    let now = sandbox.clock.now();
    let target = match (to.now, to.advance) {
        (Some(target), None) => Some(target),
        (None, Some(span)) => now.to_zoned(warsaw()).checked_add(span).ok().map(|at| at.timestamp()),
        _ => None,
    };
    match target {
        Some(target) if target >= now => {
            sandbox.clock.set(target);
            clock(State(sandbox)).await.into_response()
        }
        Some(_) => refuse(StatusCode::CONFLICT, "clock_goes_forward_only", "POST /sandbox/seed starts again"),
        None => refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "clock_needs_one_target",
            "send either now (RFC 3339) or advance (ISO 8601 duration)",
        ),
    }
}

fn refuse(status: StatusCode, code: &str, hint: &str) -> Response {
    (status, Json(json!({ "code": code, "detail": hint }))).into_response()
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<Vec<Fault>> {
    let faults = sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner);
    Json(faults.iter().cloned().collect())
}

async fn add_fault(State(sandbox): State<Sandbox>, Json(fault): Json<Fault>) -> StatusCode {
    sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    StatusCode::NO_CONTENT
}

/// What the school has told people; nothing leaves the sandbox. JSON for programs, a page for browsers.
async fn mail(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        return match pages::mailbox::show(&sandbox.issuance, &headers).await {
            Ok(page) => ([(header::CACHE_CONTROL, "no-store")], page).into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
    }
    struct Latest;
    #[async_trait::async_trait]
    impl Verb for Latest {
        type Answer = Vec<Notice>;
        async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
            Notice::since(tx, Timestamp::UNIX_EPOCH, None, 500).await
        }
    }
    match sandbox.issuance.store.read(Latest).await {
        Ok(notices) => {
            let told = Json(notices.iter().map(notice).collect::<Vec<_>>());
            ([(header::CACHE_CONTROL, "no-store")], told).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot list notices");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn notice(notice: &Notice) -> serde_json::Value {
    json!({
        "id": notice.id, "channel": notice.channel, "to": notice.recipient, "subject": notice.subject,
        "body": notice.body, "state": notice.state, "at": notice.created_at,
    })
}

/// `{}` or `{"now": "2026-09-01T06:00:00Z"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    now: Option<Timestamp>,
}

/// Erases the books, sets the clock to the real time or to another one, and enters the demo schools anew. With
/// the books gone, the clock may go back.
///
/// Wants JSON (`{}`), which no other page's form can send.
async fn seed(State(sandbox): State<Sandbox>, Json(from): Json<Seed>) -> Response {
    let set_back = || match from.now {
        Some(now) => sandbox.clock.set(now),
        None => sandbox.clock.reset(),
    };
    match demo_school::start_again(&sandbox.issuance, set_back).await {
        Ok(seeded) => {
            if let Some(sign_in) = &sandbox.sign_in
                && let Err(error) = sign_in.link_demo_staff().await
            {
                tracing::warn!(%error, "the demo schools' staff cannot sign in by the simulator");
            }
            Json(seeded).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot start again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
