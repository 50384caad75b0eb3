//! A new issuing authority, and new keys below it: cards of the old one stay valid, and can still be taken back.

use issuer::app::SystemEntropy;
use issuer::authority::{Authority, RollOverOptions, Signer};
use jiff::SignedDuration;
use shared::x509::ca::CaCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::UnverifiedCrl;
use shared::x509::ocsp::{CertificateStatus, Question, UnverifiedAnswer};
use tests::world::{Phone, World};
use wallet::acquire::activation::Activated;
use wallet::refresh::Outcome;

use crate::inspection_online::{check, verifier};

/// Which generation's certificate a phone holds; its chain, its revocation list and OCSP are asked as its own
/// certificate names them, and must say that it is good.
async fn good_under(world: &World, phone: &Phone, card: &Activated) -> u32 {
    let shown = phone.show(&card.id).await;
    let certificate = shown.card.certificate().clone();
    let authority = world.issuance().authority.clone();
    let (generation, _) = authority.issuer_of(&certificate).expect("a card of ours");
    let path = |url: &str| url::Url::parse(url).unwrap().path().to_owned();

    let issuing = world.fetch(&format!("/pki/ca/issuing-{generation}.cer")).await;
    let issuing = CaCertificate::parse(&issuing).unwrap();
    assert!(certificate.names_as_issuer(&issuing));
    certificate.verify_signature(issuing.public_key()).unwrap();
    let list = UnverifiedCrl::parse(&world.fetch(&path(certificate.crl_url())).await).unwrap();
    let list = list.verify_for(&issuing, certificate.crl_url()).unwrap();
    assert!(list.entries().all(|(serial, _)| serial != certificate.serial()));
    let whole = UnverifiedCrl::parse(&world.fetch(&format!("/pki/crl/{generation}.crl")).await).unwrap();
    whole.verify(&issuing).expect("each generation signs its own list");

    let question = Question::new(&issuing, certificate.serial(), [7; 32]).unwrap();
    let http = tests::http::client();
    let url = certificate.ocsp_url().unwrap();
    let asked = http.post(url).header("content-type", "application/ocsp-request");
    let answer = asked.body(question.to_der().unwrap()).send().await.unwrap().bytes().await.unwrap();
    let answer = UnverifiedAnswer::parse(&answer).unwrap();
    let verified = answer.verify(&question, &issuing).unwrap();
    assert!(matches!(verified.status(), CertificateStatus::Good));
    generation
}

#[tokio::test(flavor = "multi_thread")]
async fn old_cards_stay_valid_and_can_be_taken_back_after_a_roll_over() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let waiting = world.codes().await;
    let old = world.phone("Pixel 9").await;
    let old_card = old.activate(&slip).await.unwrap();
    assert_eq!(good_under(&world, &old, &old_card).await, 1);
    let published = world.revocation_list().await;
    let verifier = verifier(&world, &old).await;
    assert_eq!(check(&verifier, &world, &old).await.0, None);

    world.clock.advance(SignedDuration::from_hours(24 * 3));
    let folder = world.given().data_dir().join("ca");
    let before = Authority::open(&folder, None, &SystemEntropy).unwrap();
    let options = RollOverOptions::usual(&before, world.now(), 20);
    world.kill_issuer();
    Authority::roll_over(&folder, &options, &SystemEntropy).unwrap();
    world.restart_issuer().await;

    // The list of the present authority is signed by it, though the old one's was not a day old.
    assert!(world.revocation_list().await.number() > published.number());
    assert_eq!(good_under(&world, &old, &old_card).await, 1);
    assert_eq!(old.refresh(&old_card.id).await.unwrap().outcome, Outcome::Unchanged);
    assert_eq!(check(&verifier, &world, &old).await.0, None, "copies from before are believed");
    let new = world.phone("Galaxy").await;
    let new_card = new.activate(&waiting).await.unwrap();
    assert_eq!(good_under(&world, &new, &new_card).await, 2);
    assert_eq!(check(&verifier, &world, &new).await.0, None);

    // New keys below both.
    let keys = |world: &World| {
        let authority = world.issuance().authority.clone();
        let key = |purpose| authority.signer(purpose).certificate().public_key().clone();
        (
            key(Signer::StatusList),
            key(Signer::Code),
            authority.ocsp_signer_of(1).unwrap().certificate().clone(),
        )
    };
    let first = keys(&world);
    world.kill_issuer();
    Authority::renew_signers(&folder, None, &SystemEntropy).unwrap();
    world.restart_issuer().await;
    let second = keys(&world);
    assert!(first.0 != second.0 && first.1 != second.1 && first.2 != second.2);
    for (phone, card, generation) in [(&old, &old_card, 1), (&new, &new_card, 2)] {
        assert_eq!(good_under(&world, phone, card).await, generation);
        assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged);
        assert_eq!(check(&verifier, &world, phone).await.0, None);
    }

    // The root is the same: whoever trusts it learns of either's end.
    let root = TrustAnchor::from_der(&world.fetch("/pki/ca/root.cer").await).unwrap();
    assert_eq!(root.certificate().der(), before.root().der());
    for (slip, phone, card) in [(&slip, &old, &old_card), (&waiting, &new, &new_card)] {
        let device = &world.office.devices(&slip.card_id, "live").await[0];
        world.office.revoke_device(device, "phone_lost").await;
        world.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Revoked);
    }
    assert!(world.revocation_list().await.len() >= 2);
}
