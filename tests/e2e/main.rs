//! Flows over real HTTP, one file each.

mod layers;
mod store;
