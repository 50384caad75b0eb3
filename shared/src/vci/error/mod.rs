//! Every way to say no: one list of codes per endpoint, one body for all of them.

mod body;
mod challenge;
mod code;
mod description;
mod reason;

pub use body::{ErrorBody, MAX_ERROR_LENGTH};
pub use challenge::www_authenticate;
pub use code::{
    AnywhereErrorCode, Coded, CredentialErrorCode, ErrorCode, HolderErrorCode, NonceErrorCode,
    NotificationErrorCode, OfferErrorCode, TokenErrorCode, TypedCodeErrorCode,
};
pub use description::{Description, MAX_DESCRIPTION_LENGTH};
pub use reason::Reason;
