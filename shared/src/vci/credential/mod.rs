//! The credential request and its answer (OpenID4VCI 1.0 §8).

mod device;
mod request;
mod response;

pub use device::{DeviceInfo, MAX_DEVICE_TEXT_LENGTH, Platform};
pub use request::{
    CredentialRequest, CredentialRequestError, MAX_REQUEST_LENGTH, Proofs, RequestedCredential,
};
pub use response::{
    CredentialResponse, IssuedCredential, MAX_COPIES_LENGTH, X509Credential, X509CredentialError,
};
