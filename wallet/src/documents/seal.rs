//! Seals records under keys that derive from the element's store key.

use std::sync::Arc;

use shared::entropy::Entropy;
use zeroize::Zeroizing;

use super::StoreError;
use crate::sealed_box::{self, Key};
use crate::secure_element::StoreKey;

/// Seals and opens what goes into the store. A sealed record is the version of its content (two bytes,
/// big-endian) and the sealed content; version and name are authenticated with it, so that no record can be
/// put in another's place and no version be forged.
pub(super) struct Sealer {
    records: Key,
    names: Key,
    entropy: Arc<dyn Entropy>,
}

impl Sealer {
    /// Seals under keys derived from `store_key`, with nonces from `entropy`.
    pub(super) fn new(store_key: &StoreKey, entropy: Arc<dyn Entropy>) -> Self {
        let key = |purpose: &[u8]| sealed_box::derive(b"mleg documents v1", store_key.expose(), &[purpose]);
        Self { records: key(b"records"), names: key(b"names"), entropy }
    }

    /// Seals `content` of `version` for keeping under `name`.
    pub(super) fn seal(&self, name: &str, version: u16, content: &[u8]) -> Vec<u8> {
        let sealed = sealed_box::seal(&self.records, &context(name, version), content, &*self.entropy);
        let mut record = Vec::with_capacity(2 + sealed.len());
        record.extend_from_slice(&version.to_be_bytes());
        record.extend_from_slice(&sealed);
        record
    }

    /// Opens what was kept under `name`: the version of the content, and the content.
    pub(super) fn open(&self, name: &str, record: &[u8]) -> Result<(u16, Zeroizing<Vec<u8>>), StoreError> {
        let damaged = StoreError::Damaged("a record does not open");
        let Some((version, sealed)) = record.split_first_chunk::<2>() else { return Err(damaged) };
        let version = u16::from_be_bytes(*version);
        let content = sealed_box::open(&self.records, &context(name, version), sealed).ok_or(damaged)?;
        Ok((version, content))
    }

    /// 16 bytes that stand for `text` on this phone only, and that do not tell it.
    pub(super) fn pseudonym(&self, text: &str) -> [u8; 16] {
        let derived = sealed_box::derive(b"mleg name v1", self.names.as_slice(), &[text.as_bytes()]);
        let mut pseudonym = [0; 16];
        pseudonym.copy_from_slice(&derived[..16]);
        pseudonym
    }
}

fn context(name: &str, version: u16) -> Vec<u8> {
    let mut context = b"mleg record v1 ".to_vec();
    context.extend_from_slice(&version.to_be_bytes());
    context.extend_from_slice(name.as_bytes());
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEntropy;

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&StoreKey::new(Zeroizing::new([key; 32])), Arc::new(TestEntropy::new(1)))
    }

    #[test]
    fn a_record_opens_under_its_name_version_and_key_only() {
        let record = sealer(1).seal("card/1", 2, b"Zosia");
        let (version, content) = sealer(1).open("card/1", &record).unwrap();
        assert_eq!((version, content.as_slice()), (2, b"Zosia".as_slice()));
        assert!(sealer(1).open("card/2", &record).is_err());
        assert!(sealer(2).open("card/1", &record).is_err());
        let mut older = record.clone();
        older[1] = 1;
        assert!(sealer(1).open("card/1", &older).is_err());
        assert!(sealer(1).open("card/1", &record[..1]).is_err());
    }

    #[test]
    fn pseudonyms_differ_by_text_and_by_phone() {
        assert_eq!(sealer(1).pseudonym("a"), sealer(1).pseudonym("a"));
        assert_ne!(sealer(1).pseudonym("a"), sealer(1).pseudonym("b"));
        assert_ne!(sealer(1).pseudonym("a"), sealer(2).pseudonym("a"));
    }
}
