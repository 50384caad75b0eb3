//! The issuer hides claims and signs what is left (RFC 9901 §5).

use std::fmt;

use aws_lc_rs::hmac;
use serde::Serialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::path::{ClaimPath, PathStep};
use super::unverified::joined;
use super::{DC_SD_JWT, Disclosure};
use crate::jose::jws::{ES256, SigningInput};
use crate::jose::x5c::to_header;

/// From which every salt of one credential follows, so that its disclosures need not be stored.
///
/// Whoever knows it can guess claims from digests: it is a secret of the issuer's.
#[derive(Clone)]
pub struct SaltSeed(Zeroizing<[u8; 32]>);

impl SaltSeed {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// 128 bits for the claim at `path`: HMAC-SHA-256 of its path as JSON, cut.
    pub fn salt(&self, path: &ClaimPath) -> [u8; 16] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let tag = hmac::sign(&key, json!(["sd-jwt salt", path]).to_string().as_bytes());
        let mut salt = [0; 16];
        salt.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        salt
    }
}

impl fmt::Debug for SaltSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaltSeed(…)")
    }
}

/// Claims of which some are hidden, not signed yet.
#[derive(Clone, PartialEq)]
pub struct Unsigned {
    payload: Map<String, Value>,
    disclosures: Vec<Disclosure>,
}

impl Unsigned {
    /// Hides the claims at `hidden`, each with the salt that `salt` gives it. What lies inside another hidden claim
    /// is hidden first, so that either can be shown. Digests are sorted: their order tells nothing.
    ///
    /// # Errors
    /// [`IssueError::NoSuchClaim`] when a path leads nowhere; a path must not hold [`PathStep::Every`].
    pub fn new(
        claims: Map<String, Value>,
        hidden: &[ClaimPath],
        salt: impl Fn(&ClaimPath) -> [u8; 16],
    ) -> Result<Self, IssueError> {
        let mut payload = Value::Object(claims);
        let mut disclosures = Vec::with_capacity(hidden.len());
        let mut paths: Vec<&ClaimPath> = hidden.iter().collect();
        paths.sort_by_key(|path| std::cmp::Reverse(path.steps().len()));
        for path in paths {
            let missing = || IssueError::NoSuchClaim(path.clone());
            let (last, above) = path.steps().split_last().ok_or_else(missing)?;
            let parent = above.iter().try_fold(&mut payload, |value, step| match step {
                PathStep::Name(name) => value.get_mut(name),
                PathStep::Index(index) => value.get_mut(index),
                PathStep::Every => None,
            });
            let disclosure = match (parent.ok_or_else(missing)?, last) {
                (Value::Object(members), PathStep::Name(name)) => {
                    let value = members.shift_remove(name).ok_or_else(missing)?;
                    let disclosure = Disclosure::write(salt(path), Some(name), value);
                    let digests = members.entry("_sd").or_insert_with(|| json!([]));
                    digests.as_array_mut().ok_or_else(missing)?.push(json!(disclosure.digest()));
                    disclosure
                }
                (Value::Array(elements), PathStep::Index(index)) => {
                    let element = elements.get_mut(*index).ok_or_else(missing)?;
                    let disclosure = Disclosure::write(salt(path), None, element.take());
                    *element = json!({"...": disclosure.digest()});
                    disclosure
                }
                _ => return Err(missing()),
            };
            disclosures.push(disclosure);
        }
        sort_digests(&mut payload);
        let Value::Object(mut payload) = payload else { return Err(IssueError::Serialize) };
        payload.insert("_sd_alg".to_owned(), json!("sha-256"));
        Ok(Self { payload, disclosures })
    }

    /// What will be signed.
    pub fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// Signs as a [`DC_SD_JWT`] with `x5c` (DER, the signer's certificate first, without the root). `sign` makes
    /// ES256 over the bytes: `r || s`.
    ///
    /// # Errors
    /// Whatever `sign` fails with.
    pub fn sign<E>(
        self,
        x5c: &[Vec<u8>],
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<Issued, SignError<E>> {
        self.sign_under(&json!({"alg": ES256, "typ": DC_SD_JWT, "x5c": to_header(x5c)}), sign)
    }

    pub(super) fn sign_under<E>(
        self,
        header: &impl Serialize,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<Issued, SignError<E>> {
        let input = SigningInput::new(header, &self.payload).map_err(|_| SignError::Serialize)?;
        let signature = sign(input.as_bytes()).map_err(SignError::Sign)?;
        Ok(Issued { jwt: input.finish(signature), disclosures: self.disclosures })
    }

    /// Puts the same claims under a JWT that was signed before: the text that was handed out then.
    ///
    /// The caller keeps the JWT and the seed; [`super::UnverifiedSdJwt::parse`] refuses the result should they
    /// not belong together.
    pub fn under(self, jwt: String) -> Issued {
        Issued { jwt, disclosures: self.disclosures }
    }
}

fn sort_digests(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(digests)) = members.get_mut("_sd") {
                digests.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
            members.values_mut().for_each(sort_digests);
        }
        Value::Array(elements) => elements.iter_mut().for_each(sort_digests),
        _ => {}
    }
}

/// Personal data.
impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsigned({} disclosures)", self.disclosures.len())
    }
}

/// A signed SD-JWT with all its disclosures.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    jwt: String,
    disclosures: Vec<Disclosure>,
}

impl Issued {
    /// The signed part alone.
    pub fn jwt(&self) -> &str {
        &self.jwt
    }

    /// All disclosures.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// As it travels: `<JWT>~<disclosure>~…~`.
    pub fn to_text(&self) -> String {
        joined(&self.jwt, &self.disclosures)
    }
}

/// Personal data.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issued({} disclosures)", self.disclosures.len())
    }
}

/// Messages complete "cannot hide claims: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Nothing to hide there.
    #[error("there is no claim {0}")]
    NoSuchClaim(ClaimPath),
    /// The claims are no JSON object.
    #[error("they cannot be written as JSON")]
    Serialize,
}

/// Messages complete "cannot sign: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError<E> {
    /// The claims cannot be written as JSON.
    #[error("claims cannot be written as JSON")]
    Serialize,
    /// The holder of the key failed.
    #[error("{0}")]
    Sign(E),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sd_jwt::{UnverifiedSdJwt, sample};

    fn hide(claims: Value, paths: &[Value]) -> Result<Unsigned, IssueError> {
        let paths: Vec<ClaimPath> =
            paths.iter().map(|path| serde_json::from_value(path.clone()).unwrap()).collect();
        let seed = SaltSeed::new([1; 32]);
        Unsigned::new(claims.as_object().unwrap().clone(), &paths, |path| seed.salt(path))
    }

    #[test]
    fn what_is_hidden_is_read_back_at_its_place() {
        let claims = json!({"vct": "x", "a": {"b": {"c": 1}, "d": [10, 20]}, "e": "f"});
        let hidden = [json!(["a", "b"]), json!(["a", "b", "c"]), json!(["a", "d", 1]), json!(["e"])];
        let unsigned = hide(claims.clone(), &hidden).unwrap();
        let shown = Value::Object(unsigned.payload().clone()).to_string();
        assert!(!shown.contains("20") && !shown.contains("\"c\"") && !shown.contains("\"f\""), "{shown}");
        let issued = sample::sign_unsigned(unsigned);
        let read = UnverifiedSdJwt::parse(&issued.to_text()).unwrap();
        assert_eq!(Value::Object(read.unverified_claims().all().clone()), claims);
        assert_eq!(read.disclosures().len(), hidden.len());
    }

    #[test]
    fn the_same_seed_gives_the_same_disclosures_and_another_gives_none_of_them() {
        let texts = |seed: u8| -> Vec<String> {
            let seed = SaltSeed::new([seed; 32]);
            let unsigned =
                Unsigned::new(sample::claims(), &sample::hidden(), |path| seed.salt(path)).unwrap();
            unsigned.disclosures.iter().map(|one| one.as_str().to_owned()).collect()
        };
        assert_eq!(texts(1), texts(1));
        assert!(texts(2).iter().all(|text| !texts(1).contains(text)));
    }

    #[test]
    fn digests_stand_in_an_order_that_tells_nothing() {
        let issued = Unsigned::new(sample::claims(), &sample::hidden(), |_| [3; 16]).unwrap();
        let digests: Vec<&str> =
            issued.payload()["_sd"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(digests.len() > 1 && digests.is_sorted());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for path in
            [json!(["x"]), json!(["a", 0]), json!(["a", null]), json!(["list", 5]), json!(["list", "x"])]
        {
            let refused = hide(json!({"a": {"b": 1}, "list": [1]}), std::slice::from_ref(&path));
            assert!(matches!(refused, Err(IssueError::NoSuchClaim(_))), "{path}");
        }
    }

    #[test]
    fn the_seed_is_wiped_when_it_is_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&SaltSeed::new([1; 32]).0);
    }
}
