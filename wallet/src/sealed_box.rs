//! The one way in which bytes are sealed at rest: XChaCha20-Poly1305 with a random 192-bit nonce in front.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use shared::entropy::Entropy;
use zeroize::Zeroizing;

/// A 256-bit key, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

const NONCE: usize = 24;
const TAG: usize = 16;

/// Seals `plain` under `key`; `context` must be given again to open it.
///
/// A nonce of 192 random bits needs no counter that a restored backup could turn back.
pub(crate) fn seal(key: &Key, context: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    let nonce: [u8; NONCE] = entropy.bytes();
    let cipher = XChaCha20Poly1305::new(&(**key).into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context });
    let mut out = Vec::with_capacity(NONCE + plain.len() + TAG);
    out.extend_from_slice(&nonce);
    // The cipher refuses only messages of 256 GiB; an empty seal would not open, so nothing leaks or lies.
    out.extend_from_slice(&sealed.unwrap_or_default());
    out
}

/// Opens what [`seal`] made with the same key and context; `None` if any of the three differ.
pub(crate) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&(**key).into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: context }).ok().map(Zeroizing::new)
}

/// HKDF-SHA256 (RFC 5869): a key for `purpose` out of `secret`, bound to `salt`.
pub(crate) fn derive(salt: &[u8], secret: &[u8], purpose: &[&[u8]]) -> Key {
    let mut key = Key::default();
    let derived = Hkdf::<Sha256>::new(Some(salt), secret).expand_multi_info(purpose, key.as_mut_slice());
    debug_assert!(derived.is_ok(), "32 bytes are below HKDF's limit of 8160");
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEntropy;

    #[test]
    fn opens_with_the_same_key_and_context_only() {
        let entropy = TestEntropy::new(1);
        let (key, other): (Key, Key) = (Zeroizing::new([7; 32]), Zeroizing::new([8; 32]));
        let sealed = seal(&key, b"card/1", b"Zosia", &entropy);
        assert_eq!(open(&key, b"card/1", &sealed).unwrap().as_slice(), b"Zosia");
        assert!(open(&other, b"card/1", &sealed).is_none());
        assert!(open(&key, b"card/2", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(open(&key, b"card/1", &bent).is_none(), "byte {at} is not protected");
            assert!(open(&key, b"card/1", &sealed[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let entropy = TestEntropy::new(1);
        let key: Key = Zeroizing::new([7; 32]);
        assert_ne!(seal(&key, b"", b"Zosia", &entropy), seal(&key, b"", b"Zosia", &entropy));
    }

    /// RFC 5869, appendix A.1 (its first 32 of 42 bytes: HKDF-Expand is a stream).
    #[test]
    fn derivation_is_the_published_one() {
        let salt: Vec<u8> = (0x00..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let key = derive(&salt, &[0x0b; 22], &[&info[..4], &info[4..]]);
        assert_eq!(key[..8], [0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a]);
        assert_eq!(key[24..], [0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf]);
    }

    #[test]
    fn keys_and_ciphers_are_wiped_when_they_are_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let key = Key::new([7; 32]);
        wiped(&key);
        wiped(&XChaCha20Poly1305::new((&*key).into()));
    }
}
