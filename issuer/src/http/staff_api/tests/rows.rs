//! What no request of an office can bring about: an activation, and books that contradict themselves.

use serde_json::Value;

use super::{Office, evening};
use crate::store::id::{CardId, DeviceId, GrantId, PupilId};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// Puts a live device onto a card, as an activation with this slip would.
struct Seat(Device);

#[async_trait::async_trait]
impl Verb for Seat {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.0.insert(tx).await?;
        let mut grant = Grant::lock(tx, &self.0.grant_id).await?.unwrap();
        grant.state = GrantState::Bound;
        grant.device_id = Some(self.0.id.clone());
        grant.update(tx).await
    }
}

/// Shifts a birth date behind the back of every check.
struct Contradict(PupilId);

#[async_trait::async_trait]
impl Verb for Contradict {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let mut pupil = Pupil::lock(tx, &self.0).await?.unwrap();
        pupil.birth_date = pupil.birth_date.tomorrow().unwrap();
        assert!(pupil.update(tx).await?);
        Ok(())
    }
}

impl Office {
    pub(super) async fn seat(&self, slip: &Value, slot: u8) -> String {
        let device = Device {
            id: DeviceId::fresh(evening(), &*self.issuance.entropy),
            card_id: CardId::parse(slip["card_id"].as_str().unwrap()).unwrap(),
            grant_id: GrantId::parse(slip["id"].as_str().unwrap()).unwrap(),
            slot,
            slots: 5,
            thumbprint: "t".into(),
            public_key: vec![4],
            name: "<script>alert('telefon')</script>".into(),
            platform: "android".into(),
            os_version: "15".into(),
            app_version: "1.0.0".into(),
            state: DeviceState::Live,
            activated_at: evening(),
            ended_at: None,
            end_reason: None,
        };
        let id = device.id.to_string();
        self.issuance.store.write(Seat(device)).await.unwrap();
        id
    }

    pub(super) async fn contradict(&self, pupil: &str) {
        let pupil = PupilId::parse(pupil).unwrap();
        self.issuance.store.write(Contradict(pupil)).await.unwrap();
    }
}
