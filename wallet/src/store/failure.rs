//! Why a store, or what is kept there, could not be read or written: each reason with a stable name.

use std::io;

use crate::secure_element::ElementError;

/// Why the documents could not be read or kept. Messages complete "cannot use the document store: …".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no store.
    #[error("there is none")]
    Missing,
    /// Another handle, in this process or another, has it.
    #[error("it is in use by another program")]
    InUse,
    /// No space is left. Nothing of the change was kept; opening works again once there is space.
    #[error("the disk is full")]
    DiskFull,
    /// It holds less than this phone kept before: it lost its end, or an old copy was put back.
    #[error("it is older than what this phone kept last")]
    RolledBack,
    /// It belongs to another device's secure element: a copy.
    #[error("it was copied from another device")]
    OtherDevice,
    /// It was written by a later version of this program.
    #[error("{what} is of version {found}, this program knows version {known}")]
    Newer {
        /// What was read: the store itself, or a kind of record.
        what: &'static str,
        /// The version found.
        found: u16,
        /// The latest version that this program reads.
        known: u16,
    },
    /// It was written by a version of this program that is no longer read.
    #[error("{what} is of version {found}, which is no longer read")]
    TooOld {
        /// What was read.
        what: &'static str,
        /// The version found.
        found: u16,
    },
    /// Its bytes cannot be understood, or were changed.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// More than 16 MiB in one record.
    #[error("a record is too big")]
    TooBig,
    /// An earlier change failed; the store must be opened again.
    #[error("an earlier change failed, open it again")]
    AfterFailure {
        /// Whether that was for want of space.
        full: bool,
    },
    /// The file system refused, or whatever else is below the store.
    #[error("it cannot be read or written")]
    Io(#[source] io::Error),
    /// The secure element failed.
    #[error(transparent)]
    Element(ElementError),
}

impl StoreError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "store_missing",
            Self::InUse => "store_in_use",
            Self::DiskFull => "disk_full",
            Self::RolledBack => "store_rolled_back",
            Self::OtherDevice => "store_of_other_device",
            Self::Newer { .. } => "store_newer",
            Self::TooOld { .. } => "store_too_old",
            Self::Damaged(_) => "store_damaged",
            Self::TooBig => "record_too_big",
            Self::AfterFailure { .. } => "store_failed_before",
            Self::Element(error) => error.reason(),
            Self::Io(_) => "store_io",
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

impl From<ElementError> for StoreError {
    fn from(error: ElementError) -> Self {
        match error {
            ElementError::Io(error) => Self::from(error),
            other => Self::Element(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_wherever_it_shows() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert_eq!(StoreError::from(io::Error::from(kind)).reason(), "disk_full");
            assert_eq!(StoreError::from(ElementError::Io(io::Error::from(kind))).reason(), "disk_full");
        }
        assert_eq!(StoreError::from(io::Error::from(io::ErrorKind::NotFound)).reason(), "store_io");
    }
}
