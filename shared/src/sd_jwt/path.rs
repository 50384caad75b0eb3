//! Which claim: the claims path pointer of SD-JWT VC §4.6.1 and OpenID4VP 1.0 §7.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MAX_DEPTH;

/// One step from a claim to a claim inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathStep {
    /// The member of an object.
    Name(String),
    /// The element of an array, from 0.
    Index(usize),
    /// Every element of an array (`null`).
    Every,
}

/// The steps to a claim; one at least.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimPath(Vec<PathStep>);

impl ClaimPath {
    /// Takes the steps.
    ///
    /// # Errors
    /// [`NotAPath`] for none, or for more than claims can be nested.
    pub fn new(steps: Vec<PathStep>) -> Result<Self, NotAPath> {
        if steps.is_empty() || steps.len() > MAX_DEPTH { Err(NotAPath) } else { Ok(Self(steps)) }
    }

    /// A member of the whole.
    pub fn of(name: &str) -> Self {
        Self(vec![PathStep::Name(name.to_owned())])
    }

    /// The member `name` of what this leads to.
    pub fn member(&self, name: &str) -> Self {
        self.step(PathStep::Name(name.to_owned()))
    }

    pub(super) fn step(&self, step: PathStep) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The steps, one at least.
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    /// The name of the claim at the top that it begins with, if it begins with a name.
    pub fn top(&self) -> Option<&str> {
        match self.0.first() {
            Some(PathStep::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether one leads to the other: the shorter is how the longer begins, or they are equal.
    pub fn is_along(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| match (own, other) {
            (PathStep::Every, PathStep::Index(_)) | (PathStep::Index(_), PathStep::Every) => true,
            (own, other) => own == other,
        })
    }

    /// What it leads to in `claims`; several only through [`PathStep::Every`].
    pub fn find<'a>(
        &self,
        claims: &'a serde_json::Map<String, serde_json::Value>,
    ) -> Vec<&'a serde_json::Value> {
        let Some((PathStep::Name(first), rest)) = self.0.split_first() else { return Vec::new() };
        let mut found: Vec<_> = claims.get(first).into_iter().collect();
        for step in rest {
            found = found
                .into_iter()
                .flat_map(|value| -> Vec<_> {
                    match step {
                        PathStep::Name(name) => value.get(name).into_iter().collect(),
                        PathStep::Index(index) => value.get(index).into_iter().collect(),
                        PathStep::Every => {
                            value.as_array().map(|all| all.iter().collect()).unwrap_or_default()
                        }
                    }
                })
                .collect();
        }
        found
    }
}

/// `a.b[0].c`, for people and for the derivation of salts.
impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Name(name) if index == 0 => f.write_str(name)?,
                PathStep::Name(name) => write!(f, ".{name}")?,
                PathStep::Index(at) => write!(f, "[{at}]")?,
                PathStep::Every => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// Names of claims are no personal data.
impl fmt::Debug for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimPath({self})")
    }
}

impl Serialize for ClaimPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClaimPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Not a path to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("path to a claim has no steps or too many")]
pub struct NotAPath;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn path(json: Value) -> ClaimPath {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_path_is_written_as_queries_write_it() {
        let written = json!(["a", "b", 0, null]);
        assert_eq!(serde_json::to_value(path(written.clone())).unwrap(), written);
        assert_eq!(path(written).to_string(), "a.b[0][*]");
        for wrong in
            [json!([]), json!("a"), json!([-1]), json!([1.5]), json!([true]), json!(vec!["a"; MAX_DEPTH + 1])]
        {
            assert!(serde_json::from_value::<ClaimPath>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_finds_what_it_leads_to() {
        let claims = json!({"a": {"b": [1, {"c": 2}]}, "d": null});
        let claims = claims.as_object().unwrap();
        let cases = [
            (json!(["a", "b", 0]), vec![json!(1)]),
            (json!(["a", "b", null]), vec![json!(1), json!({"c": 2})]),
            (json!(["a", "b", null, "c"]), vec![json!(2)]),
            (json!(["d"]), vec![Value::Null]),
            (json!(["a", 0]), vec![]),
            (json!([0]), vec![]),
            (json!(["x", "y"]), vec![]),
        ];
        for (way, expected) in cases {
            let found: Vec<Value> = path(way.clone()).find(claims).into_iter().cloned().collect();
            assert_eq!(found, expected, "{way}");
        }
    }

    #[test]
    fn ways_lie_along_each_other_or_not() {
        assert!(path(json!(["a"])).is_along(&path(json!(["a", "b"]))));
        assert!(path(json!(["a", null, "c"])).is_along(&path(json!(["a", 3]))));
        assert!(!path(json!(["a", "b"])).is_along(&path(json!(["a", "c"]))));
        assert!(!path(json!(["a", 1])).is_along(&path(json!(["a", 2]))));
    }
}
