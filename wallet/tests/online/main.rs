//! The phone with a network that the test holds in its hand: an issuer in the same process, whose replies can be lost,
//! refused or forged.
#![expect(clippy::unwrap_used, reason = "these are tests and their tools: what goes wrong here fails a test")]

mod activation;
mod authority;
mod fake_issuer;
mod forgeries;
mod holding;
mod losses;
mod phone;
mod presenting;
