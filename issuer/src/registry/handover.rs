//! What the receipt of a hand-over says (potwierdzenie odbioru).

use jiff::Timestamp;
use jiff::civil::Date;
use shared::validity::{warsaw, warsaw_date};

use super::fault::{Checked, FaultCode, Faults, past_day};
use crate::store::tables::pupil::Applicant;

/// A hand-over as the receipt says.
#[derive(Debug)]
pub struct HandOverForm {
    /// Who signed.
    pub by: Option<Applicant>,
    /// On which day; by default today.
    pub on: Option<String>,
}

impl HandOverForm {
    /// Checks the form and answers who signed, and when unless it is now; `made_at` is when the slip was made, `now` the present.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self, made_at: Timestamp, now: Timestamp) -> Result<(Applicant, Option<Timestamp>), Faults> {
        let mut checked = Checked::default();
        let today = warsaw_date(now);
        let day = self.on.map_or(Ok(today), |text| past_day(&text, today));
        let day = checked.field("on", day.and_then(|day| not_before(day, warsaw_date(made_at))));
        if self.by.is_none() {
            checked.fault("by", FaultCode::ReceiverMissing);
        }
        let made = self.by.zip(day).map(|(by, day)| {
            // Of an earlier day nobody knows the hour: noon, but never before the slip was there.
            let noon = day.at(12, 0, 0, 0).to_zoned(warsaw()).map_or(now, |noon| noon.timestamp());
            (by, (day != today).then(|| noon.max(made_at)))
        });
        checked.finish(made)
    }
}

fn not_before(day: Date, first: Date) -> Result<Date, FaultCode> {
    if day < first { Err(FaultCode::BeforeSlip) } else { Ok(day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_a_day_between_printing_and_today() {
        let made: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let form = |by, on: &str| HandOverForm { by, on: Some(on.to_owned()) }.parse(made, now);
        let guardian = Some(Applicant::Guardian);
        assert_eq!(form(guardian, "2026-11-23").unwrap(), (Applicant::Guardian, None));
        let friday = form(guardian, "2026-11-20").unwrap().1.unwrap();
        assert_eq!(friday.to_string(), "2026-11-20T11:00:00Z", "noon in Warsaw");
        for (day, code) in [
            ("2026-11-19", FaultCode::BeforeSlip),
            ("2026-11-24", FaultCode::DayInFuture),
            ("jutro", FaultCode::DayMalformed),
        ] {
            assert_eq!(form(guardian, day).unwrap_err().0[0].code, code, "{day}");
        }
        assert_eq!(form(None, "2026-11-23").unwrap_err().0[0].code, FaultCode::ReceiverMissing);
    }
}
