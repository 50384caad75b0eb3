//! What this crate's unit tests share.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use shared::entropy::Entropy;

/// Random enough for tests and the same every time: SHA-256 over a seed and a counter.
pub(crate) struct TestEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl TestEntropy {
    /// A source of its own per `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let count = self.drawn.fetch_add(1, Ordering::SeqCst);
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(count.to_be_bytes());
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
    }
}
