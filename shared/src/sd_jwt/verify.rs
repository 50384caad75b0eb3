//! Who signed an SD-JWT: the signature, the chain in `x5c` up to a trusted root, and that `iss` is the signer's name.

use jiff::Timestamp;

use super::DC_SD_JWT;
use super::claims::Claims;
use super::unverified::UnverifiedSdJwt;
use crate::jose::jwk::PublicJwk;
use crate::jose::x5c::{X5cFault, from_header};
use crate::x509::chain::{ChainFault, TrustAnchor};
use crate::x509::signer::{
    SignerCertificate, SignerFault, SignerPurpose, UndatedSigner, verify_signer_undated,
};

/// Whose signature counts.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// Whoever stands in `x5c`, if the certificate is for signing credentials and ends in one of these roots; `typ`
    /// is [`DC_SD_JWT`].
    Anchors(&'a [TrustAnchor]),
    /// One key that is known beforehand, for objects of this `typ`.
    Key {
        /// The issuer's key.
        key: &'a PublicJwk,
        /// The only `typ` that is accepted.
        typ: &'a str,
    },
}

impl UnverifiedSdJwt {
    /// Checks everything about the issuer's part but dates.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify(self, trust: &Trust<'_>) -> Result<UndatedSdJwt, VerifyFault> {
        let header = self.jws().header();
        let typ = header.typ.as_deref();
        let signer = match trust {
            Trust::Key { key, typ: expected } => {
                if typ != Some(*expected) {
                    return Err(VerifyFault::Type);
                }
                self.jws().verify(key).map_err(|_| VerifyFault::BadSignature)?;
                None
            }
            Trust::Anchors(anchors) => {
                if typ != Some(DC_SD_JWT) {
                    return Err(VerifyFault::Type);
                }
                let x5c = from_header(header.x5c.as_ref().ok_or(VerifyFault::NoChain)?)?;
                let signer = verify_signer_undated(&x5c, anchors, SignerPurpose::SdJwt)?;
                let key = PublicJwk::from_sec1(signer.certificate().public_key().sec1());
                let key = key.map_err(|_| VerifyFault::BadSignature)?;
                self.jws().verify(&key).map_err(|_| VerifyFault::BadSignature)?;
                Some(signer)
            }
        };
        let claims = self.into_claims();
        if let Some(signer) = &signer {
            if claims.credential_type().is_none() {
                return Err(VerifyFault::NoType);
            }
            if claims.issuer().is_some_and(|issuer| !is_named(signer.certificate(), issuer)) {
                return Err(VerifyFault::IssuerName);
            }
        }
        Ok(UndatedSdJwt { claims, signer })
    }
}

/// Whether a URI of the certificate is exactly `issuer`, or a DNS name of it the host (SD-JWT VC §2.5).
fn is_named(certificate: &SignerCertificate, issuer: &str) -> bool {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    certificate.uris().iter().any(|own| own == issuer)
        || host.is_some_and(|host| certificate.dns_names().iter().any(|own| own.eq_ignore_ascii_case(&host)))
}

/// An SD-JWT whose signature holds and whose dates nobody has looked at yet; only
/// [`UnverifiedSdJwt::verify`] makes it.
#[derive(Debug, Clone)]
pub struct UndatedSdJwt {
    claims: Claims,
    signer: Option<UndatedSigner>,
}

impl UndatedSdJwt {
    /// What it says.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Who signed it; `None` where a key was known beforehand.
    pub fn signer(&self) -> Option<&UndatedSigner> {
        self.signer.as_ref()
    }

    /// Judges `nbf`, `exp` and the dates of the signer's chain.
    ///
    /// # Errors
    /// The claims' own dates first, then the chain's.
    pub fn judge(&self, now: Timestamp) -> Result<(), DateFault> {
        if let Some(not_before) = self.claims.not_before().filter(|from| now < *from) {
            return Err(DateFault::NotYetValid { not_before });
        }
        if let Some(expires_at) = self.claims.expires_at().filter(|end| now >= *end) {
            return Err(DateFault::Expired { expires_at });
        }
        self.signer.as_ref().map_or(Ok(()), |signer| signer.judge(now)).map_err(DateFault::Signer)
    }
}

/// Messages complete "cannot trust SD-JWT: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    /// `typ` is another.
    #[error("it is of another type")]
    Type,
    /// No `x5c`.
    #[error("the signer's certificate is missing")]
    NoChain,
    /// `x5c` is no array of certificates.
    #[error("cannot read x5c: {0}")]
    MalformedChain(#[from] X5cFault),
    /// No signer of credentials, or the chain does not hold.
    #[error("cannot trust signer: {0}")]
    Signer(#[from] SignerFault),
    /// The signature does not fit.
    #[error("its signature is false")]
    BadSignature,
    /// No `vct`.
    #[error("it does not say what kind of credential it is")]
    NoType,
    /// `iss` is not a name of the signer.
    #[error("its issuer is not the signer")]
    IssuerName,
}

/// Messages complete "cannot accept SD-JWT now: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// Before `nbf`.
    #[error("it is valid only from {not_before}")]
    NotYetValid {
        /// From when it is valid.
        not_before: Timestamp,
    },
    /// `exp` has come.
    #[error("it was valid until {expires_at}")]
    Expired {
        /// The first instant at which it is no longer valid.
        expires_at: Timestamp,
    },
    /// A certificate of the signer's chain.
    #[error("cannot trust certificate chain: {0}")]
    Signer(ChainFault),
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::sd_jwt::sample;

    fn verified(text: &str) -> Result<UndatedSdJwt, VerifyFault> {
        UnverifiedSdJwt::parse(text).unwrap().verify(&Trust::Anchors(&sample::anchors()))
    }

    #[test]
    fn what_a_named_signer_signed_is_trusted_within_its_dates() {
        let verified = verified(&sample::issued().to_text()).unwrap();
        assert_eq!(verified.claims().text("given_name"), Some("Anna"));
        let at = |text: &str| verified.judge(text.parse().unwrap());
        assert_eq!(at("2026-11-22T12:00:00Z"), Ok(()));
        assert!(matches!(at("2026-08-01T00:00:00Z"), Err(DateFault::NotYetValid { .. })));
        assert!(matches!(at("2027-10-01T00:00:00Z"), Err(DateFault::Expired { .. })));
    }

    #[test]
    fn each_rule_has_its_own_fault() {
        let claims = |edit: fn(&mut serde_json::Map<String, Value>)| {
            let mut claims = sample::claims();
            edit(&mut claims);
            sample::signed(claims, sample::header()).to_text()
        };
        let header = |edit: fn(&mut Value)| {
            let mut header = sample::header();
            edit(&mut header);
            sample::signed(sample::claims(), header).to_text()
        };
        let fault = |text: String| verified(&text).map(|_| ()).unwrap_err();
        assert_eq!(fault(header(|h| h["typ"] = json!("vc+sd-jwt"))), VerifyFault::Type);
        assert_eq!(fault(header(|h| h["x5c"] = json!([]))), VerifyFault::MalformedChain(X5cFault::Number));
        assert_eq!(
            fault(header(|h| h["x5c"] = json!(["??"]))),
            VerifyFault::MalformedChain(X5cFault::NotBase64)
        );
        assert_eq!(
            fault(header(|h| drop(h.as_object_mut().unwrap().shift_remove("x5c")))),
            VerifyFault::NoChain
        );
        assert_eq!(fault(claims(|c| drop(c.shift_remove("vct")))), VerifyFault::NoType);
        let elsewhere = claims(|c| drop(c.insert("iss".into(), json!("https://other.example"))));
        assert_eq!(fault(elsewhere), VerifyFault::IssuerName);
        assert!(
            verified(&claims(|c| drop(c.shift_remove("iss")))).is_ok(),
            "without iss, x5c names the issuer"
        );
        let other = sample::header_of(&sample::SignerKey::new(SignerPurpose::SdJwt));
        assert_eq!(fault(sample::signed(sample::claims(), other).to_text()), VerifyFault::BadSignature);
        // Device keys and signers of lists hang under the same root: only the purpose tells them from the issuer.
        let lists = sample::header_of(&sample::SignerKey::new(SignerPurpose::StatusList));
        let lists = fault(sample::signed(sample::claims(), lists).to_text());
        assert_eq!(lists, VerifyFault::Signer(SignerFault::Purpose));
        let mut device = sample::header();
        device["x5c"][0] =
            json!(base64::prelude::BASE64_STANDARD.encode(crate::x509::sample::device_der(|_| {})));
        let device = fault(sample::signed(sample::claims(), device).to_text());
        assert!(matches!(device, VerifyFault::Signer(_)), "{device:?}");
        let foreign = UnverifiedSdJwt::parse(&sample::issued().to_text()).unwrap();
        let foreign = foreign.verify(&Trust::Anchors(&[])).map(|_| ()).unwrap_err();
        assert_eq!(foreign, VerifyFault::Signer(ChainFault::UnknownRoot.into()));
    }
}
