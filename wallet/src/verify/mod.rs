//! The inspector's side.
//!
//! - [`online`] the verifier asks, by OpenID4VP 1.0

pub mod online;
