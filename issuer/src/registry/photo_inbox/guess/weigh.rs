//! What of a pupil's name is found, and what that is worth.

use super::class::plain;
use super::names::Likeness;
use super::words::Words;
use super::{Guess, Hint, InLetter, SEVERAL};
use crate::store::tables::photo_inbox::RosterEntry;

/// What of a name stands in a text; the more it is, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Nothing,
    Given(Likeness, usize),
    Surname(Likeness, usize),
    Apart(Likeness, usize),
    Beside(Likeness, usize),
}

impl Found {
    /// Whether given name and surname are there.
    pub(super) fn is_full(self) -> bool {
        matches!(self, Self::Apart(..) | Self::Beside(..))
    }

    /// Whether it is only a part of a longer name.
    pub(super) fn is_part(self) -> bool {
        self.likeness() == Some(Likeness::Part)
    }

    /// How many words of the name are there.
    pub(super) fn words(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Given(_, words)
            | Self::Surname(_, words)
            | Self::Apart(_, words)
            | Self::Beside(_, words) => words,
        }
    }

    fn likeness(self) -> Option<Likeness> {
        match self {
            Self::Nothing => None,
            Self::Given(how, _) | Self::Surname(how, _) | Self::Apart(how, _) | Self::Beside(how, _) => {
                Some(how)
            }
        }
    }

    fn has_surname(self) -> bool {
        self.is_full() || matches!(self, Self::Surname(..))
    }

    /// What it is called, and what it is worth of these: beside, apart, surname alone, given name alone.
    fn worth(self, [beside, apart, surname, given]: [u8; 4]) -> Option<(u8, Hint)> {
        match self {
            Self::Nothing => None,
            Self::Given(..) => Some((given, Hint::GivenNameAlone)),
            Self::Surname(..) => Some((surname, Hint::SurnameAlone)),
            Self::Apart(..) => Some((apart, Hint::Apart)),
            Self::Beside(..) => Some((beside, Hint::FullName)),
        }
    }
}

/// A pupil, ready to be looked for.
pub(super) struct Sought<'a> {
    pub(super) entry: &'a RosterEntry,
    given: Vec<String>,
    surname: Vec<String>,
    /// See [`plain`].
    pub(super) class: String,
}

impl<'a> Sought<'a> {
    pub(super) fn of(entry: &'a RosterEntry) -> Self {
        Self {
            entry,
            given: Words::of_name(&entry.given_names),
            surname: Words::of_name(&entry.surname),
            class: plain(&entry.class_name),
        }
    }

    /// By what namesakes are namesakes.
    pub(super) fn name(&self) -> (Option<String>, Vec<String>) {
        (self.given.first().cloned(), self.surname.clone())
    }

    /// Whether one word of the surname is also the other's.
    pub(super) fn shares_surname(&self, other: &Sought<'_>) -> bool {
        self.surname.iter().any(|word| other.surname.contains(word))
    }

    /// How many words the name has.
    pub(super) fn words(&self) -> usize {
        self.given.len() + self.surname.len()
    }

    /// Whether the other's name is this one and more.
    pub(super) fn is_within(&self, other: &Sought<'_>) -> bool {
        let within = |own: &[String], others: &[String]| own.iter().all(|word| others.contains(word));
        self.words() < other.words()
            && within(&self.given, &other.given)
            && within(&self.surname, &other.surname)
    }

    pub(super) fn in_words(&self, words: &Words) -> Found {
        let (given, surname) = (words.find_given(&self.given), words.find_surname(&self.surname));
        let best = |places: &[(usize, Likeness)]| places.iter().map(|(_, how)| *how).max();
        let beside = given.iter().flat_map(|(at, how)| surname.iter().map(move |other| (at, how, other)));
        let beside = beside
            .filter(|(at, _, (other, _))| (1..=2).contains(&at.abs_diff(*other)))
            .map(|(_, how, (_, other))| *how.min(other))
            .max();
        let (given, surname) = (best(&given), best(&surname));
        if given.is_none() && surname.is_none() {
            return Found::Nothing;
        }
        let count = words.count(&self.given) + words.count(&self.surname);
        match (beside, given, surname) {
            (Some(how), ..) => Found::Beside(how, count),
            (None, Some(given), Some(surname)) => Found::Apart(given.min(surname), count),
            (None, None, Some(how)) => Found::Surname(how, count),
            (None, Some(how), None) => Found::Given(how, count),
            (None, None, None) => Found::Nothing,
        }
    }

    pub(super) fn weigh(
        &self,
        in_file: Found,
        in_letter: InLetter,
        classes: &[String],
        named: &[&Sought<'_>],
    ) -> Option<Guess> {
        let places = [
            (Hint::FileName, in_file, [90, 65, 45, 25]),
            (Hint::Subject, in_letter.subject, [85, 60, 40, 15]),
            (Hint::Text, in_letter.text, [75, 45, 25, 0]),
        ];
        let worth = places.into_iter().filter_map(|(place, found, worth)| {
            found.worth(worth).filter(|(percent, _)| *percent > 0).map(|found_as| (found_as, place, found))
        });
        // Of equal ones the later; they differ in nothing but the place.
        let ((mut percent, what), place, mut by) = worth.max_by_key(|((percent, _), ..)| *percent)?;
        let mut why = vec![what, place];
        let surname_elsewhere = in_letter.both().into_iter().filter(|found| found.has_surname()).max();
        let called_after = surname_elsewhere.filter(|_| matches!(in_file, Found::Given(..)));
        if let Some(elsewhere) = called_after.filter(|_| percent < 80) {
            (percent, why) = (80, vec![Hint::CalledAfter]);
            // The surname is as good as it stands there.
            by = if elsewhere.is_part() { elsewhere } else { in_file };
        }
        match by.likeness() {
            Some(Likeness::Declined) => {
                percent -= 5;
                why.push(Hint::Declined);
            }
            Some(Likeness::Part) => {
                percent -= 10;
                why.push(Hint::Part);
            }
            Some(Likeness::Exact) | None => {}
        }
        if classes.contains(&self.class) {
            percent += 8;
            why.push(Hint::Class);
        } else if !classes.is_empty() {
            percent = percent.saturating_sub(20);
            why.push(Hint::OtherClass);
        }
        let called = in_file.is_full() || called_after.is_some();
        if !called && named.iter().any(|other| other.name() != self.name()) {
            percent = percent.min(SEVERAL);
            why.push(Hint::Several);
        }
        Some(Guess { pupil: self.entry.id.clone(), percent: percent.min(99), why })
    }
}
