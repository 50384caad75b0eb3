//! Where the stories play: a sandbox with two schools, one of each procedure, and their staff.

use issuer::demo_school::accounts::PASSWORD;
use serde_json::{Value, json};
use tests::browser::{Browser, Person};
use tests::world::{CARD_DAYS, Plan, World};

/// The first school: one device, QR code with activation code.
pub(crate) const PRINCIPAL: &str = "sp0.dyrektor";
pub(crate) const CLERK: &str = "sp0.sekretariat";
pub(crate) const TUTOR: &str = "sp0.wychowawca";
/// The principal of the second school: five devices, QR code on the portal.
pub(crate) const PORTAL_SCHOOL: &str = "zsn.dyrektor";

/// A sandbox with its schools, and browsers to look at it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) browser: Browser,
    /// What `/sandbox/seed` says.
    pub(crate) seeded: Value,
}

impl Scene {
    /// A sandbox with the demo schools, or nothing (said aloud) where there is no browser.
    pub(crate) async fn set() -> Option<Self> {
        let browser = Browser::start().await?;
        let (world, seeded) = sandbox().await;
        Some(Self { world, browser, seeded })
    }

    /// Somebody who has not signed in.
    pub(crate) async fn stranger(&self) -> Person {
        self.browser.person(self.world.base()).await
    }

    /// Somebody at the office.
    pub(crate) async fn staff(&self, login: &str) -> Person {
        let person = self.stranger().await;
        person.opens("/office/sign-in").await;
        person.fills("Login", login).await;
        person.fills("Hasło", PASSWORD).await;
        person.clicks("Zaloguj się").await;
        person.is_at("/office").await;
        person
    }
}

/// A sandbox with the demo schools.
pub(crate) async fn sandbox() -> (World, Value) {
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let seed = reqwest::Client::builder().no_proxy().build().unwrap();
    let seed = seed.post(format!("{}/sandbox/seed", world.base())).json(&json!({}));
    let answer = seed.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    (world, answer.json().await.unwrap())
}

/// A sandbox whose schools have been at work for a while: cards in use, given up and refused.
pub(crate) async fn living() -> (World, Value) {
    let (world, seeded) = sandbox().await;
    let office = &world.office;
    let pupils = |school: usize| seeded["schools"][school]["pupils"].as_array().unwrap().clone();
    let order = |pupil: &Value| pupil["order_id"].as_str().unwrap().to_owned();
    let legacy = pupils(0);
    let activated = office.slip(&order(&legacy[0])).await;
    world.phone("Pixel 8 <b>").await.activate(&activated).await.unwrap();
    office.slip(&order(&legacy[1])).await;
    let school = seeded["schools"][0]["id"].as_str().unwrap();
    for n in 1..=6 {
        let (pupil, _) = office.pupil_without_card(school, n).await;
        if n % 2 == 0 {
            continue;
        }
        office.base_card(&pupil, CARD_DAYS.0, CARD_DAYS.1).await;
        let slip = office.slip(&office.order(&pupil).await).await;
        world.phone("iPhone").await.activate(&slip).await.unwrap();
        if n == 3 {
            let device = office.devices(&slip.card_id, "live").await;
            office.revoke_device(&device[0], "phone_lost").await;
        }
    }
    let zpe = pupils(1);
    let slip = office.codes(&order(&zpe[0])).await;
    world.phone("Tablet").await.activate(&slip).await.unwrap();
    (world, seeded)
}
