//! A phone on a desk of its own: its directory, its clock, and the issuer that it talks to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use shared::clock::{Clock, ManualClock};
use shared::entropy::Entropy;
use shared::secret::Secret;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use tempfile::TempDir;
use wallet::acquire::event::{Event, Step};
use wallet::acquire::offer::OfferSource;
use wallet::acquire::{ActivateError, Activated};
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::online::{OnlinePhone, Patience, Surroundings};
use wallet::phone::{LockedPhone, Parts, UnlockedPhone};
use wallet::pin::{NewPin, Pin, PinCost};
use wallet::transport::transcript::{Recorder, Transcript};
use wallet::trust::RootCertificate;

use crate::fake_issuer::{BASE, CODE, FakeIssuer};

pub(crate) const SLIP: &str =
    "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1:8080%2Fo%2Fsecret-of-the-slip";

/// Different every time it is asked, the same in every run.
#[derive(Default)]
pub(crate) struct CountedEntropy(AtomicU64);

impl Entropy for CountedEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let digest = Sha256::digest(self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// Somebody who writes down what they are told.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<Event>>);

impl Notes {
    pub(crate) fn steps(&self) -> Vec<Step> {
        let events = self.0.lock().unwrap();
        events
            .iter()
            .filter_map(|event| if let Event::Began(step) = event { Some(*step) } else { None })
            .collect()
    }

    pub(crate) fn saw(&self, event: &Event) -> bool {
        self.0.lock().unwrap().contains(event)
    }
}

impl wallet::acquire::event::Observer for Notes {
    fn on(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

pub(crate) struct Desk {
    home: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) issuer: Arc<FakeIssuer>,
    pub(crate) transcript: Transcript,
    pub(crate) notes: Arc<Notes>,
    entropy: Arc<CountedEntropy>,
    phone: Option<OnlinePhone>,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn url(text: &str) -> IssuerUrl {
    IssuerUrl::parse(text, UrlPolicy::default()).unwrap()
}

impl Desk {
    /// A new phone on which nobody is trusted and nothing is accepted.
    pub(crate) async fn bare() -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-11-21T18:30:00Z")));
        let issuer = Arc::new(FakeIssuer::new(Arc::clone(&clock)));
        let mut desk = Self {
            home: tempfile::tempdir().unwrap(),
            issuer,
            clock,
            transcript: Transcript::default(),
            notes: Arc::default(),
            entropy: Arc::default(),
            phone: None,
        };
        let device = DeviceDescription {
            name: DeviceName::parse("Telefon Zosi").unwrap(),
            platform: Platform::Android,
            os_version: Version::new(14, 0),
            app_version: Version::new(1, 0),
        };
        let pin = NewPin::parse("493027").unwrap();
        let phone =
            UnlockedPhone::create(desk.home.path(), &device, &pin, desk.clock.now(), desk.parts()).unwrap();
        desk.phone = Some(OnlinePhone::new(phone, desk.surroundings()));
        desk
    }

    /// A phone that trusts the issuer and whose owner has accepted the terms.
    pub(crate) async fn new() -> Self {
        let desk = Self::bare().await;
        desk.trust(BASE).await;
        desk.phone().accept_terms().await.unwrap();
        desk
    }

    pub(crate) async fn trust(&self, issuer: &str) {
        let root = RootCertificate::parse(&self.issuer.authority.root_der).unwrap();
        self.phone().trust_root(&root, &[url(issuer)]).await.unwrap();
    }

    fn parts(&self) -> Parts {
        Parts::with_pin_cost(self.entropy.clone(), PinCost::FOR_TESTS)
    }

    fn surroundings(&self) -> Surroundings {
        let recorder = Recorder::new(self.issuer.clone(), self.transcript.clone());
        let patience = Patience { tries: 2, first_pause: std::time::Duration::from_millis(1) };
        Surroundings {
            patience,
            ..Surroundings::new(self.clock.clone(), self.entropy.clone(), Arc::new(recorder))
        }
    }

    pub(crate) fn phone(&self) -> &OnlinePhone {
        self.phone.as_ref().unwrap()
    }

    /// Kills the program and starts it again: what memory held is gone.
    pub(crate) async fn restart(&mut self) {
        drop(self.phone.take());
        let locked = LockedPhone::open(self.home.path(), self.parts()).unwrap();
        let pin = Pin::parse("493027").unwrap();
        let phone = OnlinePhone::unlock(locked, pin, self.clock.now(), self.surroundings()).await.unwrap();
        self.phone = Some(phone);
    }

    /// Follows `slip` with `code`.
    pub(crate) async fn activate_with(&self, slip: &str, code: &str) -> Result<Activated, ActivateError> {
        let source = OfferSource::from_text(slip).unwrap();
        let offer = self.phone().open_offer(source, &*self.notes).await?;
        self.phone().activate(&offer, Some(&Secret::new(code)), &*self.notes).await
    }

    pub(crate) async fn activate(&self, slip: &str) -> Result<Activated, ActivateError> {
        self.activate_with(slip, CODE).await
    }

    pub(crate) fn keys(&self) -> usize {
        self.phone().phone().element().key_handles().unwrap().len()
    }

    pub(crate) async fn held(&self) -> usize {
        self.phone().cards().await.unwrap().len()
    }
}

pub(crate) fn reason<T>(outcome: Result<T, ActivateError>) -> String {
    match outcome {
        Ok(_) => "activated".to_owned(),
        Err(error) => error.reason().to_owned(),
    }
}
