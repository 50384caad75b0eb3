//! What a format of copies has to be able to do.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use shared::card_claims;
use shared::card_data::CardData;
use shared::jose::jwk::PublicJwk;
use shared::status::StatusReference;

use crate::issuance::Issuance;
use crate::issuance::enrolment::EnrolmentError;

/// From what a copy is made, and made again: the same content gives the same bytes beside the signed ones.
pub struct CopyContent<'a> {
    /// What the card says.
    pub card: &'a CardData,
    /// Everything random comes from this.
    pub seed: [u8; 32],
    /// When it was made; ages are those of that day in Poland.
    pub issued_at: Timestamp,
}

/// Personal data, and a secret.
impl fmt::Debug for CopyContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CopyContent({})", self.issued_at)
    }
}

/// What ties a copy to its key, its status and its end.
#[derive(Debug)]
pub struct CopyBinding<'a> {
    /// Whose holder may present it.
    pub key: &'a PublicJwk,
    /// Where its revocation shows.
    pub status: StatusReference,
    /// The first instant at which it is no longer good.
    pub expires_at: Timestamp,
}

/// A credential configuration whose copies stand under the same place as the device certificate.
pub trait CopyFormat: fmt::Debug + Send + Sync {
    /// Its id in the metadata.
    fn configuration(&self) -> &'static str;

    /// Until when a copy made at `now` is good; never beyond the card.
    fn good_until(&self, card: &CardData, now: Timestamp) -> Timestamp {
        card_claims::good_until(card.birth_date(), &card.validity, now)
    }

    /// Signs a copy. The answer is kept: what can be derived from `content` again stays out of it.
    ///
    /// # Errors
    /// When the authority's key does not sign.
    fn sign(
        &self,
        issuance: &Issuance,
        content: &CopyContent<'_>,
        binding: &CopyBinding<'_>,
    ) -> Result<String, EnrolmentError>;

    /// The credential as it is handed out, from what was kept.
    ///
    /// # Errors
    /// When it cannot be put together.
    fn credential(&self, content: &CopyContent<'_>, signed: String) -> Result<Value, EnrolmentError>;
}
