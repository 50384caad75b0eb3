//! The killer: issuers are killed at random moments while phones and an office keep them busy, and after every kill
//! somebody looks into the books and asks from outside whether everything that was promised is still so.
//!
//! `cargo run -p tests --bin killer -- --kills 500 --database sqlite --seed 1`; a short run is among the tests of every
//! change (`e2e/kills.rs`). What is chosen at random comes from the seed; what two processes and the system's scheduler
//! make of it does not, so a seed repeats the story and not every instant of it.
//!
//! ```text
//! phones, office ──► relay (the public address) ──► issuer processes ──► database
//!        │                                              ▲ SIGKILL, start
//!        ▼ what they were told: ledger ──► rules ◄── books (SQL), witness (lists, responder, audit trail)
//! ```

pub mod books;
pub mod ledger;
pub mod load;
pub mod relay;
pub mod report;
pub mod rules;
pub mod run;
pub mod witness;

pub use report::Report;
pub use run::{Plan, run};
