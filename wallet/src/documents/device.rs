//! The phone's description of itself, as kept.

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::{Documents, ONLY, StoreError};
use crate::device::{DeviceDescription, DeviceName, Platform, Version};

/// [`DeviceDescription`], as kept.
#[derive(Serialize, Deserialize)]
pub(super) struct DeviceRecord {
    name: DeviceName,
    platform: Platform,
    os_version: Version,
    app_version: Version,
}

impl Record for DeviceRecord {
    const KIND: &'static str = "device";
    const VERSION: u16 = 1;
}

impl From<&DeviceDescription> for DeviceRecord {
    fn from(device: &DeviceDescription) -> Self {
        Self {
            name: device.name.clone(),
            platform: device.platform,
            os_version: device.os_version,
            app_version: device.app_version,
        }
    }
}

impl From<DeviceRecord> for DeviceDescription {
    fn from(record: DeviceRecord) -> Self {
        Self {
            name: record.name,
            platform: record.platform,
            os_version: record.os_version,
            app_version: record.app_version,
        }
    }
}

impl Documents {
    /// What the phone says of itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn device(&self) -> Result<DeviceDescription, StoreError> {
        let record: DeviceRecord =
            self.record(ONLY)?.ok_or(StoreError::Damaged("the phone's description is missing"))?;
        Ok(record.into())
    }

    /// Keeps a new description, after the system or the app was updated or the device renamed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) fn keep_device(&self, device: &DeviceDescription) -> Result<(), StoreError> {
        self.writer().commit(vec![self.put(ONLY, &DeviceRecord::from(device))?])
    }
}
