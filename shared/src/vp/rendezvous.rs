//! Six digits in the place of a QR code: a verifier leaves the link to its request, a phone fetches it by the digits.
//!
//! The digits are no secret and prove nothing: whoever types the wrong ones sees another verifier's name before anything
//! is shared, and whoever guesses some sees a link that anybody near the verifier's screen could have scanned. They
//! only have to be rare enough that a mistyped one meets nobody.

use std::collections::HashMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::request::link::{MAX_LINK_LENGTH, RequestLink};
use crate::entropy::Entropy;

/// How long digits lead somewhere.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(3);
/// The most links at a time: one pair of digits in a thousand, so that a mistyped one rarely meets anybody.
pub const MAX_LINKS: usize = 1000;
/// How often digits may be asked for within a second, over all callers: some 1 800 of a million while they live.
pub const LOOKUPS_PER_SECOND: u32 = 10;

/// Six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digits(u32);

impl Digits {
    /// Reads six digits; blanks and a hyphen between them are for the eye.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 16 {
            return None;
        }
        let plain: String = text.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
        let digits = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
        if digits { plain.parse().ok().map(Self) } else { None }
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// The board on which links wait.
#[derive(Default)]
pub struct Rendezvous {
    links: HashMap<Digits, (String, Timestamp)>,
    /// The second that lookups are counted in, and how many there were.
    counted: (i64, u32),
}

impl Rendezvous {
    /// Leaves a link for [`LIFETIME`], under digits that nobody else has.
    ///
    /// # Errors
    /// See [`RendezvousError`].
    pub fn leave(
        &mut self,
        link: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Digits, RendezvousError> {
        if link.len() > MAX_LINK_LENGTH || !RequestLink::is_one(link) {
            return Err(RendezvousError::NotALink);
        }
        self.links.retain(|_, (_, until)| now < *until);
        if self.links.len() >= MAX_LINKS {
            return Err(RendezvousError::Full);
        }
        let until = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        // At most one in a thousand is taken: eight draws fail together once in 10^24.
        let mut draws = (0..8).filter_map(|_| u32::try_from(entropy.below(1_000_000)).ok().map(Digits));
        let digits = draws.find(|digits| !self.links.contains_key(digits)).ok_or(RendezvousError::Full)?;
        self.links.insert(digits, (link.to_owned(), until));
        Ok(digits)
    }

    /// The link that waits under `digits`.
    ///
    /// # Errors
    /// See [`RendezvousError`].
    pub fn find(&mut self, digits: Digits, now: Timestamp) -> Result<&str, RendezvousError> {
        let second = now.as_second();
        if self.counted.0 != second {
            self.counted = (second, 0);
        }
        self.counted.1 = self.counted.1.saturating_add(1);
        if self.counted.1 > LOOKUPS_PER_SECOND {
            return Err(RendezvousError::TooFast);
        }
        match self.links.get(&digits) {
            Some((link, until)) if now < *until => Ok(link),
            _ => Err(RendezvousError::Nothing),
        }
    }

    /// Takes a link away, once its request was answered.
    pub fn clear(&mut self, digits: Digits) {
        self.links.remove(&digits);
    }
}

/// Messages complete "cannot meet: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RendezvousError {
    /// What was left is no link to a request.
    #[error("it is no link to a request")]
    NotALink,
    /// Too many wait already.
    #[error("too many wait already")]
    Full,
    /// Nothing waits under these digits, or not any more.
    #[error("nothing waits under these digits")]
    Nothing,
    /// Too many ask.
    #[error("too many ask at once")]
    TooFast,
}

impl RendezvousError {
    /// A stable name for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotALink => "not_a_request",
            Self::Full => "rendezvous_full",
            Self::Nothing => "no_such_digits",
            Self::TooFast => "too_many_lookups",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vp::request::sample::Counted;

    const LINK: &str =
        "openid4vp://?client_id=x509_san_dns:a.example&request_uri=https%3A%2F%2Fa.example%2Fr";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn digits_lead_to_their_link_for_three_minutes() {
        let mut board = Rendezvous::default();
        let digits = board.leave(LINK, at("2026-11-22T08:00:00Z"), &Counted::new(1)).unwrap();
        assert_eq!(board.find(digits, at("2026-11-22T08:02:59Z")), Ok(LINK));
        assert_eq!(board.find(digits, at("2026-11-22T08:03:00Z")), Err(RendezvousError::Nothing));
        let other = board.leave(LINK, at("2026-11-22T08:03:00Z"), &Counted::new(2)).unwrap();
        board.clear(other);
        assert_eq!(board.find(other, at("2026-11-22T08:03:01Z")), Err(RendezvousError::Nothing));
    }

    #[test]
    fn digits_are_six_whatever_is_between_them() {
        for (text, read) in [("012345", "012345"), ("012 345", "012345"), ("01-23-45", "012345")] {
            assert_eq!(Digits::parse(text).map(|digits| digits.to_string()).as_deref(), Some(read));
        }
        for wrong in ["", "12345", "1234567", "12345a", "-12345", "１２３４５６", &"1 ".repeat(20)] {
            assert_eq!(Digits::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn guessing_and_hoarding_are_bounded() {
        let mut board = Rendezvous::default();
        let now = at("2026-11-22T08:00:00Z");
        let entropy = Counted::new(5);
        for _ in 0..MAX_LINKS {
            board.leave(LINK, now, &entropy).unwrap();
        }
        assert_eq!(board.links.len(), MAX_LINKS, "digits are never given twice");
        assert_eq!(board.leave(LINK, now, &entropy), Err(RendezvousError::Full));
        assert!(board.leave(LINK, at("2026-11-22T08:03:00Z"), &entropy).is_ok());
        assert_eq!(board.leave("https://a.example", now, &entropy), Err(RendezvousError::NotALink));
        let guess = Digits(7);
        let outcomes: Vec<_> = (0..=LOOKUPS_PER_SECOND).map(|_| board.find(guess, now).err()).collect();
        assert_eq!(outcomes.last(), Some(&Some(RendezvousError::TooFast)));
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Some(RendezvousError::TooFast)).count(), 1);
        assert_ne!(board.find(guess, at("2026-11-22T08:00:01Z")), Err(RendezvousError::TooFast));
    }
}
