//! Classes, as schools call them and as letters write them: `7a`, `7 A`, `VII a`, `kl. 4`, `2 TI`.

use std::collections::HashSet;

use super::words::Word;
use crate::registry::sorting::folded;

/// Roman figures of classes, the longest first where one begins another.
const ROMAN: [(&str, char); 8] = [
    ("viii", '8'),
    ("vii", '7'),
    ("vi", '6'),
    ("iv", '4'),
    ("v", '5'),
    ("iii", '3'),
    ("ii", '2'),
    ("i", '1'),
];

/// What announces a class, in any case.
const ANNOUNCED: [&str; 7] = ["kl", "klasa", "klasy", "klasie", "klase", "klas", "klaso"];

/// One way to write a class's name, whatever way the school has: `VII a`, `7 A` and `kl. 7a` are `7a`.
pub(super) fn plain(name: &str) -> String {
    let name = folded(name);
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let joined: String = words.filter(|word| !ANNOUNCED.contains(word)).collect();
    arabic(&joined)
}

/// A class whose number is written in Roman figures, with an Arabic one.
fn arabic(word: &str) -> String {
    let found = ROMAN.iter().find_map(|(figures, n)| Some((*n, word.strip_prefix(figures)?)));
    match found {
        Some((n, rest)) if rest.chars().count() <= 1 && !matches!(rest, "i" | "v") => format!("{n}{rest}"),
        _ => word.to_owned(),
    }
}

/// The classes that a text names. What has the shape of a class is one, whether the school has it or not: another
/// class than the pupil's speaks against the pupil.
///
/// A number alone is a class only where it is announced; so is `I b`, which may be *and B.*, unless the school has
/// that class and the figure is a capital.
pub(super) fn classes(words: &[Word], known: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut announced = false;
    for (at, word) in words.iter().enumerate() {
        let next =
            words.get(at + 1).filter(|next| next.text.chars().count() <= 2 && begins_small(&next.text));
        let joined = next.map(|next| format!("{}{}", word.text, next.text));
        let one = arabic(&word.text);
        let two = joined.as_deref().map(arabic);
        let roman_one = word.text == "i";
        if let Some(two) = two.filter(|two| {
            is_shaped(two) && (!roman_one || announced || (word.capital && known.contains(two)))
                || (!roman_one && begins_with_digit(&word.text) && known.contains(two))
        }) {
            found.push(two);
        }
        if begins_with_digit(&word.text) || one != word.text {
            let lone = one.chars().count() == 1;
            let first_class = one != word.text && word.text.starts_with('i') && one.starts_with('1');
            let is_class = if lone {
                announced
            } else if first_class {
                announced || known.contains(&one)
            } else {
                is_shaped(&one) || known.contains(&one)
            };
            if is_class {
                found.push(one);
            }
        }
        announced = ANNOUNCED.contains(&word.text.as_str());
    }
    found
}

fn begins_small(word: &str) -> bool {
    word.chars().next().is_some_and(|letter| letter.is_ascii_lowercase())
}

fn begins_with_digit(word: &str) -> bool {
    word.chars().next().is_some_and(|letter| letter.is_ascii_digit())
}

/// Whether it is a digit with a letter behind it.
fn is_shaped(word: &str) -> bool {
    matches!(word.as_bytes(), [b'0'..=b'9', b'a'..=b'h'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_has_many_names() {
        for (written, expected) in [
            ("7a", "7a"),
            ("7 A", "7a"),
            ("VII a", "7a"),
            ("kl. VIIa", "7a"),
            ("I b", "1b"),
            ("IV", "4"),
            ("Klasa 4", "4"),
            ("2 TI", "2ti"),
            ("viola", "viola"),
        ] {
            assert_eq!(plain(written), expected, "{written}");
        }
    }
}
