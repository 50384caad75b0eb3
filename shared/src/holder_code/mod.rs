//! The holder's code: shown by the phone, checked without any network.
//!
//! ```text
//! issuer:     CodeCredential ─ prepare ─► sign ─► finish      one for each purpose and copy, kept by the phone
//! phone:      UnsignedCode::new ─► sign ─► finish             every 15 seconds, around the one that is asked for
//! inspector:  UnverifiedCode::parse ─► verify                 a verdict
//! ```
//!
//! The device certificate names the PESEL, so it never goes into a code. What does, and why, is in ADR 58; what no
//! offline code can stop, in `docs/threats.md`.

pub mod code;
pub mod content;
pub mod credential;
pub mod key;
pub mod portrait;
pub mod purpose;
pub mod verify;

mod cbor;
mod sign1;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use code::{CodeFault, HolderClock, UnsignedCode, UnverifiedCode, window_of};
pub use content::{Content, FullName, Proves};
pub use credential::{CodeCredential, CredentialFault, UnverifiedCredential, VerifiedCredential};
pub use key::{HolderKey, KeyId};
pub use portrait::Portrait;
pub use purpose::Purpose;
pub use verify::verify;
