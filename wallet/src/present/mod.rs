//! The phone shows its card to an inspector.
//!
//! - [`code`] the code that changes every 15 seconds, for inspectors without a network

pub mod code;
