//! Flows over real HTTP, one file each.

mod wire;

mod activation;
mod clock;
mod confirmation;
mod deletion;
mod devices;
mod expiry;
mod grant_expiry;
mod layers;
mod reissue;
mod restart;
mod retry;
mod revocation;
mod store;
mod transfer;
mod void;
mod wrong_code;
