//! OpenID for Verifiable Presentations 1.0 between a phone and a verifier, for `dc+sd-jwt`.
//!
//! - [`dcql`] what is asked (§6), and what of it a credential can answer
//! - [`preset`] what inspectors, cinemas and libraries ask
//! - [`client_id`] who asks (§5.9), and [`certificate`] who vouches for them
//! - [`metadata`] what the verifier says about itself (§5.1)
//! - [`request`] the whole request: link, request object, parameters (§5)
//! - [`response`] the answer by `direct_post` and `direct_post.jwt` (§8), encrypted by [`jwe`]
//! - [`rendezvous`] six digits in the place of a QR code

pub mod certificate;
pub mod client_id;
pub mod dcql;
pub mod jwe;
pub mod metadata;
pub mod preset;
pub mod rendezvous;
pub mod request;
pub mod response;
