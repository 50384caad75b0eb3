//! How long a card is good for, and how old a person is: civil dates in Poland, instants in UTC.
//!
//! A card names days; certificates, tokens and clocks name instants. The two meet here and nowhere else, in the
//! time zone of Europe/Warsaw, whose rules are compiled in, so that no machine's own tables can shift a card's end.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

static WARSAW: TimeZone = jiff::tz::get!("Europe/Warsaw");

/// The time zone in which Polish dates begin and end.
pub fn warsaw() -> TimeZone {
    WARSAW.clone()
}

/// The day that `at` falls on in Europe/Warsaw.
pub fn warsaw_date(at: Timestamp) -> Date {
    at.to_zoned(warsaw()).date()
}

/// The days on which a card is valid, both ends included, read in Europe/Warsaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Days", into = "Days")]
pub struct ValidityPeriod {
    first_day: Date,
    last_day: Date,
    not_before: Timestamp,
    expires: Timestamp,
}

/// How a period is written: the days alone, the instants follow from them.
#[derive(Serialize, Deserialize)]
struct Days {
    first_day: Date,
    last_day: Date,
}

impl ValidityPeriod {
    /// From the beginning of `first` to the end of `last`.
    ///
    /// # Errors
    /// [`ValidityError::EndsBeforeItStarts`], or [`ValidityError::OutOfRange`] outside the years 1900 to 2299,
    /// within which every date of this domain lies and X.509 can write every instant.
    pub fn new(first: Date, last: Date) -> Result<Self, ValidityError> {
        if last < first {
            return Err(ValidityError::EndsBeforeItStarts);
        }
        if first.year() < 1900 || last.year() > 2299 {
            return Err(ValidityError::OutOfRange);
        }
        let day_after = last.tomorrow().map_err(|_| ValidityError::OutOfRange)?;
        Ok(Self {
            first_day: first,
            last_day: last,
            not_before: start_of_day(first)?,
            expires: start_of_day(day_after)?,
        })
    }

    /// The day of issue.
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// The last day on which the card may be used.
    pub fn last_day(&self) -> Date {
        self.last_day
    }

    /// The first valid instant: the beginning of the first day.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last valid second, 23:59:59 of the last day: X.509's `notAfter`, which is inclusive.
    pub fn not_after(&self) -> Timestamp {
        self.expires.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(self.expires)
    }

    /// The first instant at which the card is no longer valid, one second after [`ValidityPeriod::not_after`]:
    /// the `exp` of JWT and CWT, which is exclusive.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Where `now` stands; valid from [`ValidityPeriod::not_before`] on and while `now` is before
    /// [`ValidityPeriod::expires`].
    pub fn judge(&self, now: Timestamp) -> ValidityVerdict {
        if now < self.not_before {
            ValidityVerdict::NotYet
        } else if now < self.expires {
            ValidityVerdict::Valid
        } else {
            ValidityVerdict::Expired
        }
    }

    /// Whether the card is valid at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.judge(now) == ValidityVerdict::Valid
    }
}

/// The first instant of `day` in Warsaw (01:00 or so, should a change of offset ever swallow midnight).
fn start_of_day(day: Date) -> Result<Timestamp, ValidityError> {
    day.to_zoned(warsaw()).map(|start| start.timestamp()).map_err(|_| ValidityError::OutOfRange)
}

impl TryFrom<Days> for ValidityPeriod {
    type Error = ValidityError;

    fn try_from(days: Days) -> Result<Self, ValidityError> {
        Self::new(days.first_day, days.last_day)
    }
}

impl From<ValidityPeriod> for Days {
    fn from(period: ValidityPeriod) -> Self {
        Self { first_day: period.first_day, last_day: period.last_day }
    }
}

/// Where an instant stands towards a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidityVerdict {
    /// Before the first day.
    NotYet,
    /// Within the period.
    Valid,
    /// After the last day.
    Expired,
}

/// Why two dates make no period; messages complete "cannot accept validity: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// The last day comes before the first.
    #[error("it ends before it starts")]
    EndsBeforeItStarts,
    /// A date outside the years 1900 to 2299.
    #[error("its dates are out of range")]
    OutOfRange,
}

/// How often a school confirms its cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchoolTerm {
    /// Once a year: cards end on 30 September.
    Yearly,
    /// Every semester: cards end on 31 March or 30 September.
    Semester,
}

/// The last day of a card that is issued or confirmed on `issued`, unless the school sets another: the next
/// 30 September, in semester schools 31 March or 30 September, whichever comes first.
///
/// The closing month itself counts towards the next period: a card of 15 or 30 September 2026 lasts until
/// 2027-09-30, like one of 1 October. September is there for confirming last year's cards, and the new school
/// year has begun with its first day (Education Law, art. 94(1)): a card that ended within the month of its issue
/// would serve nobody, and a confirmation in September would lengthen nothing. The sister regulation for Polish
/// schools abroad says it in so many words: to the last day of the month in which the *next* school year begins
/// (Dz.U. 2017 poz. 811, § 4).
///
/// Stops at the end of representable time (the year 9999).
pub fn default_last_day(issued: Date, term: SchoolTerm) -> Date {
    let closing_months: &[i8] = match term {
        SchoolTerm::Yearly => &[9],
        SchoolTerm::Semester => &[3, 9],
    };
    let later_this_year = closing_months.iter().find(|month| **month > issued.month());
    let (year, month) = match later_this_year {
        Some(month) => (issued.year(), *month),
        None => (issued.year().saturating_add(1), if term == SchoolTerm::Semester { 3 } else { 9 }),
    };
    Date::new(year, month, 1).map_or(Date::MAX, Date::last_of_month)
}

/// The age in full years on `on` of somebody born on `birth`; 0 before birth, at most 255.
///
/// A year of life is full with the *beginning* of the birthday; in a year without a 29 February, whoever was born
/// on one completes it with the beginning of 28 February, the last day of that month (Civil Code, art. 112).
pub fn age_on(birth: Date, on: Date) -> u8 {
    let birthday_passed = (on.month(), on.day()) >= birthday_in(birth, on.year());
    let years = i32::from(on.year()) - i32::from(birth.year()) - i32::from(!birthday_passed);
    u8::try_from(years.max(0)).unwrap_or(u8::MAX)
}

/// Whether somebody born on `birth` is of age on `on`: eighteen full years (Civil Code, art. 10 § 1).
pub fn is_of_age(birth: Date, on: Date) -> bool {
    age_on(birth, on) >= 18
}

/// Month and day on which the year of life ends in `year`.
fn birthday_in(birth: Date, year: i16) -> (i8, i8) {
    let day = Date::new(year, birth.month(), birth.day()).map_or(28, |birthday| birthday.day());
    (birth.month(), day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_begins_and_ends_with_the_days_of_warsaw() {
        let cases = [
            // Summer time at the end, winter time at the start.
            (date(2026, 11, 21), date(2027, 9, 30), "2026-11-20T23:00:00Z", "2027-09-30T21:59:59Z"),
            // The other way round.
            (date(2026, 9, 1), date(2027, 3, 31), "2026-08-31T22:00:00Z", "2027-03-31T21:59:59Z"),
            (date(2026, 9, 1), date(2026, 12, 31), "2026-08-31T22:00:00Z", "2026-12-31T22:59:59Z"),
            // One day, the short one of 23 hours.
            (date(2027, 3, 28), date(2027, 3, 28), "2027-03-27T23:00:00Z", "2027-03-28T21:59:59Z"),
        ];
        for (first, last, not_before, not_after) in cases {
            let period = ValidityPeriod::new(first, last).unwrap();
            assert_eq!((period.first_day(), period.last_day()), (first, last));
            assert_eq!(period.not_before(), at(not_before));
            assert_eq!(period.not_after(), at(not_after));
            assert_eq!(period.expires(), at(not_after) + SignedDuration::from_secs(1));
        }
    }

    #[test]
    fn judging_turns_at_the_exact_second() {
        let period = ValidityPeriod::new(date(2026, 11, 21), date(2027, 9, 30)).unwrap();
        let cases = [
            ("2026-11-20T22:59:59Z", ValidityVerdict::NotYet),
            ("2026-11-20T23:00:00Z", ValidityVerdict::Valid),
            ("2027-09-30T21:59:59Z", ValidityVerdict::Valid),
            ("2027-09-30T21:59:59.999Z", ValidityVerdict::Valid),
            ("2027-09-30T22:00:00Z", ValidityVerdict::Expired),
            ("2027-09-30T22:00:01Z", ValidityVerdict::Expired),
        ];
        for (now, verdict) in cases {
            assert_eq!(period.judge(at(now)), verdict, "{now}");
            assert_eq!(period.contains(at(now)), verdict == ValidityVerdict::Valid, "{now}");
        }
    }

    #[test]
    fn impossible_periods_cannot_be_made_nor_read() {
        assert_eq!(
            ValidityPeriod::new(date(2027, 9, 30), date(2027, 9, 29)),
            Err(ValidityError::EndsBeforeItStarts)
        );
        assert_eq!(ValidityPeriod::new(Date::MIN, Date::MAX), Err(ValidityError::OutOfRange));
        assert_eq!(ValidityPeriod::new(date(2026, 1, 1), Date::MAX), Err(ValidityError::OutOfRange));
        let backwards = r#"{"first_day":"2027-09-30","last_day":"2027-09-29"}"#;
        assert!(serde_json::from_str::<ValidityPeriod>(backwards).is_err());
        let json = r#"{"first_day":"2026-11-21","last_day":"2027-09-30"}"#;
        let period: ValidityPeriod = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&period).unwrap(), json);
        assert_eq!(period.not_after(), at("2027-09-30T21:59:59Z"));
    }

    #[test]
    fn a_card_ends_with_the_closing_month_after_its_own() {
        use SchoolTerm::{Semester, Yearly};
        let cases = [
            (date(2026, 11, 21), Yearly, date(2027, 9, 30)),
            (date(2026, 8, 31), Yearly, date(2026, 9, 30)),
            (date(2026, 9, 1), Yearly, date(2027, 9, 30)),
            (date(2026, 9, 30), Yearly, date(2027, 9, 30)),
            (date(2026, 10, 1), Yearly, date(2027, 9, 30)),
            (date(2026, 12, 31), Yearly, date(2027, 9, 30)),
            (date(2027, 1, 1), Yearly, date(2027, 9, 30)),
            (date(2026, 11, 21), Semester, date(2027, 3, 31)),
            (date(2027, 2, 28), Semester, date(2027, 3, 31)),
            (date(2027, 3, 1), Semester, date(2027, 9, 30)),
            (date(2027, 3, 31), Semester, date(2027, 9, 30)),
            (date(2027, 4, 1), Semester, date(2027, 9, 30)),
            (date(2026, 9, 30), Semester, date(2027, 3, 31)),
            (date(2026, 10, 1), Semester, date(2027, 3, 31)),
            (Date::MAX, Yearly, Date::MAX),
        ];
        for (issued, term, last_day) in cases {
            assert_eq!(default_last_day(issued, term), last_day, "{issued} {term:?}");
        }
    }

    #[test]
    fn age_grows_at_the_beginning_of_the_birthday() {
        let today = date(2026, 11, 21);
        let cases = [
            (date(2008, 11, 21), today, 18),
            (date(2008, 11, 22), today, 17),
            (date(2002, 11, 21), today, 24),
            (date(2002, 11, 22), today, 23),
            (today, today, 0),
            (date(2026, 11, 22), today, 0),
            (date(2030, 1, 1), today, 0),
            (date(1884, 2, 29), today, 142),
            (date(1800, 1, 1), date(2299, 12, 31), 255),
        ];
        for (birth, on, age) in cases {
            assert_eq!(age_on(birth, on), age, "born {birth}, on {on}");
        }
    }

    #[test]
    fn whoever_was_born_on_29_february_comes_of_age_on_the_28th() {
        let birth = date(2008, 2, 29);
        let cases = [
            (date(2026, 2, 27), 17),
            (date(2026, 2, 28), 18),
            (date(2026, 3, 1), 18),
            // A leap year has the day itself.
            (date(2028, 2, 28), 19),
            (date(2028, 2, 29), 20),
        ];
        for (on, age) in cases {
            assert_eq!(age_on(birth, on), age, "{on}");
            assert_eq!(is_of_age(birth, on), age >= 18, "{on}");
        }
    }

    #[test]
    fn thirty_days_of_a_grant_are_720_hours_whatever_the_wall_clock_does() {
        let cases = [
            ("2026-11-21T19:30[Europe/Warsaw]", "2026-12-21T19:30[Europe/Warsaw]"),
            ("2026-10-01T12:00[Europe/Warsaw]", "2026-10-31T11:00[Europe/Warsaw]"),
            ("2026-03-01T12:00[Europe/Warsaw]", "2026-03-31T13:00[Europe/Warsaw]"),
        ];
        for (granted, expires) in cases {
            let granted = granted.parse::<jiff::Zoned>().unwrap().timestamp();
            let expires = expires.parse::<jiff::Zoned>().unwrap().timestamp();
            assert_eq!(granted + SignedDuration::from_hours(720), expires);
        }
    }

    #[test]
    fn a_grant_may_outlive_its_card() {
        let card = ValidityPeriod::new(date(2026, 11, 21), date(2027, 9, 30)).unwrap();
        let grant_expires = at("2027-09-15T10:00:00Z") + SignedDuration::from_hours(720);
        assert!(grant_expires > card.expires());
        assert!(!card.contains(grant_expires - SignedDuration::from_secs(1)));
    }

    #[test]
    fn the_day_changes_at_midnight_in_warsaw() {
        assert_eq!(warsaw_date(at("2027-09-30T21:59:59Z")), date(2027, 9, 30));
        assert_eq!(warsaw_date(at("2027-09-30T22:00:00Z")), date(2027, 10, 1));
        assert_eq!(warsaw_date(at("2026-12-31T22:59:59Z")), date(2026, 12, 31));
        assert_eq!(warsaw_date(at("2026-12-31T23:00:00Z")), date(2027, 1, 1));
    }

    proptest! {
        #[test]
        fn every_instant_of_a_period_is_on_one_of_its_days(start in 0i64..140_000, days in 0i64..1_000) {
            let first = date(1900, 1, 1) + jiff::Span::new().days(start);
            let last = first + jiff::Span::new().days(days);
            let period = ValidityPeriod::new(first, last).unwrap();
            prop_assert_eq!(warsaw_date(period.not_before()), first);
            prop_assert_eq!(warsaw_date(period.not_after()), last);
            prop_assert!(warsaw_date(period.expires()) > last);
            prop_assert!(period.contains(period.not_before()) && period.contains(period.not_after()));
        }

        #[test]
        fn a_default_period_lasts_more_than_a_month_and_at_most_13(start in 0i64..140_000) {
            let issued = date(1900, 1, 1) + jiff::Span::new().days(start);
            for (term, longest) in [(SchoolTerm::Yearly, 395), (SchoolTerm::Semester, 214)] {
                let days = issued.until(default_last_day(issued, term)).unwrap().get_days();
                prop_assert!((30..=longest).contains(&days), "{} days from {}", days, issued);
            }
        }
    }
}
