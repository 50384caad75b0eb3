//! The activation state machine: checked exhaustively, and replayed against the issuer.
#![cfg(test)]

#[path = "../e2e/wire.rs"]
#[expect(dead_code, reason = "the flows over HTTP need more of it")]
mod wire;

mod checker;
mod exhaustive;
mod replay;
mod traces;
