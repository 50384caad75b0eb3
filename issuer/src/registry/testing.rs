//! What the tests of the books, and of those who show them, share.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use shared::entropy::Entropy;

use crate::audit::{Act, Actor};
use crate::registry::school::{EnterSchool, SchoolForm};
use crate::store::id::SchoolId;
use crate::store::{Location, Store, Verb};

/// Randomness that is the same in every run, and never repeats within one.
#[derive(Debug, Default)]
pub(crate) struct CountedEntropy(AtomicU64);

impl CountedEntropy {
    /// As if so many blocks had been drawn before.
    pub(crate) fn after(blocks: u64) -> Self {
        Self(AtomicU64::new(blocks))
    }
}

impl Entropy for CountedEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = Sha256::digest(self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// Saturday evening in Warsaw.
pub(crate) fn evening() -> Timestamp {
    "2026-11-21T18:30:00Z".parse().unwrap()
}

/// Empty books on a disk of their own.
pub(crate) struct Books {
    pub(crate) store: Store,
    pub(crate) entropy: CountedEntropy,
    _folder: tempfile::TempDir,
}

impl Books {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("books.db"))).await.unwrap();
        Self { store, entropy: CountedEntropy::default(), _folder: folder }
    }

    pub(crate) fn act(&self) -> Act {
        Act::new(Actor::System, evening(), &self.entropy)
    }

    pub(crate) async fn write<V: Verb>(&self, verb: V) -> V::Answer {
        self.store.write(verb).await.unwrap()
    }

    pub(crate) async fn read<V: Verb>(&self, verb: V) -> V::Answer {
        self.store.read(verb).await.unwrap()
    }

    /// Enters a school with the rules of `preset`.
    pub(crate) async fn school(&self, rspo: u32, preset: &str) -> SchoolId {
        let form: SchoolForm = form(serde_json::json!({
            "rspo": rspo, "name": format!("Szkoła nr {rspo}"), "kind": "primary", "rights": "public",
            "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" },
            "rules": { "preset": preset }
        }));
        let verb = EnterSchool::new(form.parse().unwrap(), self.act(), &self.entropy);
        self.write(verb).await.unwrap().id
    }
}

/// A form as it would be typed.
pub(crate) fn form<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap()
}

/// A drawn picture of this size as a JPEG.
pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
    super::photo::testing::photo(width, height, 92)
}
