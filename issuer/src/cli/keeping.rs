//! What keeps an installation: backups, restoring one, and a new master secret.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{PIN_REFUSED, refused};
use crate::app::{AppError, Surroundings};
use crate::backup::{self, BackupError, Books};
use crate::config::Given;
use crate::keeping::{self, Rests};
use crate::master_secret::MasterSecret;

pub(super) const BACKUP_HELP: &str = "\
The issuer may run meanwhile. What was acknowledged before the command began is in the backup. It holds the master
secret and the CA's keys (sealed, if they are): keep it as you keep these. Keys in a PKCS#11 token stay there: the
backup holds what refers to them.

Exit codes: 0 done, 1 nothing was written, 2 usage.";

pub(super) const RESTORE_HELP: &str = "\
Every file's digest, the database's integrity, the keys and the audit chain are checked before the folder appears.
What was issued between the backup and the loss is unknown afterwards: see `issuer authority orphans`.

Exit codes: 0 done, 1 there is no new folder, 2 usage.";

#[derive(clap::Args)]
pub(super) struct BackupArgs {
    /// The folder to make
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Keys, secret and settings alone: the books are backed up beside this
    #[arg(long)]
    without_database: bool,
}

#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
}

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Follow the master secret by a fresh one; codes that are out count on. To be done while no issuer runs
    Change {
        #[command(flatten)]
        given: Given,
    },
    /// Forget the secrets that this one has followed; refused while something rests on them
    Forget {
        #[command(flatten)]
        given: Given,
        /// Also if slips, tokens or phones are lost by that
        #[arg(long)]
        anyway: bool,
    },
}

pub(super) fn backup(given: &Given, settings: Option<&Path>, args: &BackupArgs, json: bool) -> ExitCode {
    let Surroundings { clock, entropy } = Surroundings::system();
    let with_books = !args.without_database;
    match backup::make(given, settings, with_books, &args.to, clock.now(), &*entropy) {
        Err(error) => failed("back up", &error),
        Ok(made) => {
            if json {
                println!(
                    "{}",
                    json!({ "backup": made.folder, "bytes": made.bytes, "manifest": made.manifest })
                );
            } else {
                println!("backup        {} ({} bytes)", made.folder.display(), made.bytes);
                if let Some(entries) = made.manifest.audit_entries {
                    println!("audit trail   {entries} entries");
                }
            }
            for token in &made.manifest.keys_in_tokens {
                eprintln!(
                    "hint: the CA keys in the PKCS#11 token {token:?} are not in it, only what refers to them: back \
                     the token up by its own means"
                );
            }
            if made.manifest.books == Books::Elsewhere {
                eprintln!("hint: the books are not in it: run pg_dump --format=custom beside this");
            }
            ExitCode::SUCCESS
        }
    }
}

pub(super) async fn restore(given: &Given, args: &RestoreArgs, json: bool) -> ExitCode {
    match backup::restore(&args.from, given, &Surroundings::system()).await {
        Err(error) => failed("restore", &error),
        Ok(restored) => {
            let made_at = restored.manifest.made_at;
            for token in &restored.manifest.keys_in_tokens {
                eprintln!(
                    "hint: the CA keys are in the PKCS#11 token {token:?}, which was found; they were not in the backup"
                );
            }
            if json {
                let (data, entries) = (&restored.folder, restored.audit_entries);
                println!("{}", json!({ "data": data, "backup_of": made_at, "audit_entries": entries }));
            } else {
                println!("data folder   {}", restored.folder.display());
                println!("as it was at  {made_at}");
                println!("audit trail   whole, {} entries", restored.audit_entries);
            }
            eprintln!(
                "hint: cards that were activated after {made_at} are unknown here: give their serial numbers from the \
                 logs to `issuer authority orphans`, and tell the schools (shared/docs/operations.md)"
            );
            ExitCode::SUCCESS
        }
    }
}

pub(super) async fn secret(command: SecretCommand, file: &Given, json: bool) -> Result<ExitCode, AppError> {
    let surroundings = Surroundings::system();
    match command {
        SecretCommand::Change { given } => {
            let data = given.or(file.clone()).data_dir();
            let now = surroundings.clock.now();
            MasterSecret::read(&data)?.changed(now, &*surroundings.entropy).write(&data)?;
            if json {
                println!("{}", json!({ "changed_at": now }));
            } else {
                println!("master secret changed at {now}");
            }
            eprintln!("hint: start the issuer; people sign in again, slips and tokens go on as they are");
            Ok(ExitCode::SUCCESS)
        }
        SecretCommand::Forget { given, anyway } => {
            let given = given.or(file.clone());
            let secret = MasterSecret::read(&given.data_dir())?;
            let (earlier, Some(changed_at)) = secret.followed() else {
                println!("nothing to forget");
                return Ok(ExitCode::SUCCESS);
            };
            let rests = keeping::rests_on(&given, changed_at, surroundings.clock.now()).await?;
            if rests != Rests::default() && !anyway {
                let Rests { slips, tokens, phones, changed } = rests;
                let why = if changed {
                    format!("{slips} open slips, {tokens} API tokens and {phones} phones rest on it")
                } else {
                    "no issuer was started since it was changed".to_owned()
                };
                return Ok(refused("forget the earlier secret", &why));
            }
            secret.forgetting().write(&given.data_dir())?;
            if json {
                println!("{}", json!({ "forgotten": earlier }));
            } else {
                println!("forgotten     {earlier}");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn failed(act: &str, error: &BackupError) -> ExitCode {
    let code = refused(act, error);
    match error {
        BackupError::App(error) if error.is_about_pin() => ExitCode::from(PIN_REFUSED),
        _ => code,
    }
}
