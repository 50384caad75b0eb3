//! The unlocked simulated element: device keys, each in a file of its own, sealed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use shared::entropy::Entropy;
use zeroize::Zeroizing;

use super::state::InnerSecret;
use super::{ElementError, ElementId, ElementSession, KeyHandle, StoreKey};
use crate::{home, sealed_box};

/// What a right PIN yields.
pub(super) struct SimulatedSession {
    id: ElementId,
    keys: PathBuf,
    generation: PathBuf,
    store_key: StoreKey,
    key_key: sealed_box::Key,
}

impl SimulatedSession {
    /// The session of element `id`, whose keys are in the directory `keys` and whose counter is in the file
    /// `generation`.
    pub(super) fn new(id: ElementId, keys: PathBuf, generation: PathBuf, inner: &InnerSecret) -> Self {
        Self {
            id,
            keys,
            generation,
            store_key: StoreKey::new(inner.derive(b"document store")),
            key_key: inner.derive(b"device keys"),
        }
    }

    fn path(&self, handle: &KeyHandle) -> PathBuf {
        self.keys.join(handle.as_str())
    }

    /// Ties the sealed key to this element and this handle, so that files cannot be swapped.
    fn context(&self, handle: &KeyHandle) -> String {
        format!("mleg device key v1 {} {handle}", self.id)
    }

    /// What the counter's file says; `None` where there is none, or a shorter one, as a power cut or a full disk leaves
    /// behind. Longer it is damaged.
    fn counted(&self) -> Result<Option<u64>, ElementError> {
        let bytes = match fs::read(&self.generation) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match <[u8; 8]>::try_from(bytes.as_slice()) {
            Ok(number) => Ok(Some(u64::from_be_bytes(number))),
            Err(_) if bytes.len() < size_of::<u64>() => Ok(None),
            Err(_) => Err(ElementError::Damaged("the counter is no number")),
        }
    }

    fn signing_key(&self, handle: &KeyHandle) -> Result<SigningKey, ElementError> {
        let sealed = match fs::read(self.path(handle)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ElementError::NoSuchKey),
            Err(error) => return Err(error.into()),
        };
        let scalar = sealed_box::open(&self.key_key, self.context(handle).as_bytes(), &sealed)
            .ok_or(ElementError::Damaged("a device key does not open"))?;
        SigningKey::from_slice(&scalar).map_err(|_| ElementError::Damaged("a device key is no key"))
    }
}

impl ElementSession for SimulatedSession {
    fn store_key(&self) -> &StoreKey {
        &self.store_key
    }

    fn generate_key(&self, entropy: &dyn Entropy) -> Result<KeyHandle, ElementError> {
        let scalar = loop {
            let candidate: Zeroizing<[u8; 32]> = Zeroizing::new(entropy.bytes());
            // Uniform below the order: what is 0 or too big is drawn again (FIPS 186-5, A.2.2).
            if SigningKey::from_slice(candidate.as_slice()).is_ok() {
                break candidate;
            }
        };
        let handle = KeyHandle::random(entropy);
        let sealed =
            sealed_box::seal(&self.key_key, self.context(&handle).as_bytes(), scalar.as_slice(), entropy);
        home::write_atomically(&self.path(&handle), &sealed)?;
        Ok(handle)
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], ElementError> {
        let point = self.signing_key(handle)?.verifying_key().to_sec1_point(false);
        point.as_bytes().try_into().map_err(|_| ElementError::Damaged("a device key has no public key"))
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], ElementError> {
        // Deterministic (RFC 6979): no randomness that could repeat and give the key away.
        let signature: Signature = self.signing_key(handle)?.sign(message);
        Ok(signature.to_bytes().into())
    }

    fn delete_key(&self, handle: &KeyHandle) -> Result<(), ElementError> {
        home::remove_file(&self.path(handle))?;
        home::sync_dir(&self.keys)?;
        Ok(())
    }

    fn generation(&self) -> Result<u64, ElementError> {
        Ok(self.counted()?.unwrap_or(0))
    }

    fn raise_generation(&self, to: u64) -> Result<(), ElementError> {
        match self.counted()? {
            Some(counted) if counted >= to => {}
            // In place: eight bytes of one sector are old or new after a power cut.
            Some(_) => home::write_in_place(&self.generation, &to.to_be_bytes())?,
            // A file that is just being made may be empty after one.
            None => home::write_atomically(&self.generation, &to.to_be_bytes())?,
        }
        Ok(())
    }

    fn key_handles(&self) -> Result<Vec<KeyHandle>, ElementError> {
        handles_in(&self.keys)
    }
}

/// The handles of all keys in `keys`; leftovers of killed writes are no keys.
fn handles_in(keys: &Path) -> Result<Vec<KeyHandle>, ElementError> {
    let mut handles = Vec::new();
    for entry in fs::read_dir(keys)? {
        if let Some(handle) = entry?.file_name().to_str().and_then(|name| KeyHandle::parse(name).ok()) {
            handles.push(handle);
        }
    }
    Ok(handles)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;

    use super::super::{SecureElement, SimulatedElement};
    use super::*;
    use crate::pin::{NewPin, PinCost};
    use crate::testing::TestEntropy;

    /// A new element in `dir`, unlocked.
    fn unlocked(dir: &Path, seed: u64) -> Box<dyn ElementSession> {
        let element =
            SimulatedElement::open(dir, Arc::new(TestEntropy::new(seed)), PinCost::FOR_TESTS).unwrap();
        let pin = NewPin::parse("493027").unwrap();
        element.provision(&pin).unwrap();
        element.unlock(pin.pin(), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn signatures_verify_under_the_public_key() {
        let dir = tempfile::tempdir().unwrap();
        let session = unlocked(dir.path(), 1);
        let (one, two) = (
            session.generate_key(&TestEntropy::new(7)).unwrap(),
            session.generate_key(&TestEntropy::new(8)).unwrap(),
        );
        let key = VerifyingKey::from_sec1_bytes(&session.public_key(&one).unwrap()).unwrap();
        let signature = Signature::from_slice(&session.sign(&one, b"proof").unwrap()).unwrap();
        assert!(key.verify(b"proof", &signature).is_ok());
        assert!(key.verify(b"other", &signature).is_err());
        let others = Signature::from_slice(&session.sign(&two, b"proof").unwrap()).unwrap();
        assert!(key.verify(b"proof", &others).is_err());
    }

    #[test]
    fn keys_live_and_die_by_their_handle() {
        let dir = tempfile::tempdir().unwrap();
        let session = unlocked(dir.path(), 1);
        let entropy = TestEntropy::new(7);
        let (one, two) = (session.generate_key(&entropy).unwrap(), session.generate_key(&entropy).unwrap());
        // What a killed write leaves behind is no key.
        fs::write(dir.path().join(format!("keys/{}.new", KeyHandle::random(&entropy))), b"x").unwrap();
        let mut handles = session.key_handles().unwrap();
        handles.sort();
        let mut expected = vec![one.clone(), two.clone()];
        expected.sort();
        assert_eq!(handles, expected);

        session.delete_key(&one).unwrap();
        session.delete_key(&one).unwrap();
        assert!(matches!(session.sign(&one, b"x"), Err(ElementError::NoSuchKey)));
        assert!(matches!(session.public_key(&one), Err(ElementError::NoSuchKey)));
        assert!(session.sign(&two, b"x").is_ok());
    }

    #[test]
    fn key_files_cannot_be_swapped_or_moved_to_another_element() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (session, foreign) = (unlocked(here.path(), 1), unlocked(there.path(), 2));
        let entropy = TestEntropy::new(7);
        let (one, two) = (session.generate_key(&entropy).unwrap(), session.generate_key(&entropy).unwrap());
        let file = |dir: &Path, handle: &KeyHandle| dir.join("keys").join(handle.as_str());
        fs::copy(file(here.path(), &one), file(there.path(), &one)).unwrap();
        assert!(matches!(foreign.sign(&one, b"x"), Err(ElementError::Damaged(_))));
        fs::copy(file(here.path(), &one), file(here.path(), &two)).unwrap();
        assert!(matches!(session.sign(&two, b"x"), Err(ElementError::Damaged(_))));
    }

    #[test]
    fn the_device_key_is_nowhere_on_disk_in_the_clear() {
        let dir = tempfile::tempdir().unwrap();
        let session = unlocked(dir.path(), 1);
        // The first draw of this source is the scalar.
        let handle = session.generate_key(&TestEntropy::new(7)).unwrap();
        let scalar: [u8; 32] = (&TestEntropy::new(7) as &dyn Entropy).bytes();
        let key = SigningKey::from_slice(&scalar).unwrap();
        assert_eq!(key.verifying_key().to_sec1_point(false).as_bytes(), session.public_key(&handle).unwrap());
        let sealed = fs::read(dir.path().join("keys").join(handle.as_str())).unwrap();
        assert!(!sealed.windows(32).any(|window| window == scalar));
    }

    #[test]
    fn the_counter_only_rises() {
        let dir = tempfile::tempdir().unwrap();
        let session = unlocked(dir.path(), 1);
        assert_eq!(session.generation().unwrap(), 0);
        for (to, expected) in [(1, 1), (7, 7), (3, 7), (0, 7), (8, 8)] {
            session.raise_generation(to).unwrap();
            assert_eq!(session.generation().unwrap(), expected);
        }
    }

    #[test]
    fn a_counter_that_was_cut_short_counts_from_nothing_and_is_made_whole() {
        for left in [&b""[..], b"\0", b"\0\0\0\0\0\0\x01"] {
            let dir = tempfile::tempdir().unwrap();
            let session = unlocked(dir.path(), 1);
            let file = dir.path().join("generation");
            fs::write(&file, left).unwrap();
            assert_eq!(session.generation().unwrap(), 0, "{left:?}");
            session.raise_generation(5).unwrap();
            assert_eq!((session.generation().unwrap(), fs::read(&file).unwrap().len()), (5, 8), "{left:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        let session = unlocked(dir.path(), 1);
        fs::write(dir.path().join("generation"), [0; 9]).unwrap();
        assert!(matches!(session.generation(), Err(ElementError::Damaged(_))));
    }

    #[test]
    fn the_keys_of_store_and_devices_are_wiped_when_they_are_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&StoreKey::new(Zeroizing::new([7; 32])).0);
        wiped(&SigningKey::from_slice(&[7; 32]).unwrap());
    }
}
