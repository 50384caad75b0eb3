//! What time it is, by signatures rather than by clocks.
//!
//! Clocks of phones and of inspectors' devices stand wrong, by minutes or by years. Each side corrects its own by a time
//! that somebody trusted signed **for this question** (an OCSP answer with the nonce that was sent: ADR 59), learnt
//! together with the reading of its own clock. How far two raw clocks are apart then plays no part. A time inside a
//! list that was fetched says only that it is not earlier: any older list would say so too.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::verdict::Reason;
use crate::x509::ocsp::VerifiedAnswer;

/// How long a correction is gone by. A clock that drifts by 20 seconds in a million is 12 seconds off by then.
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The longest that an answer may have taken: half of it is what the correction may be wrong by.
pub const MAX_ROUND_TRIP: SignedDuration = SignedDuration::from_secs(10);

/// A time in an answer that was asked for with a nonce, and whose signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshTime(Timestamp);

impl From<&VerifiedAnswer> for FreshTime {
    fn from(answer: &VerifiedAnswer) -> Self {
        Self(answer.produced_at())
    }
}

#[cfg(test)]
impl FreshTime {
    pub(crate) fn of_answer(produced_at: Timestamp) -> Self {
        Self(produced_at)
    }
}

/// How far a clock was from the signed time when it was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockCorrection {
    /// The signed time.
    signed: Timestamp,
    /// What this device's clock showed halfway between question and answer.
    raw: Timestamp,
    /// The latest that this device's clock has shown since.
    latest: Timestamp,
}

impl ClockCorrection {
    /// Learns from an answer; `asked` and `answered` are what this device's own clock showed before and after.
    ///
    /// # Errors
    /// When the clock was moved meanwhile, or the answer took too long to tell the time by.
    pub fn learn(time: FreshTime, asked: Timestamp, answered: Timestamp) -> Result<Self, CorrectionFault> {
        let took = answered.duration_since(asked);
        if took.is_negative() {
            return Err(CorrectionFault::ClockMoved);
        }
        if took > MAX_ROUND_TRIP {
            return Err(CorrectionFault::TooSlow);
        }
        let raw = asked.saturating_add(took / 2).unwrap_or(asked);
        // The second that an answer names has passed by half, on average.
        let signed = time.0.saturating_add(SignedDuration::from_millis(500)).unwrap_or(time.0);
        Ok(Self { signed, raw, latest: answered })
    }

    /// The same after the clock has shown `raw`: it must not show an earlier time again.
    #[must_use]
    pub fn having_seen(self, raw: Timestamp) -> Self {
        Self { latest: self.latest.max(raw), ..self }
    }

    /// What time it is when this device's own clock shows `raw`.
    pub fn correct(&self, raw: Timestamp) -> CorrectedTime {
        let since = raw.duration_since(self.raw);
        let doubt = if raw < self.latest {
            Some(Doubt::ClockBehind)
        } else if since > MAX_AGE {
            Some(Doubt::SignedTimeOld)
        } else {
            None
        };
        CorrectedTime { now: self.signed.saturating_add(since).unwrap_or(raw), doubt }
    }

    /// The time that was learnt.
    pub fn learnt(&self) -> Timestamp {
        self.signed
    }
}

/// Messages complete "cannot learn the time: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionFault {
    /// The answer came before the question, by this device's own clock.
    #[error("the clock was moved meanwhile")]
    ClockMoved,
    /// Slower than [`MAX_ROUND_TRIP`].
    #[error("the answer took too long")]
    TooSlow,
}

/// How a device comes to the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timekeeping {
    /// Somebody keeps its clock right by other means, as servers' are.
    KeptRight,
    /// By the last signed time, if it has ever learnt one.
    Learnt(Option<ClockCorrection>),
}

impl Timekeeping {
    /// What time it is when the device's own clock shows `raw`.
    pub fn time(&self, raw: Timestamp) -> CorrectedTime {
        match self {
            Self::KeptRight => CorrectedTime::kept_right(raw),
            Self::Learnt(correction) => CorrectedTime::by(correction.as_ref(), raw),
        }
    }
}

/// The time, and whether it may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectedTime {
    now: Timestamp,
    doubt: Option<Doubt>,
}

impl CorrectedTime {
    /// The reading of a clock that has never been corrected.
    pub fn uncorrected(raw: Timestamp) -> Self {
        Self { now: raw, doubt: Some(Doubt::NoSignedTime) }
    }

    /// The reading of a clock that somebody keeps right by other means, as a server's.
    pub fn kept_right(now: Timestamp) -> Self {
        Self { now, doubt: None }
    }

    /// By this correction if there is one.
    pub fn by(correction: Option<&ClockCorrection>, raw: Timestamp) -> Self {
        correction.map_or_else(|| Self::uncorrected(raw), |correction| correction.correct(raw))
    }

    /// The best guess.
    pub fn now(self) -> Timestamp {
        self.now
    }

    /// Why it is only a guess.
    pub fn doubt(self) -> Option<Doubt> {
        self.doubt
    }

    /// The same, in doubt if it is well before an instant that a signature vouches for.
    #[must_use]
    pub fn not_before(self, signed: Option<Timestamp>, tolerance: SignedDuration) -> Self {
        let behind = signed.is_some_and(|signed| signed.duration_since(self.now) > tolerance);
        Self { doubt: self.doubt.or(behind.then_some(Doubt::ClockBehind)), ..self }
    }
}

/// Why the time is only a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No signed time has ever been learnt.
    NoSignedTime,
    /// The last one is older than [`MAX_AGE`].
    SignedTimeOld,
    /// The clock stands before an instant that has passed.
    ClockBehind,
}

impl From<Doubt> for Reason {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::NoSignedTime => Self::NoSignedTime,
            Doubt::SignedTimeOld => Self::SignedTimeOld,
            Doubt::ClockBehind => Self::ClockBehind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_clock_that_is_years_off_tells_the_time_once_corrected() {
        for raw in ["1999-12-31T23:59:58Z", "2026-11-21T18:28:00Z", "2077-01-01T00:00:00Z"] {
            let raw = at(raw);
            let fresh = FreshTime::of_answer(at("2026-11-21T18:30:00Z"));
            let correction = ClockCorrection::learn(fresh, raw, raw + seconds(2)).unwrap();
            let time = correction.correct(raw + seconds(61));
            assert_eq!(time, CorrectedTime::kept_right(at("2026-11-21T18:31:00.5Z")));
        }
    }

    #[test]
    fn what_cannot_be_relied_on_says_why() {
        let raw = at("2026-11-21T18:28:00Z");
        let fresh = FreshTime::of_answer(at("2026-11-21T18:30:00Z"));
        assert_eq!(CorrectedTime::by(None, raw).doubt(), Some(Doubt::NoSignedTime));
        let learnt = ClockCorrection::learn(fresh, raw, raw).unwrap();
        assert_eq!(learnt.correct(raw - seconds(1)).doubt(), Some(Doubt::ClockBehind));
        let week = raw + MAX_AGE;
        assert_eq!(learnt.correct(week).doubt(), None);
        assert_eq!(learnt.correct(week + seconds(1)).doubt(), Some(Doubt::SignedTimeOld));
        let later = learnt.having_seen(raw + seconds(60)).having_seen(raw);
        assert_eq!(later.correct(raw + seconds(59)).doubt(), Some(Doubt::ClockBehind));
        assert_eq!(later.correct(raw + seconds(60)).doubt(), None);
        let slow = ClockCorrection::learn(fresh, raw, raw + MAX_ROUND_TRIP + seconds(1));
        assert_eq!(slow, Err(CorrectionFault::TooSlow));
        assert_eq!(ClockCorrection::learn(fresh, raw, raw - seconds(1)), Err(CorrectionFault::ClockMoved));
    }

    #[test]
    fn a_list_from_the_future_makes_the_clock_doubtful() {
        let time = CorrectedTime::kept_right(at("2026-11-21T18:30:00Z"));
        let judged = |signed| time.not_before(signed, seconds(15)).doubt();
        assert_eq!(judged(None), None);
        assert_eq!(judged(Some(at("2026-11-21T18:30:15Z"))), None);
        assert_eq!(judged(Some(at("2026-11-21T18:30:16Z"))), Some(Doubt::ClockBehind));
    }
}
