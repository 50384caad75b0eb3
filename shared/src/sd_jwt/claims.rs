//! What an SD-JWT says once its disclosures are put back: the registered claims read, the others as they came.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::path::ClaimPath;
use super::unfold::Unfolded;
use super::unverified::SdJwtFault;
use crate::jose::jwk::PublicJwk;
use crate::jose::numeric_date::NumericDate;
use crate::status::StatusReference;

/// The claims, those that the holder disclosed among them.
#[derive(Clone, PartialEq)]
pub struct Claims {
    all: Map<String, Value>,
    disclosed: Vec<ClaimPath>,
    issuer: Option<String>,
    credential_type: Option<String>,
    issued_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    holder_key: Option<PublicJwk>,
    status: Option<StatusReference>,
}

impl Claims {
    pub(super) fn read(unfolded: &Unfolded) -> Result<Self, SdJwtFault> {
        let all = unfolded.claims.clone();
        let date = |name| read::<NumericDate>(&all, name).map(|date| date.map(NumericDate::timestamp));
        Ok(Self {
            issuer: read(&all, "iss")?,
            credential_type: read(&all, "vct")?,
            issued_at: date("iat")?,
            not_before: date("nbf")?,
            expires_at: date("exp")?,
            holder_key: read::<Confirmation>(&all, "cnf")?
                .and_then(|cnf| PublicJwk::from_value(&cnf.jwk?).ok()),
            status: read::<Status>(&all, "status")?.and_then(|status| status.status_list),
            disclosed: unfolded.paths.clone(),
            all,
        })
    }

    /// All of them, registered ones included.
    pub fn all(&self) -> &Map<String, Value> {
        &self.all
    }

    /// The first value that `path` leads to.
    pub fn at(&self, path: &ClaimPath) -> Option<&Value> {
        path.find(&self.all).into_iter().next()
    }

    /// A text at the top.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str)
    }

    /// The claims that came as disclosures: what the holder has chosen to show.
    pub fn disclosed(&self) -> &[ClaimPath] {
        &self.disclosed
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// `vct`: what kind of credential it is.
    pub fn credential_type(&self) -> Option<&str> {
        self.credential_type.as_deref()
    }

    /// `iat`.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// `nbf`: valid from this instant on.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// `exp`: valid until just before this instant.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// `cnf.jwk`: the key whose holder may present it; none for keys that are not on P-256.
    pub fn holder_key(&self) -> Option<&PublicJwk> {
        self.holder_key.as_ref()
    }

    /// `status.status_list`: where its revocation would show.
    pub fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }
}

/// Personal data.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("disclosed", &self.disclosed).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Status {
    status_list: Option<StatusReference>,
}

/// Other ways to name a key (RFC 7800) and other kinds of keys are no fault; nobody can prove them here.
#[derive(Deserialize)]
struct Confirmation {
    jwk: Option<Value>,
}

fn read<T: DeserializeOwned>(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<T>, SdJwtFault> {
    claims
        .get(name)
        .map(|value| serde_json::from_value(value.clone()).map_err(|_| SdJwtFault::Claim(name)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::status::StatusClaim;

    fn claims(value: Value) -> Result<Claims, SdJwtFault> {
        let Value::Object(claims) = value else { panic!("claims are an object") };
        Claims::read(&Unfolded { claims, paths: vec![] })
    }

    #[test]
    fn registered_claims_of_a_wrong_type_are_refused_by_name() {
        for (name, value) in [
            ("iss", json!(1)),
            ("vct", json!(null)),
            ("exp", json!("1")),
            ("nbf", json!({})),
            ("iat", json!(1e300)),
            ("cnf", json!("key")),
            ("status", json!({"status_list": {"idx": -1, "uri": "u"}})),
        ] {
            assert_eq!(claims(json!({name: value})).map(|_| ()), Err(SdJwtFault::Claim(name)), "{value}");
        }
    }

    #[test]
    fn a_status_reference_is_read_as_it_is_written() {
        let status = StatusReference { idx: 7, uri: "http://pki.example/pki/status/1".into() };
        let claim = StatusClaim { status_list: status.clone() };
        let read = claims(json!({"status": claim, "exp": 10})).unwrap();
        assert_eq!(read.status(), Some(&status));
        assert_eq!(read.expires_at(), Timestamp::from_second(10).ok());
        assert_eq!(claims(json!({"status": {"other": 1}})).unwrap().status(), None, "another mechanism");
        let off_curve = json!({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}});
        for cnf in [json!({"kid": "x"}), off_curve, json!({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}})]
        {
            assert_eq!(claims(json!({"cnf": cnf})).unwrap().holder_key(), None, "no key of ours");
        }
    }
}
