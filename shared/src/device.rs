//! How many devices may hold one card, and which place a device holds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many live devices one mobile card may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum DevicePolicy {
    /// One device (the 2019 procedure).
    Single,
    /// Up to this many devices; never 0 or 1.
    UpTo(u8),
}

impl DevicePolicy {
    /// The most live devices.
    pub fn limit(self) -> u8 {
        match self {
            Self::Single => 1,
            Self::UpTo(n) => n,
        }
    }

    /// Whether `slot` is one of this policy's places.
    pub fn admits(self, slot: DeviceSlot) -> bool {
        slot.of == self.limit()
    }
}

impl TryFrom<u8> for DevicePolicy {
    type Error = DeviceSlotError;

    fn try_from(limit: u8) -> Result<Self, DeviceSlotError> {
        match limit {
            0 => Err(DeviceSlotError),
            1 => Ok(Self::Single),
            n => Ok(Self::UpTo(n)),
        }
    }
}

impl From<DevicePolicy> for u8 {
    fn from(policy: DevicePolicy) -> u8 {
        policy.limit()
    }
}

/// Place `number` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSlot")]
pub struct DeviceSlot {
    number: u8,
    of: u8,
}

#[derive(Deserialize)]
struct RawSlot {
    number: u8,
    of: u8,
}

impl TryFrom<RawSlot> for DeviceSlot {
    type Error = DeviceSlotError;

    fn try_from(raw: RawSlot) -> Result<Self, DeviceSlotError> {
        Self::new(raw.number, raw.of)
    }
}

impl DeviceSlot {
    /// Place `number` of `of`.
    ///
    /// # Errors
    /// When `number` is 0 or beyond `of`.
    pub fn new(number: u8, of: u8) -> Result<Self, DeviceSlotError> {
        if number == 0 || number > of { Err(DeviceSlotError) } else { Ok(Self { number, of }) }
    }

    /// Which place, from 1.
    pub fn number(self) -> u8 {
        self.number
    }

    /// How many places there are.
    pub fn of(self) -> u8 {
        self.of
    }
}

impl fmt::Display for DeviceSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.number, self.of)
    }
}

/// There is no such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("device slot is outside its policy")]
pub struct DeviceSlotError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_beyond_the_policy_cannot_be_made() {
        assert!(DeviceSlot::new(0, 5).is_err());
        assert!(DeviceSlot::new(6, 5).is_err());
        assert!(serde_json::from_str::<DeviceSlot>(r#"{"number":2,"of":1}"#).is_err());
        assert_eq!(DeviceSlot::new(5, 5).unwrap().to_string(), "5 of 5");
    }

    #[test]
    fn a_policy_of_none_cannot_be_read() {
        assert!(serde_json::from_str::<DevicePolicy>("0").is_err());
        assert_eq!(serde_json::from_str::<DevicePolicy>("1").unwrap(), DevicePolicy::Single);
        assert_eq!(serde_json::from_str::<DevicePolicy>("5").unwrap(), DevicePolicy::UpTo(5));
    }
}
