//! Claims paths (OpenID4VP 1.0 §7): which part of a credential is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most steps of a path.
pub const MAX_STEPS: usize = 8;

/// The longest name in a path, in bytes.
pub const MAX_NAME_LENGTH: usize = 128;

/// One step into a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// The member of this name.
    Member(String),
    /// The element at this place, counted from 0.
    Element(u32),
    /// Every element; `null` on the wire.
    Every(()),
}

/// A path of one to [`MAX_STEPS`] steps that begins at a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ClaimPath(Vec<Step>);

impl ClaimPath {
    /// Takes a path.
    ///
    /// # Errors
    /// [`NotAPath`] for none, too many or too long steps, and for a path that does not begin with a name: a credential is
    /// an object.
    pub fn new(steps: Vec<Step>) -> Result<Self, NotAPath> {
        let fits = |step: &Step| !matches!(step, Step::Member(name) if name.len() > MAX_NAME_LENGTH);
        let begins = matches!(steps.first(), Some(Step::Member(_)));
        if begins && steps.len() <= MAX_STEPS && steps.iter().all(fits) {
            Ok(Self(steps))
        } else {
            Err(NotAPath)
        }
    }

    /// The path of a member at the top.
    pub(crate) fn member(name: &str) -> Self {
        Self(vec![Step::Member(name.to_owned())])
    }

    /// The path of a member of a member at the top.
    pub(crate) fn nested(name: &str, inner: &str) -> Self {
        Self(vec![Step::Member(name.to_owned()), Step::Member(inner.to_owned())])
    }

    /// Its steps; at least one.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The name at the top that the path begins with.
    pub fn top(&self) -> &str {
        match self.0.first() {
            Some(Step::Member(name)) => name,
            _ => "",
        }
    }

    /// What the path leads to in `claims` (§7.1); nothing where it leads nowhere or a step does not fit.
    pub fn select<'a>(&self, claims: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![claims];
        for step in &self.0 {
            let mut next = Vec::new();
            for value in found {
                match step {
                    Step::Member(name) => next.extend(value.as_object().and_then(|object| object.get(name))),
                    Step::Element(place) => next
                        .extend(usize::try_from(*place).ok().and_then(|place| value.as_array()?.get(place))),
                    Step::Every(()) => next.extend(value.as_array().into_iter().flatten()),
                }
            }
            found = next;
        }
        found
    }
}

impl<'de> Deserialize<'de> for ClaimPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Dotted, for people and for the history: `age_equal_or_over.24`.
impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Member(name) => f.write_str(name)?,
                Step::Element(place) => write!(f, "{place}")?,
                Step::Every(()) => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

/// Not one to [`MAX_STEPS`] steps that begin with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("path of a claim is empty, too long, or does not begin with a name")]
pub struct NotAPath;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(value: Value) -> Result<ClaimPath, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn the_specifications_examples_select_what_it_says() {
        // OpenID4VP 1.0 §7.3.
        let claims = json!({
            "name": "Arthur Dent",
            "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
            "degrees": [
                {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
                {"type": "Master of Science", "university": "University of Betelgeuse"},
            ],
            "nationalities": ["British", "Betelgeusian"],
        });
        let cases = [
            (json!(["name"]), vec![json!("Arthur Dent")]),
            (json!(["address"]), vec![claims["address"].clone()]),
            (json!(["address", "street_address"]), vec![json!("42 Market Street")]),
            (
                json!(["degrees", null, "type"]),
                vec![json!("Bachelor of Science"), json!("Master of Science")],
            ),
            (json!(["nationalities", 1]), vec![json!("Betelgeusian")]),
            (json!(["nationalities", 2]), vec![]),
            (json!(["nationalities", "0"]), vec![]),
            (json!(["name", null]), vec![]),
            (json!(["name", 0]), vec![]),
        ];
        for (wire, expected) in cases {
            let found: Vec<Value> =
                path(wire.clone()).unwrap().select(&claims).into_iter().cloned().collect();
            assert_eq!(found, expected, "{wire}");
        }
    }

    #[test]
    fn only_short_paths_that_begin_with_a_name_are_paths() {
        let long = "a".repeat(MAX_NAME_LENGTH + 1);
        for wrong in [
            json!([]),
            json!("name"),
            json!([0]),
            json!([null]),
            json!(["a", -1]),
            json!(["a", 1.5]),
            json!(["a", {}]),
            json!(["a", true]),
            json!(vec!["a"; MAX_STEPS + 1]),
            json!([long]),
            json!(null),
        ] {
            assert!(path(wrong.clone()).is_err(), "{wrong}");
        }
        let good = json!(["a", null, 0, "b"]);
        let read = path(good.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), good);
        assert_eq!(read.to_string(), "a.*.0.b");
    }
}
