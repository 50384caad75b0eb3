//! wallet.
fn main() {}
