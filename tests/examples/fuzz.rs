//! Fuzzes on stable Rust: `fuzz TARGET SECONDS [SEED]`, `fuzz all SECONDS`, or `fuzz TARGET FILE` for one input.
#![expect(clippy::panic, clippy::print_stdout, reason = "a program for whoever sits before it")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tests::fuzz::mutate::{Chance, mutated};
use tests::fuzz::{TARGETS, Target, known};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, how, rest @ ..] = arguments.as_slice() else {
        panic!("usage: fuzz TARGET|all SECONDS [SEED], or fuzz TARGET FILE")
    };
    let targets: Vec<Target> =
        TARGETS.into_iter().filter(|target| name == "all" || target.name == name).collect();
    assert!(!targets.is_empty(), "no target is called {name}");
    let seed = rest.first().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64 << 32);
    for target in targets {
        match how.parse() {
            Ok(seconds) => fuzz(target, Duration::from_secs(seconds), seed),
            Err(_) => (target.run)(&std::fs::read(how).unwrap_or_else(|error| panic!("{how}: {error}"))),
        }
    }
}

/// Until the time is over, or something is found.
fn fuzz(target: Target, time: Duration, first: u64) {
    let corpus = known::corpus(target.name);
    let start = Instant::now();
    let mut seed = first;
    let mut slowest = Duration::ZERO;
    while start.elapsed() < time {
        let mut chance = Chance::new(seed);
        let (_, input) = &corpus[chance.below(corpus.len())];
        let (_, other) = &corpus[chance.below(corpus.len())];
        let bytes = mutated(input, other, &mut chance);
        let began = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes))).is_err() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!("target {} fails, seed {seed}, bytes {hex}", target.name);
        }
        slowest = slowest.max(began.elapsed());
        seed += 1;
    }
    println!("{}: {} inputs in {:?}, the slowest {slowest:?}", target.name, seed - first, start.elapsed());
}
