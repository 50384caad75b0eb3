//! Flows over real HTTP, one file each.

mod wire;

mod activation;
mod devices;
mod grant_expiry;
mod layers;
mod restart;
mod retry;
mod store;
mod wrong_code;
