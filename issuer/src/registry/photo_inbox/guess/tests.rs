//! Letters as parents write them.

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
    let picture = |name: &&str| AttachedPicture { file_name: Some((*name).to_owned()), bytes: Vec::new() };
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
        ("mLegitymacja", "przesyłam zdjęcie Żanety Nowak", "DSC.jpg", Some(("Żaneta Nowak-Żółć 7b", 65))),
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
    let found = best(&pupils, &letter("mLegitymacja", text, &["jan.jpg", "Zosia i Zofia.jpg", "IMG_3.jpg"]));
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
fn classes_are_known_however_they_are_written() {
    let pupils = school(&[
        ("Zofia", "Przykładowa", "1b"),
        ("Jan", "Obcy", "VII a"),
        ("Ewa", "Mała", "4"),
        ("Iga", "Cicha", "2TI"),
    ]);
    for (subject, expected) in [
        ("Zofia Przykładowa 1b", 93),
        ("Zofia Przykładowa 1 B", 93),
        ("Zofia Przykładowa, klasa I b", 93),
        ("Zofia Przykładowa kl. Ib", 93),
        ("Zofia Przykładowa IB", 93),
        ("Zofia Przykładowa i B. Nowak", 85),
        ("Jan Obcy 7a", 93),
        ("Jan Obcy, VII A", 93),
        ("Ewa Mała kl. IV", 93),
        ("Ewa Mała, klasa 4", 93),
        ("Ewa Mała, 4 zdjęcia", 85),
        ("Iga Cicha 2 TI", 93),
    ] {
        let found = best(&pupils, &letter(subject, "", &["x.jpg"]));
        assert_eq!(found[0].as_ref().map(|(_, percent)| *percent), Some(expected), "{subject}");
    }
}

#[test]
fn a_part_of_a_name_says_less_than_the_whole() {
    let pupils = school(&[
        ("Jan", "Nowak-Kowal", "7a"),
        ("Jan", "Nowak", "7b"),
        ("Anna Maria", "Lis", "7a"),
        ("Maria", "Lis", "4a"),
    ]);
    for (subject, expected) in [
        ("Jan Nowak", "Jan Nowak 7b"),
        ("Jan Nowak-Kowal", "Jan Nowak-Kowal 7a"),
        ("Jan Kowal", "Jan Nowak-Kowal 7a"),
        ("Maria Lis", "Maria Lis 4a"),
        ("Anna Maria Lis", "Anna Maria Lis 7a"),
    ] {
        let guesses = &Roster::of(&pupils).guess(&letter(subject, "", &["x.jpg"]))[0];
        let first = best(&pupils, &letter(subject, "", &["x.jpg"]))[0].clone().unwrap().0;
        assert_eq!(first, expected, "{subject}");
        assert!(guesses.len() == 1 || guesses[0].percent > guesses[1].percent, "{subject}: {guesses:?}");
    }
}

#[test]
fn a_given_name_that_two_children_of_the_letter_bear_tells_nobody_apart() {
    let pupils = school(&[("Jan", "Przykładowy", "4b"), ("Jan", "Obcy", "4c")]);
    let found = best(&pupils, &letter("x", "Jan Przykładowy i Jan Obcy", &["jan.jpg"]));
    assert_eq!(found[0].as_ref().unwrap().1, 40);
}

#[test]
fn a_familys_name_in_the_plural_is_the_childrens() {
    let pupils = school(&[("Zofia", "Kowalska", "7a"), ("Jan", "Kowalski", "4b"), ("Ewa", "Inna", "4b")]);
    let found = best(&pupils, &letter("mLegitymacja", "Zofia i Jan Kowalscy", &["zofia.jpg", "jan.jpg"]));
    assert_eq!(found[0].as_ref().unwrap().0, "Zofia Kowalska 7a");
    assert_eq!(found[1].as_ref().unwrap().0, "Jan Kowalski 4b");
    assert!(found.iter().flatten().all(|(_, percent)| *percent == 80), "{found:?}");
}

#[test]
fn names_as_macs_write_them_are_read() {
    let pupils = school(&[("Żaneta", "Zmyślona", "7b")]);
    // Letters apart from their marks.
    let found = best(&pupils, &letter("x", "", &["Z\u{307}anetaZmys\u{301}lona.jpg"]));
    assert_eq!(found[0].as_ref().unwrap().1, 90);
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
