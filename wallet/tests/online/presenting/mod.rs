//! A phone and a verifier, over real connections on this machine: OpenID4VP 1.0 in both directions.

mod bad_answers;
mod bad_requests;
mod clocks;
mod good;
mod privacy;
mod stage;
