//! The verifier's side: signature, disclosures and key binding of what a holder presents (RFC 9901 §7.3).

use std::fmt;
use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::claims::Claims;
use super::key_binding::{BindingClaims, MAX_KB_JWT, sd_hash};
use super::unverified::{SdJwtFault, UnverifiedSdJwt};
use super::verify::{DateFault, Trust, UndatedSdJwt, VerifyFault};
use super::{KB_JWT, MAX_LENGTH};
use crate::jose::jws::{CompactJws, JwsError};
use crate::x509::signer::UndatedSigner;

/// What the verifier asked for, and when.
#[derive(Debug, Clone)]
pub struct ExpectedBinding<'a> {
    /// Who the verifier is: `aud`, to the letter.
    pub audience: &'a str,
    /// The nonce of this very request.
    pub nonce: &'a str,
    /// When the holder may have signed: from the request, less what clocks differ, to now and a little more.
    pub issued: RangeInclusive<Timestamp>,
}

/// An SD-JWT with key binding as it came; what it says is nobody's word yet.
#[derive(Clone)]
pub struct UnverifiedPresentation {
    sd_jwt: UnverifiedSdJwt,
    sd_hash: String,
    binding: CompactJws,
}

impl UnverifiedPresentation {
    /// Reads `<JWT>~<disclosure>~…~<KB-JWT>`.
    ///
    /// # Errors
    /// [`PresentationFault::NoKeyBinding`] when it ends with a tilde, else the first rule of form that is broken.
    pub fn parse(text: &str) -> Result<Self, PresentationFault> {
        if text.len() > MAX_LENGTH {
            return Err(SdJwtFault::TooLong.into());
        }
        let end = text.rfind('~').ok_or(SdJwtFault::NotSdJwt)?;
        let (presented, binding) = text.split_at(end + 1);
        let sd_jwt = UnverifiedSdJwt::parse(presented)?;
        if binding.is_empty() {
            return Err(PresentationFault::NoKeyBinding);
        }
        let binding = CompactJws::parse_within(binding, MAX_KB_JWT).map_err(PresentationFault::KeyBinding)?;
        Ok(Self { sd_jwt, sd_hash: sd_hash(presented), binding })
    }

    /// The issuer's part, with the claims that are shown.
    pub fn sd_jwt(&self) -> &UnverifiedSdJwt {
        &self.sd_jwt
    }

    /// Checks everything but the credential's dates: who issued it, that the disclosures are its own, and that the
    /// holder of its key signed just this for `expected`.
    ///
    /// # Errors
    /// The first rule that is broken; the issuer's part first.
    pub fn verify(
        self,
        trust: &Trust<'_>,
        expected: &ExpectedBinding<'_>,
    ) -> Result<UndatedPresentation, PresentationFault> {
        let sd_jwt = self.sd_jwt.verify(trust)?;
        let key = sd_jwt.claims().holder_key().ok_or(PresentationFault::NotBound)?;
        if self.binding.header().typ.as_deref() != Some(KB_JWT) {
            return Err(PresentationFault::BindingType);
        }
        self.binding.verify(key).map_err(|_| PresentationFault::BindingSignature)?;
        let claims: BindingClaims =
            self.binding.unverified_claims().map_err(PresentationFault::KeyBinding)?;
        if claims.sd_hash != self.sd_hash {
            return Err(PresentationFault::OtherDisclosures);
        }
        if claims.aud != expected.audience {
            return Err(PresentationFault::Audience);
        }
        if claims.nonce != expected.nonce {
            return Err(PresentationFault::Nonce);
        }
        let signed_at = claims.iat.timestamp();
        if !expected.issued.contains(&signed_at) {
            return Err(PresentationFault::BindingTime { signed_at });
        }
        Ok(UndatedPresentation { sd_jwt, signed_at })
    }
}

/// Personal data.
impl fmt::Debug for UnverifiedPresentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedPresentation({:?})", self.sd_jwt)
    }
}

/// A presentation that holds, of a credential whose dates nobody has looked at yet; only
/// [`UnverifiedPresentation::verify`] makes it. Revocation is for the status list to tell.
#[derive(Debug, Clone)]
pub struct UndatedPresentation {
    sd_jwt: UndatedSdJwt,
    signed_at: Timestamp,
}

impl UndatedPresentation {
    /// What was shown.
    pub fn claims(&self) -> &Claims {
        self.sd_jwt.claims()
    }

    /// Who signed the credential; `None` where a key was known beforehand.
    pub fn signer(&self) -> Option<&UndatedSigner> {
        self.sd_jwt.signer()
    }

    /// When the holder signed, by the holder's clock.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Judges the credential's dates and those of the signer's chain.
    ///
    /// # Errors
    /// See [`DateFault`].
    pub fn judge(&self, now: Timestamp) -> Result<(), DateFault> {
        self.sd_jwt.judge(now)
    }
}

/// Messages complete "cannot accept presentation: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentationFault {
    /// Not an SD-JWT, or disclosures that are not its own.
    #[error("cannot read SD-JWT: {0}")]
    SdJwt(#[from] SdJwtFault),
    /// The issuer's part.
    #[error("cannot trust SD-JWT: {0}")]
    Issuer(#[from] VerifyFault),
    /// The holder did not sign.
    #[error("the holder's signature is missing")]
    NoKeyBinding,
    /// The holder's signature is no ES256 JWS with the right claims.
    #[error("holder's signature: {0}")]
    KeyBinding(JwsError),
    /// The credential names no key on P-256.
    #[error("the credential is bound to no key that can be checked")]
    NotBound,
    /// `typ` is not `kb+jwt`.
    #[error("the holder's signature is of another type")]
    BindingType,
    /// Another key signed.
    #[error("the holder's signature is false")]
    BindingSignature,
    /// Signed over other disclosures.
    #[error("the holder signed other disclosures")]
    OtherDisclosures,
    /// Meant for another verifier.
    #[error("it is meant for another verifier")]
    Audience,
    /// Answers another request.
    #[error("it answers another request")]
    Nonce,
    /// Too old or from the future.
    #[error("the holder signed at {signed_at}, outside the time of the request")]
    BindingTime {
        /// By the holder's clock.
        signed_at: Timestamp,
    },
}

impl PresentationFault {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SdJwt(_) => "malformed",
            Self::Issuer(VerifyFault::Signer(_)) => "untrusted",
            Self::Issuer(_) => "issuer_signature",
            Self::NoKeyBinding => "no_key_binding",
            Self::KeyBinding(_) | Self::BindingType => "key_binding_malformed",
            Self::NotBound => "not_bound",
            Self::BindingSignature => "key_binding_signature",
            Self::OtherDisclosures => "other_disclosures",
            Self::Audience => "wrong_audience",
            Self::Nonce => "wrong_nonce",
            Self::BindingTime { .. } => "key_binding_time",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sd_jwt::sample;

    fn check(
        text: &str,
        edit: impl FnOnce(&mut ExpectedBinding<'static>),
    ) -> Result<Claims, PresentationFault> {
        let mut expected = sample::expected();
        edit(&mut expected);
        let presentation = UnverifiedPresentation::parse(text)?;
        let verified = presentation.verify(&Trust::Anchors(&sample::anchors()), &expected)?;
        Ok(verified.claims().clone())
    }

    #[test]
    fn the_verifier_sees_what_was_chosen_and_nothing_else() {
        let claims = check(&sample::presented(), |_| {}).unwrap();
        assert_eq!(claims.text("given_name"), Some("Anna"));
        let names: Vec<String> = claims.disclosed().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["given_name"]);
        assert_eq!(claims.all().get("family_name"), None);
    }

    #[test]
    fn every_bad_presentation_has_its_own_fault() {
        let good = sample::presented();
        let (presented, binding) = good.split_at(good.rfind('~').unwrap() + 1);
        let fault = |text: &str| check(text, |_| {}).unwrap_err();
        assert_eq!(fault(presented), PresentationFault::NoKeyBinding);
        let fewer = format!("{}~{binding}", presented.split('~').next().unwrap());
        assert_eq!(fault(&fewer), PresentationFault::OtherDisclosures, "a disclosure taken away");
        let whole = format!("{}{binding}", sample::issued().to_text());
        assert_eq!(fault(&whole), PresentationFault::OtherDisclosures, "disclosures added");
        assert_eq!(
            fault(&format!("{presented}{}", sample::binding(presented, "at+jwt", 1))),
            PresentationFault::BindingType
        );
        let stolen = format!("{presented}{}", sample::binding(presented, KB_JWT, 2));
        assert_eq!(fault(&stolen), PresentationFault::BindingSignature, "another phone's key");
        assert!(check(&format!("{presented}{}", sample::binding(presented, KB_JWT, 1)), |_| {}).is_ok());

        let refused = |edit: fn(&mut ExpectedBinding<'static>)| check(&good, edit).unwrap_err();
        assert_eq!(refused(|e| e.audience = "x509_hash:other"), PresentationFault::Audience);
        assert_eq!(refused(|e| e.nonce = "other"), PresentationFault::Nonce);
        let late = refused(|e| e.issued = "2026-11-22T12:10:00Z".parse().unwrap()..=Timestamp::MAX);
        assert!(matches!(late, PresentationFault::BindingTime { .. }), "{late:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,200}", tail in "[A-Za-z0-9_~.-]{0,200}") {
            let _ = UnverifiedPresentation::parse(&text);
            let _ = UnverifiedPresentation::parse(&format!("{}{tail}", sample::presented()));
        }

        #[test]
        fn a_flipped_bit_is_never_valid(at in any::<prop::sample::Index>(), bit in 0..7_u8) {
            let mut bytes = sample::presented().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let text = String::from_utf8(bytes).unwrap();
            prop_assert!(check(&text, |_| {}).is_err(), "byte {at}, bit {bit}");
        }
    }
}
