//! SQLite on a disk that is full or may not be written: the issuer is a process of its own, in which only that is so.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use issuer::app::SystemClock;
use serde_json::json;
use shared::clock::{Clock as _, ManualClock};
use tests::office::{Office, Slip};
use tests::outside;
use tests::process::{IssuerProcess, Site, free_port};

use super::{NO_CHANGES, Prepared, readiness, ready_again};
use crate::wire::Wire;

/// An issuer in a process of its own, and what is needed for two activations.
struct Alone {
    process: IssuerProcess,
    pid: u32,
    wire: Wire,
    office: Office,
    slips: [Slip; 2],
}

impl Alone {
    /// Sets up an issuer and starts it by `command`, which is given the issuer's own.
    async fn start(folder: &Path, command: impl FnOnce(&Site, SocketAddr) -> Command) -> Self {
        let listen = free_port();
        let base = format!("http://{listen}");
        let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
        let site = Site::set_up(&program, folder, None, &base).await;
        let mut process = IssuerProcess::start(command(&site, listen), listen, &folder.join("said.log"));
        assert!(process.ready().await, "{}", process.said());
        let office = Office::new(&base, &site.token);
        let school = office.school(990_001, "Szkoła Podstawowa na Próbę", "legacy-2019", json!({})).await;
        let mut slips = Vec::new();
        for n in 1..=2 {
            let (pupil, _) = office.pupil_without_card(&school, n).await;
            office.base_card_of_today(&pupil).await;
            slips.push(office.codes(&office.order(&pupil).await).await);
        }
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let slips = slips.try_into().unwrap();
        Self { pid: process.id(), process, wire: Wire::to(&base, clock), office, slips }
    }

    /// While nothing can be written everybody is told so; afterwards the same process goes on.
    async fn bears(mut self, spoil: impl FnOnce(u32), mend: impl FnOnce(u32), what: &str) {
        let [slip, other] = &self.slips;
        let prepared = Prepared::of(&self.wire, slip).await;
        spoil(self.pid);
        // The first change that does not fit is refused, and each after it.
        prepared.writes_nothing(&self.wire, &self.office, slip, what).await;
        assert_eq!(self.wire.offer(slip).await.status, 200, "{what}: what only reads goes on");
        // What was believed a moment ago.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        assert_eq!(readiness(&self.wire).await, (503, NO_CHANGES.to_owned()), "{what}");
        prepared.writes_nothing(&self.wire, &self.office, slip, what).await;
        mend(self.pid);
        ready_again(&self.wire).await;
        prepared.goes_on(&self.wire, &self.office, slip, what).await;
        let again = Prepared::of(&self.wire, other).await;
        again.goes_on(&self.wire, &self.office, other, what).await;
        let verdict = self.office.done("GET", "/audit/verify", None).await;
        assert_eq!(verdict["whole"], true, "{what}");
        assert!(self.process.ended().is_none(), "{what}: the same process");
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A quota of nothing: whatever is written is refused, wherever it lies. No rights are needed for that.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_be_written_are_a_pause() {
    let Some(prlimit) = outside::require("prlimit", || outside::program("prlimit", "--version")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let issuer = Alone::start(folder.path(), |site, listen| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
        site.behind(shell, listen)
    });
    let issuer = issuer.await;
    let limit = |pid: u32, bytes: &str| {
        run(Command::new(&prlimit).arg(format!("--pid={pid}")).arg(format!("--fsize={bytes}:unlimited")));
    };
    issuer.bears(|pid| limit(pid, "0"), |pid| limit(pid, "unlimited"), "no quota").await;
}

/// Whether a process here may be given a file system of its own.
pub(super) fn mounts() -> Result<(), String> {
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]);
    match probe.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("`unshare` cannot be started: {error}")),
    }
}

/// A real disk with no space left: a small file system in memory that only this issuer sees. Where even that is not
/// allowed the quota above stands for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_pause() {
    if outside::allowed("a file system of one's own", mounts).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    fs::create_dir(&small).unwrap();
    let issuer = Alone::start(folder.path(), |site, listen| {
        let script =
            "mount -t tmpfs -o size=24m none \"$1\" && cp -a \"$2\" \"$1/issuer\" && shift 2 && exec \"$@\"";
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "sh", "-c", script, "sh"]).arg(&small).arg(&site.data);
        Site { data: small.join("issuer"), ..site.clone() }.behind(unshare, listen)
    });
    let issuer = issuer.await;
    let ballast = |pid: u32| PathBuf::from(format!("/proc/{pid}/root{}/ballast", small.display()));
    let fill = |pid: u32| {
        let mut file = fs::File::create(ballast(pid)).unwrap();
        let piece = [7_u8; 4096];
        while std::io::Write::write_all(&mut file, &piece).is_ok() {}
    };
    issuer.bears(fill, |pid| fs::remove_file(ballast(pid)).unwrap(), "full disk").await;
}
