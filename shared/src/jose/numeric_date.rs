//! `NumericDate` (RFC 7519 §2): seconds since 1970-01-01T00:00:00Z, leap seconds ignored.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time in a JWT. Written in whole seconds; fractions are tolerated on reading and cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(Timestamp);

impl NumericDate {
    /// The second that `at` lies in.
    pub fn new(at: Timestamp) -> Self {
        // Rounding down keeps a token from claiming a moment that has not come yet.
        let second = at.as_nanosecond().div_euclid(1_000_000_000);
        Self(
            i64::try_from(second).ok().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(Timestamp::MIN),
        )
    }

    /// The instant, UTC.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_second())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        whole_seconds(&number)
            .and_then(|second| Timestamp::from_second(second).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("time is out of range"))
    }
}

fn whole_seconds(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let fraction = number.as_f64()?.floor();
    // Beyond 2^53 a double no longer counts single seconds; no calendar reaches that far.
    #[expect(clippy::cast_possible_truncation, reason = "the guard keeps the value within 2^53")]
    (fraction.abs() < 9_007_199_254_740_992.0).then_some(fraction as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_fractional_seconds_are_read_and_the_absurd_is_not() {
        let read = |json: &str| serde_json::from_str::<NumericDate>(json).ok().map(|date| date.0.as_second());
        assert_eq!(read("1562262616"), Some(1_562_262_616));
        assert_eq!(read("1562262616.9"), Some(1_562_262_616));
        assert_eq!(read("-0.5"), Some(-1));
        for wrong in
            ["1e300", "9223372036854775807", "18446744073709551615", "\"1562262616\"", "null", "true"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_is_written_as_the_second_it_lies_in() {
        let at: Timestamp = "2026-11-21T18:30:00.999Z".parse().unwrap();
        assert_eq!(serde_json::to_string(&NumericDate::new(at)).unwrap(), "1795285800");
        let before_epoch: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        assert_eq!(serde_json::to_string(&NumericDate::new(before_epoch)).unwrap(), "-1");
    }
}
