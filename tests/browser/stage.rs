//! Where the stories play: a sandbox with its two schools, and people at browsers.

use issuer::demo_school::accounts::PASSWORD;
use tests::browser::{Browser, Person};
use tests::scene::Scene;

/// A scene and browsers to look at it.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) browser: Browser,
}

impl Stage {
    /// A fresh sandbox, or nothing (said aloud) where there is no browser.
    pub(crate) async fn set() -> Option<Self> {
        let browser = Browser::start().await?;
        Some(Self { scene: Scene::fresh().await, browser })
    }

    /// Somebody who has not signed in.
    pub(crate) async fn stranger(&self) -> Person {
        self.browser.person(self.scene.world.base()).await
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
