//! What a new hierarchy, and a new issuing authority, are asked to say.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{Authority, AuthorityError, KeyStore};

/// The most characters of an organisation and of a common name (RFC 5280, appendix A).
const NAME_MAX_CHARS: usize = 64;

/// What a new hierarchy says.
#[derive(Debug, Clone)]
pub struct CreateOptions {
    /// O of both authorities; must contain "simulator", in any case.
    pub organization: String,
    /// CN of the root.
    pub root_name: String,
    /// CN of the issuing authority.
    pub issuing_name: String,
    /// First instant of both; whole seconds. No later than the oldest card that will be issued.
    pub not_before: Timestamp,
    /// Last second of the root.
    pub root_not_after: Timestamp,
    /// Last second of the issuing authority.
    pub issuing_not_after: Timestamp,
    /// Where the keys are made.
    pub keys: KeyStore,
}

impl CreateOptions {
    /// The usual hierarchy, made at `now`.
    ///
    /// It starts fifteen years back: a base card begins on its day of issue, and one that was issued in the
    /// first year of an eight-year primary school and confirmed ever since is the oldest that there is, even
    /// for a pupil who repeated. The issuing authority ends in twenty years, the root in thirty.
    pub fn simulator(now: Timestamp) -> Self {
        let today = now.to_zoned(TimeZone::UTC).date();
        let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map_or(now, |zoned| zoned.timestamp());
        let moved = |years: i16| midnight(today.saturating_add(Span::new().years(years)));
        Self {
            organization: "mLegitymacja SIMULATOR".to_owned(),
            root_name: "mLegitymacja SIMULATOR Root CA".to_owned(),
            issuing_name: "mLegitymacja SIMULATOR Issuing CA 1".to_owned(),
            not_before: moved(-15),
            root_not_after: moved(30),
            issuing_not_after: moved(20),
            keys: KeyStore::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), AuthorityError> {
        check_names(&self.organization, [&self.root_name, &self.issuing_name])?;
        let ordered = self.not_before < self.issuing_not_after
            && self.issuing_not_after <= self.root_not_after
            && [self.not_before, self.issuing_not_after, self.root_not_after]
                .iter()
                .all(|at| at.as_second() >= 0);
        if ordered { Ok(()) } else { Err(AuthorityError::ImpossibleDates) }
    }
}

/// What a new issuing authority below the same root says.
#[derive(Debug, Clone)]
pub struct RollOverOptions {
    /// Its CN; the organisation stays.
    pub issuing_name: String,
    /// Its first instant.
    pub not_before: Timestamp,
    /// Its last second; at most the root's.
    pub not_after: Timestamp,
    /// Opens the root's key and makes the new ones.
    pub keys: KeyStore,
}

impl RollOverOptions {
    /// The usual authority to follow `old`, made at `now`: it covers the oldest card, and lives for so many years or as
    /// long as the root.
    pub fn usual(old: &Authority, now: Timestamp, years: i16) -> Self {
        let today = now.to_zoned(TimeZone::UTC).date();
        let end = today.saturating_add(Span::new().years(years)).to_zoned(TimeZone::UTC);
        let end = end.map_or(old.root().not_after(), |zoned| zoned.timestamp());
        Self {
            issuing_name: format!("mLegitymacja SIMULATOR Issuing CA {}", old.generation().saturating_add(1)),
            not_before: old.root().not_before(),
            not_after: end.min(old.root().not_after()),
            keys: KeyStore::default(),
        }
    }
}

/// Both names fit, and the organisation says what it is.
pub(super) fn check_names<'a>(
    organization: &str,
    common_names: impl IntoIterator<Item = &'a String>,
) -> Result<(), AuthorityError> {
    let fits = |name: &str| !name.trim().is_empty() && name.chars().count() <= NAME_MAX_CHARS;
    let says_so = organization.to_lowercase().contains("simulator");
    if says_so && fits(organization) && common_names.into_iter().all(|name| fits(name)) {
        Ok(())
    } else {
        Err(AuthorityError::NotASimulator)
    }
}
