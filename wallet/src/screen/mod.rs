//! The phone on the screen: `wallet screen` serves a desk with phones to a browser.
//!
//! Nothing that it shows is made up by the page. Each phone is a [`OnlinePhone`](crate::online::OnlinePhone) in a
//! directory of its own, as the command line has it; its screen is what that phone answers. The owner's place on the
//! phone is a state of this module, and every button is an act on it.
//!
//! ```text
//! browser ──form──► act ──► phone (library) ──► view ──► page
//!    ▲                                           │
//!    └────────────── events: "2 17" ◄────────────┘
//! ```

mod acts;
mod assets;
mod camera;
mod desk;
mod http;
mod page;
mod phone;
mod profile;
mod radio;
mod sandbox;
mod trouble;
mod trusted;
mod view;
mod words;

pub use desk::{Desk, DeskParts, MAX_PHONES};
pub use radio::Radio;

/// The stable names of all screens of trouble, one per cause, as pages carry them in `data-trouble`.
pub fn troubles() -> impl Iterator<Item = &'static str> {
    trouble::Kind::ALL.iter().map(|kind| kind.word())
}

#[cfg(test)]
mod tests;
