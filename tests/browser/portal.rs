//! The portal, step by step as the page S2 (a school on the education platform) tells it: pupils with a plastic
//! card (I), with a paper card (II), without one (III), and its guide for parents.

use std::fs;

use serde_json::json;
use shared::qr::scan;
use tests::browser::Person;
use tests::office::drawn;
use tests::phone::Phone;
use tests::scene::{PORTAL_CLERK, PORTAL_TUTOR};
use wallet::acquire::offer::OfferSource;

use super::photos;
use super::stage::Stage;

/// Chosen by pupil and parent in the place of the first one.
const OWN_PASSWORD: &str = "trzy zielone parasole";

impl Stage {
    /// A tutor makes a login for a pupil, or for the first guardian (or a new password for one that was lost), and
    /// hands the letter over: login and password.
    async fn letter(&self, tutor: &Person, pupil: &str, whose: &str) -> (String, String) {
        tutor.opens(&format!("/office/pupils/{pupil}/logins")).await;
        tutor.sees(whose).await;
        let first = "Utwórz login i pokaż kartkę";
        let button = if tutor.is_offered_in(whose, first).await { first } else { "Nadaj nowe hasło" };
        tutor.clicks_in(whose, button).await;
        tutor.sees("Dostęp do portalu mLegitymacji").await;
        (tutor.reads_fact("Login").await, tutor.reads_fact("Hasło na pierwszy raz").await)
    }

    /// Somebody signs in to the portal with what the letter says, and chooses a password.
    async fn visitor(&self, (login, password): (String, String)) -> Person {
        let visitor = self.stranger().await;
        visitor.opens("/portal").await;
        visitor.is_at("/portal/sign-in").await;
        visitor.fills("Login", &login).await;
        visitor.fills("Hasło", &password).await;
        visitor.clicks("Zaloguj się").await;
        visitor.sees("Ustal własne hasło").await;
        visitor.fills("Nowe hasło", OWN_PASSWORD).await;
        visitor.fills("Nowe hasło jeszcze raz", OWN_PASSWORD).await;
        visitor.clicks("Zapisz hasło").await;
        visitor.sees("Hasło zostało zmienione.").await;
        visitor
    }
}

/// What the QR code on the screen says, read from the screen.
async fn code_on_screen(visitor: &Person) -> String {
    let picture = visitor.picture_of(".qr").await;
    let codes = scan::scan(&picture).unwrap_or_default();
    codes.into_iter().next().expect("a readable QR code on the screen")
}

/// Waits until the screen shows another code than `before`, by itself.
async fn next_code(visitor: &Person, before: &str) -> String {
    for _ in 0..200 {
        let now = code_on_screen(visitor).await;
        if now != before {
            return now;
        }
    }
    panic!("the screen keeps the code that was used");
}

async fn scanned(phone: &Phone, code: &str) -> bool {
    phone.follow(OfferSource::from_text(code).expect("an offer"), None).await.is_ok()
}

/// S2, I: a pupil with a card; five phones, and a sixth that is refused until another one makes room.
#[tokio::test(flavor = "multi_thread")]
async fn s2_five_phones_and_a_sixth_that_is_refused() {
    let Some(stage) = Stage::set().await else { return };
    let world = &stage.scene.world;
    let pupil = &stage.scene.pupils(1)[0];
    let tutor = stage.staff(PORTAL_TUTOR).await;

    // I.3 and I.5: “wpisz login i hasło przekazane Ci przez wychowawcę”.
    let letter = stage.letter(&tutor, pupil, "Uczeń:").await;
    let visitor = stage.visitor(letter).await;
    // I.5: “zobaczysz podświetlony na zielono komunikat o możliwości pobrania kodu QR wraz z linkiem”.
    visitor.sees("Kod QR do mLegitymacji jest gotowy do pobrania.").await;
    visitor.clicks("Pokaż kod QR").await;
    // I.5: “W portalu kod QR będzie znajdować się w sekcji Aplikacje”.
    visitor.sees("Zeskanuj ten kod w aplikacji mObywatel:").await;
    visitor.sees("0 z 5 urządzeń").await;

    let mut code = code_on_screen(&visitor).await;
    for n in 1..=5 {
        // I.1, I.2, I.4: a phone with the app and a PIN. I.5: it scans the code. I.6: the card is there.
        let phone = world.phone(&format!("Telefon {n}")).await;
        assert!(scanned(&phone, &code).await, "phone {n} is refused");
        assert_eq!(phone.cards().await, 1);
        visitor.sees(&format!("{n} z 5 urządzeń")).await;
        visitor.sees(&format!("Telefon {n}")).await;
        if n < 5 {
            code = next_code(&visitor, &code).await;
        }
    }
    visitor.sees("mLegitymacja jest na wszystkich urządzeniach").await;
    let sixth = world.phone("Telefon 6").await;
    assert!(!scanned(&sixth, &code).await, "a sixth phone got a card");
    visitor.sees("5 z 5 urządzeń").await;

    visitor.clicks_in("Telefon 3", "Usuń").await;
    visitor.clicks("Usuń z tego urządzenia").await;
    visitor.sees("Zaznacz powód").await;
    visitor.ticks("Urządzenie zginęło").await;
    visitor.clicks("Usuń z tego urządzenia").await;
    visitor.sees("mLegitymacja została usunięta z urządzenia.").await;
    visitor.sees("4 z 5 urządzeń").await;
    let code = code_on_screen(&visitor).await;
    assert!(scanned(&sixth, &code).await, "the place that was made is not to be had");
    visitor.sees("5 z 5 urządzeń").await;
}

/// S2, the guide for parents: the same QR code of the child, on the parent's phone; once for every child.
#[tokio::test(flavor = "multi_thread")]
async fn s2_a_parent_adds_the_cards_of_two_children() {
    let Some(stage) = Stage::set().await else { return };
    let world = &stage.scene.world;
    let pupil = &stage.scene.pupils(1)[0];
    let tutor = stage.staff(PORTAL_TUTOR).await;
    let mother = world.phone("Telefon mamy").await;
    let letter = stage.letter(&tutor, pupil, "Opiekun:").await;
    let parent = stage.visitor(letter).await;
    for (n, child) in ["Gniewko Niebyły", "Łucja Wymyślna"].into_iter().enumerate() {
        parent.opens("/portal").await;
        parent.sees("Moje dzieci").await;
        // Guide, 4: “Zeskanuj kod QR z ZPE dziecka (dostępny po zalogowaniu)”.
        parent.clicks_in(child, "Pokaż kod QR").await;
        parent.sees(&format!("Aplikacje – {child}")).await;
        let code = code_on_screen(&parent).await;
        // Guide, 1 to 3: the parent's own app. Guide, 5: the child's card is in it.
        assert!(scanned(&mother, &code).await, "the card of {child} is refused");
        parent.sees("1 z 5 urządzeń").await;
        parent.sees("Telefon mamy").await;
        // Guide, 6: “W przypadku wielu dzieci – należy powtórzyć procedurę osobno dla każdego z nich”.
        assert_eq!(mother.cards().await, n + 1);
    }
}

/// S2, II: a pupil with a paper card, whose mother sends the photo from the portal; the school accepts it, and the
/// code is there.
#[tokio::test(flavor = "multi_thread")]
async fn s2_a_photo_is_sent_from_the_portal_for_a_paper_card() {
    let Some(stage) = Stage::set().await else { return };
    let (world, office) = (&stage.scene.world, stage.scene.office());
    let form = json!({
        "given_names": "Bolek", "surname": "Późny", "pesel": "14250500041", "birth_date": "2014-05-05",
        "class_name": "5a",
        "address": { "street_line": "ul. Zmyślona 9", "postal_code": "00-951", "city": "Przykładowo" },
    });
    let made = office.done("POST", &format!("/schools/{}/pupils", stage.scene.school(1)), Some(form)).await;
    let pupil = made["id"].as_str().unwrap().to_owned();
    let mother = json!({ "given_names": "Maria", "surname": "Późna", "email": "maria@przyklad.example" });
    office.done("POST", &format!("/pupils/{pupil}/guardians"), Some(mother)).await;
    office.base_card_of_today(&pupil).await;
    let folder = tempfile::tempdir().unwrap();
    let (large, good) = (folder.path().join("duze.jpg"), folder.path().join("zdjecie.jpg"));
    fs::write(&large, drawn(3, 708, 910)).unwrap();
    fs::write(&good, drawn(3, 236, 304)).unwrap();

    let clerk = stage.staff(PORTAL_CLERK).await;
    let letter = stage.letter(&clerk, &pupil, "Opiekun: Maria Późna").await;
    let parent = stage.visitor(letter).await;
    parent.sees("Najpierw potrzebne jest zdjęcie.").await;
    parent.clicks_in("Bolek Późny", "Co dalej").await;
    parent.sees("Uczeń ma legitymację papierową").await;
    // II.1: “prześlij wersję cyfrową”.
    parent.clicks("Prześlij zdjęcie").await;
    // II.1: “minimalne parametry zdjęcia”: they stand there before anything is sent.
    for rule in ["RGB", "JPG", "60", "246×304"] {
        parent.sees(rule).await;
    }
    // “Maksymalny wymiar zdjęcia to 246×304”: a larger one is explained, and not taken.
    parent.uploads("Plik ze zdjęciem", &large).await;
    parent.clicks("Wyślij zdjęcie").await;
    parent.sees("Tego zdjęcia nie można przyjąć").await;
    parent.sees("708×910").await;
    parent.uploads("Plik ze zdjęciem", &good).await;
    parent.clicks("Wyślij zdjęcie").await;
    parent.sees("Zdjęcie spełnia wymagania i zostało przesłane.").await;
    parent.sees("czeka na sprawdzenie").await;

    // The school looks at it and accepts it; whose it is is known.
    clerk.opens("/office/photos").await;
    clerk.clicks_in("Późny", "zdjecie.jpg").await;
    clerk.sees("Tak pokaże je telefon").await;
    clerk.sees("portal").await;
    photos::accept(&clerk).await;
    parent.opens(&format!("/portal/children/{pupil}/photo")).await;
    parent.sees("przyjęte").await;
    // “kod generuje szkoła”: an order, and no application under these rules.
    clerk.opens(&format!("/office/pupils/{pupil}/orders/new")).await;
    clerk.clicks("Złóż zlecenie").await;
    clerk.sees("Zlecenie złożono.").await;

    // II.5: the green notice with its link, the code, the phone. II.6: the card is there.
    parent.opens("/portal").await;
    parent.sees("Kod QR do mLegitymacji jest gotowy do pobrania.").await;
    parent.clicks_in("Bolek Późny", "Pokaż kod QR").await;
    let code = code_on_screen(&parent).await;
    let phone = world.phone("Telefon Bolka").await;
    assert!(scanned(&phone, &code).await, "the card is refused");
    assert_eq!(phone.cards().await, 1);
    parent.sees("1 z 5 urządzeń").await;
}

/// S2, II and III: what comes first is told, and after the photo and the card comes the code.
#[tokio::test(flavor = "multi_thread")]
async fn s2_without_photo_and_card_the_portal_says_what_comes_first() {
    let Some(stage) = Stage::set().await else { return };
    let office = stage.scene.office();
    let form = json!({
        "given_names": "Bolek", "surname": "Późny", "pesel": "14250500041", "birth_date": "2014-05-05",
        "class_name": "5a",
        "address": { "street_line": "ul. Zmyślona 9", "postal_code": "00-951", "city": "Przykładowo" },
    });
    let path = format!("/schools/{}/pupils", stage.scene.school(1));
    let made = office.done("POST", &path, Some(form)).await;
    let pupil = made["id"].as_str().unwrap().to_owned();
    let tutor = stage.staff(PORTAL_TUTOR).await;
    let letter = stage.letter(&tutor, &pupil, "Uczeń:").await;
    let visitor = stage.visitor(letter).await;

    // III: “Uczniowie nieposiadający legitymacji”. III.1: the photo first.
    visitor.sees("Uczeń nie ma jeszcze legitymacji").await;
    visitor.sees("Najpierw potrzebne jest zdjęcie.").await;
    let photo = office.photo(&pupil, drawn(3, 236, 304)).await;
    assert!(photo.status < 300, "{}", photo.body);
    visitor.opens("/portal").await;
    // III.2: “mLegitymacja będzie dostępna po wyrobieniu legitymacji szkolnej”.
    visitor.sees("mLegitymacja będzie dostępna po wyrobieniu legitymacji szkolnej").await;
    office.base_card_of_today(&pupil).await;
    visitor.opens("/portal").await;
    // II: “Uczniowie posiadający legitymację papierową”.
    visitor.sees("Uczeń ma legitymację papierową").await;
}
