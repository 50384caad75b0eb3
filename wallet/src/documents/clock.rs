//! How far this phone's clock is from a time that somebody signed for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::presentation::time::{ClockCorrection, CorrectedTime};

use super::record::Record;
use super::{ClockVerdict, Documents, ONLY, StoreError};

/// [`ClockCorrection`], as kept.
#[derive(Serialize, Deserialize)]
struct ClockRecord {
    correction: ClockCorrection,
}

impl Record for ClockRecord {
    const KIND: &'static str = "clock";
    const VERSION: u16 = 1;
}

impl Documents {
    /// What was learnt of the clock last, if anything was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn clock_correction(&self) -> Result<Option<ClockCorrection>, StoreError> {
        Ok(self.record(ONLY)?.map(|record: ClockRecord| record.correction))
    }

    /// What time it is when this phone's clock shows `raw`: corrected where the correction may be relied on, else as the
    /// clock shows it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reckoned(&self, raw: Timestamp) -> Result<Timestamp, StoreError> {
        let time = CorrectedTime::by(self.clock_correction()?.as_ref(), raw);
        Ok(if time.doubt().is_none() { time.now() } else { raw })
    }

    /// By what time cards are judged when this phone's clock shows `raw`. Times beside cards were noted by that clock, so
    /// it is gone by as long as it may be right, and corrected where it is certainly behind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn judged_at(&self, raw: Timestamp) -> Result<Timestamp, StoreError> {
        match self.time_floor()?.judge(raw) {
            ClockVerdict::Plausible => Ok(raw),
            ClockVerdict::Behind { .. } => self.reckoned(raw),
        }
    }

    /// Keeps what was learnt of the clock in the place of what was learnt before.
    pub(crate) fn keep_clock_correction(&self, correction: ClockCorrection) -> Result<(), StoreError> {
        let writer = self.writer();
        writer.commit(vec![self.put(ONLY, &ClockRecord { correction })?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: what this version wrote must be read for as long as versions are read.
    #[test]
    fn the_present_version_is_frozen() {
        let json = r#"{"correction":{"signed":"2026-11-22T08:00:00.5Z","raw":"2026-11-22T07:58:00Z","latest":"2026-11-22T07:58:01Z"}}"#;
        let record = ClockRecord::read(1, json.as_bytes()).unwrap();
        assert_eq!(record.write().unwrap().as_slice(), json.as_bytes());
    }
}
