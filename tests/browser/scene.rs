//! Where the stories play: a sandbox with two schools, one of each procedure, and their staff.

use issuer::demo_school::accounts::PASSWORD;
use serde_json::{Value, json};
use tests::browser::{Browser, Person};
use tests::world::{Plan, World};

/// The first school: one device, QR code with activation code.
pub(crate) const PRINCIPAL: &str = "sp0.dyrektor";
pub(crate) const CLERK: &str = "sp0.sekretariat";
pub(crate) const TUTOR: &str = "sp0.wychowawca";

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
