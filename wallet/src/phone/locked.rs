//! The locked phone: it can be tried with a PIN, or wiped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Marker, Parts, UnlockedPhone};
use crate::app_kind::AppKind;
use crate::documents::{LockedDocuments, StoreError};
use crate::home::{self, DirLock};
use crate::pin::{Pin, PinError};
use crate::secure_element::{ElementError, PinRefusal, SecureElement, Standing};

/// A phone whose documents nobody can read and whose keys nobody can use.
pub struct LockedPhone {
    pub(super) home: PathBuf,
    pub(super) lock: DirLock,
    pub(super) element: Box<dyn SecureElement>,
    pub(super) documents: LockedDocuments,
    pub(super) parts: Parts,
    pub(super) app: AppKind,
}

impl LockedPhone {
    /// Opens the phone in `home`. Other handles are kept out until this one is dropped.
    ///
    /// # Errors
    /// See [`OpenError`]; above all when there is no phone, when another handle has it, and when its store
    /// was copied from another phone.
    pub fn open(home: &Path, parts: Parts) -> Result<Self, OpenError> {
        if !Marker::exists(home)? {
            return Err(OpenError::NoPhone);
        }
        let lock = DirLock::take(home)?;
        let marker = Marker::read(home)?.ok_or(OpenError::NoPhone)?;
        if marker.version > Marker::VERSION {
            return Err(OpenError::Newer { found: marker.version, known: Marker::VERSION });
        }
        let element = parts.elements.at(home)?;
        let id = element.id()?.ok_or(ElementError::Blank)?;
        let documents = LockedDocuments::open(parts.stores.open(home)?, &id)?;
        Ok(Self { home: home.to_owned(), lock, element, documents, parts, app: marker.app })
    }

    /// Which app this phone was set up as, by what its files say in the clear: enough for a lock screen. What the
    /// unlocked phone says is sealed.
    pub fn app_kind(&self) -> AppKind {
        self.app
    }

    /// How the secure element stands towards a try at `now`; changes nothing.
    ///
    /// # Errors
    /// When the element cannot be read.
    pub fn standing(&self, now: Timestamp) -> Result<Standing, ElementError> {
        self.element.standing(now)
    }

    /// Tries `pin`. `now` judges the delay after wrong PINs and should be the machine's clock, not a
    /// sandbox's; see [`SecureElement`] about clocks that are turned back or forward.
    ///
    /// # Errors
    /// [`StillLocked`] gives the phone back, with the reason.
    pub fn unlock(self, pin: &Pin, now: Timestamp) -> Result<UnlockedPhone, Box<StillLocked>> {
        let session = match self.element.unlock(pin, now) {
            Ok(session) => Arc::from(session),
            Err(refusal) => return Err(Box::new(StillLocked { phone: self, refusal: refusal.into() })),
        };
        let Self { home, lock, element, documents, parts, app } = self;
        let opened = documents.unlock(Arc::clone(&session), Arc::clone(&parts.entropy));
        let opened = opened.and_then(|documents| match documents.app_kind() {
            Ok(app) => Ok((documents, app)),
            Err(error) => Err(Box::new((documents.lock(), error))),
        });
        match opened {
            Ok((documents, app)) => {
                let phone = UnlockedPhone::assemble(home, lock, (element, session), documents, parts, app);
                // Keys of an activation that was killed before it was noted, and of cards that were replaced
                // just before a kill. Left behind they do no harm, so nothing is refused if this fails.
                let _swept = phone.forget_unused_keys();
                Ok(phone)
            }
            Err(failed) => {
                let (documents, error) = *failed;
                let phone = Self { home, lock, element, documents, parts, app };
                Err(Box::new(StillLocked { phone, refusal: UnlockRefusal::Store(error) }))
            }
        }
    }

    /// Makes the phone in `home` as if it had never been set up: keys and documents are gone for good. Works
    /// without a PIN, as a factory reset does, and on a phone that does not open any more.
    ///
    /// # Errors
    /// When another handle has the phone, or when it cannot be written; to be repeated then.
    pub fn wipe(home: &Path, parts: &Parts) -> Result<(), WipeError> {
        if !home.try_exists()? {
            return Ok(());
        }
        let _lock = DirLock::take(home)?;
        // The secret first: without it the rest is noise, even if it survives on the disk.
        parts.elements.at(home)?.erase()?;
        home::remove_file(&Marker::path(home))?;
        home::sync_dir(home)?;
        parts.stores.remove(home)?;
        Ok(())
    }
}

/// A phone that did not unlock, and why. Turn it into the [`UnlockRefusal`] where the phone is not needed.
pub struct StillLocked {
    /// The phone, for the next try.
    pub phone: LockedPhone,
    /// Why it did not unlock.
    pub refusal: UnlockRefusal,
}

impl std::fmt::Debug for StillLocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StillLocked").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

impl std::fmt::Display for StillLocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.refusal.fmt(f)
    }
}

impl std::error::Error for StillLocked {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.refusal.source()
    }
}

impl From<Box<StillLocked>> for UnlockRefusal {
    fn from(still_locked: Box<StillLocked>) -> Self {
        still_locked.refusal
    }
}

/// Why a phone did not unlock. Messages complete "cannot unlock: …".
#[derive(Debug, thiserror::Error)]
pub enum UnlockRefusal {
    /// Not the PIN.
    #[error("wrong PIN, {tries_left} tries left")]
    WrongPin {
        /// Tries before the phone is erased; at least 1.
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
    /// Too many wrong PINs: keys and documents are gone, the phone must be wiped and set up again.
    #[error("too many wrong PINs, the phone is erased")]
    Erased,
    /// The new PIN is none for this app; nothing was tried.
    #[error(transparent)]
    NewPin(PinError),
    /// The secure element did not work.
    #[error(transparent)]
    Element(ElementError),
    /// The PIN was right, but the documents do not open.
    #[error(transparent)]
    Store(StoreError),
}

impl UnlockRefusal {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::WrongPin { .. } => "wrong_pin",
            Self::Wait { .. } => "wait",
            Self::Erased => "erased",
            Self::NewPin(error) => error.reason(),
            Self::Element(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}

impl From<PinRefusal> for UnlockRefusal {
    fn from(refusal: PinRefusal) -> Self {
        match refusal {
            PinRefusal::WrongPin { tries_left, wait } => Self::WrongPin { tries_left, wait },
            PinRefusal::Wait { until } => Self::Wait { until },
            PinRefusal::Erased => Self::Erased,
            PinRefusal::Element(error) => Self::Element(error),
        }
    }
}

/// Why a phone could not be opened. Messages complete "cannot open the phone: …".
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// None was set up there, at least not to the end.
    #[error("there is none")]
    NoPhone,
    /// Another handle, in this process or another, has it.
    #[error("it is in use by another program")]
    InUse,
    /// It was set up by a later version of this program.
    #[error("it is of version {found}, this program knows version {known}")]
    Newer {
        /// The version found.
        found: u16,
        /// The latest version that this program reads.
        known: u16,
    },
    /// The secure element does not work, or is not there.
    #[error(transparent)]
    Element(ElementError),
    /// The documents cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system refused.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoPhone => "no_phone",
            Self::InUse => "phone_in_use",
            Self::Newer { .. } => "phone_newer",
            Self::Element(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Io(_) => "phone_io",
        }
    }
}

/// Why a phone could not be wiped. Messages complete "cannot wipe the phone: …".
#[derive(Debug, thiserror::Error)]
pub enum WipeError {
    /// Another handle, in this process or another, has it.
    #[error("it is in use by another program")]
    InUse,
    /// The secure element did not work.
    #[error(transparent)]
    Element(ElementError),
    /// The documents could not be removed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system refused.
    #[error("it cannot be written")]
    Io(#[from] io::Error),
}

impl WipeError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InUse => "phone_in_use",
            Self::Element(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Io(_) => "phone_io",
        }
    }
}
