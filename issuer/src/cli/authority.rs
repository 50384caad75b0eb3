//! The certificate authority: what it has, a new issuing authority, new keys below it, and certificates that the books
//! do not know.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use shared::x509::serial::SerialNumber;

use super::refused;
use crate::app::{self, AppError, Surroundings};
use crate::authority::{Authority, RollOverOptions};
use crate::config::Given;
use crate::keeping;

#[derive(Subcommand)]
pub(super) enum AuthorityCommand {
    /// What signs, when it ends, and where its key is
    Show {
        #[command(flatten)]
        given: Given,
    },
    /// Add an issuing authority, which signs new cards from the next start on; old cards stay valid, their lists go on
    RollOver {
        #[command(flatten)]
        given: Given,
        /// Its name; must not say less than that it is a simulator
        #[arg(long)]
        name: Option<String>,
        /// How long it lives; at most as long as the root
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i16).range(1..=30))]
        years: i16,
    },
    /// Give everything that signs below the issuing authorities a new key, used from the next start on
    RenewSigners {
        #[command(flatten)]
        given: Given,
    },
    /// Put serial numbers that the books do not know on the revocation list: cards issued after a backup that had to
    /// be restored
    Orphans {
        #[command(flatten)]
        given: Given,
        /// A file with one hexadecimal serial number a line, as the logs have them; `-` for the standard input
        #[arg(value_name = "FILE")]
        serials: PathBuf,
    },
}

pub(super) async fn run(command: AuthorityCommand, file: &Given, json: bool) -> Result<ExitCode, AppError> {
    let surroundings = Surroundings::system();
    let entropy = &*surroundings.entropy;
    match command {
        AuthorityCommand::Show { given } => {
            let given = given.or(file.clone());
            let folder = app::authority_path(&given.data_dir());
            show(&Authority::open(&folder, &app::key_store(&given)?, entropy)?, json)?;
        }
        AuthorityCommand::RollOver { given, name, years } => {
            let given = given.or(file.clone());
            let (keys, folder) = (app::key_store(&given)?, app::authority_path(&given.data_dir()));
            let old = Authority::open(&folder, &keys, entropy)?;
            let mut options = RollOverOptions::usual(&old, surroundings.clock.now(), years);
            options.keys = keys;
            options.issuing_name = name.unwrap_or(options.issuing_name);
            show(&Authority::roll_over(&folder, &options, entropy)?, json)?;
            eprintln!(
                "hint: start the issuer again; then make a backup, and give the root's key back to its safe"
            );
        }
        AuthorityCommand::RenewSigners { given } => {
            let given = given.or(file.clone());
            let (keys, folder) = (app::key_store(&given)?, app::authority_path(&given.data_dir()));
            show(&Authority::renew_signers(&folder, &keys, entropy)?, json)?;
            eprintln!("hint: start the issuer again");
        }
        AuthorityCommand::Orphans { given, serials } => {
            let read = if serials.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin())
            } else {
                std::fs::read_to_string(&serials)
            };
            let text = read.map_err(|cause| AppError::Disk { path: serials, cause })?;
            let mut numbers = Vec::new();
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                match line.parse::<SerialNumber>() {
                    Ok(number) => numbers.push(number),
                    Err(_) => return Ok(refused("read the serial numbers", &format!("{line:?} is none"))),
                }
            }
            let outcome = keeping::revoke_orphans(&given.or(file.clone()), numbers, &surroundings).await?;
            if json {
                println!("{}", json!({ "known": outcome.known, "revoked": outcome.revoked }));
            } else {
                println!("known         {}\nrevoked       {}", outcome.known, outcome.revoked);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(authority: &Authority, json: bool) -> Result<(), AppError> {
    let mut all = Vec::new();
    for (which, end) in authority.ends() {
        let home = authority.key_home(&which)?;
        all.push((which, end, home.to_string()));
    }
    if json {
        let ends: Vec<_> = all
            .into_iter()
            .map(|(which, end, key)| json!({ "which": which, "ends": end, "key": key }))
            .collect();
        println!("{}", json!({ "generation": authority.generation(), "ends": ends }));
    } else {
        println!("generation    {}", authority.generation());
        for (which, end, key) in all {
            println!("{which:<24} ends {end}   key: {key}");
        }
    }
    Ok(())
}
