//! Searches the activation model exhaustively within wider bounds than CI has time for, and prints what was found:
//! `cargo run --release -p tests --example model -- [NAME…] [--grants N] [--devices N] …`.

#[path = "../model/checker.rs"]
mod checker;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::model::Config;

#[derive(Parser)]
struct Options {
    /// Which configurations; all of them without.
    names: Vec<String>,
    /// Phones that know the code: 1 or 2.
    #[arg(long)]
    phones: Option<u8>,
    /// Slips.
    #[arg(long)]
    grants: Option<usize>,
    /// Devices.
    #[arg(long)]
    devices: Option<usize>,
    /// Certificates.
    #[arg(long)]
    certificates: Option<usize>,
    /// Requests between their commits.
    #[arg(long)]
    requests: Option<usize>,
    /// Steps of time.
    #[arg(long)]
    ticks: Option<u8>,
    /// Confirmations of the base card.
    #[arg(long)]
    confirmations: Option<u8>,
    /// Wrong codes until a slip is dead.
    #[arg(long)]
    failures: Option<u8>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let mut sound = true;
    for (name, mut config) in Config::named() {
        if !options.names.is_empty() && !options.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let bounds = &mut config.bounds;
        bounds.phones = options.phones.unwrap_or(bounds.phones);
        bounds.grants = options.grants.unwrap_or(bounds.grants);
        bounds.devices = options.devices.unwrap_or(bounds.devices);
        bounds.certificates = options.certificates.unwrap_or(bounds.certificates);
        bounds.requests = options.requests.unwrap_or(bounds.requests);
        bounds.ticks = options.ticks.unwrap_or(bounds.ticks);
        bounds.confirmations = options.confirmations.unwrap_or(bounds.confirmations);
        bounds.failures = options.failures.unwrap_or(bounds.failures);
        let since = Instant::now();
        let verdict = checker::search(&config, options.threads, false);
        println!(
            "{name}: {} states, {} transitions, depth {}, {:.1} s",
            verdict.states,
            verdict.transitions,
            verdict.depth,
            since.elapsed().as_secs_f64()
        );
        for (invariant, path) in &verdict.broken {
            println!("  broken: {invariant}");
            path.iter().for_each(|action| println!("    {action:?}"));
        }
        for wish in &verdict.impossible {
            println!("  never seen: {wish}");
        }
        sound &= verdict.broken.is_empty() && verdict.impossible.is_empty();
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
