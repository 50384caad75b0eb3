//! What of a query can be answered (OpenID4VP 1.0 §6.4): which credential for which part, and which claims of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{ClaimQuery, CredentialQuery, DcqlQuery};
use crate::sd_jwt::{ClaimPath, DC_SD_JWT};

/// A credential that somebody holds, as far as choosing needs to know it.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Its format.
    pub format: &'a str,
    /// Its type.
    pub vct: &'a str,
    /// Everything that it could disclose.
    pub claims: &'a Map<String, Value>,
    /// Identifiers of the keys of the authorities above it, base64url (`aki`, §6.1.1.1).
    pub authorities: &'a [String],
}

/// What one candidate can answer to one credential query: combinations of claims, the verifier's favourite first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Places in [`CredentialQuery::claims`].
    sets: Vec<BTreeSet<usize>>,
}

impl Offer {
    /// Whether the claim at `place` of the query is in every combination that can be answered: to refuse it is to refuse
    /// all.
    pub fn is_required(&self, place: usize) -> bool {
        self.sets.iter().all(|set| set.contains(&place))
    }

    /// The claims that may be disclosed at all.
    pub fn places(&self) -> BTreeSet<usize> {
        self.sets.iter().flatten().copied().collect()
    }

    /// The claims to disclose when those of `refused` are not to be: the first combination without them.
    ///
    /// `None` when no combination will do without.
    pub fn without(&self, refused: &BTreeSet<usize>) -> Option<&BTreeSet<usize>> {
        self.sets.iter().find(|set| set.is_disjoint(refused))
    }
}

/// One credential of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCredential {
    /// The place of its query in [`DcqlQuery::credentials`].
    pub query: usize,
    /// The place of the credential among the candidates.
    pub candidate: usize,
    /// What of it may be disclosed.
    pub offer: Offer,
    /// Whether the answer is none without it.
    pub required: bool,
}

/// An answer that is possible; nobody has agreed to it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The credentials, in the order of the query; at least one.
    pub credentials: Vec<PlannedCredential>,
}

/// Nothing that is held answers what is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no credential answers the query")]
pub struct NoAnswer;

impl DcqlQuery {
    /// How `held` answers this query; of equals the first.
    ///
    /// # Errors
    /// [`NoAnswer`] when something required cannot be answered, or nothing at all.
    pub fn plan(&self, held: &[Candidate<'_>]) -> Result<Plan, NoAnswer> {
        let answers: Vec<Option<(usize, Offer)>> = self
            .credentials
            .iter()
            .map(|query| {
                held.iter().enumerate().find_map(|(place, candidate)| Some((place, query.offer(candidate)?)))
            })
            .collect();
        let (wanted, required) = self.wanted(&answers)?;
        let planned = answers.into_iter().enumerate().filter(|(query, _)| wanted.contains(query));
        let credentials: Vec<PlannedCredential> = planned
            .filter_map(|(query, answer)| {
                let (candidate, offer) = answer?;
                Some(PlannedCredential { query, candidate, offer, required: required.contains(&query) })
            })
            .collect();
        if credentials.is_empty() { Err(NoAnswer) } else { Ok(Plan { credentials }) }
    }

    /// Whether an answer with credentials of these ids holds all that is required, and something at all.
    pub fn is_complete_with(&self, ids: &[&str]) -> bool {
        let answered = |credential: &CredentialQuery| ids.contains(&credential.id.as_str()).then_some(());
        let answers: Vec<Option<()>> = self.credentials.iter().map(answered).collect();
        !ids.is_empty() && self.wanted(&answers).is_ok()
    }

    /// Which queries are to be answered, and which of them must be (§6.4.2).
    fn wanted<T>(&self, answers: &[Option<T>]) -> Result<(BTreeSet<usize>, BTreeSet<usize>), NoAnswer> {
        let all: BTreeSet<usize> = (0..self.credentials.len()).collect();
        if self.credential_sets.is_empty() {
            let whole = answers.iter().all(Option::is_some);
            return if whole { Ok((all.clone(), all)) } else { Err(NoAnswer) };
        }
        let place = |id: &String| self.credentials.iter().position(|credential| credential.id == *id);
        let mut wanted = BTreeSet::new();
        let mut required = BTreeSet::new();
        for set in &self.credential_sets {
            let option = set.options.iter().find_map(|option| {
                let places: Option<BTreeSet<usize>> = option.iter().map(place).collect();
                places.filter(|places| {
                    places.iter().all(|&place| answers.get(place).is_some_and(Option::is_some))
                })
            });
            match option {
                Some(places) => {
                    if set.required {
                        required.extend(&places);
                    }
                    wanted.extend(places);
                }
                None if set.required => return Err(NoAnswer),
                None => {}
            }
        }
        Ok((wanted, required))
    }
}

impl CredentialQuery {
    /// What `candidate` can answer, if it is what is asked for and has the claims.
    pub fn offer(&self, candidate: &Candidate<'_>) -> Option<Offer> {
        if self.format != DC_SD_JWT || candidate.format != DC_SD_JWT {
            return None;
        }
        let sets = self.vct_values()?.contains(&candidate.vct).then(|| self.sets())?;
        if !self.authorities_agree(candidate.authorities) {
            return None;
        }
        let has =
            |place: &usize| self.claims.get(*place).is_some_and(|claim| claim.matches(candidate.claims));
        let sets: Vec<BTreeSet<usize>> = sets.into_iter().filter(|set| set.iter().all(has)).collect();
        (!sets.is_empty()).then_some(Offer { sets })
    }

    /// Whether `claims` answer this query: one combination is whole.
    pub fn is_answered_by(&self, claims: &Map<String, Value>) -> bool {
        let has = |place: &usize| self.claims.get(*place).is_some_and(|claim| claim.matches(claims));
        self.sets().iter().any(|set| set.iter().all(has))
    }

    /// The paths that are asked for.
    pub fn paths(&self) -> impl Iterator<Item = &ClaimPath> {
        self.claims.iter().map(|claim| &claim.path)
    }

    /// The combinations that will do; without claims the empty one.
    fn sets(&self) -> Vec<BTreeSet<usize>> {
        if self.claim_sets.is_empty() {
            return vec![(0..self.claims.len()).collect()];
        }
        let place = |id: &String| self.claims.iter().position(|claim| claim.id.as_ref() == Some(id));
        self.claim_sets.iter().map(|set| set.iter().filter_map(place).collect()).collect()
    }

    fn authorities_agree(&self, keys: &[String]) -> bool {
        self.trusted_authorities.is_empty()
            || self
                .trusted_authorities
                .iter()
                .any(|named| named.kind == "aki" && named.values.iter().any(|value| keys.contains(value)))
    }
}

impl ClaimQuery {
    /// Whether `claims` has this claim with a value that will do (§6.4.1).
    pub fn matches(&self, claims: &Map<String, Value>) -> bool {
        let found = self.path.find(claims);
        if self.values.is_empty() {
            !found.is_empty()
        } else {
            found.iter().any(|value| self.values.contains(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VCT: &str = "https://a.example/card";

    fn claims() -> Map<String, Value> {
        let claims = json!({"family_name": "Nowak", "age_equal_or_over": {"18": true, "24": false}, "school_name": "SP 12"});
        claims.as_object().unwrap().clone()
    }

    fn card(claims: &Map<String, Value>) -> Candidate<'_> {
        Candidate { format: DC_SD_JWT, vct: VCT, claims, authorities: &[] }
    }

    fn query(value: Value) -> DcqlQuery {
        DcqlQuery::from_value(&value).unwrap()
    }

    fn one(mut credential: Value) -> DcqlQuery {
        credential["id"] = json!("c");
        credential["format"] = json!("dc+sd-jwt");
        if credential.get("meta").is_none() {
            credential["meta"] = json!({"vct_values": ["https://other.example", VCT]});
        }
        query(json!({"credentials": [credential]}))
    }

    /// Which claims would be disclosed if those of `refused` are not to be.
    fn disclosed(query: &DcqlQuery, refused: &[usize]) -> Option<Vec<usize>> {
        let claims = claims();
        let plan = query.plan(&[card(&claims)]).ok()?;
        let set = plan.credentials[0].offer.without(&refused.iter().copied().collect())?;
        Some(set.iter().copied().collect())
    }

    #[test]
    fn without_sets_all_claims_or_nothing() {
        let both = one(json!({"claims": [{"path": ["family_name"]}, {"path": ["school_name"]}]}));
        assert_eq!(disclosed(&both, &[]), Some(vec![0, 1]));
        assert_eq!(disclosed(&both, &[1]), None);
        let missing = one(json!({"claims": [{"path": ["family_name"]}, {"path": ["shoe_size"]}]}));
        assert_eq!(disclosed(&missing, &[]), None);
        assert_eq!(disclosed(&one(json!({})), &[]), Some(vec![]), "a query without claims asks for none");
    }

    #[test]
    fn of_sets_the_first_that_can_be_and_that_nobody_refused() {
        let query = one(json!({
            "claims": [
                {"id": "x", "path": ["shoe_size"]}, {"id": "n", "path": ["family_name"]}, {"id": "s", "path": ["school_name"]},
            ],
            "claim_sets": [["x", "n"], ["n", "s"], ["n"]],
        }));
        assert_eq!(disclosed(&query, &[]), Some(vec![1, 2]));
        assert_eq!(disclosed(&query, &[2]), Some(vec![1]));
        assert_eq!(disclosed(&query, &[1]), None);
        let claims = claims();
        let offer = query.plan(&[card(&claims)]).unwrap().credentials.remove(0).offer;
        assert!(offer.is_required(1) && !offer.is_required(2));
        assert_eq!(offer.places(), BTreeSet::from([1, 2]), "what cannot be answered is not even shown");
    }

    #[test]
    fn values_types_formats_and_authorities_must_agree() {
        let age =
            |values: Value| one(json!({"claims": [{"path": ["age_equal_or_over", "18"], "values": values}]}));
        assert!(disclosed(&age(json!([true])), &[]).is_some());
        assert!(disclosed(&age(json!([false, 1, "true"])), &[]).is_none());
        assert!(disclosed(&one(json!({"meta": {"vct_values": ["https://other.example"]}})), &[]).is_none());
        let mdoc =
            query(json!({"credentials": [{"id": "c", "format": "mso_mdoc", "meta": {"vct_values": [VCT]}}]}));
        assert!(disclosed(&mdoc, &[]).is_none());
        let by = |kind: &str| one(json!({"trusted_authorities": [{"type": kind, "values": ["a2V5"]}]}));
        let (claims, keys) = (claims(), ["a2V5".to_owned()]);
        let known = Candidate { authorities: &keys, ..card(&claims) };
        assert!(by("aki").plan(&[known]).is_ok());
        assert!(by("aki").plan(&[card(&claims)]).is_err());
        assert!(by("etsi_tl").plan(&[known]).is_err());
    }

    #[test]
    fn credential_sets_choose_alternatives_and_leave_out_what_is_optional() {
        let credential = |id: &str, name: &str| json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": [{"path": [name]}]});
        let all = json!([
            credential("a", "shoe_size"),
            credential("b", "family_name"),
            credential("c", "school_name")
        ]);
        let plan = |sets: Value| {
            let mut value = json!({"credentials": all});
            if !sets.is_null() {
                value["credential_sets"] = sets;
            }
            let claims = claims();
            let plan = query(value).plan(&[card(&claims)]).ok()?;
            Some(plan.credentials.iter().map(|planned| (planned.query, planned.required)).collect::<Vec<_>>())
        };
        assert_eq!(plan(Value::Null), None, "a cannot be answered, and all are wanted");
        assert_eq!(plan(json!([{"options": [["a"], ["b"]]}])), Some(vec![(1, true)]));
        assert_eq!(
            plan(json!([{"options": [["b"]]}, {"options": [["c"]], "required": false}])),
            Some(vec![(1, true), (2, false)])
        );
        assert_eq!(
            plan(json!([{"options": [["b"]]}, {"options": [["a"]], "required": false}])),
            Some(vec![(1, true)])
        );
        assert_eq!(plan(json!([{"options": [["a", "b"]]}])), None);
        assert_eq!(plan(json!([{"options": [["a"]], "required": false}])), None, "nothing is no answer");
        let either =
            query(json!({"credentials": all, "credential_sets": [{"options": [["a"], ["b", "c"]]}]}));
        for (ids, complete) in
            [(vec!["a"], true), (vec!["b"], false), (vec!["b", "c"], true), (vec![], false)]
        {
            assert_eq!(either.is_complete_with(&ids), complete, "{ids:?}");
        }
    }
}
