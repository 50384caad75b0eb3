//! QR codes: drawing them for slips and screens, reading them from pictures.
//!
//! Both sides share this: the issuer draws what the wallet scans, and each reads what the other shows.

pub mod frame;
pub mod render;
pub mod scan;

mod containment;
mod hint;
mod lattice;
mod picture;
mod reading;
mod rqrr_reader;
mod rxing_reader;
mod search;
mod view;

#[cfg(test)]
mod studio;
#[cfg(test)]
mod tests;
