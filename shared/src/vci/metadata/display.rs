//! How issuers and credentials are shown, in which language (OpenID4VCI 1.0 §12.2.4, Appendices B.2 and C).

use serde::{Deserialize, Serialize};

/// One step of a claims path pointer (Appendix C).
pub use crate::sd_jwt::PathStep;

/// How a credential is shown to its holder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMetadata {
    /// Its names, one per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimDescription>,
}

/// A name in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Language tag (BCP 47): `pl`, `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// CSS colour of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
    /// CSS colour of the writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_color: Option<String>,
}

impl Display {
    /// A name in the language `locale`.
    pub fn new(locale: &str, name: &str) -> Self {
        Self { name: Some(name.to_owned()), locale: Some(locale.to_owned()), ..Self::default() }
    }
}

/// One piece of data in a credential (Appendix B.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDescription {
    /// Where it is (Appendix C).
    pub path: Vec<PathStep>,
    /// Whether every such credential has it.
    #[serde(default)]
    pub mandatory: bool,
    /// Its names, one per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
}

impl ClaimDescription {
    /// A member named `name` at the top, with its Polish and English names.
    pub fn new(name: &str, mandatory: bool, pl: &str, en: &str) -> Self {
        Self {
            path: vec![PathStep::Name(name.to_owned())],
            mandatory,
            display: vec![Display::new("pl", pl), Display::new("en", en)],
        }
    }
}

impl ClaimDescription {
    /// A claim of the card, as every copy has it.
    pub fn of(claim: crate::card_claims::Described) -> Self {
        Self {
            path: claim.path.steps().to_vec(),
            mandatory: true,
            display: vec![Display::new("pl", &claim.pl), Display::new("en", &claim.en)],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_written_and_read_member_by_member() {
        let claim = ClaimDescription::new("given_name", true, "Imię", "Given name");
        let wire = json!({
            "path": ["given_name"],
            "mandatory": true,
            "display": [{"name": "Imię", "locale": "pl"}, {"name": "Given name", "locale": "en"}],
        });
        assert_eq!(serde_json::to_value(&claim).unwrap(), wire);
        assert_eq!(serde_json::from_value::<ClaimDescription>(wire).unwrap(), claim);
    }

    #[test]
    fn paths_of_every_kind_are_read() {
        let wire = json!({"path": ["degrees", null, 0, "type"]});
        let claim: ClaimDescription = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(claim.path[1..3], [PathStep::Every, PathStep::Index(0)]);
        assert!(!claim.mandatory);
        assert_eq!(serde_json::to_value(&claim.path).unwrap(), wire["path"]);
        for wrong in [
            json!({"path": "name"}),
            json!({"path": [-1]}),
            json!({"path": [{}]}),
            json!({}),
            json!({"path": [], "mandatory": "yes"}),
        ] {
            assert!(serde_json::from_value::<ClaimDescription>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_display_may_hold_more_than_is_read() {
        let wire = json!({"name": "Card", "locale": "en", "logo": {"uri": "data:"}, "text_color": "#fff"});
        let display: Display = serde_json::from_value(wire).unwrap();
        assert_eq!(
            serde_json::to_value(&display).unwrap(),
            json!({"name": "Card", "locale": "en", "text_color": "#fff"})
        );
        assert!(serde_json::from_value::<Display>(json!({"name": 1})).is_err());
    }
}
