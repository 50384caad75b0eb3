//! issuer.
fn main() {}
