//! What is wrong with a set-up, each finding with what to do.

use std::os::unix::fs::PermissionsExt as _;

use crate::app::{self, Surroundings};
use crate::audit::{self, ChainVerdict};
use crate::authority::Authority;
use crate::config::{Given, Settings};
use crate::store::Store;

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What to do.
    pub hint: &'static str,
}

fn finding<E: std::fmt::Display>(check: &'static str, result: Result<(), E>, hint: &'static str) -> Finding {
    Finding { check, problem: result.err().map(|error| error.to_string()), hint }
}

/// Looks at everything, also after the first finding.
pub async fn examine(given: &Given, surroundings: &Surroundings) -> Vec<Finding> {
    let data = given.data_dir();
    let now = surroundings.clock.now();
    let listen = given.listen.unwrap_or(app::DEFAULT_LISTEN);
    let mut findings = vec![
        finding("settings", Settings::check(given, listen).map(|_| ()), "see issuer.example.toml"),
        finding(
            "master secret",
            app::read_secret(&data).map(|_| ()),
            "restore it from the backup, or run issuer init",
        ),
        finding(
            "file permissions",
            private(&app::secret_path(&data)).and_then(|()| private(&data)),
            "chmod 700 the folder, 600 the secret",
        ),
    ];
    let passphrase = app::passphrase(given);
    let authority = match &passphrase {
        Ok(passphrase) => {
            let (path, entropy) = (app::authority_path(&data), &*surroundings.entropy);
            Authority::open(&path, passphrase.as_ref(), entropy).map_err(|e| e.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    let dates =
        authority.as_ref().map_err(Clone::clone).and_then(|a| a.check_dates(now).map_err(|e| e.to_string()));
    findings.push(finding(
        "certificate authority",
        authority.as_ref().map(|_| ()),
        "keys must be readable by their owner alone, belong to their certificates, and open with the passphrase",
    ));
    findings.push(finding("certificate authority's dates", dates, "make a new issuing authority"));
    let store = match given.location() {
        Ok(location) => Store::open(&location).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    findings.push(finding(
        "database",
        store.as_ref().map(|_| ()),
        "is the server up, the address right, the disk full?",
    ));
    if let Ok(store) = store {
        let chain = match audit::verify(&store).await {
            Ok(ChainVerdict::Whole { .. }) => Ok(()),
            Ok(ChainVerdict::Broken { position }) => {
                Err(format!("entry {position} is missing or was changed"))
            }
            Err(error) => Err(error.to_string()),
        };
        findings.push(finding(
            "audit trail",
            chain,
            "keep this database as evidence; restore the last good backup beside it",
        ));
    }
    findings
}

/// Whether only its owner may read a file; one that is not there is another finding's affair.
fn private(path: &std::path::Path) -> Result<(), String> {
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(format!("{} may be read by others ({mode:o})", path.display()))
    }
}
