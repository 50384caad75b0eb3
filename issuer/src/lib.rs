//! The issuer of mLegitymacja: the school's office, the certificate authority and the service that wallets
//! talk to, in one program. The modules stand in the order in which they rest on each other.

pub mod accounts;
pub mod app;
pub mod backup;
pub mod books;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod keeping;
pub mod master_secret;
pub mod metrics;
pub mod telemetry;

mod upkeep;

pub mod demo_school;
pub mod http;
pub mod pages;

pub mod issuance;
pub mod notify;
pub mod outgoing;
pub mod registry;

pub mod audit;
pub mod authority;
pub mod store;
