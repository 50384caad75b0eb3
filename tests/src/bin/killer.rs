//! Kills issuers under load and looks whether everything that was promised still holds; see [`tests::killer`].
//! Told by `MLEG_RUN_AS` to be `issuer` or `wallet`, it is that program.
#![expect(clippy::print_stdout, reason = "a program for whoever sits before it")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use issuer::app::{SystemClock, SystemEntropy};
use tests::killer::{Plan, run};
use tests::postgres;
use tests::process::run_as;
use wallet::commands::Machine;

/// Kills issuers (SIGKILL) while phones and an office keep them busy; after each kill the issuer is started again and
/// everything that was promised is checked. Exit code 0 if all of it held.
#[derive(Parser)]
#[command(name = "killer", version)]
struct Cli {
    /// How many kills
    #[arg(long, default_value_t = 500)]
    kills: u64,
    /// On which database; a PostgreSQL server is started for the run
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// What chance begins with
    #[arg(long, env = "MLEG_KILLER_SEED", default_value_t = 1)]
    seed: u64,
    /// How many issuers share the database; more than one on PostgreSQL only
    #[arg(long, default_value_t = 1)]
    issuers: usize,
    /// Pupils of each of the two schools
    #[arg(long, default_value_t = 8)]
    pupils: u16,
    /// The longest time between two kills, in milliseconds
    #[arg(long, default_value_t = 600)]
    load: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    if let Some(code) = run_as("issuer", issuer::cli::run) {
        return code;
    }
    let phone = || {
        wallet::commands::main(Machine {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            show_address: Arc::new(|address| println!("{address}")),
        })
    };
    if let Some(code) = run_as("wallet", phone) {
        return code;
    }
    killer(&Cli::parse())
}

fn killer(cli: &Cli) -> ExitCode {
    let database = match cli.database {
        Database::Sqlite if cli.issuers > 1 => {
            println!("several issuers share a PostgreSQL database, not a file");
            return ExitCode::from(2);
        }
        Database::Sqlite => None,
        Database::Postgres => match postgres::fresh_database() {
            Some(address) => Some(address),
            None => return ExitCode::from(2),
        },
    };
    let Ok(program) = std::env::current_exe() else { return ExitCode::from(2) };
    let plan = Plan {
        program,
        database,
        issuers: cli.issuers.max(1),
        kills: cli.kills,
        pupils: cli.pupils,
        load: Duration::from_millis(cli.load),
        seed: cli.seed,
        sabotage: None,
    };
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::from(2) };
    let report = runtime.block_on(run(&plan, |line| println!("{line}")));
    println!("{report}");
    if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
