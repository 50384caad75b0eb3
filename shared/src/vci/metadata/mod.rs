//! What an issuer says of itself, and what its authorization server does (OpenID4VCI 1.0 §12.2, §12.3).

mod display;
mod issuer;
mod server;

pub use display::{ClaimDescription, CredentialMetadata, Display, PathStep};
pub use issuer::{Algorithm, BatchIssuance, CredentialConfiguration, IssuerMetadata, ProofType};
pub use server::{AuthorizationServerMetadata, PortalEndpoints};

use super::json::JsonError;

/// Longest metadata document, in bytes; foreign issuers put pictures in theirs.
pub const MAX_METADATA_LENGTH: usize = 1024 * 1024;

/// Messages complete "cannot read metadata: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Longer than [`MAX_METADATA_LENGTH`].
    #[error("document is too long")]
    TooLong,
    /// Not JSON, a required member missing, a member of the wrong type or an address that may not be spoken to.
    #[error("document is not JSON of the expected shape")]
    Malformed,
    /// The document is another issuer's; nothing in it may be used.
    #[error("document belongs to another issuer")]
    OtherIssuer,
}

impl From<JsonError> for MetadataError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLong => Self::TooLong,
            JsonError::Malformed => Self::Malformed,
        }
    }
}
