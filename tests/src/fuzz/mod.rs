//! What strangers may send, thrown at the readers: one function a [`Target`], from any bytes to an assertion.
//!
//! Each asserts that nothing panics, that what was read survives being written and read again, and that whatever passes
//! for genuine at [`known::now`] is, byte for byte, one of the inputs that were made so (`fuzz/corpus/TARGET/good-*`).
//!
//! Three programs run them: `tests/fuzz_replay` in every test run, `cargo run -p tests --example fuzz` for as long as one
//! likes, and libFuzzer with coverage (`tests/fuzz`), which compiles this folder without the rest of the crate.

pub mod known;
pub mod mutate;

mod card;
mod codes;
mod jose;
mod office;
mod pki;
mod statements;
mod vci;
mod vp;

pub use card::card_data;
pub use codes::{holder_code, qr};
pub use jose::{dpop, jose, key_proof};
pub use office::{letter, photo, table};
pub use pki::{certificate, crl, ocsp_answer, ocsp_request};
pub use statements::{sd_jwt, status_token, trust_list};
pub use vci::{offer, vci};
pub use vp::{dcql, request_link, request_object, response};

/// A reader under fire.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// What is done with the bytes.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 22] = [
    Target { name: "card_data", run: card_data },
    Target { name: "certificate", run: certificate },
    Target { name: "crl", run: crl },
    Target { name: "dcql", run: dcql },
    Target { name: "dpop", run: dpop },
    Target { name: "holder_code", run: holder_code },
    Target { name: "jose", run: jose },
    Target { name: "key_proof", run: key_proof },
    Target { name: "letter", run: letter },
    Target { name: "ocsp_answer", run: ocsp_answer },
    Target { name: "ocsp_request", run: ocsp_request },
    Target { name: "offer", run: offer },
    Target { name: "photo", run: photo },
    Target { name: "qr", run: qr },
    Target { name: "request_link", run: request_link },
    Target { name: "request_object", run: request_object },
    Target { name: "response", run: response },
    Target { name: "sd_jwt", run: sd_jwt },
    Target { name: "status_token", run: status_token },
    Target { name: "table", run: table },
    Target { name: "trust_list", run: trust_list },
    Target { name: "vci", run: vci },
];
