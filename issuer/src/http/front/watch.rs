//! One request: its name in the logs, its line there, and its figures.
//!
//! Requests are logged by their route, never by their address: offer ids stand in addresses.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use shared::entropy::Entropy;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::http::told::Told;
use crate::metrics::Metrics;

/// The header by which callers name their requests, and by which answers name them.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a name from outside may be. From 16 characters on, so that no number that names a person fits.
const GIVEN_LENGTH: std::ops::RangeInclusive<usize> = 16..=64;

/// What names a request in the logs and in its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The caller's own, if it is one that may stand in a log: 16 to 64 letters, digits and dashes, as UUIDs, ULIDs
    /// and trace ids are; else a fresh one.
    pub fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let fits = |id: &&str| {
            GIVEN_LENGTH.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        match given.filter(fits) {
            Some(id) => Self(id.to_owned()),
            None => Self(format!("{:032x}", u128::from_be_bytes(entropy.bytes()))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What requests are watched with.
#[derive(Clone)]
pub struct Watch {
    /// Where they are counted.
    pub metrics: Arc<Metrics>,
    /// What their names are drawn from.
    pub entropy: Arc<dyn Entropy>,
}

/// Methods that are told apart; whoever invents others makes no new lines in the figures.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Names a request, logs it when it has been answered, and counts it.
pub async fn watch(State(watch): State<Watch>, request: Request, next: Next) -> Response {
    let method = method_word(request.method());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("(none)", MatchedPath::as_str);
    let id = RequestId::of(request.headers(), &*watch.entropy);
    let span = tracing::info_span!("request", id = id.as_str());
    let start = Instant::now();
    let begun = watch.metrics.begin_request();
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(begun);
    let (status, took) = (response.status().as_u16(), start.elapsed());
    watch.metrics.answered(route, method, status, took);
    let told = response.extensions().get::<Told>();
    if let Some(told) = told {
        watch.metrics.refused(route, &told.code, told.reason.as_deref());
    }
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        let (code, reason) = (told.map(|told| &*told.code), told.and_then(|told| told.reason.as_deref()));
        tracing::info!(method, route, status, micros, code, reason, "request");
    });
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;

    fn of(text: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(text).unwrap());
        RequestId::of(&headers, &SystemEntropy).as_str().to_owned()
    }

    #[test]
    fn names_that_could_be_anything_are_replaced() {
        for good in ["6f1c2a58-0d2e-4a0c-9f5e-1b2c3d4e5f60", "01JD2Z7N6Q8Y5T3R1W0V9X4B2C"] {
            assert_eq!(of(good), good);
        }
        for bad in
            ["44051401359", "+48 600 100 200", "jan.kowalski@example.pl", "", &"a".repeat(65), "id=1; drop"]
        {
            let fresh = of(bad);
            assert_eq!(fresh.len(), 32, "{bad}");
            assert_ne!(fresh, of(bad), "names are drawn anew");
        }
    }
}
