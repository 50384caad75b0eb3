//! The phone: locked or unlocked, each a type of its own.
//!
//! A phone is a directory. `HOME/element/` is its secure element and `HOME/documents/` what it keeps, unless its [`Parts`]
//! have these elsewhere; `HOME/phone.json` says that it was set up to the end, and `HOME/lock` is held by who uses it. Any number of phones may live in one process, each
//! used by one handle at a time.
//!
//! ```text
//! UnlockedPhone::create ──► UnlockedPhone ──lock──► LockedPhone ◄── LockedPhone::open
//!                                ▲                       │
//!                                └──────unlock(PIN)──────┘
//! ```

mod locked;
mod unlocked;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::entropy::Entropy;

pub use self::locked::{LockedPhone, OpenError, StillLocked, UnlockRefusal, WipeError};
pub use self::unlocked::{CreateError, UnlockedPhone};
use crate::app_kind::AppKind;
use crate::device::Requirements;
use crate::home::DirLockError;
use crate::pin::PinCost;
use crate::secure_element::{ElementError, Elements, SimulatedElements};
use crate::store::{DiskStores, Stores};

/// What the composition root puts into phones; may be shared by many.
#[derive(Clone)]
pub struct Parts {
    /// Where secure elements come from.
    pub elements: Arc<dyn Elements>,
    /// Where documents are kept.
    pub stores: Arc<dyn Stores>,
    /// Where nonces and keys come from.
    pub entropy: Arc<dyn Entropy>,
    /// What a phone must at least be to be set up.
    pub requirements: Requirements,
}

impl Parts {
    /// Simulated elements and stores, both files, at the standard cost of a PIN, and
    /// the built-in requirements.
    pub fn simulated(entropy: Arc<dyn Entropy>) -> Self {
        Self::with_pin_cost(entropy, PinCost::STANDARD)
    }

    /// The same at another cost: an embedding test passes [`PinCost::FOR_TESTS`] and saves 16 ms a try.
    pub fn with_pin_cost(entropy: Arc<dyn Entropy>, cost: PinCost) -> Self {
        let elements = Arc::new(SimulatedElements::new(Arc::clone(&entropy), cost));
        Self { elements, stores: Arc::new(DiskStores), entropy, requirements: Requirements::BUILT_IN }
    }
}

/// A phone that somebody else uses is told apart, whether its folder or its element notices.
macro_rules! in_use_is_told_apart {
    ($($error:ident),*) => {$(
        impl From<ElementError> for $error {
            fn from(error: ElementError) -> Self {
                match error {
                    ElementError::InUse => Self::InUse,
                    other => Self::Element(other),
                }
            }
        }

        impl From<DirLockError> for $error {
            fn from(error: DirLockError) -> Self {
                match error {
                    DirLockError::Held => Self::InUse,
                    DirLockError::Io(error) => Self::Io(error),
                }
            }
        }
    )*};
}
in_use_is_told_apart!(CreateError, OpenError, WipeError);

/// `phone.json`: written last, so a phone that has it is whole.
#[derive(Serialize, Deserialize)]
struct Marker {
    version: u16,
    /// Which app, for the lock screen; the sealed record decides. Phones of version 1 are the standard one.
    #[serde(default)]
    app: AppKind,
}

impl Marker {
    const VERSION: u16 = 2;

    fn path(home: &Path) -> PathBuf {
        home.join("phone.json")
    }

    fn exists(home: &Path) -> io::Result<bool> {
        Self::path(home).try_exists()
    }

    fn write(home: &Path, app: AppKind) -> io::Result<()> {
        let json = serde_json::to_vec(&Self { version: Self::VERSION, app })?;
        crate::home::write_atomically(&Self::path(home), &json)
    }

    fn read(home: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(Self::path(home)) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
