//! A sandbox with two schools, one of each procedure, as it is after a while: what pages have to show.

use issuer::demo_school::accounts::PASSWORD;
use serde_json::{Value, json};

use crate::office::Office;
use crate::reader::Reader;
use crate::world::{CARD_DAYS, Plan, World};

/// The principal of the first school: one device, QR code with activation code.
pub const PRINCIPAL: &str = "sp0.dyrektor";
/// Its clerk.
pub const CLERK: &str = "sp0.sekretariat";
/// Its tutor.
pub const TUTOR: &str = "sp0.wychowawca";
/// The principal of the second school: five devices, QR code on the portal.
pub const PORTAL_PRINCIPAL: &str = "zsn.dyrektor";
/// Its clerk.
pub const PORTAL_CLERK: &str = "zsn.sekretariat";
/// Its tutor.
pub const PORTAL_TUTOR: &str = "zsn.wychowawca";

/// What somebody writes who wants a page to run it.
pub const SCRIPT: &str = "<script>alert(1)</script>";
/// The same for where it would stand in an attribute.
pub const ATTRIBUTE: &str = "\"><img src=x onerror=alert(1)>";

/// A sandbox whose schools have their pupils and staff.
pub struct Scene {
    /// Issuer, clock, phones.
    pub world: World,
    seeded: Value,
}

impl Scene {
    /// A sandbox as it begins.
    pub async fn fresh() -> Self {
        Self::of(Plan::of("legacy-2019")).await
    }

    /// The same in a world of another plan: on another database.
    pub async fn of(plan: Plan) -> Self {
        let world = World::of(Plan { sandbox: true, ..plan }).await;
        let http = crate::http::client();
        let seed = http.post(format!("{}/sandbox/seed", world.base())).json(&json!({}));
        let answer = seed.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "the sandbox does not begin");
        Self { world, seeded: answer.json().await.expect("what was entered") }
    }

    /// A sandbox whose schools have been at work for a while: cards in use, given up and refused, and texts of
    /// people who mean no good wherever a text can stand.
    pub async fn living() -> Self {
        Self::fresh().await.at_work().await
    }

    /// The same, some weeks later.
    pub async fn at_work(self) -> Self {
        self.legacy_school_works().await;
        self.portal_school_works().await;
        self
    }

    /// The id of a school, the first or the second.
    pub fn school(&self, n: usize) -> &str {
        self.seeded["schools"][n]["id"].as_str().expect("a school's id")
    }

    /// The orders that the pupils of a school begin with.
    pub fn orders(&self, school: usize) -> Vec<String> {
        let pupils = self.seeded["schools"][school]["pupils"].as_array().into_iter().flatten();
        pupils.filter_map(|pupil| pupil["order_id"].as_str().map(str::to_owned)).collect()
    }

    /// The pupils that a school begins with.
    pub fn pupils(&self, school: usize) -> Vec<String> {
        let pupils = self.seeded["schools"][school]["pupils"].as_array().into_iter().flatten();
        pupils.filter_map(|pupil| pupil["id"].as_str().map(str::to_owned)).collect()
    }

    /// A program of the schools' offices.
    pub fn office(&self) -> &Office {
        &self.world.office
    }

    /// A member of staff who reads pages without a browser.
    pub async fn reader(&self, login: &str) -> Reader {
        Reader::office(self.world.base(), login, PASSWORD).await
    }

    async fn legacy_school_works(&self) {
        let (office, world, school) = (self.office(), &self.world, self.school(0));
        let orders = self.orders(0);
        let activated = office.slip(&orders[0]).await;
        world.phone(SCRIPT).await.activate(&activated).await.expect("an activated card");
        office.slip(&orders[1]).await;
        for n in 1..=6 {
            let (pupil, _) = office.pupil_without_card(school, n).await;
            if n % 2 == 0 {
                continue;
            }
            office.base_card(&pupil, CARD_DAYS.0, CARD_DAYS.1).await;
            let slip = office.slip(&office.order(&pupil).await).await;
            if n == 1 {
                office.done("POST", &format!("/slips/{}/cancel", slip.id), Some(json!({}))).await;
                continue;
            }
            world.phone(ATTRIBUTE).await.activate(&slip).await.expect("an activated card");
            if n == 3 {
                let device = office.devices(&slip.card_id, "live").await;
                office.revoke_device(&device[0], "phone_lost").await;
            }
        }
        somebody_means_no_good(office, school).await;
    }

    async fn portal_school_works(&self) {
        let (office, world) = (self.office(), &self.world);
        let orders = self.orders(1);
        let slip = office.codes(&orders[0]).await;
        world.phone("Tablet").await.activate(&slip).await.expect("an activated card");
    }
}

/// Enters texts that would be run by a page that does not watch out.
pub async fn somebody_means_no_good(office: &Office, school: &str) {
    let pupil = json!({
        "given_names": "Zły", "surname": "O'Nieufny", "pesel": "12290155531", "birth_date": "2012-09-01",
        "class_name": "<b>7a</b>",
        "address": { "street_line": SCRIPT, "postal_code": "00-951", "city": ATTRIBUTE },
    });
    let pupil = office.done("POST", &format!("/schools/{school}/pupils"), Some(pupil)).await;
    let pupil = pupil["id"].as_str().expect("an id").to_owned();
    let guardian =
        json!({ "given_names": "Maria", "surname": "Rodzicielska", "email": "a'b@przyklad.example" });
    let guardian = office.done("POST", &format!("/pupils/{pupil}/guardians"), Some(guardian)).await;
    let form = json!({ "applicant": "guardian", "guardian_id": guardian["id"] });
    let application = office.done("POST", &format!("/pupils/{pupil}/applications"), Some(form)).await;
    let application = application["id"].as_str().expect("an id");
    let why = json!({ "reason": format!("{SCRIPT}{ATTRIBUTE}") });
    office.done("POST", &format!("/applications/{application}/send-back"), Some(why)).await;
}
