//! What an offer asks of the phone, so that a wallet can refuse before a code is spent (extension `mleg_requirements`).

use serde::{Deserialize, Serialize};

use super::credential::Platform;
use super::error::Reason;

/// Least versions, dotted numbers such as `10.3`; what is absent is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// Least Android version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_android: Option<String>,
    /// Least iOS version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ios: Option<String>,
    /// Least version of the wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_app: Option<String>,
}

/// What a phone falls short of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// [`Reason::OsTooOld`] or [`Reason::AppTooOld`].
    pub reason: Reason,
    /// The least version that would do, as the offer writes it.
    pub least: String,
}

impl Requirements {
    /// Why such a phone will not do, if it will not.
    ///
    /// Versions are compared number by number, missing ones counting as 0; a phone whose version is no number is too
    /// old, a platform that the requirements do not name is not judged.
    pub fn unmet_by(&self, platform: &Platform, os_version: &str, app_version: &str) -> Option<Unmet> {
        let least_os = match platform {
            Platform::Android => self.min_android.as_deref(),
            Platform::Ios => self.min_ios.as_deref(),
            Platform::Other(_) => None,
        };
        let unmet = |version: &str, least: Option<&str>, reason: Reason| {
            let least = least.filter(|least| older(version, least))?.to_owned();
            Some(Unmet { reason, least })
        };
        unmet(os_version, least_os, Reason::OsTooOld)
            .or_else(|| unmet(app_version, self.min_app.as_deref(), Reason::AppTooOld))
    }
}

fn older(version: &str, least: &str) -> bool {
    // A requirement that cannot be read is the issuer's mistake, not the pupil's.
    let Some(least) = numbers(least) else { return false };
    let Some(version) = numbers(version) else { return true };
    let width = version.len().max(least.len());
    let padded =
        |numbers: &[u32]| (0..width).map(|i| numbers.get(i).copied().unwrap_or(0)).collect::<Vec<_>>();
    padded(&version) < padded(&least)
}

/// `10.3.1-beta` → 10, 3, 1.
fn numbers(version: &str) -> Option<Vec<u32>> {
    let core = version.split(['-', '+', ' ']).next().unwrap_or_default();
    core.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_phone_is_judged_by_its_own_platform() {
        let requirements = Requirements {
            min_android: Some("6.0".into()),
            min_ios: Some("10.3".into()),
            min_app: Some("2.1".into()),
        };
        let cases = [
            (Platform::Android, "6.0", "2.1", None),
            (Platform::Android, "6", "2.1.0", None),
            (Platform::Android, "14", "10.0", None),
            (Platform::Android, "5.1.1", "2.1", Some((Reason::OsTooOld, "6.0"))),
            (Platform::Ios, "10.3.1-beta", "2.1", None),
            (Platform::Ios, "9.9", "2.1", Some((Reason::OsTooOld, "10.3"))),
            (Platform::Ios, "10.2.9", "2.1", Some((Reason::OsTooOld, "10.3"))),
            (Platform::Ios, "ten", "2.1", Some((Reason::OsTooOld, "10.3"))),
            (Platform::Ios, "17", "2.0.9", Some((Reason::AppTooOld, "2.1"))),
            (Platform::Other("harmony".into()), "1", "2.1", None),
        ];
        for (platform, os, app, expected) in cases {
            let expected = expected.map(|(reason, least)| Unmet { reason, least: least.to_owned() });
            assert_eq!(requirements.unmet_by(&platform, os, app), expected, "{platform:?} {os} {app}");
        }
        assert_eq!(Requirements::default().unmet_by(&Platform::Android, "x", "y"), None);
        let unreadable = Requirements { min_app: Some("latest".into()), ..Requirements::default() };
        assert_eq!(unreadable.unmet_by(&Platform::Android, "1", "1"), None);
    }

    #[test]
    fn only_what_is_asked_for_is_written() {
        let requirements = Requirements { min_ios: Some("10.3".into()), ..Requirements::default() };
        assert_eq!(serde_json::to_value(&requirements).unwrap(), json!({"min_ios": "10.3"}));
        assert!(serde_json::from_value::<Requirements>(json!({"min_ios": 10.3})).is_err());
        let read: Requirements = serde_json::from_value(json!({"min_ios": "10.3", "more": 1})).unwrap();
        assert_eq!(read, requirements);
    }
}
