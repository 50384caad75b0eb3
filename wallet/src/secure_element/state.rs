//! What the simulated element keeps in `element.json`: its secret, the sealed inner secret, the tries.
//!
//! One file for all of it, replaced in one step: a new PIN, a counted try and the final lock are each old or
//! new after a power cut, and never a mixture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::entropy::Entropy;
use shared::secret::Secret;
use zeroize::Zeroizing;

use super::tries::Tries;
use super::{ElementError, ElementId};
use crate::pin::{Pin, PinCost};
use crate::sealed_box;

/// The version of `element.json` that is written; all up to it are read.
const VERSION: u16 = 1;

/// The element's memory.
pub(super) enum State {
    /// Holds a secret behind a PIN.
    Ready(Ready),
    /// Locked for good.
    Erased(ElementId),
}

/// An element that holds a secret.
pub(super) struct Ready {
    pub(super) id: ElementId,
    /// The hardware's own secret: without it a PIN cannot even be tried.
    root: sealed_box::Key,
    salt: [u8; 16],
    cost: PinCost,
    /// The inner secret, sealed under PIN and root.
    sealed: Vec<u8>,
    pub(super) tries: Tries,
}

/// The secret from which the store key and the keys' key derive; only a right PIN yields it.
///
/// It stays the same when the PIN changes: so a new PIN is one small file in one step, instead of every
/// record and every key sealed again in two places that cannot commit together.
pub(super) struct InnerSecret(sealed_box::Key);

impl InnerSecret {
    /// The key for `purpose` under this secret.
    pub(super) fn derive(&self, purpose: &[u8]) -> sealed_box::Key {
        sealed_box::derive(b"mleg element v1", self.0.as_slice(), &[purpose])
    }
}

impl Ready {
    /// A new element with new secrets behind `pin`; `None` if the cost is out of bounds.
    pub(super) fn new(pin: &Pin, cost: PinCost, entropy: &dyn Entropy) -> Option<Self> {
        let inner = InnerSecret(Zeroizing::new(entropy.bytes()));
        let mut ready = Self {
            id: ElementId::random(entropy),
            root: Zeroizing::new(entropy.bytes()),
            salt: [0; 16],
            cost,
            sealed: Vec::new(),
            tries: Tries::default(),
        };
        ready.set_pin(pin, cost, &inner, entropy)?;
        Some(ready)
    }

    /// Puts `inner` behind `pin`, with a new salt.
    pub(super) fn set_pin(
        &mut self,
        pin: &Pin,
        cost: PinCost,
        inner: &InnerSecret,
        entropy: &dyn Entropy,
    ) -> Option<()> {
        self.salt = entropy.bytes();
        self.cost = cost;
        let key = self.pin_key(pin)?;
        self.sealed = sealed_box::seal(&key, self.context().as_bytes(), inner.0.as_slice(), entropy);
        Some(())
    }

    /// The inner secret, if `pin` is the PIN.
    ///
    /// The outer result is about the file; a file that was damaged inside the sealed bytes cannot be told
    /// from a wrong PIN.
    pub(super) fn open(&self, pin: &Pin) -> Result<Option<InnerSecret>, ElementError> {
        let key = self.pin_key(pin).ok_or(ElementError::Damaged("the cost of a try is out of bounds"))?;
        let Some(opened) = sealed_box::open(&key, self.context().as_bytes(), &self.sealed) else {
            return Ok(None);
        };
        let inner = opened.as_slice().try_into().map_err(|_| ElementError::Damaged("inner secret"))?;
        Ok(Some(InnerSecret(Zeroizing::new(inner))))
    }

    /// Argon2id makes a try dear, the root makes it impossible without the element.
    fn pin_key(&self, pin: &Pin) -> Option<sealed_box::Key> {
        let stretched = self.cost.stretch(pin, &self.salt)?;
        Some(sealed_box::derive(self.root.as_slice(), stretched.as_slice(), &[b"mleg pin v1"]))
    }

    fn context(&self) -> String {
        format!("mleg element {}", self.id)
    }
}

/// `element.json`.
#[derive(Serialize, Deserialize)]
struct File {
    version: u16,
    id: ElementId,
    /// Missing in an erased element.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretPart>,
}

#[derive(Serialize, Deserialize)]
struct SecretPart {
    root: Secret,
    salt: String,
    cost: PinCost,
    sealed: String,
    failures: u8,
    since: Option<Timestamp>,
}

/// Read first, so that a later version's file is named as such whatever else it holds.
#[derive(Deserialize)]
struct VersionOnly {
    version: u16,
}

impl Ready {
    /// The bytes of this element's `element.json`.
    pub(super) fn write(&self) -> Result<Zeroizing<Vec<u8>>, ElementError> {
        let secret = SecretPart {
            root: Secret::new(BASE64.encode(self.root.as_slice())),
            salt: BASE64.encode(self.salt),
            cost: self.cost,
            sealed: BASE64.encode(&self.sealed),
            failures: self.tries.failures,
            since: self.tries.since,
        };
        File { version: VERSION, id: self.id.clone(), secret: Some(secret) }.write()
    }
}

impl File {
    fn write(&self) -> Result<Zeroizing<Vec<u8>>, ElementError> {
        Ok(Zeroizing::new(serde_json::to_vec(self).map_err(std::io::Error::from)?))
    }
}

/// The bytes of `element.json` of an element that is locked for good.
pub(super) fn write_erased(id: &ElementId) -> Result<Zeroizing<Vec<u8>>, ElementError> {
    File { version: VERSION, id: id.clone(), secret: None }.write()
}

impl State {
    /// Reads `element.json`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ElementError> {
        let damaged = |_| ElementError::Damaged("element.json is not readable");
        let VersionOnly { version } = serde_json::from_slice(bytes).map_err(damaged)?;
        if version > VERSION {
            return Err(ElementError::Newer { found: version, known: VERSION });
        }
        let file: File = serde_json::from_slice(bytes).map_err(damaged)?;
        let Some(secret) = file.secret else {
            return Ok(Self::Erased(file.id));
        };
        Ok(Self::Ready(Ready {
            id: file.id,
            root: Zeroizing::new(fixed(secret.root.expose())?),
            salt: fixed(&secret.salt)?,
            cost: secret.cost,
            sealed: base64(&secret.sealed)?.to_vec(),
            tries: Tries { failures: secret.failures, since: secret.since },
        }))
    }
}

fn base64(text: &str) -> Result<Zeroizing<Vec<u8>>, ElementError> {
    BASE64
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_| ElementError::Damaged("element.json holds bad base64"))
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], ElementError> {
    let bytes = base64(text)?;
    bytes
        .as_slice()
        .try_into()
        .map_err(|_| ElementError::Damaged("element.json holds a field of wrong length"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEntropy;

    fn pin() -> Pin {
        Pin::parse("493027").unwrap()
    }

    fn ready() -> Ready {
        Ready::new(&pin(), PinCost::FOR_TESTS, &TestEntropy::new(1)).unwrap()
    }

    #[test]
    fn only_the_pin_opens_and_only_with_the_root() {
        let ready = ready();
        assert!(ready.open(&pin()).unwrap().is_some());
        assert!(ready.open(&Pin::parse("493028").unwrap()).unwrap().is_none());
        let elsewhere = Ready { root: Zeroizing::new([0; 32]), ..ready };
        assert!(elsewhere.open(&pin()).unwrap().is_none());
    }

    #[test]
    fn a_new_pin_keeps_the_secret_behind_it() {
        let mut ready = ready();
        let before = ready.open(&pin()).unwrap().unwrap().derive(b"store");
        let inner = ready.open(&pin()).unwrap().unwrap();
        let new = Pin::parse("720394").unwrap();
        ready.set_pin(&new, PinCost::FOR_TESTS, &inner, &TestEntropy::new(2)).unwrap();
        assert!(ready.open(&pin()).unwrap().is_none());
        assert_eq!(ready.open(&new).unwrap().unwrap().derive(b"store"), before);
        assert_ne!(ready.open(&new).unwrap().unwrap().derive(b"keys"), before);
    }

    #[test]
    fn the_file_reads_back_with_its_tries() {
        let mut ready = ready();
        ready.tries = Tries { failures: 4, since: Some("2026-11-21T18:30:00Z".parse().unwrap()) };
        let State::Ready(back) = State::read(&ready.write().unwrap()).unwrap() else {
            panic!("a ready element must read back as ready");
        };
        assert_eq!(back.tries.failures, 4);
        assert_eq!(back.tries.since.unwrap().to_string(), "2026-11-21T18:30:00Z");
        assert!(back.open(&pin()).unwrap().is_some());
    }

    /// Frozen: a phone that was set up with version 1 must open for as long as versions are read.
    #[test]
    fn a_file_of_version_1_is_read() {
        let json = br#"{"version":1,"id":"000102030405060708090a0b0c0d0e0f","secret":{"root":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "salt":"AgICAgICAgICAgICAgICAg==","cost":{"memory_kib":8,"passes":1},"sealed":"AwMD","failures":2,"since":null}}"#;
        let State::Ready(ready) = State::read(json).unwrap() else {
            panic!("version 1 must be read as ready");
        };
        assert_eq!(
            (ready.root.as_slice(), ready.salt, ready.tries.failures),
            ([1; 32].as_slice(), [2; 16], 2)
        );
        let erased = br#"{"version":1,"id":"000102030405060708090a0b0c0d0e0f"}"#;
        assert!(matches!(State::read(erased).unwrap(), State::Erased(_)));
    }

    #[test]
    fn a_later_version_and_damage_have_names() {
        assert!(matches!(
            State::read(br#"{"version":2,"anything":true}"#),
            Err(ElementError::Newer { found: 2, known: 1 })
        ));
        for json in ["", "{", r#"{"version":1}"#, r#"{"version":1,"id":"../x"}"#] {
            assert!(matches!(State::read(json.as_bytes()), Err(ElementError::Damaged(_))), "{json}");
        }
    }
}
