//! A school's books, a desk that decides by them, and a phone.

use std::sync::Arc;

use jiff::Timestamp;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use shared::clock::{Clock as _, ManualClock};
use shared::jose::jwk::PublicJwk;
use shared::secret::Secret;
use shared::vci::proof::signing_input;

use crate::app::SystemEntropy;
use crate::audit::Actor;
use crate::authority::{Authority, CreateOptions};
use crate::issuance::enrolment::{DeviceClaim, EnrolmentError, IssuedCard};
use crate::issuance::grant::{GrantRefusal, GrantSource, MakeGrant, SlipSecrets};
use crate::issuance::order::PlaceOrder;
use crate::issuance::token::{TokenError, Tokens};
use crate::issuance::{Issuance, testing};
use crate::registry::profile::{ActivationMode, Overrides, Preset, SchoolProfile};
use crate::store::id::*;
use crate::store::tables::base_card::{BaseCard, BaseCardState, Form};
use crate::store::tables::certificate::Certificate;
use crate::store::tables::device::Device;
use crate::store::tables::grant::Grant;
use crate::store::tables::pupil::{Applicant, Application, ApplicationState, Photo, Pupil};
use crate::store::tables::school::{Agreement, Profile, School, SchoolKind, SchoolRights, Term};
use crate::store::{Statements, StoreError, Verb};

pub(super) struct Desk {
    pub(super) issuance: Issuance,
    pub(super) clock: Arc<ManualClock>,
    pub(super) pupil: PupilId,
    pub(super) folder: tempfile::TempDir,
}

pub(super) struct Phone(SigningKey);

impl Phone {
    pub(super) fn new() -> Self {
        let bytes: [u8; 32] = (&SystemEntropy as &dyn shared::entropy::Entropy).bytes();
        Self(SigningKey::from_slice(&bytes).unwrap())
    }

    pub(super) fn proof(&self, desk: &Desk, nonce: &Secret) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let key = PublicJwk::from_sec1(point.as_bytes()).unwrap();
        let input = signing_input(&key, testing::BASE, Some(nonce), desk.clock.now()).unwrap();
        let signature: p256::ecdsa::Signature = self.0.sign(input.as_bytes());
        input.finish(signature.to_bytes().into())
    }
}

impl Desk {
    pub(super) async fn new(preset: Preset, overrides: Overrides) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-21T18:30:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(now));
        let entropy = Arc::new(SystemEntropy);
        let authority =
            Authority::create(&folder.path().join("ca"), &CreateOptions::simulator(now), &*entropy).unwrap();
        let issuance = testing::issuance(folder.path(), authority, &clock, entropy).await;
        let profile = SchoolProfile::with(preset, overrides).unwrap();
        let pupil = issuance.store.write(Books { now, profile }).await.unwrap();
        Self { issuance, clock, pupil, folder }
    }

    pub(super) async fn order(&self) -> OrderId {
        let verb = PlaceOrder {
            id: OrderId::fresh(self.clock.now(), &SystemEntropy),
            pupil: self.pupil.clone(),
            base_card: None,
            application: None,
            act: self.issuance.act(Actor::System),
        };
        self.issuance.store.write(verb).await.unwrap().unwrap().id
    }

    pub(super) async fn slip(&self, order: &OrderId) -> Result<(Grant, SlipSecrets), GrantRefusal> {
        let (verb, secrets) =
            MakeGrant::new(&self.issuance, GrantSource::Order(order.clone(), None), Actor::System);
        Ok((self.issuance.store.write(verb).await.unwrap()?, secrets))
    }

    pub(super) async fn token(&self, slip: &SlipSecrets, with_code: bool) -> Result<Tokens, TokenError> {
        let offer = self.issuance.resolve_offer(slip.offer_id.expose()).await.map_err(TokenError::Slip)?;
        let code = Secret::new(slip.code.expose());
        self.issuance.redeem(&offer.pre_authorized_code, with_code.then_some(&code), None, None).await
    }

    pub(super) async fn enrol(&self, tokens: &Tokens, phone: &Phone) -> Result<IssuedCard, EnrolmentError> {
        let access = self.issuance.open_access(tokens.access.expose(), None).unwrap();
        let nonce = self.issuance.fresh_nonce();
        let proven = self.issuance.prove(&phone.proof(self, &nonce), true).unwrap();
        self.issuance.enrol(access, proven, DeviceClaim::default()).await
    }
}

struct Books {
    now: Timestamp,
    profile: SchoolProfile,
}

#[async_trait::async_trait]
impl Verb for Books {
    type Answer = PupilId;

    async fn run(&self, tx: &mut dyn Statements) -> Result<PupilId, StoreError> {
        let now = self.now;
        let school_id = SchoolId::fresh(now, &SystemEntropy);
        let pupil_id = PupilId::fresh(now, &SystemEntropy);
        let school = School {
            id: school_id.clone(),
            rspo: 990_001,
            regon: None,
            name: "Szkoła Podstawowa na Próbę".into(),
            kind: SchoolKind::Primary,
            rights: SchoolRights::Public,
            term: Term::Yearly,
            street_line: "ul. Szkolna 1".into(),
            postal_code: "00-001".into(),
            city: "Warszawa".into(),
            created_at: now,
        };
        school.insert(tx).await?;
        let agreement = Agreement {
            school_id: school_id.clone(),
            number: "1/2026".into(),
            signed_on: "2026-01-01".parse().unwrap(),
            ended_on: None,
        };
        agreement.replace(tx).await?;
        let profile = Profile {
            id: ProfileId::fresh(now, &SystemEntropy),
            school_id: school_id.clone(),
            body: self.profile.to_record(),
            effective_from: now,
            created_at: now,
        };
        profile.insert(tx).await?;
        let pupil = Pupil {
            id: pupil_id.clone(),
            school_id: school_id.clone(),
            given_names: "Żaneta".into(),
            surname: "Próbna".into(),
            pesel: Some("12290155531".into()),
            other_document: None,
            birth_date: "2012-09-01".parse().unwrap(),
            street_line: "ul. Domowa 2".into(),
            postal_code: "00-002".into(),
            city: "Warszawa".into(),
            class_name: "7a".into(),
            version: 1,
            created_at: now,
            search_text: String::new(),
            sort_key: Some(vec![1]),
            erased_at: None,
        };
        pupil.insert(tx).await?;
        let application = Application {
            id: ApplicationId::fresh(now, &SystemEntropy),
            pupil_id: pupil_id.clone(),
            applicant: Applicant::Guardian,
            guardian_id: None,
            received_on: "2026-11-20".parse().unwrap(),
            minor_may_collect: false,
            state: ApplicationState::Complete,
            note: None,
            completed_on: Some("2026-11-21".parse().unwrap()),
            created_at: now,
            settled_at: Some(now),
        };
        application.insert(tx).await?;
        let photo = Photo {
            id: PhotoId::fresh(now, &SystemEntropy),
            pupil_id: pupil_id.clone(),
            source_sha256: [1; 32],
            jpeg: vec![0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9],
            width: 236,
            height: 304,
            created_at: now,
        };
        photo.insert(tx).await?;
        let base = BaseCard {
            id: BaseCardId::fresh(now, &SystemEntropy),
            pupil_id: pupil_id.clone(),
            school_id,
            rspo: 990_001,
            year: 2026,
            number: 7,
            form: Form::Paper,
            issued_on: "2026-09-01".parse().unwrap(),
            valid_until: "2027-09-30".parse().unwrap(),
            state: BaseCardState::Held,
            void_reason: None,
            duplicate_of: None,
            created_at: now,
        };
        base.insert(tx).await?;
        Ok(pupil_id)
    }
}

pub(super) struct DevicesOf(pub(super) CardId);

#[async_trait::async_trait]
impl Verb for DevicesOf {
    type Answer = Vec<(Device, Vec<Certificate>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut found = Vec::new();
        for device in Device::of_card(tx, &self.0).await? {
            let certificates = Certificate::of_device(tx, &device.id).await?;
            found.push((device, certificates));
        }
        Ok(found)
    }
}

pub(super) fn five_devices_with_codes() -> Overrides {
    Overrides { devices: Some(5), activation: Some(ActivationMode::QrWithCode), ..Overrides::default() }
}
