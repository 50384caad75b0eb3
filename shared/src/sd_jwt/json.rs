//! The JWS JSON serialization of SD-JWT (RFC 9901 §8), turned into the compact one.

use serde::Deserialize;

use super::MAX_LENGTH;
use super::unverified::SdJwtFault;
use crate::jose::json_object;

#[derive(Deserialize)]
struct Whole {
    payload: String,
    protected: Option<String>,
    signature: Option<String>,
    header: Option<Unprotected>,
    signatures: Option<Vec<One>>,
    // Where drafts of the standard had them, and the reference implementation still does.
    disclosures: Option<Vec<String>>,
    kb_jwt: Option<String>,
}

#[derive(Deserialize)]
struct One {
    protected: String,
    signature: String,
    header: Option<Unprotected>,
}

#[derive(Deserialize)]
struct Unprotected {
    disclosures: Option<Vec<String>>,
    kb_jwt: Option<String>,
}

/// The compact form of a flattened serialization, or of a general one with a single signature: `<JWT>~…~`, with the
/// key binding at its end if there is one. The key binding is over the compact form (RFC 9901 §8.1), so nothing is
/// lost; the result is as unverified as what came.
///
/// # Errors
/// [`SdJwtFault::TooLong`], or [`SdJwtFault::NotSdJwt`] when it is no such JSON or says one thing twice.
pub fn compact_from_json(json: &str) -> Result<String, SdJwtFault> {
    if json.len() > MAX_LENGTH {
        return Err(SdJwtFault::TooLong);
    }
    let whole: Whole = json_object(json.as_bytes()).ok_or(SdJwtFault::NotSdJwt)?;
    let (protected, signature, header) = match (whole.protected, whole.signature, whole.signatures) {
        (Some(protected), Some(signature), None) => (protected, signature, whole.header),
        (None, None, Some(signatures)) if whole.header.is_none() => {
            let [one] = <[One; 1]>::try_from(signatures).map_err(|_| SdJwtFault::NotSdJwt)?;
            (one.protected, one.signature, one.header)
        }
        _ => return Err(SdJwtFault::NotSdJwt),
    };
    let header = header.unwrap_or(Unprotected { disclosures: None, kb_jwt: None });
    let disclosures = either(header.disclosures, whole.disclosures)?.unwrap_or_default();
    let kb_jwt = either(header.kb_jwt, whole.kb_jwt)?.unwrap_or_default();
    let parts = [protected.as_str(), &whole.payload, &signature];
    // A tilde or a dot inside a part would move it to another place.
    if parts.iter().any(|part| part.contains(['.', '~'])) || disclosures.iter().any(|one| one.contains('~')) {
        return Err(SdJwtFault::NotSdJwt);
    }
    let mut compact = parts.join(".");
    compact.push('~');
    for disclosure in disclosures {
        compact.push_str(&disclosure);
        compact.push('~');
    }
    if kb_jwt.contains('~') {
        return Err(SdJwtFault::NotSdJwt);
    }
    compact.push_str(&kb_jwt);
    Ok(compact)
}

fn either<T>(one: Option<T>, other: Option<T>) -> Result<Option<T>, SdJwtFault> {
    if one.is_some() && other.is_some() { Err(SdJwtFault::NotSdJwt) } else { Ok(one.or(other)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_give_the_compact_one() {
        let header = json!({"disclosures": ["d1", "d2"], "kb_jwt": "x.y.z"});
        let flattened = json!({"payload": "p", "protected": "h", "signature": "s", "header": header});
        let general =
            json!({"payload": "p", "signatures": [{"protected": "h", "signature": "s", "header": header}]});
        for form in [flattened, general] {
            assert_eq!(compact_from_json(&form.to_string()).unwrap(), "h.p.s~d1~d2~x.y.z");
        }
        let bare = json!({"payload": "p", "protected": "h", "signature": "s"}).to_string();
        assert_eq!(compact_from_json(&bare).unwrap(), "h.p.s~");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let one = json!({"protected": "h", "signature": "s"});
        for form in [
            json!([]),
            json!({"payload": "p"}),
            json!({"payload": "p", "signatures": []}),
            json!({"payload": "p", "signatures": [one, one]}),
            json!({"payload": "p", "protected": "h", "signature": "s", "signatures": [one]}),
            json!({"payload": "p", "protected": "h.x", "signature": "s"}),
            json!({"payload": "p", "protected": "h", "signature": "s~d"}),
            json!({"payload": "p", "protected": "h", "signature": "s", "disclosures": ["a~b"]}),
            json!({"payload": "p", "protected": "h", "signature": "s", "kb_jwt": "d~k"}),
            json!({"payload": "p", "protected": "h", "signature": "s", "kb_jwt": "a", "header": {"kb_jwt": "b"}}),
        ] {
            assert_eq!(compact_from_json(&form.to_string()), Err(SdJwtFault::NotSdJwt), "{form}");
        }
        assert_eq!(compact_from_json(&" ".repeat(MAX_LENGTH + 1)), Err(SdJwtFault::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
            let _ = compact_from_json(&text);
        }
    }
}
