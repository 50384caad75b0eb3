//! Where keys are kept, what opens them there, and a key that is ready to sign, wherever it is.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use shared::entropy::Entropy;
use shared::secret::Secret;
use shared::x509::key::EcPublicKey;
use zeroize::Zeroizing;

use super::key_file::{self, FileFault};
use super::sealed_key::{KeyFault, PrivateKey};
use super::sign::SignError;
use super::token::{KeyReference, Token, TokenFault, TokenKey, TokenMeter};

/// Keys in files, or in a PKCS#11 token to which a file refers. A hierarchy may have both: what a key file says decides
/// where its key is, and this where new ones are made.
#[derive(Debug, Clone, Default)]
pub struct KeyStore {
    passphrase: Option<Secret>,
    token: Option<Token>,
    meter: TokenMeter,
}

impl KeyStore {
    /// In files, sealed if there is a passphrase.
    pub fn files(passphrase: Option<Secret>) -> Self {
        Self { passphrase, token: None, meter: TokenMeter::default() }
    }

    /// The same, with new keys made in a token.
    #[must_use]
    pub fn with_token(self, token: Option<Token>) -> Self {
        Self { token, ..self }
    }

    /// What the keys that are opened or made here count of a token's failures.
    pub fn token_meter(&self) -> &TokenMeter {
        &self.meter
    }

    /// Makes a key called `label` and what its file is to say.
    pub(super) fn new_key(
        &self,
        label: &str,
        entropy: &dyn Entropy,
    ) -> Result<(Key, Zeroizing<String>), KeyFault> {
        if let Some(token) = &self.token {
            let (key, reference) = token.generate(label, entropy)?;
            return Ok((Key::Token(key, self.meter.clone()), Zeroizing::new(reference.to_pem()?)));
        }
        let secret = PrivateKey::generate()?;
        let text = secret.to_pem(self.passphrase.as_ref(), entropy)?;
        Ok((Key::of_file(&secret)?, text))
    }

    /// Opens the key of a file.
    pub(super) fn open(&self, text: &str) -> Result<Key, KeyFault> {
        let Some(reference) = KeyReference::from_pem(text)? else {
            return Key::of_file(&PrivateKey::from_pem(text, self.passphrase.as_ref())?);
        };
        let needed = || TokenFault::NotGiven { token: reference.token().to_owned() };
        let token = self.token.as_ref().ok_or_else(needed)?;
        Ok(Key::Token(token.open_key(&reference)?, self.meter.clone()))
    }
}

impl From<Option<&Secret>> for KeyStore {
    fn from(passphrase: Option<&Secret>) -> Self {
        Self::files(passphrase.cloned())
    }
}

impl From<&KeyStore> for KeyStore {
    fn from(keys: &KeyStore) -> Self {
        keys.clone()
    }
}

/// A key on P-256, ready to sign.
pub(super) enum Key {
    /// In this process's memory.
    Memory {
        /// Signs as X.509 does.
        der: EcdsaKeyPair,
        /// Signs as JWS does.
        fixed: EcdsaKeyPair,
    },
    /// In a token, which signs; and where its failures are counted.
    Token(TokenKey, TokenMeter),
}

impl Key {
    fn of_file(secret: &PrivateKey) -> Result<Self, KeyFault> {
        Ok(Self::Memory { der: secret.key_pair()?, fixed: secret.fixed_key_pair()? })
    }

    /// Whether it is in this process's memory.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    /// Its public half: an uncompressed point (SEC1 §2.3.3).
    pub(super) fn public_sec1(&self) -> &[u8] {
        match self {
            Self::Memory { der, .. } => der.public_key().as_ref(),
            Self::Token(key, _) => key.public_sec1(),
        }
    }

    pub(super) fn public(&self) -> Result<EcPublicKey, KeyFault> {
        EcPublicKey::from_p256_sec1(self.public_sec1()).map_err(|_| KeyFault::NotP256)
    }

    /// A DER SEQUENCE of both numbers (RFC 3279 §2.2.3).
    pub(super) fn sign_der(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Memory { der, .. } => {
                let signature = der.sign(&SystemRandom::new(), bytes).map_err(|_| SignError::Provider)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Token(key, meter) => der_of(&meter.counted(key.sign(bytes))?),
        }
    }

    /// `r || s` (RFC 7518 §3.4).
    pub(super) fn sign_fixed(&self, bytes: &[u8]) -> Result<[u8; 64], SignError> {
        match self {
            Self::Memory { fixed, .. } => {
                let signature = fixed.sign(&SystemRandom::new(), bytes).map_err(|_| SignError::Provider)?;
                signature.as_ref().try_into().map_err(|_| SignError::Provider)
            }
            Self::Token(key, meter) => Ok(meter.counted(key.sign(bytes))?),
        }
    }
}

#[derive(der::Sequence)]
struct EcdsaSignature<'a> {
    r: der::asn1::UintRef<'a>,
    s: der::asn1::UintRef<'a>,
}

/// A token answers `r || s` (PKCS#11 3.0 §2.3.1), certificates want DER.
fn der_of(fixed: &[u8; 64]) -> Result<Vec<u8>, SignError> {
    let (r, s) = fixed.split_at(32);
    let numbers = der::asn1::UintRef::new(r).and_then(|r| Ok((r, der::asn1::UintRef::new(s)?)));
    let encoded = numbers.and_then(|(r, s)| der::Encode::to_der(&EcdsaSignature { r, s }));
    encoded.map_err(|_| SignError::SelfCheck)
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyHome {
    /// In its file, as it is.
    File,
    /// In its file, sealed under a passphrase.
    Sealed,
    /// In a token; the key's PKCS#11 URI (RFC 7512).
    Token(KeyReference),
    /// Nowhere here: its file was taken away.
    Away,
}

impl std::fmt::Display for KeyHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Sealed => f.write_str("sealed file"),
            Self::Token(reference) => reference.fmt(f),
            Self::Away => f.write_str("away"),
        }
    }
}

/// Where the key is that a file holds or refers to.
///
/// # Errors
/// When the file cannot be read, or its reference makes no sense.
pub(crate) fn home_of(path: &Path) -> Result<KeyHome, HomeFault> {
    let text = match key_file::read_private(path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == Some(std::io::ErrorKind::NotFound) => return Ok(KeyHome::Away),
        Err(fault) => return Err(fault.into()),
    };
    Ok(match KeyReference::from_pem(&text)? {
        Some(reference) => KeyHome::Token(reference),
        None if text.contains("BEGIN MLEG SEALED PRIVATE KEY") => KeyHome::Sealed,
        None => KeyHome::File,
    })
}

/// Messages complete "cannot say where a key is: …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum HomeFault {
    #[error(transparent)]
    File(#[from] FileFault),
    #[error(transparent)]
    Key(#[from] KeyFault),
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;
    use crate::authority::tests::Dice;

    #[test]
    fn both_forms_of_a_signature_are_one() {
        let (key, text) = KeyStore::default().new_key("k", &Dice::new()).unwrap();
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_sec1());
        // Numbers with leading zeros and with the highest bit set come by in so many.
        for round in 0..600_u32 {
            let bytes = round.to_be_bytes();
            verifier.verify(&bytes, &der_of(&key.sign_fixed(&bytes).unwrap()).unwrap()).unwrap();
        }
        assert_eq!(KeyStore::default().open(&text).unwrap().public_sec1(), key.public_sec1());
    }

    #[test]
    fn every_key_says_where_it_is() {
        use crate::authority::CreateOptions;
        use crate::authority::tests::now;
        let dir = tempfile::tempdir().unwrap();
        let options = |passphrase| CreateOptions {
            keys: KeyStore::files(passphrase),
            ..CreateOptions::simulator(now())
        };
        let create = |name: &str, passphrase| {
            crate::authority::Authority::create(&dir.path().join(name), &options(passphrase), &Dice::new())
                .unwrap()
        };
        let (plain, sealed) = (create("plain", None), create("sealed", Some(Secret::new("hasło"))));
        assert_eq!(plain.key_home("signer-1-ocsp").unwrap(), KeyHome::File);
        assert_eq!(sealed.key_home("issuing-1").unwrap(), KeyHome::Sealed);
        std::fs::remove_file(plain.dir().join("root.key.pem")).unwrap();
        assert_eq!(plain.key_home("root").unwrap(), KeyHome::Away);
        let reference = KeyReference::new("mleg", "signer-1-code", &[7]);
        let (newer, text) = ("signer-1-code.1.key.pem", reference.to_pem().unwrap());
        key_file::write_new(plain.dir(), newer, &text, 0o600).unwrap();
        assert_eq!(plain.key_home("signer-1-code").unwrap(), KeyHome::Token(reference), "of the newest key");
    }

    #[test]
    fn a_key_in_a_token_needs_the_token() {
        let reference = KeyReference::new("Szkoła; 1", "issuing-1", &[0x0a, 0xff]).to_pem().unwrap();
        let fault = KeyStore::default().open(&reference).err().unwrap();
        let needed = TokenFault::NotGiven { token: "Szkoła; 1".to_owned() };
        assert_eq!(fault, KeyFault::Token(needed));
        assert!(fault.to_string().contains("not in this folder"), "{fault}");
    }
}
