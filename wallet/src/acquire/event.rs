//! What an activation is doing at this moment, for whoever shows it: a screen, a terminal, a test.

use std::time::Duration;

use serde::Serialize;
use shared::x509::crl::Revocation;

use super::failure::Endpoint;

/// The steps, in their order. A step that has nothing to do is not announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The offer is fetched from the address in the QR code, or for the typed code.
    Offer,
    /// The issuer is asked what it is and can do.
    Metadata,
    /// The phone is held against the offer's requirements.
    Requirements,
    /// The activation code is exchanged for an access token.
    Token,
    /// The issuer is asked for a challenge.
    Nonce,
    /// The secure element answers it with the device key.
    Proof,
    /// The card and its certificate are fetched.
    Credential,
    /// They are verified.
    Verification,
    /// The revocation list is consulted.
    RevocationList,
    /// The card is kept.
    Keeping,
    /// The issuer is told.
    Notification,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::Offer,
        Self::Metadata,
        Self::Requirements,
        Self::Token,
        Self::Nonce,
        Self::Proof,
        Self::Credential,
        Self::Verification,
        Self::RevocationList,
        Self::Keeping,
        Self::Notification,
    ];

    /// A stable name for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Metadata => "metadata",
            Self::Requirements => "requirements",
            Self::Token => "token",
            Self::Nonce => "nonce",
            Self::Proof => "proof",
            Self::Credential => "credential",
            Self::Verification => "verification",
            Self::RevocationList => "revocation_list",
            Self::Keeping => "keeping",
            Self::Notification => "notification",
        }
    }

    /// What is being done, as a sentence's beginning.
    pub fn label(self) -> &'static str {
        match self {
            Self::Offer => "opening the offer",
            Self::Metadata => "asking who the issuer is",
            Self::Requirements => "checking that this phone will do",
            Self::Token => "exchanging the code",
            Self::Nonce => "asking for a challenge",
            Self::Proof => "proving the device key",
            Self::Credential => "fetching the card",
            Self::Verification => "verifying the card",
            Self::RevocationList => "checking that it is not revoked",
            Self::Keeping => "keeping the card",
            Self::Notification => "telling the issuer",
        }
    }
}

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step begins; with it the one before has succeeded.
    Began(Step),
    /// A request is about to be sent again.
    Retrying {
        /// To whom.
        endpoint: Endpoint,
        /// After this pause.
        pause: Duration,
    },
    /// The nonce was refused, a new one is fetched.
    NewNonce,
    /// The pre-authorized code was used up or too old, a new one is fetched.
    NewOffer,
    /// A code was given although the offer asks for none; it was not sent.
    CodeNotNeeded,
    /// The revocation list could not be consulted; the card is taken all the same.
    ListNotConsulted,
    /// The revocation list is older than it should be.
    ListStale,
    /// The card is on the revocation list.
    Listed(Revocation),
    /// The issuer could not be told; it will be at the next refresh.
    NoticeQueued,
}

/// Somebody who is told; calls must be quick.
pub trait Observer: Send + Sync {
    /// Takes notice.
    fn on(&self, event: Event);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn on(&self, _: Event) {}
}

impl<F: Fn(Event) + Send + Sync> Observer for F {
    fn on(&self, event: Event) {
        self(event);
    }
}
