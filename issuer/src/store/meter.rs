//! What a store counts of its own work.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::StoreError;

/// Seconds: from a row in memory to a disk that is full of others' writes.
const SECONDS: [f64; 10] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 2.5];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failed {
    error: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Act {
    action: String,
}

/// Counts and times of one store. Cheap to clone: clones count together.
#[derive(Debug, Clone)]
pub struct Meter {
    writes: Histogram,
    reads: Histogram,
    failures: Family<Failed, Counter>,
    acts: Family<Act, Counter>,
}

impl Default for Meter {
    fn default() -> Self {
        let meter = Self {
            writes: Histogram::new(SECONDS),
            reads: Histogram::new(SECONDS),
            failures: Family::default(),
            acts: Family::default(),
        };
        // From the beginning, so that a first failure is a rise.
        for error in StoreError::WORDS {
            drop(meter.failures.get_or_create(&Failed { error }));
        }
        meter
    }
}

/// Work as it stands at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Changes, or whoever wants a connection, that wait.
    pub waiting: usize,
    /// Connections that are open.
    pub open: usize,
    /// Connections that work.
    pub busy: usize,
}

impl Meter {
    /// Shows the figures under their names.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Seconds until a change was on disk";
        registry.register("store_write_seconds", help, self.writes.clone());
        registry.register(
            "store_read_seconds",
            "Seconds that a look into the books took",
            self.reads.clone(),
        );
        registry.register("store_failures", "Acts on the database that failed", self.failures.clone());
        let help =
            "Acts that changed something, by their word in the audit trail; counted when they are sealed";
        registry.register("acts", help, self.acts.clone());
    }

    pub(super) fn write<T>(&self, since: tokio::time::Instant, outcome: &Result<T, StoreError>) {
        self.writes.observe(since.elapsed().as_secs_f64());
        self.failed(outcome);
    }

    pub(super) fn read<T>(&self, since: tokio::time::Instant, outcome: &Result<T, StoreError>) {
        self.reads.observe(since.elapsed().as_secs_f64());
        self.failed(outcome);
    }

    fn failed<T>(&self, outcome: &Result<T, StoreError>) {
        if let Err(error) = outcome {
            self.failures.get_or_create(&Failed { error: error.word() }).inc();
        }
    }

    /// Counts acts of one word.
    pub(crate) fn acts(&self, action: &str, number: u64) {
        self.acts.get_or_create(&Act { action: action.to_owned() }).inc_by(number);
    }
}
