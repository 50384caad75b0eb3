//! Names of stored things: 48 bits of time, 24 that count, 56 random bits, 26 lower-case Crockford base-32
//! characters.
//!
//! They sort by age, which keeps index pages warm, and say nothing about the pupil that they stand for. The
//! count keeps the order of what one process names within a millisecond, or while the sandbox's clock stands
//! still (RFC 9562 §6.2, method 1): "the newest" means something there too.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use shared::entropy::Entropy;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many names this process has given.
static GIVEN: AtomicU32 = AtomicU32::new(0);

fn fresh(now: Timestamp, entropy: &dyn Entropy) -> String {
    let time = u128::from(now.as_millisecond().unsigned_abs() & 0xffff_ffff_ffff) << 80;
    let count = u128::from(GIVEN.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff) << 56;
    let mut random = [0; 16];
    random[9..].copy_from_slice(&entropy.bytes::<7>());
    letters(time | count | u128::from_be_bytes(random))
}

fn letters(bits: u128) -> String {
    (0..26).rev().map(|place| char::from(ALPHABET[(bits >> (5 * place)) as usize & 31])).collect()
}

/// Whether a byte is a letter of the alphabet: every row that is read asks it some hundred times.
const IS_LETTER: [bool; 256] = {
    let mut is_letter = [false; 256];
    let mut place = 0;
    while place < ALPHABET.len() {
        is_letter[ALPHABET[place] as usize] = true;
        place += 1;
    }
    is_letter
};

/// What [`letters`] was made of; of names alone.
fn bits(letters: &str) -> u128 {
    let place = |letter: u8| ALPHABET.iter().position(|known| *known == letter).unwrap_or_default();
    letters.bytes().fold(0, |bits, letter| bits << 5 | place(letter) as u128)
}

fn parse(text: &str) -> Option<String> {
    (text.len() == 26 && text.bytes().all(|c| IS_LETTER[usize::from(c)])).then(|| text.to_owned())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
        #[schema(value_type = String, pattern = "^[0-7][0-9a-hjkmnp-tv-z]{25}$", examples("01jd7q2h5mz8v4k3t9w6x0ybrn"))]
        pub struct $name(String);

        impl $name {
            /// A new name.
            pub fn fresh(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(fresh(now, entropy))
            }

            /// Reads a name; `None` if it cannot be one.
            pub fn parse(text: &str) -> Option<Self> {
                parse(text).map(Self)
            }

            /// The 26 characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&$name> for super::Value {
            fn from(id: &$name) -> Self {
                Self::Text(id.0.clone())
            }
        }

        impl From<$name> for super::Value {
            fn from(id: $name) -> Self {
                Self::Text(id.0)
            }
        }

        impl super::sql::FromValue for $name {
            const EXPECTED: &'static str = "expected an id";
            fn from_value(value: super::Value) -> Option<Self> {
                match value { super::Value::Text(text) => Self::parse(&text), _ => None }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id"))
            }
        }
    )*};
}

ids! {
    /// A school.
    SchoolId
    /// A dated profile of a school.
    ProfileId
    /// A pupil.
    PupilId
    /// A guardian of a pupil.
    GuardianId
    /// An application for a mobile card.
    ApplicationId
    /// An accepted photo.
    PhotoId
    /// A physical card.
    BaseCardId
    /// The mobile copy of a base card.
    CardId
    /// An order to issue.
    OrderId
    /// One QR code with its activation code.
    GrantId
    /// A device that holds, or held, a card.
    DeviceId
    /// A copy of a card in another format than X.509.
    CopyId
    /// A member of staff.
    StaffId
    /// An API token.
    TokenId
    /// A notice in the outbox.
    NoticeId
    /// A picture that waits to be looked at.
    InboxId
    /// A table of pupils that is being imported.
    ImportId
    /// An account on the portal.
    PortalAccountId
}

impl NoticeId {
    /// The name that `seed` has at `now`, the same whenever it is asked for: what an act writes beside its
    /// change has one name however often the act is run.
    pub(crate) fn derived(now: Timestamp, seed: &str) -> Self {
        let hash = Sha256::digest(seed.as_bytes());
        let tail = hash.iter().take(10).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        Self(letters(u128::from(now.as_millisecond().unsigned_abs() & 0xffff_ffff_ffff) << 80 | tail))
    }
}

impl ApplicationId {
    /// This name, if it sorts after `newest`, or one that does: the newest application is the one that counts, also when
    /// the clock was ahead and has been set right.
    pub(crate) fn after(self, newest: &Self) -> Self {
        if self > *newest {
            return self;
        }
        let (time, rest) = ((bits(&newest.0) >> 80) + 1, bits(&self.0) & ((1 << 80) - 1));
        Self(letters(time << 80 | rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_given_after_one_from_the_future() {
        let ahead = ApplicationId::fresh("2031-01-01T00:00:00Z".parse().unwrap(), &Zeros);
        let fresh = || ApplicationId::fresh("2026-01-01T00:00:00Z".parse().unwrap(), &Zeros);
        let (now, later) = (fresh(), fresh().after(&ahead));
        assert!(ahead < later && later < later.clone().after(&later));
        assert!(now.clone().after(&fresh()) > now);
        assert_eq!(ApplicationId::parse(later.as_str()), Some(later));
        assert_eq!(ahead.clone().after(&now), ahead);
    }

    #[test]
    fn a_derived_name_is_one_name() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let name = NoticeId::derived(now, "act 1");
        assert_eq!(name, NoticeId::derived(now, "act 1"));
        assert_ne!(name, NoticeId::derived(now, "act 2"));
        assert_eq!(NoticeId::parse(name.as_str()), Some(name));
    }

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, out: &mut [u8]) {
            out.fill(0xff);
        }
    }

    #[test]
    fn ids_sort_by_age_and_read_back() {
        let early = PupilId::fresh("2026-01-01T00:00:00Z".parse().unwrap(), &Zeros);
        let late = PupilId::fresh("2026-01-01T00:00:01Z".parse().unwrap(), &Zeros);
        assert!(early < late);
        let later = PupilId::fresh("2026-01-01T00:00:01Z".parse().unwrap(), &Zeros);
        assert!(late < later, "within one millisecond too");
        assert_eq!(PupilId::parse(early.as_str()), Some(early));
        assert_eq!(PupilId::parse("../../etc/passwd"), None);
    }
}
