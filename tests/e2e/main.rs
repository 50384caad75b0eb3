//! Flows over real HTTP, one file each.

mod activation;
mod layers;
mod store;
