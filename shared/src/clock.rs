//! Time as an argument.
//!
//! Nothing in the workspace reads the system's clock but the composition roots; everything else is handed
//! a [`Clock`]. That is what lets a test stand on the last second of a card's validity.

use std::sync::Arc;
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

/// A clock that runs like another one, ahead of it or behind it by what it was moved.
pub struct MovableClock {
    base: Arc<dyn Clock>,
    ahead_micros: AtomicI64,
}

impl MovableClock {
    /// A clock that shows what `base` shows, until it is moved.
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, ahead_micros: AtomicI64::new(0) }
    }

    /// Moves the clock, forwards or backwards, so that it shows `now` now.
    pub fn set(&self, now: Timestamp) {
        let ahead = now.as_microsecond() - self.base.now().as_microsecond();
        self.ahead_micros.store(ahead, Ordering::SeqCst);
    }

    /// Takes back every move.
    pub fn reset(&self) {
        self.ahead_micros.store(0, Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_micros(self.ahead_micros.load(Ordering::SeqCst));
        self.base.now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
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

    #[test]
    fn a_moved_clock_runs_on_with_the_one_below() {
        let base = Arc::new(ManualClock::new("2026-11-21T18:30:00Z".parse().unwrap()));
        let clock = MovableClock::new(Arc::clone(&base) as Arc<dyn Clock>);
        clock.set("2027-10-01T00:00:00Z".parse().unwrap());
        base.advance(SignedDuration::from_secs(5));
        assert_eq!(clock.now().to_string(), "2027-10-01T00:00:05Z");
        clock.reset();
        assert_eq!(clock.now(), base.now());
    }
}
