//! One act ends a device, and within the second every way of asking says so: the list of its part, the responder,
//! the status list.

use std::time::{Duration, Instant};

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
    whole: RevocationStatus,
    answer: VerifiedAnswer,
    by_get: VerifiedAnswer,
    copies: [CopyStatus; 2],
}

fn path(url: &str) -> &str {
    url.find("/pki/").map(|at| &url[at..]).expect("an address of the issuer")
}

async fn authority(world: &World, certificate: &DeviceCertificate) -> CaCertificate {
    let der = world.fetch(path(certificate.body().urls().ca_issuers())).await;
    CaCertificate::parse(&der).expect("an authority")
}

async fn anchors(world: &World) -> [TrustAnchor; 1] {
    [TrustAnchor::from_der(&world.fetch("/pki/ca/root.cer").await).expect("a root")]
}

async fn part(world: &World, certificate: &DeviceCertificate) -> VerifiedCrl {
    let point = certificate.crl_url();
    let list = UnverifiedCrl::parse(&world.fetch(path(point)).await).expect("a list");
    let list = list.verify_for(&authority(world, certificate).await, point).expect("the list of this part");
    assert_eq!(list.point(), Some(point));
    list
}

async fn ask(world: &World, certificate: &DeviceCertificate, by_get: bool) -> VerifiedAnswer {
    let issuing = authority(world, certificate).await;
    let mut nonce = [0; 32];
    let entropy: &dyn Entropy = &issuer::app::SystemEntropy;
    entropy.fill(&mut nonce);
    let question = Question::new(&issuing, certificate.serial(), nonce).expect("a question");
    let (request, url) =
        (question.to_der().expect("DER"), certificate.body().urls().ocsp().expect("a responder"));
    let client = reqwest::Client::new();
    let sent = if by_get {
        let text: String =
            url::form_urlencoded::byte_serialize(STANDARD.encode(request).as_bytes()).collect();
        client.get(format!("{url}/{text}")).send().await
    } else {
        client.post(url).header("content-type", REQUEST_TYPE).body(request).send().await
    };
    let reply = sent.expect("a reply");
    assert_eq!(
        (reply.status().as_u16(), reply.headers()["content-type"].to_str().unwrap()),
        (200, REPLY_TYPE)
    );
    let reply = reply.bytes().await.expect("a body");
    UnverifiedAnswer::parse(&reply).and_then(|reply| reply.verify(&question, &issuing)).expect("our answer")
}

async fn status_list(world: &World, reference: &StatusReference) -> VerifiedStatusList {
    let token = String::from_utf8(world.fetch(path(&reference.uri)).await).expect("a text");
    let token = UnverifiedStatusToken::parse(&token).expect("a token");
    token.verify(&anchors(world).await, world.now()).expect("a trusted list")
}

async fn look(world: &World, held: &Held) -> Seen {
    let (serial, now) = (held.certificate.serial(), world.now());
    let mut copies = [CopyStatus::NotOnList; 2];
    for (status, reference) in copies.iter_mut().zip(&held.copies) {
        *status = status_list(world, reference).await.status_at(reference, now);
    }
    Seen {
        part: part(world, &held.certificate).await.status_at(serial, now),
        whole: world.revocation_list().await.status_at(serial, now),
        answer: ask(world, &held.certificate, false).await,
        by_get: ask(world, &held.certificate, true).await,
        copies,
    }
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

        let before = look(&world, &held).await;
        assert_eq!((before.part, before.whole), (RevocationStatus::Good, RevocationStatus::Good), "{act}");
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
        let told = Instant::now();
        let after = look(&world, &held).await;
        assert!(told.elapsed() < Duration::from_secs(1), "{act}: {:?}", told.elapsed());
        let RevocationStatus::Revoked(entry) = after.part else { panic!("{act}: {:?}", after.part) };
        assert_eq!(after.whole, after.part, "{act}");
        assert_eq!(after.answer.status(), CertificateStatus::Revoked(entry), "{act}");
        assert_eq!(after.by_get.status(), CertificateStatus::Revoked(entry), "{act}");
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
    assert_eq!(look(&world, &lost).await.copies, [CopyStatus::Revoked; 2]);
    let kept = look(&world, &kept).await;
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
    let list = status_list(&world, &held.copies[0]).await;
    let day = world.now() + SignedDuration::from_hours(24);
    assert_eq!((list.issued_at(), list.expires_at()), (world.now(), day));
    assert_eq!(list.fetch_again_at(), world.now() + SignedDuration::from_mins(5));
    let last = day - SignedDuration::from_secs(1);
    assert_eq!(list.status_at(&held.copies[0], last), CopyStatus::Good);
    assert_eq!(list.status_at(&held.copies[0], day), CopyStatus::Stale { expired_at: day });
    let part = part(&world, &held.certificate).await;
    assert_eq!(part.next_update(), day);
    let answer = ask(&world, &held.certificate, false).await;
    assert_eq!(answer.next_update(), world.now() + SignedDuration::from_hours(1));
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
    let authority = authority(&world, &certificate).await;
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
            let reply = reqwest::Client::new().post(url).body(body).send().await.unwrap();
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
