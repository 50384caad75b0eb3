//! What the program does: each command opens the phone, calls the library and says what came of it.

mod activate;
mod ask;
mod code;
mod context;
mod delete;
mod failure;
mod init;
mod list;
mod output;
mod pin;
mod present;
mod receipts;
mod refresh;
mod scan;
mod screen;
mod show;
mod sign_in;
mod trust;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use shared::clock::Clock;
use shared::entropy::Entropy;
use url::Url;

use self::context::Context;
use self::failure::Failure;
use self::output::{Reply, print};
use crate::cli::{Cli, Command};

/// What the machine lends the program.
pub struct Machine {
    /// Its clock: judges delays after wrong PINs, and everything else unless `--now` is given.
    pub clock: Arc<dyn Clock>,
    /// Its randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who shows an address to the person at this machine, and to nobody else: a sign-in's, to be opened in a browser, or
    /// a verifier's question, to be handed to a phone. Both hold secrets.
    pub show_address: Arc<dyn Fn(&Url) + Send + Sync>,
}

/// The exit codes; see [`cli`](crate::cli).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Machine = 1,
    Usage = 2,
    RefusedByIssuer = 3,
    RefusedByWallet = 4,
    CannotReach = 5,
    UnreadableQr = 6,
}

/// Reads the command line, does what it says, and yields the exit code.
pub fn main(machine: Machine) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; everything else is one of usage.
            let _printed = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { Exit::Done as u8 });
        }
    };
    let json = cli.global.json;
    let runtime = match &cli.command {
        // Many phones at once, and frames from cameras.
        Command::Screen(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(cli, machine)),
        Err(_) => Err(Failure::new(Exit::Machine, "runtime", "cannot start: no threads are to be had")),
    };
    ExitCode::from(print(outcome, json) as u8)
}

/// Does what one command line says, program's name first, and yields the exit code: for a test that embeds the program,
/// holding the browser's end of a sign-in. Needs a runtime.
pub async fn run_line<T>(line: impl IntoIterator<Item = T>, machine: Machine) -> u8
where
    T: Into<OsString> + Clone,
{
    let exit = match Cli::try_parse_from(line) {
        Ok(cli) => {
            let json = cli.global.json;
            print(run(cli, machine).await, json)
        }
        Err(_) => Exit::Usage,
    };
    exit as u8
}

async fn run(cli: Cli, machine: Machine) -> Result<Reply, Failure> {
    let context = Context::new(cli.global, machine)?;
    match cli.command {
        Command::Init(options) => init::run(&context, options).await,
        Command::Trust(options) => trust::run(&context, options).await,
        Command::Scan(options) => scan::run(options).await,
        Command::Activate(options) => activate::run(&context, options).await,
        Command::SignIn(options) => sign_in::run(&context, options).await,
        Command::List => list::run(&context).await,
        Command::Show(options) => show::run(&context, options).await,
        Command::Refresh(options) => refresh::run(&context, options).await,
        Command::Delete(options) => delete::run(&context, options).await,
        Command::Present(options) => present::run(&context, options).await,
        Command::Receipts => receipts::run(&context).await,
        Command::Verify(options) => verify::run(&context, *options).await,
        Command::Pin(options) => pin::run(&context, options).await,
        Command::Screen(options) => screen::run(&context, options).await,
    }
}
