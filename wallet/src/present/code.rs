//! The code of the present moment: a kept statement of the issuer, signed again by the key that it was issued to.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};
use shared::holder_code::code::WINDOW;
use shared::holder_code::{
    CredentialFault, HolderClock, HolderKey, Purpose, UnsignedCode, UnverifiedCredential, window_of,
};
use shared::presentation::time::CorrectedTime;

use crate::secure_element::{ElementError, ElementSession, KeyHandle};

/// A code to show.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownCode {
    /// What the QR code holds; personal data.
    pub text: String,
    /// The moment that it carries.
    pub made_at: Timestamp,
    /// From when the next one is to be shown, by the corrected clock.
    pub next_at: Timestamp,
    /// What the corrected clock showed when it was made.
    pub corrected_now: Timestamp,
    /// Whether it says that this phone knows the time; otherwise no inspector will find it valid.
    pub clock: HolderClock,
}

impl std::fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownCode").field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

/// Makes the code of the moment `now` around `credential`, a statement that was issued to `key`.
///
/// # Errors
/// See [`CodeError`]; a statement that was issued to another key is refused, since nobody would believe the code.
pub fn make(
    credential: &[u8],
    key: &KeyHandle,
    session: &dyn ElementSession,
    now: CorrectedTime,
) -> Result<ShownCode, CodeError> {
    let statement = UnverifiedCredential::parse(credential)?;
    let own = HolderKey::from_sec1(&session.public_key(key)?).map_err(|_| CodeError::AnotherKey)?;
    if statement.unverified().key != own {
        return Err(CodeError::AnotherKey);
    }
    let clock = match now.doubt() {
        None => HolderClock::Corrected,
        Some(_) => HolderClock::Uncorrected,
    };
    let made_at = window_of(now.now());
    let unsigned = UnsignedCode::new(credential, made_at, clock)?;
    let signature = session.sign(key, unsigned.as_bytes())?;
    let next_at = made_at.saturating_add(WINDOW).unwrap_or(made_at);
    Ok(ShownCode { text: unsigned.finish(signature), made_at, next_at, corrected_now: now.now(), clock })
}

/// The statement for `purpose` in a kept copy of the configuration `mlegitymacja_code`.
///
/// # Errors
/// [`CodeError::NoStatement`] where the issuer states nothing for it: an age that is not reached.
pub fn statement(copy: &str, purpose: Purpose) -> Result<Vec<u8>, CodeError> {
    let statements: Map<String, Value> = serde_json::from_str(copy).map_err(|_| CodeError::Damaged)?;
    let text = statements.get(purpose.name()).ok_or(CodeError::NoStatement)?;
    let bytes = text.as_str().and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    bytes.ok_or(CodeError::Damaged)
}

/// Messages complete "cannot make the code: …".
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// What was kept is no statement.
    #[error(transparent)]
    Credential(#[from] CredentialFault),
    /// What was kept is no copy for codes.
    #[error("what was kept cannot be read")]
    Damaged,
    /// Nothing is stated for this purpose.
    #[error("the issuer states nothing for this purpose")]
    NoStatement,
    /// The statement was issued to another key.
    #[error("the card was issued to another key")]
    AnotherKey,
    /// The secure element.
    #[error(transparent)]
    Element(#[from] ElementError),
}

impl CodeError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Credential(_) | Self::Damaged => "damaged",
            Self::NoStatement => "no_statement",
            Self::AnotherKey => "another_key",
            Self::Element(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use p256::ecdsa::signature::Signer as _;
    use p256::ecdsa::{Signature, SigningKey};
    use shared::age_limit::AgeLimit;
    use shared::entropy::Entropy;
    use shared::holder_code::{CodeCredential, Content, KeyId, UnverifiedCode};
    use shared::status::StatusReference;
    use shared::x509::key::EcPublicKey;

    use super::*;
    use crate::pin::{NewPin, PinCost};
    use crate::secure_element::{SecureElement, SimulatedElement};
    use crate::testing::TestEntropy;

    #[test]
    fn a_code_is_made_by_the_statements_own_key_for_its_moment() {
        let dir = tempfile::tempdir().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(TestEntropy::new(1));
        let element = SimulatedElement::open(dir.path(), entropy, PinCost::FOR_TESTS).unwrap();
        let pin = NewPin::parse("493027").unwrap();
        element.provision(&pin).unwrap();
        let session = element.unlock(pin.pin(), Timestamp::UNIX_EPOCH).unwrap();
        let keys = [7, 8].map(|seed| session.generate_key(&TestEntropy::new(seed)).unwrap());

        let issuer = SigningKey::from_slice(&[9; 32]).unwrap();
        let public = EcPublicKey::from_p256_sec1(issuer.verifying_key().to_sec1_point(false).as_bytes());
        let public = public.unwrap();
        let terms = CodeCredential {
            key: HolderKey::from_sec1(&session.public_key(&keys[0]).unwrap()).unwrap(),
            content: Content::Cinema(AgeLimit::A18),
            not_before: "2026-09-01T00:00:00Z".parse().unwrap(),
            expires: "2027-09-01T00:00:00Z".parse().unwrap(),
            status: StatusReference { idx: 7, uri: "http://pki.example/1".to_owned() },
        };
        let unsigned = terms.prepare(KeyId::of(&public));
        let signature: Signature = issuer.sign(unsigned.as_bytes());
        let credential = unsigned.finish(signature.to_bytes().into());
        let read = UnverifiedCredential::parse(&credential).unwrap();
        assert_eq!(read.unverified().content, Content::Cinema(AgeLimit::A18));

        let now = "2026-11-21T18:30:29Z".parse().unwrap();
        let shown = make(&credential, &keys[0], &*session, CorrectedTime::kept_right(now)).unwrap();
        assert_eq!(shown.made_at.to_string(), "2026-11-21T18:30:15Z");
        assert_eq!(shown.next_at.to_string(), "2026-11-21T18:30:30Z");
        let read = UnverifiedCode::parse(&shown.text).unwrap();
        let verified = read.credential().clone().verify(&public).unwrap();
        assert_eq!(read.verify_holder(&verified), Ok(()));
        assert_eq!((read.made_at(), read.clock()), (shown.made_at, HolderClock::Corrected));

        let guess = make(&credential, &keys[0], &*session, CorrectedTime::uncorrected(now)).unwrap();
        assert_eq!(UnverifiedCode::parse(&guess.text).unwrap().clock(), HolderClock::Uncorrected);
        let refused = make(&credential, &keys[1], &*session, CorrectedTime::kept_right(now));
        assert_eq!(refused.unwrap_err().reason(), "another_key");
    }
}
