//! What an inspector finds out: whom they trust, what time it is, whether a card still counts, and the verdict.
//!
//! Every kind of presentation (the holder's code, an SD-JWT, a certificate) ends in the same [`verdict`].

pub mod revocation;
pub mod seen;
pub mod time;
pub mod trust;
pub mod trust_list;
pub mod verdict;
