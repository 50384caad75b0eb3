//! Figures of what is, looked up when somebody asks: queues, what waits in the books, and the ends of certificates.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Seconds;
use crate::backup;
use crate::issuance::Issuance;
use crate::registry::aside::AtDesks;
use crate::registry::{import, photo};
use crate::store::tables::waiting::{Outbox, Waiting};
use crate::store::{Statements, StoreError, Verb};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Which {
    which: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnChannel {
    channel: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AtDesk {
    desk: &'static str,
    state: &'static str,
}

/// See the module.
pub struct Standing {
    up: Gauge,
    queue: Gauge,
    connections: Family<Which, Gauge>,
    desks: Family<AtDesk, Gauge>,
    notices: Family<OnChannel, Gauge>,
    oldest_notice: Seconds,
    unsealed: Gauge,
    prepared: Gauge,
    ends: Family<Which, Seconds>,
    backed_up: Seconds,
}

impl Standing {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let standing = Self {
            up: Gauge::default(),
            queue: Gauge::default(),
            connections: Family::default(),
            desks: Family::default(),
            notices: Family::default(),
            oldest_notice: Seconds::default(),
            unsealed: Gauge::default(),
            prepared: Gauge::default(),
            ends: Family::default(),
            backed_up: Seconds::default(),
        };
        let s = &standing;
        registry.register("store_up", "Whether the database answered this scrape", s.up.clone());
        let help = "Changes that wait for the one writer (SQLite) or for a connection (PostgreSQL)";
        registry.register("store_queue", help, s.queue.clone());
        registry.register("store_connections", "Connections to the database", s.connections.clone());
        let help = "Heavy work (photos, tables, passwords) that is being done, and that waits for a place";
        registry.register("desks", help, s.desks.clone());
        registry.register("outbox_notices", "Notices that wait or were given up", s.notices.clone());
        let help = "How long the notice that waits longest has been due";
        registry.register("outbox_oldest_due_seconds", help, s.oldest_notice.clone());
        let help = "Audit entries without a place in the chain yet";
        registry.register("audit_unsealed_entries", help, s.unsealed.clone());
        let help = "Certificates whose bytes are settled and not signed yet";
        registry.register("certificates_prepared", help, s.prepared.clone());
        let help = "When a certificate of the issuer's own ends, seconds since 1970";
        registry.register("certificate_end_timestamp_seconds", help, s.ends.clone());
        let help = "When the last backup was made, seconds since 1970; 0 if none";
        registry.register("backup_timestamp_seconds", help, s.backed_up.clone());
        standing
    }

    /// Looks everything up anew; `passwords` is how their checks stand. A database that does not answer is a figure too.
    pub async fn look(&self, issuance: &Issuance, passwords: AtDesks) {
        for (desk, at) in [("photo", photo::desks()), ("import", import::desks()), ("password", passwords)] {
            for (state, number) in [("taken", at.taken), ("waiting", at.waiting)] {
                self.desks.get_or_create(&AtDesk { desk, state }).set(count(number));
            }
        }
        let load = issuance.store.load();
        self.queue.set(count(load.waiting));
        for (which, number) in [("open", load.open), ("busy", load.busy)] {
            self.connections.get_or_create(&Which { which: which.to_owned() }).set(count(number));
        }
        let now = issuance.now();
        match issuance.store.read(Look).await {
            Ok((waiting, outbox)) => {
                self.up.set(1);
                self.unsealed.set(waiting.unsealed);
                self.prepared.set(waiting.prepared);
                for line in outbox {
                    let label = OnChannel { channel: line.channel.word(), state: line.state.word() };
                    self.notices.get_or_create(&label).set(line.notices);
                }
                let late = waiting.oldest_due.map_or(0.0, |due| now.duration_since(due).as_secs_f64());
                self.oldest_notice.set(late.max(0.0));
            }
            Err(_) => {
                self.up.set(0);
            }
        }
        for (which, end) in issuance.authority.ends() {
            self.ends.get_or_create(&Which { which }).set(end.as_second() as f64);
        }
        if let Some(at) = issuance.authority.dir().parent().and_then(backup::last_made) {
            self.backed_up.set(at.as_second() as f64);
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Look;

#[async_trait::async_trait]
impl Verb for Look {
    type Answer = (Waiting, Vec<Outbox>);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok((Waiting::count(tx).await?, Outbox::count(tx).await?))
    }
}
