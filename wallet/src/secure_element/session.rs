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
    store_key: StoreKey,
    key_key: sealed_box::Key,
}

impl SimulatedSession {
    /// The session of element `id`, whose keys are in the directory `keys`.
    pub(super) fn new(id: ElementId, keys: PathBuf, inner: &InnerSecret) -> Self {
        Self {
            id,
            keys,
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
