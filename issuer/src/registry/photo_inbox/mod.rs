//! Pictures that came from outside and wait until the office has looked at them: from mail, from the portal, or
//! chosen in the office and not confirmed yet.
//!
//! A letter is read ([`letter`]), each of its pictures is judged and given a list of pupils whose photo it may be
//! ([`guess`]), and both are written down ([`take`]). Nothing is decided by that. The office says whose a picture
//! is, and accepts or refuses it ([`settle`]); an accepted one goes the way of every photo
//! ([`super::photo_book::KeepPhoto`]). What is decided keeps no picture, and after 30 days nothing is kept
//! ([`forget`]).

mod answer;
pub mod forget;
pub mod guess;
pub mod letter;
pub mod look;
pub mod settle;
pub mod take;
mod tame;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use answer::{Answer, subject};
pub use settle::InboxRefusal;

use jiff::SignedDuration;

/// How long pictures from outside are kept: what schools promise for photos that come by mail.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The largest picture that is kept to be looked at, in bytes. Every profile's largest photo is smaller.
pub const MAX_PICTURE: usize = 6 * 1024 * 1024;
