//! Issuer and wallet together, seen from outside.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "these are tools of tests: what goes wrong here fails a test"
)]

pub mod demo;
pub mod world;

pub mod network;
pub mod office;
pub mod phone;
pub mod pupils;

pub mod photograph;
pub use issuer::demo_school::portrait;

pub mod browser;
pub mod reader;
pub mod scene;
pub mod sheets;
pub mod table;

pub mod outside;
pub mod postgres;
