//! Which app the phone was set up as, sealed: what a file in the clear says of it is for the lock screen alone.

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::{Documents, ONLY, StoreError};
use crate::app_kind::AppKind;
use crate::store::Change;

/// [`AppKind`], as kept.
#[derive(Serialize, Deserialize)]
struct AppRecord {
    kind: AppKind,
}

impl Record for AppRecord {
    const KIND: &'static str = "app";
    const VERSION: u16 = 1;
}

impl Documents {
    /// Which app this is. Phones that were set up before there were two are the standard one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn app_kind(&self) -> Result<AppKind, StoreError> {
        Ok(self.record::<AppRecord>(ONLY)?.map_or(AppKind::Standard, |record| record.kind))
    }

    /// The change that keeps it; part of the set-up.
    pub(super) fn app_change(&self, kind: AppKind) -> Result<Change, StoreError> {
        self.put(ONLY, &AppRecord { kind })
    }
}
