//! Whether the issuer lives, and whether it can work.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::ServerState;
use crate::store::tables::heartbeat;
use crate::store::{Statements, Store, StoreError, Verb};

/// How long the database may take before it is called out of reach.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it is believed that the database takes changes: whoever asks often costs no more than a change a second.
const BELIEVED: Duration = Duration::from_secs(1);

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /health/ready`: the database answers, and takes changes: a full or read-only disk can still be read.
pub(super) async fn ready(State(state): State<ServerState>) -> Response {
    let store = &state.issuance.store;
    let words = match (answers(store).await, state.wire.readiness.takes_changes(store).await) {
        (true, true) => return "ok\n".into_response(),
        (true, false) => "the database takes no changes\n",
        (false, _) => "the database does not answer\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], words).into_response()
}

async fn answers(store: &Store) -> bool {
    matches!(tokio::time::timeout(PATIENCE, store.read(Look)).await, Ok(Ok(_)))
}

/// When the database has last taken a change for the asking.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<Instant>>);

impl Readiness {
    async fn takes_changes(&self, store: &Store) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < BELIEVED) {
            return true;
        }
        let taken = matches!(tokio::time::timeout(PATIENCE, store.write(Beat)).await, Ok(Ok(())));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = taken.then(Instant::now);
        taken
    }
}

struct Look;

#[async_trait::async_trait]
impl Verb for Look {
    type Answer = i64;

    async fn run(&self, tx: &mut dyn Statements) -> Result<i64, StoreError> {
        heartbeat::count(tx).await
    }
}

struct Beat;

#[async_trait::async_trait]
impl Verb for Beat {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        heartbeat::beat(tx).await
    }
}
