//! One phone checks the card on another: who asks, what is shown, and what becomes of it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shared::x509::chain::TrustAnchor;
use tests::table::verdicts::Check;
use tests::table::{PASSWORD, Screen, Table};
use tests::world::{Plan, World};

use super::{parts, table};
use crate::inspection_online::{too_much, verifier_believing};

/// A card on the first phone, an inspector at the second.
async fn two(world: &World) -> Table {
    let slip = world.codes().await;
    let table = table(world, 2).await;
    table.set_up(1).await;
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    assert_eq!(table.press(2, "be-inspector", &[]).await.view(), "inspect");
    table
}

/// The inspector asks; the digits that the holder types.
async fn asks(table: &Table, purpose: &str) -> String {
    assert_eq!(table.press(2, "inspect", &[("purpose", purpose)]).await.view(), "inspect-how");
    let shown = table.press(2, "inspect-how", &[("how", "ask")]).await;
    assert_eq!(shown.view(), "inspect-waiting", "{}", shown.html);
    let link = shared::qr::scan::scan(&picture(&shown)).unwrap();
    assert!(link[0].starts_with("openid4vp://?client_id=x509_hash"), "{}", link[0]);
    let (_, after) = shown.html.split_once("class=\"code\">").unwrap();
    let digits = after.split('<').next().unwrap().to_owned();
    assert_eq!(digits.chars().filter(char::is_ascii_digit).count(), 6, "{digits}");
    digits
}

async fn reads(table: &Table, digits: &str) -> Screen {
    assert_eq!(table.press(1, "answer", &[]).await.view(), "answer");
    table.press(1, "answer-digits", &[("digits", digits)]).await
}

fn outcome(screen: &Screen) -> &str {
    let (_, after) = screen.html.split_once("data-outcome=\"").unwrap_or(("", "none\""));
    after.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_asks_and_the_holder_agrees_with_the_pin() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    let digits = asks(&table, "library").await;
    let asked = reads(&table, &digits).await;
    assert_eq!(asked.view(), "asked", "{}", asked.html);
    for text in ["mWeryfikator", "Biblioteka", "Numer legitymacji", "możesz odmówić", "nie poręcza nikt"]
    {
        assert!(asked.html.contains(text), "{text} is not said: {}", asked.html);
    }
    assert!(!asked.html.contains("PESEL"), "{}", asked.html);
    let wrong = table.press(1, "agree", &[("pin", "Inne7haslo")]).await;
    assert!(
        wrong.view() == "asked" && wrong.html.contains("Została 9") || wrong.html.contains("Zostało 9"),
        "{}",
        wrong.html
    );
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    // The school's name is optional, and its box is left empty.
    let shared = table.press(1, "agree", &[("pin", PASSWORD)]).await;
    assert_eq!(shared.view(), "receipt", "{}", shared.html);
    assert!(shared.html.contains("Udostępniono") && shared.html.contains("Nie pokazano"), "{}", shared.html);
    let verdict = table.until(2, |screen| screen.view() == "verdict").await;
    assert_eq!(outcome(&verdict), "valid", "{}", verdict.html);
    assert!(
        verdict.html.contains("Numer legitymacji") && !verdict.html.contains("Szkoła"),
        "{}",
        verdict.html
    );
    // The holder's phone remembers, the inspector's does not.
    let settings = table.press(1, "settings", &[]).await;
    assert!(settings.html.contains("mWeryfikator (symulator)"), "{}", settings.html);
    let next = table.press(2, "inspect-next", &[]).await;
    assert!(next.view() == "inspect" && !next.html.contains("Numer legitymacji:"), "{}", next.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_refuses_and_nothing_is_shared() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    let digits = asks(&table, "ticket").await;
    assert_eq!(reads(&table, &digits).await.view(), "asked");
    let declined = table.press(1, "decline", &[]).await;
    assert!(declined.view() == "receipt" && declined.html.contains("Odmówiono"), "{}", declined.html);
    let told = table.until(2, |screen| screen.view() == "inspect-declined").await;
    assert!(told.html.contains("Uczeń odmówił"), "{}", told.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_minutes_later_nobody_waits() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    let mistyped = reads(&table, "12").await;
    assert!(mistyped.view() == "answer" && mistyped.html.contains("sześć cyfr"), "{}", mistyped.html);
    asks(&table, "card").await;
    world.clock.advance(jiff::SignedDuration::from_secs(181));
    assert_eq!(table.until(2, |screen| screen.view() == "inspect-over").await.view(), "inspect-over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_card_is_found_out() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.press(2, "be-inspector", &[]).await;
    let digits = asks(&table, "ticket").await;
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    assert_eq!(reads(&table, &digits).await.view(), "asked", "the phone does not know it yet");
    let agreed = table.press(1, "agree", &[("pin", PASSWORD)]).await;
    assert_eq!(agreed.trouble(), "answer_refused", "{}", agreed.html);
    let verdict = table.until(2, |screen| screen.view() == "verdict").await;
    assert_eq!(outcome(&verdict), "revoked", "{}", verdict.html);
}

/// The picture of the code that the first phone shows for a purpose.
async fn code(table: &Table, purpose: &str) -> Vec<u8> {
    let card = table.open_card(1).await.cards()[0].clone();
    assert_eq!(table.press(1, "purposes", &[("id", &card)]).await.view(), "purposes");
    let shown = table.press(1, "show-code", &[("purpose", purpose)]).await;
    assert_eq!(shown.view(), "shown-code", "{}", shown.html);
    picture(&shown)
}

fn picture(shown: &Screen) -> Vec<u8> {
    let (_, after) = shown.html.split_once("class=\"qr\" src=\"data:image/png;base64,").unwrap();
    BASE64_STANDARD.decode(after.split('"').next().unwrap()).unwrap()
}

/// What the inspector says to a picture of a code.
async fn judges(table: &Table, purpose: &str, picture: &[u8]) -> Screen {
    table.press(2, "inspect-next", &[]).await;
    table.press(2, "inspect", &[("purpose", purpose)]).await;
    assert_eq!(table.press(2, "inspect-how", &[("how", "scan")]).await.view(), "inspect-scan");
    let shown = table.picture(2, picture).await;
    assert_eq!(shown.view(), "verdict", "{}", shown.html);
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_judged_without_a_network() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    let shown = code(&table, "ticket").await;
    // A device that knows nobody believes nobody.
    assert_ne!(outcome(&judges(&table, "ticket", &shown).await), "valid");
    let fetched = table.press(2, "inspect-next", &[]).await;
    assert!(fetched.html.contains("Jeszcze niepobrane"), "{}", fetched.html);
    let fetched = table.press(2, "fetch-data", &[]).await;
    assert!(fetched.view() == "inspect" && fetched.html.contains("Czas podpisany"), "{}", fetched.html);
    assert!(fetched.html.contains("Lista zaufanych z 21.11.2026, 19:30."), "{}", fetched.html);
    for phone in [1, 2] {
        table.press(phone, "airplane", &[]).await;
    }
    let verdict = judges(&table, "ticket", &shown).await;
    assert_eq!(outcome(&verdict), "valid", "{}", verdict.html);
    assert!(verdict.html.contains("Ulga do 24 lat") && !verdict.html.contains("PESEL"), "{}", verdict.html);
    assert!(
        verdict.html.contains("certyfikaty wystawcy pod „mLegitymacja SIMULATOR Root CA” (dane z")
            && verdict.html.contains("podpis telefonu")
            && verdict.html.contains("unieważnienia (dane z"),
        "{}",
        verdict.html
    );
    // The same code a second time, one for another purpose, and a picture of an earlier one.
    assert_eq!(outcome(&judges(&table, "ticket", &shown).await), "code_too_old");
    let library = code(&table, "library").await;
    let elsewhere = judges(&table, "ticket", &library).await;
    assert!(
        outcome(&elsewhere) == "not_trusted" && elsewhere.html.contains("innego celu"),
        "{}",
        elsewhere.html
    );
    let old = code(&table, "library").await;
    world.clock.advance(jiff::SignedDuration::from_secs(46));
    let stale = judges(&table, "library", &old).await;
    assert!(outcome(&stale) == "code_too_old" && stale.html.contains("zrzut ekranu"), "{}", stale.html);
    let changed = picture(&table.screen(1).await);
    assert_ne!(changed, old, "the code changes by itself");
    assert_eq!(outcome(&judges(&table, "library", &changed).await), "valid");
    let poster = shared::qr::render::png("https://sklep.example/promocja", 6).unwrap();
    assert_eq!(outcome(&judges(&table, "library", &poster).await), "not_a_card");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspectors_phone_knows_what_it_knew_when_the_desk_is_laid_again() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let first = two(&world).await;
    first.press(2, "fetch-data", &[]).await;
    let shown = code(&first, "ticket").await;
    let again = first.lay_again(parts(&world, 2, None)).await;
    assert_eq!(outcome(&judges(&again, "ticket", &shown).await), "valid");
    // As folders were before roots were kept in them.
    std::fs::remove_dir_all(again.home(2).join("inspector/roots")).unwrap();
    let rootless = again.lay_again(parts(&world, 2, None)).await;
    assert_eq!(outcome(&judges(&rootless, "ticket", &shown).await), "not_trusted");
    rootless.press(2, "inspect-next", &[]).await;
    assert_eq!(rootless.press(2, "fetch-data", &[]).await.view(), "inspect");
    assert_eq!(outcome(&judges(&rootless, "ticket", &shown).await), "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phones_code_is_refused_once_the_list_has_come() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    table.activate(1, &slip).await;
    table.press(2, "be-inspector", &[]).await;
    table.press(2, "fetch-data", &[]).await;
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;
    table.press(1, "airplane", &[]).await;
    world.clock.advance(jiff::SignedDuration::from_secs(600));
    table.press(2, "fetch-data", &[]).await;
    let shown = code(&table, "card").await;
    let verdict = judges(&table, "card", &shown).await;
    assert_eq!(outcome(&verdict), "revoked", "{}", verdict.html);
    // Two days later the list says nothing any more about those whom it does not name.
    let other = world.codes().await;
    table.press(1, "airplane", &[]).await;
    assert_eq!(table.press(1, "reinstall", &[]).await.view(), "welcome");
    table.set_up(1).await;
    table.activate(1, &other).await;
    world.clock.advance(jiff::SignedDuration::from_hours(48));
    let shown = code(&table, "card").await;
    let verdict = judges(&table, "card", &shown).await;
    assert_eq!(outcome(&verdict), "unknown_since", "{}", verdict.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_ten_verdicts_has_its_screen() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = table(&world, 2).await;
    let mut seen = Vec::new();
    let check = Check::begin(&world, &table).await;
    check
        .each(async |(word, tone), shown| {
            assert_eq!(outcome(shown), word, "{}", shown.html);
            assert!(shown.html.contains(&format!("class=\"verdict {tone}\"")), "{word}: {}", shown.html);
            assert!(shown.html.contains(&format!("data-verdict=\"{tone}\"")), "{word}: {}", shown.html);
            let accepted = !shown.html.contains("Dane z legitymacji, której nie można teraz uznać:");
            let bare = !shown.html.contains("class=\"shown\"");
            assert_eq!(accepted, tone == "good" || bare, "{word}: {}", shown.html);
            seen.push(word);
        })
        .await;
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 10, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_gone_three_minutes_later() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    table.press(2, "fetch-data", &[]).await;
    let shown = code(&table, "ticket").await;
    assert_eq!(outcome(&judges(&table, "ticket", &shown).await), "valid");
    world.clock.advance(jiff::SignedDuration::from_secs(179));
    let still = table.screen(2).await;
    assert!(still.view() == "verdict" && still.html.contains("Ulga do 24 lat"), "{}", still.html);
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    let gone = table.screen(2).await;
    assert!(gone.view() == "inspect" && !gone.html.contains("Ulga do 24 lat"), "{}", gone.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_for_pesel_and_address_is_warned() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = two(&world).await;
    let root = TrustAnchor::from_der(&world.fetch("/pki/ca/root.cer").await).unwrap();
    let checkpoint = verifier_believing(vec![root], world.phone_surroundings().clock).await;
    let asked = checkpoint.ask(too_much(world.base())).unwrap();
    assert_eq!(table.press(1, "answer", &[]).await.view(), "answer");
    let link = shared::qr::render::png(asked.link.expose(), 4).unwrap();
    let shown = table.picture(1, &link).await;
    assert_eq!(shown.view(), "asked", "{}", shown.html);
    for warning in ["Ktoś prosi o numer PESEL.", "Ktoś prosi o adres zamieszkania."] {
        let told = format!("<p class=\"fault\" role=\"alert\">{warning}");
        assert!(shown.html.contains(&told), "{warning} is not said: {}", shown.html);
    }
    for item in ["PESEL", "Adres zamieszkania"] {
        let marked = format!("<p class=\"item sensitive\">{item}: <strong>");
        assert!(shown.html.contains(&marked), "{item} is not marked: {}", shown.html);
    }
    // An inspector on the desk asks for neither.
    table.press(1, "decline", &[]).await;
    let digits = asks(&table, "card").await;
    let harmless = reads(&table, &digits).await;
    assert_eq!(harmless.view(), "asked", "{}", harmless.html);
    assert!(
        !harmless.html.contains("sensitive") && !harmless.html.contains("Ktoś prosi"),
        "{}",
        harmless.html
    );
}
