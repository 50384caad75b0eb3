//! The phone as a program; see [`wallet::cli`]. Here, and nowhere else, are the system's clock and randomness.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::entropy::Entropy;
use wallet::commands::{self, Machine};

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the composition root supplies the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the composition root supplies the system's randomness")]
    fn fill(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without randomness there are no keys, and nothing that could be done instead.
            std::process::abort();
        }
    }
}

fn main() -> ExitCode {
    commands::main(Machine {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        show_address: Arc::new(|address| eprintln!("{address}")),
    })
}
