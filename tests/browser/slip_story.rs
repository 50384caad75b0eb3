//! The procedure on paper, step by step as the pages S0 (a primary school), S1 (an upper secondary school), S3 (the
//! service's terms) and S4 (a technical school's procedure) tell it: from the application to a new slip after a lost
//! phone.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tests::browser::Person;
use tests::office::drawn;
use tests::phone::Phone;
use tests::scene::CLERK;
use tests::sheets::{Sheet, Sheets};
use wallet::acquire::activation::Activated;
use wallet::acquire::offer::OfferSource;

use super::photos;
use super::stage::Stage;

/// A photo as it comes from a photographer, in a file.
pub(crate) fn photo_file(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("zdjecie.jpg");
    fs::write(&path, drawn(2, 708, 910)).unwrap();
    path
}

/// The QR code and the activation code, as they stand on a pupil's three sheets.
pub(crate) fn codes_of(sheets: &[Sheet]) -> (String, String) {
    let titled = |title: &str| {
        let sheet = sheets.iter().find(|sheet| sheet.text.contains(title));
        sheet.unwrap_or_else(|| panic!("no sheet is titled {title}"))
    };
    let (with_qr, with_code) =
        (titled("mLegitymacja szkolna – kod QR"), titled("mLegitymacja szkolna – kod aktywacyjny"));
    let qr = with_qr.codes().into_iter().next().expect("a QR code on paper");
    let code = with_code.number(8).expect("an activation code on paper");
    // They travel apart: the code is on no other sheet.
    let telling = sheets.iter().filter(|sheet| sheet.number(8).as_ref() == Some(&code)).count();
    assert_eq!(telling, 1, "the activation code stands on {telling} sheets");
    (qr, code)
}

/// Scans the QR code and types the activation code.
pub(crate) async fn activated(phone: &Phone, (qr, code): &(String, String)) -> Option<Activated> {
    let offer = OfferSource::from_text(qr).expect("an offer");
    phone.follow(offer, Some(code)).await.ok()
}

/// Makes the slip that the page offers, and takes its sheets from the printer.
async fn printed(clerk: &Person, sheets: &Sheets, button: &str) -> Vec<Sheet> {
    clerk.clicks(button).await;
    clerk.sees("Kody są gotowe: jeden komplet, trzy kartki.").await;
    clerk.clicks("Pobierz PDF do druku").await;
    let pdf = clerk.saved(".pdf").await;
    let read = sheets.read(&pdf);
    fs::remove_file(pdf).unwrap();
    read
}

/// The page of the pupil of this story.
async fn file_of(clerk: &Person, surname: &str) {
    clerk.opens("/office/pupils").await;
    clerk.fills("Szukaj", surname).await;
    clerk.clicks_in(surname, surname).await;
    clerk.sees("Dane ucznia").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_application_to_a_new_slip_after_a_lost_phone() {
    let Some(sheets) = Sheets::installed() else { return };
    let Some(stage) = Stage::set().await else { return };
    let world = &stage.scene.world;
    let folder = tempfile::tempdir().unwrap();
    let clerk = stage.staff(CLERK).await;

    // S4.7: “Dane potrzebne do wygenerowania legitymacji będą wprowadzane do systemu za pomocą specjalnego
    // interfejsu internetowego przez uprawnionego do tego pracownika”.
    clerk.clicks("Uczniowie").await;
    clerk.clicks("Wpisz ucznia").await;
    clerk.fills("Nazwisko", "Ćwierkająca").await;
    clerk.fills("Imiona", "Jagoda").await;
    clerk.fills("Data urodzenia", "2012-09-01").await;
    clerk.fills("Klasa", "7a").await;
    clerk.fills("PESEL", "12290155530").await;
    clerk.fills("Ulica i numer", "ul. Zmyślona 7/3").await;
    clerk.fills("Kod pocztowy", "00-951").await;
    clerk.fills("Miejscowość", "Przykładowo").await;
    clerk.clicks("Wpisz do kartoteki").await;
    // A digit was mistyped: it is told at the field, and what was typed is still there.
    clerk.sees("Jedno pole wymaga poprawienia").await;
    assert_eq!(clerk.reads_field("Nazwisko").await, "Ćwierkająca");
    assert_eq!(clerk.reads_field("Data urodzenia").await, "2012-09-01");
    clerk.fills("PESEL", "12290155531").await;
    clerk.clicks("Wpisz do kartoteki").await;
    clerk.sees("Uczeń został wpisany do kartoteki.").await;
    clerk.clicks("Wpisz opiekuna").await;
    clerk.fills("Nazwisko", "Ćwierkający").await;
    clerk.fills("Imiona", "Jan").await;
    clerk.fills("E-mail", "jan@przyklad.example").await;
    clerk.clicks("Wpisz opiekuna").await;
    clerk.sees("Opiekun został wpisany.").await;

    // S4.1: “Uczeń przyjęty do szkoły otrzymuje papierową legitymację szkolną”; S0, S1, S3: only then a mobile one.
    clerk.clicks("Wpisz legitymację").await;
    clerk.chooses("Rodzaj", "papierowa").await;
    clerk.fills("Data wydania", "2026-11-20").await;
    clerk.fills("Ważna do", "2027-09-30").await;
    clerk.clicks("Wpisz legitymację").await;
    clerk.sees("Legitymacja została wpisana.").await;

    // S0.1, S1, S3 §4.3.1, S4.1: the application comes to the office.
    clerk.clicks("Zarejestruj wniosek").await;
    clerk.chooses("Wnioskodawca", "Jan Ćwierkający (rodzic lub opiekun)").await;
    // S4.8: “możliwość wręczenia kodu bezpośrednio niepełnoletniemu uczniowi, jeśli zostanie to wskazane we wniosku”.
    clerk.ticks("Niepełnoletni uczeń może sam odebrać kody (tak zaznaczono we wniosku)").await;
    clerk.clicks("Zapisz wniosek").await;
    clerk.sees("Wniosek zapisano.").await;

    // S0.2, S1, S3 §4.3.3, S4.2: a photo that meets the rules.
    file_of(&clerk, "Ćwierkająca").await;
    clerk.clicks("Dodaj zdjęcie").await;
    clerk.uploads("Plik ze zdjęciem", &photo_file(&folder)).await;
    clerk.clicks("Sprawdź zdjęcie").await;
    clerk.sees("Tak pokaże je telefon").await;
    photos::accept(&clerk).await;

    // S4.3, S4.4: the data are held against the application. S4.13: 14 days from a correct application.
    clerk.clicks("Wnioski").await;
    clerk.clicks_in("Ćwierkająca", "Ćwierkająca Jagoda").await;
    clerk.clicks("Oznacz jako kompletny").await;
    clerk.sees("Wniosek oznaczono jako kompletny.").await;
    clerk.sees("5.12.2026").await;

    // S4.8: “Szkoła będzie wypisywała zlecenie udostępnienia legitymacji […], a po wypisaniu zlecenia otrzyma kod
    // uwierzytelniający, który wydrukuje”; S3 §4.3.3: QR code and activation code.
    clerk.clicks("Złóż zlecenie").await;
    clerk.clicks("Złóż zlecenie").await;
    clerk.sees("Zlecenie złożono.").await;
    let paper = printed(&clerk, &sheets, "Utwórz kody i przejdź do wydruku").await;
    assert_eq!(paper.len(), 3, "QR code, activation code, receipt");
    let codes = codes_of(&paper);
    // S3 “Aktywacja usługi”, S4.12: the ten steps go with the code.
    for step in [
        "Uruchom aplikację mObywatel i zaloguj się do niej.",
        "dodaj mLegitymację",
        "Zapoznaj się z informacją o procesie aktywacji",
        "Zapoznaj się z regulaminem i zaakceptuj go.",
        "Zapoznaj się z klauzulą informacyjną",
        "Wyraź zgodę na użycie aparatu",
        "Zeskanuj kod QR",
        "Wprowadź kod aktywacyjny",
        "Zatwierdź komunikat",
        "Certyfikat",
    ] {
        assert!(paper[0].text.contains(step), "the sheet does not say: {step}\n{}", paper[0].text);
    }
    // S1: “Wzór potwierdzenia odbioru kodu QR oraz hasła do aktywacji”.
    assert!(paper.iter().any(|sheet| sheet.text.contains("Potwierdzenie odbioru")));

    // S0.3, S4.15: the guardian is told that the codes can be collected. S4.8: they are, against a signature.
    clerk.clicks("Powiadomienia").await;
    clerk.sees("jan@przyklad.example").await;
    clerk.clicks("Kody i odbiory").await;
    clerk.clicks_in("Ćwierkająca", "Ćwierkająca Jagoda").await;
    clerk.chooses("Kto odebrał", "rodzic lub opiekun").await;
    clerk.clicks("Zapisz odbiór").await;
    clerk.sees("Odbiór zapisano.").await;

    // S0.4, S1, S3 §4.3.5, S4.12.1–10: the app, the terms, the QR code, the activation code, the certificate.
    let phone = world.phone("Telefon Jagody").await;
    let card = activated(&phone, &codes).await.expect("an activated card");
    assert!(phone.standing(&card.id).await.is_valid());
    // S3 §4.5: “wyłącznie na jednym urządzeniu mobilnym”.
    let another = world.phone("Telefon brata").await;
    assert!(activated(&another, &codes).await.is_none(), "the codes opened a second phone");

    // S0.5, S4.10: the phone is lost; the mobile card is revoked, the paper one stays.
    file_of(&clerk, "Ćwierkająca").await;
    clerk.sees("Urządzenia: 1 z 1").await;
    clerk.clicks_in("Telefon Jagody", "Unieważnij").await;
    clerk.sees("1 telefon straci mLegitymację").await;
    clerk.sees("Legitymacja papierowa lub plastikowa pozostaje ważna.").await;
    clerk.chooses("Powód", "zgubiony lub skradziony telefon").await;
    clerk.clicks("Unieważnij na tym urządzeniu").await;
    clerk.sees("mLegitymacja została unieważniona na tym urządzeniu.").await;
    clerk.sees("Urządzenia: 0 z 1").await;
    // The card is taken off the phone as soon as it asks.
    let _ = phone.refresh(&card.id).await;
    assert!(!phone.standing(&card.id).await.is_valid(), "the lost phone still shows a valid card");

    // S0.5: “Ponowne uruchomienie wymaga kolejnego wygenerowania kodu aktywacyjnego za pośrednictwem sekretariatu”;
    // S4.11: after a revocation it is issued again.
    clerk.clicks("Wydaj nowe kody").await;
    let paper = printed(&clerk, &sheets, "Utwórz kody i przejdź do wydruku").await;
    let new_codes = codes_of(&paper);
    assert_ne!(new_codes, codes);
    let new_phone = world.phone("Nowy telefon Jagody").await;
    let card = activated(&new_phone, &new_codes).await.expect("a card on the new phone");
    assert!(new_phone.standing(&card.id).await.is_valid());
    file_of(&clerk, "Ćwierkająca").await;
    clerk.sees("Urządzenia: 1 z 1").await;
    clerk.sees("Nowy telefon Jagody").await;
}

/// S3 §4.4, S4.2: thirty days. S4.14: “Oddane i nieodebrane […] kody mLegitymacji są przechowywane w teczkach
/// osobowych”.
#[tokio::test(flavor = "multi_thread")]
async fn codes_that_nobody_collects_go_into_the_pupils_file() {
    let Some(stage) = Stage::set().await else { return };
    let world = &stage.scene.world;
    let slip = stage.scene.office().codes(&stage.scene.orders(0)[0]).await;
    world.clock.advance(jiff::SignedDuration::from_hours(30 * 24));
    let phone = world.phone("Telefon Zofii").await;
    assert!(phone.activate(&slip).await.is_err(), "a code lives on after its thirty days");
    let clerk = stage.staff(CLERK).await;
    clerk.clicks("Kody i odbiory").await;
    clerk.clicks("Przeterminowane").await;
    clerk.clicks_in("Przykładowa", "Przykładowa Zofia").await;
    clerk.clicks("Włóż do teczki").await;
    clerk.clicks("Zapisz włożenie do teczki").await;
    clerk.sees("Zapisano: kody są w teczce osobowej ucznia.").await;
}

/// S4.3, S4.4: with an unfit photo or wrong data nothing is issued; the application goes back with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_not_right_goes_back_with_its_reason() {
    let Some(stage) = Stage::set().await else { return };
    let office = stage.scene.office();
    let (pupil, _) = office.pupil_without_card(stage.scene.school(0), 40).await;
    let clerk = stage.staff(CLERK).await;
    clerk.opens(&format!("/office/pupils/{pupil}")).await;
    clerk.clicks("Zarejestruj wniosek").await;
    clerk.chooses("Wnioskodawca", "Maria Rodzicielska (rodzic lub opiekun)").await;
    clerk.clicks("Zapisz wniosek").await;
    clerk.chooses("Powód zwrotu", "Zdjęcie nie spełnia wymogów").await;
    clerk.fills("Co poprawić", "Zdjęcie jest nieostre.").await;
    clerk.clicks("Zwróć do poprawy").await;
    clerk.sees("Wniosek zwrócono do poprawy.").await;
    clerk.sees("Zdjęcie jest nieostre.").await;
}
