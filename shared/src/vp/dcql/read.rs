//! Reading a query: strict about what the standard says, silent about members that it does not know.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{
    ClaimQuery, CredentialQuery, CredentialSet, DcqlQuery, MAX_CLAIMS, MAX_CREDENTIALS, MAX_ID_LENGTH,
    MAX_QUERY_LENGTH, MAX_SETS, MAX_VALUES, TrustedAuthorities,
};
use crate::jose::json_object;
use crate::sd_jwt::{ClaimPath, DC_SD_JWT};

#[derive(Deserialize)]
struct RawQuery {
    credentials: Vec<RawCredential>,
    #[serde(default, deserialize_with = "present")]
    credential_sets: Option<Vec<RawSet>>,
}

#[derive(Deserialize)]
struct RawCredential {
    id: String,
    format: String,
    meta: Map<String, Value>,
    #[serde(default)]
    multiple: bool,
    #[serde(default = "yes")]
    require_cryptographic_holder_binding: bool,
    #[serde(default, deserialize_with = "present")]
    trusted_authorities: Option<Vec<TrustedAuthorities>>,
    #[serde(default, deserialize_with = "present")]
    claims: Option<Vec<RawClaim>>,
    #[serde(default, deserialize_with = "present")]
    claim_sets: Option<Vec<Vec<String>>>,
}

#[derive(Deserialize)]
struct RawClaim {
    id: Option<String>,
    path: ClaimPath,
    #[serde(default, deserialize_with = "present")]
    values: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct RawSet {
    options: Vec<Vec<String>>,
    #[serde(default = "yes")]
    required: bool,
    #[serde(default)]
    purpose: Option<Value>,
}

fn yes() -> bool {
    true
}

/// An empty list and a list that is not there mean different things; null means neither.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl DcqlQuery {
    /// Reads the JSON of a query.
    ///
    /// # Errors
    /// See [`DcqlError`].
    pub fn parse(json: &[u8]) -> Result<Self, DcqlError> {
        if json.len() > MAX_QUERY_LENGTH {
            return Err(DcqlError::TooLong);
        }
        let raw: RawQuery = json_object(json).ok_or(DcqlError::Malformed)?;
        Self::try_from(raw)
    }

    /// Reads a query that is part of another message.
    ///
    /// # Errors
    /// See [`DcqlError`].
    pub fn from_value(value: &Value) -> Result<Self, DcqlError> {
        let json = serde_json::to_vec(value).map_err(|_| DcqlError::Malformed)?;
        Self::parse(&json)
    }

    /// A query for one credential and everything that it asks.
    pub(crate) fn of(credential: CredentialQuery) -> Self {
        Self { credentials: vec![credential], credential_sets: Vec::new() }
    }
}

impl TryFrom<RawQuery> for DcqlQuery {
    type Error = DcqlError;

    fn try_from(raw: RawQuery) -> Result<Self, DcqlError> {
        bounded(&raw.credentials, MAX_CREDENTIALS)?;
        let credentials: Vec<CredentialQuery> =
            raw.credentials.into_iter().map(credential).collect::<Result<_, _>>()?;
        distinct(credentials.iter().map(|credential| credential.id.as_str()))?;
        let sets = raw.credential_sets;
        if let Some(sets) = &sets {
            bounded(sets, MAX_SETS)?;
        }
        let known = |id: &str| credentials.iter().any(|credential| credential.id == id);
        let credential_sets = sets
            .unwrap_or_default()
            .into_iter()
            .map(|set| credential_set(set, &known))
            .collect::<Result<_, _>>()?;
        Ok(Self { credentials, credential_sets })
    }
}

fn credential(raw: RawCredential) -> Result<CredentialQuery, DcqlError> {
    identifier(&raw.id)?;
    let claims = match raw.claims {
        Some(claims) => {
            bounded(&claims, MAX_CLAIMS)?;
            claims.into_iter().map(claim).collect::<Result<Vec<_>, _>>()?
        }
        None => Vec::new(),
    };
    distinct(claims.iter().filter_map(|claim| claim.id.as_deref()))?;
    let claim_sets = match raw.claim_sets {
        Some(sets) => {
            bounded(&sets, MAX_SETS)?;
            // §6.3: where there are sets, every claim has a name.
            if claims.is_empty() || claims.iter().any(|claim| claim.id.is_none()) {
                return Err(DcqlError::UnnamedClaim);
            }
            for set in &sets {
                bounded(set, MAX_CLAIMS)?;
                if set.iter().any(|id| !claims.iter().any(|claim| claim.id.as_ref() == Some(id))) {
                    return Err(DcqlError::UnknownReference);
                }
            }
            sets
        }
        None => Vec::new(),
    };
    let trusted_authorities = raw.trusted_authorities;
    if let Some(authorities) = &trusted_authorities {
        bounded(authorities, MAX_VALUES)?;
        authorities.iter().try_for_each(|authority| bounded(&authority.values, MAX_VALUES))?;
    }
    if raw.format == DC_SD_JWT {
        types(&raw.meta)?;
    }
    Ok(CredentialQuery {
        id: raw.id,
        format: raw.format,
        meta: raw.meta,
        multiple: raw.multiple,
        require_cryptographic_holder_binding: raw.require_cryptographic_holder_binding,
        trusted_authorities: trusted_authorities.unwrap_or_default(),
        claims,
        claim_sets,
    })
}

/// Appendix B.3.5: `vct_values` is required and holds texts.
fn types(meta: &Map<String, Value>) -> Result<(), DcqlError> {
    let types = meta.get("vct_values").and_then(Value::as_array).ok_or(DcqlError::NoType)?;
    bounded(types, MAX_VALUES)?;
    if types.iter().all(Value::is_string) { Ok(()) } else { Err(DcqlError::NoType) }
}

fn claim(raw: RawClaim) -> Result<ClaimQuery, DcqlError> {
    if let Some(id) = &raw.id {
        identifier(id)?;
    }
    let values = match raw.values {
        Some(values) => {
            bounded(&values, MAX_VALUES)?;
            let comparable =
                |value: &Value| value.is_string() || value.is_boolean() || value.is_i64() || value.is_u64();
            if !values.iter().all(comparable) {
                return Err(DcqlError::Value);
            }
            values
        }
        None => Vec::new(),
    };
    // A credential is an object: its claims begin with a name.
    if raw.path.top().is_none() {
        return Err(DcqlError::Malformed);
    }
    Ok(ClaimQuery { id: raw.id, path: raw.path, values })
}

fn credential_set(raw: RawSet, known: &impl Fn(&str) -> bool) -> Result<CredentialSet, DcqlError> {
    bounded(&raw.options, MAX_SETS)?;
    for option in &raw.options {
        bounded(option, MAX_CREDENTIALS)?;
        if !option.iter().all(|id| known(id)) {
            return Err(DcqlError::UnknownReference);
        }
    }
    // Drafts let verifiers say a text, a number or an object; a text alone means something to people.
    let purpose = raw.purpose.and_then(|purpose| purpose.as_str().map(str::to_owned));
    Ok(CredentialSet { options: raw.options, required: raw.required, purpose })
}

/// §6.1, §6.3: letters, digits, underscore and hyphen.
fn identifier(id: &str) -> Result<(), DcqlError> {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if plain && !id.is_empty() && id.len() <= MAX_ID_LENGTH { Ok(()) } else { Err(DcqlError::Identifier) }
}

fn bounded<T>(list: &[T], most: usize) -> Result<(), DcqlError> {
    match list.len() {
        0 => Err(DcqlError::Empty),
        length if length > most => Err(DcqlError::TooMany),
        _ => Ok(()),
    }
}

fn distinct<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), DcqlError> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(DcqlError::Repeated);
        }
    }
    Ok(())
}

/// Messages complete "cannot read query: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DcqlError {
    /// Longer than [`MAX_QUERY_LENGTH`].
    #[error("query is too long")]
    TooLong,
    /// Not JSON, a required member missing, a member of the wrong type, or no path.
    #[error("query is not JSON of the expected shape")]
    Malformed,
    /// A list that must hold something does not.
    #[error("a list of the query is empty")]
    Empty,
    /// A list is longer than this project reads.
    #[error("a list of the query is too long")]
    TooMany,
    /// Not letters, digits, underscores and hyphens.
    #[error("an identifier of the query is not one")]
    Identifier,
    /// Two credentials or two claims of one name.
    #[error("an identifier of the query comes twice")]
    Repeated,
    /// A set names what is not asked for.
    #[error("a set of the query names what the query does not ask for")]
    UnknownReference,
    /// Claim sets, but claims without names.
    #[error("a claim that sets choose from has no identifier")]
    UnnamedClaim,
    /// Neither text nor whole number nor boolean.
    #[error("a value of the query cannot be compared with")]
    Value,
    /// No `vct_values` for an SD-JWT.
    #[error("query does not say of which type the credential is")]
    NoType,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn wire() -> Value {
        json!({
            "credentials": [{
                "id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://a.example/card"]},
                "claims": [
                    {"id": "n", "path": ["family_name"]},
                    {"id": "a", "path": ["age_equal_or_over", "18"], "values": [true]},
                ],
                "claim_sets": [["n", "a"], ["n"]],
            }],
            "credential_sets": [{"options": [["card"]], "required": false}],
        })
    }

    fn parse(value: &Value) -> Result<DcqlQuery, DcqlError> {
        DcqlQuery::parse(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn the_wire_form_is_read_and_written_member_by_member() {
        assert_eq!(serde_json::to_value(parse(&wire()).unwrap()).unwrap(), wire());
        let mut decorated = wire();
        decorated["credentials"][0]["more"] = json!(1);
        decorated["credentials"][0]["claims"][0]["intent_to_retain"] = json!(true);
        assert_eq!(parse(&decorated), parse(&wire()));
    }

    #[test]
    fn the_specifications_examples_are_read() {
        // OpenID4VP 1.0 appendix D.
        let pid = json!({"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://credentials.example.com/identity_credential"]},
            "claims": [{"path": ["given_name"]}, {"path": ["family_name"]}, {"path": ["address", "street_address"]}]});
        let mdl = json!({"id": "mdl", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.7367.1.mVRC"},
            "claims": [{"path": ["org.iso.7367.1", "vehicle_holder"]}, {"path": ["org.iso.18013.5.1", "first_name"]}]});
        let query = json!({"credentials": [pid, mdl], "credential_sets": [
            {"options": [["pid"], ["mdl"]], "purpose": "Identification"}, {"required": false, "options": [["mdl"]]}]});
        let query = parse(&query).unwrap();
        assert_eq!(query.purpose(), Some("Identification"));
        assert!(query.credential_sets()[0].required && !query.credential_sets()[1].required);
        assert!(
            query
                .credential("mdl")
                .is_some_and(|mdl| mdl.claim_sets.is_empty() && mdl.require_cryptographic_holder_binding)
        );
    }

    #[test]
    fn every_wrong_query_is_refused_for_its_own_reason() {
        let with = |pointer: &str, new: Value| {
            let mut value = wire();
            *value.pointer_mut(pointer).unwrap() = new;
            value
        };
        let claim = json!({"id": "n", "path": ["a"]});
        let cases = [
            (json!([]), DcqlError::Malformed),
            (json!({}), DcqlError::Malformed),
            (with("/credentials", json!([])), DcqlError::Empty),
            (with("/credentials", json!(vec![wire()["credentials"][0].clone(); 17])), DcqlError::TooMany),
            (with("/credentials", json!(vec![wire()["credentials"][0].clone(); 2])), DcqlError::Repeated),
            (with("/credentials/0/id", json!("")), DcqlError::Identifier),
            (with("/credentials/0/id", json!("a b")), DcqlError::Identifier),
            (with("/credentials/0/id", json!("a".repeat(65))), DcqlError::Identifier),
            (with("/credentials/0/meta", json!({})), DcqlError::NoType),
            (with("/credentials/0/meta", json!({"vct_values": [1]})), DcqlError::NoType),
            (with("/credentials/0/meta", json!({"vct_values": []})), DcqlError::Empty),
            (with("/credentials/0/meta", json!(null)), DcqlError::Malformed),
            (with("/credentials/0/claims", json!([])), DcqlError::Empty),
            (with("/credentials/0/claims", json!(null)), DcqlError::Malformed),
            (with("/credentials/0/claims", json!([claim, claim])), DcqlError::Repeated),
            (with("/credentials/0/claims/0/path", json!([])), DcqlError::Malformed),
            (with("/credentials/0/claims/0/path", json!([0, "a"])), DcqlError::Malformed),
            (with("/credentials/0/claims/0/path", json!([null])), DcqlError::Malformed),
            (with("/credentials/0/claims/0/path", json!(["a", -1])), DcqlError::Malformed),
            (with("/credentials/0/claims/1/values", json!([])), DcqlError::Empty),
            (with("/credentials/0/claims/1/values", json!([1.5])), DcqlError::Value),
            (with("/credentials/0/claims/1/values", json!([null])), DcqlError::Value),
            (with("/credentials/0/claims", json!([{"path": ["a"]}])), DcqlError::UnnamedClaim),
            (with("/credentials/0/claim_sets", json!([["x"]])), DcqlError::UnknownReference),
            (with("/credentials/0/claim_sets", json!([[]])), DcqlError::Empty),
            (with("/credential_sets", json!([])), DcqlError::Empty),
            (with("/credential_sets/0/options", json!([["other"]])), DcqlError::UnknownReference),
        ];
        for (value, reason) in cases {
            assert_eq!(parse(&value).map(|_| ()), Err(reason), "{value}");
        }
        assert_eq!(DcqlQuery::parse(&vec![b' '; MAX_QUERY_LENGTH + 1]), Err(DcqlError::TooLong));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>(), pointer in 0_usize..8, text in any::<String>()) {
            let _ = DcqlQuery::parse(&bytes);
            let pointers = ["/credentials", "/credentials/0", "/credentials/0/claims/0/path", "/credentials/0/claims",
                "/credentials/0/meta/vct_values", "/credentials/0/claim_sets/0", "/credential_sets/0/options", "/credentials/0/id"];
            let mut value = wire();
            *value.pointer_mut(pointers[pointer]).unwrap() = json!(text);
            let _ = parse(&value);
        }
    }
}
