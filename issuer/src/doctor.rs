//! What is wrong with a set-up, or soon will be: each finding with what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::app::{self, Surroundings};
use crate::audit::{self, ChainVerdict, SearchTrail};
use crate::authority::{Authority, KeyStore};
use crate::backup;
use crate::config::{Given, Settings};
use crate::http::front::tls;
use crate::keeping;
use crate::master_secret::{self, MasterSecret};
use crate::store::tables::waiting::Waiting;
use crate::store::{Location, Statements, Store, StoreError, Verb};

/// Below this much free space it is time to do something, in bytes.
const LITTLE_SPACE: u64 = 1 << 30;
/// So long before its end an issuing authority needs a successor: a card that is issued now must end before it.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 500);
/// So long before its end a TLS certificate should have been renewed.
const TLS_SOON: SignedDuration = SignedDuration::from_hours(24 * 14);
/// How old a backup may be.
const BACKUP_AGE: SignedDuration = SignedDuration::from_hours(36);
/// How long a notice may be due.
const NOTICE_AGE: SignedDuration = SignedDuration::from_hours(1);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It does not work, or not safely.
    Wrong,
    /// It works, and will not for ever.
    Advice,
}

impl Level {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Advice => "advice",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How bad it is, if there is a problem.
    pub level: Level,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What to do.
    pub hint: &'static str,
}

/// What was looked at so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn wrong<E: std::fmt::Display>(
        &mut self,
        check: &'static str,
        result: Result<(), E>,
        hint: &'static str,
    ) {
        self.note(check, Level::Wrong, result, hint);
    }

    fn advice<E: std::fmt::Display>(
        &mut self,
        check: &'static str,
        result: Result<(), E>,
        hint: &'static str,
    ) {
        self.note(check, Level::Advice, result, hint);
    }

    fn note<E: std::fmt::Display>(
        &mut self,
        check: &'static str,
        level: Level,
        result: Result<(), E>,
        hint: &'static str,
    ) {
        let problem = result.err().map(|error| error.to_string());
        self.0.push(Finding { check, level, problem, hint });
    }
}

/// Looks at everything, also after the first finding.
pub async fn examine(given: &Given, surroundings: &Surroundings) -> Vec<Finding> {
    let data = given.data_dir();
    let now = surroundings.clock.now();
    let mut found = Findings::default();
    let listen = given.listen.unwrap_or(app::DEFAULT_LISTEN);
    found.wrong("settings", Settings::check(given, listen).map(|_| ()), "see issuer.example.toml");
    let secret = MasterSecret::read(&data);
    let kept = secret.as_ref().map(|_| ());
    found.wrong("master secret", kept, "restore it from the backup, or run issuer init");
    let private = all_private(given, &data);
    found.wrong("file permissions", private, "chmod 700 the folders, 600 the files in them");
    found.advice("disk space", space(&data), "free some: a full disk stops every activation");
    certificates(&mut found, given, &data, now, surroundings);
    let age = backup_age(&data, now);
    found.advice("backup", age, "issuer backup --to FOLDER, and take it to another machine");
    let store = app::open_store(given).await;
    let opened = store.as_ref().map(|_| ());
    found.wrong(
        "database and schema",
        opened,
        "is the server up, the address right, the disk full, the file there?",
    );
    if let Ok(store) = store {
        books(&mut found, &store, now).await;
    }
    if let Ok((_, Some(changed_at))) = secret.map(|secret| secret.followed()) {
        let rests = keeping::rests_on(given, changed_at, now).await;
        let unneeded = match rests {
            Ok(rests) if rests == keeping::Rests::default() => Err("nothing rests on it any more".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        found.advice("earlier master secret", unneeded, "issuer secret forget");
    }
    found.0
}

fn certificates(
    found: &mut Findings,
    given: &Given,
    data: &Path,
    now: Timestamp,
    surroundings: &Surroundings,
) {
    let token = app::token(given);
    if given.pkcs11_module.is_some() {
        let hint =
            "module, label and PIN file right, token there and not locked? issuer check tries a PIN once";
        found.wrong("PKCS#11 token", token.as_ref().map(|_| ()), hint);
    }
    let keys = token.and_then(|token| Ok(KeyStore::files(app::passphrase(given)?).with_token(token)));
    let authority = keys.map_err(|error| error.to_string()).and_then(|keys| {
        let folder = app::authority_path(data);
        Authority::open(&folder, &keys, &*surroundings.entropy).map_err(|error| error.to_string())
    });
    found.wrong(
        "certificate authority",
        authority.as_ref().map(|_| ()),
        "keys must be readable by their owner alone, belong to their certificates, and open with the passphrase or be in the token",
    );
    let dates = authority.as_ref().map_err(Clone::clone);
    let dates = dates.and_then(|authority| authority.check_dates(now).map_err(|error| error.to_string()));
    found.wrong("certificate authority's dates", dates, "issuer authority roll-over");
    if let Ok(authority) = &authority {
        found.advice("certificate authority's end", ends_late(authority, now), "issuer authority roll-over");
    }
    if let (Some(certificate), Some(key)) = (&given.tls_cert, &given.tls_key) {
        let served = tls::Served::open(certificate, key, now).map(|_| ());
        found.wrong("TLS certificate", served, "renew it; a running issuer reads it anew by itself");
        // Whether it will still do then.
        let then = now.saturating_add(TLS_SOON).unwrap_or(now);
        let later = tls::Served::open(certificate, key, then).map(|_| ());
        found.advice("TLS certificate in two weeks", later, "is it renewed by itself?");
    }
}

/// Whether everything that signs new cards ends late enough for a card that is issued now.
fn ends_late(authority: &Authority, now: Timestamp) -> Result<(), String> {
    let soon = now.saturating_add(SOON).unwrap_or(now);
    let newest = [format!("issuing-{}", authority.generation()), "root".to_owned()];
    let signers = format!("signer-{}-", authority.generation());
    for (which, end) in authority.ends() {
        if end < soon && (newest.contains(&which) || which.starts_with(&signers)) {
            return Err(format!("{which} ends {end}: longer cards are refused"));
        }
    }
    Ok(())
}

async fn books(found: &mut Findings, store: &Store, now: Timestamp) {
    let chain = match audit::verify(store).await {
        Ok(ChainVerdict::Whole { .. }) => Ok(()),
        Ok(ChainVerdict::Broken { position }) => Err(format!("entry {position} is missing or was changed")),
        Err(error) => Err(error.to_string()),
    };
    let hint = "keep this database as evidence; restore the last good backup beside it";
    found.wrong("audit trail", chain, hint);
    let clock = match store.read(SearchTrail { limit: 1, ..SearchTrail::default() }).await {
        Ok(newest) => match newest.first() {
            Some(last) if last.at > now + SignedDuration::from_mins(1) => {
                Err(format!("the last entry of the audit trail is of {}, which is still to come", last.at))
            }
            _ => Ok(()),
        },
        Err(error) => Err(error.to_string()),
    };
    found.wrong("clock", clock, "set it right: is the time synchronised?");
    let waiting = store.read(Look).await;
    let outbox = match &waiting {
        Ok(Waiting { oldest_due: Some(due), .. }) if now.duration_since(*due) > NOTICE_AGE => {
            Err(format!("a notice has been due since {due}"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    found.advice("outbox", outbox, "does an issuer run, and is its mail server set and reachable?");
    let unsettled = match &waiting {
        Ok(Waiting { prepared, .. }) if *prepared > 0 => {
            Err(format!("{prepared} certificates are prepared and not signed"))
        }
        _ => Ok(()),
    };
    found.advice("prepared certificates", unsettled, "a running issuer finishes them within two minutes");
}

struct Look;

#[async_trait::async_trait]
impl Verb for Look {
    type Answer = Waiting;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Waiting, StoreError> {
        Waiting::count(tx).await
    }
}

fn backup_age(data: &Path, now: Timestamp) -> Result<(), String> {
    match backup::last_made(data) {
        None => Err("none was ever made".to_owned()),
        Some(at) if at > now => {
            Err(format!("the last one is of {at}, which is yet to come: was a clock ahead?"))
        }
        Some(at) if now.duration_since(at) > BACKUP_AGE => Err(format!("the last one is of {at}")),
        Some(_) => Ok(()),
    }
}

fn space(data: &Path) -> Result<(), String> {
    // A folder that is not there is another finding's affair.
    let Ok(disk) = rustix::fs::statvfs(data) else { return Ok(()) };
    enough(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn enough(free: u64) -> Result<(), String> {
    if free >= LITTLE_SPACE { Ok(()) } else { Err(format!("{} MiB are free", free >> 20)) }
}

/// Whether only their owner may read the folder, the secret, the keys and the books with their log.
fn all_private(given: &Given, data: &Path) -> Result<(), String> {
    private(data)?;
    private(&master_secret::path(data))?;
    let keys = app::authority_path(data);
    private(&keys)?;
    for entry in std::fs::read_dir(keys).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.ends_with(".key.pem")) {
            private(&entry.path())?;
        }
    }
    if let Ok(Location::Sqlite(path)) = given.location() {
        for end in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(end);
            private(Path::new(&name))?;
        }
    }
    let pin = &given.pkcs11_pin_file;
    for secret in [&given.ca_passphrase_file, pin, &given.tls_key, &given.oidc_client_secret_file] {
        secret.as_deref().map_or(Ok(()), private)?;
    }
    Ok(())
}

/// Whether only its owner may read a file; one that is not there is another finding's affair.
fn private(path: &Path) -> Result<(), String> {
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(format!("{} may be read by others ({mode:o})", path.display()))
    }
}

#[cfg(test)]
mod tests;
