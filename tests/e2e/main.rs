//! Flows over real HTTP, one file each.
#![cfg(test)]

mod wire;

mod activation;
mod bad_input;
mod clock;
mod code;
mod confirmation;
mod copied_store;
mod deletion;
mod devices;
mod embedding;
mod expiry;
mod grant_expiry;
mod inspection_cli;
mod inspection_online;
mod junior;
mod junior_cli;
mod junior_wire;
mod layers;
mod os;
mod pages_file_names;
mod pages_forms;
mod pages_looking;
mod pages_paths;
mod pages_postgres;
mod pages_sign_in;
mod readme;
mod reissue;
mod restart;
mod retry;
mod revocation;
mod screen;
mod sd_jwt;
mod status;
mod store;
mod transfer;
mod trust;
mod void;
mod wrong_code;
