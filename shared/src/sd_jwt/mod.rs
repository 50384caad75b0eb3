//! Selective disclosure: SD-JWT with key binding (RFC 9901) and its use for credentials (SD-JWT VC, `dc+sd-jwt`).
//!
//! - [`path`] which claim: the steps to it
//! - [`disclosure`] one claim with its salt, and the digest that stands for it
//! - [`issue`] the issuer hides claims and signs
//! - [`unverified`] an SD-JWT as it came, taken apart within limits
//! - [`claims`] what it says once the disclosures are put back
//! - [`verify`] who signed it, up to a trusted root
//! - [`present`] the holder discloses some claims to one verifier
//! - [`presentation`] the verifier checks signature, disclosures and key binding
//! - [`json`] the JSON serialization, turned into the compact one
//!
//! Pure: signatures are made by a closure, dates are judged apart from everything else, as in [`crate::x509::chain`].

pub mod claims;
pub mod disclosure;
pub mod issue;
pub mod json;
mod key_binding;
pub mod path;
pub mod present;
pub mod presentation;
mod unfold;
pub mod unverified;
pub mod verify;

pub use claims::Claims;
pub use disclosure::Disclosure;
pub use issue::{IssueError, Issued, SaltSeed, Unsigned};
pub use path::{ClaimPath, PathStep};
pub use present::{PresentError, Presentation};
pub use presentation::{ExpectedBinding, PresentationFault, UndatedPresentation, UnverifiedPresentation};
pub use unfold::UnfoldFault;
pub use unverified::{SdJwtFault, UnverifiedSdJwt};
pub use verify::{DateFault, Trust, UndatedSdJwt, VerifyFault};

/// The format's name in metadata and queries, and `typ` of the issuer's signature (SD-JWT VC §2.2.1).
pub const DC_SD_JWT: &str = "dc+sd-jwt";

/// `typ` of the holder's signature (RFC 9901 §4.3).
pub const KB_JWT: &str = "kb+jwt";

/// The longest text that is looked at: a photo of 60 000 bytes, encoded twice, with room for the rest.
pub const MAX_LENGTH: usize = 256 * 1024;

/// The longest issuer-signed JWT that is looked at.
pub const MAX_JWT: usize = 64 * 1024;

/// The most disclosures that are looked at.
pub const MAX_DISCLOSURES: usize = 256;

/// How deep claims may be nested, disclosures inside disclosures counted.
pub const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod vectors;
