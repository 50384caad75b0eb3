//! Time as an argument.
//!
//! Nothing in the workspace reads the system's clock but the composition roots; everything else is handed
//! a [`Clock`]. That is what lets a test stand on the last second of a card's validity.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Where `now` comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still until it is moved; what tests and the sandbox share.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `at` (kept to the microsecond).
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_microsecond()))
    }

    /// Moves the clock to `at`, forwards or backwards.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves the clock by `by`; stops at the ends of representable time.
    pub fn advance(&self, by: SignedDuration) {
        let moved = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.set(moved);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_moved() {
        let clock = ManualClock::new("2026-11-21T18:30:00Z".parse().unwrap());
        assert_eq!(clock.now(), clock.now());
        clock.advance(SignedDuration::from_hours(720));
        assert_eq!(clock.now().to_string(), "2026-12-21T18:30:00Z");
        clock.set("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00Z");
    }
}
