//! The secure element: makes the device keys, never lets one out, and is the only judge of the PIN.
//!
//! A chip of its own on a real phone; here [`SimulatedElement`], files in a directory of their own. What
//! that is worth, `threats.md` says. Everything else in the wallet knows only the two traits of this module,
//! so an embedding test can put another element in their place (through [`Elements`]).
//!
//! Locked and unlocked are types: [`SecureElement`] can only be tried with a PIN, and only the right one
//! yields the [`ElementSession`] that signs and that holds the key of the document store.

mod session;
mod simulated;
mod state;
mod tries;

use std::fmt;
use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;
use zeroize::Zeroizing;

pub use self::simulated::{SimulatedElement, SimulatedElements};
pub use self::tries::TRY_LIMIT;
use crate::hex_name::hex_name;
use crate::pin::{NewPin, Pin};

/// A secure element behind its PIN.
///
/// About `now`, everywhere in this trait: it is the instant by which delays are judged, so the program hands
/// in the machine's clock and not a sandbox's (`--now` skips no delay). A clock that is turned **back**
/// shortens no delay: one that began "later than now" begins again, in full. So a failed try under a wrong
/// future date bricks nothing either; it costs one more delay. A clock turned **forward** does end a delay
/// early, since an element without a timer of its own cannot tell; what bounds guessing is therefore the
/// number of tries, which no clock gives back.
pub trait SecureElement: Send + Sync {
    /// Which element this is, or was before it was erased; `None` if it is blank.
    ///
    /// # Errors
    /// When the element cannot be read.
    fn id(&self) -> Result<Option<ElementId>, ElementError>;

    /// What the element would say to a try at `now`; changes nothing.
    ///
    /// # Errors
    /// When the element cannot be read.
    fn standing(&self, now: Timestamp) -> Result<Standing, ElementError>;

    /// Starts afresh behind `pin`, under a new identity; any earlier secret, key and count is gone.
    ///
    /// # Errors
    /// When the element cannot be written; it may then be blank, but never half new.
    fn provision(&self, pin: &NewPin) -> Result<ElementId, ElementError>;

    /// Tries `pin`. The try is counted, and the count is on disk, before the PIN is looked at.
    ///
    /// # Errors
    /// See [`PinRefusal`]. [`PinRefusal::Wait`] costs no try.
    fn unlock(&self, pin: &Pin, now: Timestamp) -> Result<Box<dyn ElementSession>, PinRefusal>;

    /// Sets `new` in place of `current`; a wrong `current` counts like any other wrong PIN. Keys, sessions and
    /// everything sealed stay as they are.
    ///
    /// # Errors
    /// See [`PinRefusal`]; the old PIN then still holds.
    fn change_pin(&self, current: &Pin, new: &NewPin, now: Timestamp) -> Result<(), PinRefusal>;

    /// Erases the secret and every key for good, as the final lock does, also where they are damaged.
    ///
    /// # Errors
    /// When the element cannot be written.
    fn erase(&self) -> Result<(), ElementError>;
}

/// An unlocked element; what a right PIN yields, and nothing else does.
///
/// No call hands out a device key.
pub trait ElementSession: Send + Sync {
    /// The key under which this phone's documents are sealed.
    fn store_key(&self) -> &StoreKey;

    /// Makes a P-256 key that never leaves the element; one per credential.
    ///
    /// # Errors
    /// When it cannot be stored; no key exists then.
    fn generate_key(&self, entropy: &dyn Entropy) -> Result<KeyHandle, ElementError>;

    /// The public key of `handle`: SEC1, uncompressed (`04 ‖ x ‖ y`).
    ///
    /// # Errors
    /// [`ElementError::NoSuchKey`], or when the element cannot be read.
    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], ElementError>;

    /// Signs `message` (not its hash) by ES256: ECDSA on P-256 over SHA-256, `r ‖ s` (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`ElementError::NoSuchKey`], or when the element cannot be read.
    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], ElementError>;

    /// Destroys a key; that there is none is no error.
    ///
    /// # Errors
    /// When the element cannot be written.
    fn delete_key(&self, handle: &KeyHandle) -> Result<(), ElementError>;

    /// The counter by which the store notices that it was turned back; 0 at first, and after it was lost.
    ///
    /// # Errors
    /// When the element cannot be read.
    fn generation(&self) -> Result<u64, ElementError>;

    /// Raises the counter to `to`; never lowers it. It need not be on disk at once: a counter that is behind
    /// the store does no harm.
    ///
    /// # Errors
    /// When the element cannot be written.
    fn raise_generation(&self, to: u64) -> Result<(), ElementError>;

    /// All keys, in no order of meaning.
    ///
    /// # Errors
    /// When the element cannot be read.
    fn key_handles(&self) -> Result<Vec<KeyHandle>, ElementError>;
}

/// Where a phone's element comes from; the composition root hands one in.
pub trait Elements: Send + Sync {
    /// The element of the phone whose directory is `home`, blank if there was none.
    ///
    /// # Errors
    /// When it cannot be reached, or another handle has it.
    fn at(&self, home: &Path) -> Result<Box<dyn SecureElement>, ElementError>;
}

/// How an element stands towards a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Never provisioned.
    Blank,
    /// Holds a secret behind a PIN.
    Ready {
        /// Tries before the final lock.
        tries_left: u8,
        /// Until then every try is refused unlooked at.
        wait_until: Option<Timestamp>,
    },
    /// Locked for good: secret and keys are gone.
    Erased,
}

/// Why a PIN did not unlock. Messages complete "cannot unlock: …".
#[derive(Debug, thiserror::Error)]
pub enum PinRefusal {
    /// Not the PIN.
    #[error("wrong PIN, {tries_left} tries left")]
    WrongPin {
        /// Tries before the final lock; at least 1.
        tries_left: u8,
        /// How long the next try must wait; zero at first.
        wait: SignedDuration,
    },
    /// Too soon after the last wrong PIN; this try was not looked at and does not count.
    #[error("no try before {until}")]
    Wait {
        /// When the next try is looked at.
        until: Timestamp,
    },
    /// Too many wrong PINs: secret and keys are gone, the phone must be set up again.
    #[error("too many wrong PINs, the phone is erased")]
    Erased,
    /// The element did not work; nothing is said about the PIN.
    #[error(transparent)]
    Element(#[from] ElementError),
}

impl PinRefusal {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::WrongPin { .. } => "wrong_pin",
            Self::Wait { .. } => "wait",
            Self::Erased => "erased",
            Self::Element(error) => error.reason(),
        }
    }
}

/// Why the element did not do as asked. Messages complete "cannot use the secure element: …".
#[derive(Debug, thiserror::Error)]
pub enum ElementError {
    /// Never provisioned, or its files are gone.
    #[error("element is blank")]
    Blank,
    /// No such key, or not one of this element.
    #[error("element holds no such key")]
    NoSuchKey,
    /// Another handle, in this process or another, has it.
    #[error("element is in use")]
    InUse,
    /// Its files cannot be understood.
    #[error("element is damaged: {0}")]
    Damaged(&'static str),
    /// Its files were written by a later version of this program.
    #[error("element is of version {found}, this program knows version {known}")]
    Newer {
        /// The version found.
        found: u16,
        /// The latest version that this program reads.
        known: u16,
    },
    /// The file system refused.
    #[error("element cannot be read or written")]
    Io(#[from] io::Error),
}

hex_name!(
    /// Which element; 128 random bits, new at every provisioning.
    ElementId,
    16
);

hex_name!(
    /// A key inside the element; 128 random bits that say nothing about the key.
    KeyHandle,
    16
);

impl ElementId {
    /// A new one.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self::of(entropy.bytes())
    }
}

impl KeyHandle {
    /// A new one.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self::of(entropy.bytes())
    }
}

impl ElementError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Blank => "element_blank",
            Self::NoSuchKey => "no_such_key",
            Self::InUse => "element_in_use",
            Self::Damaged(_) => "element_damaged",
            Self::Newer { .. } => "element_newer",
            Self::Io(_) => "element_io",
        }
    }
}

/// The key under which the documents are sealed; redacted when printed, wiped when dropped.
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// A key of these bytes; for elements, which alone make store keys.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for the one place that derives sealing keys from them.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}
