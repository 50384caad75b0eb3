//! An SD-JWT as it came: taken apart within limits, its disclosures put in place, its signature unchecked.

use std::fmt;

use serde_json::{Map, Value};

use super::claims::Claims;
use super::path::ClaimPath;
use super::unfold::{UnfoldFault, Unfolded, unfold};
use super::{Disclosure, MAX_DISCLOSURES, MAX_JWT, MAX_LENGTH};
use crate::jose::json_object;
use crate::jose::jws::{CompactJws, JwsError};

/// A well-formed SD-JWT without key binding. Who signed it, and whether at all, is for
/// [`verify`](UnverifiedSdJwt::verify) to tell.
#[derive(Clone)]
pub struct UnverifiedSdJwt {
    jwt: String,
    jws: CompactJws,
    disclosures: Vec<Disclosure>,
    unfolded: Unfolded,
    claims: Claims,
}

impl UnverifiedSdJwt {
    /// Reads `<JWT>~<disclosure>~…~` (RFC 9901 §4), as an issuer hands it out and a holder keeps it.
    ///
    /// # Errors
    /// The first rule of form that is broken.
    pub fn parse(text: &str) -> Result<Self, SdJwtFault> {
        if text.len() > MAX_LENGTH {
            return Err(SdJwtFault::TooLong);
        }
        let body = text.strip_suffix('~').ok_or(SdJwtFault::NotSdJwt)?;
        let mut parts = body.split('~');
        let jwt = parts.next().ok_or(SdJwtFault::NotSdJwt)?;
        let texts: Vec<&str> = parts.collect();
        if texts.len() > MAX_DISCLOSURES {
            return Err(SdJwtFault::TooManyDisclosures);
        }
        let jws = CompactJws::parse_within(jwt, MAX_JWT)?;
        let disclosures = texts.into_iter().map(Disclosure::parse).collect::<Result<Vec<_>, _>>()?;
        let payload: Map<String, Value> = json_object(jws.unverified_payload()).ok_or(SdJwtFault::Payload)?;
        let unfolded = unfold(&payload, &disclosures)?;
        let claims = Claims::read(&unfolded)?;
        Ok(Self { jwt: jwt.to_owned(), jws, disclosures, unfolded, claims })
    }

    /// The issuer-signed JWT alone.
    pub fn jwt(&self) -> &str {
        &self.jwt
    }

    /// The disclosures, in their order.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Where each disclosure belongs, in their order.
    pub fn disclosed_paths(&self) -> &[ClaimPath] {
        &self.unfolded.paths
    }

    /// What it says, whether the signature is right or not.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    pub(super) fn jws(&self) -> &CompactJws {
        &self.jws
    }

    pub(super) fn into_claims(self) -> Claims {
        self.claims
    }
}

/// Puts a JWT and disclosures together: `<JWT>~<disclosure>~…~`.
pub(super) fn joined<'a>(jwt: &str, disclosures: impl IntoIterator<Item = &'a Disclosure>) -> String {
    let mut text = jwt.to_owned();
    text.push('~');
    for disclosure in disclosures {
        text.push_str(disclosure.as_str());
        text.push('~');
    }
    text
}

/// As it travels: `<JWT>~<disclosure>~…~`.
impl UnverifiedSdJwt {
    /// The text that was read.
    pub fn to_text(&self) -> String {
        joined(&self.jwt, &self.disclosures)
    }
}

/// Claims are personal data.
impl fmt::Debug for UnverifiedSdJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedSdJwt({} disclosures)", self.disclosures.len())
    }
}

/// Messages complete "cannot read SD-JWT: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SdJwtFault {
    /// Longer than [`MAX_LENGTH`].
    #[error("text is too long")]
    TooLong,
    /// No tilde where one belongs.
    #[error("text is not parts that end with a tilde")]
    NotSdJwt,
    /// More than [`MAX_DISCLOSURES`].
    #[error("it has too many disclosures")]
    TooManyDisclosures,
    /// A disclosure of the wrong form.
    #[error("a disclosure is malformed")]
    Disclosure,
    /// The signed JWT.
    #[error("signed part: {0}")]
    Jws(#[from] JwsError),
    /// The payload is no JSON object.
    #[error("payload is not a JSON object")]
    Payload,
    /// The disclosures do not fit the payload.
    #[error("cannot open disclosures: {0}")]
    Unfold(#[from] UnfoldFault),
    /// A registered claim of the wrong type.
    #[error("claim {0} is malformed")]
    Claim(&'static str),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sd_jwt::sample;

    #[test]
    fn the_text_that_was_read_is_the_text() {
        let text = sample::issued().to_text();
        let read = UnverifiedSdJwt::parse(&text).unwrap();
        assert_eq!(read.to_text(), text);
        assert_eq!(read.disclosures().len(), read.disclosed_paths().len());
    }

    #[test]
    fn what_is_no_sd_jwt_is_refused_by_its_reason() {
        let good = sample::issued().to_text();
        let fault = |text: &str| UnverifiedSdJwt::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(fault(""), SdJwtFault::NotSdJwt);
        assert_eq!(fault(good.trim_end_matches('~')), SdJwtFault::NotSdJwt);
        assert_eq!(fault(&format!("{good}~")), SdJwtFault::Disclosure, "an empty disclosure");
        assert_eq!(fault(&"~".repeat(MAX_LENGTH + 1)), SdJwtFault::TooLong);
        assert_eq!(fault(&"~".repeat(MAX_DISCLOSURES + 2)), SdJwtFault::TooManyDisclosures);
        assert_eq!(fault("~"), SdJwtFault::Jws(JwsError::NotThreeParts));
        let foreign = Disclosure::write([1; 16], Some("vip"), true.into());
        let forged = format!("{good}{}~", foreign.as_str());
        assert_eq!(fault(&forged), SdJwtFault::Unfold(UnfoldFault::UnreferencedDisclosure));
    }

    #[test]
    fn printing_tells_no_claims() {
        let read = UnverifiedSdJwt::parse(&sample::issued().to_text()).unwrap();
        let printed = format!("{read:?} {:?} {:?}", read.disclosures(), read.unverified_claims());
        assert!(!printed.contains("Anna") && !printed.contains("02070803628"), "{printed}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,200}", tail in "[A-Za-z0-9_~.-]{0,200}") {
            let _ = UnverifiedSdJwt::parse(&text);
            let _ = UnverifiedSdJwt::parse(&format!("{}{tail}~", sample::issued().to_text()));
        }
    }
}
