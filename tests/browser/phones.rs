//! The desk with phones at a real browser: the camera, a dropped picture, a typed code, a sign-in on the portal; and
//! every screen before the judge of accessibility.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use issuer::demo_school::accounts::PASSWORD as PORTAL_PASSWORD;
use serde_json::json;
use shared::clock::Clock;
use tests::browser::{Axe, Browser, Person};
use tests::office::Slip;
use tests::photograph::{Photograph, slip_page};
use tests::scene::Scene;
use tests::table::{Laid, PASSWORD, Table};
use tests::world::World;
use wallet::store::DiskStores;

use super::judged::on_every_look;

async fn table(world: &World, phones: u8) -> Table {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let issuer = world.base().to_owned();
    let stores = Arc::new(DiskStores);
    Table::lay(Laid { phones, issuer, clock, network: world.network(), stores, refresh_every: None }).await
}

/// The first start of the standard app.
async fn sets_up(person: &Person) {
    person.clicks("Dla rodziców").await;
    person.fills("Hasło", PASSWORD).await;
    person.fills("Powtórz hasło", PASSWORD).await;
    person.clicks("Zapisz").await;
    person.sees("Nie ma tu jeszcze żadnego dokumentu.").await;
}

/// From the documents to the question whether the camera may be used, by every step of the schools' pages.
async fn reads_and_accepts(person: &Person) {
    person.clicks("Dodaj dokument").await;
    person.clicks("Legitymacja szkolna").await;
    person.sees("Jak przebiega aktywacja").await;
    person.clicks("Dalej").await;
    person.clicks("Akceptuję regulamin").await;
    person.sees("Klauzula informacyjna").await;
    person.clicks("Zapoznałem/-am się").await;
    person.sees("Zgoda na aparat").await;
}

/// From what is offered to the card.
async fn takes(person: &Person, slip: &Slip) {
    person.sees("Co zostanie pobrane").await;
    person.clicks("Dalej").await;
    if let Some(code) = &slip.activation_code {
        person.fills("Kod aktywacyjny", code).await;
        person.clicks("Dalej").await;
    }
    person.sees("Powstanie certyfikat").await;
    person.clicks("Pobierz legitymację").await;
    person.sees("Certyfikat został utworzony.").await;
    person.clicks("Pokaż legitymację").await;
    person.sees("Wystawca ją potwierdza.").await;
}

/// A slip that is held before the camera: out of focus at first, then still.
fn film(slip: &Slip, folder: &Path) -> PathBuf {
    let page = slip_page(&slip.offer_uri).unwrap();
    let mut film = Vec::new();
    for seed in 1..=4 {
        let shot = Photograph { seed, hardness: 0.0, width: 1280, height: 720, quality: 90 };
        film.extend(shot.take(&page).unwrap());
    }
    let path = folder.join("slip.mjpeg");
    fs::write(&path, film).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_before_the_camera_becomes_a_card_that_hides() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let table = table(&world, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let person = browser.person_who_films(&table.url(""), Some(&film(&slip, folder.path()))).await;
    person.opens("/phones/1").await;
    sets_up(&person).await;
    reads_and_accepts(&person).await;
    person.clicks("Zezwalam").await;
    takes(&person, &slip).await;

    // Covered until tapped, and gone when nobody looks or when it is printed.
    let shown = "const face = document.querySelector('.face'); return getComputedStyle(face).display";
    assert_eq!(person.script(shown, vec![]).await, "block");
    person.script("window.dispatchEvent(new Event('blur'))", vec![]).await;
    assert_eq!(person.script(shown, vec![]).await, "none");
    person.sees("Zrzut ekranu nie jest dowodem.").await;
    person.script("window.dispatchEvent(new Event('focus'))", vec![]).await;
    assert_eq!(person.script(shown, vec![]).await, "block");
    let open = "return document.querySelector('.reveal').open";
    assert_eq!(person.script(open, vec![]).await, false, "PESEL and address are not covered");

    // The issuer revokes it, and the open card turns when it is asked about.
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    person.clicks("Sprawdź ważność").await;
    person.sees("Unieważniona").await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_picture_and_a_typed_code_lead_to_cards_too() {
    let Some(browser) = Browser::start().await else { return };
    let world = World::zpe().await;
    let (dropped, typed) = (world.slip_for_a_pupil().await, world.slip_for_a_pupil().await);
    let table = table(&world, 1).await;
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    sets_up(&person).await;
    reads_and_accepts(&person).await;
    person.clicks("Zezwalam").await;
    person.sees("Pokaż kod QR").await;
    let drop = "const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0)); \
        const files = new DataTransfer(); files.items.add(new File([bytes], 'kod.png', { type: 'image/png' })); \
        const place = document.querySelector('[data-drop]'); \
        place.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: files }))";
    person.script(drop, vec![json!(BASE64_STANDARD.encode(&dropped.qr_png))]).await;
    takes(&person, &dropped).await;

    person.clicks("Dokumenty").await;
    person.clicks("Dodaj dokument").await;
    person.clicks("Legitymacja szkolna").await;
    person.clicks("Dalej").await;
    person.clicks("Nie zezwalam, wpiszę kod").await;
    let mut wrong: Vec<char> = typed.typed_code.chars().collect();
    let last = wrong.len() - 1;
    wrong[last] = if wrong[last] == '7' { '8' } else { '7' };
    person.fills("Kod spod kodu QR", &wrong.into_iter().collect::<String>()).await;
    person.sees("W kodzie jest pomyłka.").await;
    person.fills("Kod spod kodu QR", &typed.typed_code.to_lowercase()).await;
    person.sees("Kod wygląda dobrze.").await;
    person.clicks("Dalej").await;
    takes(&person, &typed).await;
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pupil_signs_in_to_junior_and_gets_their_own_card_only() {
    let Some(browser) = Browser::start().await else { return };
    let scene = Scene::fresh().await;
    let table = table(&scene.world, 2).await;
    let person = browser.person(&table.url("")).await;
    person.opens("/phones/1").await;
    person.clicks("mObywatel Junior").await;
    person.clicks("Przejdź do logowania").await;
    person.fills("Login", "zsn.uczen").await;
    person.fills("Hasło", PORTAL_PASSWORD).await;
    person.clicks("Zaloguj się").await;
    person.clicks("To ja, zaloguj w aplikacji").await;
    person.fills("Kod PIN", "493027").await;
    person.fills("Powtórz kod PIN", "493027").await;
    person.clicks("Zapisz").await;
    person.sees("Nie ma tu jeszcze żadnego dokumentu.").await;
    reads_and_accepts(&person).await;
    let orders = scene.orders(1);
    let (own, others) = (scene.office().codes(&orders[0]).await, scene.office().codes(&orders[1]).await);
    for (slip, ending) in [(&others, "To kod innego ucznia"), (&own, "Certyfikat został utworzony.")] {
        let ways =
            if ending.starts_with("To") { "Nie zezwalam, wpiszę kod" } else { "Wpisz kod spod kodu QR" };
        person.clicks(ways).await;
        person.fills("Kod spod kodu QR", &slip.typed_code).await;
        person.clicks("Dalej").await;
        person.sees("Co zostanie pobrane").await;
        person.clicks("Dalej").await;
        person.clicks("Pobierz legitymację").await;
        person.sees(ending).await;
        if ending.starts_with("To") {
            person.clicks("Zeskanuj ponownie").await;
        }
    }
    person.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_of_six_phones_moves_with_its_buttons() {
    let Some(browser) = Browser::start().await else { return };
    let scene = Scene::fresh().await;
    let table = table(&scene.world, 6).await;
    let order = &scene.orders(1)[0];
    for phone in 1..=5 {
        table.set_up(phone).await;
        let slip = scene.office().codes(order).await;
        assert_eq!(table.activate(phone, &slip).await.view(), "done", "phone {phone}");
        table.open_card(phone).await;
    }
    let person = browser.person(&table.url("")).await;
    person.opens("/").await;
    person.sees("Urządzenie 5 z 5.").await;
    person.sees("Szósty telefon").await;
    person.clicks("Koniec 30 września").await;
    person.sees("Ważna, wkrótce się kończy").await;
    // What happens on one phone is seen on the desk without loading the page again.
    table.press(2, "lose", &[]).await;
    person.sees("Telefon zgubiony").await;
    scene.world.clock.advance(jiff::SignedDuration::from_secs(30));
    person.sees("Nieważna: termin minął").await;
    person.hears_no_complaint().await;
}

/// Every screen that a phone has, by day and by night, on a desk and in a narrow window, in both languages.
#[tokio::test(flavor = "multi_thread")]
async fn no_screen_shuts_anybody_out() {
    let Some(axe) = Axe::installed() else { return };
    let Some(browser) = Browser::start().await else { return };
    let world = World::legacy().await;
    let mut complaints = Vec::new();
    for language in ["pl", "en"] {
        let slip = world.slip_for_a_pupil().await;
        let table = table(&world, 2).await;
        let person = browser.person(&table.url("")).await;
        person.brings_cookie("lang", language).await;
        person.opens("/phones/1").await;
        let mut judged = Vec::new();
        let mut judge = async |name: &str| {
            person.opens("/phones/1").await;
            complaints.extend(on_every_look(&axe, &person, &format!("{name} in {language}")).await);
            judged.push(name.to_owned());
        };
        judge("welcome").await;
        table.press(1, "choose-app", &[("app", "standard")]).await;
        table.press(1, "set-pin", &[("pin", "a"), ("again", "b")]).await;
        judge("set-pin").await;
        table.press(1, "restart-setup", &[]).await;
        table.set_up(1).await;
        judge("documents").await;
        for (act, fields) in [
            ("add", &[][..]),
            ("choose", &[]),
            ("understood", &[]),
            ("accept-terms", &[("version", wallet::acquire::consent::TERMS.version)]),
            ("accept-privacy", &[("version", wallet::acquire::consent::PRIVACY_NOTICE.version)]),
            ("allow-camera", &[]),
            ("type", &[]),
            ("typed", &[("typed", "0000-0000-0001")]),
            ("typed", &[("typed", "https://szkola.example")]),
            ("type", &[]),
            ("typed", &[("typed", slip.typed_code.as_str())]),
            ("take-offer", &[]),
            ("code", &[("code", "1")]),
            ("code", &[("code", slip.activation_code.as_deref().unwrap())]),
            ("confirm", &[]),
            ("held-card", &[]),
            ("settings", &[]),
            ("new-pin", &[]),
            ("change-pin", &[("current", "Inne7haslo"), ("pin", PASSWORD), ("again", PASSWORD)]),
            ("documents", &[]),
        ] {
            let screen = table.press(1, act, fields).await;
            judge(&format!("{} after {act}", screen.view())).await;
        }
        let card = table.screen(1).await.cards()[0].clone();
        for (act, fields) in [
            ("drawer", &[("id", card.as_str())][..]),
            ("ask-delete", &[("id", card.as_str())]),
            ("airplane", &[]),
            ("lock", &[]),
            ("unlock", &[("pin", "Inne7haslo")]),
            ("lose", &[]),
        ] {
            let screen = table.press(1, act, fields).await;
            judge(&format!("{} after {act}", screen.view())).await;
        }
        person.opens("/").await;
        complaints.extend(on_every_look(&axe, &person, &format!("the desk in {language}")).await);
        eprintln!("{} screens in {language} are judged", judged.len() + 1);
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
