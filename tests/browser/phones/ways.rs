//! Three ways to a card, the camera, a dropped picture and a typed code; and a pupil's sign-in on the portal.

use std::fs;
use std::path::{Path, PathBuf};

use issuer::demo_school::accounts::PASSWORD as PORTAL_PASSWORD;
use tests::browser::Browser;
use tests::office::Slip;
use tests::photograph::{Photograph, slip_page};
use tests::scene::Scene;
use tests::world::World;

use super::{reads_and_accepts, sets_up, table, takes};

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
    person.drops("[data-drop]", &dropped.qr_png).await;
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
