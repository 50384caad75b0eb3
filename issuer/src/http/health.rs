//! Whether the issuer lives, and whether it can work.

use axum::extract::State;
use axum::http::StatusCode;

use super::ServerState;
use crate::store::tables::revocation_list::RevocationList;
use crate::store::{Statements, StoreError, Verb};

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /health/ready`: the database answers too.
pub(super) async fn ready(State(state): State<ServerState>) -> (StatusCode, &'static str) {
    match state.issuance.store.read(Ping).await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

struct Ping;

#[async_trait::async_trait]
impl Verb for Ping {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        RevocationList::revision(tx, false).await.map(|_| ())
    }
}
