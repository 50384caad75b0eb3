//! The command line: set up, serve, check; pupils in from a file, one out, and many cards off their phones.

mod authority;
mod books;
mod keeping;
mod staff;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::json;

use crate::app::{self, App, AppError, Surroundings};
use crate::audit::{self, ChainVerdict};
use crate::config::Given;
use crate::demo_school::accounts;
use crate::doctor::{self, Level};
use crate::http::{ISSUING_NAME, ROOT_PEM_NAME};
use crate::telemetry::LogFormat;

/// The issuer of mLegitymacja (a simulator): the school's office, the certificate authority and the service
/// that wallets talk to.
#[derive(Parser)]
#[command(name = "issuer", version, arg_required_else_help = true)]
struct Cli {
    /// Settings file (TOML); the command line and MLEG_* win over it
    #[arg(long, env = "MLEG_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// How a line of the log looks; MLEG_LOG sets the level
    #[arg(long, env = "MLEG_LOG_FORMAT", value_enum, default_value = "text", global = true)]
    log_format: LogFormat,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the data folder: keys, certificate authority, database, first account and API token
    Init {
        #[command(flatten)]
        given: Given,
        /// Login of the first account
        #[arg(long, default_value = "dyrektor")]
        login: String,
    },
    /// Listen
    Serve {
        #[command(flatten)]
        given: Given,
    },
    /// Say what is wrong with a set-up
    Check {
        #[command(flatten)]
        given: Given,
    },
    /// Accounts of staff, and their API tokens
    Staff {
        #[command(subcommand)]
        command: staff::StaffCommand,
    },
    /// Enter many pupils of a school from a CSV or XLSX file, as the office's page does
    #[command(after_help = books::IMPORT_HELP)]
    Import {
        #[command(flatten)]
        given: Given,
        #[command(flatten)]
        import: books::ImportArgs,
    },
    /// Write all that is kept on a pupil as JSON, as the office's page does; that it was taken out is recorded
    #[command(after_help = books::EXPORT_HELP)]
    Export {
        #[command(flatten)]
        given: Given,
        #[command(flatten)]
        export: books::ExportArgs,
    },
    /// Revoke the cards of a school, a class or everybody, on all their devices
    #[command(after_help = books::REVOKE_HELP)]
    Revoke {
        #[command(flatten)]
        given: Given,
        #[command(flatten)]
        revoke: books::RevokeArgs,
    },
    /// Copy everything that another machine needs to go on, while the issuer runs
    #[command(after_help = keeping::BACKUP_HELP)]
    Backup {
        #[command(flatten)]
        given: Given,
        #[command(flatten)]
        backup: keeping::BackupArgs,
    },
    /// Put a backup into a new data folder, after checking it
    #[command(after_help = keeping::RESTORE_HELP)]
    Restore {
        #[command(flatten)]
        given: Given,
        #[command(flatten)]
        restore: keeping::RestoreArgs,
    },
    /// The certificate authority's keys
    Authority {
        #[command(subcommand)]
        command: authority::AuthorityCommand,
    },
    /// The master secret
    Secret {
        #[command(subcommand)]
        command: keeping::SecretCommand,
    },
    /// The audit trail
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the whole hash chain and say whether anything is missing or changed
    Verify {
        #[command(flatten)]
        given: Given,
    },
}

/// Exit code when a token refused its PIN (EX_NOPERM of sysexits.h): not to be started again by itself.
const PIN_REFUSED: u8 = 77;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    run_from(std::env::args_os())
}

/// Runs a command line, the program's name first.
pub fn run_from(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = Cli::parse_from(line);
    crate::telemetry::start(cli.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            let code = fail(&format!("cannot run the issuer: {error}"));
            // Whoever starts what has failed again would lock the token.
            if error.is_about_pin() { ExitCode::from(PIN_REFUSED) } else { code }
        }
    }
}

/// Says why something was not done.
fn refused(act: &str, why: &impl std::fmt::Display) -> ExitCode {
    fail(&format!("cannot {act}: {why}"))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(1)
}

async fn dispatch(cli: Cli) -> Result<ExitCode, AppError> {
    let file = match &cli.config {
        Some(path) => Given::from_file(path)?,
        None => Given::default(),
    };
    match cli.command {
        Command::Init { given, login } => init(given.or(file), &login, cli.json).await,
        Command::Serve { given } => serve(given.or(file), cli.json).await,
        Command::Check { given } => check(given.or(file), cli.json).await,
        Command::Staff { command } => staff::run(command, &file, cli.json).await,
        Command::Import { given, import } => books::import(given.or(file), import, cli.json).await,
        Command::Export { given, export } => books::export(given.or(file), export, cli.json).await,
        Command::Revoke { given, revoke } => books::revoke(given.or(file), revoke, cli.json).await,
        Command::Backup { given, backup } => {
            let (given, settings) = (given.or(file), cli.config);
            let made = move || keeping::backup(&given, settings.as_deref(), &backup, cli.json);
            Ok(tokio::task::spawn_blocking(made).await.unwrap_or(ExitCode::FAILURE))
        }
        Command::Restore { given, restore } => {
            Ok(keeping::restore(&given.or(file), &restore, cli.json).await)
        }
        Command::Authority { command } => authority::run(command, &file, cli.json).await,
        Command::Secret { command } => keeping::secret(command, &file, cli.json).await,
        Command::Audit { command: AuditCommand::Verify { given } } => verify(given.or(file), cli.json).await,
    }
}

async fn init(given: Given, login: &str, json: bool) -> Result<ExitCode, AppError> {
    let first = app::init(&given, app::passphrase(&given)?, login, &Surroundings::system()).await?;
    if !json {
        println!("data folder   {}", given.data_dir().display());
    }
    staff::show(&first, json);
    if !json {
        eprintln!(
            "hint: password and token are shown this once; next: issuer serve --data {}",
            given.data_dir().display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(given: Given, json: bool) -> Result<ExitCode, AppError> {
    let app = App::open(&given, &Surroundings::system()).await?;
    let issuer = app.settings().issuer().to_string();
    // Beside the issuing certificate, which may be served from an address of its own.
    let root = app.settings().pki().ca_issuers().replace(ISSUING_NAME, ROOT_PEM_NAME);
    let sandbox = app.settings().sandbox();
    let running = app.start()?;
    if json {
        println!("{}", json!({ "issuer": issuer, "sandbox": sandbox }));
    } else {
        println!("issuer        {issuer}");
        println!("office        {issuer}/office");
        println!("portal        {issuer}/portal");
        println!("staff API     {issuer}/api");
        println!("root          {root}");
        if sandbox {
            println!("sandbox       {issuer}/sandbox/clock");
            println!("demo schools  sp0.sekretariat, zsn.uczen and others; password {}", accounts::PASSWORD);
        }
    }
    if let Some(address) = running.metrics_address() {
        tracing::info!(%address, "figures for Prometheus");
    }
    let stop = running.stopper();
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: what has begun is finished");
        stop.stop();
    });
    running.finished().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or a polite request to end.
async fn stop_signal() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}

async fn check(given: Given, json: bool) -> Result<ExitCode, AppError> {
    let findings = doctor::examine(&given, &Surroundings::system()).await;
    let sound = findings.iter().all(|finding| finding.problem.is_none() || finding.level == Level::Advice);
    if json {
        let lines: Vec<_> = findings
            .iter()
            .map(|f| json!({ "check": f.check, "level": f.level.word(), "problem": f.problem, "hint": f.hint }))
            .collect();
        println!("{}", json!({ "sound": sound, "findings": lines }));
    } else {
        for finding in &findings {
            match &finding.problem {
                None => println!("ok     {}", finding.check),
                Some(problem) => {
                    println!("{:<6} {}: {problem}", finding.level.word().to_uppercase(), finding.check);
                    println!("       hint: {}", finding.hint);
                }
            }
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn verify(given: Given, json: bool) -> Result<ExitCode, AppError> {
    let store = crate::app::open_store(&given).await?;
    let verdict = audit::verify(&store).await?;
    let (whole, line) = match verdict {
        ChainVerdict::Whole { entries, head } => {
            let head = head.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            (true, json!({ "whole": true, "entries": entries, "head": head }))
        }
        ChainVerdict::Broken { position } => (false, json!({ "whole": false, "first_wrong": position })),
    };
    if json {
        println!("{line}");
    } else if whole {
        println!("whole: {} entries, head {}", line["entries"], line["head"].as_str().unwrap_or_default());
    } else {
        println!("BROKEN at entry {}", line["first_wrong"]);
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
