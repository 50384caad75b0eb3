//! Issuer and wallet together, seen from outside.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "these are tools of tests: what goes wrong here fails a test"
)]

pub mod outside;
pub mod postgres;

pub mod portrait;
