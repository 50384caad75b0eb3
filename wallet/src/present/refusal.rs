//! Why a request is not answered, each reason with a stable name.

use jiff::Timestamp;
use shared::sd_jwt::{PresentError as DisclosureError, SdJwtFault};
use shared::vp::rendezvous::RendezvousError;
use shared::vp::request::RequestError;
use shared::vp::request::link::LinkError;
use shared::vp::request::object::RequestObjectError;
use shared::vp::response::ResponseError;

use crate::documents::StoreError;
use crate::secure_element::ElementError;
use crate::transport::TransportError;

/// Why a request is not answered. Messages complete "cannot answer the verifier: …" and tell no personal data.
#[derive(Debug, thiserror::Error)]
pub enum PresentError {
    /// The link is none.
    #[error("cannot read the link: {0}")]
    Link(#[from] LinkError),
    /// The digits lead nowhere.
    #[error("cannot meet: {0}")]
    Rendezvous(#[from] RendezvousError),
    /// The verifier, or the meeting place, cannot be reached.
    #[error("nobody answers: {0}")]
    NoAnswer(#[from] TransportError),
    /// Something else than a request came.
    #[error("what came is no request (status {status})")]
    NoRequest {
        /// The HTTP status.
        status: u16,
    },
    /// The request is refused.
    #[error("cannot follow the request: {0}")]
    Request(#[from] RequestObjectError),
    /// The verifier takes none of our formats or algorithms.
    #[error("the verifier takes no card of this kind")]
    Formats,
    /// The answer is to be encrypted, and there is no key for it.
    #[error("the answer is to be encrypted, and the verifier gave no key that can be used")]
    NoEncryptionKey,
    /// Nothing on this phone answers what is asked.
    #[error("no card on this phone answers what is asked, or confirms it, such as an age")]
    NoMatchingCredential,
    /// The phone's clock was turned back.
    #[error("the phone's clock is behind {floor}")]
    ClockBehind {
        /// What somebody has signed.
        floor: Timestamp,
    },
    /// The verifier took the answer and said no to it.
    #[error("the verifier refuses the answer (status {status})")]
    RefusedByVerifier {
        /// The HTTP status.
        status: u16,
        /// Why, as our verifiers say it.
        code: Option<String>,
    },
    /// A copy that is kept cannot be read.
    #[error("a copy on this phone cannot be read: {0}")]
    Copy(#[from] SdJwtFault),
    /// The presentation could not be made.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The answer could not be written or encrypted.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The key did not sign.
    #[error(transparent)]
    Element(#[from] ElementError),
    /// The store did not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PresentError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::Link(error) => error.reason(),
            Self::Rendezvous(error) => error.reason(),
            Self::NoAnswer(error) => error.reason(),
            Self::NoRequest { .. } => "no_request",
            Self::Request(error) => error.reason(),
            Self::Formats => "formats_not_supported",
            Self::NoEncryptionKey => "no_encryption_key",
            Self::NoMatchingCredential => "no_matching_credential",
            Self::ClockBehind { .. } => "clock_behind",
            Self::RefusedByVerifier { .. } => "refused_by_verifier",
            Self::Copy(_) | Self::Disclosure(_) | Self::Response(_) => "cannot_present",
            Self::Element(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}

impl From<RequestError> for PresentError {
    fn from(error: RequestError) -> Self {
        Self::Request(error.into())
    }
}
