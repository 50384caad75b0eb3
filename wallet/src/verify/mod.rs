//! The inspector's side.
//!
//! - [`offline`] codes, by what the device has with it
//! - [`folder`] what it has with it, on disk
//! - [`update`] what it fetches before it goes where no network is
//! - [`online`] the verifier asks phones, by OpenID4VP 1.0

pub mod folder;
pub mod offline;
pub mod online;
pub mod update;
