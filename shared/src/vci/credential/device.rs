//! What a phone says of itself (extension member `mleg_device`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest device name, platform or version, in characters.
pub const MAX_DEVICE_TEXT_LENGTH: usize = 64;

/// What a phone says of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The name that its owner gave it.
    pub name: String,
    /// Its operating system.
    pub platform: Platform,
    /// The system's version: `14`, `17.5.1`.
    pub os_version: String,
    /// The wallet's version.
    pub app_version: String,
}

impl DeviceInfo {
    /// Whether every text is there, short enough and without control characters.
    pub fn is_plain(&self) -> bool {
        let plain = |text: &str| {
            !text.trim().is_empty()
                && text.chars().count() <= MAX_DEVICE_TEXT_LENGTH
                && !text.chars().any(char::is_control)
        };
        [&self.name, self.platform.as_str(), &self.os_version, &self.app_version].into_iter().all(plain)
    }
}

/// People name phones after themselves.
impl fmt::Debug for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceInfo(…, {} {}, app {})", self.platform.as_str(), self.os_version, self.app_version)
    }
}

/// A phone's operating system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `android`
    Android,
    /// `ios`
    Ios,
    /// Another one, by the name that it was sent under.
    Other(String),
}

impl Platform {
    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Platform {
    fn from(name: &str) -> Self {
        match name {
            "android" => Self::Android,
            "ios" => Self::Ios,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn device(name: &str) -> DeviceInfo {
        DeviceInfo {
            name: name.to_owned(),
            platform: Platform::Android,
            os_version: "14".to_owned(),
            app_version: "1.0".to_owned(),
        }
    }

    #[test]
    fn the_wire_form_is_read_and_written_member_by_member() {
        let wire =
            json!({"name": "Telefon Ani", "platform": "android", "os_version": "14", "app_version": "1.0"});
        let read: DeviceInfo = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(read, device("Telefon Ani"));
        assert_eq!(serde_json::to_value(&read).unwrap(), wire);
        assert_eq!(format!("{read:?}"), "DeviceInfo(…, android 14, app 1.0)");
        let other: Platform = serde_json::from_value(json!("harmony")).unwrap();
        assert_eq!(serde_json::to_value(&other).unwrap(), json!("harmony"));
        for (name, wrong) in [
            ("name", json!(1)),
            ("platform", json!(null)),
            ("os_version", json!(14)),
            ("app_version", json!({})),
        ] {
            let mut value = wire.clone();
            value[name] = wrong;
            assert!(serde_json::from_value::<DeviceInfo>(value).is_err(), "{name}");
        }
    }

    #[test]
    fn texts_are_short_and_plain() {
        let longest = "ż".repeat(64);
        let longer = "ż".repeat(65);
        for (name, plain) in [
            ("Ania 📱", true),
            (&*longest, true),
            (&*longer, false),
            ("", false),
            (" ", false),
            ("a\nb", false),
        ] {
            assert_eq!(device(name).is_plain(), plain, "{name:?}");
        }
    }
}
