//! The Digital Credentials Query Language (OpenID4VP 1.0 §6), with limits.

mod plan;
mod read;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::plan::{Candidate, NoAnswer, Offer, Plan, PlannedCredential};
pub use self::read::DcqlError;
use crate::sd_jwt::{ClaimPath, DC_SD_JWT};

/// The longest query, in bytes of JSON.
pub const MAX_QUERY_LENGTH: usize = 16 * 1024;
/// The most credentials that are asked for.
pub const MAX_CREDENTIALS: usize = 16;
/// The most claims that are asked of one credential.
pub const MAX_CLAIMS: usize = 64;
/// The most combinations of claims, or of credentials.
pub const MAX_SETS: usize = 64;
/// The most values that a claim may be compared with, and the most names of a type.
pub const MAX_VALUES: usize = 32;
/// The longest identifier inside a query, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

/// What a verifier asks. Only [`DcqlQuery::parse`] and the presets make one, so its references lead somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DcqlQuery {
    credentials: Vec<CredentialQuery>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credential_sets: Vec<CredentialSet>,
}

/// One credential that is asked for (§6.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CredentialQuery {
    /// What the answer names it.
    pub id: String,
    /// Its format, [`DC_SD_JWT`] where this project can answer.
    pub format: String,
    /// What it must be, as the format defines; `vct_values` for `dc+sd-jwt` (appendix B.3.5).
    pub meta: Map<String, Value>,
    /// Whether more than one may be given. Our phone gives one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    /// Whether a key binding is wanted; so unless somebody says otherwise.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub require_cryptographic_holder_binding: bool,
    /// Whose credentials will do (§6.1.1); empty for anybody's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_authorities: Vec<TrustedAuthorities>,
    /// Which claims; empty for those alone that cannot be withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimQuery>,
    /// Which combinations of claims will do, the preferred one first; empty when all claims are wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claim_sets: Vec<Vec<String>>,
}

/// Authorities, of which one must have issued the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct TrustedAuthorities {
    /// How they are named; this project knows `aki`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Their names.
    pub values: Vec<String>,
}

/// One claim that is asked for (§6.3).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimQuery {
    /// What claim sets name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it is.
    pub path: ClaimPath,
    /// Which values will do: strings, whole numbers, booleans; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// Alternatives among the credentials (§6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialSet {
    /// Ids of credentials that will do together, the preferred combination first.
    pub options: Vec<Vec<String>>,
    /// Whether the verifier insists.
    pub required: bool,
    /// What for, as drafts of the standard let verifiers say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

impl DcqlQuery {
    /// What is asked for.
    pub fn credentials(&self) -> &[CredentialQuery] {
        &self.credentials
    }

    /// The alternatives among them; empty when all are wanted.
    pub fn credential_sets(&self) -> &[CredentialSet] {
        &self.credential_sets
    }

    /// The credential of this id.
    pub fn credential(&self, id: &str) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|credential| credential.id == id)
    }

    /// What for, if the query says so.
    pub fn purpose(&self) -> Option<&str> {
        self.credential_sets.iter().find_map(|set| set.purpose.as_deref())
    }
}

impl CredentialQuery {
    /// A query for an SD-JWT of one of `types` with `claims`, of which those in `optional` may be refused one by one.
    pub(crate) fn sd_jwt(id: &str, types: &[&str], claims: &[ClaimPath], optional: &[ClaimPath]) -> Self {
        let named = |path: &ClaimPath| ClaimQuery {
            id: (!optional.is_empty()).then(|| claim_id(path)),
            path: path.clone(),
            values: Vec::new(),
        };
        let all: Vec<&ClaimPath> = claims.iter().chain(optional).collect();
        let sets = if optional.is_empty() { Vec::new() } else { subsets(claims, optional) };
        Self {
            id: id.to_owned(),
            format: DC_SD_JWT.to_owned(),
            meta: Map::from_iter([("vct_values".to_owned(), Value::from(types))]),
            multiple: false,
            require_cryptographic_holder_binding: true,
            trusted_authorities: Vec::new(),
            claims: all.into_iter().map(named).collect(),
            claim_sets: sets,
        }
    }

    /// The same where of the claim at `path` only `value` will do.
    pub(crate) fn wanting(mut self, path: &ClaimPath, value: Value) -> Self {
        if let Some(claim) = self.claims.iter_mut().find(|claim| claim.path == *path) {
            claim.values = vec![value];
        }
        self
    }

    /// The types that will do; `None` when the query names none.
    pub fn vct_values(&self) -> Option<Vec<&str>> {
        let values = self.meta.get("vct_values")?.as_array()?;
        Some(values.iter().filter_map(Value::as_str).collect())
    }
}

fn claim_id(path: &ClaimPath) -> String {
    path.to_string().replace(['.', '[', ']', '*'], "_")
}

/// Every combination with all of `claims` and some of `optional`, the fullest first.
fn subsets(claims: &[ClaimPath], optional: &[ClaimPath]) -> Vec<Vec<String>> {
    let mut masks: Vec<u32> = (0..1_u32 << optional.len().min(6)).collect();
    masks.sort_by_key(|mask| (std::cmp::Reverse(mask.count_ones()), *mask));
    let with = |mask: u32| {
        let kept = optional
            .iter()
            .enumerate()
            .filter(move |(place, _)| mask >> place & 1 == 1)
            .map(|(_, path)| path);
        claims.iter().chain(kept).map(claim_id).collect()
    };
    masks.into_iter().map(with).collect()
}
