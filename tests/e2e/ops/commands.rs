//! The program's commands as a stranger runs them: what they print where, and how they end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use issuer::app::SystemClock;
use serde_json::{Value, json};
use shared::clock::{Clock as _, ManualClock};
use shared::x509::ca::CaCertificate;
use shared::x509::crl::UnverifiedCrl;
use tests::office::{Office, Slip};
use tests::process::{IssuerProcess, ROLE, Site, free_port};

use super::backup::serial;
use crate::wire::{Key, Wire};

/// How a command ended, and what it said.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// What a script reads.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    /// That nothing was done, and why.
    #[track_caller]
    fn refused(&self, because: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        assert!(self.err.starts_with("error: cannot ") && self.err.contains(because), "{}", self.err);
    }
}

/// Runs `issuer` on a data folder. Its standard input stays open for as long as it runs, or it would end.
fn issuer(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_killer"));
    command.args(arguments).env_clear().env(ROLE, "issuer").env("MLEG_LOG", "warn").env("MLEG_DATA", data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// A set-up issuer that nobody has started yet.
async fn site(folder: &Path) -> (Site, std::net::SocketAddr, String) {
    let listen = free_port();
    let base = format!("http://{listen}");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    (Site::set_up(&program, folder, None, &base).await, listen, base)
}

/// An issuer that runs, and three slips of it.
struct Running {
    site: Site,
    listen: std::net::SocketAddr,
    process: IssuerProcess,
    wire: Wire,
    slips: Vec<Slip>,
}

impl Running {
    async fn start(folder: &Path) -> Self {
        let (site, listen, base) = site(folder).await;
        let process = site.serve(listen).await;
        let office = Office::new(&base, &site.token);
        let school = office.school(990_001, "Szkoła Podstawowa na Próbę", "legacy-2019", json!({})).await;
        let mut slips = Vec::new();
        for n in 1..=3 {
            let (pupil, _) = office.pupil_without_card(&school, n).await;
            office.base_card_of_today(&pupil).await;
            slips.push(office.codes(&office.order(&pupil).await).await);
        }
        let wire = Wire::to(&base, Arc::new(ManualClock::new(SystemClock.now())));
        Self { site, listen, process, wire, slips }
    }

    /// Activates a slip; the new certificate's serial number.
    async fn activated(&self, slip: &Slip) -> String {
        let reply = self.wire.activate(slip, &Key::fresh()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        serial(&reply.body).to_string()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_machine_is_replaced_by_commands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Running::start(folder.path()).await;
    let known = first.activated(&first.slips[0]).await;
    let (old, to) = (first.site.data.clone(), folder.path().join("backup"));
    let to = to.to_str().unwrap();
    let made = issuer(&old, &["--json", "backup", "--to", to]).json();
    assert_eq!(made["backup"], to);
    assert!(made["bytes"].as_u64().unwrap() > 10_000 && made["manifest"].is_object(), "{made}");
    issuer(&old, &["backup", "--to", to]).refused("back up");
    let lost = first.activated(&first.slips[1]).await;
    first.process.kill();

    // Another machine has the backup and the log alone.
    let new = folder.path().join("new");
    let restored = issuer(&new, &["--json", "restore", "--from", to]);
    assert!(
        restored.err.contains("hint: ") && restored.err.contains("issuer authority orphans"),
        "{}",
        restored.err
    );
    assert_eq!(restored.json()["data"], new.to_str().unwrap());
    issuer(&new, &["restore", "--from", to]).refused("restore");
    issuer(&folder.path().join("other"), &["restore", "--from", "/nowhere"]).refused("restore");
    let numbers = folder.path().join("serials");
    let file = numbers.to_str().unwrap();
    std::fs::write(&numbers, format!("{known}\n\n  {lost}\n")).unwrap();
    let outcome = issuer(&new, &["--json", "authority", "orphans", file]).json();
    assert_eq!(outcome, json!({ "known": 1, "revoked": 1 }));
    let again = issuer(&new, &["authority", "orphans", file]);
    assert_eq!((again.code, lines(&again.out)), (Some(0), vec!["known         2", "revoked       0"]));
    std::fs::write(&numbers, format!("{known}\nnot a number\n")).unwrap();
    issuer(&new, &["authority", "orphans", file]).refused("\"not a number\" is none");
    issuer(&new, &["authority", "orphans", "/nowhere/serials"]).refused("/nowhere/serials");

    first.site.data = new;
    first.process = first.site.serve(first.listen).await;
    first.activated(&first.slips[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cards_of_a_class_or_of_everybody_are_revoked_by_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    let data = &running.site.data;
    let early = [running.activated(&running.slips[0]).await, running.activated(&running.slips[1]).await];
    // Names and times are of whole microseconds: the next certificate is a later one.
    let between = SystemClock.now().to_string();
    let late = running.activated(&running.slips[2]).await;
    let fetch = async |path: &str| {
        let reply = tests::http::get(format!("http://{}/pki/{path}", running.listen)).await.unwrap();
        reply.bytes().await.unwrap()
    };
    let listed = async || {
        let authority = CaCertificate::parse(&fetch("ca/issuing.cer").await).unwrap();
        let list = UnverifiedCrl::parse(&fetch("crl/issuing.crl").await).unwrap().verify(&authority).unwrap();
        list.entries().map(|(serial, _)| serial.to_string()).collect::<BTreeSet<_>>()
    };
    let anew = ["--reason", "superseded", "--issued-before", &between];
    let revoke = |more: &[&str]| issuer(data, &[&["--json", "revoke"], more].concat());

    assert_eq!(revoke(&["--reason", "superseded"]).code, Some(2), "whose cards is to be said");
    assert_eq!(
        revoke(&["--all-schools", "--reason", "card_void"]).code,
        Some(2),
        "that is no reason to give"
    );
    assert_eq!(revoke(&["--class", "7a", "--reason", "superseded"]).code, Some(2), "a class is a school's");
    let elsewhere = issuer(data, &["revoke", "--school", "123", "--reason", "data_wrong"]);
    elsewhere.refused("there is no such school");
    let none = revoke(&["--school", "990001", "--class", "9z", "--reason", "data_wrong"]).json();
    assert_eq!(none, json!({ "dry_run": false, "cards": 0 }));
    let dry = revoke(&[&["--all-schools", "--dry-run"], anew.as_slice()].concat()).json();
    assert_eq!(dry, json!({ "dry_run": true, "cards": 2 }));
    assert!(listed().await.is_empty(), "a dry run revokes nothing");

    // Beside an issuer that runs: its next list has them.
    let done = revoke(&[&["--all-schools"], anew.as_slice()].concat()).json();
    assert_eq!(done, json!({ "dry_run": false, "cards": 2 }));
    assert_eq!(listed().await, BTreeSet::from(early.clone()));
    let again = issuer(data, &[&["revoke", "--school", "990001"], anew.as_slice()].concat());
    assert_eq!((again.code, again.out.as_str()), (Some(0), "revoked       0\n"), "they are done");
    let rest = revoke(&["--school", "990001", "--reason", "data_wrong"]).json();
    assert_eq!(rest["cards"], 1);
    assert_eq!(listed().await, early.into_iter().chain([late]).collect());
    let books = rusqlite::Connection::open(data.join("issuer.db")).unwrap();
    let trail = "SELECT COUNT(*) FROM audit_entry WHERE action = 'card.revoked' AND actor = 'system'";
    assert_eq!(books.query_row(trail, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    let told = "SELECT COUNT(*) FROM notice WHERE body LIKE '%wymiana certyfikatów%'";
    assert!(books.query_row(told, [], |row| row.get::<_, i64>(0)).unwrap() > 0, "nobody was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_rolled_over_and_a_secret_changed_by_commands() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path()).await;
    let data = running.site.data.clone();
    running.activated(&running.slips[0]).await;
    running.process.kill();

    let rolled = issuer(&data, &["--json", "authority", "roll-over", "--years", "5"]);
    assert!(rolled.err.contains("hint: start the issuer again"), "{}", rolled.err);
    let rolled = rolled.json();
    assert_eq!(rolled["generation"], 2);
    assert_eq!(issuer(&data, &["--json", "authority", "show"]).json(), rolled);
    assert_eq!(
        issuer(&data, &["authority", "roll-over", "--years", "99"]).code,
        Some(2),
        "longer than any root"
    );
    let nothing = issuer(&data, &["secret", "forget"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), "nothing to forget\n"));
    let changed = issuer(&data, &["--json", "secret", "change"]);
    assert!(changed.err.contains("hint: start the issuer"), "{}", changed.err);
    assert!(changed.json()["changed_at"].is_string());
    issuer(&data, &["secret", "forget"]).refused("no issuer was started since it was changed");

    running.process = running.site.serve(running.listen).await;
    let issuing = tests::http::get(format!("http://{}/pki/ca/issuing-2.cer", running.listen)).await.unwrap();
    assert_eq!(issuing.status(), 200);
    running.activated(&running.slips[1]).await;
    running.process.kill();
    issuer(&data, &["secret", "forget"]).refused("1 open slips, 1 API tokens and 1 phones rest on it");
    assert_eq!(issuer(&data, &["--json", "secret", "forget", "--anyway"]).json(), json!({ "forgotten": 1 }));
    running.process = running.site.serve(running.listen).await;
    assert_eq!(
        running.wire.offer(&running.slips[2]).await.status,
        404,
        "the last slip was lost, as it was said"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_trail_is_whole_until_somebody_changes_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path()).await;
    let data = running.site.data.clone();
    tests::http::get(format!("http://{}/health/live", running.listen)).await.unwrap();
    // Sealing takes its turn twice a second.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    running.process.kill();
    let whole = issuer(&data, &["--json", "audit", "verify"]).json();
    let entries = whole["entries"].as_u64().unwrap();
    assert!(whole["whole"] == true && entries > 5, "{whole}");
    let said = issuer(&data, &["audit", "verify"]);
    let expected = format!("whole: {entries} entries, head {}\n", whole["head"].as_str().unwrap());
    assert_eq!((said.code, said.out), (Some(0), expected));

    let books = rusqlite::Connection::open(data.join("issuer.db")).unwrap();
    books.execute("UPDATE audit_entry SET subject = 'x' WHERE position = 3", []).unwrap();
    drop(books);
    let broken = issuer(&data, &["audit", "verify"]);
    assert_eq!((broken.code, broken.out.as_str()), (Some(1), "BROKEN at entry 3\n"));
    let broken = issuer(&data, &["--json", "audit", "verify"]);
    let told: Value = serde_json::from_str(&broken.out).unwrap();
    assert_eq!((broken.code, told), (Some(1), json!({ "whole": false, "first_wrong": 3 })));
}

/// `issuer check` ends with 0 while there is advice alone, and with 1 once something is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_as_badly_as_what_it_finds() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let (site, ..) = site(folder.path()).await;
    let of_level = |told: &Value, level: &str| {
        let findings = told["findings"].as_array().unwrap().iter().filter(|one| one["level"] == level);
        findings.filter(|one| one["problem"].is_string()).map(|one| one["check"].clone()).collect::<Vec<_>>()
    };
    let advised = issuer(&site.data, &["--json", "check"]).json();
    assert_eq!(advised["sound"], true, "{advised}");
    assert!(of_level(&advised, "wrong").is_empty(), "{advised}");
    assert!(of_level(&advised, "advice").contains(&json!("backup")), "{advised}");
    let read = issuer(&site.data, &["check"]);
    assert_eq!(read.code, Some(0), "{}", read.out);
    assert!(
        read.out.contains("ADVICE backup: none was ever made\n       hint: issuer backup"),
        "{}",
        read.out
    );

    let secret = site.data.join("master-secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let wrong = issuer(&site.data, &["--json", "check"]);
    let told: Value = serde_json::from_str(&wrong.out).unwrap();
    assert_eq!((wrong.code, &told["sound"]), (Some(1), &json!(false)), "{told}");
    assert_eq!(of_level(&told, "wrong"), [json!("file permissions")], "{told}");
    let read = issuer(&site.data, &["check"]);
    assert_eq!(read.code, Some(1), "{}", read.out);
    assert!(read.out.contains("WRONG  file permissions: ") && read.out.contains("(644)"), "{}", read.out);
}
