//! A limit over all callers together, for what could be guessed.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// How many calls may come at once, and how fast more are let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    burst: u32,
    per_second: f64,
}

/// Typed codes have 55 random bits: at this rate guessing takes longer than a slip lives by nine digits.
pub(super) const LOOKUPS: Rate = Rate { burst: 50, per_second: 10.0 };

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    state: Mutex<Option<(Timestamp, f64)>>,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, state: Mutex::default() }
    }

    /// Lets a call in, or says how many seconds to wait.
    pub(super) fn enter(&self, now: Timestamp) -> Result<(), u32> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full = f64::from(self.rate.burst);
        let (since, left) = state.unwrap_or((now, full));
        // A clock that was set back earns nothing.
        let earned = now.duration_since(since).as_secs_f64().max(0.0) * self.rate.per_second;
        let left = (left + earned).min(full);
        let (left, verdict) = if left >= 1.0 { (left - 1.0, Ok(())) } else { (left, Err(1)) };
        *state = Some((now, left));
        verdict
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_burst_is_let_in_and_then_a_trickle() {
        let bucket = Bucket::new(Rate { burst: 3, per_second: 1.0 });
        let start: Timestamp = "2026-11-21T18:30:00Z".parse().unwrap();
        assert_eq!((0..5).filter(|_| bucket.enter(start).is_ok()).count(), 3);
        assert!(bucket.enter(start + SignedDuration::from_secs(2)).is_ok());
        assert!(bucket.enter(start + SignedDuration::from_secs(2)).is_ok(), "two seconds earn two");
        let back = start - SignedDuration::from_secs(9999);
        assert_eq!(bucket.enter(back), Err(1), "a clock that was set back earns nothing");
        assert!(bucket.enter(back + SignedDuration::from_secs(1)).is_ok(), "and goes on from there");
    }
}
