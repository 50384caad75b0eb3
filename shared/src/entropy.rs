//! Randomness as an argument.

/// A source of cryptographically strong random bytes.
///
/// The operating system's source is named only at the composition roots; tests may hand in their own.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Entropy {
    /// An array of `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// A uniformly random number below `bound`, without modulo bias.
    ///
    /// Returns 0 for a bound of 0 or 1.
    pub fn below(&self, bound: u64) -> u64 {
        if bound < 2 {
            return 0;
        }
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let draw = u64::from_be_bytes(self.bytes());
            if draw < fair {
                return draw % bound;
            }
        }
    }
}
