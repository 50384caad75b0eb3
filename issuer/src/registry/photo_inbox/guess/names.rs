//! Whether a word of a letter is a pupil's name, declined or not.
//!
//! Simple rules on folded words (small letters without marks), not a grammar: two words are one name if they
//! begin alike and both end as Polish names end in some case, or if they end in one of the pairs below. What is
//! recognised so counts less than a word that stands there letter by letter; a clerk decides in any case.

/// How a word stands to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// A part of a longer name, declined or not.
    Part,
    /// Declined.
    Declined,
    /// Letter by letter.
    Exact,
}

/// What Polish names end in, in one case or another; folded, so `ą` is `a`, `ę` is `e`.
const ENDINGS: &[&str] = &[
    "", "a", "e", "i", "y", "o", "u", "ia", "ie", "iu", "io", "ii", "ji", "ja", "je", "owi", "iowi", "em",
    "iem", "om", "ami", "ego", "iego", "emu", "iemu", "ej", "iej", "im", "ym", "owie", "ow", "owa", "owej",
    "ich", "ych",
];

/// Endings in which the stem changes: Żaneta – Żanecie, Marek – Marka, Piotr – Piotrze, Kowalscy are one family.
const PAIRS: &[(&str, &[&str])] = &[
    ("ta", &["cie"]),
    ("da", &["dzie"]),
    ("ra", &["rze"]),
    ("ka", &["ce", "cy"]),
    ("ki", &["cy"]),
    ("ga", &["dze"]),
    ("cha", &["sze"]),
    ("na", &["nie"]),
    ("wa", &["wie"]),
    ("ja", &["i"]),
    ("t", &["cie"]),
    ("d", &["dzie"]),
    ("r", &["rze"]),
    ("o", &["ona", "onowi", "onem", "onie"]),
    ("ek", &["ka", "kowi", "kiem", "ku"]),
    ("ec", &["ca", "cowi", "cem", "cu"]),
    ("zec", &["ca", "cowi", "cem", "cu"]),
    ("el", &["la", "lowi", "lem", "le"]),
    ("ol", &["ola", "olowi", "olem", "ole"]),
    ("iol", &["la", "lowi", "lem", "le"]),
    ("er", &["ra", "rowi", "rem", "rze"]),
    ("ab", &["ebia", "ebiowi", "ebiem", "ebiu"]),
    ("en", &["nia", "niowi"]),
    ("ien", &["nia", "niowi", "niem", "niu"]),
    ("cien", &["tnia", "tniowi", "tniem", "tniu"]),
];

/// How many letters of the stem must stand there where the stem changes.
const SHORTEST_STEM: usize = 2;

/// How `word` stands to the name `name`; both folded. Nothing if it is another name.
pub(super) fn likeness(name: &str, word: &str) -> Option<Likeness> {
    if name == word {
        return Some(Likeness::Exact);
    }
    // Names of two letters have no declined forms that would not be other words too.
    let shortest = if name.chars().count() <= 3 { 2 } else { 3 };
    let alike = name.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
    (SHORTEST_STEM..=alike).rev().find_map(|stem| {
        let (of_name, of_word) = (behind(name, stem)?, behind(word, stem)?);
        let both_end = stem >= shortest && ENDINGS.contains(&of_name) && ENDINGS.contains(&of_word);
        let changes = PAIRS.iter().any(|(end, others)| *end == of_name && others.contains(&of_word));
        (both_end || changes).then_some(Likeness::Declined)
    })
}

/// What follows the first `letters` letters.
fn behind(word: &str, letters: usize) -> Option<&str> {
    match word.char_indices().nth(letters) {
        Some((at, _)) => word.get(at..),
        None => Some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::sorting::folded;

    #[test]
    fn declined_names_are_known_and_other_names_are_not() {
        for (name, words) in [
            ("Zofia", "Zofii Zofię Zofią Zofio"),
            ("Przykładowa", "Przykładowej Przykładową"),
            ("Staś", "Stasia Stasiowi Stasiem"),
            ("Testowicz", "Testowicza Testowiczowi Testowiczem Testowiczowie"),
            ("Żaneta", "Żanety Żanecie Żanetę Żanetą"),
            ("Gniewko", "Gniewka Gniewkowi Gniewkiem"),
            ("Niebyły", "Niebyłego Niebyłemu Niebyłym"),
            ("Łucja", "Łucji Łucję Łucją"),
            ("Marek", "Marka Markowi Markiem"),
            ("Paweł", "Pawła Pawłowi Pawłem"),
            ("Piotr", "Piotra Piotrze Piotrem"),
            ("Ewa", "Ewy Ewie Ewę"),
            ("Kowalska", "Kowalskiej Kowalską"),
            ("Kowalski", "Kowalskiego Kowalskiemu Kowalskich Kowalscy"),
            ("Kacper", "Kacpra Kacprowi Kacprem Kacprze"),
            ("Maja", "Mai Maję Mają"),
            ("Stępień", "Stępnia Stępniowi Stępniem"),
            ("Kwiecień", "Kwietnia Kwietniowi"),
            ("Gołąb", "Gołębia Gołębiowi Gołębiem"),
            ("Marzec", "Marca Marcowi"),
            ("Hugo", "Hugona Hugonowi"),
            ("Kozioł", "Kozła Kozłowi"),
            ("Łukasz", "Łukasza Łukaszowi"),
            ("Duda", "Dudy Dudzie Dudę"),
        ] {
            assert_eq!(likeness(&folded(name), &folded(name)), Some(Likeness::Exact));
            for word in words.split(' ') {
                // `Zofią` without its mark is `Zofia`.
                let expected =
                    if folded(name) == folded(word) { Likeness::Exact } else { Likeness::Declined };
                assert_eq!(likeness(&folded(name), &folded(word)), Some(expected), "{name} {word}");
            }
        }
        for (name, word) in [
            ("Jan", "Janina"),
            ("Jan", "Januszek"),
            ("Ada", "Adam"),
            ("Maria", "Marian"),
            ("Nowak", "Nowicki"),
            ("Kowal", "Kowalski"),
            ("Zofia", "Zorka"),
            ("Ewa", "Ewelina"),
        ] {
            assert_eq!(likeness(&folded(name), &folded(word)), None, "{name} {word}");
        }
    }
}
