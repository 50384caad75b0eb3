//! How often and how soon a PIN may be tried: pure decisions, no files.

use jiff::{SignedDuration, Timestamp};

/// Wrong PINs before the final lock.
pub const TRY_LIMIT: u8 = 10;

/// How long after the n-th wrong PIN in a row the next try must wait.
///
/// Slips of the finger cost nothing; somebody who guesses needs over four hours for their ten tries, time
/// enough for the owner to notice and to have the card revoked.
fn delay_after(failures: u8) -> SignedDuration {
    match failures {
        0..=3 => SignedDuration::ZERO,
        4 => SignedDuration::from_secs(30),
        5 => SignedDuration::from_mins(1),
        6 => SignedDuration::from_mins(5),
        7 => SignedDuration::from_mins(30),
        8 => SignedDuration::from_hours(1),
        _ => SignedDuration::from_hours(3),
    }
}

/// The tries since the last right PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tries {
    /// How many; every one is wrong until it was reset.
    pub(super) failures: u8,
    /// By the clock of its time, when the current delay began; `None` before the first try.
    pub(super) since: Option<Timestamp>,
}

/// What to do with a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Look at the PIN, once these counted tries are on disk.
    Counted(Tries),
    /// Do not look at it.
    Wait {
        /// When the next try is looked at.
        until: Timestamp,
        /// To be written: the delay began anew, because the clock went back behind its beginning.
        restarted: Option<Tries>,
    },
    /// The limit was reached before: erase, whatever the PIN.
    Exhausted,
}

impl Tries {
    /// Tries before the final lock.
    pub(super) fn left(self) -> u8 {
        TRY_LIMIT.saturating_sub(self.failures)
    }

    /// How long the next try must wait after the last one.
    pub(super) fn delay(self) -> SignedDuration {
        delay_after(self.failures)
    }

    /// Until when tries are refused, as seen at `now`; `None` when one would be looked at.
    pub(super) fn wait_until(self, now: Timestamp) -> Option<Timestamp> {
        let since = self.since?.min(now);
        let until = since.saturating_add(self.delay()).unwrap_or(Timestamp::MAX);
        (now < until).then_some(until)
    }

    /// Decides about a try at `now`.
    pub(super) fn admit(self, now: Timestamp) -> Admission {
        if self.left() == 0 {
            return Admission::Exhausted;
        }
        match self.wait_until(now) {
            Some(until) => {
                let clock_went_back = self.since.is_some_and(|since| now < since);
                Admission::Wait {
                    until,
                    restarted: clock_went_back.then_some(Self { since: Some(now), ..self }),
                }
            }
            None => Admission::Counted(Self { failures: self.failures + 1, since: Some(now) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    /// Counts one try at `now`, which must be admitted.
    fn count(tries: Tries, now: Timestamp) -> Tries {
        match tries.admit(now) {
            Admission::Counted(counted) => counted,
            other => panic!("expected a counted try, got {other:?}"),
        }
    }

    #[test]
    fn delays_grow_and_the_tenth_try_is_the_last() {
        let mut tries = Tries::default();
        let mut now = at(0);
        for expected in [0, 0, 0, 30, 60, 300, 1_800, 3_600, 10_800, 10_800] {
            tries = count(tries, now);
            assert_eq!(tries.delay().as_secs(), expected, "after {} failures", tries.failures);
            if expected > 0 && tries.left() > 0 {
                let early = now + SignedDuration::from_secs(expected - 1);
                assert_eq!(
                    tries.admit(early),
                    Admission::Wait { until: now + SignedDuration::from_secs(expected), restarted: None }
                );
            }
            now += SignedDuration::from_secs(expected);
        }
        assert_eq!(tries.left(), 0);
        assert_eq!(tries.admit(now + SignedDuration::from_hours(1_000)), Admission::Exhausted);
    }

    #[test]
    fn turning_the_clock_back_makes_a_delay_longer_never_shorter() {
        let tries = Tries { failures: 6, since: Some(at(0)) };
        let Admission::Wait { until, restarted: Some(restarted) } = tries.admit(at(-1_000)) else {
            panic!("a clock behind the beginning of the delay must restart it");
        };
        assert_eq!(until, at(-1_000 + 300));
        // Turned back, and forward again to where it was: the time in between was not won.
        assert_eq!(restarted.wait_until(at(-701)), Some(at(-700)));
        assert_eq!(restarted.wait_until(at(-700)), None);
    }

    #[test]
    fn a_wrong_date_in_the_future_bricks_nothing() {
        let far = Timestamp::from_second(4_000_000_000).unwrap();
        let tries = Tries { failures: 9, since: Some(far) };
        assert_eq!(tries.wait_until(at(0)), Some(at(10_800)));
        assert_eq!(Tries { failures: 3, since: Some(far) }.wait_until(at(0)), None);
        assert_eq!(Tries { failures: 9, since: Some(Timestamp::MAX) }.wait_until(Timestamp::MAX), None);
    }
}
