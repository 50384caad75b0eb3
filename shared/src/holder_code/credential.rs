//! The issuer's part of a code: a CWT (RFC 8392) in COSE_Sign1, one for each purpose.
//!
//! | claim | value |
//! |---|---|
//! | 4 `exp` | the first second in which it no longer counts |
//! | 5 `nbf` | the first second in which it counts |
//! | 8 `cnf` | the phone's key for this copy (RFC 8747), as a compressed point |
//! | 65535 `status` | its place in a Token Status List: `{"status_list": {"idx": …, "uri": …}}` |
//! | −65537 | what it discloses: [`Content`] |
//!
//! The protected header holds `alg` (ES256) and `kid` ([`KeyId`]); there is no other.

use std::fmt;

use ciborium::Value;
use jiff::Timestamp;

use super::cbor::{self, CborFault, Taking, int};
use super::content::Content;
use super::key::{HolderKey, KeyId};
use super::sign1::{ALG, ES256, Signed, Unsigned};
use crate::presentation::revocation::is_address;
use crate::status::StatusReference;
use crate::x509::key::{BadSignature, EcPublicKey};

/// The most bytes of a statement that are looked at.
pub const MAX_BYTES: usize = 1400;

const KID: i64 = 4;
const EXP: i64 = 4;
const NBF: i64 = 5;
const CNF: i64 = 8;
const STATUS: i64 = 65_535;
const CONTENT: i64 = -65_537;

/// What an issuer states about whoever proves to hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeCredential {
    /// The phone's key, another for each copy.
    pub key: HolderKey,
    /// What is disclosed.
    pub content: Content,
    /// The first second in which it counts.
    pub not_before: Timestamp,
    /// The first second in which it no longer counts.
    pub expires: Timestamp,
    /// Where its revocation would stand.
    pub status: StatusReference,
}

impl CodeCredential {
    /// What the issuer's key `signer` is to sign.
    pub fn prepare(&self, signer: KeyId) -> UnsignedCredential {
        let protected = cbor::map([(int(ALG), int(ES256)), (int(KID), signer.to_cbor())]);
        let place = cbor::map([
            (Value::Text("idx".to_owned()), Value::Integer(self.status.idx.into())),
            (Value::Text("uri".to_owned()), Value::Text(self.status.uri.clone())),
        ]);
        let claims = cbor::map([
            (int(EXP), int(self.expires.as_second())),
            (int(NBF), int(self.not_before.as_second())),
            (int(CNF), cbor::map([(int(1), self.key.to_cbor())])),
            (int(STATUS), cbor::map([(Value::Text("status_list".to_owned()), place)])),
            (int(CONTENT), self.content.to_cbor()),
        ]);
        UnsignedCredential(Unsigned::new(cbor::write(&protected), cbor::write(&claims), &[]))
    }

    fn from_claims(bytes: &[u8]) -> Result<Self, CredentialFault> {
        let mut claims = Taking::new(cbor::read(bytes)?).ok_or(CredentialFault::Claims)?;
        let read = (|| {
            let expires = instant(&claims.number(EXP)?)?;
            let not_before = instant(&claims.number(NBF)?)?;
            let mut confirmation = Taking::new(claims.number(CNF)?)?;
            let key = HolderKey::from_cbor(confirmation.number(1)?)?;
            confirmation.finish()?;
            let mut status = Taking::new(claims.number(STATUS)?)?;
            let mut place = Taking::new(status.text("status_list")?)?;
            status.finish()?;
            let idx = cbor::number(&place.text("idx")?)?;
            let uri = place.text("uri")?.into_text().ok()?;
            place.finish()?;
            let status = is_address(&uri).then_some(StatusReference { idx, uri })?;
            let content = Content::from_cbor(claims.number(CONTENT)?)?;
            (not_before < expires).then_some(Self { key, content, not_before, expires, status })
        })();
        let read = read.ok_or(CredentialFault::Claims)?;
        claims.finish().ok_or(CredentialFault::Claims)?;
        Ok(read)
    }
}

/// A place on a list stands for a person.
impl fmt::Debug for CodeCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeCredential")
            .field("content", &self.content)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    Timestamp::from_second(cbor::number(value)?).ok()
}

/// A statement that waits for its issuer's signature.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsignedCredential(Unsigned);

impl UnsignedCredential {
    /// What ECDSA with SHA-256 is to sign.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.message()
    }

    /// The statement; `signature` is `r || s`.
    pub fn finish(self, signature: [u8; 64]) -> Vec<u8> {
        self.0.finish(signature)
    }
}

impl fmt::Debug for UnsignedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedCredential(…)")
    }
}

/// A statement in the right form; whose it is, nobody has checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedCredential {
    signed: Signed,
    signer: KeyId,
    claims: CodeCredential,
}

impl UnverifiedCredential {
    /// Reads a statement.
    ///
    /// # Errors
    /// The first departure from the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialFault> {
        if bytes.len() > MAX_BYTES {
            return Err(CredentialFault::TooLong);
        }
        Self::from_value(cbor::read(bytes)?)
    }

    pub(super) fn from_value(value: Value) -> Result<Self, CredentialFault> {
        let signed = Signed::from_value(value).ok_or(CredentialFault::NotSigned)?;
        let mut header = Taking::new(cbor::read(&signed.protected)?).ok_or(CredentialFault::Header)?;
        let algorithm = header.number(ALG).filter(|found| *found == int(ES256));
        let signer = header.number(KID).and_then(|kid| KeyId::from_cbor(&kid));
        let (Some(_), Some(signer), Some(())) = (algorithm, signer, header.finish()) else {
            return Err(CredentialFault::Header);
        };
        let claims = CodeCredential::from_claims(&signed.payload)?;
        Ok(Self { signed, signer, claims })
    }

    /// Which key it says has signed it.
    pub fn signer(&self) -> KeyId {
        self.signer
    }

    /// What it says, whether its signature is right or not.
    pub fn unverified(&self) -> &CodeCredential {
        &self.claims
    }

    /// Checks the issuer's signature.
    ///
    /// # Errors
    /// When `key` did not sign it.
    pub fn verify(self, key: &EcPublicKey) -> Result<VerifiedCredential, BadSignature> {
        if self.signed.is_signed_by(key.sec1(), &[]) {
            Ok(VerifiedCredential(self.claims))
        } else {
            Err(BadSignature)
        }
    }
}

impl fmt::Debug for UnverifiedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedCredential").field("signer", &self.signer).finish_non_exhaustive()
    }
}

/// A statement that a certain key signed; only [`UnverifiedCredential::verify`] makes one. Whether that key is to be
/// believed, and whether the statement's time has come, is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCredential(CodeCredential);

impl VerifiedCredential {
    /// What it says.
    pub fn claims(&self) -> &CodeCredential {
        &self.0
    }
}

/// Messages complete "cannot read the issuer's statement: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// More than [`MAX_BYTES`].
    #[error("it is too long")]
    TooLong,
    /// Not CBOR.
    #[error("it is not CBOR")]
    NotCbor,
    /// In another encoding than the one that is written.
    #[error("it is not in deterministic encoding")]
    NotDeterministic,
    /// Not COSE_Sign1, something unprotected, or the greater of two signatures.
    #[error("it is not signed in the form of COSE_Sign1")]
    NotSigned,
    /// Another algorithm than ES256, no key identifier, or more than these.
    #[error("its header does not name ES256 and a key")]
    Header,
    /// A claim missing, too many, or of another form.
    #[error("its claims are not those of a school card")]
    Claims,
}

impl From<CborFault> for CredentialFault {
    fn from(fault: CborFault) -> Self {
        match fault {
            CborFault::Malformed => Self::NotCbor,
            CborFault::NotDeterministic => Self::NotDeterministic,
        }
    }
}
