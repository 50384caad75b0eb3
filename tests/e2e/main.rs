//! Flows over real HTTP, one file each.

mod wire;

mod activation;
mod layers;
mod store;
mod wrong_code;
