//! Flows over real HTTP, one file each.

mod wire;

mod activation;
mod confirmation;
mod devices;
mod expiry;
mod grant_expiry;
mod layers;
mod reissue;
mod restart;
mod retry;
mod store;
mod transfer;
mod void;
mod wrong_code;
