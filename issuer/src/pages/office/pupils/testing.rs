//! What the tests of pupils' pages put into the books.

use std::collections::BTreeSet;

use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::pages::testing::House;
use crate::registry::pupil::{EnterPupil, PupilForm, index};
use crate::registry::testing::form;
use crate::store::id::{DeviceId, PupilId, SchoolId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::Grant;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Value, Verb};

/// A made-up number with a check digit that fits, of a pupil born on this day of September 2012.
pub(in crate::pages::office) fn pesel(day: u8, n: u32) -> String {
    let digits = format!("1229{day:02}{n:04}");
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

impl House {
    /// A pupil of the first school, entered as an office enters one.
    pub(in crate::pages::office) async fn enter_pupil(
        &self,
        given: &str,
        surname: &str,
        class: &str,
        n: u32,
    ) -> Pupil {
        let new: PupilForm = form(serde_json::json!({
            "given_names": given, "surname": surname, "pesel": pesel(3, n), "birth_date": "2012-09-03",
            "address": { "street_line": "ul. Lipowa 3/7", "postal_code": "42-200", "city": "Częstochowa" },
            "class_name": class,
        }));
        let new = new.parse(shared::validity::warsaw_date(self.issuance.now())).unwrap();
        let act = self.issuance.act(Actor::System);
        let enter = EnterPupil::new(self.schools[0].id.clone(), new, act, &*self.issuance.entropy);
        self.issuance.store.write(enter).await.unwrap().unwrap()
    }

    /// A slip on the order of a demo pupil.
    pub(in crate::pages::office) async fn slip_of(&self, school: usize, pupil: usize) -> Grant {
        let order = self.schools[school].pupils[pupil].order_id.clone();
        let (make, _) = MakeGrant::new(&self.issuance, GrantSource::Order(order, None), Actor::System);
        self.issuance.store.write(make).await.unwrap().unwrap()
    }

    /// A phone of this name that holds the card of a slip.
    pub(in crate::pages::office) async fn seat_phone(&self, slip: &Grant, slot: u8, name: &str) -> DeviceId {
        let device = Device {
            id: DeviceId::fresh(self.issuance.now(), &*self.issuance.entropy),
            card_id: slip.card_id.clone(),
            grant_id: slip.id.clone(),
            slot,
            slots: 1,
            thumbprint: "t".into(),
            public_key: vec![4],
            name: name.into(),
            platform: "android".into(),
            os_version: "15".into(),
            app_version: "1.0.0".into(),
            state: DeviceState::Live,
            activated_at: self.issuance.now(),
            ended_at: None,
            end_reason: None,
        };
        let id = device.id.clone();
        self.issuance.store.write(Seat(device)).await.unwrap();
        id
    }

    /// The base card of a demo pupil.
    pub(in crate::pages::office) async fn base_card_of(&self, school: usize, pupil: usize) -> BaseCard {
        let pupil = self.schools[school].pupils[pupil].id.clone();
        self.issuance.store.read(BaseCardOf(pupil)).await.unwrap()
    }

    /// Changes one text of a pupil's row past all forms.
    pub(in crate::pages::office) async fn scribble(&self, pupil: &PupilId, column: &'static str, text: &str) {
        self.issuance.store.write(Scribble(pupil.clone(), column, text.to_owned())).await.unwrap();
    }

    /// Pupils by the dozen at the first school, in classes of 25, none with a card.
    pub(in crate::pages::office) async fn crowd(&self, many: u32) {
        let crowd = Crowd { school: self.schools[0].id.clone(), ids: self.ids(many) };
        self.issuance.store.write(crowd).await.unwrap();
    }

    fn ids(&self, many: u32) -> Vec<PupilId> {
        (0..many).map(|_| PupilId::fresh(self.issuance.now(), &*self.issuance.entropy)).collect()
    }
}

/// The ids of the pupils that a page links to, in its order.
pub(in crate::pages::office) fn linked(html: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let links = html.split("href=\"/office/pupils/").skip(1);
    links
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| PupilId::parse(id).is_some() && seen.insert((*id).to_owned()))
        .map(str::to_owned)
        .collect()
}

struct Seat(Device);

#[async_trait::async_trait]
impl Verb for Seat {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.0.insert(tx).await
    }
}

struct BaseCardOf(PupilId);

#[async_trait::async_trait]
impl Verb for BaseCardOf {
    type Answer = BaseCard;

    async fn run(&self, tx: &mut dyn Statements) -> Result<BaseCard, StoreError> {
        let card = BaseCard::of_pupil(tx, &self.0).await?.into_iter().next_back();
        card.ok_or(StoreError::Damaged("no base card"))
    }
}

struct Scribble(PupilId, &'static str, String);

#[async_trait::async_trait]
impl Verb for Scribble {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = format!("UPDATE pupil SET {} = $2 WHERE id = $1", self.1);
        tx.execute(&sql, &[Value::from(&self.0), Value::from(&self.2)]).await.map(|_| ())
    }
}

struct Crowd {
    school: SchoolId,
    ids: Vec<PupilId>,
}

#[async_trait::async_trait]
impl Verb for Crowd {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        const SURNAMES: [&str; 7] = ["Żak", "Łoś", "Nowak", "Ćma", "Zając", "Źrebak", "Ślązak"];
        for (n, id) in self.ids.iter().enumerate() {
            let mut pupil = Pupil {
                id: id.clone(),
                school_id: self.school.clone(),
                given_names: format!("Ola{}", "a".repeat(n % 5)),
                surname: format!("{}{}", SURNAMES[n % 7], "a".repeat(n % 3)),
                pesel: None,
                other_document: Some(format!("P{n}")),
                birth_date: jiff::civil::date(2012, 9, 3),
                street_line: "ul. Lipowa 3".into(),
                postal_code: "42-200".into(),
                city: "Częstochowa".into(),
                class_name: format!("{}a", n / 25 + 1),
                version: 1,
                created_at: "2026-11-21T18:30:00Z".parse().map_err(|_| StoreError::Damaged("no time"))?,
                search_text: String::new(),
                sort_key: None,
                erased_at: None,
            };
            index(&mut pupil);
            pupil.insert(tx).await?;
        }
        Ok(())
    }
}
