//! A whole class: its pupils come in from a table, its slips go out in one document.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use tests::browser::Person;
use tests::pupils::PupilSpec;
use tests::scene::CLERK;
use tests::sheets::Sheets;

use super::slip_story::{activated, codes_of};
use super::stage::Stage;

/// Rows of the table, and how many of them are wrong.
const ROWS: u16 = 500;
const BAD: u16 = 20;

/// A table as the register exports it, every twenty-fifth row with a fault of one kind or another.
fn table() -> String {
    let mut csv =
        String::from("Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica i numer;Kod pocztowy;Miejscowość\n");
    for n in 0..ROWS {
        let pupil = PupilSpec::fictional(1000 + n);
        let (mut surname, mut pesel) = (format!("{}-{}", pupil.surname, letters(n)), pupil.pesel.clone());
        let (mut birth, mut postal) = (pupil.birth_date.to_string(), "00-951");
        if n % 25 == 7 {
            match (n / 25) % 5 {
                0 => pesel = "12345678901".to_owned(),
                1 => surname = String::new(),
                2 => "30.02.2012".clone_into(&mut birth),
                3 => postal = "95-1",
                _ => "1944-05-14".clone_into(&mut birth),
            }
        }
        let _ = writeln!(
            csv,
            "{surname};{};{pesel};{birth};{};ul. Zmyślona {};{postal};Przykładowo",
            pupil.given_names,
            pupil.class_name,
            n + 1
        );
    }
    csv
}

/// The rows that came back, with what a clerk corrects in them and everything else as it stood.
fn mended(rejected: &str) -> String {
    let mend = |line: &str| {
        let Some((_, after)) = line.split_once("ul. Zmyślona ") else { return line.to_owned() };
        let number: u16 = after.split(';').next().unwrap().trim_matches('"').parse().unwrap();
        let n = number - 1;
        let pupil = PupilSpec::fictional(1000 + n);
        let own = after.splitn(4, ';').nth(3).expect("why, and where it stood");
        format!(
            "{}-{};{};{};{};{};ul. Zmyślona {number};00-951;Przykładowo;{own}",
            pupil.surname,
            letters(n),
            pupil.given_names,
            pupil.pesel,
            pupil.birth_date,
            pupil.class_name
        )
    };
    rejected.lines().map(mend).collect::<Vec<_>>().join("\r\n")
}

/// A number in letters: surnames have no digits.
fn letters(n: u16) -> String {
    let letter = |n: u16| char::from(b'A' + u8::try_from(n % 20).unwrap());
    let small = |n: u16| letter(n).to_ascii_lowercase();
    [letter(n / 400), small(n / 20), small(n)].iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_pupils_with_twenty_bad_rows_come_in_from_a_table() {
    let Some(stage) = Stage::set().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("uczniowie.csv");
    fs::write(&file, table()).unwrap();
    let clerk = stage.staff(CLERK).await;
    clerk.opens("/office/pupils/import").await;
    clerk.uploads("Plik z uczniami", &file).await;
    clerk.clicks("Sprawdź plik").await;

    // A dry run: what is wrong is told row by row, and nothing is entered yet.
    clerk.sees("To tylko sprawdzenie: nic jeszcze nie zostało wpisane.").await;
    clerk.sees(&format!("{ROWS} wierszy w pliku")).await;
    clerk.sees(&format!("{} gotowych do wpisania", ROWS - BAD)).await;
    clerk.sees(&format!("{BAD} odrzuconych")).await;
    let before = stage.scene.office().done("GET", &pupils_of(&stage), None).await;
    clerk.clicks(&format!("Wpisz uczniów: {}", ROWS - BAD)).await;
    clerk.sees(&format!("Import zakończony: wpisano uczniów: {}.", ROWS - BAD)).await;
    let after = stage.scene.office().done("GET", &pupils_of(&stage), None).await;
    assert_ne!(before, after, "nobody was entered");

    // The rejected rows come back as a file, with why, beside where they stood.
    clerk.clicks("Pobierz odrzucone wiersze (CSV)").await;
    let rejected = fs::read_to_string(clerk.saved(".csv").await).unwrap();
    let rows = rejected.lines().filter(|line| line.contains("ul. Zmyślona")).count();
    assert_eq!(rows, usize::from(BAD), "{rejected}");
    assert!(rejected.lines().next().unwrap().contains("Powód odrzucenia"), "{rejected}");

    // Mended and sent again, the file is taken as it is: its own two columns are passed over.
    let file = folder.path().join("uczniowie-poprawieni.csv");
    fs::write(&file, mended(&rejected)).unwrap();
    clerk.opens("/office/pupils/import").await;
    clerk.uploads("Plik z uczniami", &file).await;
    clerk.clicks("Sprawdź plik").await;
    clerk.sees(&format!("{BAD} wierszy w pliku")).await;
    clerk.sees("0 odrzuconych").await;
    clerk.sees_no("Kolumny pominięte").await;
    clerk.clicks(&format!("Wpisz uczniów: {BAD}")).await;
    clerk.sees(&format!("Import zakończony: wpisano uczniów: {BAD}.")).await;

    // The first file once more: everybody is there already, and nobody twice.
    let file = folder.path().join("uczniowie.csv");
    clerk.opens("/office/pupils/import").await;
    clerk.uploads("Plik z uczniami", &file).await;
    clerk.clicks("Sprawdź plik").await;
    clerk.sees(&format!("{ROWS} odrzuconych")).await;
    clerk.sees_no("Wpisz uczniów").await;
}

fn pupils_of(stage: &Stage) -> String {
    format!("/schools/{}/pupils?limit=200", stage.scene.school(0))
}

/// Class 5a, from its orders to the printer: who is in it, by PESEL.
async fn ordered(stage: &Stage) -> (Person, BTreeSet<String>) {
    let (office, school) = (stage.scene.office(), stage.scene.school(0));
    let mut names = BTreeSet::new();
    for n in (1..=40).filter(|n| n % 8 == 4).chain([60, 68, 76]) {
        // Every eighth pupil is of the same class.
        let pupil = office.ready_pupil(school, n, tests::world::CARD_DAYS).await;
        assert_eq!(pupil.spec.class_name, "5a");
        names.insert(pupil.spec.pesel);
    }
    let clerk = stage.staff(CLERK).await;
    clerk.clicks("Zlecenia").await;
    clerk.clicks("Złóż zlecenia dla klasy 5a").await;
    clerk.sees(&format!("Zlecenia można złożyć dla {} uczniów.", names.len())).await;
    clerk.clicks(&format!("Złóż {} zleceń", names.len())).await;
    clerk.sees("Zlecenia złożono.").await;
    clerk.opens("/office/classes/5a/issue").await;
    clerk.clicks(&format!("Utwórz kody dla {} uczniów", names.len())).await;
    (clerk, names)
}

/// The codes of a class's document, a pupil's after the other's.
async fn printed(clerk: &Person, sheets: &Sheets, sets: usize) -> Vec<(String, String)> {
    clerk.sees(&format!("Kody są gotowe: {sets} kompletów, po trzy kartki.")).await;
    clerk.clicks("Pobierz PDF do druku").await;
    let pdf = clerk.saved(".pdf").await;
    let pages = sheets.read(&pdf);
    fs::remove_file(pdf).unwrap();
    assert_eq!(pages.len(), 3 * sets);
    pages.chunks(3).map(codes_of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_issued_in_one_document_whose_codes_all_open_a_card() {
    let Some(sheets) = Sheets::installed() else { return };
    let Some(stage) = Stage::set().await else { return };
    let (clerk, mut names) = ordered(&stage).await;
    for (n, codes) in printed(&clerk, &sheets, names.len()).await.iter().enumerate() {
        let phone = stage.scene.world.phone(&format!("Telefon {n}")).await;
        let card = activated(&phone, codes).await.expect("a card");
        let shown = phone.show(&card.id).await;
        assert!(names.remove(shown.card.data().pesel.as_str()), "two slips opened the same pupil's card");
    }
    assert!(names.is_empty(), "{} pupils got no card", names.len());
    // The document is handed out once.
    clerk.opens("/office/slips").await;
    clerk.clicks("Użyte").await;
    clerk.sees("5a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_set_that_is_missing_is_replaced_at_once() {
    let Some(sheets) = Sheets::installed() else { return };
    let Some(stage) = Stage::set().await else { return };
    let (clerk, names) = ordered(&stage).await;
    let lost = printed(&clerk, &sheets, names.len()).await;
    let found = stage.scene.world.phone("Znalazca").await;
    activated(&found, &lost[0]).await.expect("a card, before anybody misses them");
    clerk.opens("/office/classes/5a").await;
    clerk.clicks("Utworzone kody").await;
    clerk.sees("Jeden wykorzystano: sprawdź, czy na właściwym urządzeniu.").await;
    clerk.sees("Znalazca").await;
    clerk.clicks("Zastąp zaznaczone nowymi kodami").await;
    let new = printed(&clerk, &sheets, names.len() - 1).await;
    for (n, codes) in lost.iter().enumerate().skip(1) {
        let phone = stage.scene.world.phone(&format!("Obcy {n}")).await;
        assert!(activated(&phone, codes).await.is_none(), "set {n} of those lost still opens a card");
    }
    let phone = stage.scene.world.phone("Telefon").await;
    activated(&phone, &new[0]).await.expect("a card by the new codes");
    if let Some(folder) = std::env::var_os("MLEG_PICTURES") {
        clerk.opens("/office/classes/5a/slips").await;
        fs::write(std::path::Path::new(&folder).join("class-slips.png"), clerk.picture().await).unwrap();
    }
}
