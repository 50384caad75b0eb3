//! Why, in a stable word that programs and translations can rely on (extension member `reason`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// The reason behind an error code. New ones may come: a word that is not known yet is [`Reason::Other`].
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
            /// A reason of a later version.
            Other(String),
        }

        impl Reason {
            /// Every reason that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(word) => word,
                }
            }

            /// Reads a word; an unknown one is cut to 64 characters.
            pub fn parse(word: &str) -> Self {
                match word {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.chars().filter(|c| !c.is_control()).take(64).collect()),
                }
            }
        }
    };
}

reasons! {
    /// The activation code is wrong; `tries_left` says how often it may still be tried.
    WrongCode = "wrong_code";
    /// Too many wrong codes; the office must grant anew.
    Locked = "locked";
    /// The time is over.
    Expired = "expired";
    /// It has been used before.
    Used = "used";
    /// The office took it back.
    Cancelled = "cancelled";
    /// There is no such thing.
    Unknown = "unknown";
    /// A newer one stands in its place.
    Replaced = "replaced";
    /// The mobile card of this device has been revoked.
    Revoked = "revoked";
    /// It belongs to another device.
    OtherDevice = "other_device";
    /// The phone's operating system is too old.
    OsTooOld = "os_too_old";
    /// The wallet is too old.
    AppTooOld = "app_too_old";
    /// The base card is void.
    CardVoid = "card_void";
    /// The base card is no longer valid.
    CardExpired = "card_expired";
    /// The school has no agreement with the ministry.
    NoAgreement = "no_agreement";
    /// The card is on as many devices as it may be.
    SlotsFull = "slots_full";
    /// An activation code is needed and none was sent.
    CodeMissing = "code_missing";
    /// An activation code was sent and none is needed.
    CodeUnexpected = "code_unexpected";
    /// Too many requests.
    RateLimited = "rate_limited";
    /// The request cannot be read.
    Malformed = "malformed";
    /// The key proof is wrong.
    BadProof = "bad_proof";
    /// The nonce is wrong, too old or spent.
    BadNonce = "bad_nonce";
    /// The access token is wrong or no longer valid.
    BadToken = "bad_token";
    /// The DPoP proof is wrong.
    BadDpop = "bad_dpop";
    /// The card is another pupil's than the one who is signed in on the phone.
    OtherPupil = "other_pupil";
    /// Whoever held the phone is not signed in any more, or never was.
    SignInAgain = "sign_in_again";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|word| Self::parse(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_read_back_and_unknown_ones_are_kept() {
        for reason in Reason::KNOWN {
            assert_eq!(Reason::parse(reason.as_str()), *reason);
            assert!(reason.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{reason}");
        }
        let later: Reason = serde_json::from_str("\"moon_phase\"").unwrap();
        assert_eq!(later, Reason::Other("moon_phase".into()));
        assert_eq!(serde_json::to_string(&later).unwrap(), "\"moon_phase\"");
        assert_eq!(Reason::parse(&"x\u{1b}".repeat(100)).as_str().len(), 64);
    }
}
