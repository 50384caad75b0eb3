//! What phones and the office were told, whatever became of those who told it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use shared::x509::certificate::DeviceCertificate;
use wallet::transport::{Request, Response, Transport, TransportError};

use super::books::hex;

/// An activation that a phone was told of: it has kept the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The certificate's serial number.
    pub serial: String,
    /// The slip.
    pub grant: String,
    /// The card.
    pub card: String,
}

/// How often what was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Issuers killed.
    pub kills: u64,
    /// Of these while they were starting.
    pub kills_at_start: u64,
    /// Slips handed out.
    pub slips: u64,
    /// Cards kept by phones.
    pub activations: u64,
    /// Requests of phones and office that got no answer, or "try again".
    pub interrupted: u64,
    /// Activations that were begun again with the same slip.
    pub retries: u64,
    /// Wrong codes that were sent.
    pub wrong_codes: u64,
    /// Refreshes that were answered.
    pub refreshes: u64,
    /// Of these with a new certificate.
    pub renewals: u64,
    /// Cards given up on the phone.
    pub deletions: u64,
    /// Devices taken off by the office.
    pub revocations: u64,
    /// Slips for another device in the place of one.
    pub reissues: u64,
    /// Certificates that left an issuer.
    pub released: u64,
}

/// What was told. See the module.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Cards that phones have kept.
    pub activated: Vec<Activation>,
    /// Every certificate that came over the wire: serial number and bytes in hexadecimal.
    pub released: BTreeMap<String, String>,
    /// How many devices each card may be on.
    pub places: BTreeMap<String, usize>,
    /// Devices that the office wanted to end, whatever it was answered.
    pub may_have_ended: BTreeSet<String>,
    /// Certificates whose phone wanted to give them up, whatever it was answered.
    pub may_be_given_up: BTreeSet<String>,
    /// Devices of which the office was told that they are ended.
    pub ended: BTreeSet<String>,
    /// Certificates of which phones were told that they are given up.
    pub given_up: BTreeSet<String>,
    /// Wrong codes that were sent, by slip.
    pub wrong_sent: BTreeMap<String, u64>,
    /// Wrong codes that were answered as such, by slip.
    pub wrong_told: BTreeMap<String, u64>,
    /// Certificates that somebody has seen taken back.
    pub seen_revoked: BTreeSet<String>,
    /// Refusals that phones were given, by reason.
    pub refusals: BTreeMap<String, u64>,
    /// What must never have been answered.
    pub outrages: Vec<String>,
    /// How often what was done.
    pub counts: Counts,
}

/// A ledger in which many write.
#[derive(Debug, Clone, Default)]
pub struct SharedLedger(Arc<Mutex<Ledger>>);

impl SharedLedger {
    /// The ledger, for a moment.
    pub fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Notes a certificate that came over the wire.
    pub fn release(&mut self, serial: String, der: String) {
        self.counts.released += 1;
        match self.released.get(&serial) {
            Some(known) if *known != der => {
                self.outrages.push(format!("certificate {serial} was released in two versions"));
            }
            _ => {
                self.released.insert(serial, der);
            }
        }
    }
}

/// A phone's network on which every certificate is noted that comes over it, whatever the phone makes of it.
pub struct Noting {
    inner: Arc<dyn Transport>,
    ledger: SharedLedger,
}

impl Noting {
    /// Passes everything on to `inner`.
    pub fn new(inner: Arc<dyn Transport>, ledger: SharedLedger) -> Self {
        Self { inner, ledger }
    }
}

#[async_trait]
impl Transport for Noting {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let credential = request.url.path().ends_with("/credential");
        let answer = self.inner.send(request).await?;
        if credential && answer.is_success() {
            let body: Value = serde_json::from_slice(&answer.body).expect("an issuer's answer");
            for credential in body["credentials"].as_array().into_iter().flatten() {
                // Copies in other formats are texts.
                let Some(leaf) = credential["credential"]["x5c"][0].as_str() else { continue };
                let der = BASE64_STANDARD.decode(leaf).expect("a certificate");
                let serial = DeviceCertificate::parse(&der).expect("a certificate").serial().to_string();
                self.ledger.open().release(serial, hex(&der));
            }
        }
        Ok(answer)
    }
}
