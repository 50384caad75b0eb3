//! Whose photo it may be, by what is written beside it. A proposal with a confidence; a clerk decides.
//!
//! | what is found | file name | subject | text |
//! |---|---|---|---|
//! | given name beside surname, in either order | 90 | 85 | 75 |
//! | both, but apart from each other | 65 | 60 | 45 |
//! | the surname alone | 45 | 40 | 25 |
//! | the given name alone | 25 | 15 | – |
//!
//! The best line counts. A given name alone in the file's name with the surname anywhere in the letter is 80:
//! parents of several children call the files after them. Then: 5 less if a word was declined, 10 less if only a
//! part of a double surname or a second given name stands there; 8 more if the pupil's class is named, 20 less if
//! only other classes are; at most 50 where two pupils of the school bear the name and the class does not tell
//! them apart; at most 40 where the letter names several pupils and the file is called after none, another, or
//! more than one of them. Never 100, and nothing below 20 is proposed.

mod class;
mod names;
mod weigh;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use self::weigh::{Found, Sought};
use self::words::Words;
use super::letter::Letter;
use crate::store::id::PupilId;
use crate::store::tables::photo_inbox::RosterEntry;

/// Pupils who are proposed, at most.
const MAX_GUESSES: usize = 6;
/// The confidence in one of two pupils of the same name.
const NAMESAKE: u8 = 50;
/// The confidence in one of several pupils whom a letter names.
const SEVERAL: u8 = 40;
/// What is not proposed any more.
const TOO_LITTLE: u8 = 20;

/// A pupil whose photo it may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// Who.
    pub pupil: PupilId,
    /// How sure, 1–99.
    pub percent: u8,
    /// By what: first what was found, then where, then what else speaks for it or against.
    pub why: Vec<Hint>,
}

/// What speaks for a pupil, or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Given name and surname, beside each other.
    FullName,
    /// Only the surname.
    SurnameAlone,
    /// Only the given name.
    GivenNameAlone,
    /// Given name and surname do not stand beside each other.
    Apart,
    /// The given name in the file's name, the surname elsewhere in the letter.
    CalledAfter,
    /// It stands in the file's name.
    FileName,
    /// It stands in the subject.
    Subject,
    /// It stands in the text.
    Text,
    /// A name stands there declined.
    Declined,
    /// Only a part of a double surname, or a second given name.
    Part,
    /// The pupil's class is named.
    Class,
    /// Another class is named.
    OtherClass,
    /// Another pupil bears the same name.
    Namesake,
    /// The letter names several pupils.
    Several,
}

impl Hint {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::FullName => "full_name",
            Self::SurnameAlone => "surname_alone",
            Self::GivenNameAlone => "given_name_alone",
            Self::Apart => "apart",
            Self::CalledAfter => "called_after",
            Self::FileName => "file_name",
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Declined => "declined",
            Self::Part => "part",
            Self::Class => "class",
            Self::OtherClass => "other_class",
            Self::Namesake => "namesake",
            Self::Several => "several",
        }
    }
}

/// A school's pupils, ready to be looked for in letters.
pub struct Roster<'a> {
    pupils: Vec<Sought<'a>>,
    classes: HashSet<String>,
}

/// What of a pupil a letter says, whatever its files are called.
#[derive(Clone, Copy)]
struct InLetter {
    subject: Found,
    text: Found,
}

impl InLetter {
    fn both(self) -> [Found; 2] {
        [self.subject, self.text]
    }
}

impl<'a> Roster<'a> {
    /// Makes them ready.
    pub fn of(pupils: &'a [RosterEntry]) -> Self {
        let pupils: Vec<Sought<'a>> = pupils.iter().map(Sought::of).collect();
        let classes = pupils.iter().map(|pupil| pupil.class.clone()).collect();
        Self { pupils, classes }
    }

    /// For each picture of a letter, whose it may be, the likeliest first.
    pub fn guess(&self, letter: &Letter) -> Vec<Vec<Guess>> {
        let subject = Words::of(letter.subject.as_deref().unwrap_or_default());
        let text = Words::of(&letter.text);
        let written: Vec<String> =
            [&subject, &text].iter().flat_map(|words| words.classes(&self.classes)).collect();
        let in_letter: Vec<InLetter> = self
            .pupils
            .iter()
            .map(|pupil| InLetter { subject: pupil.in_words(&subject), text: pupil.in_words(&text) })
            .collect();
        let named = self.named(&in_letter, &written);
        let files = letter.pictures.iter().map(|picture| Words::of(stem(picture.file_name.as_deref())));
        files.map(|file| self.guess_by(&file, &in_letter, &written, &named)).collect()
    }

    /// Whom the letter names in full, whatever the files are called. `Jan Nowak` names Jan Nowak, not also Jan
    /// Nowak-Kowal, and `Jan Nowak-Kowal` not also Jan Nowak, unless the class is his.
    fn named(&self, in_letter: &[InLetter], written: &[String]) -> Vec<&Sought<'a>> {
        let best = |found: &InLetter| found.both().into_iter().filter(|found| found.is_full()).max();
        let full = self.pupils.iter().zip(in_letter).filter_map(|(pupil, found)| Some((pupil, best(found)?)));
        let full: Vec<(&Sought<'a>, Found)> = full.collect();
        let is_another = |pupil: &Sought<'_>, part: bool| {
            let whole = full.iter().filter(|(_, found)| !found.is_part());
            whole.into_iter().any(|(other, found)| {
                (part && other.shares_surname(pupil))
                    || (found.words() == other.words() && pupil.is_within(other))
            })
        };
        let named = full
            .iter()
            .filter(|(pupil, found)| written.contains(&pupil.class) || !is_another(pupil, found.is_part()));
        named.map(|(pupil, _)| *pupil).collect()
    }

    fn guess_by(
        &self,
        file: &Words,
        in_letter: &[InLetter],
        written: &[String],
        named: &[&Sought<'a>],
    ) -> Vec<Guess> {
        let classes = [written, &file.classes(&self.classes)].concat();
        let mut found: Vec<Weighed<'_, 'a>> = self
            .pupils
            .iter()
            .zip(in_letter)
            .filter_map(|(pupil, found)| {
                let in_file = pupil.in_words(file);
                let guess = pupil.weigh(in_file, *found, &classes, named)?;
                Some(Weighed {
                    pupil,
                    words: found.subject.words().max(found.text.words()).max(in_file.words()),
                    guess,
                })
            })
            .collect();
        weigh_namesakes(&mut found);
        weigh_called_after(&mut found);
        found.retain(|one| one.guess.percent >= TOO_LITTLE);
        found.sort_by(|a, b| {
            let by = b.guess.percent.cmp(&a.guess.percent).then_with(|| b.words.cmp(&a.words));
            by.then_with(|| a.guess.pupil.cmp(&b.guess.pupil))
        });
        found.truncate(MAX_GUESSES);
        found.into_iter().map(|one| one.guess).collect()
    }
}

/// A pupil with a guess.
struct Weighed<'s, 'a> {
    pupil: &'s Sought<'a>,
    /// How many words of the name stand there.
    words: usize,
    guess: Guess,
}

impl Weighed<'_, '_> {
    fn at_most(&mut self, percent: u8, why: Hint) {
        self.guess.percent = self.guess.percent.min(percent);
        if !self.guess.why.contains(&why) {
            self.guess.why.push(why);
        }
    }
}

/// Two pupils of one name are told apart by their class, or not at all.
fn weigh_namesakes(found: &mut [Weighed<'_, '_>]) {
    let names: Vec<_> = found.iter().map(|one| one.pupil.name()).collect();
    for (one, own) in found.iter_mut().zip(&names) {
        let bearers = names.iter().filter(|other| *other == own).count();
        if bearers > 1 && !one.guess.why.contains(&Hint::Class) {
            one.at_most(NAMESAKE, Hint::Namesake);
        }
    }
}

/// A file that is called after two children of one letter is called after neither.
fn weigh_called_after(found: &mut [Weighed<'_, '_>]) {
    let called = |one: &Weighed<'_, '_>| one.guess.why.contains(&Hint::CalledAfter);
    if found.iter().filter(|one| called(one)).count() > 1 {
        found.iter_mut().filter(|one| called(one)).for_each(|one| one.at_most(SEVERAL, Hint::Several));
    }
}

/// A file's name without its ending.
fn stem(name: Option<&str>) -> &str {
    let name = name.unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
