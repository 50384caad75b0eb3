//! The decisions of issuing, in the order in which a card meets them.
//!
//! Each file holds one decision: a verb that reads, judges and writes in one transaction, and the errors
//! that it may answer with. Nothing here knows HTTP or SQL.

pub mod dossier;
pub mod keys;

pub mod batch;
pub mod class_confirmation;
pub mod copies;
pub mod enrolment;
pub mod grant;
pub mod handover;
pub mod junior;
pub mod nonce;
pub mod notification;
pub mod ocsp;
pub mod offer;
pub mod order;
pub mod proof;
pub mod reissue;
pub mod revocation;
pub mod status;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod token;
pub mod trust_list;

use std::sync::Arc;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::x509::serial::SerialNumber;

use crate::audit::{Act, Actor};
use crate::authority::{Authority, PkiUrls};
use crate::store::Store;
use keys::Keys;
use revocation::Partition;

/// Everything that a decision needs; made once, at the composition root.
#[derive(Clone)]
pub struct Issuance {
    /// The books.
    pub store: Store,
    /// The certificate authority.
    pub authority: Arc<Authority>,
    /// Keys for hashes and sealed tokens.
    pub keys: Arc<Keys>,
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Addresses that messages and certificates name.
    pub addresses: Arc<Addresses>,
    /// Whose turn it is to sign the whole revocation list.
    pub list_turn: Arc<tokio::sync::Mutex<()>>,
    /// Whether every certificate's intent is committed before it is signed, also where the key is in memory.
    pub intent_first: bool,
}

/// Addresses under which the issuer is known.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The credential issuer identifier, without a trailing slash.
    pub issuer: String,
    /// Where certificates say that lists and CA certificates are found.
    pub pki: PkiUrls,
}

impl Addresses {
    /// Where the token status list of this number is found: beside the revocation lists.
    pub fn status_list(&self, number: i64) -> String {
        self.beside(&format!("../status/{number}"))
    }

    /// What the certificate of this serial number says about its status: the list of its part of the numbers,
    /// the issuing authority of this generation, and the responder.
    pub fn of_certificate(&self, generation: u32, serial: SerialNumber) -> PkiUrls {
        let list = self.partition_list(generation, Partition::of(serial));
        let authority = self.beside(&format!("../ca/issuing-{generation}.cer"));
        // These are plain http in normal form if those are from which they were derived.
        PkiUrls::new(&list, &authority, self.pki.ocsp()).unwrap_or_else(|_| self.pki.clone())
    }

    /// Where the revocation list of one part of a generation's certificates is found.
    pub fn partition_list(&self, generation: u32, partition: Partition) -> String {
        self.beside(&format!("{generation}-{partition}.crl"))
    }

    /// An address relative to the revocation list's.
    fn beside(&self, path: &str) -> String {
        let crl = url::Url::parse(self.pki.crl());
        // The revocation list's address was made from a URL, and these paths are ours.
        crl.and_then(|crl| crl.join(path)).map_or_else(|_| path.to_owned(), String::from)
    }
}

impl Issuance {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An act of `actor`, now.
    pub fn act(&self, actor: Actor) -> Act {
        Act::new(actor, self.now(), &*self.entropy)
    }
}
