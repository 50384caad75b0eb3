//! Screens of trouble at the browser: each by its real cause, and on from there by the button that it offers.

use std::sync::Arc;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use serde_json::json;
use tests::browser::{Browser, Person};
use tests::network::{Meddled, spoils_cards};
use tests::office::Slip;
use tests::table::{Laid, PASSWORD, Table};
use tests::world::{Plan, World};

use super::{laid, reads_and_accepts, sets_up, table};

/// A white picture, with these pictures on it, side by side.
fn sheet(parts: &[&[u8]]) -> Vec<u8> {
    let mut sheet = GrayImage::from_pixel(1400, 700, Luma([255]));
    for (at, part) in (0..).zip(parts) {
        let part =
            image::load_from_memory(part).unwrap().resize(600, 600, image::imageops::Nearest).to_luma8();
        image::imageops::overlay(&mut sheet, &part, 50 + at * 700, 50);
    }
    let mut png = std::io::Cursor::new(Vec::new());
    DynamicImage::from(sheet).write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// From the documents to the field for the code.
async fn begins_to_type(person: &Person) {
    person.clicks("Dokumenty").await;
    person.clicks("Dodaj dokument").await;
    person.clicks("Legitymacja szkolna").await;
    person.clicks("Dalej").await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
}

async fn types(person: &Person, slip: &Slip) {
    person.fills("Kod spod kodu QR", &slip.typed_code).await;
    person.clicks("Dalej").await;
}

/// From what is offered to the answer of the issuer.
async fn confirms(person: &Person, code: Option<&str>) {
    person.sees("Co zostanie pobrane").await;
    person.clicks("Dalej").await;
    if let Some(code) = code {
        person.fills("Kod aktywacyjny", code).await;
        person.clicks("Dalej").await;
    }
    person.clicks("Pobierz legitymację").await;
}

/// What is wrong, why, and what to do.
async fn is_told(person: &Person, title: &str) {
    person.sees(title).await;
    person.sees("Co zrobić?").await;
}

/// Somebody at the first of some phones, which has its password and no card.
async fn starts(browser: &Browser, table: &Table) -> Person {
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    sets_up(&person).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_lead_nowhere() {
    let Some(browser) = Browser::start().await else { return };
    let (world, stranger) = (World::legacy().await, World::legacy().await);
    let (slip, other) = (world.slip_for_a_pupil().await, world.slip_for_a_pupil().await);
    let foreign = stranger.slip_for_a_pupil().await;
    let shop = shared::qr::render::png("https://sklep.example/promocja", 8).unwrap();
    let table = table(&world, 1).await;
    let person = starts(&browser, &table).await;
    reads_and_accepts(&person).await;
    person.clicks("Zezwalam").await;
    for (picture, title) in [
        (sheet(&[]), "Na obrazie nie ma kodu QR"),
        (b"GIF89a".to_vec(), "Tego obrazu nie da się odczytać"),
        (shop, "To nie jest kod mLegitymacji"),
        (sheet(&[&slip.qr_png, &other.qr_png]), "Na obrazie jest kilka kodów"),
    ] {
        person.drops("[data-drop]", &picture).await;
        is_told(&person, title).await;
        person.clicks("Zeskanuj ponownie").await;
    }
    person.drops("[data-drop]", &foreign.qr_png).await;
    is_told(&person, "Nieznany wystawca").await;
    person.sees(stranger.base()).await;
    person.clicks("Wróć do dokumentów").await;
    person.sees("Nie ma tu jeszcze żadnego dokumentu.").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slips_that_open_nothing_say_why() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::legacy().await;
    let cancelled = world.codes().await;
    world.office.done("POST", &format!("/slips/{}/cancel", cancelled.id), Some(json!({}))).await;
    let replaced = world.codes().await;
    world.office.replace(&replaced.id).await;
    let used = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(2).await;
    assert_eq!(table.activate(2, &used).await.view(), "done");
    let person = starts(&browser, &table).await;
    reads_and_accepts(&person).await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
    for (slip, title) in [(&cancelled, "Szkoła cofnęła ten kod"), (&replaced, "Jest nowsza kartka")] {
        types(&person, slip).await;
        is_told(&person, title).await;
        begins_to_type(&person).await;
    }
    types(&person, &used).await;
    confirms(&person, used.activation_code.as_deref()).await;
    is_told(&person, "Ten kod zaczęto na innym telefonie").await;

    let slip = world.codes().await;
    let right = slip.activation_code.clone().unwrap();
    let wrong = if right == "00000000" { "00000001" } else { "00000000" };
    begins_to_type(&person).await;
    types(&person, &slip).await;
    person.clicks("Dalej").await;
    for left in ["Zostały 4 próby.", "Zostały 3 próby.", "Zostały 2 próby.", "Została 1 próba."] {
        person.fills("Kod aktywacyjny", wrong).await;
        person.clicks("Dalej").await;
        person.clicks("Pobierz legitymację").await;
        is_told(&person, "Zły kod aktywacyjny").await;
        person.sees(left).await;
        person.clicks("Wpisz kod ponownie").await;
    }
    person.fills("Kod aktywacyjny", wrong).await;
    person.clicks("Dalej").await;
    person.clicks("Pobierz legitymację").await;
    is_told(&person, "Kartka jest już nieważna").await;

    // The right way, and what a second time says.
    let slip = world.codes().await;
    begins_to_type(&person).await;
    types(&person, &slip).await;
    confirms(&person, slip.activation_code.as_deref()).await;
    person.clicks("Pokaż legitymację").await;
    begins_to_type(&person).await;
    types(&person, &slip).await;
    is_told(&person, "Ta legitymacja jest już w tym telefonie").await;
    person.clicks("Pokaż legitymację").await;
    person.sees("Wystawca ją potwierdza.").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_nothing_is_lost() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let table = table(&world, 1).await;
    let person = starts(&browser, &table).await;
    reads_and_accepts(&person).await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
    person.clicks("Co się dzieje z telefonem").await;
    person.clicks("Włącz tryb samolotowy").await;
    types(&person, &slip).await;
    is_told(&person, "Brak połączenia").await;
    person.clicks("Co się dzieje z telefonem").await;
    person.clicks("Wyłącz tryb samolotowy").await;
    person.clicks("Spróbuj ponownie").await;
    let http = tests::http::client();
    let fault = json!({ "path": "/token", "kind": "unavailable", "times": 1 });
    let told = http.post(format!("{}/sandbox/faults", world.base())).json(&fault).send().await.unwrap();
    assert_eq!(told.status(), 204);
    confirms(&person, slip.activation_code.as_deref()).await;
    is_told(&person, "Wystawca jest zajęty").await;
    person.clicks("Spróbuj ponownie").await;
    person.sees("Certyfikat został utworzony.").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_that_are_too_old_or_one_too_many() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::of(Plan {
        overrides: json!({ "min_app": "2.0", "min_android": "10", "devices": 2 }),
        ..Plan::of("legacy-2019")
    })
    .await;
    let order = world.office.order(&world.pupil().await.id).await;
    // Three slips for two places: whoever comes last is one too many.
    let (first, second) = (world.office.codes(&order).await, world.office.codes(&order).await);
    let last = world.office.codes(&order).await;
    let table = table(&world, 3).await;
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    let describes = async |system: &str, app: &str| {
        person.clicks("Jaki to telefon?").await;
        person.fills("Wersja systemu", system).await;
        person.fills("Wersja aplikacji", app).await;
        person.clicks("Zmień telefon").await;
        person.sees(&format!("Android {system}")).await;
    };
    // What no school allows is said at the first start; the app goes back to its beginning.
    describes("5.1", "2.0").await;
    person.clicks("Dla rodziców").await;
    person.fills("Hasło", PASSWORD).await;
    person.fills("Powtórz hasło", PASSWORD).await;
    person.clicks("Zapisz").await;
    is_told(&person, "System telefonu jest za stary").await;
    person.sees("Potrzebna jest co najmniej wersja 6.0.").await;
    person.clicks("Wstecz").await;
    // What this school does not allow is said before the code is asked for.
    for (system, app, title, least) in [
        ("9", "2.0", "System telefonu jest za stary", "wersja 10."),
        ("14", "1.9", "Aplikacja jest za stara", "wersja 2.0."),
    ] {
        describes(system, app).await;
        sets_up(&person).await;
        reads_and_accepts(&person).await;
        person.clicks("Nie zezwalam, wpiszę kod").await;
        types(&person, &first).await;
        is_told(&person, title).await;
        person.sees(least).await;
        person.clicks("Co się dzieje z telefonem").await;
        person.clicks_and_agrees("Zainstaluj aplikację od nowa").await;
        person.sees("Wybierz aplikację.").await;
    }
    for (phone, slip) in [(2, &first), (3, &second)] {
        let new = [("name", "Nowy"), ("platform", "android"), ("os_version", "14"), ("app_version", "2.0")];
        table.press(phone, "describe", &new).await;
        table.set_up(phone).await;
        assert_eq!(table.activate(phone, slip).await.view(), "done");
    }
    describes("14", "2.0").await;
    sets_up(&person).await;
    reads_and_accepts(&person).await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
    types(&person, &last).await;
    confirms(&person, last.activation_code.as_deref()).await;
    is_told(&person, "Limit urządzeń jest wyczerpany").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_changed_on_the_way_names_the_check_that_failed() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::legacy().await;
    let slip = world.codes().await;
    let network = Arc::new(Meddled::new(world.network(), spoils_cards));
    let table = Table::lay(Laid { network, ..laid(&world, 1) }).await;
    let person = starts(&browser, &table).await;
    reads_and_accepts(&person).await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
    types(&person, &slip).await;
    confirms(&person, slip.activation_code.as_deref()).await;
    is_told(&person, "Legitymacja nie przeszła sprawdzenia").await;
    person.clicks("Szczegóły techniczne").await;
    person.sees("its data are not those that its certificate attests").await;
    person.hears_no_complaint().await;
}
