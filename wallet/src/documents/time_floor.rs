//! Trusted time: the latest instant that somebody with a key has vouched for.
//!
//! The phone's clock can be set by whoever holds the phone, so it proves nothing. But it cannot be earlier
//! than what an issuer has signed; a clock that is, was turned back, and the phone then shows no card, so
//! that turning the clock back revives none. Only authenticated times raise the floor, and they raise it for
//! good. The phone's own clock never does: one day spent under the date of 2099 costs nothing once the clock
//! is right again. There is one floor, whoever vouches: an issuer that signs 2099 makes the right clock look wrong
//! for the cards of all.
//!
//! The floor is kept in the store. Putting back an older copy of the store does not lower it, since the
//! secure element's counter gives that away ([`StoreError::RolledBack`]).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::x509::chain::{UndatedChain, VerifiedChain};
use shared::x509::crl::VerifiedCrl;

use super::record::Record;
use super::{Documents, ONLY, StoreError};

/// How far an honest clock may be behind an issuer's.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// An instant that somebody has signed, after the signature was verified.
///
/// Made of what only verification yields: a revocation list, or the chain of a device certificate. For other
/// answers there is [`signed_by`](Self::signed_by).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatedTime {
    at: Timestamp,
    source: TimeSource,
}

impl AuthenticatedTime {
    /// `at` as `source` has signed it; to be called only after the signature was verified up to a trusted root.
    pub fn signed_by(source: TimeSource, at: Timestamp) -> Self {
        Self { at, source }
    }
}

impl From<&VerifiedCrl> for AuthenticatedTime {
    fn from(list: &VerifiedCrl) -> Self {
        Self { at: list.this_update(), source: TimeSource::RevocationList }
    }
}

/// The activation time. The chain need not be valid today: an expired certificate was signed all the same.
impl From<&UndatedChain> for AuthenticatedTime {
    fn from(chain: &UndatedChain) -> Self {
        Self { at: chain.leaf().activated_at(), source: TimeSource::Certificate }
    }
}

impl From<&VerifiedChain> for AuthenticatedTime {
    fn from(chain: &VerifiedChain) -> Self {
        Self { at: chain.leaf().activated_at(), source: TimeSource::Certificate }
    }
}

/// Who vouches for an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// `thisUpdate` of a revocation list (RFC 5280 §5.1.2.4).
    RevocationList,
    /// `producedAt` of an OCSP answer (RFC 6960 §4.2.2.1).
    Ocsp,
    /// The activation time inside a device certificate.
    Certificate,
    /// `iat` of a status list or another token that the issuer signed.
    SignedAnswer,
}

/// The floor as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeFloor {
    vouched: Option<AuthenticatedTime>,
}

impl TimeFloor {
    /// The latest authenticated instant, if there was any.
    pub fn instant(&self) -> Option<Timestamp> {
        self.vouched.map(|vouched| vouched.at)
    }

    /// What the floor says to a clock that reads `now`; five minutes behind it are forgiven.
    ///
    /// Nothing is said about clocks that are ahead: a card that has expired by such a clock is refused while
    /// the clock is wrong, and is shown again when it is right.
    pub fn judge(&self, now: Timestamp) -> ClockVerdict {
        match self.instant() {
            Some(floor) if now < floor.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN) => {
                ClockVerdict::Behind { floor }
            }
            _ => ClockVerdict::Plausible,
        }
    }

    /// `now`, but not before the floor: the instant by which validity is judged under a plausible clock.
    pub fn at_least(&self, now: Timestamp) -> Timestamp {
        self.instant().map_or(now, |floor| floor.max(now))
    }

    /// The floor after `time` was learnt: never lower.
    #[must_use]
    pub fn raised_by(self, time: AuthenticatedTime) -> Self {
        if self.instant().is_some_and(|floor| floor >= time.at) { self } else { Self { vouched: Some(time) } }
    }
}

/// What the floor says to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockVerdict {
    /// The clock may be right.
    Plausible,
    /// The clock is certainly wrong: it was turned back.
    Behind {
        /// What it should read at least.
        floor: Timestamp,
    },
}

/// [`TimeFloor`], as kept.
#[derive(Serialize, Deserialize)]
pub(super) struct TimeFloorRecord {
    at: Timestamp,
    source: TimeSource,
}

impl Record for TimeFloorRecord {
    const KIND: &'static str = "time";
    const VERSION: u16 = 1;
}

impl Documents {
    /// The floor as it stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn time_floor(&self) -> Result<TimeFloor, StoreError> {
        let record: Option<TimeFloorRecord> = self.record(ONLY)?;
        Ok(TimeFloor {
            vouched: record.map(|record| AuthenticatedTime { at: record.at, source: record.source }),
        })
    }

    /// Raises the floor to `time`, unless it is there already; yields the floor as it stands then.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn learn_time(&self, time: AuthenticatedTime) -> Result<TimeFloor, StoreError> {
        let writer = self.writer();
        let before = self.time_floor()?;
        let after = before.raised_by(time);
        if after != before {
            let record = TimeFloorRecord { at: time.at, source: time.source };
            writer.commit(vec![self.put(ONLY, &record)?])?;
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn signed(text: &str) -> AuthenticatedTime {
        AuthenticatedTime::signed_by(TimeSource::RevocationList, at(text))
    }

    #[test]
    fn without_a_floor_every_clock_is_plausible() {
        assert_eq!(TimeFloor::default().judge(Timestamp::MIN), ClockVerdict::Plausible);
        assert_eq!(TimeFloor::default().at_least(at("2026-11-21T18:30:00Z")), at("2026-11-21T18:30:00Z"));
    }

    #[test]
    fn a_clock_turned_back_is_found_out_and_slow_clocks_are_forgiven() {
        let floor = TimeFloor::default().raised_by(signed("2026-11-21T18:30:00Z"));
        let behind = ClockVerdict::Behind { floor: at("2026-11-21T18:30:00Z") };
        for (now, expected) in [
            ("2026-11-21T18:30:00Z", ClockVerdict::Plausible),
            ("2026-11-21T18:25:00Z", ClockVerdict::Plausible),
            ("2026-11-21T18:24:59Z", behind),
            ("2025-11-21T18:30:00Z", behind),
            ("2099-01-01T00:00:00Z", ClockVerdict::Plausible),
        ] {
            assert_eq!(floor.judge(at(now)), expected, "{now}");
        }
        assert_eq!(floor.at_least(at("2026-11-21T18:25:00Z")), at("2026-11-21T18:30:00Z"));
        assert_eq!(floor.at_least(at("2026-11-21T18:35:00Z")), at("2026-11-21T18:35:00Z"));
    }

    #[test]
    fn the_floor_never_sinks() {
        let floor = TimeFloor::default().raised_by(signed("2026-11-21T18:30:00Z"));
        assert_eq!(floor.raised_by(signed("2026-11-21T18:29:59Z")), floor);
        assert_eq!(
            floor.raised_by(signed("2026-11-21T18:30:01Z")).instant(),
            Some(at("2026-11-21T18:30:01Z"))
        );
    }
}
