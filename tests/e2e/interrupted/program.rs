//! The program `wallet`, killed (SIGKILL) at whatever instant of an activation, and run again.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::office::Office;
use tests::process::{IssuerProcess, ROLE, Site, free_port};

/// A phone's folder, in which the program is run.
pub(crate) struct Terminal<'a> {
    pub(crate) folder: &'a Path,
}

impl Terminal<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_killer"));
        command.args(["--json", "--home"]).arg(self.folder.join("phone"));
        command.args(arguments).env_clear().env(ROLE, "wallet").env("MLEG_PIN", "493027");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        // Its standard input stays open for as long as it runs, or it would end.
        let mut child = self.command(arguments).spawn().unwrap();
        let _input = child.stdin.take();
        child.wait_with_output().unwrap()
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_may_be_killed_at_any_instant_of_an_activation() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_port();
    let base = format!("http://{listen}");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    let site = Site::set_up(&program, folder.path(), None, &base).await;
    let _issuer: IssuerProcess = site.serve(listen).await;
    let office = Office::new(&base, &site.token);
    let school = office.school(990_001, "Szkoła Podstawowa na Próbę", "legacy-2019", json!({})).await;
    let mut killed = 0;
    for n in 1..=6_u16 {
        let (pupil, _) = office.pupil_without_card(&school, n).await;
        office.base_card_of_today(&pupil).await;
        let slip = office.codes(&office.order(&pupil).await).await;
        let home = tempfile::tempdir().unwrap();
        let terminal = Terminal { folder: home.path() };
        terminal.done(&["init", "--name", "Telefon", "--platform", "android", "--os-version", "14"]);
        terminal.done(&["trust", "--issuer", &base, "--yes"]);
        let code = slip.activation_code.clone().unwrap();
        let activate = ["activate", "--accept-terms", "--offer", &slip.offer_uri, "--code", &code];
        // Later each time, and for as long as the program does not come to its end before.
        for round in 0..12 {
            let mut child = terminal.command(&activate).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(20 + 30 * round + 5 * u64::from(n))).await;
            let ended = child.try_wait().unwrap();
            if ended.is_some_and(|status| status.success()) {
                break;
            }
            killed += usize::from(ended.is_none());
            let _ = (child.kill(), child.wait());
            // Whatever is there is whole.
            let cards = terminal.done(&["list"]);
            for card in cards["cards"].as_array().unwrap() {
                assert_eq!(card["valid"], true, "{cards}");
            }
        }
        let held = |cards: &Value| cards["cards"].as_array().unwrap().len();
        if held(&terminal.done(&["list"])) == 0 {
            terminal.done(&activate);
        }
        terminal.done(&["refresh"]);
        assert_eq!(held(&terminal.done(&["list"])), 1);
        assert_eq!(office.devices(&slip.card_id, "live").await.len(), 1);
        let file = office.card(&slip.card_id).await;
        assert_eq!(
            file["devices"].as_array().unwrap().len(),
            1,
            "one device in all, however often it was killed"
        );
        assert_eq!(office.slip_state(&slip).await["tries_left"], 5);
    }
    assert!(killed >= 6, "killed {killed} times only");
}
