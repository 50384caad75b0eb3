//! An element of the embedder's own in the simulated one's place: nothing of the phone depends on files.

use std::collections::BTreeMap;
use std::sync::Mutex;

use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::*;
use crate::secure_element::{
    ElementError, ElementId, ElementSession, Elements, PinRefusal, SecureElement, Standing, StoreKey,
};

/// An element in memory whose PIN is never wrong.
#[derive(Default)]
struct Chip {
    keys: Mutex<BTreeMap<KeyHandle, SigningKey>>,
    generation: Mutex<u64>,
}

struct ChipHandle(Arc<Chip>);

struct ChipSession(Arc<Chip>, StoreKey);

struct Chips(Arc<Chip>);

fn chip_id() -> ElementId {
    ElementId::parse("000102030405060708090a0b0c0d0e0f").unwrap()
}

impl Elements for Chips {
    fn at(&self, _home: &Path) -> Result<Box<dyn SecureElement>, ElementError> {
        Ok(Box::new(ChipHandle(Arc::clone(&self.0))))
    }
}

impl SecureElement for ChipHandle {
    fn id(&self) -> Result<Option<ElementId>, ElementError> {
        Ok(Some(chip_id()))
    }

    fn standing(&self, _now: Timestamp) -> Result<Standing, ElementError> {
        Ok(Standing::Ready { tries_left: 1, wait_until: None })
    }

    fn provision(&self, _pin: &NewPin) -> Result<ElementId, ElementError> {
        Ok(chip_id())
    }

    fn unlock(&self, _pin: &Pin, _now: Timestamp) -> Result<Box<dyn ElementSession>, PinRefusal> {
        Ok(Box::new(ChipSession(Arc::clone(&self.0), StoreKey::new(Zeroizing::new([5; 32])))))
    }

    fn change_pin(&self, _current: &Pin, _new: &NewPin, _now: Timestamp) -> Result<(), PinRefusal> {
        Ok(())
    }

    fn erase(&self) -> Result<(), ElementError> {
        self.0.keys.lock().unwrap().clear();
        Ok(())
    }
}

impl ElementSession for ChipSession {
    fn store_key(&self) -> &StoreKey {
        &self.1
    }

    fn generate_key(&self, entropy: &dyn Entropy) -> Result<KeyHandle, ElementError> {
        let handle = KeyHandle::random(entropy);
        let key = SigningKey::from_slice(&entropy.bytes::<32>()).unwrap();
        self.0.keys.lock().unwrap().insert(handle.clone(), key);
        Ok(handle)
    }

    fn public_key(&self, handle: &KeyHandle) -> Result<[u8; 65], ElementError> {
        let keys = self.0.keys.lock().unwrap();
        let key = keys.get(handle).ok_or(ElementError::NoSuchKey)?;
        Ok(key.verifying_key().to_sec1_point(false).as_bytes().try_into().unwrap())
    }

    fn sign(&self, handle: &KeyHandle, message: &[u8]) -> Result<[u8; 64], ElementError> {
        let keys = self.0.keys.lock().unwrap();
        let signature: Signature = keys.get(handle).ok_or(ElementError::NoSuchKey)?.sign(message);
        Ok(signature.to_bytes().into())
    }

    fn delete_key(&self, handle: &KeyHandle) -> Result<(), ElementError> {
        self.0.keys.lock().unwrap().remove(handle);
        Ok(())
    }

    fn generation(&self) -> Result<u64, ElementError> {
        Ok(*self.0.generation.lock().unwrap())
    }

    fn raise_generation(&self, to: u64) -> Result<(), ElementError> {
        let mut generation = self.0.generation.lock().unwrap();
        *generation = to.max(*generation);
        Ok(())
    }

    fn key_handles(&self) -> Result<Vec<KeyHandle>, ElementError> {
        Ok(self.0.keys.lock().unwrap().keys().cloned().collect())
    }
}

#[test]
fn a_phone_works_with_an_element_of_the_embedders_own() {
    let home = tempfile::tempdir().unwrap();
    let chip = Arc::new(Chip::default());
    let parts = || Parts { elements: Arc::new(Chips(Arc::clone(&chip))), ..parts(1) };
    let phone = UnlockedPhone::create(home.path(), &device(), &new_pin(), now(), parts()).unwrap();
    let id = activate(&phone, "12345/2026/77").unwrap();
    drop(phone);
    assert!(!home.path().join("element").exists());

    let phone = LockedPhone::open(home.path(), parts()).unwrap().unlock(&pin(), now()).unwrap();
    let key = phone.documents().card(&id).unwrap().unwrap().key;
    let verifying = VerifyingKey::from_sec1_bytes(&phone.element().public_key(&key).unwrap()).unwrap();
    let signature = Signature::from_slice(&phone.element().sign(&key, b"proof").unwrap()).unwrap();
    assert!(verifying.verify(b"proof", &signature).is_ok());
    phone.delete_card(&id, now()).unwrap();
    assert!(chip.keys.lock().unwrap().is_empty());
}
