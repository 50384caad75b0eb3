//! Flows over real HTTP, one file each.

mod wire;

mod activation;
mod confirmation;
mod devices;
mod grant_expiry;
mod layers;
mod reissue;
mod restart;
mod retry;
mod store;
mod wrong_code;
