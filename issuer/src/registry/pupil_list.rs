//! Looking for pupils: by words as they are typed, by class, and by how their cards stand.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::validity::warsaw_date;

use super::sorting;
use crate::store::id::{PupilId, SchoolId};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::pupil_line::{ClassFigures, Days, Place, PupilFilter, PupilLine, PupilSearch};
use crate::store::{Statements, StoreError, Verb};

/// How many days before its end a card counts as ending soon.
pub const ENDS_SOON_DAYS: i32 = 60;
/// How many days before its last day an order counts as due.
pub const DUE_DAYS: i32 = 3;
/// How many pupils stand on a page.
pub const PAGE: u32 = 50;
/// The most words of a search; more narrow nothing down.
const WORDS: usize = 8;

impl Days {
    /// What "today" and "soon" mean at `now`.
    pub fn at(now: Timestamp) -> Self {
        let today = warsaw_date(now);
        let days = |days: i32| today.saturating_add(jiff::Span::new().days(days));
        Self { today, soon: days(ENDS_SOON_DAYS), due: days(DUE_DAYS) }
    }
}

/// Which page to show.
#[derive(Debug, Clone, Default)]
pub enum PageFrom {
    /// The first.
    #[default]
    First,
    /// The one after this pupil.
    After(PupilId),
    /// The one before this pupil.
    Before(PupilId),
}

/// Looks for pupils.
#[derive(Debug)]
pub struct SearchPupils {
    search: PupilSearch,
    from: PageFrom,
}

impl SearchPupils {
    /// The pupils of `school` whose name, class or PESEL has words that begin like those of `typed`.
    pub fn new(school: SchoolId, typed: &str, now: Timestamp) -> Self {
        let words = sorting::folded(typed);
        // Nobody's name has such characters, and not every database can be asked for them.
        let words = words.split(' ').filter(|word| !word.is_empty() && !word.contains(char::is_control));
        let words = words.take(WORDS).map(str::to_owned).collect();
        let search = PupilSearch { school, class_name: None, words, filter: None, days: Days::at(now) };
        Self { search, from: PageFrom::First }
    }

    /// Only those of this class.
    #[must_use]
    pub fn in_class(mut self, class_name: Option<String>) -> Self {
        self.search.class_name = class_name.filter(|name| !name.contains(char::is_control));
        self
    }

    /// Only those of whom this holds.
    #[must_use]
    pub fn of_whom(mut self, filter: Option<PupilFilter>) -> Self {
        self.search.filter = filter;
        self
    }

    /// Another page than the first.
    #[must_use]
    pub fn from(mut self, from: PageFrom) -> Self {
        self.from = from;
        self
    }
}

/// A page of pupils.
#[derive(Debug, Clone)]
pub struct FoundPupils {
    /// By the Polish alphabet.
    pub lines: Vec<PupilLine>,
    /// How many there are on all pages.
    pub total: i64,
    /// Whether there are some before.
    pub before: bool,
    /// Whether there are more after.
    pub after: bool,
    /// Every class of the school, sorted.
    pub classes: Vec<String>,
    /// Today in Warsaw.
    pub today: Date,
}

#[async_trait::async_trait]
impl Verb for SearchPupils {
    type Answer = FoundPupils;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let place = match &self.from {
            PageFrom::First => None,
            PageFrom::After(id) => key_of(tx, id).await?.map(|key| Place::After(key, id.clone())),
            PageFrom::Before(id) => key_of(tx, id).await?.map(|key| Place::Before(key, id.clone())),
        };
        // One more than is shown tells whether there is another page.
        let mut lines = self.search.page(tx, place.as_ref(), PAGE + 1).await?;
        let more = lines.len() > PAGE as usize;
        let (before, after) = match place {
            None => (false, more),
            Some(Place::After(..)) => (true, more),
            Some(Place::Before(..)) => (more, true),
        };
        if more {
            let extra = if matches!(place, Some(Place::Before(..))) { 0 } else { lines.len() - 1 };
            lines.remove(extra);
        }
        let mut classes = ClassFigures::names(tx, &self.search.school).await?;
        classes.sort_by_cached_key(|name| class_key(name));
        let total = self.search.count(tx).await?;
        Ok(FoundPupils { lines, total, before, after, classes, today: self.search.days.today })
    }
}

/// The place of a pupil in the alphabet. Whoever is not there any more leads to the first page.
async fn key_of(tx: &mut dyn Statements, id: &PupilId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(Pupil::find(tx, id).await?.and_then(|pupil| pupil.sort_key))
}

/// What classes are sorted by: 2b stands before 10a.
pub(crate) fn class_key(name: &str) -> (u64, Vec<u8>) {
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    // Those without a number stand at the end.
    (digits.parse().unwrap_or(u64::MAX), sorting::sort_key([name]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_sorted_as_they_are_counted() {
        let mut names = ["10a", "2b", "zerówka", "2a", "1ć", "1c"];
        names.sort_by_cached_key(|name| class_key(name));
        assert_eq!(names, ["1c", "1ć", "2a", "2b", "10a", "zerówka"]);
    }
}
