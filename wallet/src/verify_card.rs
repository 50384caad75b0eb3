//! Everything that is checked about a card before it is kept.
//!
//! | check | against |
//! |---|---|
//! | the chain's signatures and form | the roots that are trusted **for this issuer** |
//! | the certificate's key | the device key that was proven |
//! | SHA-256 of the card data | the digest in the certificate |
//! | the card data | their schema |
//! | given names, surname, PESEL, period | those in the certificate |
//! | the device's place *n of m* | what any school's rules allow |
//! | the dates | the phone's clock, not before its trusted time |
//!
//! The card's number and school stand in the card data alone; the digest vouches for them. Revocation is the affair of
//! [`revocation`](crate::revocation), because the list may be out of reach.

use jiff::Timestamp;
use shared::card_data::{CardData, CardDataError};
use shared::jose::jwk::PublicJwk;
use shared::vci::credential::{X509Credential, X509CredentialError};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::chain::{ChainFault, TrustAnchor, UndatedChain, VerifiedChain, verify_undated};
use shared::x509::oid::PrivateArc;

/// The most devices that any school's rules give to one card.
pub const MOST_PLACES: u8 = 20;

/// Verifies everything about a card but its dates.
///
/// # Errors
/// The first check that fails.
pub fn verify_card(
    credential: &X509Credential,
    key: &PublicJwk,
    anchors: &[TrustAnchor],
) -> Result<UndatedCard, CardFault> {
    let x5c = credential.chain()?;
    let bytes = credential.card()?;
    let chain = verify_undated(&x5c, anchors, &PrivateArc::default())?;
    let leaf = chain.leaf();
    if leaf.public_key().sec1() != key.to_sec1() {
        return Err(CardFault::AnotherKey);
    }
    if *leaf.card_digest() != CardData::digest(&bytes) {
        return Err(CardFault::Tampered);
    }
    let data = CardData::from_bytes(&bytes)?;
    agree(leaf, &data)?;
    if leaf.slot().of() > MOST_PLACES {
        return Err(CardFault::SlotBeyondPolicy);
    }
    Ok(UndatedCard { chain, x5c, bytes, data })
}

fn agree(leaf: &DeviceCertificate, data: &CardData) -> Result<(), CardFault> {
    let pairs = [
        ("given_names", leaf.given_names() == data.given_names.as_str()),
        ("surname", leaf.surname() == data.surname.as_str()),
        ("pesel", *leaf.pesel() == data.pesel),
        ("issued_on", leaf.not_before() == data.validity.not_before()),
        ("valid_until", leaf.not_after() == data.validity.not_after()),
    ];
    match pairs.into_iter().find(|(_, equal)| !equal) {
        Some((member, _)) => Err(CardFault::Disagree(member)),
        None => Ok(()),
    }
}

/// A card whose signatures and contents hold, and whose dates nobody has looked at yet.
#[derive(Debug)]
pub struct UndatedCard {
    chain: UndatedChain,
    x5c: Vec<Vec<u8>>,
    bytes: Vec<u8>,
    data: CardData,
}

impl UndatedCard {
    /// The chain: its signatures hold, so the time inside it is authenticated.
    pub fn chain(&self) -> &UndatedChain {
        &self.chain
    }

    /// Judges the dates of every certificate in the chain.
    ///
    /// # Errors
    /// [`CardFault::Chain`] with what is not yet, or no longer, valid.
    pub fn at(self, now: Timestamp) -> Result<VerifiedCard, CardFault> {
        let chain = self.chain.at(now)?;
        Ok(VerifiedCard { chain, x5c: self.x5c, bytes: self.bytes, data: self.data })
    }
}

/// A card that may be kept; only [`UndatedCard::at`] makes one.
#[derive(Debug)]
pub struct VerifiedCard {
    chain: VerifiedChain,
    x5c: Vec<Vec<u8>>,
    bytes: Vec<u8>,
    data: CardData,
}

impl VerifiedCard {
    /// The device's certificate.
    pub fn leaf(&self) -> &DeviceCertificate {
        self.chain.leaf()
    }

    /// The authority that signed it.
    pub fn issuing_authority(&self) -> &CaCertificate {
        self.chain.issuing_authority()
    }

    /// The chain in DER as it came, without the root.
    pub fn x5c(&self) -> &[Vec<u8>] {
        &self.x5c
    }

    /// The card data, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the card says.
    pub fn data(&self) -> &CardData {
        &self.data
    }
}

/// Why a card is not kept. Messages complete "cannot accept the card: …" and tell no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardFault {
    /// Not the credential's form.
    #[error(transparent)]
    Credential(#[from] X509CredentialError),
    /// The chain does not hold, or not for the roots that are trusted for this issuer.
    #[error("cannot trust its certificates: {0}")]
    Chain(#[from] ChainFault),
    /// It was issued for another key: another phone's card.
    #[error("its certificate is for another key")]
    AnotherKey,
    /// The card data are not those that the certificate attests.
    #[error("its data are not those that its certificate attests")]
    Tampered,
    /// The card data cannot be read.
    #[error(transparent)]
    Data(#[from] CardDataError),
    /// Certificate and card data say different things.
    #[error("certificate and card data differ in {0}")]
    Disagree(&'static str),
    /// More places than any school gives.
    #[error("its certificate counts more devices than a card may have")]
    SlotBeyondPolicy,
}

impl CardFault {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Credential(_) | Self::Data(_) => "card_unreadable",
            Self::Chain(ChainFault::UnknownRoot) => "untrusted_root",
            Self::Chain(ChainFault::Expired { .. }) => "expired",
            Self::Chain(ChainFault::NotYetValid { .. }) => "not_yet_valid",
            Self::Chain(_) => "bad_certificate",
            Self::AnotherKey => "another_key",
            Self::Tampered => "card_tampered",
            Self::Disagree(_) => "card_contradicts_certificate",
            Self::SlotBeyondPolicy => "slot_beyond_policy",
        }
    }
}
