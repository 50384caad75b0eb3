//! The phone's part of a code, and the text of the whole.
//!
//! A COSE_Sign1 by the key that the issuer's statement was issued to. Its protected header holds `alg` and, as `kcwt`
//! (RFC 9528), the statement; its payload says when the code was made (claim 6, `iat`). The signature is made in the
//! context [`CONTEXT`], so that it can pass for nothing else that this key ever signs.
//!
//! The text is [`PREFIX`] and Base45 (RFC 9285), which a QR code holds in alphanumeric mode.

use std::fmt;

use ciborium::Value;
use jiff::{SignedDuration, Timestamp};

use super::cbor::{self, CborFault, Taking, int};
use super::credential::{CredentialFault, UnverifiedCredential, VerifiedCredential};
use super::sign1::{ALG, ES256, Signed, Unsigned};
use crate::x509::key::BadSignature;

/// How every code begins; the number is the format's version.
pub const PREFIX: &str = "MLEG1:";

/// The longest text that is looked at, in characters.
pub const MAX_CHARS: usize = 2300;

/// How long a phone shows one code.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(15);

/// The external data (RFC 9052 §4.3) of the phone's signature.
pub const CONTEXT: &[u8] = b"mlegitymacja code 1";

const KCWT: i64 = 13;
const IAT: i64 = 6;
const UNCORRECTED: i64 = -65_537;

/// The beginning of the 15 seconds that `now` lies in: the time that a code of this moment carries.
pub fn window_of(now: Timestamp) -> Timestamp {
    let length = WINDOW.as_secs();
    Timestamp::from_second(now.as_second().div_euclid(length) * length).unwrap_or(now)
}

/// Whether the phone knew the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderClock {
    /// By a signed time that it has learnt.
    Corrected,
    /// It went by its own clock, and says so.
    Uncorrected,
}

/// A code that waits for the phone's signature.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsignedCode(Unsigned);

impl UnsignedCode {
    /// The code of the moment `made_at` around an issuer's statement.
    ///
    /// # Errors
    /// When `credential` is no such statement.
    pub fn new(credential: &[u8], made_at: Timestamp, clock: HolderClock) -> Result<Self, CredentialFault> {
        UnverifiedCredential::parse(credential)?;
        let statement = cbor::read(credential)?;
        let protected = cbor::map([(int(ALG), int(ES256)), (int(KCWT), statement)]);
        let mut claims = vec![(int(IAT), int(made_at.as_second()))];
        if clock == HolderClock::Uncorrected {
            claims.push((int(UNCORRECTED), Value::Bool(true)));
        }
        Ok(Self(Unsigned::new(cbor::write(&protected), cbor::write(&cbor::map(claims)), CONTEXT)))
    }

    /// What ECDSA with SHA-256 is to sign.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.message()
    }

    /// The text of the code; `signature` is `r || s`.
    pub fn finish(self, signature: [u8; 64]) -> String {
        format!("{PREFIX}{}", base45::encode(self.0.finish(signature)))
    }
}

impl fmt::Debug for UnsignedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedCode(…)")
    }
}

/// A code in the right form; who made it, nobody has checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedCode {
    signed: Signed,
    credential: UnverifiedCredential,
    made_at: Timestamp,
    clock: HolderClock,
}

impl UnverifiedCode {
    /// Reads the text of a code.
    ///
    /// # Errors
    /// The first departure from the form.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        if text.len() > MAX_CHARS {
            return Err(CodeFault::TooLong);
        }
        let encoded = text.strip_prefix(PREFIX).ok_or(CodeFault::NotACode)?;
        let bytes = base45::decode(encoded).map_err(|_| CodeFault::NotBase45)?;
        if base45::encode(&bytes) != encoded {
            return Err(CodeFault::NotDeterministic);
        }
        let signed = Signed::from_value(cbor::read(&bytes)?).ok_or(CodeFault::NotSigned)?;
        let mut header = Taking::new(cbor::read(&signed.protected)?).ok_or(CodeFault::Header)?;
        header.number(ALG).filter(|found| *found == int(ES256)).ok_or(CodeFault::Header)?;
        let statement = header.number(KCWT).ok_or(CodeFault::Header)?;
        header.finish().ok_or(CodeFault::Header)?;
        let credential = UnverifiedCredential::from_value(statement)?;
        let (made_at, clock) = read_claims(cbor::read(&signed.payload)?).ok_or(CodeFault::Claims)?;
        Ok(Self { signed, credential, made_at, clock })
    }

    /// The issuer's statement in it.
    pub fn credential(&self) -> &UnverifiedCredential {
        &self.credential
    }

    /// When it says it was made.
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// Whether it says that the phone knew the time.
    pub fn clock(&self) -> HolderClock {
        self.clock
    }

    /// Checks that the phone to which `credential` was issued made this code.
    ///
    /// # Errors
    /// When another key did.
    pub fn verify_holder(&self, credential: &VerifiedCredential) -> Result<(), BadSignature> {
        let key = &credential.claims().key;
        self.signed.is_signed_by(key.as_bytes(), CONTEXT).then_some(()).ok_or(BadSignature)
    }
}

fn read_claims(value: Value) -> Option<(Timestamp, HolderClock)> {
    let mut claims = Taking::new(value)?;
    let made_at = Timestamp::from_second(cbor::number(&claims.number(IAT)?)?).ok()?;
    let clock = match claims.number(UNCORRECTED) {
        None => HolderClock::Corrected,
        Some(Value::Bool(true)) => HolderClock::Uncorrected,
        Some(_) => return None,
    };
    claims.finish()?;
    Some((made_at, clock))
}

impl fmt::Debug for UnverifiedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedCode").field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

/// Messages complete "cannot read code: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// More than [`MAX_CHARS`].
    #[error("it is too long")]
    TooLong,
    /// Another prefix than [`PREFIX`].
    #[error("it is not a code of a school card")]
    NotACode,
    /// A character or a group that Base45 does not have.
    #[error("it is not Base45")]
    NotBase45,
    /// Not CBOR.
    #[error("it is not CBOR")]
    NotCbor,
    /// Readable, but spelt in another way than it would be written.
    #[error("it is not in deterministic encoding")]
    NotDeterministic,
    /// Not COSE_Sign1, something unprotected, or the greater of two signatures.
    #[error("it is not signed in the form of COSE_Sign1")]
    NotSigned,
    /// Another algorithm than ES256, no issuer's statement, or more than these.
    #[error("its header does not hold ES256 and an issuer's statement")]
    Header,
    /// The issuer's statement in it.
    #[error("the issuer's statement in it cannot be read: {0}")]
    Credential(#[from] CredentialFault),
    /// No time, or more than a time.
    #[error("it does not say when it was made")]
    Claims,
}

impl From<CborFault> for CodeFault {
    fn from(fault: CborFault) -> Self {
        match fault {
            CborFault::Malformed => Self::NotCbor,
            CborFault::NotDeterministic => Self::NotDeterministic,
        }
    }
}
