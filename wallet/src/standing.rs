//! How a card stands at an instant: one pure function that every list, screen and exit code asks.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::validity::warsaw_date;

use crate::documents::{CardState, ClockVerdict, TimeFloor};

/// From how many days before its last one a card is said to end.
pub const ENDING_DAYS: u16 = 14;

/// After how long without a word from its issuer a card is said to be unconfirmed.
pub const CONFIRMATION_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is known of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// First valid instant.
    pub not_before: Timestamp,
    /// Last valid second, valid to its end.
    pub not_after: Timestamp,
    /// What its issuer has said against it.
    pub state: CardState,
    /// When its issuer last stood by it, by the phone's clock of then.
    pub confirmed_at: Timestamp,
}

/// How a card stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    /// It is valid.
    Valid,
    /// It is valid, but not for long.
    EndsInDays {
        /// Days until the last valid one; 0 on that day itself.
        days: u16,
    },
    /// It is valid as far as the phone knows, but its issuer has not been asked for a while.
    NotConfirmedSince {
        /// When it last was.
        since: Timestamp,
    },
    /// Its first day is still to come.
    NotYetValid {
        /// The first valid instant.
        from: Timestamp,
    },
    /// Its last day is over.
    Expired {
        /// The last valid second.
        not_after: Timestamp,
    },
    /// Its issuer has revoked it.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Why, as the issuer says it.
        reason: String,
    },
    /// A later one took its place.
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// The phone's clock is certainly wrong, so nothing can be said.
    ClockBehind {
        /// What it should read at least.
        floor: Timestamp,
    },
}

impl Standing {
    /// Whether the card may be shown as valid.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Valid | Self::EndsInDays { .. } | Self::NotConfirmedSince { .. } => true,
            Self::NotYetValid { .. }
            | Self::Expired { .. }
            | Self::Revoked { .. }
            | Self::Superseded { .. }
            | Self::ClockBehind { .. } => false,
        }
    }

    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::EndsInDays { .. } => "ends_in_days",
            Self::NotConfirmedSince { .. } => "not_confirmed_since",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::Superseded { .. } => "superseded",
            Self::ClockBehind { .. } => "clock_behind",
        }
    }
}

impl std::fmt::Display for Standing {
    /// A short text for people, with dates as in Poland.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::EndsInDays { days: 0 } => f.write_str("valid, ends today"),
            Self::EndsInDays { days: 1 } => f.write_str("valid, ends tomorrow"),
            Self::EndsInDays { days } => write!(f, "valid, ends in {days} days"),
            Self::NotConfirmedSince { since } => {
                write!(f, "valid, not confirmed since {}", warsaw_date(*since))
            }
            Self::NotYetValid { from } => write!(f, "not valid before {}", warsaw_date(*from)),
            Self::Expired { not_after } => write!(f, "expired on {}", warsaw_date(*not_after)),
            Self::Revoked { since, reason } => {
                write!(f, "revoked on {}", warsaw_date(*since))?;
                plain_reason(reason).map_or(Ok(()), |reason| write!(f, ": {reason}"))
            }
            Self::Superseded { since } => write!(f, "replaced by a later card on {}", warsaw_date(*since)),
            Self::ClockBehind { floor } => {
                write!(f, "unknown: the clock is behind, it is at least {}", warsaw_date(*floor))
            }
        }
    }
}

/// Why a card was revoked, for people. Programs get the word itself. A word that this version does not know says
/// nothing to people either.
fn plain_reason(word: &str) -> Option<&'static str> {
    match word {
        "key_compromise" => Some("the key may be in other hands"),
        "affiliation_changed" => Some("names or school have changed"),
        "superseded" => Some("a later card took its place"),
        "cessation_of_operation" => Some("it was given up"),
        "privilege_withdrawn" => Some("the school took it back"),
        _ => None,
    }
}

/// How a card of which `facts` are known stands at `now`, by a phone whose trusted time has reached `floor`.
///
/// What the issuer has said comes first, for no clock changes it; then whether the clock can be believed at all; then
/// the dates, judged no earlier than the floor; then what the pupil should be reminded of.
pub fn standing(facts: &Facts, floor: &TimeFloor, now: Timestamp) -> Standing {
    match &facts.state {
        CardState::Valid => {}
        CardState::Revoked { since, reason } => {
            return Standing::Revoked { since: *since, reason: reason.clone() };
        }
        CardState::Superseded { since } => return Standing::Superseded { since: *since },
    }
    if let ClockVerdict::Behind { floor } = floor.judge(now) {
        return Standing::ClockBehind { floor };
    }
    let at = floor.at_least(now);
    if at < facts.not_before {
        return Standing::NotYetValid { from: facts.not_before };
    }
    // The last second is valid to its end.
    if at.as_second() > facts.not_after.as_second() {
        return Standing::Expired { not_after: facts.not_after };
    }
    // A confirmation from later than now was noted under a wrong clock and says nothing.
    let confirmed_at = if facts.confirmed_at > at { facts.not_before } else { facts.confirmed_at };
    if at.duration_since(confirmed_at) > CONFIRMATION_AGE {
        return Standing::NotConfirmedSince { since: confirmed_at };
    }
    let days = warsaw_date(at).until(warsaw_date(facts.not_after)).map_or(i32::MAX, |span| span.get_days());
    match u16::try_from(days) {
        Ok(days) if days <= ENDING_DAYS => Standing::EndsInDays { days },
        _ => Standing::Valid,
    }
}

#[cfg(test)]
mod tests {
    use shared::x509::crl::RevocationReason;

    use super::*;
    use crate::documents::{AuthenticatedTime, TimeSource};
    use crate::refresh::reason_word;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn floor(text: &str) -> TimeFloor {
        TimeFloor::default().raised_by(AuthenticatedTime::signed_by(TimeSource::RevocationList, at(text)))
    }

    /// A card from 2026-09-01 to 2027-09-30, confirmed just before `now`.
    fn facts(now: &str) -> Facts {
        Facts {
            not_before: at("2026-08-31T22:00:00Z"),
            not_after: at("2027-09-30T21:59:59Z"),
            state: CardState::Valid,
            confirmed_at: at(now) - SignedDuration::from_mins(1),
        }
    }

    #[test]
    fn dates_are_those_of_warsaw_to_the_second() {
        use Standing::{EndsInDays, Expired, NotYetValid, Valid};
        let expired = Expired { not_after: at("2027-09-30T21:59:59Z") };
        let early = NotYetValid { from: at("2026-08-31T22:00:00Z") };
        for (now, expected) in [
            ("2026-08-31T21:59:59Z", early),
            ("2026-08-31T22:00:00Z", Valid),
            ("2027-09-15T21:59:59Z", Valid),
            ("2027-09-15T22:00:00Z", EndsInDays { days: 14 }),
            ("2027-09-29T21:59:59Z", EndsInDays { days: 1 }),
            ("2027-09-29T22:00:00Z", EndsInDays { days: 0 }),
            ("2027-09-30T21:59:59Z", EndsInDays { days: 0 }),
            ("2027-09-30T21:59:59.999Z", EndsInDays { days: 0 }),
            ("2027-09-30T22:00:00Z", expired.clone()),
            ("2099-01-01T00:00:00Z", expired),
        ] {
            assert_eq!(standing(&facts(now), &TimeFloor::default(), at(now)), expected, "{now}");
        }
    }

    #[test]
    fn turning_the_clock_back_revives_nothing() {
        let over = floor("2027-10-01T00:00:00Z");
        let now = "2027-09-01T12:00:00Z";
        assert_eq!(
            standing(&facts(now), &over, at(now)),
            Standing::ClockBehind { floor: at("2027-10-01T00:00:00Z") }
        );
        // Five minutes are forgiven, but not given back: the floor's instant is what counts.
        let now = "2027-09-30T21:58:00Z";
        let standing = standing(&facts(now), &floor("2027-09-30T22:01:00Z"), at(now));
        assert_eq!(standing, Standing::Expired { not_after: at("2027-09-30T21:59:59Z") });
    }

    #[test]
    fn a_wrong_date_in_the_future_bricks_nothing() {
        let mut facts = facts("2026-11-21T12:00:00Z");
        facts.confirmed_at = at("2099-01-01T00:00:00Z");
        let now = at("2026-11-22T12:00:00Z");
        let shown = standing(&facts, &floor("2026-11-21T12:00:00Z"), now);
        assert_eq!(shown, Standing::NotConfirmedSince { since: facts.not_before });
        assert!(shown.is_valid());
    }

    #[test]
    fn what_the_issuer_said_comes_before_every_clock() {
        let since = at("2026-12-01T00:00:00Z");
        let revoked = CardState::Revoked { since, reason: "key_compromise".into() };
        for now in ["2026-11-01T00:00:00Z", "2026-12-24T00:00:00Z", "2099-01-01T00:00:00Z"] {
            let facts = Facts { state: revoked.clone(), ..facts(now) };
            let shown = standing(&facts, &floor("2026-12-01T00:00:00Z"), at(now));
            assert_eq!(shown, Standing::Revoked { since, reason: "key_compromise".into() }, "{now}");
            assert!(!shown.is_valid());
        }
        let facts = Facts { state: CardState::Superseded { since }, ..facts("2026-12-24T00:00:00Z") };
        let now = at("2026-12-24T00:00:00Z");
        assert_eq!(standing(&facts, &TimeFloor::default(), now), Standing::Superseded { since });
    }

    #[test]
    fn a_card_that_nobody_confirmed_for_a_week_says_so() {
        let mut facts = facts("2026-11-21T12:00:00Z");
        facts.confirmed_at = at("2026-11-21T12:00:00Z");
        let shown = |now: &str| standing(&facts, &TimeFloor::default(), at(now));
        assert_eq!(shown("2026-11-28T12:00:00Z"), Standing::Valid);
        let since = at("2026-11-21T12:00:00Z");
        assert_eq!(shown("2026-11-28T12:00:01Z"), Standing::NotConfirmedSince { since });
    }

    #[test]
    fn people_read_why_a_card_was_revoked_and_programs_get_the_word() {
        let since = at("2026-11-21T23:30:00Z");
        for (reason, text) in [
            (Some(RevocationReason::KeyCompromise), "revoked on 2026-11-22: the key may be in other hands"),
            (
                Some(RevocationReason::AffiliationChanged),
                "revoked on 2026-11-22: names or school have changed",
            ),
            (Some(RevocationReason::Superseded), "revoked on 2026-11-22: a later card took its place"),
            (Some(RevocationReason::CessationOfOperation), "revoked on 2026-11-22: it was given up"),
            (Some(RevocationReason::PrivilegeWithdrawn), "revoked on 2026-11-22: the school took it back"),
            (None, "revoked on 2026-11-22"),
        ] {
            let word = reason_word(reason);
            let standing = Standing::Revoked { since, reason: word.to_owned() };
            assert_eq!(standing.to_string(), text);
            assert_eq!(serde_json::to_value(&standing).unwrap()["reason"], word);
        }
    }
}
