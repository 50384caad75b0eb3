//! One act ends a device, and within the second every way of asking says so: the list of its part, the responder,
//! the status list.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use issuer::store::id::DeviceId;
use issuer::store::tables::status_entry::{StatusEntry, StatusPlace};
use issuer::store::{Statements, StoreError, Verb};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::entropy::Entropy;
use shared::status::token::CopyStatus;
use shared::status::{StatusReference, UnverifiedStatusToken, VerifiedStatusList};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::{CrlFault, RevocationStatus, UnverifiedCrl, VerifiedCrl};
use shared::x509::ocsp::{
    CertificateStatus, Question, REPLY_TYPE, REQUEST_TYPE, UnverifiedAnswer, VerifiedAnswer,
};
use tests::world::World;
use wallet::acquire::event::Unobserved;

/// Takes a place on a status list for a copy that a device holds.
struct Take {
    device: DeviceId,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for Take {
    type Answer = StatusPlace;

    async fn run(&self, tx: &mut dyn Statements) -> Result<StatusPlace, StoreError> {
        let until = self.now + SignedDuration::from_hours(24 * 30);
        let entropy: &dyn Entropy = &issuer::app::SystemEntropy;
        StatusEntry::take(tx, &self.device, "copy", until, self.now, entropy).await
    }
}

/// A device with a certificate and two copies on status lists.
struct Held {
    certificate: DeviceCertificate,
    copies: [StatusReference; 2],
}

struct Seen {
    part: RevocationStatus,
    answer: VerifiedAnswer,
    copies: [CopyStatus; 2],
}

/// Somebody who has the trusted certificates at hand and asks for the rest.
struct Inspector<'a> {
    world: &'a World,
    client: reqwest::Client,
    anchors: [TrustAnchor; 1],
    issuing: CaCertificate,
}

impl<'a> Inspector<'a> {
    async fn of(world: &'a World, certificate: &DeviceCertificate) -> Self {
        let client = tests::http::client();
        let fetch = async |url: &str| fetched(client.get(url)).await;
        let root = fetch(&format!("{}/pki/ca/root.cer", world.base())).await;
        let issuing = fetch(certificate.body().urls().ca_issuers()).await;
        let anchors = [TrustAnchor::from_der(&root).expect("a root")];
        Self { world, anchors, issuing: CaCertificate::parse(&issuing).expect("an authority"), client }
    }

    async fn part(&self, certificate: &DeviceCertificate) -> VerifiedCrl {
        let point = certificate.crl_url();
        let list = UnverifiedCrl::parse(&fetched(self.client.get(point)).await).expect("a list");
        let list = list.verify_for(&self.issuing, point).expect("the list of this part");
        assert_eq!(list.point(), Some(point));
        list
    }

    async fn ask(&self, certificate: &DeviceCertificate, by_get: bool) -> VerifiedAnswer {
        let entropy: &dyn Entropy = &issuer::app::SystemEntropy;
        let question =
            Question::new(&self.issuing, certificate.serial(), entropy.bytes()).expect("a question");
        let request = question.to_der().expect("DER");
        let url = certificate.body().urls().ocsp().expect("a responder");
        let sent = if by_get {
            let text = STANDARD.encode(request);
            let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            self.client.get(format!("{url}/{text}"))
        } else {
            self.client.post(url).header("content-type", REQUEST_TYPE).body(request)
        };
        let reply = sent.send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], REPLY_TYPE);
        let reply = reply.bytes().await.expect("a body");
        let reply = UnverifiedAnswer::parse(&reply).and_then(|reply| reply.verify(&question, &self.issuing));
        reply.expect("our answer")
    }

    async fn status_list(&self, reference: &StatusReference) -> VerifiedStatusList {
        let token = String::from_utf8(fetched(self.client.get(&reference.uri)).await).expect("a text");
        let token = UnverifiedStatusToken::parse(&token).expect("a token");
        token.verify(&self.anchors, self.world.now()).expect("a trusted list")
    }

    async fn look(&self, held: &Held) -> Seen {
        let (serial, now) = (held.certificate.serial(), self.world.now());
        let mut copies = [CopyStatus::NotOnList; 2];
        let part = self.part(&held.certificate).await.status_at(serial, now);
        let answer = self.ask(&held.certificate, false).await;
        for (status, reference) in copies.iter_mut().zip(&held.copies) {
            *status = self.status_list(reference).await.status_at(reference, now);
        }
        Seen { part, answer, copies }
    }
}

async fn fetched(request: reqwest::RequestBuilder) -> Vec<u8> {
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.bytes().await.expect("a body").to_vec()
}

async fn hold(world: &World, card: &str, certificate: DeviceCertificate) -> Held {
    let devices = world.office.devices(card, "live").await;
    let device = DeviceId::parse(devices.last().expect("a device")).expect("its name");
    let issuance = world.issuance();
    let mut places = Vec::new();
    for _ in 0..2 {
        let take = Take { device: device.clone(), now: world.now() };
        let place = issuance.store.write(take).await.expect("a place");
        places.push(StatusReference {
            idx: u64::from(place.index),
            uri: issuance.addresses.status_list(place.list),
        });
    }
    Held { certificate, copies: places.try_into().expect("two") }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_act_is_seen_everywhere_within_a_second() {
    for act in ["device revoked", "card revoked", "base card voided", "deleted on the phone"] {
        let world = World::legacy().await;
        let pupil = world.pupil().await;
        let slip = world.codes_for(&pupil).await;
        let phone = world.phone("Pixel").await;
        let card = phone.activate(&slip).await.unwrap();
        let certificate = phone.show(&card.id).await.card.certificate().clone();
        let held = hold(&world, &slip.card_id, certificate).await;
        assert_ne!(held.copies[0], held.copies[1]);

        let inspector = Inspector::of(&world, &held.certificate).await;
        let before = inspector.look(&held).await;
        assert_eq!(before.part, RevocationStatus::Good, "{act}");
        assert_eq!(before.answer.status(), CertificateStatus::Good, "{act}");
        assert_eq!(before.copies, [CopyStatus::Good; 2], "{act}");

        match act {
            "device revoked" => {
                let device = &world.office.devices(&slip.card_id, "live").await[0];
                world.office.revoke_device(device, "phone_lost").await;
            }
            "card revoked" => {
                let body = json!({ "reason": "phone_lost" });
                world.office.done("POST", &format!("/cards/{}/revoke", slip.card_id), Some(body)).await;
            }
            "base card voided" => {
                let path = format!("/base-cards/{}/void", pupil.base_card);
                world.office.done("POST", &path, Some(json!({ "reason": "lost" }))).await;
            }
            _ => drop(phone.online.delete(&card.id, &Unobserved).await.unwrap()),
        }
        // The clock stands still: whoever looks now, looks within the second.
        let acted = world.now();
        let after = inspector.look(&held).await;
        assert_eq!(world.now(), acted, "{act}");
        let RevocationStatus::Revoked(entry) = after.part else { panic!("{act}: {:?}", after.part) };
        let whole = world.revocation_list().await.status_at(held.certificate.serial(), world.now());
        assert_eq!(whole, after.part, "{act}");
        assert_eq!(after.answer.status(), CertificateStatus::Revoked(entry), "{act}");
        let by_get = inspector.ask(&held.certificate, true).await;
        assert_eq!(by_get.status(), CertificateStatus::Revoked(entry), "{act}");
        assert_eq!(after.answer.produced_at(), world.now(), "{act}: a fresh, signed time");
        assert_eq!(after.copies, [CopyStatus::Revoked; 2], "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_s_end_leaves_other_devices_alone() {
    let world = World::zpe().await;
    let pupil = world.pupil().await;
    let mut all = Vec::new();
    for name in ["Pierwszy", "Drugi"] {
        let slip = world.codes_for(&pupil).await;
        let phone = world.phone(name).await;
        let card = phone.activate(&slip).await.unwrap();
        let certificate = phone.show(&card.id).await.card.certificate().clone();
        let device = world.office.devices(&slip.card_id, "live").await.pop().unwrap();
        all.push((device, hold(&world, &slip.card_id, certificate).await));
    }
    let [(device, lost), (_, kept)] = all.try_into().ok().expect("two devices");
    world.office.revoke_device(&device, "phone_lost").await;
    let inspector = Inspector::of(&world, &lost.certificate).await;
    assert_eq!(inspector.look(&lost).await.copies, [CopyStatus::Revoked; 2]);
    let kept = inspector.look(&kept).await;
    assert_eq!(kept.copies, [CopyStatus::Good; 2]);
    assert_eq!((kept.part, kept.answer.status()), (RevocationStatus::Good, CertificateStatus::Good));
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_lists_say_until_when_they_may_be_trusted() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let certificate = phone.show(&card.id).await.card.certificate().clone();
    let held = hold(&world, &slip.card_id, certificate).await;
    let inspector = Inspector::of(&world, &held.certificate).await;
    let list = inspector.status_list(&held.copies[0]).await;
    let day = world.now() + SignedDuration::from_hours(24);
    assert_eq!((list.issued_at(), list.expires_at()), (world.now(), day));
    assert_eq!(list.fetch_again_at(), world.now() + SignedDuration::from_mins(5));
    let last = day - SignedDuration::from_secs(1);
    assert_eq!(list.status_at(&held.copies[0], last), CopyStatus::Good);
    assert_eq!(list.status_at(&held.copies[0], day), CopyStatus::Stale { expired_at: day });
    let part = inspector.part(&held.certificate).await;
    assert_eq!(part.next_update(), day);
    let answer = inspector.ask(&held.certificate, false).await;
    assert_eq!(answer.next_update(), world.now() + SignedDuration::from_hours(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_keep_what_is_said_of_revocation_for_a_second_and_its_signers_for_an_hour() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let certificate = phone.show(&card.id).await.card.certificate().clone();
    let inspector = Inspector::of(&world, &certificate).await;
    let question = Question::new(&inspector.issuing, certificate.serial(), [3; 32]).unwrap();
    let request = question.to_der().unwrap();
    let text = STANDARD.encode(&request);
    let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let responder = certificate.body().urls().ocsp().unwrap();
    let list = format!("{}/pki/status/1", world.base());
    let client = &inspector.client;
    let cached = async |request: reqwest::RequestBuilder| {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.headers()["cache-control"].to_str().unwrap().to_owned()
    };
    assert_eq!(cached(client.get(certificate.crl_url())).await, "max-age=1");
    assert_eq!(cached(client.get(list)).await, "max-age=1");
    assert_eq!(cached(client.get(format!("{responder}/{text}"))).await, "max-age=1");
    let posted = client.post(responder).header("content-type", REQUEST_TYPE).body(request);
    assert_eq!(cached(posted).await, "no-store");
    assert_eq!(cached(client.get(format!("{responder}/rubbish"))).await, "no-store");
    assert_eq!(cached(client.get(certificate.body().urls().ca_issuers())).await, "max-age=3600");
    assert_eq!(cached(client.get(format!("{}/pki/trust-list", world.base()))).await, "max-age=60");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_about_another_part_does_not_clear_a_certificate() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    let certificate = phone.show(&card.id).await.card.certificate().clone();
    let own = certificate.crl_url();
    let other = if own.ends_with("-00.crl") { "/pki/crl/1-01.crl" } else { "/pki/crl/1-00.crl" };
    let list = UnverifiedCrl::parse(&world.fetch(other).await).unwrap();
    let authority = Inspector::of(&world, &certificate).await.issuing;
    assert_eq!(list.clone().verify_for(&authority, own).unwrap_err(), CrlFault::AnotherPart);
    assert_eq!(list.verify(&authority).unwrap_err(), CrlFault::AnotherPart);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_responder_does_not_know_it_does_not_call_good() {
    let world = World::legacy().await;
    let issuance = world.issuance();
    let issuing = issuance.authority.issuing().clone();
    let reply = |body: Vec<u8>| {
        let url = format!("{}/pki/ocsp", world.base());
        async move {
            let reply = tests::http::client().post(url).body(body).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            reply.bytes().await.unwrap()
        }
    };
    // A number that was never given, the authority's own signer's among them.
    let signer = issuance.authority.signer(issuer::authority::Signer::Ocsp).certificate().serial();
    for serial in [issuing.serial(), signer] {
        let question = Question::new(&issuing, serial, [3; 32]).unwrap();
        let answer = UnverifiedAnswer::parse(&reply(question.to_der().unwrap()).await).unwrap();
        assert_eq!(answer.verify(&question, &issuing).unwrap().status(), CertificateStatus::Unknown);
    }
    let foreign = Question::new(issuance.authority.root(), issuing.serial(), [3; 32]).unwrap();
    assert_eq!(reply(foreign.to_der().unwrap()).await.as_ref(), b"\x30\x03\x0a\x01\x06", "unauthorized");
    for rubbish in [b"".to_vec(), b"rubbish".to_vec(), vec![0x30; 5000]] {
        assert_eq!(reply(rubbish).await.as_ref(), b"\x30\x03\x0a\x01\x01", "malformed");
    }
    let by_path = world.fetch("/pki/ocsp/rubbish").await;
    assert_eq!(by_path, b"\x30\x03\x0a\x01\x01");
}
