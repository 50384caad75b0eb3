//! The figures that an issuer keeps of itself, for Prometheus.
//!
//! Every issuer has a registry of its own, so that several in one process do not mix. Nothing personal: labels are
//! routes, methods, codes and words of closed lists. What happened is counted where it happens; what *is* (queues,
//! outbox, ends of certificates) is looked up when somebody asks, by [`standing`].

pub mod door;
pub mod process;
pub mod standing;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::authority::TokenMeter;
use crate::store::Meter;
use door::Door;
use standing::Standing;

/// What the answer to a scrape is (OpenMetrics 1.0, §4.1).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds: from a metadata document to a page with a hundred rows.
const REQUEST_SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    route: String,
    code: String,
    reason: String,
}

/// A gauge of instants and durations, in seconds.
type Seconds = Gauge<f64, AtomicU64>;

/// The figures of one issuer.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    took: Family<Timed, Histogram, fn() -> Histogram>,
    refused: Family<Refused, Counter>,
    in_flight: Gauge,
    door: Door,
    standing: Standing,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(…)")
    }
}

/// A request that has begun; counted as in flight until it is dropped.
#[derive(Debug)]
pub struct Begun(Gauge);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Figures that begin at zero, with those that the store and the keys in a token keep of themselves.
    pub fn new(meter: &Meter, token: &TokenMeter) -> Self {
        let mut root = Registry::default();
        let registry = root.sub_registry_with_prefix("mleg");
        let metrics = Self {
            requests: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            refused: Family::default(),
            in_flight: Gauge::default(),
            door: Door::default(),
            standing: Standing::register(registry),
            registry: Registry::default(),
        };
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that runs", build);
        registry.register("http_requests", "Requests that were answered", metrics.requests.clone());
        let unit = Unit::Seconds;
        let took = metrics.took.clone();
        registry.register_with_unit("http_request_duration", "Until an answer began", unit, took);
        registry.register(
            "http_requests_in_flight",
            "Requests that are being worked on",
            metrics.in_flight.clone(),
        );
        let help = "Requests that were refused, by the code and the reason that they were told";
        registry.register("refusals", help, metrics.refused.clone());
        metrics.door.register(registry);
        meter.register(registry);
        token.register(registry);
        root.register_collector(Box::new(process::Process));
        Self { registry: root, ..metrics }
    }

    /// Counts a request as begun, until what is returned is dropped.
    pub fn begin_request(&self) -> Begun {
        self.in_flight.inc();
        Begun(self.in_flight.clone())
    }

    /// Counts an answer.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { route: route.to_owned(), method, status }).inc();
        self.took.get_or_create(&Timed { route: route.to_owned(), method }).observe(took.as_secs_f64());
    }

    /// Counts a refusal.
    pub fn refused(&self, route: &str, code: &str, reason: Option<&str>) {
        let reason = reason.unwrap_or_default().to_owned();
        let (route, code) = (route.to_owned(), code.to_owned());
        self.refused.get_or_create(&Refused { route, code, reason }).inc();
    }

    /// The figures of connections.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The figures of what is, to be set before they are written.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// All of it, as Prometheus reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_and_refused_is_counted_and_written() {
        let metrics = Metrics::new(&Meter::default(), &TokenMeter::default());
        let begun = metrics.begin_request();
        assert!(metrics.text().contains("mleg_http_requests_in_flight 1\n"));
        drop(begun);
        metrics.answered("/token", "POST", 400, Duration::from_millis(3));
        metrics.answered("/token", "POST", 400, Duration::from_millis(30));
        metrics.refused("/token", "invalid_grant", Some("wrong_code"));
        let text = metrics.text();
        for line in [
            "mleg_http_requests_total{route=\"/token\",method=\"POST\",status=\"400\"} 2\n",
            "mleg_http_request_duration_seconds_bucket{le=\"0.005\",route=\"/token\",method=\"POST\"} 1\n",
            "mleg_http_request_duration_seconds_count{route=\"/token\",method=\"POST\"} 2\n",
            "mleg_refusals_total{route=\"/token\",code=\"invalid_grant\",reason=\"wrong_code\"} 1\n",
            "mleg_http_requests_in_flight 0\n",
            "\nprocess_resident_memory_bytes ",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
