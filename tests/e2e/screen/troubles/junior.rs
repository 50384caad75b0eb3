//! What can be wrong with whose phone it is: mObywatel Junior.

use jiff::SignedDuration;
use tests::reader::{Reader, tags};
use tests::scene::Scene;
use tests::table::{Screen, Table};

use super::{Seen, table, types};
use crate::junior::{answers, asked};

const PIN: &str = "493027";
/// The first pupil of the school with slips, and the first of the school with codes on the portal.
const PUPIL: &str = "sp0.uczen";
const OTHER: &str = "zsn.uczen";

/// Opens what the phone shows in a browser and answers there; what the phone shows then.
async fn signs_in(scene: &Scene, table: &Table, login: &str, answer: &str) -> Screen {
    let shown = table.settled(1).await;
    assert_eq!(shown.view(), "sign-in", "{}", shown.html);
    let links = tags(&shown.html).into_iter().filter_map(|tag| tag.get("href").map(str::to_owned));
    let link = links.into_iter().find(|href| href.contains("/portal/")).expect("the way to the portal");
    let mut browser = Reader::new(scene.world.base());
    let page = asked(&mut browser, &link, login).await;
    let gone = answers(&mut browser, &page, answer).await;
    let (_, path) = gone.location().split_once(&table.address.to_string()).expect("the way back");
    assert_eq!(table.get(path).await.status, 303);
    table.settled(1).await
}

pub(super) async fn sign_ins_of_juniors(seen: &mut Seen) {
    let scene = Scene::fresh().await;
    let (world, office) = (&scene.world, scene.office());
    let orders = scene.orders(0);
    let table = table(world, 1).await;
    table.press(1, "choose-app", &[("app", "junior")]).await;
    seen.shows(&signs_in(&scene, &table, PUPIL, "cancel").await, "sign_in_failed");
    table.press(1, "sign-in", &[]).await;
    assert_eq!(signs_in(&scene, &table, PUPIL, "allow").await.view(), "set-pin");
    assert_eq!(table.press(1, "set-pin", &[("pin", PIN), ("again", PIN)]).await.view(), "documents");

    let (own, anothers) = (office.codes(&orders[0]).await, office.codes(&orders[1]).await);
    assert_eq!(table.activate(1, &own).await.view(), "done");
    seen.shows(&table.activate(1, &anothers).await, "other_pupil");

    // Whoever signs in beside the card of another pupil is sent away, and the phone is as it was.
    table.press(1, "sign-in", &[]).await;
    seen.shows(&signs_in(&scene, &table, OTHER, "allow").await, "second_pupil");
    assert_eq!(table.press(1, "documents", &[]).await.cards().len(), 1);
    seen.shows(&table.activate(1, &anothers).await, "other_pupil");
    table.press(1, "sign-in", &[]).await;
    assert_eq!(signs_in(&scene, &table, PUPIL, "allow").await.view(), "scan", "one's own sign-in is welcome");

    world.clock.advance(SignedDuration::from_hours(1));
    seen.shows(&types(&table, &anothers).await, "sign_in_needed");

    // Without the card the phone may become another pupil's.
    let card = table.open_card(1).await.cards()[0].clone();
    table.press(1, "ask-delete", &[("id", &card)]).await;
    assert!(table.press(1, "delete", &[("id", &card)]).await.cards().is_empty());
    table.press(1, "sign-in", &[]).await;
    assert_eq!(signs_in(&scene, &table, OTHER, "allow").await.view(), "scan");
    let slip = office.codes(&scene.orders(1)[0]).await;
    types(&table, &slip).await;
    assert_eq!(table.take(1, slip.activation_code.as_deref()).await.view(), "done");
}
