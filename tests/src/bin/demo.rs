//! The demo; see [`tests::demo`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tests::demo::{self, Options};

/// Plays the whole life of a mobile school card: issuer, office and phones on this machine.
#[derive(Parser)]
#[command(name = "demo", version)]
struct Cli {
    /// End after the story; the exit code is 0 only if every step held
    #[arg(long)]
    once: bool,
    /// Where the issuer listens; another port if it is taken
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the phones are served; another port if it is taken
    #[arg(long, default_value = "127.0.0.1:8090")]
    phones: SocketAddr,
    /// Keep keys, database, phones and pictures in this folder, which must not exist yet
    #[arg(long)]
    keep: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Draw a portrait of a pupil who does not exist, fit for an application
    Portrait {
        /// Where to: a JPEG file
        file: PathBuf,
        /// Which pupil
        #[arg(long, default_value_t = 1)]
        seed: u16,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Portrait { file, seed }) = cli.command {
        return match std::fs::write(&file, tests::office::drawn(seed, 700, 900)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {}: {error}", file.display());
                ExitCode::FAILURE
            }
        };
    }
    let temporary = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("error: there is no room for a temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    let folder = match cli.keep {
        Some(folder) if folder.exists() => {
            eprintln!("error: {} exists already", folder.display());
            return ExitCode::from(2);
        }
        Some(folder) => folder,
        None => temporary.path().to_owned(),
    };
    let played = tokio::spawn(async move { demo::play(&Options { folder, listen: cli.listen }).await }).await;
    match played {
        Err(_) => ExitCode::FAILURE,
        Ok(_) if cli.once => ExitCode::SUCCESS,
        Ok(desk) => {
            demo::stay(desk, cli.phones).await;
            ExitCode::SUCCESS
        }
    }
}
