//! What is written somewhere, by words: where a name stands in it, and which classes it names.

use std::collections::{HashMap, HashSet};

use super::class::classes;
use super::names::{Likeness, likeness};
use crate::registry::sorting::folded;

/// Words that are read, at most.
const MAX_WORDS: usize = 1_500;
/// Places of one word that are looked at: a letter that says a name a hundred times says no more by it.
const MAX_PLACES: usize = 8;

/// A word of a text.
pub(super) struct Word {
    /// In small letters without marks.
    pub(super) text: String,
    /// Whether it began with a capital.
    pub(super) capital: bool,
}

/// What is written somewhere, by words.
pub(super) struct Words {
    words: Vec<Word>,
    /// The words that begin with these two letters, and where each stands.
    places: HashMap<String, HashMap<String, Vec<usize>>>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<Word> = split(text).into_iter().take(MAX_WORDS).map(|word| Word::of(&word)).collect();
        let mut places: HashMap<String, HashMap<String, Vec<usize>>> = HashMap::new();
        for (at, Word { text, .. }) in words.iter().enumerate() {
            let of_word = places.entry(start(text)).or_default().entry(text.clone()).or_default();
            if of_word.len() < MAX_PLACES {
                of_word.push(at);
            }
        }
        Self { words, places }
    }

    /// The words of a name.
    pub(super) fn of_name(name: &str) -> Vec<String> {
        Self::of(name).words.into_iter().map(|word| word.text).collect()
    }

    /// Where the words of given names stand, and how well. The first is the one that a child is called by; of the
    /// others each is a part.
    pub(super) fn find_given(&self, names: &[String]) -> Vec<(usize, Likeness)> {
        let found = names.iter().enumerate().flat_map(|(nth, name)| {
            let most = if nth == 0 { Likeness::Exact } else { Likeness::Part };
            self.find(name).into_iter().map(move |(at, how)| (at, how.min(most)))
        });
        found.collect()
    }

    /// Where the words of a surname stand, and how well. A double surname (`Nowak-Żółć`) of which one half is missing
    /// is there in part.
    pub(super) fn find_surname(&self, parts: &[String]) -> Vec<(usize, Likeness)> {
        let found: Vec<Vec<_>> = parts.iter().map(|part| self.find(part)).collect();
        let whole = found.iter().all(|places| !places.is_empty());
        let most = if whole { Likeness::Exact } else { Likeness::Part };
        found.into_iter().flatten().map(|(at, how)| (at, how.min(most))).collect()
    }

    /// How many of these words stand here in one form or another.
    pub(super) fn count(&self, names: &[String]) -> usize {
        names.iter().filter(|name| !self.find(name).is_empty()).count()
    }

    fn find(&self, name: &str) -> Vec<(usize, Likeness)> {
        let mut found = Vec::new();
        for (word, places) in self.places.get(&start(name)).into_iter().flatten() {
            if let Some(likeness) = likeness(name, word) {
                found.extend(places.iter().map(|at| (*at, likeness)));
            }
        }
        found
    }

    /// The classes that are named; `known` are the school's.
    pub(super) fn classes(&self, known: &HashSet<String>) -> Vec<String> {
        classes(&self.words, known)
    }
}

impl Word {
    fn of(word: &str) -> Self {
        Self { text: folded(word), capital: word.chars().next().is_some_and(char::is_uppercase) }
    }
}

/// Splits a text where words end; `ZofiaPrzykladowa7a.jpg` is four words.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut last) = (Vec::new(), String::new(), ' ');
    for letter in text.chars() {
        // Some programs write letters and their marks apart.
        if matches!(letter, '\u{300}'..='\u{36f}') {
            word.push(letter);
            continue;
        }
        let joint = (last.is_lowercase() && letter.is_uppercase())
            || (last.is_alphabetic() && letter.is_ascii_digit());
        if joint || !letter.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.push(letter);
        }
        last = letter;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn start(word: &str) -> String {
    word.chars().take(2).collect()
}
