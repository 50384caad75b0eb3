//! The decisions from order to revocation, without HTTP.

use std::sync::Arc;

use jiff::SignedDuration;
use shared::clock::Clock as _;
use shared::secret::Secret;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::crl::{RevocationStatus, UnverifiedCrl, VerifiedCrl};
use shared::x509::ocsp::{CertificateStatus, Question, UnverifiedAnswer};
use shared::x509::serial::SerialNumber;
use x509_cert::der::{Decode as _, Encode as _};

use super::Issuance;
use super::enrolment::{DeviceClaim, EnrolmentError};
use super::grant::{GrantRefusal, SlipSecrets};
use super::handover::TakeBack;
use super::offer::OfferError;
use super::revocation::{Partition, RevokeCard, RevokeDevice};
use super::token::{AccessError, TokenError};
use crate::app::SystemEntropy;
use crate::audit::{self, Actor, ChainVerdict};
use crate::authority::{Authority, RollOverOptions};
use crate::registry::profile::{Overrides, Preset, SchoolProfile};
use crate::store::id::*;
use crate::store::tables::device::{DeviceState, EndReason};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
use crate::store::{Statements, StoreError, Verb};

mod commits;
mod desk;

use self::desk::{Desk, DevicesOf, Phone, five_devices_with_codes};

#[tokio::test]
async fn a_slip_opens_one_device_and_delivers_to_it_again() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let order = desk.order().await;
    let (grant, slip) = desk.slip(&order).await.unwrap();
    let phone = Phone::new();
    let first = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_eq!(first.chain.len(), 2);

    let again = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_eq!(again.chain, first.chain, "the same key gets the same bytes");
    let other = desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await;
    assert!(matches!(other, Err(EnrolmentError::OtherDevice)));
    assert!(matches!(desk.slip(&order).await, Err(GrantRefusal::NoFreePlace { limit: 1 })));

    let devices = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].0.state, DeviceState::Live);
    assert_eq!(devices[0].1.len(), 1);
}

#[tokio::test]
async fn slips_that_went_astray_open_nothing_and_the_device_that_one_has_opened_stays() {
    let desk = Desk::new(Preset::Legacy2019, five_devices_with_codes()).await;
    let order = desk.order().await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(desk.slip(&order).await.unwrap());
    }
    let tokens = desk.token(&made[0].1, true).await.unwrap();
    desk.enrol(&tokens, &Phone::new()).await.unwrap();
    let held = desk.token(&made[1].1, true).await.unwrap();
    let grants = made.iter().map(|(grant, _)| grant.id.clone()).collect();
    let act = desk.issuance.act(Actor::System);
    let left = desk.issuance.store.write(TakeBack { grants, act }).await.unwrap();
    assert_eq!(left, [(made[0].0.id.clone(), GrantRefusal::AlreadyUsed)]);
    for (_, slip) in &made[1..] {
        let opened = desk.issuance.resolve_offer(slip.offer_id.expose()).await;
        assert!(matches!(opened, Err(OfferError::Cancelled)));
    }
    let late = desk.enrol(&held, &Phone::new()).await;
    assert!(late.is_err(), "a token from before opens nothing either");
    let devices = desk.issuance.store.read(DevicesOf(made[0].0.card_id.clone())).await.unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].0.state, DeviceState::Live);
}

#[tokio::test]
async fn five_wrong_codes_lock_and_other_mistakes_cost_nothing() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let order = desk.order().await;
    let (_, slip) = desk.slip(&order).await.unwrap();
    let wrong = Secret::new(if slip.code.expose() == "00000000" { "00000001" } else { "00000000" });
    for left in (0..5).rev() {
        let offer = desk.issuance.resolve_offer(slip.offer_id.expose()).await.unwrap();
        let code = &offer.pre_authorized_code;
        assert!(matches!(desk.issuance.redeem(code, None, None, None).await, Err(TokenError::CodeMissing)));
        let short = Secret::new("123");
        assert!(matches!(
            desk.issuance.redeem(code, Some(&short), None, None).await,
            Err(TokenError::CodeMalformed)
        ));
        match desk.issuance.redeem(code, Some(&wrong), None, None).await {
            Err(TokenError::WrongCode { tries_left }) => assert_eq!(tries_left, left),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(desk.token(&slip, true).await, Err(TokenError::Slip(OfferError::Locked))));
    let (_, fresh) = desk.slip(&order).await.unwrap();
    assert!(desk.token(&fresh, true).await.is_ok(), "the office grants anew");
}

#[tokio::test]
async fn a_grant_ends_at_its_instant() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    assert_eq!(grant.expires_at.to_string(), "2026-12-21T18:30:00Z");
    desk.clock.set(grant.expires_at - SignedDuration::from_secs(1));
    assert!(desk.token(&slip, true).await.is_ok());
    desk.clock.set(grant.expires_at);
    assert!(matches!(desk.token(&slip, true).await, Err(TokenError::Slip(OfferError::Expired))));
}

#[tokio::test]
async fn a_new_token_kills_the_older_one() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (_, slip) = desk.slip(&desk.order().await).await.unwrap();
    let old = desk.token(&slip, true).await.unwrap();
    let new = desk.token(&slip, true).await.unwrap();
    let stale = desk.enrol(&old, &Phone::new()).await;
    assert!(matches!(stale, Err(EnrolmentError::Access(AccessError::Superseded))));
    assert!(desk.enrol(&new, &Phone::new()).await.is_ok());
}

#[tokio::test]
async fn a_nonce_answers_one_request_only() {
    let desk = Desk::new(Preset::Zpe2025, five_devices_with_codes()).await;
    let order = desk.order().await;
    let (_, slip) = desk.slip(&order).await.unwrap();
    let (_, second) = desk.slip(&order).await.unwrap();
    let (phone, nonce) = (Phone::new(), desk.issuance.fresh_nonce());
    let enrol = async |slip: &SlipSecrets, phone: &Phone| {
        let tokens = desk.token(slip, true).await.unwrap();
        let access = desk.issuance.open_access(tokens.access.expose(), None).unwrap();
        let proven = desk.issuance.prove(&phone.proof(&desk, &nonce), true).unwrap();
        desk.issuance.enrol(access, proven, DeviceClaim::default()).await
    };
    let first = enrol(&slip, &phone).await.unwrap();
    assert_eq!(enrol(&slip, &phone).await.unwrap().chain, first.chain, "the identical request replays");
    assert!(matches!(enrol(&slip, &Phone::new()).await, Err(EnrolmentError::NonceSpent)));
    assert!(matches!(enrol(&second, &phone).await, Err(EnrolmentError::NonceSpent)));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_phones_race_for_five_places() {
    let desk = Arc::new(Desk::new(Preset::Zpe2025, five_devices_with_codes()).await);
    let order = desk.order().await;
    let mut slips = Vec::new();
    for _ in 0..50 {
        slips.push(desk.slip(&order).await.unwrap());
    }
    let card = slips[0].0.card_id.clone();
    let mut racers = tokio::task::JoinSet::new();
    for (_, slip) in slips {
        let desk = desk.clone();
        racers.spawn(async move { desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await });
    }
    let (mut won, mut lost) = (0, 0);
    while let Some(raced) = racers.join_next().await {
        match raced.unwrap() {
            Ok(_) => won += 1,
            Err(EnrolmentError::PlacesTaken) => lost += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((won, lost), (5, 45));
    let devices = desk.issuance.store.read(DevicesOf(card)).await.unwrap();
    let mut slots: Vec<u8> = devices.iter().map(|(device, _)| device.slot).collect();
    slots.sort_unstable();
    assert_eq!(slots, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn revoking_a_device_frees_its_place_and_lists_its_serial() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let order = desk.order().await;
    let (grant, slip) = desk.slip(&order).await.unwrap();
    desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await.unwrap();
    let before = desk.issuance.revocation_list().await.unwrap();
    let device = desk.issuance.store.read(DevicesOf(grant.card_id.clone())).await.unwrap()[0].0.id.clone();
    let act = desk.issuance.act(Actor::System);
    let verb = RevokeDevice { device, reason: EndReason::PhoneLost, act };
    assert_eq!(desk.issuance.store.write(verb).await.unwrap().unwrap().state, DeviceState::Revoked);
    let after = desk.issuance.revocation_list().await.unwrap();
    assert_eq!(after.number, before.number + 1);
    assert!(after.der.len() > before.der.len());
    assert_eq!(
        desk.issuance.revocation_list().await.unwrap().number,
        after.number,
        "unchanged, not signed anew"
    );
    assert!(matches!(desk.token(&slip, true).await, Err(TokenError::DeviceEnded)));
    let (_, fresh) = desk.slip(&order).await.unwrap();
    assert!(desk.enrol(&desk.token(&fresh, true).await.unwrap(), &Phone::new()).await.is_ok());

    let act = desk.issuance.act(Actor::System);
    let verb = RevokeCard { card: grant.card_id, reason: EndReason::ServiceGivenUp, act };
    let devices = desk.issuance.store.write(verb).await.unwrap().unwrap();
    assert!(devices.iter().all(|device| device.state == DeviceState::Revoked));
    assert!(matches!(audit::verify(&desk.issuance.store).await, Ok(ChainVerdict::Whole { .. })));
}

/// What was released is delivered again to the octet, though the books show another face by now.
#[tokio::test]
async fn a_new_photo_does_not_change_what_was_released() {
    struct Replace(PupilId);
    #[async_trait::async_trait]
    impl Verb for Replace {
        type Answer = u64;
        async fn run(&self, tx: &mut dyn Statements) -> Result<u64, StoreError> {
            let old = Photo::latest(tx, &self.0).await?.unwrap();
            let id = PhotoId::fresh(old.created_at, &SystemEntropy);
            let jpeg = vec![0xff, 0xd8, 0xff, 0xe1, 7, 7, 0xff, 0xd9];
            let new = Photo { id, jpeg, ..old };
            new.insert(tx).await?;
            Photo::forget_others(tx, &self.0, &new.id).await
        }
    }
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    // As long as no card shows it, the photo before goes.
    assert_eq!(desk.issuance.store.write(Replace(desk.pupil.clone())).await.unwrap(), 1);
    let (_, slip) = desk.slip(&desk.order().await).await.unwrap();
    let phone = Phone::new();
    let first = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_eq!(desk.issuance.store.write(Replace(desk.pupil.clone())).await.unwrap(), 0);
    let again = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_eq!((&again.card_data, &again.chain), (&first.card_data, &first.chain));
    let digest = shared::card_data::CardData::digest(&again.card_data);
    assert_eq!(DeviceCertificate::parse(&again.chain[0]).unwrap().card_digest(), &digest);
}

/// Takes a card's certificates back to between the two commits.
async fn unsign(tx: &mut dyn Statements, card: &CardId) -> Result<(), StoreError> {
    let card = crate::store::Value::from(card);
    let sql = "SELECT serial, der FROM certificate WHERE card_id = $1";
    for row in tx.query(sql, std::slice::from_ref(&card)).await? {
        let signed = x509_cert::Certificate::from_der(&row.take::<Vec<u8>>(1)?).unwrap();
        let to_be_signed = signed.tbs_certificate().to_der().unwrap();
        let sql = "UPDATE certificate SET state = 'prepared', der = NULL, tbs = $2 WHERE serial = $1";
        tx.execute(sql, &[row.take::<String>(0)?.into(), to_be_signed.into()]).await?;
    }
    tx.execute("UPDATE device SET state = 'pending' WHERE card_id = $1", &[card]).await.map(|_| ())
}

#[tokio::test]
async fn a_leftover_that_cannot_be_read_holds_nobody_else_up() {
    struct SpoilTheFirst(CardId);
    #[async_trait::async_trait]
    impl Verb for SpoilTheFirst {
        type Answer = ();
        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            unsign(tx, &self.0).await?;
            let first = "UPDATE device SET state = 'rubbish' WHERE slot = 1 AND card_id = $1";
            tx.execute(first, &[(&self.0).into()]).await.map(|_| ())
        }
    }
    struct States;
    #[async_trait::async_trait]
    impl Verb for States {
        type Answer = Vec<String>;
        async fn run(&self, tx: &mut dyn Statements) -> Result<Vec<String>, StoreError> {
            let rows = tx.query("SELECT state FROM certificate ORDER BY prepared_at", &[]).await?;
            rows.iter().map(|row| row.take(0)).collect()
        }
    }
    let desk = Desk::new(Preset::Zpe2025, five_devices_with_codes()).await;
    let order = desk.order().await;
    let mut card = None;
    for _ in 0..2 {
        let (grant, slip) = desk.slip(&order).await.unwrap();
        desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await.unwrap();
        desk.clock.advance(SignedDuration::from_secs(1));
        card = Some(grant.card_id);
    }
    desk.issuance.store.write(SpoilTheFirst(card.unwrap())).await.unwrap();
    assert_eq!(desk.issuance.settle_leftovers(SignedDuration::ZERO).await.unwrap(), 2);
    assert_eq!(desk.issuance.store.read(States).await.unwrap(), ["prepared", "issued"]);
}

/// Two issuers on one database sign lists for sixteen who ask at once, while devices are taken off.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_the_list_gets_one_that_knows_what_was_revoked_before() {
    let desk = Arc::new(Desk::new(Preset::Zpe2025, five_devices_with_codes()).await);
    let order = desk.order().await;
    let mut numbers = std::collections::BTreeMap::new();
    for _ in 0..4 {
        let (grant, slip) = desk.slip(&order).await.unwrap();
        let issued = desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await.unwrap();
        let serial = DeviceCertificate::parse(&issued.chain[0]).unwrap().serial();
        let devices = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap();
        let device = devices.into_iter().find(|(device, _)| device.state == DeviceState::Live).unwrap().0.id;
        let act = desk.issuance.act(Actor::System);
        let revoke = RevokeDevice { device, reason: EndReason::PhoneLost, act };
        desk.issuance.store.write(revoke).await.unwrap().unwrap();

        let mut asking = tokio::task::JoinSet::new();
        let other = Issuance { list_turn: Arc::default(), ..desk.issuance.clone() };
        for at in 0..16 {
            let issuer = if at % 2 == 0 { desk.issuance.clone() } else { other.clone() };
            asking.spawn(async move { issuer.revocation_list().await.unwrap() });
        }
        while let Some(list) = asking.join_next().await {
            let list = list.unwrap();
            let read = UnverifiedCrl::parse(&list.der).unwrap();
            let read = read.verify(desk.issuance.authority.issuing()).unwrap();
            assert!(read.entries().any(|(listed, _)| listed == serial), "list {}", list.number);
            let same = numbers.entry(list.number).or_insert_with(|| list.der.clone());
            assert_eq!(*same, list.der, "a number stands for one list");
        }
        desk.clock.advance(SignedDuration::from_secs(1));
    }
    assert!(numbers.len() <= 8, "lists are signed for all who wait, not for each: {}", numbers.len());
}

/// A grant whose phone was cut off between the two commits.
#[tokio::test]
async fn what_a_crash_left_prepared_is_finished() {
    struct Unsign(CardId);
    #[async_trait::async_trait]
    impl Verb for Unsign {
        type Answer = ();
        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            unsign(tx, &self.0).await
        }
    }
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    let phone = Phone::new();
    let first = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    desk.issuance.store.write(Unsign(grant.card_id.clone())).await.unwrap();
    assert_eq!(desk.issuance.settle_leftovers(SignedDuration::ZERO).await.unwrap(), 1);
    let again = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_eq!(again.card_data, first.card_data);
    let devices = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap();
    assert_eq!(devices[0].0.state, DeviceState::Live);
    assert_eq!(grant.state, GrantState::Ready);
}

#[tokio::test]
async fn a_lowered_policy_counts_devices_in_high_places() {
    struct Lower(SchoolProfile);
    #[async_trait::async_trait]
    impl Verb for Lower {
        type Answer = ();
        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            let body = crate::store::Value::from(self.0.to_record());
            tx.execute("UPDATE school_profile SET body = $1", &[body]).await.map(|_| ())
        }
    }
    let desk = Desk::new(Preset::Zpe2025, five_devices_with_codes()).await;
    let order = desk.order().await;
    let (grant, mut last) = desk.slip(&order).await.unwrap();
    for _ in 0..3 {
        desk.enrol(&desk.token(&last, true).await.unwrap(), &Phone::new()).await.unwrap();
        last = desk.slip(&order).await.unwrap().1;
    }
    let two = Overrides { devices: Some(2), ..five_devices_with_codes() };
    desk.issuance.store.write(Lower(SchoolProfile::with(Preset::Zpe2025, two).unwrap())).await.unwrap();
    let devices = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap();
    let first = devices.iter().find(|(device, _)| device.slot == 1).unwrap().0.id.clone();
    let act = desk.issuance.act(Actor::System);
    let revoke = RevokeDevice { device: first, reason: EndReason::PhoneLost, act };
    desk.issuance.store.write(revoke).await.unwrap().unwrap();
    let refused = desk.enrol(&desk.token(&last, true).await.unwrap(), &Phone::new()).await;
    assert!(matches!(refused, Err(EnrolmentError::PlacesTaken)), "two of two are live already");
}

/// The books change between the two commits: what was prepared is not released, and the slip is not burnt.
#[tokio::test]
async fn what_is_no_longer_true_is_not_signed() {
    struct Rename(CardId);
    #[async_trait::async_trait]
    impl Verb for Rename {
        type Answer = ();
        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            tx.execute("UPDATE pupil SET surname = 'Inna'", &[]).await?;
            unsign(tx, &self.0).await
        }
    }
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    let phone = Phone::new();
    desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    desk.issuance.store.write(Rename(grant.card_id.clone())).await.unwrap();
    assert_eq!(desk.issuance.settle_leftovers(SignedDuration::ZERO).await.unwrap(), 1);
    let devices = desk.issuance.store.read(DevicesOf(grant.card_id.clone())).await.unwrap();
    assert_eq!(devices[0].0.state, DeviceState::Void);

    let card = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    let shown = shared::card_data::CardData::from_bytes(&card.card_data).unwrap();
    assert_eq!(shown.surname.as_str(), "Inna", "the slip still opens the card, as it is now");
}

#[tokio::test]
async fn lists_and_answers_of_an_earlier_authority_go_on_after_a_roll_over() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    let card = desk.enrol(&desk.token(&slip, true).await.unwrap(), &Phone::new()).await.unwrap();
    let certificate = DeviceCertificate::parse(&card.chain[0]).unwrap();
    let device = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap().remove(0).0.id;
    let act = desk.issuance.act(Actor::System);
    let revoke = RevokeDevice { device, reason: EndReason::PhoneLost, act };
    desk.issuance.store.write(revoke).await.unwrap().unwrap();

    let old = Arc::clone(&desk.issuance.authority);
    let options = RollOverOptions {
        issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".into(),
        not_before: old.root().not_before(),
        not_after: old.root().not_after(),
        keys: crate::authority::KeyStore::default(),
    };
    let new = Authority::roll_over(&desk.folder.path().join("ca"), &options, &SystemEntropy).unwrap();
    let issuance = Issuance { authority: Arc::new(new), ..desk.issuance.clone() };
    let (first, second) = (old.issuing(), issuance.authority.issuing().clone());
    let (serial, now) = (certificate.serial(), desk.clock.now());
    let revoked = |list: VerifiedCrl| matches!(list.status_at(serial, now), RevocationStatus::Revoked(_));

    let part = Partition::of(serial);
    assert!(certificate.crl_url().ends_with(&format!("/pki/crl/1-{part}.crl")), "{}", certificate.crl_url());
    let der = issuance.list_of_partition(1, part).await.unwrap().unwrap();
    let list = UnverifiedCrl::parse(&der).unwrap();
    assert!(revoked(list.verify_for(first, certificate.crl_url()).unwrap()));
    let der = issuance.list_of_generation(1).await.unwrap().unwrap();
    assert!(revoked(UnverifiedCrl::parse(&der).unwrap().verify(first).unwrap()));
    let der = issuance.list_of_generation(2).await.unwrap().unwrap();
    assert!(UnverifiedCrl::parse(&der).unwrap().verify(&second).is_ok());
    assert_eq!(issuance.list_of_partition(3, part).await.unwrap(), None);

    for (issuer, expected) in [(first, None), (&second, Some(CertificateStatus::Unknown))] {
        let question = Question::new(issuer, serial, [5; 32]).unwrap();
        let reply = issuance.answer_ocsp(&question.to_der().unwrap()).await.unwrap().unwrap();
        let answer = UnverifiedAnswer::parse(&reply).unwrap().verify(&question, issuer).unwrap();
        match expected {
            None => assert!(matches!(answer.status(), CertificateStatus::Revoked(_))),
            Some(expected) => assert_eq!(answer.status(), expected),
        }
    }
}

#[test]
fn the_parts_of_the_numbers_are_their_last_octets() {
    let part = |octets: &[u8]| Partition::of(SerialNumber::from_be_bytes(octets).unwrap()).to_string();
    assert_eq!((part(&[1, 0]), part(&[0x0f]), part(&[7, 0xa3])), ("00".into(), "0f".into(), "a3".into()));
    for text in ["", "a", "A3", "a3f", "+3", "g0"] {
        assert_eq!(Partition::parse(text), None, "{text}");
    }
}
