//! The bits of a list (§4): packed from the least significant bit on, compressed with zlib.

use std::fmt;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// The most that a list may unpack to, in bytes: eight million copies at one bit each.
pub const MAX_BYTES: usize = 1 << 20;

/// The status of a copy (§7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenStatus {
    /// It counts.
    Valid,
    /// It was taken back for good.
    Invalid,
    /// It was taken back for now. We never say so; others may.
    Suspended,
    /// A number whose meaning is the application's.
    Other(u8),
}

impl From<u8> for TokenStatus {
    fn from(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}

/// How many bits a status takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits(u8);

impl Bits {
    /// One bit: valid or not.
    pub const ONE: Self = Self(1);

    /// 1, 2, 4 or 8 (§4.1).
    pub fn new(bits: u64) -> Option<Self> {
        [1_u8, 2, 4, 8].into_iter().find(|known| u64::from(*known) == bits).map(Self)
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// In which byte a status stands, and how far from that byte's low end.
    fn locate(self, index: u64) -> Option<(usize, u32)> {
        let bit = index.checked_mul(u64::from(self.0))?;
        Some((usize::try_from(bit / 8).ok()?, u32::try_from(bit % 8).ok()?))
    }

    fn mask(self) -> u8 {
        u8::MAX >> (8 - self.0)
    }
}

/// A list of statuses.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Bits,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of one bit each with room for `size` copies (rounded up to whole bytes), all valid but those at
    /// `invalid`; what lies beyond is left out.
    pub fn of_invalid(size: u32, invalid: impl IntoIterator<Item = u32>) -> Self {
        let mut list = Self { bits: Bits::ONE, bytes: vec![0; size.div_ceil(8) as usize] };
        for index in invalid {
            list.set(u64::from(index), 1);
        }
        list
    }

    /// Unpacks a list of `bits` per status.
    ///
    /// # Errors
    /// When it is not one whole zlib stream, or unpacks to more than [`MAX_BYTES`].
    pub fn unpack(bits: Bits, packed: &[u8]) -> Result<Self, UnpackFault> {
        let mut decoder = ZlibDecoder::new(packed);
        let mut bytes = Vec::new();
        let limit = MAX_BYTES as u64 + 1;
        decoder.by_ref().take(limit).read_to_end(&mut bytes).map_err(|_| UnpackFault::NotZlib)?;
        if bytes.len() > MAX_BYTES {
            return Err(UnpackFault::TooBig);
        }
        if decoder.total_in() != packed.len() as u64 {
            return Err(UnpackFault::Trailing);
        }
        Ok(Self { bits, bytes })
    }

    /// The list compressed, as tightly as zlib does.
    ///
    /// # Errors
    /// Never for a list in memory; the compressor's interface has one.
    pub fn packed(&self) -> std::io::Result<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes)?;
        encoder.finish()
    }

    /// How many bits a status takes.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// How many statuses fit.
    pub fn len(&self) -> usize {
        self.bytes.len() * 8 / usize::from(self.bits.0)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The status at `index`; `None` beyond the end (§8.3: then nothing may be accepted).
    pub fn at(&self, index: u64) -> Option<TokenStatus> {
        let (byte, shift) = self.bits.locate(index)?;
        self.bytes.get(byte).map(|byte| TokenStatus::from(byte >> shift & self.bits.mask()))
    }

    fn set(&mut self, index: u64, value: u8) {
        let mask = self.bits.mask();
        let place =
            self.bits.locate(index).and_then(|(byte, shift)| Some((self.bytes.get_mut(byte)?, shift)));
        if let Some((byte, shift)) = place {
            *byte = *byte & !(mask << shift) | (value & mask) << shift;
        }
    }
}

impl fmt::Debug for StatusList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusList({} of {} bits)", self.len(), self.bits.0)
    }
}

/// Messages complete "cannot unpack status list: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpackFault {
    /// Broken, cut off, or another format.
    #[error("it is not a zlib stream")]
    NotZlib,
    /// Perhaps made to exhaust the memory.
    #[error("it unpacks to more than {MAX_BYTES} bytes")]
    TooBig,
    /// Something behind the stream.
    #[error("something follows its end")]
    Trailing,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jose::{base64url, from_base64url};
    use crate::status::LIST_SIZE;

    fn list(bits: u64, statuses: &[(u64, u8)], bytes: usize) -> StatusList {
        let mut list = StatusList { bits: Bits::new(bits).unwrap(), bytes: vec![0; bytes] };
        for &(index, value) in statuses {
            list.set(index, value);
        }
        list
    }

    /// §4.1 and §4.2 of the draft.
    #[test]
    fn the_examples_of_the_draft_have_their_bytes() {
        let ones = [0, 3, 4, 5, 7, 8, 9, 13, 15].map(|index| (index, 1));
        let one = list(1, &ones, 2);
        assert_eq!(one.bytes, [0xb9, 0xa3]);
        assert_eq!(base64url(one.packed().unwrap()), "eNrbuRgAAhcBXQ");
        let two: Vec<(u64, u8)> = (0..12).zip([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]).collect();
        assert_eq!(list(2, &two, 3).bytes, [0xc9, 0x44, 0xf9]);
    }

    #[test]
    fn the_published_vectors_are_read() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/token_status_list.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            let required = std::env::var_os("MLEG_REQUIRE_ALL").is_some_and(|value| value == "1");
            assert!(!required, "../shared/vectors is required by MLEG_REQUIRE_ALL=1 and missing");
            eprintln!("skipped: ../shared/vectors/token_status_list.json is not there");
            return;
        };
        let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let bits = Bits::new(vector["declared_bits"].as_u64().unwrap()).unwrap();
            let packed = from_base64url(vector["lst"].as_str().unwrap()).unwrap();
            let read = StatusList::unpack(bits, &packed).unwrap();
            assert_eq!(read.len() as u64, vector["size"].as_u64().unwrap());
            let expected: std::collections::BTreeMap<u64, u64> = vector["set"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(index, value)| (index.parse().unwrap(), value.as_u64().unwrap()))
                .collect();
            for index in 0..read.len() as u64 {
                let wanted = expected.get(&index).map_or(0, |value| u8::try_from(*value).unwrap());
                assert_eq!(read.at(index), Some(TokenStatus::from(wanted)), "{index}");
            }
            assert_eq!(StatusList::unpack(bits, &read.packed().unwrap()).unwrap(), read);
        }
    }

    #[test]
    fn what_was_taken_back_and_nothing_else_is_invalid() {
        let list = StatusList::of_invalid(LIST_SIZE, [0, 9, LIST_SIZE - 1, LIST_SIZE]);
        let list = StatusList::unpack(Bits::ONE, &list.packed().unwrap()).unwrap();
        let invalid: Vec<u64> =
            (0..list.len() as u64).filter(|index| list.at(*index) == Some(TokenStatus::Invalid)).collect();
        assert_eq!(invalid, [0, 9, u64::from(LIST_SIZE) - 1]);
        assert_eq!(list.at(u64::from(LIST_SIZE)), None);
        assert_eq!(list.at(u64::MAX), None);
    }

    #[test]
    fn a_small_text_does_not_become_a_great_list() {
        let great = |bytes: usize| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&vec![0; bytes]).unwrap();
            StatusList::unpack(Bits::ONE, &encoder.finish().unwrap()).map(|list| list.len())
        };
        assert_eq!(great(MAX_BYTES), Ok(MAX_BYTES * 8));
        assert_eq!(great(MAX_BYTES + 1), Err(UnpackFault::TooBig));
        assert_eq!(great(MAX_BYTES * 100), Err(UnpackFault::TooBig));
    }

    #[test]
    fn only_one_whole_stream_is_unpacked() {
        let packed = StatusList::of_invalid(64, [3]).packed().unwrap();
        assert!(StatusList::unpack(Bits::ONE, &packed).is_ok());
        let fault = |packed: &[u8]| StatusList::unpack(Bits::ONE, packed).unwrap_err();
        assert_eq!(fault(&packed[..packed.len() - 1]), UnpackFault::NotZlib);
        assert_eq!(fault(b""), UnpackFault::NotZlib);
        assert_eq!(fault(&[packed.as_slice(), b"x"].concat()), UnpackFault::Trailing);
        for bits in [0, 3, 5, 16] {
            assert_eq!(Bits::new(bits), None);
        }
    }

    proptest! {
        #[test]
        fn unpacking_never_panics(bytes in any::<Vec<u8>>(), index in any::<u64>()) {
            for bits in [1, 2, 4, 8] {
                if let Ok(list) = StatusList::unpack(Bits::new(bits).unwrap(), &bytes) {
                    let _ = list.at(index);
                }
            }
        }
    }
}
