//! An inspector's phone on the table comes to each of the ten verdicts, by what brings them about in life.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;

use super::{PASSWORD, Screen, Table};
use crate::world::World;

/// A verdict as it should be told: its outcome and its tone.
pub type Told = (&'static str, &'static str);

/// What is checked.
const PURPOSE: &str = "ticket";

/// A card on the first phone, an inspector at the second, and the world whose clock they share.
pub struct Check<'a> {
    world: &'a World,
    table: &'a Table,
    /// The card's name at the office.
    card: String,
    /// The text of the code that the holder showed last.
    code: String,
}

impl<'a> Check<'a> {
    /// Activates a card in a few days, and goes back to a time at which it does not count yet.
    pub async fn begin(world: &'a World, table: &'a Table) -> Self {
        table.set_up(1).await;
        table.press(2, "be-inspector", &[]).await;
        world.clock.advance(SignedDuration::from_hours(5 * 24));
        let slip = world.codes().await;
        let mut check = Self { world, table, card: slip.card_id.clone(), code: String::new() };
        check.unlock().await;
        let done = table.activate(1, &slip).await;
        assert_eq!(done.view(), "done", "{}", done.html);
        check.show_code().await;
        check.pass_days(-2);
        check
    }

    /// Comes to each of the ten verdicts; `sees` is told what it should be, and what the inspector's phone shows.
    pub async fn each(mut self, mut sees: impl AsyncFnMut(Told, &Screen)) {
        sees(("not_trusted", "bad"), &self.judge().await).await;
        self.fetch().await;
        sees(("not_yet_valid", "bad"), &self.judge().await).await;
        self.pass_days(3);
        self.fetch().await;
        self.show_code().await;
        sees(("valid", "good"), &self.judge().await).await;
        sees(("code_too_old", "doubtful"), &self.judge().await).await;
        sees(("not_a_card", "bad"), &self.judge_text("https://sklep.example/promocja").await).await;
        sees(("altered", "bad"), &self.judge_text(&altered(&self.code)).await).await;
        self.pass_days(2);
        self.show_code().await;
        sees(("unknown_since", "doubtful"), &self.judge().await).await;
        self.pass_days(6);
        sees(("clock_uncertain", "doubtful"), &self.judge().await).await;
        self.revoke().await;
        self.fetch().await;
        sees(("revoked", "bad"), &self.judge().await).await;
        self.pass_days(30);
        self.fetch().await;
        sees(("expired", "bad"), &self.judge().await).await;
    }

    fn pass_days(&self, days: i64) {
        self.world.clock.advance(SignedDuration::from_hours(24 * days));
    }

    /// A phone that nobody touched for days has locked itself, or is about to.
    async fn unlock(&self) {
        self.table.press(1, "lock", &[]).await;
        let shown = self.table.press(1, "unlock", &[("pin", PASSWORD)]).await;
        assert_eq!(shown.view(), "documents", "{}", shown.html);
    }

    async fn show_code(&mut self) {
        self.unlock().await;
        let card = self.table.open_card(1).await.cards()[0].clone();
        self.table.press(1, "purposes", &[("id", &card)]).await;
        let shown = self.table.press(1, "show-code", &[("purpose", PURPOSE)]).await;
        let (_, after) = shown.html.split_once("class=\"qr\" src=\"data:image/png;base64,").expect("a code");
        let picture = BASE64_STANDARD.decode(after.split('"').next().unwrap_or_default()).expect("a picture");
        self.code = shared::qr::scan::scan(&picture).expect("a code that can be read").remove(0);
    }

    async fn fetch(&self) {
        self.table.press(2, "inspect-next", &[]).await;
        let fetched = self.table.press(2, "fetch-data", &[]).await;
        assert_eq!(fetched.view(), "inspect", "{}", fetched.html);
    }

    async fn judge(&self) -> Screen {
        self.judge_text(&self.code).await
    }

    async fn judge_text(&self, text: &str) -> Screen {
        self.table.press(2, "inspect-next", &[]).await;
        self.table.press(2, "inspect", &[("purpose", PURPOSE)]).await;
        self.table.press(2, "inspect-how", &[("how", "scan")]).await;
        let shown = self.table.press(2, "inspect-typed", &[("text", text)]).await;
        assert_eq!(shown.view(), "verdict", "{}", shown.html);
        shown
    }

    /// The office takes the card back from every phone that has it.
    async fn revoke(&self) {
        for device in self.world.office.devices(&self.card, "live").await {
            self.world.office.revoke_device(&device, "phone_lost").await;
        }
    }
}

/// The code with one bit of its phone's signature turned.
fn altered(code: &str) -> String {
    let (prefix, text) = code.split_once(':').expect("a prefix");
    let mut bytes = base45::decode(text).expect("a code");
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    format!("{prefix}:{}", base45::encode(bytes))
}
