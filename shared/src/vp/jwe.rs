//! JWE in compact form (RFC 7516 §7.1): ECDH-ES on P-256 with A128GCM or A256GCM (RFC 7518 §4.6, §5.3), nothing else.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::jose::jwk::PublicJwk;
use crate::jose::{base64url, from_base64url, json_object};

/// The longest JWE that is looked at, in bytes: a picture in an SD-JWT is encoded three times.
pub const MAX_JWE_LENGTH: usize = 512 * 1024;

/// The length of GCM's tag, in bytes.
const TAG: usize = 16;

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentEncryption {
    /// AES-128 in GCM.
    A128Gcm,
    /// AES-256 in GCM.
    A256Gcm,
}

impl ContentEncryption {
    /// Both, the one first that every peer must know (§8.3).
    pub const ALL: [Self; 2] = [Self::A128Gcm, Self::A256Gcm];

    /// Its name (RFC 7518 §5.1).
    pub fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encryption| encryption.name() == name)
    }

    fn key_length(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }

    fn key(self, secret: &[u8]) -> Result<LessSafeKey, JweError> {
        let algorithm = match self {
            Self::A128Gcm => &AES_128_GCM,
            Self::A256Gcm => &AES_256_GCM,
        };
        UnboundKey::new(algorithm, secret).map(LessSafeKey::new).map_err(|_| JweError::Crypto)
    }
}

/// To whom something is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientKey {
    /// Their key.
    pub key: PublicJwk,
    /// What they call it.
    pub kid: Option<String>,
}

/// A private key that opens what was encrypted to it; it lives as long as one request.
#[derive(Clone)]
pub struct OpeningKey {
    scalar: Zeroizing<[u8; 32]>,
    public: PublicJwk,
}

impl OpeningKey {
    /// Draws a key.
    ///
    /// # Errors
    /// [`JweError::Crypto`] should the library refuse it.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, JweError> {
        // Uniform below the order: what is 0 or too big is drawn again (FIPS 186-5 A.2.2); four draws in a row that are
        // out of range come about once in 2^128.
        for _ in 0..4 {
            let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(entropy.bytes());
            if let Ok(key) = Self::from_scalar(scalar) {
                return Ok(key);
            }
        }
        Err(JweError::Crypto)
    }

    /// Takes a scalar, big-endian.
    ///
    /// # Errors
    /// [`JweError::Crypto`] where it is none.
    pub fn from_scalar(scalar: Zeroizing<[u8; 32]>) -> Result<Self, JweError> {
        let private =
            PrivateKey::from_private_key(&ECDH_P256, scalar.as_slice()).map_err(|_| JweError::Crypto)?;
        let public = private.compute_public_key().map_err(|_| JweError::Crypto)?;
        let public = PublicJwk::from_sec1(public.as_ref()).map_err(|_| JweError::Crypto)?;
        Ok(Self { scalar, public })
    }

    /// The public key.
    pub fn public(&self) -> &PublicJwk {
        &self.public
    }

    fn agree(&self, peer: &PublicJwk) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let private =
            PrivateKey::from_private_key(&ECDH_P256, self.scalar.as_slice()).map_err(|_| JweError::Crypto)?;
        let peer = UnparsedPublicKey::new(&ECDH_P256, peer.to_sec1());
        agreement::agree(&private, peer, JweError::Crypto, |shared| Ok(Zeroizing::new(shared.to_vec())))
    }
}

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpeningKey({:?})", self.public)
    }
}

#[derive(Serialize)]
struct WrittenHeader<'a> {
    alg: &'static str,
    enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    epk: &'a PublicJwk,
}

#[derive(Deserialize)]
struct ReadHeader {
    alg: String,
    enc: String,
    kid: Option<String>,
    epk: Value,
    #[serde(default)]
    apu: Option<String>,
    #[serde(default)]
    apv: Option<String>,
    #[serde(default)]
    zip: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

/// Null counts as being there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Encrypts `content` to `recipient` with a key that is drawn for it alone.
///
/// # Errors
/// [`JweError::Crypto`] should the library refuse.
pub fn encrypt(
    content: &[u8],
    recipient: &RecipientKey,
    encryption: ContentEncryption,
    entropy: &dyn Entropy,
) -> Result<String, JweError> {
    let ephemeral = OpeningKey::draw(entropy)?;
    let header = WrittenHeader {
        alg: "ECDH-ES",
        enc: encryption.name(),
        kid: recipient.kid.as_deref(),
        epk: &ephemeral.public,
    };
    let header = base64url(serde_json::to_vec(&header).map_err(|_| JweError::Crypto)?);
    let shared = ephemeral.agree(&recipient.key)?;
    let secret = derive(&shared, encryption, &[], &[]);
    let iv: [u8; NONCE_LEN] = entropy.bytes();
    let mut sealed = content.to_vec();
    let nonce = Nonce::assume_unique_for_key(iv);
    let tag = encryption
        .key(&secret)?
        .seal_in_place_separate_tag(nonce, Aad::from(header.as_bytes()), &mut sealed)
        .map_err(|_| JweError::Crypto)?;
    // The second part is the encrypted key, which ECDH-ES does not have.
    Ok(format!("{header}..{}.{}.{}", base64url(iv), base64url(&sealed), base64url(tag.as_ref())))
}

/// A JWE that nobody has opened yet.
#[derive(Clone)]
pub struct CompactJwe {
    encryption: ContentEncryption,
    kid: Option<String>,
    ephemeral: PublicJwk,
    party_u: Vec<u8>,
    party_v: Vec<u8>,
    header: String,
    iv: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl CompactJwe {
    /// Takes a JWE of at most [`MAX_JWE_LENGTH`] bytes apart.
    ///
    /// # Errors
    /// See [`JweError`].
    pub fn parse(text: &str) -> Result<Self, JweError> {
        if text.len() > MAX_JWE_LENGTH {
            return Err(JweError::TooLong);
        }
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let [header, key, iv, content, tag] = parts.as_slice() else { return Err(JweError::NotFiveParts) };
        if !key.is_empty() {
            return Err(JweError::Unsupported);
        }
        let decoded = |part: &str| from_base64url(part).ok_or(JweError::NotBase64Url);
        let read: ReadHeader = json_object(&decoded(header)?).ok_or(JweError::Header)?;
        if read.crit.is_some() || read.zip.is_some() || read.alg != "ECDH-ES" {
            return Err(JweError::Unsupported);
        }
        let encryption = ContentEncryption::named(&read.enc).ok_or(JweError::Unsupported)?;
        let party = |info: Option<String>| info.map_or(Ok(Vec::new()), |info| decoded(&info));
        let mut sealed = decoded(content)?;
        let tag = decoded(tag)?;
        if tag.len() != TAG {
            return Err(JweError::Header);
        }
        sealed.extend_from_slice(&tag);
        Ok(Self {
            encryption,
            kid: read.kid,
            ephemeral: PublicJwk::from_value(&read.epk).map_err(|_| JweError::Header)?,
            party_u: party(read.apu)?,
            party_v: party(read.apv)?,
            header: (*header).to_owned(),
            iv: decoded(iv)?.try_into().map_err(|_| JweError::Header)?,
            sealed,
        })
    }

    /// Which key it is said to be for.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`JweError::DoesNotOpen`] when it was encrypted to another key, or changed on the way.
    pub fn open(self, key: &OpeningKey) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let shared = key.agree(&self.ephemeral)?;
        let secret = derive(&shared, self.encryption, &self.party_u, &self.party_v);
        let mut sealed = Zeroizing::new(self.sealed);
        let nonce = Nonce::assume_unique_for_key(self.iv);
        let length = self
            .encryption
            .key(&secret)?
            .open_in_place(nonce, Aad::from(self.header.as_bytes()), &mut sealed)
            .map_err(|_| JweError::DoesNotOpen)?
            .len();
        sealed.truncate(length);
        Ok(sealed)
    }
}

impl fmt::Debug for CompactJwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompactJwe({:?}, {} bytes)", self.encryption, self.sealed.len())
    }
}

/// The Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1, as RFC 7518 §4.6.2 fills it in); one round yields up to 256 bits.
fn derive(
    shared: &[u8],
    encryption: ContentEncryption,
    party_u: &[u8],
    party_v: &[u8],
) -> Zeroizing<Vec<u8>> {
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    for field in [encryption.name().as_bytes(), party_u, party_v] {
        // No field is longer than the JWE that it came in.
        hash.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(field);
    }
    let bits = encryption.key_length() * 8;
    hash.update(u32::try_from(bits).unwrap_or(u32::MAX).to_be_bytes());
    Zeroizing::new(hash.finalize()[..encryption.key_length()].to_vec())
}

/// Messages complete "cannot read encrypted message: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Longer than [`MAX_JWE_LENGTH`].
    #[error("text is too long")]
    TooLong,
    /// Not five parts joined by dots.
    #[error("text is not five parts joined by dots")]
    NotFiveParts,
    /// A part is not unpadded base64url.
    #[error("a part is not base64url")]
    NotBase64Url,
    /// The header is not of the expected shape, or a part has a wrong length.
    #[error("header or a part is not of the expected shape")]
    Header,
    /// Another algorithm, compression or an extension.
    #[error("it is encrypted in a way that is not supported")]
    Unsupported,
    /// Encrypted to another key, or changed.
    #[error("it does not open with this key")]
    DoesNotOpen,
    /// The library refused.
    #[error("the cryptography refused")]
    Crypto,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::vp::request::sample::Counted;

    fn key(text: &str) -> OpeningKey {
        let scalar: [u8; 32] = from_base64url(text).unwrap().try_into().unwrap();
        OpeningKey::from_scalar(Zeroizing::new(scalar)).unwrap()
    }

    /// RFC 7518 appendix C.
    fn alice() -> OpeningKey {
        key("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo")
    }

    fn bob() -> OpeningKey {
        key("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")
    }

    fn to_bob() -> RecipientKey {
        RecipientKey { key: bob().public().clone(), kid: Some("b".to_owned()) }
    }

    #[test]
    fn the_published_key_agreement_is_reproduced_from_both_sides() {
        let from = |mine: &OpeningKey, theirs: &OpeningKey| {
            let shared = mine.agree(theirs.public()).unwrap();
            base64url(derive(&shared, ContentEncryption::A128Gcm, b"Alice", b"Bob").as_slice())
        };
        assert_eq!(from(&alice(), &bob()), "VqqN6vgjbSBcIijNcacQGg");
        assert_eq!(from(&bob(), &alice()), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn what_is_encrypted_opens_with_its_key_alone() {
        for encryption in ContentEncryption::ALL {
            let text = encrypt(b"{\"a\":1}", &to_bob(), encryption, &Counted::new(1)).unwrap();
            let jwe = CompactJwe::parse(&text).unwrap();
            assert_eq!(jwe.kid(), Some("b"));
            assert_eq!(jwe.clone().open(&bob()).unwrap().as_slice(), b"{\"a\":1}");
            assert_eq!(jwe.open(&alice()).unwrap_err(), JweError::DoesNotOpen);
        }
    }

    /// Encrypted to Bob by the `jose` package for JavaScript, version 6.2.17; the second names both parties.
    const BY_ANOTHER: [&str; 2] = [
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImtpZCI6ImIiLCJlcGsiOnsieCI6InJBWU5rX1Vmc1lKdzY4M3E3TVhOdjF6Ylk0c0Fu\
        LXFhUF9UdGM4b21IYTgiLCJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieSI6IlV2RzJBOVJpaUpmYWUxZU4yMUthVXQyRUFvUnVHY0g4MVl4QmpHM2d\
        Ha2sifX0..YlTmwusVzy4czaJq.Sbk3_My3CJkOREehS-UBSchLamy4jfgRMLH5Ux38VVmvT4Q7yf6g.7N--XCFNuoUWeF26DpPRfg",
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6ImIiLCJlcGsiOnsieCI6Ii0xVGgxcnZqcnNkLTR5NXhQd1FUM19ic0duVGtTSXl\
        sQkNQLU13b2d0Mm8iLCJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieSI6IldOSE1NSzNvYVlUMUZMTnJ3YzEya3ZJeW8zeVhZX1pJNlVneC1aYVRWUD\
        QifSwiYXB1IjoiZDJGc2JHVjAiLCJhcHYiOiJiaTB4In0..Q5dr12QAXERosep3.wpVSFwWECR6xSxJnnCeQKcvceoaL1-KY4SM_k-zWK0dqLmOpsXg\
        6.tN4kwxiE9q2TKbVP0tEW3w",
    ];

    #[test]
    fn what_another_implementation_encrypted_opens() {
        for text in BY_ANOTHER {
            let opened = CompactJwe::parse(text).unwrap().open(&bob()).unwrap();
            assert_eq!(opened.as_slice(), br#"{"vp_token":{"card":["a"]},"state":"s"}"#);
        }
    }

    #[test]
    fn every_malformed_text_is_refused_for_its_own_reason() {
        let good = encrypt(b"x", &to_bob(), ContentEncryption::A128Gcm, &Counted::new(1)).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let header: Value = serde_json::from_slice(&from_base64url(parts[0]).unwrap()).unwrap();
        let with_header = |name: &str, value: Value| {
            let mut header = header.clone();
            header[name] = value;
            let header = base64url(serde_json::to_vec(&header).unwrap());
            [header.as_str(), parts[1], parts[2], parts[3], parts[4]].join(".")
        };
        let short_tag = [parts[0], parts[1], parts[2], parts[3], "AAAA"].join(".");
        let short_iv = [parts[0], parts[1], "AAAA", parts[3], parts[4]].join(".");
        let cases = [
            (String::new(), JweError::NotFiveParts),
            (format!("{good}.x"), JweError::NotFiveParts),
            (format!("{good}="), JweError::NotBase64Url),
            ("a".repeat(MAX_JWE_LENGTH + 1), JweError::TooLong),
            ([parts[0], "AAAA", parts[2], parts[3], parts[4]].join("."), JweError::Unsupported),
            (with_header("alg", json!("RSA-OAEP")), JweError::Unsupported),
            (with_header("alg", json!("dir")), JweError::Unsupported),
            (with_header("enc", json!("A128CBC-HS256")), JweError::Unsupported),
            (with_header("zip", json!("DEF")), JweError::Unsupported),
            (with_header("crit", json!(null)), JweError::Unsupported),
            (with_header("epk", json!(null)), JweError::Header),
            (
                with_header("epk", json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"})),
                JweError::Header,
            ),
            (short_tag, JweError::Header),
            (short_iv, JweError::Header),
        ];
        for (text, reason) in cases {
            assert_eq!(CompactJwe::parse(&text).map(|_| ()), Err(reason), "{text}");
        }
        // Authenticated, though it decides nothing.
        let relabelled = CompactJwe::parse(&with_header("kid", json!("c"))).unwrap();
        assert_eq!(relabelled.open(&bob()).unwrap_err(), JweError::DoesNotOpen);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_keeps_it_shut(place in any::<prop::sample::Index>(), bit in 0_u8..7) {
            let mut text = encrypt(b"{\"vp_token\":{}}", &to_bob(), ContentEncryption::A256Gcm, &Counted::new(2)).unwrap().into_bytes();
            let place = place.index(text.len());
            text[place] ^= 1 << bit;
            let opened = std::str::from_utf8(&text).ok().and_then(|text| CompactJwe::parse(text).ok()).map(|jwe| jwe.open(&bob()));
            prop_assert!(!matches!(opened, Some(Ok(_))));
        }

        #[test]
        fn reading_never_panics(text in any::<String>(), header in any::<String>(), part in any::<Vec<u8>>()) {
            let _ = CompactJwe::parse(&text);
            let part = base64url(part);
            let _ = CompactJwe::parse(&format!("{}..{part}.{part}.{part}", base64url(header)));
        }
    }

    #[test]
    fn an_opening_key_is_wiped_when_it_is_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&OpeningKey::from_scalar(Zeroizing::new([1; 32])).unwrap().scalar);
    }
}
