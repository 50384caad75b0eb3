//! Puts disclosures back where their digests stand (RFC 9901 §7.1, step 3).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::path::{ClaimPath, PathStep};
use super::{Disclosure, MAX_DEPTH};

/// Claims that a holder must not be able to keep back (SD-JWT VC §2.2.2.2).
const ALWAYS_OPEN: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd_alg"];

/// The payload with its disclosures in place.
#[derive(Clone, PartialEq)]
pub(super) struct Unfolded {
    /// Without `_sd`, `...` and `_sd_alg`.
    pub(super) claims: Map<String, Value>,
    /// Where each disclosure went, in their order.
    pub(super) paths: Vec<ClaimPath>,
}

/// Opens `payload`.
pub(super) fn unfold(
    payload: &Map<String, Value>,
    disclosures: &[Disclosure],
) -> Result<Unfolded, UnfoldFault> {
    match payload.get("_sd_alg") {
        None => {}
        Some(Value::String(name)) if name == "sha-256" => {}
        Some(_) => return Err(UnfoldFault::HashAlgorithm),
    }
    let mut by_digest = HashMap::with_capacity(disclosures.len());
    for (index, disclosure) in disclosures.iter().enumerate() {
        if by_digest.insert(disclosure.digest(), index).is_some() {
            return Err(UnfoldFault::RepeatedDisclosure);
        }
    }
    let mut unfolding =
        Unfolding { disclosures, by_digest, seen: HashSet::new(), paths: vec![None; disclosures.len()] };
    let mut claims = unfolding.object(payload, None, 0)?;
    claims.shift_remove("_sd_alg");
    let paths: Option<Vec<ClaimPath>> = unfolding.paths.into_iter().collect();
    Ok(Unfolded { claims, paths: paths.ok_or(UnfoldFault::UnreferencedDisclosure)? })
}

struct Unfolding<'a> {
    disclosures: &'a [Disclosure],
    by_digest: HashMap<&'a str, usize>,
    /// Every digest met so far: none may stand there twice.
    seen: HashSet<String>,
    paths: Vec<Option<ClaimPath>>,
}

impl<'a> Unfolding<'a> {
    fn value(&mut self, value: &Value, at: &ClaimPath, depth: usize) -> Result<Value, UnfoldFault> {
        match value {
            Value::Object(members) => self.object(members, Some(at), depth).map(Value::Object),
            Value::Array(elements) => self.array(elements, at, depth).map(Value::Array),
            plain => Ok(plain.clone()),
        }
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        at: Option<&ClaimPath>,
        depth: usize,
    ) -> Result<Map<String, Value>, UnfoldFault> {
        let depth = deeper(depth)?;
        let below = |name: &str| at.map_or_else(|| ClaimPath::of(name), |at| at.member(name));
        let mut opened = Map::with_capacity(members.len());
        for (name, value) in members.iter().filter(|(name, _)| *name != "_sd") {
            if name == "..." {
                return Err(UnfoldFault::ReservedName);
            }
            opened.insert(name.clone(), self.value(value, &below(name), depth)?);
        }
        let digests = match members.get("_sd") {
            None => return Ok(opened),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(UnfoldFault::Digests),
        };
        for digest in digests {
            let Some((index, disclosure)) = self.disclosed(digest)? else { continue };
            let name = disclosure.name().ok_or(UnfoldFault::WrongKind)?;
            if opened.contains_key(name) {
                return Err(UnfoldFault::NameTaken);
            }
            if at.is_none() && ALWAYS_OPEN.contains(&name) {
                return Err(UnfoldFault::MustBeOpen);
            }
            let path = below(name);
            let value = self.value(disclosure.value(), &path, depth)?;
            opened.insert(name.to_owned(), value);
            self.place(index, path);
        }
        Ok(opened)
    }

    fn array(&mut self, elements: &[Value], at: &ClaimPath, depth: usize) -> Result<Vec<Value>, UnfoldFault> {
        let depth = deeper(depth)?;
        let mut opened = Vec::with_capacity(elements.len());
        for element in elements {
            let path = at.step(PathStep::Index(opened.len()));
            match element.as_object().and_then(|members| Some((members, members.get("...")?))) {
                None => opened.push(self.value(element, &path, depth)?),
                Some((members, _)) if members.len() > 1 => return Err(UnfoldFault::ReservedName),
                Some((_, digest)) => {
                    let Some((index, disclosure)) = self.disclosed(digest)? else { continue };
                    if disclosure.name().is_some() {
                        return Err(UnfoldFault::WrongKind);
                    }
                    opened.push(self.value(disclosure.value(), &path, depth)?);
                    self.place(index, path);
                }
            }
        }
        Ok(opened)
    }

    /// The disclosure behind a digest; none for a decoy, or for what the holder keeps back.
    fn disclosed(&mut self, digest: &Value) -> Result<Option<(usize, &'a Disclosure)>, UnfoldFault> {
        let digest = digest.as_str().ok_or(UnfoldFault::Digests)?;
        if !self.seen.insert(digest.to_owned()) {
            return Err(UnfoldFault::RepeatedDigest);
        }
        let index = self.by_digest.get(digest).copied();
        Ok(index.and_then(|index| Some((index, self.disclosures.get(index)?))))
    }

    fn place(&mut self, index: usize, path: ClaimPath) {
        if let Some(place) = self.paths.get_mut(index) {
            *place = Some(path);
        }
    }
}

fn deeper(depth: usize) -> Result<usize, UnfoldFault> {
    if depth >= MAX_DEPTH { Err(UnfoldFault::TooDeep) } else { Ok(depth + 1) }
}

/// Messages complete "cannot open disclosures: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfoldFault {
    /// `_sd_alg` is not `sha-256`.
    #[error("their hash algorithm is not supported")]
    HashAlgorithm,
    /// The same disclosure twice.
    #[error("one of them is there twice")]
    RepeatedDisclosure,
    /// The same digest twice.
    #[error("a digest is there twice")]
    RepeatedDigest,
    /// A disclosure that no digest stands for.
    #[error("one of them was not signed")]
    UnreferencedDisclosure,
    /// `_sd` is no array, or a digest is no text.
    #[error("a digest is malformed")]
    Digests,
    /// `...` where it must not be.
    #[error("a claim has a reserved name")]
    ReservedName,
    /// A member where an element belongs, or the other way round.
    #[error("one of them is not of its place's kind")]
    WrongKind,
    /// A disclosure for a claim that is there already.
    #[error("one of them repeats a claim")]
    NameTaken,
    /// A claim such as `exp` or `cnf` that its holder could keep back.
    #[error("a claim is hidden that must be open")]
    MustBeOpen,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("they are nested too deep")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn member(name: &str, value: Value) -> Disclosure {
        Disclosure::write([name.len() as u8; 16], Some(name), value)
    }

    fn element(value: Value) -> Disclosure {
        Disclosure::write([9; 16], None, value)
    }

    fn opened(payload: Value, disclosures: &[Disclosure]) -> Result<Value, UnfoldFault> {
        unfold(payload.as_object().unwrap(), disclosures).map(|unfolded| Value::Object(unfolded.claims))
    }

    #[test]
    fn members_elements_and_what_is_inside_them_come_back() {
        let street = member("street", json!("Długa 1"));
        let address = member("address", json!({"_sd": [street.digest()], "country": "PL"}));
        let first = element(json!(["x"]));
        let payload = json!({
            "_sd_alg": "sha-256",
            "_sd": [address.digest(), "a-decoy"],
            "list": ["plain", {"...": "another-decoy"}, {"...": first.digest()}],
        });
        let all = [street.clone(), address.clone(), first.clone()];
        let unfolded = unfold(payload.as_object().unwrap(), &all).unwrap();
        let expected = json!({"list": ["plain", ["x"]], "address": {"country": "PL", "street": "Długa 1"}});
        assert_eq!(Value::Object(unfolded.claims), expected);
        let paths: Vec<String> = unfolded.paths.iter().map(ClaimPath::to_string).collect();
        assert_eq!(paths, ["address.street", "address", "list[1]"]);
        assert_eq!(opened(payload.clone(), &[]).unwrap(), json!({"list": ["plain"]}));
        let orphan = opened(payload, &[street]);
        assert_eq!(orphan, Err(UnfoldFault::UnreferencedDisclosure), "what contains it is kept back");
    }

    #[test]
    fn every_departure_has_its_own_fault() {
        let a = member("a", json!(1));
        let digest = a.digest();
        let exp = member("exp", json!(1));
        let one = element(json!(1));
        let cases = [
            (json!({"_sd_alg": "sha-512"}), vec![], UnfoldFault::HashAlgorithm),
            (json!({"_sd_alg": null}), vec![], UnfoldFault::HashAlgorithm),
            (json!({"_sd": [digest]}), vec![a.clone(), a.clone()], UnfoldFault::RepeatedDisclosure),
            (json!({"_sd": [digest, digest]}), vec![a.clone()], UnfoldFault::RepeatedDigest),
            (json!({"_sd": ["d"], "b": [{"...": "d"}]}), vec![], UnfoldFault::RepeatedDigest),
            (json!({}), vec![a.clone()], UnfoldFault::UnreferencedDisclosure),
            (json!({"_sd": digest}), vec![], UnfoldFault::Digests),
            (json!({"_sd": [1]}), vec![], UnfoldFault::Digests),
            (json!({"b": [{"...": 1}]}), vec![], UnfoldFault::Digests),
            (json!({"...": "d"}), vec![], UnfoldFault::ReservedName),
            (json!({"b": [{"...": "d", "c": 1}]}), vec![], UnfoldFault::ReservedName),
            (json!({"_sd": [one.digest()]}), vec![one.clone()], UnfoldFault::WrongKind),
            (json!({"b": [{"...": digest}]}), vec![a.clone()], UnfoldFault::WrongKind),
            (json!({"_sd": [digest], "a": 2}), vec![a.clone()], UnfoldFault::NameTaken),
            (json!({"_sd": [exp.digest()]}), vec![exp.clone()], UnfoldFault::MustBeOpen),
        ];
        for (payload, disclosures, fault) in cases {
            assert_eq!(opened(payload.clone(), &disclosures), Err(fault), "{payload}");
        }
        assert!(opened(json!({"b": {"_sd": [exp.digest()]}}), &[exp]).is_ok(), "inside another claim");
    }

    #[test]
    fn disclosures_within_disclosures_end_somewhere() {
        let mut disclosures = vec![member("leaf", json!(1))];
        for _ in 0..MAX_DEPTH {
            let inner = disclosures.last().unwrap().digest().to_owned();
            disclosures.push(member("a", json!({"_sd": [inner]})));
        }
        let payload = json!({"_sd": [disclosures.last().unwrap().digest()]});
        assert_eq!(opened(payload, &disclosures), Err(UnfoldFault::TooDeep));
    }

    proptest! {
        #[test]
        fn any_shape_is_opened_without_panic(texts in prop::collection::vec("[a-z\\[\\]{}\":,_.1]{0,40}", 0..4)) {
            let payload = json!({"_sd": texts, "b": [{"...": texts.first()}]});
            let _ = opened(payload, &[]);
            for text in &texts {
                if let Ok(Value::Object(payload)) = serde_json::from_str(text) {
                    let _ = unfold(&payload, &[]);
                }
            }
        }
    }
}
