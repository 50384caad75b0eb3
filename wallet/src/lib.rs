//! A simulated mObywatel phone: holder of the mobile school card.
//!
//! The modules stand in the order in which a phone comes to life.

pub mod app_kind;
pub mod device;
pub mod pin;
pub mod secure_element;

pub mod store;

pub mod documents;
pub mod phone;

pub mod online;
pub mod transport;

pub mod trust;

pub mod acquire;
pub mod junior;
pub mod revocation;
pub mod verify_card;

pub mod show;
pub mod standing;

pub mod delete;
pub mod refresh;

pub mod present;
pub mod verify;

pub mod screen;

pub mod cli;
pub mod commands;

mod hex_name;
mod home;
mod sealed_box;

pub use hex_name::HexNameError;

#[cfg(test)]
mod testing;
