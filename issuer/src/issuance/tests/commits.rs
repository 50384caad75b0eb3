//! One commit or two for a certificate: what stands in the books afterwards, and what happens to a signature that does not
//! hold.

use shared::x509::crl::RevocationReason;

use super::*;
use crate::authority::SignError;
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::tables::certificate::CertificateState;

/// What was written down about an enrolment and a renewal: everything that does not depend on chance.
#[derive(Debug, PartialEq)]
struct Written {
    devices: Vec<(DeviceState, u8)>,
    certificates: Vec<(CertificateState, bool, bool)>,
    grant: GrantState,
    actions: Vec<String>,
}

struct Everything(CardId);

#[async_trait::async_trait]
impl Verb for Everything {
    type Answer = Written;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Written, StoreError> {
        let found = DevicesOf(self.0.clone()).run(tx).await?;
        let certificates = found.iter().flat_map(|(_, certificates)| certificates);
        let grants = Grant::of_card(tx, &self.0).await?;
        Ok(Written {
            devices: found.iter().map(|(device, _)| (device.state, device.slot)).collect(),
            certificates: certificates
                .map(|found| (found.state, found.tbs.is_empty(), found.der.is_some()))
                .collect(),
            grant: grants[0].state,
            actions: AuditEntry::after(tx, 0, 100).await?.into_iter().map(|entry| entry.action).collect(),
        })
    }
}

/// The pupil's surname is another one from now on.
struct Rename;

#[async_trait::async_trait]
impl Verb for Rename {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("UPDATE pupil SET surname = 'Inna'", &[]).await.map(|_| ())
    }
}

async fn activated_and_renewed(intent_first: bool) -> Written {
    let mut desk = Desk::new(Preset::Zpe2025, five_devices_with_codes()).await;
    desk.issuance.intent_first = intent_first;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    let phone = Phone::new();
    let tokens = desk.token(&slip, true).await.unwrap();
    let first = desk.enrol(&tokens, &phone).await.unwrap();
    desk.issuance.store.write(Rename).await.unwrap();
    // Certificates of one instant stand in no order.
    desk.clock.advance(SignedDuration::from_secs(1));
    let mut access = desk.issuance.open_access(tokens.access.expose(), None).unwrap();
    access.renews = true;
    let nonce = desk.issuance.fresh_nonce();
    let proven = desk.issuance.prove(&phone.proof(&desk, &nonce), true).unwrap();
    let second = desk.issuance.enrol(access, proven, DeviceClaim::default()).await.unwrap();
    assert_ne!(second.chain[0], first.chain[0]);
    while audit::seal(&desk.issuance.store).await.unwrap() > 0 {}
    desk.issuance.store.read(Everything(grant.card_id)).await.unwrap()
}

#[tokio::test]
async fn one_commit_leaves_the_same_behind_as_two() {
    let (once, twice) = (activated_and_renewed(false).await, activated_and_renewed(true).await);
    assert_eq!(once, twice);
    assert_eq!(once.certificates.len(), 2, "{once:?}");
    assert!(once.actions.contains(&"device.renewed".to_owned()), "{once:?}");
}

/// Flips the last bit of every stored certificate: it is one of its signature.
struct Spoil;

#[async_trait::async_trait]
impl Verb for Spoil {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        for row in tx.query("SELECT serial, der FROM certificate", &[]).await? {
            let (serial, mut der): (String, Vec<u8>) = (row.take(0)?, row.take(1)?);
            *der.last_mut().unwrap() ^= 1;
            tx.execute("UPDATE certificate SET der = $2 WHERE serial = $1", &[serial.into(), der.into()])
                .await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_taken_back_and_asking_again_brings_another() {
    let desk = Desk::new(Preset::Legacy2019, Overrides::default()).await;
    let (grant, slip) = desk.slip(&desk.order().await).await.unwrap();
    let phone = Phone::new();
    let first = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    desk.issuance.store.write(Spoil).await.unwrap();
    let refused = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await;
    assert!(matches!(refused, Err(EnrolmentError::Sign(SignError::SelfCheck))), "{refused:?}");
    let list = desk.issuance.revocation_list().await.unwrap();
    let list = UnverifiedCrl::parse(&list.der).unwrap().verify(desk.issuance.authority.issuing()).unwrap();
    let serial = DeviceCertificate::parse(&first.chain[0]).unwrap().serial();
    // A phone that holds it comes for another by itself when the list says so.
    let superseded = list.entries().find(|(listed, _)| *listed == serial).unwrap().1;
    assert_eq!(superseded.reason, Some(RevocationReason::Superseded));

    let second = desk.enrol(&desk.token(&slip, true).await.unwrap(), &phone).await.unwrap();
    assert_ne!(second.chain[0], first.chain[0]);
    let devices = desk.issuance.store.read(DevicesOf(grant.card_id)).await.unwrap();
    let states: Vec<DeviceState> = devices.iter().map(|(device, _)| device.state).collect();
    assert_eq!(states, [DeviceState::Live], "it keeps its place");
}
