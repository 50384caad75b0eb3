//! Pupils into the books from a file, all that is kept on one of them out, and many cards off their phones.

use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use serde_json::json;

use crate::app::{AppError, Surroundings};
use crate::books::{Books, BooksError, Imported, Scope};
use crate::config::Given;
use crate::issuance::revocation::MANY_REASONS;
use crate::pages::office::imports::{refusal_text, rejected_csv};
use crate::pages::words::Lang;
use crate::store::tables::device::EndReason;
use crate::store::tables::import_batch::ImportState;

/// Exit code where some rows were rejected, or the office stopped it; the others were entered, unless it was a dry run.
const SOME_REJECTED: u8 = 3;

pub(super) const IMPORT_HELP: &str = "\
The table needs the columns of the office's template (Polish or English headings, in any order); CSV with comma,
semicolon or tab, in UTF-8 or windows-1250. Each row is entered whole or not at all. Nothing of a row is printed but
where it stands, the column and the reason; the rejected rows themselves go to --rejects, to be mended and sent again.

Exit codes: 0 every row entered (or would be), 1 nothing could be done, 2 usage, 3 some rows rejected, or stopped
in the office meanwhile. Where the database is lost on the way it is 1 too, and the rows entered by then stay.";

pub(super) const EXPORT_HELP: &str = "\
PUPIL is the id that stands at the end of the address of the pupil's page in the office.

Exit codes: 0 done, 1 nothing could be done, 2 usage.";

pub(super) const REVOKE_HELP: &str = "\
Each card is revoked on all its devices, with its open slips, and stands on the next revocation list; its people are
told as when the office revokes it. The issuer may run meanwhile. What breaks off is finished by the same command.
With --issued-before, cards stay whose devices all have a certificate from then or later.

Exit codes: 0 done, 1 nothing or not all could be done, 2 usage.";

#[derive(clap::Args)]
pub(super) struct RevokeArgs {
    /// RSPO of the school whose cards they are
    #[arg(long, value_name = "RSPO", required_unless_present = "all_schools")]
    school: Option<u32>,
    /// The cards of every school
    #[arg(long, conflicts_with = "school")]
    all_schools: bool,
    /// Only those of pupils in this class
    #[arg(long, value_name = "CLASS", requires = "school")]
    class: Option<String>,
    /// Only those on a device that has no certificate from this instant or later (2026-11-23T08:00:00Z)
    #[arg(long, value_name = "TIME")]
    issued_before: Option<Timestamp>,
    /// Why; `superseded` where all are to be issued anew
    #[arg(long, value_parser = reasons())]
    reason: EndReason,
    /// Say how many they are, and revoke none
    #[arg(long)]
    dry_run: bool,
}

/// The words of the reasons for which many cards are revoked.
fn reasons() -> impl TypedValueParser<Value = EndReason> {
    PossibleValuesParser::new(MANY_REASONS.map(EndReason::word))
        .try_map(|word| MANY_REASONS.into_iter().find(|reason| reason.word() == word).ok_or("no such reason"))
}

#[derive(clap::Args)]
pub(super) struct ImportArgs {
    /// The table of pupils: CSV or XLSX
    #[arg(value_name = "FILE")]
    table: PathBuf,
    /// RSPO of the school; not needed where there is only one
    #[arg(long, value_name = "RSPO")]
    school: Option<u32>,
    /// Say what would be entered and what is wrong with the rest, and enter nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the rejected rows to this new file, with why, to be mended and imported again
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Language of that file's headings and reasons
    #[arg(long, value_enum, default_value = "pl")]
    language: Language,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Pl,
    En,
}

#[derive(clap::Args)]
pub(super) struct ExportArgs {
    /// Whose: the pupil's id
    #[arg(value_name = "PUPIL")]
    pupil: String,
    /// Write to this new file, for its owner's eyes alone, rather than to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn import(given: Given, args: ImportArgs, json: bool) -> Result<ExitCode, AppError> {
    let books = Books::open(&given, &Surroundings::system()).await?;
    // Before anything is entered: whoever wants the rejected rows must be able to get them.
    let rejects = match args.rejects.as_deref().map(|path| Ok((path, new_file(path)?))).transpose() {
        Ok(rejects) => rejects,
        Err(error) => return Ok(refused("import", &error)),
    };
    let quiet = json || args.dry_run || !std::io::stderr().is_terminal();
    let mut progress = |done: usize, total: usize| {
        if !quiet {
            eprint!("\r{done} of {total} rows");
        }
    };
    let outcome = books.import(&args.table, args.school, args.dry_run, &mut progress).await;
    if !quiet {
        eprintln!();
    }
    let imported = match outcome {
        Ok(imported) => imported,
        Err(error) => {
            if let Some((path, _)) = rejects {
                // Nothing stands in it: an empty file would be in the way of the next try.
                let _ = std::fs::remove_file(path);
            }
            return Ok(refused("import", &error));
        }
    };
    let any = imported.file.batch.rejected > 0;
    let stopped = imported.file.batch.state == ImportState::Stopped;
    tell(&imported, &args, json);
    match rejects {
        Some((path, mut file)) if any => {
            let lang = match args.language {
                Language::Pl => Lang::Pl,
                Language::En => Lang::En,
            };
            let written = file.write_all(rejected_csv(&imported.file, lang).as_bytes());
            written.map_err(|cause| AppError::Disk { path: path.to_owned(), cause })?;
        }
        Some((path, _)) => drop(std::fs::remove_file(path)),
        None => {}
    }
    Ok(if any || stopped { ExitCode::from(SOME_REJECTED) } else { ExitCode::SUCCESS })
}

/// Says what came of it; of a row only where it stands, the column and the reason.
fn tell(imported: &Imported, args: &ImportArgs, json: bool) {
    let batch = &imported.file.batch;
    let entered = if args.dry_run { 0 } else { batch.accepted };
    let faults = imported.file.rejects.iter().flat_map(|(line, _, faults)| {
        faults.iter().map(move |fault| {
            let (code, message) =
                fault.code().map_or(("unknown", "unknown"), |code| (code.word(), code.message_en()));
            (*line, fault.column, code, message)
        })
    });
    if json {
        let faults: Vec<_> = faults
            .map(|(line, column, code, message)| {
                json!({ "line": line, "column": column, "code": code, "message": message })
            })
            .collect();
        let line = json!({
            "dry_run": args.dry_run, "rows": batch.total, "accepted": batch.accepted, "entered": entered,
            "rejected": batch.rejected, "stopped": batch.state == ImportState::Stopped,
            "unread_columns": imported.unread, "faults": faults,
        });
        println!("{line}");
        return;
    }
    for heading in &imported.unread {
        eprintln!("note: nothing is read below the heading “{heading}”");
    }
    for (line, column, _, message) in faults {
        println!("row {line:<6} {}: {message}", column.heading_en());
    }
    println!("rows          {}", batch.total);
    println!("{}      {}", if args.dry_run { "to enter" } else { "entered " }, batch.accepted);
    println!("rejected      {}", batch.rejected);
    if batch.state == ImportState::Stopped {
        eprintln!("note: it was stopped in the office; the rows after that were not entered");
    }
    match (&args.rejects, batch.rejected) {
        (_, 0) => {}
        (Some(path), _) => {
            eprintln!("hint: mend the rows in {} and import that file", path.display());
        }
        (None, _) => {
            eprintln!("hint: --rejects FILE writes the rejected rows, to be mended and imported again")
        }
    }
}

pub(super) async fn export(given: Given, args: ExportArgs, json: bool) -> Result<ExitCode, AppError> {
    let books = Books::open(&given, &Surroundings::system()).await?;
    let out = match args.out.as_deref().map(|path| Ok((path, new_file(path)?))).transpose() {
        Ok(out) => out,
        Err(error) => return Ok(refused("export", &error)),
    };
    let all = match books.export(&args.pupil).await {
        Ok(all) => all,
        Err(error) => {
            if let Some((path, _)) = out {
                let _ = std::fs::remove_file(path);
            }
            return Ok(refused("export", &error));
        }
    };
    // As the page writes it; with --json on one line, as everything else there.
    let text = if json { all.to_string() } else { format!("{all:#}") };
    match out {
        Some((path, mut file)) => {
            let written = file.write_all(text.as_bytes());
            written.map_err(|cause| AppError::Disk { path: path.to_owned(), cause })?;
        }
        None => println!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn revoke(given: Given, args: RevokeArgs, json: bool) -> Result<ExitCode, AppError> {
    let books = Books::open(&given, &Surroundings::system()).await?;
    let scope = match args.school {
        Some(school) => Scope::School(school, args.class),
        None => Scope::AllSchools,
    };
    let quiet = json || args.dry_run || !std::io::stderr().is_terminal();
    let mut progress = |done: usize| {
        if !quiet {
            eprint!("\r{done} cards");
        }
    };
    let before = args.issued_before.unwrap_or(Timestamp::MAX);
    let outcome = books.revoke(scope, before, args.reason, args.dry_run, &mut progress).await;
    if !quiet {
        eprintln!();
    }
    let cards = match outcome {
        Ok(cards) => cards,
        Err(error) => return Ok(refused("revoke", &error)),
    };
    if json {
        println!("{}", json!({ "dry_run": args.dry_run, "cards": cards }));
    } else {
        println!("{}     {cards}", if args.dry_run { "to revoke" } else { "revoked  " });
    }
    Ok(ExitCode::SUCCESS)
}

/// A new file with personal data, for its owner alone; one that is there is never written over.
fn new_file(path: &Path) -> Result<std::fs::File, BooksError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|cause| BooksError::Disk { path: path.to_owned(), cause })
}

/// Says why nothing was done, and what to do next.
fn refused(what: &str, error: &BooksError) -> ExitCode {
    match error {
        BooksError::Table(refusal) => eprintln!("error: cannot {what}: {}", refusal_text(refusal, Lang::En)),
        other => eprintln!("error: cannot {what}: {other}"),
    }
    match error {
        BooksError::UnknownSchool | BooksError::WhichSchool => {
            eprintln!(
                "hint: name the school with --school RSPO; the office and `GET /api/v1/schools` list them"
            );
        }
        BooksError::UnknownPupil => {
            eprintln!("hint: the id stands at the end of the address of the pupil's page in the office");
        }
        BooksError::Disk { cause, .. } if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            eprintln!("hint: a file that is there is not written over: name a new one");
        }
        BooksError::Disk { .. } => {
            eprintln!("hint: look whether the file is there and may be read or written")
        }
        BooksError::Table(_) => eprintln!("hint: the office's page “Import” has a template of the table"),
        BooksError::Import(_) | BooksError::Store(_) => {}
    }
    ExitCode::from(1)
}
