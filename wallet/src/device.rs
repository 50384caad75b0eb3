//! What the phone says of itself: name, platform, version of its system and of the app, and what is too old.
//!
//! The issuer believes it (`threats.md`): it limits honest phones, and it names the device in the certificate.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::vci::credential::{DeviceInfo, Platform as NamedPlatform};

/// What the phone tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceDescription {
    /// The name that its owner gave the device; it goes into the device certificate.
    pub name: DeviceName,
    /// Which system runs on it.
    pub platform: Platform,
    /// The system's version.
    pub os_version: Version,
    /// The version of the app, that is of this wallet.
    pub app_version: Version,
}

impl DeviceDescription {
    /// Whether this phone may hold a card under `requirements`.
    ///
    /// # Errors
    /// The first requirement that it misses; the system is looked at before the app, because updating the
    /// app does not help a phone whose system is too old.
    pub fn check(&self, requirements: &Requirements) -> Result<(), DeviceRefusal> {
        let minimum = match self.platform {
            Platform::Android => requirements.min_android,
            Platform::Ios => requirements.min_ios,
        };
        if self.os_version < minimum {
            return Err(DeviceRefusal::OsTooOld { platform: self.platform, found: self.os_version, minimum });
        }
        if self.app_version < requirements.min_app {
            return Err(DeviceRefusal::AppTooOld { found: self.app_version, minimum: requirements.min_app });
        }
        Ok(())
    }
}

/// As it is sent to an issuer.
impl From<&DeviceDescription> for DeviceInfo {
    fn from(device: &DeviceDescription) -> Self {
        Self {
            name: device.name.as_str().to_owned(),
            platform: match device.platform {
                Platform::Android => NamedPlatform::Android,
                Platform::Ios => NamedPlatform::Ios,
            },
            os_version: device.os_version.to_string(),
            app_version: device.app_version.to_string(),
        }
    }
}

/// What a phone must at least be; an issuer's profile may ask for more than [`Requirements::BUILT_IN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirements {
    /// The oldest Android.
    pub min_android: Version,
    /// The oldest iOS.
    pub min_ios: Version,
    /// The oldest version of the app.
    pub min_app: Version,
}

impl Requirements {
    /// Android 6.0 and iOS 10.3, as the schools' notices say; any version of the app.
    pub const BUILT_IN: Self =
        Self { min_android: Version::new(6, 0), min_ios: Version::new(10, 3), min_app: Version::new(0, 0) };
}

impl Default for Requirements {
    fn default() -> Self {
        Self::BUILT_IN
    }
}

/// Why a phone may not hold a card. Messages complete "cannot use this phone: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceRefusal {
    /// The system is older than asked for.
    #[error("{platform} {found} is too old, {platform} {minimum} is needed")]
    OsTooOld {
        /// Which system.
        platform: Platform,
        /// Its version.
        found: Version,
        /// The oldest that would do.
        minimum: Version,
    },
    /// The app is older than asked for.
    #[error("version {found} of the app is too old, {minimum} is needed")]
    AppTooOld {
        /// The app's version.
        found: Version,
        /// The oldest that would do.
        minimum: Version,
    },
}

impl DeviceRefusal {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OsTooOld { .. } => "os_too_old",
            Self::AppTooOld { .. } => "app_too_old",
        }
    }
}

/// Which system a phone runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Google's.
    Android,
    /// Apple's.
    Ios,
}

impl Platform {
    /// Reads `android` or `ios`, in any case.
    ///
    /// # Errors
    /// For any other word.
    pub fn parse(text: &str) -> Result<Self, UnknownPlatform> {
        if text.eq_ignore_ascii_case("android") {
            Ok(Self::Android)
        } else if text.eq_ignore_ascii_case("ios") {
            Ok(Self::Ios)
        } else {
            Err(UnknownPlatform)
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Android => "Android",
            Self::Ios => "iOS",
        })
    }
}

/// There is no such platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("platform is neither android nor ios")]
pub struct UnknownPlatform;

/// A version of up to four numbers, compared number by number; a missing number is 0, so 6 and 6.0.0 are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u32; 4]);

impl Version {
    /// Version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self([major, minor, 0, 0])
    }

    /// Reads one to four decimal numbers with dots between: `6`, `10.3`, `4.52.0`.
    ///
    /// # Errors
    /// For anything else, such as letters, signs, spaces, empty parts or numbers beyond 32 bits.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let mut numbers = [0; 4];
        for (at, part) in text.split('.').enumerate() {
            let place = numbers.get_mut(at).ok_or(VersionError)?;
            // `u32::from_str` would take a plus sign.
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VersionError);
            }
            *place = part.parse().map_err(|_| VersionError)?;
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, rest @ ..] = self.0;
        write!(f, "{major}.{minor}")?;
        match rest {
            [0, 0] => Ok(()),
            [patch, 0] => write!(f, ".{patch}"),
            [patch, build] => write!(f, ".{patch}.{build}"),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.to_string()
    }
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("version is not one to four numbers with dots between")]
pub struct VersionError;

/// The device's name as its owner wrote it: 1 to 64 characters, none of which is invisible.
///
/// People name phones after themselves: it is redacted when printed for programmers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(String);

impl DeviceName {
    /// The most characters; the bound of a common name in X.509 (RFC 5280, ub-common-name).
    pub const MAX_CHARS: usize = 64;

    /// Reads a name; spaces around it are dropped.
    ///
    /// # Errors
    /// When it is empty, too long, or holds control characters or such as turn the direction of writing
    /// (they would let a name look like another one on the school's pages).
    pub fn parse(text: &str) -> Result<Self, DeviceNameError> {
        let name = text.trim();
        if name.is_empty() {
            return Err(DeviceNameError::Empty);
        }
        if name.chars().count() > Self::MAX_CHARS {
            return Err(DeviceNameError::TooLong);
        }
        if name.chars().any(is_invisible) {
            return Err(DeviceNameError::Invisible);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Joiners stay: without them families and flags among the emoji fall apart.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Debug for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceName(…)")
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DeviceName {
    type Error = DeviceNameError;

    fn try_from(text: String) -> Result<Self, DeviceNameError> {
        Self::parse(&text)
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> String {
        name.0
    }
}

/// Why a text is no device name. Messages complete "cannot name the device: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceNameError {
    /// Nothing is left after trimming.
    #[error("name is empty")]
    Empty,
    /// More than [`DeviceName::MAX_CHARS`] characters.
    #[error("name is longer than 64 characters")]
    TooLong,
    /// A control character, a zero-width one, or one that turns the direction of writing.
    #[error("name holds invisible characters")]
    Invisible,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn phone(platform: Platform, os: &str, app: &str) -> DeviceDescription {
        DeviceDescription {
            name: DeviceName::parse("Telefon Zosi").unwrap(),
            platform,
            os_version: version(os),
            app_version: version(app),
        }
    }

    #[test]
    fn phones_below_the_minimum_are_refused_by_name() {
        use Platform::{Android, Ios};
        let needs_app = Requirements { min_app: Version::new(4, 10), ..Requirements::BUILT_IN };
        for (platform, os, app, requirements, expected) in [
            (Android, "6.0", "1.0", Requirements::BUILT_IN, None),
            (Android, "6", "1.0", Requirements::BUILT_IN, None),
            (Android, "15", "1.0", Requirements::BUILT_IN, None),
            (Android, "5.1.1", "1.0", Requirements::BUILT_IN, Some("os_too_old")),
            (Ios, "10.3", "1.0", Requirements::BUILT_IN, None),
            (Ios, "10.2.9", "1.0", Requirements::BUILT_IN, Some("os_too_old")),
            (Ios, "9.3.6", "1.0", Requirements::BUILT_IN, Some("os_too_old")),
            (Ios, "17.4", "4.10", needs_app, None),
            (Ios, "17.4", "4.9.99", needs_app, Some("app_too_old")),
            (Ios, "10.2", "4.9", needs_app, Some("os_too_old")),
        ] {
            let verdict = phone(platform, os, app).check(&requirements);
            assert_eq!(verdict.err().map(|refusal| refusal.reason()), expected, "{platform} {os}, app {app}");
        }
    }

    #[test]
    fn a_refusal_says_what_would_do() {
        let refusal = phone(Platform::Android, "5.1", "1.0").check(&Requirements::BUILT_IN).unwrap_err();
        assert_eq!(refusal.to_string(), "Android 5.1 is too old, Android 6.0 is needed");
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("10.3") > version("9.3.6"));
        assert!(version("6.0.1") > version("6"));
        assert!(version("4.9") < version("4.10"));
        assert_eq!(version("6"), version("6.0.0"));
    }

    #[test]
    fn versions_read_back_what_they_print() {
        for (text, printed) in [
            ("6", "6.0"),
            ("10.3", "10.3"),
            ("4.52.1", "4.52.1"),
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.0.4", "1.2.0.4"),
        ] {
            assert_eq!(version(text).to_string(), printed);
            assert_eq!(version(printed), version(text));
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in
            ["", ".", "6.", ".6", "6..0", "+6", "-1", "6.0 ", "6.0a", "1.2.3.4.5", "4294967296", "\u{ff16}"]
        {
            assert_eq!(Version::parse(text), Err(VersionError), "{text:?}");
        }
    }

    #[test]
    fn names_are_visible_and_fit() {
        assert_eq!(DeviceName::parse("  Łucja – iPhone 13  ").unwrap().as_str(), "Łucja – iPhone 13");
        assert!(DeviceName::parse("Dom \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}").is_ok());
        assert!(DeviceName::parse(&"ż".repeat(64)).is_ok());
        assert_eq!(DeviceName::parse(&"ż".repeat(65)), Err(DeviceNameError::TooLong));
        assert_eq!(DeviceName::parse(" \t "), Err(DeviceNameError::Empty));
        for text in ["a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{0}b", "a\u{feff}b"] {
            assert_eq!(DeviceName::parse(text), Err(DeviceNameError::Invisible), "{text:?}");
        }
    }

    #[test]
    fn every_description_can_be_sent() {
        let longest = DeviceDescription {
            name: DeviceName::parse(&"ż".repeat(64)).unwrap(),
            ..phone(Platform::Android, "4294967295.4294967295.4294967295.4294967295", "1")
        };
        for device in [phone(Platform::Ios, "17.4", "1.2.3"), longest] {
            let info = DeviceInfo::from(&device);
            assert!(info.is_plain(), "{info:?}");
            assert_eq!(Platform::parse(info.platform.as_str()).unwrap(), device.platform);
            assert_eq!(version(&info.os_version), device.os_version);
            assert_eq!(version(&info.app_version), device.app_version);
        }
        assert!(!format!("{:?}", phone(Platform::Ios, "17.4", "1.0")).contains("Zosi"));
    }

    #[test]
    fn platforms_are_read_in_any_case() {
        assert_eq!(Platform::parse("Android"), Ok(Platform::Android));
        assert_eq!(Platform::parse("iOS"), Ok(Platform::Ios));
        assert_eq!(Platform::parse("symbian"), Err(UnknownPlatform));
    }
}
