//! jose.
