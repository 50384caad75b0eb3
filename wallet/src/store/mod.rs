//! Where documents are kept: bytes under names, and a promise about what survives.
//!
//! A store knows nothing of seals, keys or pupils: [`Documents`](crate::documents::Documents) give it sealed records and
//! read them back. [`DiskStores`] keeps them in files; [`MemoryStores`] is for tests, which make it fail. An embedding
//! program can put another store in their place, as it can another [secure element](crate::secure_element), another
//! [network](crate::transport::Transport) or another clock; whether that one keeps its word, [`contract::run`] tells.
//!
//! ```
//! # use shared::entropy::Entropy;
//! # struct Dice(std::sync::atomic::AtomicU8);
//! # impl Entropy for Dice {
//! #     fn fill(&self, out: &mut [u8]) {
//! #         out.fill_with(|| self.0.fetch_add(41, std::sync::atomic::Ordering::Relaxed));
//! #     }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (home, entropy) = (tempfile::tempdir()?, Arc::new(Dice(Default::default())));
//! # let now = "2026-11-21T18:30:00Z".parse()?;
//! use std::sync::Arc;
//!
//! use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
//! use wallet::phone::{LockedPhone, Parts, UnlockedPhone};
//! use wallet::pin::{Pin, PinCost, NewPin};
//! use wallet::store::{Fault, MemoryStores};
//!
//! let stores = Arc::new(MemoryStores::default());
//! let parts = Parts { stores: stores.clone(), ..Parts::with_pin_cost(entropy, PinCost::FOR_TESTS) };
//! let device = DeviceDescription {
//!     name: DeviceName::parse("Telefon Zosi")?,
//!     platform: Platform::Android,
//!     os_version: Version::new(14, 0),
//!     app_version: Version::new(1, 0),
//! };
//! let phone = UnlockedPhone::create(home.path(), &device, &NewPin::parse("493027")?, now, parts.clone())?;
//!
//! // The next change finds no space; what was kept before is kept.
//! stores.fail(Fault::DiskFull);
//! let renamed = DeviceDescription { name: DeviceName::parse("Telefon Kuby")?, ..device.clone() };
//! assert_eq!(phone.describe(&renamed).unwrap_err().reason(), "disk_full");
//! drop(phone);
//!
//! stores.mend();
//! let phone = LockedPhone::open(home.path(), parts)?.unlock(&Pin::parse("493027")?, now)?;
//! assert_eq!(phone.documents().device()?, device);
//! # Ok(())
//! # }
//! ```

pub mod contract;
mod disk;
mod failure;
mod memory;

use std::fmt;
use std::path::Path;

pub use self::disk::DiskStores;
pub use self::failure::StoreError;
pub use self::memory::{Fault, MemoryStores};

/// The most bytes of a value: 16 MiB.
pub const MAX_VALUE: usize = 16 * 1024 * 1024;

/// An open store: opaque bytes under names. One handle at a time has it; dropping the handle closes it.
///
/// Names are not empty and are made of ASCII letters, digits, `/` and `_`. Values hold 1 to [`MAX_VALUE`] bytes.
///
/// Handles are shared by threads. A reader sees whole commits: the state before one, or after it.
pub trait Store: Send + Sync {
    /// The value under `name`.
    ///
    /// # Errors
    /// When it cannot be read: [`StoreError::Damaged`] or [`StoreError::Io`], never a value that nobody kept.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// All names that begin with `prefix`, in the order of their bytes, with their values.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// Makes all `changes`, in their order, or none; on return they survive a kill and a power cut.
    ///
    /// # Errors
    /// [`StoreError::TooBig`] harms nothing. After every other error, [`StoreError::DiskFull`] above all, nobody knows
    /// what the disk holds: the handle answers all calls with [`StoreError::AfterFailure`], and opening the store again
    /// tells. It then holds all of the changes or none.
    fn commit(&self, changes: &[Change]) -> Result<(), StoreError>;
}

/// Where stores come from; the composition root hands one in, with [`Parts`](crate::phone::Parts).
///
/// A phone's store goes by the phone's directory, `home`. A [phone](crate::phone) itself keeps a lock file and a mark there
/// that it was set up to the end, whatever its store.
pub trait Stores: Send + Sync {
    /// An empty store for a new phone; what an earlier one left is gone.
    ///
    /// # Errors
    /// When it cannot be written.
    fn create(&self, home: &Path) -> Result<Box<dyn Store>, StoreError>;

    /// The store of a phone, as it was left. Makes none.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while another handle has it, in whatever process; or when it cannot
    /// be read.
    fn open(&self, home: &Path) -> Result<Box<dyn Store>, StoreError>;

    /// Removes a phone's store for good; that there is none is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, home: &Path) -> Result<(), StoreError>;

    /// Puts a copy of the store of `from` in the place of that of `to`, as somebody with the files can. Neither may be open.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where `from` has none; or when it cannot be read or written.
    fn copy(&self, from: &Path, to: &Path) -> Result<(), StoreError>;
}

/// One of the changes of a commit. `Debug` tells the size of a value, not the value.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Sets the value under a name.
    Put(String, Vec<u8>),
    /// Removes the name with its value; that it is not there is no error.
    Remove(String),
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(name, value) => write!(f, "Put({name}, {} bytes)", value.len()),
            Self::Remove(name) => write!(f, "Remove({name})"),
        }
    }
}
