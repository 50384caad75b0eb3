//! X.509: the device certificate, the chain above it and the list of the withdrawn ones.
//!
//! Both ways of one profile (`docs/certificate-profile.md`): what the issuer must write and what the wallet
//! and a verifier accept come from the same code. Everything is pure; time is an argument.

pub mod oid;
pub mod profile;
pub mod serial;
pub mod text;

pub mod extension;
pub mod name;

pub mod key;
pub mod signed;

pub mod body;
pub mod certificate;
mod frame;

pub mod ca;
pub mod chain;
pub mod crl;
pub mod ocsp;
pub mod signer;

#[cfg(test)]
pub(crate) mod sample;
