//! tests.

pub mod portrait;
