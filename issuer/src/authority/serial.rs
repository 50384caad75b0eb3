//! New serial numbers.

use shared::entropy::Entropy;
use shared::x509::serial::SerialNumber;

/// A serial number of 128 random bits, never zero.
///
/// Nobody can guess it, and two of them are equal about as often as two keys; the store's unique key decides
/// all the same.
pub fn fresh_serial(entropy: &dyn Entropy) -> SerialNumber {
    loop {
        // Only zero is refused, and a source that yields it for ever is broken beyond help.
        if let Ok(serial) = SerialNumber::from_be_bytes(&entropy.bytes::<16>()) {
            return serial;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Sixteen octets of 0, then of 1, and so on.
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0.fetch_add(1, Ordering::SeqCst));
        }
    }

    #[test]
    fn zero_is_drawn_again() {
        let entropy = Counting(AtomicU8::new(0));
        assert_eq!(fresh_serial(&entropy).to_string(), "01".repeat(16));
        assert_eq!(fresh_serial(&entropy).to_string(), "02".repeat(16));
    }
}
