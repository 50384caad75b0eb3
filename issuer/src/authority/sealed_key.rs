//! A private key at rest: PKCS#8 in PEM, plain or sealed under a passphrase.
//!
//! ```text
//! -----BEGIN MLEG SEALED PRIVATE KEY-----
//! SealedKey ::= SEQUENCE {
//!   header  SEQUENCE { version INTEGER (1), memoryKib INTEGER, passes INTEGER, lanes INTEGER,
//!                      salt OCTET STRING (16), nonce OCTET STRING (24) },
//!   sealed  OCTET STRING }        -- XChaCha20-Poly1305 over the PKCS#8, header as associated data
//! ```
//! The key is Argon2id of the passphrase. PBES2 of PKCS#8 has neither a memory-hard derivation nor a check
//! that the file was not changed.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use der::asn1::OctetString;
use der::pem::LineEnding;
use der::{Decode, Document, Encode, SecretDocument, Sequence};
use shared::entropy::Entropy;
use shared::secret::Secret;
use zeroize::Zeroizing;

use super::token::TokenFault;

const PLAIN_LABEL: &str = "PRIVATE KEY";
const SEALED_LABEL: &str = "MLEG SEALED PRIVATE KEY";
const VERSION: u8 = 1;

/// Written into new files; files say what they were written with.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// What a file may ask for: beyond, it is a file made to exhaust the memory.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;

#[derive(Sequence)]
struct Header {
    version: u8,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: OctetString,
    nonce: OctetString,
}

#[derive(Sequence)]
struct SealedKey {
    header: Header,
    sealed: OctetString,
}

/// A PKCS#8 private key on P-256; wiped when dropped.
pub struct PrivateKey(SecretDocument);

impl PrivateKey {
    /// Makes a new key.
    ///
    /// The signature provider's own generator makes it, not an [`Entropy`] argument: what a test may
    /// determine must never be able to determine a CA key.
    ///
    /// # Errors
    /// When the provider fails.
    pub fn generate() -> Result<Self, KeyFault> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyFault::Provider)?;
        let secret = SecretDocument::try_from(document.as_ref()).map_err(|_| KeyFault::Provider)?;
        Ok(Self(secret))
    }

    /// The key, ready to sign.
    ///
    /// # Errors
    /// When it is none on P-256.
    pub fn key_pair(&self) -> Result<EcdsaKeyPair, KeyFault> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, self.0.as_bytes())
            .map_err(|_| KeyFault::NotP256)
    }

    /// The key, ready to sign as JWS and COSE do: `r || s` instead of DER.
    ///
    /// # Errors
    /// When it is none on P-256.
    pub fn fixed_key_pair(&self) -> Result<EcdsaKeyPair, KeyFault> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, self.0.as_bytes())
            .map_err(|_| KeyFault::NotP256)
    }

    /// The text of a key file, sealed if there is a passphrase.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn to_pem(
        &self,
        passphrase: Option<&Secret>,
        entropy: &dyn Entropy,
    ) -> Result<Zeroizing<String>, KeyFault> {
        let pem = match passphrase {
            None => self.0.to_pem(PLAIN_LABEL, LineEnding::LF),
            Some(passphrase) => {
                let sealed = self.seal(passphrase, entropy)?;
                Document::encode_msg(&sealed)
                    .and_then(|document| document.to_pem(SEALED_LABEL, LineEnding::LF))
                    .map(Zeroizing::new)
            }
        };
        pem.map_err(|_| KeyFault::Sealing)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// When it is none, when a sealed one comes without passphrase or with a wrong one.
    pub fn from_pem(pem: &str, passphrase: Option<&Secret>) -> Result<Self, KeyFault> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyFault::NotAKeyFile)?;
        match (label, passphrase) {
            (PLAIN_LABEL, _) => Ok(Self(document)),
            (SEALED_LABEL, None) => Err(KeyFault::PassphraseNeeded),
            (SEALED_LABEL, Some(passphrase)) => {
                let sealed = SealedKey::from_der(document.as_bytes()).map_err(|_| KeyFault::NotAKeyFile)?;
                Self::unseal(&sealed, passphrase)
            }
            _ => Err(KeyFault::NotAKeyFile),
        }
    }

    fn seal(&self, passphrase: &Secret, entropy: &dyn Entropy) -> Result<SealedKey, KeyFault> {
        let header = Header {
            version: VERSION,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: OctetString::new(entropy.bytes::<16>()).map_err(|_| KeyFault::Sealing)?,
            nonce: OctetString::new(entropy.bytes::<24>()).map_err(|_| KeyFault::Sealing)?,
        };
        let aad = header.to_der().map_err(|_| KeyFault::Sealing)?;
        let payload = Payload { msg: self.0.as_bytes(), aad: &aad };
        let sealed =
            cipher(&header, passphrase)?.encrypt(&nonce(&header)?, payload).map_err(|_| KeyFault::Sealing)?;
        Ok(SealedKey { header, sealed: OctetString::new(sealed).map_err(|_| KeyFault::Sealing)? })
    }

    fn unseal(file: &SealedKey, passphrase: &Secret) -> Result<Self, KeyFault> {
        let header = &file.header;
        if header.version != VERSION {
            return Err(KeyFault::UnknownVersion(header.version));
        }
        if header.memory_kib > MOST_MEMORY_KIB || header.passes > MOST_PASSES || header.lanes > 16 {
            return Err(KeyFault::NotAKeyFile);
        }
        let aad = header.to_der().map_err(|_| KeyFault::NotAKeyFile)?;
        let payload = Payload { msg: file.sealed.as_bytes(), aad: &aad };
        let opened = cipher(header, passphrase)?
            .decrypt(&nonce(header)?, payload)
            .map(Zeroizing::new)
            .map_err(|_| KeyFault::WrongPassphrase)?;
        SecretDocument::try_from(opened.as_slice()).map(Self).map_err(|_| KeyFault::NotAKeyFile)
    }
}

fn cipher(header: &Header, passphrase: &Secret) -> Result<XChaCha20Poly1305, KeyFault> {
    let params = Params::new(header.memory_kib, header.passes, header.lanes, Some(32))
        .map_err(|_| KeyFault::NotAKeyFile)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), header.salt.as_bytes(), key.as_mut_slice())
        .map_err(|_| KeyFault::NotAKeyFile)?;
    XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| KeyFault::Sealing)
}

fn nonce(header: &Header) -> Result<XNonce, KeyFault> {
    XNonce::try_from(header.nonce.as_bytes()).map_err(|_| KeyFault::NotAKeyFile)
}

/// Messages complete "cannot use private key: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Neither a PKCS#8 PEM nor a sealed one.
    #[error("it is not a key file")]
    NotAKeyFile,
    /// Sealed, and nobody said under what.
    #[error("it is sealed and no passphrase was given")]
    PassphraseNeeded,
    /// Another passphrase, or the file was changed.
    #[error("the passphrase is wrong or the file was changed")]
    WrongPassphrase,
    /// Written by a newer version of this software.
    #[error("it is sealed in format version {0}, which this version does not know")]
    UnknownVersion(u8),
    /// RSA, another curve.
    #[error("it is not a P-256 key")]
    NotP256,
    /// Out of memory, most likely.
    #[error("it could not be sealed")]
    Sealing,
    /// The signature provider made no key.
    #[error("the signature provider failed")]
    Provider,
    /// It is in a token.
    #[error("PKCS#11: {0} [{code}]", code = .0.code())]
    Token(#[from] TokenFault),
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::KeyPair as _;

    use super::*;
    use crate::authority::tests::Dice;

    fn public(key: &PrivateKey) -> Vec<u8> {
        key.key_pair().unwrap().public_key().as_ref().to_vec()
    }

    #[test]
    fn plain_keys_are_pkcs8_for_everyone() {
        let key = PrivateKey::generate().unwrap();
        let pem = key.to_pem(None, &Dice::new()).unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(public(&PrivateKey::from_pem(&pem, None).unwrap()), public(&key));
    }

    #[test]
    fn sealed_keys_open_with_their_passphrase_only() {
        let key = PrivateKey::generate().unwrap();
        let passphrase = Secret::new("zażółć gęślą jaźń");
        let pem = key.to_pem(Some(&passphrase), &Dice::new()).unwrap();
        let open =
            |passphrase: Option<&Secret>| PrivateKey::from_pem(&pem, passphrase).map(|key| public(&key));
        assert_eq!(open(Some(&passphrase)), Ok(public(&key)));
        assert_eq!(open(None), Err(KeyFault::PassphraseNeeded));
        assert_eq!(open(Some(&Secret::new("zażółć"))), Err(KeyFault::WrongPassphrase));
    }

    #[test]
    fn a_changed_file_does_not_open() {
        let passphrase = Secret::new("p");
        let sealed = PrivateKey::generate().unwrap().seal(&passphrase, &Dice::new()).unwrap();
        let fault = |edit: fn(&mut SealedKey)| {
            let mut changed = SealedKey::from_der(&sealed.to_der().unwrap()).unwrap();
            edit(&mut changed);
            PrivateKey::unseal(&changed, &passphrase).map(|_| ()).unwrap_err()
        };
        assert_eq!(fault(|f| f.header.passes -= 1), KeyFault::WrongPassphrase);
        assert_eq!(fault(|f| f.header.version = 2), KeyFault::UnknownVersion(2));
        assert_eq!(fault(|f| f.header.memory_kib = u32::MAX), KeyFault::NotAKeyFile);
        assert_eq!(fault(|f| f.header.nonce = OctetString::new([0; 12]).unwrap()), KeyFault::NotAKeyFile);
        assert_eq!(
            fault(|f| {
                let mut octets = f.sealed.as_bytes().to_vec();
                octets[0] ^= 1;
                f.sealed = OctetString::new(octets).unwrap();
            }),
            KeyFault::WrongPassphrase
        );
    }

    #[test]
    fn other_files_are_no_keys() {
        let rsa = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap().serialize_pem();
        let read = |pem: &str| PrivateKey::from_pem(pem, None).and_then(|key| key.key_pair().map(|_| ()));
        assert_eq!(read(&rsa), Err(KeyFault::NotP256));
        assert_eq!(read("nothing"), Err(KeyFault::NotAKeyFile));
        assert_eq!(read(&rsa.replace("PRIVATE KEY", "CERTIFICATE")), Err(KeyFault::NotAKeyFile));
    }

    #[test]
    fn a_key_that_was_read_is_wiped_when_it_is_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&PrivateKey::generate().unwrap().0);
    }
}
