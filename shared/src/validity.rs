//! validity.
