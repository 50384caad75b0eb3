//! Token Status List (draft-ietf-oauth-status-list): whether a copy of a credential still counts, told by one
//! bit on a list of many, so that the list does not tell whose card is being checked.
//!
//! - [`list`] the bits, packed and compressed
//! - [`token`] the list as a signed token: made, read and verified up to a trusted root

pub mod list;
pub mod token;

pub use list::{StatusList, TokenStatus};
pub use token::{StatusClaim, StatusReference, UnverifiedStatusToken, VerifiedStatusList};

/// Places on one of our lists: 16 KiB of bits, before they are compressed.
pub const LIST_SIZE: u32 = 1 << 17;
