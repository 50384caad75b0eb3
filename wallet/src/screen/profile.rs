//! What can be read off a phone while it is switched off: its name, what it is, and who made it ready.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app_kind::AppKind;
use crate::device::{DeviceDescription, DeviceName, Platform, Version};

/// A phone as it lies on the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    /// What its owner calls it.
    pub(super) name: DeviceName,
    pub(super) platform: Platform,
    pub(super) os_version: Version,
    pub(super) app_version: Version,
    /// Which app was set up, if one was.
    pub(super) app: Option<AppKind>,
    /// Whether an inspector uses it: it holds no card, it checks those of others.
    #[serde(default)]
    pub(super) inspector: bool,
    /// Whether it is a tablet; only its shape follows from that.
    pub(super) tablet: bool,
    /// Whether its owner lost it: it lies somewhere else, switched off.
    pub(super) lost: bool,
}

/// Whose phones they are: name, system, version, tablet.
const OWNERS: [(&str, Platform, &str, bool); 6] = [
    ("Telefon ucznia", Platform::Android, "15", false),
    ("Telefon mamy", Platform::Ios, "18.1", false),
    ("Telefon taty", Platform::Android, "14", false),
    ("Telefon babci", Platform::Android, "8.1", false),
    ("Tablet domowy", Platform::Ios, "17.6", true),
    ("Szósty telefon", Platform::Android, "13", false),
];

impl Profile {
    /// The phone with this number, counted from 1, as it comes from the shop.
    pub(super) fn from_shop(number: u8) -> Option<Self> {
        let at = usize::from(number.checked_sub(1)?);
        let (name, platform, os, tablet) = OWNERS.get(at % OWNERS.len()).copied()?;
        let name = if at < OWNERS.len() { name.to_owned() } else { format!("Telefon {number}") };
        Some(Self {
            name: DeviceName::parse(&name).ok()?,
            platform,
            os_version: Version::parse(os).ok()?,
            app_version: Version::parse(env!("CARGO_PKG_VERSION")).ok()?,
            app: None,
            inspector: false,
            tablet,
            lost: false,
        })
    }

    /// As it is told to issuers.
    pub(super) fn description(&self) -> DeviceDescription {
        DeviceDescription {
            name: self.name.clone(),
            platform: self.platform,
            os_version: self.os_version,
            app_version: self.app_version,
        }
    }

    fn path(home: &Path) -> PathBuf {
        home.join("desk.json")
    }

    /// As it was kept in the phone's directory; `None` if it never was, or cannot be read any more.
    pub(super) fn load(home: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(home)).ok()?).ok()
    }

    pub(super) fn keep(&self, home: &Path) -> io::Result<()> {
        crate::home::private_dir(home)?;
        crate::home::write_atomically(&Self::path(home), &serde_json::to_vec(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Requirements;

    #[test]
    fn every_phone_from_the_shop_may_hold_a_card_and_comes_back_as_it_was_kept() {
        for number in 1..=12 {
            let profile = Profile::from_shop(number).unwrap();
            assert_eq!(profile.description().check(&Requirements::BUILT_IN), Ok(()), "phone {number}");
            let dir = tempfile::tempdir().unwrap();
            assert_eq!(Profile::load(dir.path()), None);
            let profile = Profile { app: Some(AppKind::Junior), lost: true, ..profile };
            profile.keep(dir.path()).unwrap();
            assert_eq!(Profile::load(dir.path()), Some(profile));
        }
    }
}
