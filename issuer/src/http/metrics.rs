//! `GET /metrics`, on an address of its own: what Prometheus asks is not for those who ask for cards.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::routing::get;

use super::health;
use super::{ServerState, Wire};
use crate::issuance::Issuance;
use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::registry::aside::Desks;

#[derive(Clone)]
struct Scraped {
    issuance: Issuance,
    metrics: Arc<Metrics>,
    passwords: Arc<Desks>,
}

/// The figures, and both questions after its health, for whoever watches this machine; `passwords` are the desks at which
/// these are checked.
pub fn routes(issuance: Issuance, wire: Arc<Wire>, metrics: Arc<Metrics>, passwords: Arc<Desks>) -> Router {
    let healthy = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(ServerState { issuance: issuance.clone(), wire });
    let scraped = Scraped { issuance, metrics, passwords };
    Router::new().route("/metrics", get(scrape)).with_state(scraped).merge(healthy)
}

async fn scrape(State(scraped): State<Scraped>) -> ([(HeaderName, &'static str); 1], String) {
    scraped.metrics.standing().look(&scraped.issuance, scraped.passwords.standing()).await;
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], scraped.metrics.text())
}
