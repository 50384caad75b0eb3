use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::demo_school::portrait::Portrait;
use crate::pages::testing::{Browser, House};
use crate::registry::photo::testing::{photo, with_exif};
use crate::registry::photo_inbox::settle::CRITERIA;
use crate::registry::photo_inbox::testing::Mail;
use crate::store::tables::photo_inbox::InboxPicture;
use crate::store::{Statements, StoreError, Verb};

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";

pub(super) fn portrait(seed: u64) -> Vec<u8> {
    Portrait::new(seed).jpeg(420, 560, 90).unwrap()
}

/// The address of a demo pupil's photo: of which school, which pupil.
pub(super) fn photo_of(house: &House, school: usize, pupil: usize) -> String {
    format!("/office/pupils/{}/photo", house.schools[school].pupils[pupil].id)
}

/// The picture on the card, by the address of the page about it.
fn picture_of(place: &str) -> String {
    place.replace("/photo", "/picture")
}

/// All criteria ticked, with these fields beside them.
pub(super) fn ticked<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    CRITERIA.into_iter().map(|name| (name, "on")).chain(more.iter().copied()).collect()
}

/// Imports mails and returns the addresses of the pictures, the newest first.
pub(super) async fn import(browser: &mut Browser, mails: &[Vec<u8>]) -> Vec<String> {
    browser.open("/office/photos/import").await;
    let files: Vec<_> = mails.iter().map(|mail| ("mails", "m.eml", mail.as_slice())).collect();
    let answer = browser.post_files("/office/photos/import", &[], &files).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let list = browser.open(answer.location()).await;
    let links = list.split("href=\"/office/photos/").skip(1).filter_map(|rest| rest.split('"').next());
    // The small picture and the title lead to the same place.
    let mut places: Vec<String> =
        links.filter(|id| id.len() == 26).map(|id| format!("/office/photos/{id}")).collect();
    places.dedup();
    places
}

/// The fields of the page that say what is accepted: whose photo, in the place of which.
fn accepted(browser: &Browser) -> (String, String) {
    (browser.hidden("pupil"), browser.hidden("present"))
}

/// What a page shows on the card: the bytes of its pictures.
fn pictures(html: &str) -> usize {
    html.matches("src=\"data:image/jpeg;base64,").count()
}

#[tokio::test]
async fn a_photo_is_sent_looked_at_and_kept() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let place = photo_of(&house, 0, 0);
    assert!(browser.open(&place).await.contains("co najmniej 354×496 pikseli"), "rules are told before");
    let answer = browser.post_files(&place, &[], &[("photo", "zofia.jpg", &portrait(5))]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let review = answer.location().to_owned();
    let html = browser.open(&review).await;
    assert_eq!(pictures(&html), 4, "what was sent, the cut, the phone with it and the phone as it is");
    assert!(!html.contains("niespełniony") && html.contains("Przykładowa"));

    // Nothing is ticked: each criterion is told, and the photo waits.
    let accept = format!("{review}/accept");
    let pupil = browser.hidden("pupil");
    let answer = browser.post(&accept, &[("pupil", &pupil)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("6 pól wymaga poprawienia"));
    assert!(answer.text().contains("Nakrycie głowy – sprawdź na zdjęciu i zaznacz"));
    let before = browser.get(&picture_of(&place)).await.body;
    browser.open(&review).await;
    let form_key = browser.hidden("form_key");
    let (_, present) = accepted(&browser);
    let answer = browser.post(&accept, &ticked(&[("pupil", &pupil), ("present", &present)])).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, format!("{place}?done=photo-kept").as_str())
    );
    assert!(browser.open(answer.location()).await.contains("Zdjęcie przyjęto."));
    let kept = browser.get(&picture_of(&place)).await.body;
    assert!(kept != before && kept.starts_with(&[0xFF, 0xD8]));

    // Sent twice: nothing is done twice, and the way leads to the same place.
    let token = browser.hidden("form_token");
    let again = ticked(&[("pupil", &pupil), ("form_token", &token), ("form_key", &form_key)]);
    let answer = browser.post_raw(&accept, &again).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, format!("{place}?done=photo-kept").as_str())
    );
    // With a fresh form: it is decided.
    let answer = browser.post(&accept, &ticked(&[("pupil", &pupil)])).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(browser.open(&review).await.contains("Nadesłany plik usunięto"));
}

#[tokio::test]
async fn every_reason_is_explained_in_both_languages_and_nothing_is_kept() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let small = |quality| Portrait::new(1).jpeg(236, 304, quality).unwrap();
    let cmyk = include_bytes!("../../../registry/photo/fixtures/cmyk.jpg").to_vec();
    let grey = include_bytes!("../../../registry/photo/fixtures/grey.jpg").to_vec();
    let arithmetic = include_bytes!("../../../registry/photo/fixtures/arithmetic.jpg").to_vec();
    let long = [portrait(1), vec![0; 5 * 1024 * 1024]].concat();
    let bomb = crate::registry::photo::testing::announcing(&photo(64, 64, 90), 65_000, 65_000);
    let cut_off = portrait(1)[..9_000].to_vec();
    let zpe = [
        ("large", photo(247, 304, 92), "może mieć najwyżej 246×304", "may have at most 246×304"),
        (
            "weak",
            small(80),
            "jakość 80, a wymagana jest od 90 do 100",
            "quality 80, while 90 to 100 is required",
        ),
        ("long", [small(95), vec![0; 60_000]].concat(), "może mieć najwyżej 60", "may have at most 60"),
    ];
    let legacy = [
        (
            "png",
            PNG.to_vec(),
            "To jest plik PNG, choć może mieć końcówkę .jpg",
            "This is a PNG file, even if its name ends in .jpg",
        ),
        ("small", photo(353, 496, 90), "potrzeba co najmniej 354×496", "needs at least 354×496"),
        ("sideways", photo(496, 354, 90), "potrzeba co najmniej 354×496", "needs at least 354×496"),
        ("long", long, "Plik ma", "The file has"),
        ("cmyk", cmyk, "kolory CMYK", "colours are CMYK"),
        ("grey", grey, "czarno-białe", "black and white"),
        ("arithmetic", arithmetic, "rzadka odmiana JPG", "rare kind of JPG"),
        ("truncated", cut_off, "urywa się przed końcem", "ends before the photo does"),
        ("bomb", bomb, "za dużo pikseli", "too many pixels"),
        ("word", b"PK\x03\x04".to_vec(), "nie jest zdjęciem JPG", "not a JPG photo"),
    ];
    let place = photo_of(&house, 0, 1);
    for (what, file, pl, en) in legacy {
        for (lang, expected) in [("pl", pl), ("en", en)] {
            browser.get(&format!("/language/{lang}")).await;
            browser.open(&place).await;
            let answer = browser.post_files(&place, &[], &[("photo", "zdjęcie.jpg", &file)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
            assert!(answer.text().contains(expected), "{what} {lang}: {}", answer.text());
            let unmet = if lang == "pl" { "niespełniony" } else { "not met" };
            assert!(answer.text().contains(unmet), "{what}: the rule is marked");
        }
    }
    // Nothing of that is kept, and no file at all is a fault of the field.
    let answer = browser.post_files(&place, &[], &[]).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text().contains("Choose a photo file.")
    );
    assert!(browser.open("/office/photos").await.contains("No photo waits"));
    // More than is read at all.
    let answer = browser.post_files(&place, &[], &[("photo", "x.jpg", &vec![0; 7 * 1024 * 1024])]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);

    // The rules of the other procedure, at its school.
    let mail = Mail::new("mLegitymacja");
    let mail = zpe.iter().fold(mail, |mail, (name, file, ..)| mail.attach(&format!("{name}.jpg"), file));
    move_clerk(&house, 1).await;
    let places = import(&mut browser, &[mail.bytes()]).await;
    assert_eq!(places.len(), 3);
    for (place, (what, _, pl, en)) in places.iter().rev().zip(&zpe) {
        for (lang, expected) in [("pl", pl), ("en", en)] {
            browser.get(&format!("/language/{lang}")).await;
            let html = browser.open(place).await;
            assert!(html.contains(*expected) && html.contains("<p class=\"explained\">"), "{what}: {html}");
            assert!(!html.contains(&format!("{place}/accept")), "{what} cannot be accepted");
        }
    }
}

/// Puts the clerk into another school.
pub(super) async fn move_clerk(house: &House, school: usize) {
    struct Move(String);
    #[async_trait::async_trait]
    impl Verb for Move {
        type Answer = ();
        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            let sql = "UPDATE staff SET school_id = $1 WHERE login = 'sekretariat'";
            tx.execute(sql, &[crate::store::Value::from(&self.0)]).await.map(|_| ())
        }
    }
    house.issuance.store.write(Move(house.schools[school].id.as_str().to_owned())).await.unwrap();
}

#[tokio::test]
async fn a_photo_that_was_held_sideways_is_turned_and_cut_as_it_is_seen() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let place = photo_of(&house, 0, 0);
    browser.open(&place).await;
    // Stored 1000×800, seen 800×1000.
    let sideways = with_exif(&photo(1000, 800, 90), 6);
    let answer = browser.post_files(&place, &[], &[("photo", "x.jpg", &sideways)]).await;
    let review = answer.location().to_owned();
    let html = browser.open(&review).await;
    assert!(html.contains("data-width=\"800\" data-height=\"1000\""), "upright");
    let pupil = browser.hidden("pupil");
    let fitting = [("x", "450"), ("y", "550"), ("width", "350"), ("height", "450")];
    let accept = format!("{review}/accept");
    for (crop, expected) in [
        (
            [("x", "451"), ("y", "550"), ("width", "350"), ("height", "450")],
            "Kadr wychodzi poza zdjęcie (800×1000 pikseli)",
        ),
        (
            [("x", "0"), ("y", "0"), ("width", "117"), ("height", "150")],
            "Kadr ma 117×150 pikseli, a potrzeba co najmniej 118×152",
        ),
        ([("x", "0"), ("y", "0"), ("width", "0"), ("height", "0")], "Kadr wychodzi poza zdjęcie"),
        ([("x", "-5"), ("y", "0"), ("width", "350"), ("height", "450")], "Kadr jest niepełny"),
        (
            [("x", "4294967295"), ("y", "0"), ("width", "350"), ("height", "450")],
            "Kadr wychodzi poza zdjęcie",
        ),
    ] {
        let query: Vec<String> = crop.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let tried = browser.open(&format!("{review}?{}", query.join("&"))).await;
        assert!(tried.contains(expected), "tried {crop:?}");
        let fields = ticked(&[("pupil", pupil.as_str())]).into_iter().chain(crop).collect::<Vec<_>>();
        let answer = browser.post(&accept, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{crop:?}");
        assert!(answer.text().contains(expected), "sent {crop:?}");
    }
    assert!(browser.open("/office/photos").await.contains("zły kadr"), "it waits on, with the reason");
    browser.open(&review).await;
    let (_, present) = accepted(&browser);
    let named = [("pupil", pupil.as_str()), ("present", present.as_str())];
    let fields = ticked(&named).into_iter().chain(fitting).collect::<Vec<_>>();
    assert_eq!(browser.post(&accept, &fields).await.status, StatusCode::SEE_OTHER);
    // The lower right quarter of the picture as it is seen: turned by a quarter, the upper right one as stored.
    let kept = browser.get(&picture_of(&place)).await.body;
    let image::Rgb([r, g, b]) = *image::load_from_memory(&kept).unwrap().to_rgb8().get_pixel(118, 152);
    assert!(g > 120 && r < 80 && b < 80, "{r} {g} {b}");
}

#[tokio::test]
async fn brothers_and_sisters_in_one_mail() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let mail = Mail::new("=?UTF-8?B?bUxlZ2l0eW1hY2phIOKAkyB6ZGrEmWNpYQ==?=")
        .text("Dzień dobry, przesyłam zdjęcia: Zofia Przykładowa 7a oraz Żaneta Zmyślona 7b.\n<script>alert(1)</script>")
        .attach("zofia.jpg", &portrait(1))
        .attach("ZANETA_ZMYSLONA.JPG", &portrait(2))
        .attach("<script>.jpg", PNG)
        .attach("wniosek.pdf", b"%PDF-1.7");
    let places = import(&mut browser, &[mail.bytes()]).await;
    let list = browser.html.clone();
    assert!(list.contains("Wczytano 3 zdjęcia.") && list.contains("Jeden załącznik pominięto"));
    assert!(list.contains("Zofia Przykładowa, 7a") && list.contains("być może (88\u{a0}%)"), "{list}");
    assert!(list.contains("Żaneta Zmyślona, 7b") && list.contains("być może (98\u{a0}%)"));
    assert!(!list.contains("<script>") && list.contains("nie JPG"));
    let [bad, zaneta, zofia] = places.as_slice() else { panic!("{places:?}") };
    assert!(!browser.open(bad).await.contains("<script>"));

    let html = browser.open(zofia).await;
    assert!(html.contains("mLegitymacja – zdjęcia") && html.contains("pewność 88\u{a0}%"));
    assert!(html.contains("Najpierw wskaż") && !html.contains("/accept"), "never assigned by itself");
    let answer = browser.post(&format!("{zofia}/assign"), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "no choice was made");
    let id = house.schools[0].pupils[0].id.as_str();
    browser.open(zofia).await;
    let answer = browser.post(&format!("{zofia}/assign"), &[("pupil", id)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    browser.open(zofia).await;
    let (whose, present) = accepted(&browser);
    assert_eq!(whose, id);
    let fields = ticked(&[("pupil", id), ("present", &present)]);
    let answer = browser.post(&format!("{zofia}/accept"), &fields).await;
    assert_eq!(answer.location(), "/office/photos?done=photo-kept");

    // The other one is given to a third pupil who is looked for, and then refused.
    let html = browser.open(&format!("{zaneta}?q=TEST+st")).await;
    let stas = house.schools[0].pupils[1].id.as_str();
    assert!(html.contains(&format!("value=\"{stas}\"")), "found by the beginnings of words");
    assert!(browser.open(&format!("{zaneta}?q=Niebyły")).await.contains("Nie ma ucznia pasującego"));
    assert_eq!(
        browser.post(&format!("{zaneta}/assign"), &[("pupil", stas)]).await.status,
        StatusCode::SEE_OTHER
    );
    browser.open(zaneta).await;
    let stranger = house.schools[1].pupils[0].id.as_str();
    let answer = browser.post(&format!("{zaneta}/assign"), &[("pupil", stranger)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "a pupil of another school");
    let answer = browser.post(&format!("{zaneta}/refuse"), &[("reason", "")]).await;
    assert!(answer.text().contains("Wybierz powód odrzucenia"));
    let answer =
        browser.post(&format!("{zaneta}/refuse"), &[("reason", "head"), ("note", "czapka <b>")]).await;
    assert_eq!(answer.location(), format!("{zaneta}?done=photo-refused-to-copy"), "a stranger's address");
    let refused = browser.open("/office/photos?state=refused").await;
    assert!(refused.contains("nakrycie głowy") && refused.contains("czapka") && !refused.contains("<b>"));
    assert!(browser.open(zaneta).await.contains("Zdjęcie odrzucono"));

    // The same mail again brings nothing new.
    import(&mut browser, &[mail.bytes()]).await;
    assert!(
        browser.html.contains("Nie wczytano żadnego nowego zdjęcia.")
            && browser.html.contains("3 zdjęcia pominięto")
    );
}

#[tokio::test]
async fn strangers_and_bombs_in_the_mail() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let unknown = Mail::new("Legitymacja szkolna").text("Jan Obcy 3c").attach("jan.jpg", &portrait(3));
    let [place] = import(&mut browser, &[unknown.bytes()]).await.try_into().unwrap();
    assert!(browser.html.contains("nie wiadomo, czyje") && browser.html.contains("uczeń bez legitymacji"));
    assert!(!browser.open(&place).await.contains("Uczniowie do wyboru"));
    // Said to be a pupil's who has a card: the clerk is told.
    let id = house.schools[0].pupils[0].id.as_str();
    browser.open(&place).await;
    browser.post(&format!("{place}/assign"), &[("pupil", id)]).await;
    assert!(browser.open(&place).await.contains("ale uczeń ma już legitymację"));

    let bomb = crate::registry::photo::testing::announcing(&photo(64, 64, 90), 65_000, 65_000);
    let nested = "Content-Type: multipart/mixed; boundary=x\n\n--x\n".repeat(50_000).into_bytes();
    let header = format!("Subject: {}\n\nx", "=?utf-8?q?a?= ".repeat(300_000)).into_bytes();
    let letter = Mail::new("mLegitymacja").attach("bomba.jpg", &bomb).bytes();
    let places = import(&mut browser, &[nested.clone(), header, letter, b"PK\x03\x04".to_vec()]).await;
    assert!(
        browser.html.contains("ogromne wymiary") && browser.html.contains("2 plików nie dało się odczytać"),
        "{}",
        browser.html
    );
    let html = browser.open(&places[0]).await;
    assert!(html.contains("za dużo pikseli") && pictures(&html) == 0, "browsers do not get it either");

    browser.open("/office/photos/import").await;
    let answer = browser.post_files("/office/photos/import", &[], &[("mails", "a.eml", &nested)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Żadnego z tych plików nie da się odczytać"));
    let answer = browser.post_files("/office/photos/import", &[], &[]).await;
    assert!(answer.text().contains("Wybierz co najmniej jedną wiadomość"));
    let many = vec![("mails", "a.eml", &b"Subject: x\n\nx"[..]); 51];
    let answer = browser.post_files("/office/photos/import", &[], &many).await;
    assert!(answer.text().contains("Wybierz najwyżej 50 wiadomości"));
    let huge = vec![b'a'; 26 * 1024 * 1024];
    let answer = browser.post_files("/office/photos/import", &[], &[("mails", "a.eml", &huge)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn schools_and_roles_see_no_more_than_they_may() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let mail = Mail::new("mLegitymacja Zofia Przykładowa").attach("z.jpg", &portrait(1)).bytes();
    let place = import(&mut browser, &[mail]).await.remove(0);
    browser.open(&place).await;
    move_clerk(&house, 1).await;
    for act in ["", "/assign", "/accept", "/refuse"] {
        let answer = if act.is_empty() {
            browser.get(&place).await
        } else {
            let pupil = house.schools[1].pupils[0].id.as_str();
            browser.post(&format!("{place}{act}"), &ticked(&[("pupil", pupil), ("reason", "old")])).await
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}: another school's picture");
        browser.open("/office/photos/import").await;
    }
    assert!(browser.open("/office/photos").await.contains("Żadne zdjęcie nie czeka"));
    let others = photo_of(&house, 0, 0);
    assert_eq!(browser.get(&others).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&picture_of(&others)).await.status, StatusCode::NOT_FOUND);
    for nowhere in ["/office/photos/nothing", "/office/pupils/nobody/photo"] {
        assert_eq!(browser.get(nowhere).await.status, StatusCode::NOT_FOUND);
    }

    // A tutor sees the photos of the class and takes none in.
    let mut tutor = house.office("wychowawca").await;
    for place in [others.as_str(), "/office/photos", "/office/photos/import", place.as_str()] {
        assert_eq!(tutor.get(place).await.status, StatusCode::FORBIDDEN, "{place}");
    }
    assert_eq!(tutor.get(&picture_of(&others)).await.status, StatusCode::OK);
    let other_class = photo_of(&house, 0, 2);
    assert_eq!(tutor.get(&picture_of(&other_class)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn housekeeping_erases_what_came_by_mail_after_thirty_days() {
    struct Rows;
    #[async_trait::async_trait]
    impl Verb for Rows {
        type Answer = usize;
        async fn run(&self, tx: &mut dyn Statements) -> Result<usize, StoreError> {
            let far: jiff::Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
            InboxPicture::expired(tx, far, 99).await.map(|rows| rows.len())
        }
    }
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    import(&mut browser, &[Mail::new("x").attach("z.jpg", &portrait(1)).bytes()]).await;
    for (days, left) in [(29, 1), (1, 0)] {
        house.clock.advance(SignedDuration::from_hours(24 * days));
        house.issuance.forget_expired().await.unwrap();
        assert_eq!(house.issuance.store.read(Rows).await.unwrap(), left, "{days} days later");
    }
}
