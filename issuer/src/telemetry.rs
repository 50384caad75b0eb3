//! Logs: to standard error, one line an event, without secrets and personal data.
//!
//! Requests are logged by their route, never by their address: offer ids stand in addresses.

use std::io::IsTerminal as _;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;

/// Starts logging; `MLEG_LOG` sets the level (`warn`, `info`, `issuer=debug`).
pub fn start() {
    let filter = EnvFilter::try_from_env("MLEG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let format = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter);
    // A second start, as when a test embeds several issuers, keeps the first.
    let _ = format.try_init();
}

/// Logs a request when it has been answered.
pub async fn log_request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), micros, "request");
    response
}
