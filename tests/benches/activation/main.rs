//! Whole activations against an issuer that is a process of its own: how many a second, how long each takes, and what
//! it costs the issuer's processor beside the bare signatures that it cannot do without. See `shared/docs/performance.md`.
//!
//! ```text
//! cargo bench -p tests --bench activation                      # SQLite and PostgreSQL; 1, 8 and 64 clients
//! cargo bench -p tests --bench activation -- --pinned          # issuer on one core, load on the other; cfssl beside it
//! cargo bench -p tests --bench activation -- --grown 1000,100000,5000000   # the same with so many cards in the books
//! cargo bench -p tests --bench activation -- --count 400 --clients 8 --database sqlite
//! ```
//!
//! An activation is: offer, token, nonce, credential, each acknowledged only when it is on disk. Every client reads the
//! metadata once, as a wallet that keeps them does. The result is a table in Markdown.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that fails shall say where")]

mod cpu;
mod floor;
mod grown;
mod issuer_process;
mod line;
mod load;
mod peer;
mod phone;
mod report;
mod school;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tests::process::run_as;

use crate::floor::Floor;
use crate::issuer_process::IssuerProcess;
use crate::load::Load;
use crate::phone::Wallet;

/// What the issuer's program allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the issuer's books are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    /// The embedded one.
    Sqlite,
    /// A server on this machine, made for this run.
    Postgres,
}

/// Measures whole activations.
#[derive(Debug, Parser)]
struct Options {
    /// Activations of each line of the table
    #[arg(long, default_value_t = 3000)]
    count: usize,
    /// Activations before the first line, not counted
    #[arg(long, default_value_t = 300)]
    warm_up: usize,
    /// How many phones at once
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    clients: Vec<usize>,
    /// Which databases
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Database::Sqlite, Database::Postgres])]
    database: Vec<Database>,
    /// Issuer on core 0, load on core 1; and cfssl's bare signatures on the same cores
    #[arg(long)]
    pinned: bool,
    /// A connection for each activation, as when every phone is another one
    #[arg(long)]
    connect_each: bool,
    /// Instead: how an issuer fares, on the embedded database, that has issued so many cards already
    #[arg(long, value_delimiter = ',')]
    grown: Vec<u32>,
    /// With that: so many places on status lists a card, at most twelve. Fewer, and millions of cards fit on a smaller disk
    #[arg(long, default_value_t = 12)]
    places: u32,
    /// Leave out the lines with DPoP (RFC 9449)
    #[arg(long)]
    without_dpop: bool,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // The issuer's own program, in the profile that this one was built in.
    if let Some(code) = run_as("issuer", issuer::cli::run) {
        return code;
    }
    let options = Options::parse();
    if options.pinned && !cpu::runs_on_load_core() {
        return cpu::again_on_load_core();
    }
    // One thread: the load is to leave the machine to the issuer.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&options));
    ExitCode::SUCCESS
}

async fn measure(options: &Options) {
    tests::world::crypto_provider();
    let floor = Floor::measure();
    println!("{}", report::machine());
    println!("{floor}");
    if !options.grown.is_empty() {
        println!("{}", grown::HEAD);
        for cards in &options.grown {
            let load =
                Load { wallet: Wallet::Standard, clients: 8, count: options.count, connect_each: false };
            println!("{}", grown::line(*cards, options.places, load, options.warm_up).await);
        }
        return;
    }
    println!("{}", report::HEAD);
    let mut best = 0.0_f64;
    for database in &options.database {
        let Some(issuer) = IssuerProcess::start(*database, options.pinned).await else { continue };
        for (wallet, clients) in lines(options) {
            let load = Load { wallet, clients, count: options.count, connect_each: options.connect_each };
            let slips = issuer.slips(options.count + options.warm_up).await;
            let measured = load.run(&issuer, slips, options.warm_up).await;
            best = best.max(measured.per_second());
            println!("{}", report::line(*database, &load, &measured, &floor));
        }
    }
    if options.pinned {
        match peer::measure(8, options.count).await {
            Some(peer) => println!("\n{}", report::peer(&peer, best)),
            None => println!("\ncfssl is not installed (Debian: golang-cfssl): its figure was skipped."),
        }
    }
}

/// Lines of the table: a standard wallet at every number of clients, and ours, which proves its key with every
/// request, at eight.
fn lines(options: &Options) -> Vec<(Wallet, usize)> {
    let mut lines: Vec<_> = options.clients.iter().map(|clients| (Wallet::Standard, *clients)).collect();
    if !options.without_dpop {
        lines.push((Wallet::WithDpop, 8));
    }
    lines
}
