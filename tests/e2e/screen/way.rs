//! The ways to a card.

use shared::card_data::STATUS_PUPIL;
use tests::photograph::{Photograph, slip_page};
use tests::table::PASSWORD;
use tests::world::World;

use super::table;

#[tokio::test(flavor = "multi_thread")]
async fn a_photographed_slip_becomes_a_card_step_by_step() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.slip_for(&pupil).await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    let offer = table.picture(1, &slip.qr_png).await;
    assert_eq!(offer.view(), "offer", "{}", offer.html);
    // Who offers is said before any code is asked for.
    assert!(offer.html.contains(world.base()), "{}", offer.html);
    let code = slip.activation_code.as_deref().unwrap();
    let confirm = {
        table.press(1, "take-offer", &[]).await;
        table.press(1, "code", &[("code", code)]).await
    };
    assert_eq!(confirm.view(), "confirm");
    assert!(!confirm.html.contains(code), "the activation code is on the page");
    assert_eq!(world.asked("/token"), 0, "nothing is sent before it is confirmed");
    let done = table.press(1, "confirm", &[]).await;
    assert_eq!(done.view(), "done", "{}", done.html);
    let card = table.press(1, "held-card", &[]).await;
    for shown in [pupil.spec.surname.as_str(), STATUS_PUPIL, "30.09.2027", "Urządzenie 1 z 1."] {
        assert!(card.html.contains(shown), "{shown} is not on the card: {}", card.html);
    }
    assert!(card.html.contains("band good"), "{}", card.html);
    let id = &card.cards()[0];
    let portrait = table.get(&format!("/phones/1/portrait/{id}")).await;
    assert_eq!(portrait.status, 200);

    // The developer's drawer shows the conversation, and no secret of it.
    let drawer = table.press(1, "drawer", &[("id", id)]).await;
    for shown in ["BEGIN CERTIFICATE", "/token", "/credential", "SHA-256"] {
        assert!(drawer.html.contains(shown), "{shown} is not in the drawer");
    }
    for secret in [code, slip.offer_uri.as_str()] {
        assert!(!drawer.html.contains(secret), "a secret is in the drawer");
    }

    // Locked, nothing is to be seen.
    table.press(1, "lock", &[]).await;
    assert_eq!(table.get(&format!("/phones/1/portrait/{id}")).await.status, 404);
    let locked = table.press(1, "card", &[("id", id)]).await;
    assert!(locked.view() == "lock" && !locked.html.contains(&pupil.spec.surname), "{}", locked.html);
    let again = table.press(1, "unlock", &[("pin", PASSWORD)]).await;
    assert!(again.html.contains(&pupil.spec.surname), "{}", again.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_reads_what_is_held_before_it() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    let dark = image::GrayImage::from_pixel(640, 480, image::Luma([3]));
    let mut png = std::io::Cursor::new(Vec::new());
    dark.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let said = table.frame(1, 0, png.into_inner()).await;
    assert!(said.status == 200 && said.html.contains("too-dark"), "{}", said.html);
    assert_eq!(table.frame(1, 1, b"rubbish".to_vec()).await.status, 422);
    let other = shared::qr::render::png("https://szkola.example", 6).unwrap();
    assert!(table.frame(1, 2, other).await.html.contains("other-code"));
    let page = slip_page(&slip.offer_uri).unwrap();
    let held = Photograph { hardness: 0.0, ..Photograph::default() }.take(&page).unwrap();
    assert!(table.frame(1, 3, held).await.html.contains("found"));
    let offer = table.settled(1).await;
    assert_eq!(offer.view(), "offer", "{}", offer.html);
    let done = table.take(1, slip.activation_code.as_deref()).await;
    assert_eq!(done.view(), "done", "{}", done.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_phones_take_the_card_and_the_sixth_is_refused_until_a_place_is_free() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let order = world.office.order(&pupil.id).await;
    let table = table(&world, 6).await;
    for phone in 1..=5 {
        table.set_up(phone).await;
        let slip = world.office.codes(&order).await;
        let done = table.activate(phone, &slip).await;
        assert_eq!(done.view(), "done", "phone {phone}: {}", done.html);
        let card = table.open_card(phone).await;
        assert!(card.html.contains(&format!("Urządzenie {phone} z 5.")), "{}", card.html);
    }
    table.set_up(6).await;
    let refused = world.office.call("POST", &format!("/orders/{order}/slips"), None).await;
    assert_eq!((refused.status, refused.code()), (409, "no_free_place"));
    // The desk's own way: the sixth phone has nothing to scan, and the first one gives its place up.
    let card = table.open_card(1).await.cards()[0].clone();
    assert_eq!(table.press(1, "ask-delete", &[("id", &card)]).await.view(), "confirm-delete");
    let gone = table.press(1, "delete", &[("id", &card)]).await;
    assert!(gone.view() == "documents" && gone.cards().is_empty(), "{}", gone.html);
    let slip = world.office.codes(&order).await;
    assert_eq!(table.activate(6, &slip).await.view(), "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parents_phone_holds_the_cards_of_all_children() {
    let world = World::zpe().await;
    let table = table(&world, 1).await;
    table.set_up(1).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let pupil = world.pupil().await;
        let slip = world.codes_for(&pupil).await;
        assert_eq!(table.activate(1, &slip).await.view(), "done");
        names.push(pupil.spec.surname.clone());
    }
    let documents = table.press(1, "documents", &[]).await;
    let cards = documents.cards();
    assert_eq!(cards.len(), 3);
    assert!(names.iter().all(|name| documents.html.contains(name)), "{}", documents.html);
    // From one card to the next.
    let first = table.press(1, "card", &[("id", &cards[0])]).await;
    assert_eq!(first.html.matches("class=\"dot\"").count(), 3);
    let second = table.press(1, "card", &[("id", &cards[1])]).await;
    assert!(second.html.contains(&names[1]) && second.view() == "card", "{}", second.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_others_press_no_buttons() {
    let world = World::legacy().await;
    let table = table(&world, 1).await;
    let own = format!("http://{}", table.address);
    for (headers, status) in [
        (vec![("origin", own.as_str()), ("sec-fetch-site", "same-origin")], 303),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("origin", "null")], 403),
        (vec![("host", "evil.example:8090")], 403),
        (vec![("host", "192.168.0.7:8090")], 403),
        (vec![("host", "[2001:db8::1]:8090")], 403),
        (vec![("host", "[::1]:8090")], 303),
    ] {
        let pressed = table.post("/phones/1/choose-app", &headers, &[("app", "standard")]).await;
        assert_eq!(pressed.status, status, "{headers:?}");
    }
    let rebound = tests::http::client();
    let read = rebound.get(table.url("/")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(read.status(), 403, "a page whose name was bent to this machine reads the desk");
    let page = rebound.get(table.url("/")).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers()["cache-control"], "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_of_a_phone_runs_on_the_desk() {
    let world = World::legacy().await;
    let table = table(&world, 1).await;
    let name = "<script>alert(1)</script>\"'";
    let fields = [("name", name), ("platform", "ios"), ("os_version", "17.2"), ("app_version", "1.0")];
    table.press(1, "describe", &fields).await;
    for path in ["/", "/phones/1", "/phones/1/screen"] {
        let page = table.get(path).await;
        assert!(!page.html.contains("<script>alert"), "{path}");
        assert!(page.html.contains("&#60;script&#62;") || page.html.contains("&lt;script&gt;"), "{path}");
    }
}
