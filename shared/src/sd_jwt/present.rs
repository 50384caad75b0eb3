//! The holder discloses some claims to one verifier.

use std::fmt;

use jiff::Timestamp;

use super::key_binding;
use super::path::ClaimPath;
use super::unverified::{UnverifiedSdJwt, joined};
use crate::jose::jws::SigningInput;

/// What the holder is about to sign: the SD-JWT cut down to the chosen disclosures, and the key binding.
pub struct UnsignedPresentation {
    presented: String,
    input: SigningInput,
}

impl UnsignedPresentation {
    /// Chooses, from what the holder keeps, the claims at `disclosed`: each with what contains it and what it
    /// contains. No path at all discloses nothing but what is always open.
    ///
    /// `audience` is the verifier, for OpenID4VP its full prefixed client id; `nonce` is the verifier's; `now` is
    /// the holder's time.
    ///
    /// # Errors
    /// [`PresentError::NoSuchClaim`] for a path that leads nowhere, [`PresentError::NotBound`] when the SD-JWT
    /// names no holder's key.
    pub fn new(
        held: &UnverifiedSdJwt,
        disclosed: &[ClaimPath],
        audience: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Self, PresentError> {
        let claims = held.unverified_claims();
        if claims.holder_key().is_none() {
            return Err(PresentError::NotBound);
        }
        if let Some(missing) = disclosed.iter().find(|path| path.find(claims.all()).is_empty()) {
            return Err(PresentError::NoSuchClaim(missing.clone()));
        }
        let chosen = held
            .disclosures()
            .iter()
            .zip(held.disclosed_paths())
            .filter(|(_, path)| disclosed.iter().any(|wanted| wanted.is_along(path)))
            .map(|(disclosure, _)| disclosure);
        let presented = joined(held.jwt(), chosen);
        let input = key_binding::signing_input(&presented, audience, nonce, now);
        Ok(Self { input: input.map_err(|_| PresentError::Serialize)?, presented })
    }

    /// The bytes that the holder's key signs, with ECDSA over their SHA-256.
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// Puts the signature (`r || s`) under it.
    pub fn finish(self, signature: [u8; 64]) -> Presentation {
        let mut text = self.presented;
        text.push_str(&self.input.finish(signature));
        Presentation(text)
    }
}

/// Personal data.
impl fmt::Debug for UnsignedPresentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedPresentation(…)")
    }
}

/// An SD-JWT with key binding, for one verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct Presentation(String);

impl Presentation {
    /// [`UnsignedPresentation::new`] and its signature in one step, where the key answers at once.
    ///
    /// # Errors
    /// As there, or what `sign` fails with.
    pub fn new<E: From<PresentError>>(
        held: &UnverifiedSdJwt,
        disclosed: &[ClaimPath],
        audience: &str,
        nonce: &str,
        now: Timestamp,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<Self, E> {
        let unsigned = UnsignedPresentation::new(held, disclosed, audience, nonce, now)?;
        let signature = sign(unsigned.bytes_to_sign())?;
        Ok(unsigned.finish(signature))
    }

    /// As it travels: `<JWT>~<disclosure>~…~<KB-JWT>`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Personal data.
impl fmt::Debug for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presentation(…)")
    }
}

/// Messages complete "cannot present credential: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentError {
    /// No `cnf`.
    #[error("it is bound to no key")]
    NotBound,
    /// A claim that is not in it.
    #[error("it has no claim {0}")]
    NoSuchClaim(ClaimPath),
    /// Audience or nonce cannot be written as JSON.
    #[error("the key binding cannot be written as JSON")]
    Serialize,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sd_jwt::{Disclosure, sample};

    fn shown(paths: &[Value]) -> Result<Vec<String>, PresentError> {
        let paths: Vec<ClaimPath> =
            paths.iter().map(|path| serde_json::from_value(path.clone()).unwrap()).collect();
        let held = UnverifiedSdJwt::parse(&sample::issued().to_text()).unwrap();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let presentation =
            UnsignedPresentation::new(&held, &paths, "x509_hash:abc", "n", now)?.finish([0; 64]);
        let parts: Vec<&str> = presentation.as_str().split('~').collect();
        let disclosures = &parts[1..parts.len() - 1];
        Ok(disclosures
            .iter()
            .map(|text| Disclosure::parse(text).unwrap().name().unwrap_or("[]").to_owned())
            .collect())
    }

    #[test]
    fn what_is_chosen_is_shown_and_nothing_else() {
        assert_eq!(shown(&[]).unwrap(), [""; 0]);
        assert_eq!(shown(&[json!(["given_name"])]).unwrap(), ["given_name"]);
        assert_eq!(shown(&[json!(["age_equal_or_over", "18"])]).unwrap(), ["18"]);
        assert_eq!(shown(&[json!(["age_equal_or_over"])]).unwrap().len(), 2, "the whole is all of it");
        assert_eq!(shown(&[json!(["vct"])]).unwrap(), [""; 0], "open anyway");
        let country = shown(&[json!(["address", "country"])]).unwrap();
        assert_eq!(country, ["address"], "what contains a claim comes with it");
    }

    #[test]
    fn what_is_not_there_cannot_be_shown() {
        for path in [json!(["shoe_size"]), json!(["age_equal_or_over", "21"]), json!(["given_name", "x"])] {
            assert!(
                matches!(shown(std::slice::from_ref(&path)), Err(PresentError::NoSuchClaim(_))),
                "{path}"
            );
        }
        let mut claims = sample::claims();
        claims.shift_remove("cnf");
        let unbound = UnverifiedSdJwt::parse(&sample::signed(claims, sample::header()).to_text()).unwrap();
        let refused = UnsignedPresentation::new(&unbound, &[], "a", "n", Timestamp::UNIX_EPOCH);
        assert_eq!(refused.map(|_| ()).unwrap_err(), PresentError::NotBound);
    }
}
