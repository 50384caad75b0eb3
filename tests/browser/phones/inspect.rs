//! Two phones on the desk check a card between them: by a code without a network, and by a question with one.

use std::path::Path;

use serde_json::{Value, json};
use tests::browser::{Axe, Browser, Look, Person};
use tests::table::verdicts::Check;
use tests::table::{PASSWORD, Table};
use tests::world::{Plan, World};

use super::table;
use crate::judged::on_every_look;

/// A card on the first phone; somebody at it, and an inspector at the second.
async fn two(browser: &Browser) -> (World, Table, Person, Person) {
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let slip = world.codes().await;
    let table = table(&world, 2).await;
    table.set_up(1).await;
    assert_eq!(table.activate(1, &slip).await.view(), "done");
    table.open_card(1).await;
    let (holder, inspector) = (browser.person(&table.url("")).await, browser.person(&table.url("")).await);
    holder.opens("/phones/1").await;
    inspector.opens("/phones/2").await;
    inspector.clicks("mWeryfikator").await;
    inspector.sees("Co sprawdzasz?").await;
    (world, table, holder, inspector)
}

/// The holder shows the code for a purpose; a picture of it.
async fn shows(holder: &Person, purpose: &str) -> Vec<u8> {
    holder.clicks("Pokaż kod").await;
    holder.sees("Komu pokazujesz?").await;
    holder.clicks(purpose).await;
    holder.sees("Kod zmienia się co 15 sekund").await;
    holder.picture_of(".qr").await
}

async fn scans(inspector: &Person, purpose: &str, picture: &[u8]) {
    inspector.clicks(purpose).await;
    inspector.clicks("Zeskanuj kod z telefonu ucznia").await;
    inspector.drops("[data-drop]", picture).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_on_one_phone_is_judged_by_another_in_airplane_mode() {
    let Some(browser) = Browser::start().await else { return };
    let (world, _table, holder, inspector) = two(&browser).await;
    inspector.sees("Jeszcze niepobrane").await;
    inspector.clicks("Pobierz teraz").await;
    inspector.sees("Czas podpisany").await;
    for person in [&holder, &inspector] {
        person.clicks("Co się dzieje z telefonem").await;
        person.clicks("Włącz tryb samolotowy").await;
        person.clicks("Co się dzieje z telefonem").await;
    }
    let picture = shows(&holder, "Kontrola biletów").await;
    scans(&inspector, "Kontrola biletów", &picture).await;
    inspector.sees("Legitymacja jest prawdziwa, aktualna i nieunieważniona.").await;
    inspector.sees("Ulga do 24 lat").await;
    inspector.sees("podpis telefonu").await;
    inspector.clicks("Następna kontrola").await;
    inspector.sees_no("Ulga do 24 lat").await;
    // The same picture again is a screenshot.
    scans(&inspector, "Kontrola biletów", &picture).await;
    inspector.sees("Stary kod").await;
    // Seconds later the phone shows another code by itself.
    let before = holder.script("return document.querySelector('.qr').src", vec![]).await;
    world.clock.advance(jiff::SignedDuration::from_secs(15));
    let changed = "return document.querySelector('.qr').src !== arguments[0]";
    for _ in 0..100 {
        if holder.script(changed, vec![before.clone()]).await == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(holder.script(changed, vec![before]).await, true, "the code stays as it was");
    for person in [&holder, &inspector] {
        person.hears_no_complaint().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_asks_and_a_holder_agrees_to_less() {
    let Some(browser) = Browser::start().await else { return };
    let (_world, _table, holder, inspector) = two(&browser).await;
    inspector.clicks("Biblioteka").await;
    inspector.clicks("Poproś o dane").await;
    inspector.sees("Cyfry do wpisania").await;
    let picture = inspector.picture_of(".qr").await;
    holder.clicks("Odpowiedz na kontrolę").await;
    holder.drops("[data-drop]", &picture).await;
    holder.sees("Prośba o dane").await;
    holder.sees("Biblioteka").await;
    holder.sees("Za pytającego nie poręcza nikt, komu ufa ten telefon.").await;
    let untick = "document.querySelector('.item input').click()";
    holder.script(untick, vec![]).await;
    holder.fills("Hasło", PASSWORD).await;
    holder.clicks("Udostępnij").await;
    holder.sees("Udostępniono").await;
    holder.sees("Nie pokazano").await;
    inspector.sees("Legitymacja jest prawdziwa, aktualna i nieunieważniona.").await;
    inspector.sees("Numer legitymacji").await;
    inspector.sees_no("Szkoła").await;
    holder.clicks("Ustawienia").await;
    holder.sees("Komu pokazano dane").await;
    holder.clicks("mWeryfikator (symulator)").await;
    holder.sees("Udostępniono").await;
    for person in [&holder, &inspector] {
        person.hears_no_complaint().await;
    }
}

/// Every screen of both ways before the judge of accessibility, with a good verdict and a bad one; all ten come before
/// it in [`every_verdict_is_told_to_everybody`].
#[tokio::test(flavor = "multi_thread")]
async fn no_screen_of_a_check_shuts_anybody_out() {
    let Some(axe) = Axe::installed() else { return };
    let Some(browser) = Browser::start().await else { return };
    let (_world, table, holder, inspector) = two(&browser).await;
    let mut complaints = Vec::new();
    for language in ["pl", "en"] {
        for (phone, person) in [(1, &holder), (2, &inspector)] {
            person.brings_cookie("lang", language).await;
            person.opens(&format!("/phones/{phone}")).await;
        }
        let mut judge = async |phone: u8, name: &str| {
            let person = if phone == 1 { &holder } else { &inspector };
            person.opens(&format!("/phones/{phone}")).await;
            complaints.extend(on_every_look(&axe, person, &format!("{name} in {language}")).await);
        };
        let card = table.open_card(1).await.cards()[0].clone();
        judge(1, "card").await;
        table.press(1, "purposes", &[("id", &card)]).await;
        judge(1, "purposes").await;
        table.press(1, "show-code", &[("purpose", "ticket")]).await;
        judge(1, "shown-code").await;
        table.press(1, "answer", &[]).await;
        judge(1, "answer").await;
        table.press(2, "inspect-next", &[]).await;
        table.press(2, "fetch-data", &[]).await;
        judge(2, "inspect").await;
        table.press(2, "inspect", &[("purpose", "card")]).await;
        judge(2, "inspect-how").await;
        table.press(2, "inspect-how", &[("how", "scan")]).await;
        judge(2, "inspect-scan").await;
        let poster = shared::qr::render::png("https://sklep.example/promocja", 6).unwrap();
        assert_eq!(table.picture(2, &poster).await.view(), "verdict");
        judge(2, "a bad verdict").await;
        for refused in [true, false] {
            table.press(2, "inspect-next", &[]).await;
            table.press(2, "inspect", &[("purpose", "card")]).await;
            let waiting = table.press(2, "inspect-how", &[("how", "ask")]).await;
            judge(2, "inspect-waiting").await;
            let digits =
                waiting.html.split_once("class=\"code\">").unwrap().1.split('<').next().unwrap().to_owned();
            table.press(1, "answer", &[]).await;
            assert_eq!(table.press(1, "answer-digits", &[("digits", &digits)]).await.view(), "asked");
            judge(1, "asked").await;
            if refused {
                table.press(1, "decline", &[]).await;
                table.until(2, |screen| screen.view() == "inspect-declined").await;
                judge(2, "inspect-declined").await;
            } else {
                table.press(1, "agree", &[("pin", PASSWORD)]).await;
                judge(1, "receipt").await;
                table.until(2, |screen| screen.view() == "verdict").await;
                judge(2, "a good verdict").await;
            }
        }
        table.press(1, "settings", &[]).await;
        judge(1, "settings with receipts").await;
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Where pictures of the verdicts are written, if somebody wants to look at them.
const PICTURES: &str = "MLEG_PICTURES";

#[tokio::test(flavor = "multi_thread")]
async fn every_verdict_is_told_to_everybody() {
    let Some(axe) = Axe::installed() else { return };
    let Some(browser) = Browser::start().await else { return };
    let world = World::of(Plan { sandbox: true, ..Plan::of("zpe-2025") }).await;
    let table = table(&world, 2).await;
    let inspector = browser.person(&table.url("")).await;
    let mut complaints = Vec::new();
    let check = Check::begin(&world, &table).await;
    check
        .each(async |(word, tone), _| {
            for language in ["pl", "en"] {
                inspector.brings_cookie("lang", language).await;
                inspector.opens("/phones/2").await;
                assert_eq!(verdict(&inspector).await, json!([word, tone, format!("verdict {tone}")]));
                let (sign, title) = (seen(&inspector, ".sign").await, seen(&inspector, "h3").await);
                let signs = [("good", "✓"), ("doubtful", "?"), ("bad", "✕")];
                assert!(signs.contains(&(tone, &sign)) && !title.is_empty(), "{word}: {sign} {title}");
                complaints.extend(on_every_look(&axe, &inspector, &format!("{word} in {language}")).await);
                if let Some(folder) = std::env::var_os(PICTURES) {
                    pictures(&inspector, folder.as_ref(), &format!("{word}-{language}")).await;
                }
            }
        })
        .await;
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Outcome, tone and class of the verdict on the page.
async fn verdict(inspector: &Person) -> Value {
    let script = "const shown = document.querySelector('[data-outcome]'); \
        return shown && [shown.dataset.outcome, shown.dataset.verdict, shown.className]";
    inspector.script(script, vec![]).await
}

/// What can be read in a part of the verdict, without any colour.
async fn seen(inspector: &Person, selector: &str) -> String {
    let script = "const shown = document.querySelector('[data-outcome]').querySelector(arguments[0]); \
        return shown.checkVisibility() ? shown.innerText.trim() : ''";
    inspector.script(script, vec![selector.into()]).await.as_str().unwrap_or_default().to_owned()
}

/// The page as it is, on a phone by day and by night, as PNG files in a folder.
async fn pictures(inspector: &Person, folder: &Path, name: &str) {
    std::fs::create_dir_all(folder).unwrap();
    for (look, light) in [(Look::PHONE, "day"), (Look { dark: true, ..Look::PHONE }, "night")] {
        let picture = inspector.whole_picture(look).await;
        std::fs::write(folder.join(format!("{name}-{light}.png")), picture).unwrap();
    }
}

/// Takes the loudspeaker's place, and writes down which notes it is given: shape and pitch.
const LOUDSPEAKER: &str = "window.played = []; \
    window.AudioContext = class { \
      currentTime = 0; \
      createOscillator() { \
        const note = { frequency: {}, connect: (next) => next, stop() {} }; \
        note.start = () => window.played.push(`${note.type} ${note.frequency.value}`); \
        return note; \
      } \
      createGain() { \
        return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next) => next }; \
      } \
    };";

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_is_heard_in_its_tone() {
    let Some(browser) = Browser::start().await else { return };
    let (_world, _table, holder, inspector) = two(&browser).await;
    inspector.clicks("Pobierz teraz").await;
    inspector.sees("Czas podpisany").await;
    inspector.script(LOUDSPEAKER, vec![]).await;
    let code = shows(&holder, "Kontrola biletów").await;
    let poster = shared::qr::render::png("https://sklep.example/promocja", 6).unwrap();
    for (picture, title, notes) in [
        (&code, "Ważna", json!(["sine 660", "sine 880"])),
        (&code, "Stary kod", json!(["sine 440"])),
        (&poster, "To nie legitymacja", json!(["square 220", "square 165"])),
    ] {
        assert_eq!(played(&inspector).await, json!([]), "nothing is heard before a verdict");
        scans(&inspector, "Kontrola biletów", picture).await;
        inspector.sees(title).await;
        assert_eq!(played(&inspector).await, notes, "{title}");
        inspector.clicks("Następna kontrola").await;
        inspector.sees("Co sprawdzasz?").await;
    }
    inspector.hears_no_complaint().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_goes_by_itself_and_nobody_need_touch_the_phone() {
    let Some(browser) = Browser::start().await else { return };
    let (world, _table, holder, inspector) = two(&browser).await;
    inspector.clicks("Pobierz teraz").await;
    inspector.sees("Czas podpisany").await;
    let code = shows(&holder, "Kontrola biletów").await;
    scans(&inspector, "Kontrola biletów", &code).await;
    inspector.sees("Dane znikną po trzech minutach.").await;
    inspector.sees("Ulga do 24 lat").await;
    world.clock.advance(jiff::SignedDuration::from_mins(3));
    inspector.sees_no("Ulga do 24 lat").await;
    inspector.sees("Co sprawdzasz?").await;
    inspector.hears_no_complaint().await;
}

/// What was heard since somebody asked last.
async fn played(inspector: &Person) -> Value {
    inspector.script("const played = window.played; window.played = []; return played", vec![]).await
}
