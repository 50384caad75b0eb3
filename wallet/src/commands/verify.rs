//! `wallet verify`

use std::io::BufRead as _;
use std::path::Path;

use serde_json::{Value, json};
use shared::holder_code::code::PREFIX;
use shared::holder_code::{Content, Proves, Purpose};
use shared::presentation::verdict::{Check, Checked, Inspection, Outcome, Verdict};
use shared::qr::scan::ScanError;

use super::Exit;
use super::ask;
use super::context::{Context, read};
use super::failure::Failure;
use super::output::{Reply, line, say};
use crate::acquire::scan::ScanRefusal;
use crate::cli::Verify;
use crate::verify::folder::{FolderError, InspectorFolder, root};
use crate::verify::offline::Inspector;
use crate::verify::update::{UpdateError, update};

pub(super) async fn run(context: &Context, options: Verify) -> Result<Reply, Failure> {
    if let Some(purpose) = &options.ask.ask {
        return ask::run(context, &options, purpose).await;
    }
    let asked = options.purpose.as_deref().map(str::parse::<Purpose>).transpose();
    let asked = asked
        .map_err(|error| Failure::new(Exit::Usage, "bad_purpose", format!("cannot read purpose: {error}")))?;
    if !options.batch && options.images.is_empty() && options.text.is_empty() && options.offline {
        return Err(Failure::new(
            Exit::Usage,
            "nothing_to_verify",
            "which code? a picture, --text or --batch",
        ));
    }
    let mut inspector = prepared(context, &options).await?;
    keep_clock(context, &options, &mut inspector);
    let mut device = Device { context, inspector: &mut inspector, asked };
    if options.batch {
        for entry in std::io::stdin().lock().lines() {
            let entry =
                entry.map_err(|_| Failure::new(Exit::Machine, "stdin", "cannot read standard input"))?;
            if !entry.trim().is_empty() {
                line(&device.entry(entry.trim()).json.to_string());
            }
        }
        keep_clock(context, &options, &mut inspector);
        return Ok(Reply::new(Value::Null, ""));
    }
    let mut found: Vec<Found> = Vec::new();
    for image in &options.images {
        found.push(device.picture(image, read(image)?));
    }
    found.extend(options.text.iter().map(|text| device.text(text.trim())));
    // The worst of them decides: a picture that cannot be read is less than a code that is refused.
    let exit = found.iter().map(|found| found.exit).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Done);
    let text = if found.is_empty() {
        kept(&inspector)
    } else {
        found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>().join("\n")
    };
    let codes: Vec<_> = found.into_iter().map(|found| found.json).collect();
    Ok(Reply { json: json!({ "codes": codes }), text, exit })
}

/// What codes will be judged by, where none was judged.
fn kept(inspector: &Inspector) -> String {
    let list = inspector.trust().as_of.map_or("none".to_owned(), |at| format!("of {at}"));
    let time =
        inspector.correction().map_or("none".to_owned(), |correction| format!("of {}", correction.learnt()));
    let lists = inspector.status_lists().iter().count();
    format!("Up to date. List of roots: {list}; signed time: {time}; status lists: {lists}.")
}

/// The inspector with everything that the command line names, and with what is fetched.
pub(super) async fn prepared(context: &Context, options: &Verify) -> Result<Inspector, Failure> {
    let clock = || context.surroundings().clock.now();
    let folder = options.folder.as_ref().map(InspectorFolder::new);
    let mut inspector = Inspector::default();
    if options.clock_is_right {
        inspector = inspector.with_right_clock();
    }
    // The list in the folder may stand on roots that are named here.
    for file in &options.roots {
        inspector = inspector.believing(root(file)?);
    }
    if let Some(folder) = &folder {
        let (opened, aside) = folder.open_beside(inspector, clock())?;
        inspector = opened;
        if let Some(fault) = aside {
            say(&format!("warning: the list of roots in the folder is left aside: {fault}"));
        }
    }
    if let Some(file) = &options.trust_list {
        let text = utf8(file)?;
        inspector.take_kept_trust_list(&text).map_err(FolderError::from)?;
    }
    for file in &options.status_list {
        let text = utf8(file)?;
        inspector.take_status_list(&text, clock()).map_err(UpdateError::from)?;
    }
    // Who asks over a network fetches each status list when it is needed; roots are enough.
    let must_fetch = !options.offline && options.ask.ask.is_none();
    if must_fetch || options.trust_list_url.is_some() {
        let (Some(folder), Some(url)) = (&folder, &options.trust_list_url) else {
            let why = "where is the list of roots, and where is it kept? --trust-list-url and --folder, or --offline";
            return Err(Failure::new(Exit::Usage, "no_trust_list_url", why));
        };
        let updated = update(&mut inspector, folder, url, context.surroundings()).await?;
        if let Some(Err(error)) = updated.time {
            say(&format!("warning: the time was not learnt: {error}"));
        }
        for (uri, outcome) in updated.lists {
            if let Err(error) = outcome {
                say(&format!("warning: no status list from {uri}: {error}"));
            }
        }
    }
    Ok(inspector)
}

/// Keeps what this machine's clock shows, so that a later run notices if it was set back.
pub(super) fn keep_clock(context: &Context, options: &Verify, inspector: &mut Inspector) {
    inspector.has_seen(context.surroundings().clock.now());
    let Some((folder, correction)) = options.folder.as_ref().zip(inspector.correction()) else { return };
    if let Err(error) = InspectorFolder::new(folder).keep_clock(&correction) {
        say(&format!("warning: what the clock shows cannot be kept: {error}"));
    }
}

fn utf8(file: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(read(file)?).map_err(|_| FolderError::NotText)?;
    Ok(text.trim().to_owned())
}

/// The inspector at work.
struct Device<'a> {
    context: &'a Context,
    inspector: &'a mut Inspector,
    asked: Option<Purpose>,
}

/// What was found out about one code.
struct Found {
    json: Value,
    text: String,
    exit: Exit,
}

impl Device<'_> {
    /// A line of the batch: the text of a code, or the name of a picture.
    fn entry(&mut self, entry: &str) -> Found {
        if entry.starts_with(PREFIX) {
            return self.text(entry);
        }
        match std::fs::read(entry) {
            Ok(bytes) => self.picture(Path::new(entry), bytes),
            Err(_) => Found {
                json: json!({ "picture": entry, "error": "file_unreadable" }),
                text: String::new(),
                exit: Exit::Usage,
            },
        }
    }

    fn text(&mut self, text: &str) -> Found {
        let now = self.context.surroundings().clock.now();
        told(&self.inspector.verify(text, now, self.asked), None)
    }

    fn picture(&mut self, path: &Path, bytes: Vec<u8>) -> Found {
        let (shown, now) = (path.display().to_string(), self.context.surroundings().clock.now());
        match self.inspector.verify_picture(&bytes, now, self.asked) {
            Ok(inspection) => told(&inspection, Some(shown)),
            Err(error) => unread(&shown, error),
        }
    }
}

fn told(inspection: &Inspection<Content>, picture: Option<String>) -> Found {
    let exit = if inspection.verdict.is_valid() { Exit::Done } else { Exit::RefusedByWallet };
    let mut json = serde_json::to_value(&inspection.verdict).unwrap_or_default();
    if let Some(picture) = picture {
        json["picture"] = picture.into();
    }
    if let Some(content) = &inspection.disclosed {
        json["purpose"] = content.purpose().name().into();
        json["proves"] = json!(content.proves());
        json["disclosed"] = content.to_json();
    }
    Found { json, text: inspected(inspection), exit }
}

fn unread(picture: &str, error: ScanError) -> Found {
    let refusal = ScanRefusal::from(error);
    say(&format!("error: cannot read {picture}: {refusal}"));
    Found {
        json: json!({ "picture": picture, "error": refusal.reason() }),
        text: String::new(),
        exit: Exit::UnreadableQr,
    }
}

/// The verdict for people: the word, what was disclosed, what was checked and when.
fn inspected(inspection: &Inspection<Content>) -> String {
    let mut lines = Vec::new();
    if let Some(content) = &inspection.disclosed {
        lines.extend(content.holder().map(ToString::to_string));
        lines.push(
            match content.proves() {
                Proves::Face => "Compare the face.",
                Proves::Name => "This proves the name, not the face.",
                Proves::Bearer => "This proves neither name nor face.",
            }
            .to_owned(),
        );
    }
    sentence(&inspection.verdict, &lines)
}

/// The word, then `lines`, then what was checked and when.
pub(super) fn sentence(verdict: &Verdict, lines: &[String]) -> String {
    let mut text = match verdict.outcome {
        Outcome::Valid => "VALID".to_owned(),
        Outcome::Expired { since } => format!("EXPIRED since {since}"),
        Outcome::NotYetValid { from } => format!("NOT YET VALID, from {from}"),
        Outcome::Revoked { since, exact: true } => format!("REVOKED since {since}"),
        Outcome::Revoked { since, exact: false } => format!("REVOKED, by data of {since}"),
        Outcome::UnknownSince { since: Some(since) } => format!("UNKNOWN since {since}"),
        Outcome::UnknownSince { since: None } => "UNKNOWN: no revocation data".to_owned(),
        Outcome::CodeTooOld { made_at } => format!("CODE TOO OLD, of {made_at}"),
        Outcome::ClockUncertain => "CLOCK UNCERTAIN".to_owned(),
        Outcome::NotTrusted => "NOT TRUSTED".to_owned(),
        Outcome::Altered => "ALTERED".to_owned(),
        Outcome::NotACard => "NOT A CARD".to_owned(),
    };
    if let Some(reason) = verdict.reason {
        text.push_str(&format!(" ({})", reason.code()));
    }
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    if !verdict.checked.is_empty() {
        let checked: Vec<_> = verdict.checked.iter().map(checked).collect();
        text.push_str(&format!("\nchecked: {}", checked.join(", ")));
    }
    text
}

fn checked(check: &Check) -> String {
    let mut text = check.what.code().replace('_', " ");
    if let Some(by) = check.by.as_ref().filter(|_| check.what == Checked::Chain) {
        text.push_str(&format!(" by {by}"));
    }
    if let Some(as_of) = check.as_of {
        text.push_str(&format!(" of {as_of}"));
    }
    text
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let exit = match error {
            FolderError::File(_) => Exit::Usage,
            _ => Exit::RefusedByWallet,
        };
        Self::new(exit, error.reason(), format!("cannot open the inspector's folder: {error}"))
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        let exit = match error {
            UpdateError::Transport(_) | UpdateError::Status(_) => Exit::CannotReach,
            UpdateError::Disk(_) => Exit::Machine,
            _ => Exit::RefusedByWallet,
        };
        Self::new(exit, error.reason(), format!("cannot update: {error}"))
    }
}
