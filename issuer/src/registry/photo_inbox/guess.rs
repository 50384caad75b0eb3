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
//! parents of several children call the files after them. Then: 5 less if a word was declined; 8 more if the
//! pupil's class is named, 20 less if only other classes are; at most 50 where two pupils of the school bear
//! the name and the class does not tell them apart; at most 40 where the letter names several pupils and the
//! file is called after none or another of them. Never 100, and nothing below 20 is proposed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::letter::Letter;
use super::names::{Likeness, likeness};
use crate::registry::sorting::folded;
use crate::store::id::PupilId;
use crate::store::tables::photo_inbox::RosterEntry;

/// Places of one word that are looked at: a letter that says a name a hundred times says no more by it.
const MAX_PLACES: usize = 8;
/// Pupils who are proposed, at most.
const MAX_GUESSES: usize = 6;

/// A pupil whose photo it may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// Who.
    pub pupil: PupilId,
    /// How sure, 1–99.
    pub percent: u8,
    /// By what.
    pub why: Vec<Hint>,
}

/// What speaks for a pupil, or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// The name stands in the file's name.
    FileName,
    /// The name stands in the subject.
    Subject,
    /// The name stands in the text.
    Text,
    /// Only the surname.
    SurnameAlone,
    /// Only the given name.
    GivenNameAlone,
    /// Given name and surname do not stand beside each other.
    Apart,
    /// A name stands there declined.
    Declined,
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
            Self::FileName => "file_name",
            Self::Subject => "subject",
            Self::Text => "text",
            Self::SurnameAlone => "surname_alone",
            Self::GivenNameAlone => "given_name_alone",
            Self::Apart => "apart",
            Self::Declined => "declined",
            Self::Class => "class",
            Self::OtherClass => "other_class",
            Self::Namesake => "namesake",
            Self::Several => "several",
        }
    }
}

/// What is written somewhere, by words.
struct Words {
    words: Vec<String>,
    /// The words that begin with these two letters, and where each stands.
    places: HashMap<String, HashMap<String, Vec<usize>>>,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut split = String::with_capacity(text.len());
        let mut last = ' ';
        for letter in text.chars() {
            // `ZofiaPrzykladowa7a.jpg` is three words.
            let joint = (last.is_lowercase() && letter.is_uppercase())
                || (last.is_alphabetic() && letter.is_ascii_digit());
            if joint {
                split.push(' ');
            }
            split.push(letter);
            last = letter;
        }
        let folded = folded(&split);
        let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.take(1500).map(str::to_owned).collect();
        let mut places: HashMap<String, HashMap<String, Vec<usize>>> = HashMap::new();
        for (at, word) in words.iter().enumerate() {
            let of_word = places.entry(start(word)).or_default().entry(word.clone()).or_default();
            if of_word.len() < MAX_PLACES {
                of_word.push(at);
            }
        }
        Self { words, places }
    }

    /// Where a name stands, and how well. A double name (`Nowak-Żółć`) may stand there by one of its parts.
    fn find(&self, name: &[String]) -> Vec<(usize, Likeness)> {
        let mut found = Vec::new();
        for part in name {
            for (word, places) in self.places.get(&start(part)).into_iter().flatten() {
                if let Some(likeness) = likeness(part, word) {
                    found.extend(places.iter().map(|at| (*at, likeness)));
                }
            }
        }
        found
    }

    fn classes(&self) -> Vec<String> {
        let pairs = self.words.windows(2).filter_map(|pair| pair.first().zip(pair.get(1)));
        let joined =
            pairs.filter(|(_, letter)| letter.len() == 1).map(|(number, letter)| format!("{number}{letter}"));
        self.words.iter().cloned().chain(joined).filter_map(|word| class(&word)).collect()
    }
}

fn start(word: &str) -> String {
    word.chars().take(2).collect()
}

/// The class that a word names: `7a`, or `viia` written in Roman figures. Not `ia`, which is too often a word.
fn class(word: &str) -> Option<String> {
    const ROMAN: [(&str, char); 7] =
        [("viii", '8'), ("vii", '7'), ("vi", '6'), ("iv", '4'), ("v", '5'), ("iii", '3'), ("ii", '2')];
    let arabic = word.chars().next().filter(char::is_ascii_digit).and_then(|n| Some((n, word.get(1..)?)));
    let roman = ROMAN.iter().find_map(|(figures, n)| Some((*n, word.strip_prefix(figures)?)));
    let (number, rest) = arabic.or(roman)?;
    matches!(rest.as_bytes(), [b'a'..=b'h']).then(|| format!("{number}{rest}"))
}

/// A pupil, ready to be looked for.
struct Sought<'a> {
    entry: &'a RosterEntry,
    given: Vec<String>,
    surname: Vec<String>,
    class: String,
}

/// A school's pupils, ready to be looked for in letters.
pub struct Roster<'a>(Vec<Sought<'a>>);

impl<'a> Roster<'a> {
    /// Makes them ready.
    pub fn of(pupils: &'a [RosterEntry]) -> Self {
        let parts = |name: &str| Words::of(name).words;
        let sought = pupils.iter().map(|entry| Sought {
            entry,
            given: parts(&entry.given_names),
            surname: parts(&entry.surname),
            class: folded(&entry.class_name).replace([' ', '.', '/', '-'], ""),
        });
        Self(sought.collect())
    }

    /// For each picture of a letter, whose it may be, the likeliest first.
    pub fn guess(&self, letter: &Letter) -> Vec<Vec<Guess>> {
        let subject = Words::of(letter.subject.as_deref().unwrap_or_default());
        let text = Words::of(&letter.text);
        let files: Vec<Words> =
            letter.pictures.iter().map(|picture| Words::of(stem(picture.file_name.as_deref()))).collect();
        let written: Vec<String> = [&subject, &text].iter().flat_map(|words| words.classes()).collect();
        // Whom the letter names in full, whatever the files are called.
        let in_full =
            |pupil: &&Sought<'_>| [&subject, &text].into_iter().any(|words| pupil.in_words(words).is_full());
        let named: Vec<&Sought<'_>> = self.0.iter().filter(in_full).collect();
        files
            .iter()
            .map(|file| {
                let classes = [written.clone(), file.classes()].concat();
                let mut found: Vec<(Found, Guess)> = self
                    .0
                    .iter()
                    .filter_map(|pupil| pupil.guess(file, &subject, &text, &classes, &named))
                    .collect();
                self.weigh_namesakes(&mut found);
                let mut guesses: Vec<Guess> = found.into_iter().map(|(_, guess)| guess).collect();
                guesses.retain(|guess| guess.percent >= 20);
                guesses.sort_by(|a, b| b.percent.cmp(&a.percent).then_with(|| a.pupil.cmp(&b.pupil)));
                guesses.truncate(MAX_GUESSES);
                guesses
            })
            .collect()
    }

    /// Two pupils of one name are told apart by their class, or not at all.
    fn weigh_namesakes(&self, found: &mut [(Found, Guess)]) {
        let name = |id: &PupilId| self.0.iter().find(|pupil| pupil.entry.id == *id).map(Sought::name);
        let names: Vec<_> = found.iter().map(|(_, guess)| name(&guess.pupil)).collect();
        for (at, (_, guess)) in found.iter_mut().enumerate() {
            let Some(own) = names.get(at) else { continue };
            if names.iter().filter(|other| *other == own).count() > 1 && !guess.why.contains(&Hint::Class) {
                guess.percent = guess.percent.min(50);
                guess.why.push(Hint::Namesake);
            }
        }
    }
}

/// What of a name stands in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Given(Likeness),
    Surname(Likeness),
    Apart(Likeness),
    Beside(Likeness),
}

impl Found {
    fn is_full(self) -> bool {
        matches!(self, Self::Apart(_) | Self::Beside(_))
    }

    fn is_declined(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Given(how) | Self::Surname(how) | Self::Apart(how) | Self::Beside(how) => {
                how == Likeness::Declined
            }
        }
    }
}

impl Sought<'_> {
    /// By what namesakes are namesakes.
    fn name(&self) -> (Option<&String>, &[String]) {
        (self.given.first(), &self.surname)
    }

    fn in_words(&self, words: &Words) -> Found {
        let (given, surname) = (words.find(&self.given), words.find(&self.surname));
        let best = |places: &[(usize, Likeness)]| places.iter().map(|(_, how)| *how).max();
        let beside = given.iter().flat_map(|(at, how)| surname.iter().map(move |other| (at, how, other)));
        let beside = beside
            .filter(|(at, _, (other, _))| (1..=2).contains(&at.abs_diff(*other)))
            .map(|(_, how, (_, other))| *how.min(other))
            .max();
        match (beside, best(&given), best(&surname)) {
            (Some(how), ..) => Found::Beside(how),
            (None, Some(given), Some(surname)) => Found::Apart(given.min(surname)),
            (None, None, Some(how)) => Found::Surname(how),
            (None, Some(how), None) => Found::Given(how),
            (None, None, None) => Found::Nothing,
        }
    }

    fn guess(
        &self,
        file: &Words,
        subject: &Words,
        text: &Words,
        classes: &[String],
        named: &[&Sought<'_>],
    ) -> Option<(Found, Guess)> {
        let found = [
            (Hint::FileName, self.in_words(file), [90, 65, 45, 25]),
            (Hint::Subject, self.in_words(subject), [85, 60, 40, 15]),
            (Hint::Text, self.in_words(text), [75, 45, 25, 0]),
        ];
        let best = found.iter().map(|(hint, found, [beside, apart, surname, given])| {
            let percent: u8 = match found {
                Found::Nothing => 0,
                Found::Given(_) => *given,
                Found::Surname(_) => *surname,
                Found::Apart(_) => *apart,
                Found::Beside(_) => *beside,
            };
            (percent, *hint, *found)
        });
        let (mut percent, hint, by) = best.max_by_key(|(percent, ..)| *percent)?;
        if percent == 0 {
            return None;
        }
        let mut why = vec![hint];
        let [(_, in_file, _), (_, in_subject, _), (_, in_text, _)] = found;
        let surname_elsewhere =
            [in_subject, in_text].iter().any(|found| found.is_full() || matches!(found, Found::Surname(_)));
        let file_calls = matches!(in_file, Found::Given(_)) && surname_elsewhere;
        if file_calls && percent < 80 {
            (percent, why) = (80, vec![Hint::FileName]);
        } else {
            match by {
                Found::Apart(_) => why.push(Hint::Apart),
                Found::Surname(_) => why.push(Hint::SurnameAlone),
                Found::Given(_) => why.push(Hint::GivenNameAlone),
                Found::Beside(_) | Found::Nothing => {}
            }
        }
        if by.is_declined() {
            percent -= 5;
            why.push(Hint::Declined);
        }
        if classes.contains(&self.class) {
            percent += 8;
            why.push(Hint::Class);
        } else if !classes.is_empty() {
            percent = percent.saturating_sub(20);
            why.push(Hint::OtherClass);
        }
        let called = in_file.is_full() || file_calls;
        if !called && named.iter().any(|other| other.name() != self.name()) {
            percent = percent.min(40);
            why.push(Hint::Several);
        }
        Some((by, Guess { pupil: self.entry.id.clone(), percent: percent.min(99), why }))
    }
}

/// A file's name without its ending.
fn stem(name: Option<&str>) -> &str {
    let name = name.unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::photo_inbox::letter::AttachedPicture;
    use crate::registry::testing::{CountedEntropy, evening};

    fn school(pupils: &[(&str, &str, &str)]) -> Vec<RosterEntry> {
        let entropy = CountedEntropy::default();
        let entry = |(given, surname, class): &(&str, &str, &str)| RosterEntry {
            id: PupilId::fresh(evening(), &entropy),
            given_names: (*given).to_owned(),
            surname: (*surname).to_owned(),
            class_name: (*class).to_owned(),
        };
        pupils.iter().map(entry).collect()
    }

    fn letter(subject: &str, text: &str, files: &[&str]) -> Letter {
        let picture =
            |name: &&str| AttachedPicture { file_name: Some((*name).to_owned()), bytes: Vec::new() };
        Letter {
            subject: Some(subject.to_owned()),
            text: text.to_owned(),
            pictures: files.iter().map(picture).collect(),
            ..Letter::default()
        }
    }

    /// The likeliest pupil of each picture, by surname and given name, with the confidence.
    fn best(pupils: &[RosterEntry], letter: &Letter) -> Vec<Option<(String, u8)>> {
        let name = |guess: &Guess| {
            let entry = pupils.iter().find(|entry| entry.id == guess.pupil).unwrap();
            (format!("{} {} {}", entry.given_names, entry.surname, entry.class_name), guess.percent)
        };
        Roster::of(pupils).guess(letter).iter().map(|guesses| guesses.first().map(name)).collect()
    }

    #[test]
    fn names_are_found_in_either_order_and_declined() {
        let pupils = school(&[
            ("Zofia Maria", "Przykładowa", "7a"),
            ("Staś", "Testowicz", "7a"),
            ("Żaneta", "Nowak-Żółć", "7b"),
        ]);
        for (subject, text, file, expected) in [
            ("mLegitymacja Zofia Przykładowa 7a", "", "IMG_1.jpg", Some(("Zofia Maria Przykładowa 7a", 93))),
            (
                "mLegitymacja",
                "Przykładowa Zofia, klasa VII a",
                "IMG_1.jpg",
                Some(("Zofia Maria Przykładowa 7a", 83)),
            ),
            ("mLegitymacja", "", "PRZYKLADOWA_ZOFIA_7A.JPG", Some(("Zofia Maria Przykładowa 7a", 98))),
            ("mLegitymacja", "", "ZofiaPrzykladowa7a.jpg", Some(("Zofia Maria Przykładowa 7a", 98))),
            ("zdjęcie Stasia Testowicza", "", "DSC.jpg", Some(("Staś Testowicz 7a", 80))),
            ("mLegitymacja", "przesyłam zdjęcie Żanety Nowak", "DSC.jpg", Some(("Żaneta Nowak-Żółć 7b", 70))),
            ("mLegitymacja Zofia Przykładowa 7b", "", "IMG_1.jpg", Some(("Zofia Maria Przykładowa 7a", 65))),
            ("mLegitymacja", "Anna Testowicz", "DSC.jpg", Some(("Staś Testowicz 7a", 25))),
            ("mLegitymacja", "Dzień dobry", "DSC.jpg", None),
            ("mLegitymacja Jan Obcy 7a", "", "jan.jpg", None),
        ] {
            let found = best(&pupils, &letter(subject, text, &[file]));
            let expected = expected.map(|(name, percent)| (name.to_owned(), percent));
            assert_eq!(found, [expected], "{subject} | {text} | {file}");
        }
    }

    #[test]
    fn brothers_and_sisters_are_told_apart_by_the_file() {
        let pupils =
            school(&[("Zofia", "Przykładowa", "7a"), ("Jan", "Przykładowy", "4b"), ("Jan", "Obcy", "4b")]);
        let text = "Przesyłam zdjęcia: Zofia Przykładowa 7a i Jan Przykładowy 4b";
        let found =
            best(&pupils, &letter("mLegitymacja", text, &["jan.jpg", "Zosia i Zofia.jpg", "IMG_3.jpg"]));
        assert_eq!(found[0], Some(("Jan Przykładowy 4b".to_owned(), 88)));
        assert_eq!(found[1], Some(("Zofia Przykładowa 7a".to_owned(), 88)));
        assert_eq!(found[2].as_ref().unwrap().1, 40, "the third may be either's");
    }

    #[test]
    fn namesakes_are_told_apart_by_class_or_not_at_all() {
        let pupils = school(&[("Jan", "Nowak", "7a"), ("Jan", "Nowak", "8c")]);
        let found = best(&pupils, &letter("Jan Nowak 8c", "", &["x.jpg"]));
        assert_eq!(found, [Some(("Jan Nowak 8c".to_owned(), 93))]);
        let guesses = &Roster::of(&pupils).guess(&letter("Jan Nowak", "", &["x.jpg"]))[0];
        assert_eq!(guesses.iter().map(|guess| guess.percent).collect::<Vec<_>>(), [50, 50]);
        let named = &Roster::of(&pupils).guess(&letter("", "", &["Jan Nowak.jpg"]))[0];
        assert_eq!(named.iter().map(|guess| guess.percent).collect::<Vec<_>>(), [50, 50]);
        assert!(named.iter().all(|guess| guess.why.contains(&Hint::Namesake)));
    }

    #[test]
    fn a_long_letter_to_a_large_school_is_read() {
        let names: Vec<String> =
            (0..2000).map(|n| format!("Nazwisko{}", (b'a' + (n % 26) as u8) as char)).collect();
        let rows: Vec<_> = names.iter().map(|name| ("Zofia", name.as_str(), "7a")).collect();
        let pupils = school(&rows);
        let text = "Zofia Nazwiskob lorem ipsum dolor ".repeat(200);
        assert!(!Roster::of(&pupils).guess(&letter("x", &text, &["a.jpg"]))[0].is_empty());
    }
}
