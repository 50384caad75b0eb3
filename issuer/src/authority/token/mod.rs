//! Keys in a PKCS#11 token: a smart card, a hardware module, or SoftHSM.
//!
//! The token makes the keys and signs with them; they never leave it. With the feature `pkcs11` off there is the same
//! interface and no token behind it.

mod meter;
mod reference;

#[cfg(feature = "pkcs11")]
mod module;
#[cfg(feature = "pkcs11")]
mod slot;
#[cfg(feature = "pkcs11")]
pub use slot::{Token, TokenKey};

#[cfg(not(feature = "pkcs11"))]
mod absent;
#[cfg(not(feature = "pkcs11"))]
pub use absent::{Token, TokenKey};

use std::path::PathBuf;

pub use meter::TokenMeter;
pub use reference::KeyReference;
use shared::secret::Secret;

/// Which token, and what opens it.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The vendor's library.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// Its user's PIN.
    pub pin: Secret,
}

/// Messages complete "cannot use the PKCS#11 token: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The feature `pkcs11` is off.
    #[error("this program was built without PKCS#11 (cargo build --features pkcs11)")]
    NotBuilt,
    /// A key file refers to a token, and nobody said how to reach it.
    #[error(
        "its key is in the PKCS#11 token {token:?}, not in this folder: give --pkcs11-module, --pkcs11-token and \
         --pkcs11-pin-file"
    )]
    NotGiven {
        /// The token's label.
        token: String,
    },
    /// A key file refers to another token than the one that was given.
    #[error("its key is in the token {named:?}, and {given:?} is given")]
    OtherToken {
        /// Label of the token that has the key.
        named: String,
        /// Label of the token that is given.
        given: String,
    },
    /// No library, or none of PKCS#11.
    #[error("module {} cannot be loaded: {cause}", .module.display())]
    Module {
        /// Where it should be.
        module: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// No token of this label.
    #[error("there is no token {0:?}")]
    Absent(String),
    /// Two tokens of this label.
    #[error("there are several tokens {0:?}")]
    Ambiguous(String),
    /// The PIN is wrong. It was tried once.
    #[error(
        "the PIN is refused (CKR_PIN_INCORRECT); it is not tried again: tokens lock after a few wrong ones"
    )]
    PinRefused,
    /// Too many wrong ones.
    #[error("the PIN is locked (CKR_PIN_LOCKED): its security officer unlocks it")]
    PinLocked,
    /// One more wrong one and it locks: that one is not ours.
    #[error("only one try is left for the PIN, which is for a person: log in with the vendor's tool first")]
    PinLastTry,
    /// Nobody has set one.
    #[error("the token's user has no PIN yet (CKR_USER_PIN_NOT_INITIALIZED)")]
    PinNotSet,
    /// The token is there and the key is not.
    #[error("the token has no key {0}")]
    KeyAbsent(KeyReference),
    /// It could be taken out of the token.
    #[error("key {0} may be read out of the token: it is not used")]
    KeyExposed(KeyReference),
    /// What it signs is not of the public key beside it.
    #[error("key {0} does not sign for its public key")]
    KeyMismatch(KeyReference),
    /// More sessions than the token allows.
    #[error("every session of the token is in use (CKR_SESSION_COUNT)")]
    Busy,
    /// It was taken out, or its server is down.
    #[error("it does not answer ({call}: {code})")]
    Failed {
        /// The function of PKCS#11.
        call: String,
        /// What that answered.
        code: String,
    },
}

impl TokenFault {
    /// A name that does not change, for scripts and alerts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotBuilt => "pkcs11_not_built",
            Self::NotGiven { .. } => "pkcs11_not_given",
            Self::OtherToken { .. } => "pkcs11_other_token",
            Self::Module { .. } => "pkcs11_module",
            Self::Absent(_) => "pkcs11_token_absent",
            Self::Ambiguous(_) => "pkcs11_token_ambiguous",
            Self::PinRefused => "pkcs11_pin_refused",
            Self::PinLocked => "pkcs11_pin_locked",
            Self::PinLastTry => "pkcs11_pin_last_try",
            Self::PinNotSet => "pkcs11_pin_not_set",
            Self::KeyAbsent(_) => "pkcs11_key_absent",
            Self::KeyExposed(_) => "pkcs11_key_exposed",
            Self::KeyMismatch(_) => "pkcs11_key_mismatch",
            Self::Busy => "pkcs11_busy",
            Self::Failed { .. } => "pkcs11_failed",
        }
    }

    /// The codes of what may go wrong with a key that was opened.
    const WHILE_SIGNING: [&'static str; 10] = [
        "pkcs11_module",
        "pkcs11_token_absent",
        "pkcs11_token_ambiguous",
        "pkcs11_pin_refused",
        "pkcs11_pin_locked",
        "pkcs11_pin_last_try",
        "pkcs11_pin_not_set",
        "pkcs11_key_absent",
        "pkcs11_busy",
        "pkcs11_failed",
    ];

    /// Whether it is about the PIN: whoever tries again may lock the token.
    pub fn is_about_pin(&self) -> bool {
        matches!(self, Self::PinRefused | Self::PinLocked | Self::PinLastTry | Self::PinNotSet)
    }
}
