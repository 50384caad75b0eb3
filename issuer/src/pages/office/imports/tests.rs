//! Importing as a clerk does it.

use axum::http::StatusCode;
use jiff::SignedDuration;

use super::PLACE;
use crate::pages::testing::{Answer, Browser, House};
use crate::registry::import::ForgetImports;
use crate::registry::pupil::ListPupils;
use crate::store::tables::pupil::Pupil;

const HEAD: &str = "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica i numer;Kod pocztowy;Miejscowość;\
    Imiona opiekuna;Nazwisko opiekuna;E-mail opiekuna;Numer legitymacji;Rodzaj legitymacji";

/// A PESEL born on this day of September 2012 with a running number.
fn pesel(day: u32, number: u32) -> String {
    let ten = format!("1229{day:02}{number:04}");
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
    let sum: u32 = ten.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{ten}{}", (10 - sum % 10) % 10)
}

fn row(surname: &str, number: u32) -> String {
    let (day, pesel) = (number % 28 + 1, pesel(number % 28 + 1, number));
    format!(
        "{surname};Jan;{pesel};2012-09-{day:02};7z;ul. Długa {number};42-200;Łódź;Anna;{surname};a{number}@example.pl;;plastikowa"
    )
}

/// `n` rows, of which every twentieth-fifth has a wrong PESEL.
fn class(n: u32) -> String {
    let rows = (1..=n).map(|number| {
        let row = row("Testowy", number);
        if number.is_multiple_of(25) {
            row.replace(&pesel(number % 28 + 1, number), "44051401358")
        } else {
            row
        }
    });
    format!("{HEAD}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

async fn send(browser: &mut Browser, file: &str) -> Answer {
    browser.open(PLACE).await;
    browser.post_files(PLACE, &[], &[("file", "uczniowie.csv", file.as_bytes())]).await
}

async fn pupils(house: &House) -> Vec<Pupil> {
    let list = ListPupils {
        school: house.schools[0].id.clone(),
        surname: None,
        class_name: Some("7z".into()),
        after: None,
        limit: 1000,
    };
    house.issuance.store.read(list).await.unwrap().unwrap()
}

/// Waits until the background task has ended.
async fn finished(browser: &mut Browser, place: &str) -> String {
    for _ in 0..600 {
        let html = browser.open(place).await;
        if !html.contains("data-live") {
            return html;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the import does not end");
}

#[tokio::test]
async fn five_hundred_pupils_with_twenty_bad_rows_are_looked_at_and_then_entered() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let answer = send(&mut browser, &class(500)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let place = answer.location().to_owned();
    let html = browser.open(&place).await;
    assert!(html.contains("Wpisz uczniów: 480"), "{html}");
    assert!(html.contains("<strong>20</strong>") && html.contains("nic jeszcze nie zostało wpisane"));
    assert!(html.contains("PESEL: Cyfra kontrolna"), "in words, at its column");
    assert_eq!(pupils(&house).await.len(), 0, "a look enters nothing");

    // Twice, as an impatient clerk does it.
    let confirm = format!("{place}/confirm");
    assert_eq!(browser.post(&confirm, &[]).await.location(), place);
    assert_eq!(browser.post(&confirm, &[]).await.location(), place);
    let html = finished(&mut browser, &place).await;
    assert!(html.contains("wpisano uczniów: 480"), "{html}");
    assert_eq!(pupils(&house).await.len(), 480);

    // The rejected ones come as a file, which can be mended and sent again.
    let rejected = browser.get(&format!("{place}/rejected.csv")).await;
    let text = rejected.text();
    assert_eq!(text.lines().count(), 21);
    assert!(text.contains("\"Powód odrzucenia\"") && text.contains("\"PESEL: Cyfra kontrolna"));
    let mended: String = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let number = u32::try_from(at * 25).unwrap();
            line.replace("44051401358", &pesel(number % 28 + 1, number)) + "\n"
        })
        .collect();
    let place = send(&mut browser, &mended).await.location().to_owned();
    let html = browser.open(&place).await;
    assert!(html.contains("Wpisz uczniów: 20") && !html.contains("Kolumny pominięte"), "{html}");
    browser.post(&format!("{place}/confirm"), &[]).await;
    finished(&mut browser, &place).await;
    assert_eq!(pupils(&house).await.len(), 500);

    // The whole file once more does nothing twice.
    let place = send(&mut browser, &class(500)).await.location().to_owned();
    let html = browser.open(&place).await;
    assert!(html.contains("Ten uczeń jest już wpisany") && !html.contains("/confirm"), "{html}");
    assert_eq!(pupils(&house).await.len(), 500);
}

#[tokio::test]
async fn a_row_is_entered_whole_or_not_at_all() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    // Two rows want the same card number, but only the books know: it is given away after the look.
    let one = row("Pierwsza", 1).replace(";;plastikowa", ";7001/2026;plastikowa");
    let place = send(&mut browser, &format!("{HEAD}\n{one}\n")).await.location().to_owned();
    let other = row("Druga", 2).replace(";;plastikowa", ";7001/2026;plastikowa");
    let second = send(&mut browser, &format!("{HEAD}\n{other}\n")).await.location().to_owned();
    for place in [&place, &second] {
        browser.open(place).await;
        browser.post(&format!("{place}/confirm"), &[]).await;
        finished(&mut browser, place).await;
    }
    let html = browser.open(&second).await;
    assert!(html.contains("Numer legitymacji: Ten numer w tym roku ma już inna legitymacja"), "{html}");
    let entered = pupils(&house).await;
    assert_eq!(entered.iter().map(|p| p.surname.as_str()).collect::<Vec<_>>(), ["Pierwsza"]);
    let guardians = house.count("SELECT COUNT(*) FROM guardian WHERE surname = 'Druga'").await;
    assert_eq!(guardians, 0, "nothing of the refused row stays");
    assert!(matches!(
        crate::audit::verify(&house.issuance.store).await.unwrap(),
        crate::audit::ChainVerdict::Whole { .. }
    ));
}

#[tokio::test]
async fn an_import_that_was_left_behind_goes_on() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let place = send(&mut browser, &class(120)).await.location().to_owned();
    browser.open(&place).await;
    browser.post(&format!("{place}/confirm"), &[]).await;
    finished(&mut browser, &place).await;
    // As if the process had ended after the first rows: the state is what it was then, the body still there.
    let place = send(&mut browser, &class(240).replace("Testowy", "Druga")).await.location().to_owned();
    house.run("UPDATE import_batch SET state = 'running', done = 0, accepted = 0, rejected = 0 WHERE state = 'preview'").await;
    house.run("DELETE FROM import_reject").await;
    assert!(browser.open(&place).await.contains("data-live"));
    crate::registry::import::start_abandoned(&house.issuance, SignedDuration::ZERO).await.unwrap();
    crate::registry::import::start_abandoned(&house.issuance, SignedDuration::ZERO).await.unwrap();
    finished(&mut browser, &place).await;
    // Two at once enter every row once: the first hundred and twenty were there before.
    assert_eq!(pupils(&house).await.len(), 120 - 4 + 116 - 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM import_batch WHERE state = 'done'").await, 2);
}

#[tokio::test]
async fn what_stands_in_a_file_is_erased_when_it_is_entered_and_after_a_day() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let body = "SELECT COUNT(*) FROM import_batch WHERE body IS NOT NULL";
    let place = send(&mut browser, &class(30)).await.location().to_owned();
    assert_eq!(house.count(body).await, 1);
    browser.open(&place).await;
    browser.post(&format!("{place}/confirm"), &[]).await;
    finished(&mut browser, &place).await;
    assert_eq!(house.count(body).await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM import_reject").await, 1);
    let dropped = send(&mut browser, &class(30).replace("Testowy", "Druga")).await.location().to_owned();
    browser.open(&dropped).await;
    let answer = browser.post(&format!("{dropped}/stop"), &[]).await;
    assert_eq!(answer.location(), "/office/pupils/import?done=import-dropped");
    assert_eq!(house.count(body).await, 0);
    let forgotten = send(&mut browser, &class(30).replace("Testowy", "Druga")).await.location().to_owned();
    house.clock.advance(SignedDuration::from_hours(24));
    house
        .issuance
        .store
        .write(ForgetImports { act: house.issuance.act(crate::audit::Actor::System) })
        .await
        .unwrap();
    assert_eq!(house.count(body).await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM import_reject").await, 0);
    let mut browser = house.office("sekretariat").await;
    assert!(browser.open(&forgotten).await.contains("treść pliku usunięto"));
    assert_eq!(browser.get(&format!("{place}/rejected.csv")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn hostile_cells_stay_text() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let bad = row("<script>alert(1)</script>", 1).replace("Jan", "=HYPERLINK(\"\"http://x\"\")");
    let place = send(&mut browser, &format!("{HEAD}\n{bad}\n")).await.location().to_owned();
    let html = browser.open(&place).await;
    assert!(!html.contains("<script>alert") && html.contains("script&#62;alert"), "{html}");
    let csv = browser.get(&format!("{place}/rejected.csv")).await;
    assert!(csv.text().contains("\"'=HYPERLINK"), "{}", csv.text());
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"uczniowie-odrzuceni.csv\"");
}

#[tokio::test]
async fn files_that_are_no_tables_are_refused_in_words() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    for (file, word) in [
        ("", "Wybierz plik"),
        ("a\0b", "nie da się odczytać"),
        ("Nazwisko;Imiona\nA;B\n", "brakuje kolumn: Data urodzenia, Klasa"),
        (HEAD, "ani jednego ucznia"),
    ] {
        let answer = send(&mut browser, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        assert!(answer.text().contains(word), "{word}: {}", answer.text());
    }
    let large = "x".repeat(6 * 1024 * 1024);
    assert_eq!(send(&mut browser, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let template = browser.get(&format!("{PLACE}/template.csv")).await.text();
    let answer = send(&mut browser, &template).await;
    assert!(
        browser.open(answer.location()).await.contains("Wpisz jednego ucznia"),
        "the template is in order"
    );
}

#[tokio::test]
async fn imports_are_for_the_office_and_for_its_own_school() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let place = send(&mut clerk, &class(3)).await.location().to_owned();
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(PLACE).await.status, StatusCode::FORBIDDEN);
    assert_eq!(tutor.get(&place).await.status, StatusCode::FORBIDDEN);
    house.run(&format!("UPDATE import_batch SET school_id = '{}'", house.schools[1].id)).await;
    assert_eq!(clerk.get(&place).await.status, StatusCode::NOT_FOUND);
    clerk.open(PLACE).await;
    assert_eq!(clerk.post(&format!("{place}/confirm"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get(&format!("{PLACE}/nonsense")).await.status, StatusCode::NOT_FOUND);
}
