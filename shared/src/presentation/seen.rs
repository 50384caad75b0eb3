//! What an inspector's device has seen, so that a code counts once.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::holder_code::key::HolderKey;

/// The latest code of each phone that was accepted lately. Kept in memory alone, and forgotten when codes of that time
/// are too old anyway.
#[derive(Clone, Default)]
pub struct SeenCodes(BTreeMap<HolderKey, Timestamp>);

impl SeenCodes {
    /// Whether a code of `key`, made at `made_at`, is neither one that was accepted before nor older than one: a
    /// picture of an earlier code is worth nothing once its phone has shown a later one.
    pub fn is_new(&self, key: &HolderKey, made_at: Timestamp) -> bool {
        self.0.get(key).is_none_or(|latest| *latest < made_at)
    }

    /// Remembers that the code was accepted, and forgets those made before `now − kept`.
    pub fn remember(&mut self, key: &HolderKey, made_at: Timestamp, now: Timestamp, kept: SignedDuration) {
        self.0.retain(|_, latest| now.duration_since(*latest) <= kept);
        self.0.insert(key.clone(), made_at);
    }

    /// How many phones are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SeenCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeenCodes({})", self.0.len())
    }
}
