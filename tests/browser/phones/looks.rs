//! Every screen before the judge of accessibility.

use tests::browser::{Axe, Browser};
use tests::table::PASSWORD;
use tests::world::World;

use super::table;
use crate::judged::on_every_look;

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
