//! Whether the scans of a file tell the whole picture.
//!
//! A progressive picture comes in passes, each a little sharper. One that was cut off between two passes and
//! given an end is a JPEG like any other, and blurred.

use super::refusal::PhotoRefusal;

/// What scans have told of a colour channel so far: of each of its 64 coefficients, how many low bits are
/// still missing. `None` before the first word of it.
pub(super) struct Sent([Option<u8>; 64]);

impl Default for Sent {
    fn default() -> Self {
        Self([None; 64])
    }
}

impl Sent {
    /// Notes a scan's band of coefficients and its bit positions (T.81 §G.1.1.1).
    pub(super) fn take(
        &mut self,
        progressive: bool,
        first: u8,
        last: u8,
        approximation: u8,
    ) -> Result<(), PhotoRefusal> {
        let broken = PhotoRefusal::Broken("a scan does not go on where the last one ended");
        // A sequential scan tells everything at once, whatever its header says there.
        let (first, last, high, low) =
            if progressive { (first, last, approximation >> 4, approximation & 15) } else { (0, 63, 0, 0) };
        let band = self.0.get_mut(usize::from(first)..=usize::from(last)).ok_or(broken)?;
        for missing in band {
            let goes_on = match *missing {
                None => high == 0,
                Some(bits) => bits == high && high == low + 1,
            };
            if !goes_on {
                return Err(broken);
            }
            *missing = Some(low);
        }
        Ok(())
    }

    /// Whether nothing is missing any more.
    pub(super) fn is_complete(&self) -> bool {
        self.0.iter().all(|missing| *missing == Some(0))
    }
}
