//! Figures of what stands before the router: connections, and TLS on them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Why a connection was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// As many are held as may be in all.
    Full,
    /// Its address holds as many as one may.
    OfOne,
}

impl TurnedAway {
    const ALL: [Self; 2] = [Self::Full, Self::OfOne];

    /// In a word.
    fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::OfOne => "one_address",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Because {
    reason: &'static str,
}

/// See the module. Cheap to clone: clones count together.
#[derive(Debug, Clone)]
pub struct Door {
    held: Gauge,
    refused: Family<Because, Counter>,
    handshakes: Counter,
    reloads: Counter,
}

impl Default for Door {
    fn default() -> Self {
        let door = Self {
            held: Gauge::default(),
            refused: Family::default(),
            handshakes: Counter::default(),
            reloads: Counter::default(),
        };
        // From the beginning, so that a first refusal is a rise.
        for why in TurnedAway::ALL {
            drop(door.refused.get_or_create(&Because { reason: why.word() }));
        }
        door
    }
}

impl Door {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_connections", "Connections that are held", self.held.clone());
        let help = "Connections that found no place";
        registry.register("http_connections_refused", help, self.refused.clone());
        let help = "Connections that came to no agreement on TLS";
        registry.register("tls_handshakes_failed", help, self.handshakes.clone());
        let help = "New TLS files that could not serve, so that the old ones stayed";
        registry.register("tls_reloads_refused", help, self.reloads.clone());
    }

    /// Counts a connection as held.
    pub fn let_in(&self) {
        self.held.inc();
    }

    /// It has gone.
    pub fn let_out(&self) {
        self.held.dec();
    }

    /// Counts a connection that found no place.
    pub fn turned_away(&self, why: TurnedAway) {
        self.refused.get_or_create(&Because { reason: why.word() }).inc();
    }

    /// Counts a connection without TLS in the end.
    pub fn handshake_failed(&self) {
        self.handshakes.inc();
    }

    /// Counts TLS files that were not taken up.
    pub fn reload_refused(&self) {
        self.reloads.inc();
    }
}
