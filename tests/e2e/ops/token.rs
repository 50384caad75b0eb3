//! CA keys in a PKCS#11 token: made there, used there, and missed there in words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use issuer::authority::{Token, TokenFault, TokenSettings};
use serde_json::{Value, json};
use shared::secret::Secret;
use shared::x509::certificate::DeviceCertificate;
use tests::office::{Office, Slip};
use tests::outside::{program, require};
use tests::process::{IssuerProcess, ROLE, free_port};
use tests::softhsm::{PIN, SoftHsm};
use tests::world::crypto_provider;

const LABEL: &str = "mLegitymacja CA";

/// An issuer's machine with a token in it.
struct Machine {
    folder: tempfile::TempDir,
    hsm: SoftHsm,
    data: PathBuf,
}

impl Machine {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let hsm = SoftHsm::new(folder.path(), LABEL)?;
        let data = folder.path().join("data");
        Some(Self { folder, hsm, data })
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_killer"));
        let (variable, settings) = self.hsm.env();
        command.env_clear().env(ROLE, name).env(variable, settings).env("MLEG_LOG", "info");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The issuer's command line, with where keys are; `settings` come by the environment.
    fn issuer(&self, arguments: &[&str]) -> Command {
        let mut command = self.program("issuer");
        command.arg("--json").args(arguments).env("MLEG_DATA", &self.data);
        command.env("MLEG_PKCS11_MODULE", self.hsm.module()).env("MLEG_PKCS11_TOKEN", LABEL);
        command.env("MLEG_PKCS11_PIN_FILE", self.hsm.pin_file());
        command
    }

    fn init(&self) -> Value {
        let mut command = self.program("issuer");
        command.args(["--json", "init", "--data"]).arg(&self.data);
        command.arg("--pkcs11-module").arg(self.hsm.module()).args(["--pkcs11-token", LABEL]);
        command.arg("--pkcs11-pin-file").arg(self.hsm.pin_file());
        json_of(command)
    }

    async fn serve(&self, listen: std::net::SocketAddr, figures: &str) -> IssuerProcess {
        let base = format!("http://{listen}");
        let at = listen.to_string();
        let line = ["serve", "--listen", &at, "--public-url", &base, "--metrics-listen", figures];
        let mut command = self.issuer(&line);
        command.env("MLEG_LOG", "warn");
        let mut process = IssuerProcess::start(command, listen, &self.folder.path().join("issuer"));
        assert!(process.ready().await, "{}", process.said());
        process
    }

    fn wallet(&self, phone: &str, arguments: &[&str]) -> Output {
        let mut command = self.program("wallet");
        command.args(["--json", "--home"]).arg(self.folder.path().join(phone));
        output(command.args(arguments).env("MLEG_PIN", "493027"))
    }

    fn phone(&self, phone: &str, base: &str) {
        for arguments in [
            ["init", "--name", phone, "--platform", "android", "--os-version", "14"].as_slice(),
            ["trust", "--issuer", base, "--yes"].as_slice(),
        ] {
            let done = self.wallet(phone, arguments);
            assert!(done.status.success(), "{}", text(&done));
        }
    }

    fn activate(&self, phone: &str, slip: &Slip) -> Output {
        let (offer, code) = (slip.offer_uri.as_str(), slip.activation_code.as_deref().unwrap());
        self.wallet(phone, &["activate", "--accept-terms", "--offer", offer, "--code", code])
    }

    fn show(&self) -> Value {
        json_of(self.issuer(&["authority", "show"]))
    }

    /// The newest device certificate in the books, in PEM.
    fn newest_certificate(&self) -> (PathBuf, DeviceCertificate) {
        let books = rusqlite::Connection::open(self.data.join("issuer.db")).unwrap();
        let query = "SELECT der FROM certificate WHERE der IS NOT NULL ORDER BY rowid DESC LIMIT 1";
        let der: Vec<u8> = books.query_row(query, [], |row| row.get(0)).unwrap();
        let path = self.folder.path().join("device.der");
        fs::write(&path, &der).unwrap();
        (path, DeviceCertificate::parse(&der).unwrap())
    }

    fn openssl_verifies(&self, generation: u32) {
        let Some(openssl) = require("openssl", || program("openssl", "version")) else { return };
        let (der, _) = self.newest_certificate();
        let (pem, ca) = (der.with_extension("pem"), self.data.join("ca"));
        let read = Command::new(&openssl)
            .args(["x509", "-inform", "DER", "-in"])
            .arg(&der)
            .arg("-out")
            .arg(&pem)
            .output();
        assert!(read.unwrap().status.success());
        let mut verify = Command::new(&openssl);
        verify
            .args(["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile"])
            .arg(ca.join("root.cert.pem"));
        verify.arg("-untrusted").arg(ca.join(format!("issuing-{generation}.cert.pem"))).arg(&pem);
        let said = verify.output().unwrap();
        assert!(said.status.success(), "{}", text(&said));
    }
}

/// Runs a program; its standard input stays open for as long as it runs, or it would end.
fn output(command: &mut Command) -> Output {
    let mut child = command.spawn().unwrap();
    let _input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    assert!(!text(&output).contains(PIN), "the PIN is told");
    output
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

fn json_of(mut command: Command) -> Value {
    let output = output(&mut command);
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

async fn slips(base: &str, token: &str, count: u16) -> Vec<Slip> {
    let office = Office::new(base, token);
    let school = office.school(990_001, "Szkoła Podstawowa na Próbę", "legacy-2019", json!({})).await;
    let mut slips = Vec::new();
    for n in 1..=count {
        let (pupil, _) = office.pupil_without_card(&school, n).await;
        office.base_card_of_today(&pupil).await;
        slips.push(office.codes(&office.order(&pupil).await).await);
    }
    slips
}

/// How many credential requests were answered with `status`.
async fn answered(figures: &str, status: u16) -> usize {
    let figures = tests::http::get(format!("http://{figures}/metrics")).await.unwrap().text().await.unwrap();
    let wanted =
        format!("mleg_http_requests_total{{route=\"/credential\",method=\"POST\",status=\"{status}\"}} ");
    let count = figures.lines().find_map(|line| line.strip_prefix(&wanted));
    count.map_or(0, |count| count.trim().parse().unwrap())
}

/// How many signatures the token did not give.
async fn failures(figures: &str) -> usize {
    let figures = tests::http::get(format!("http://{figures}/metrics")).await.unwrap().text().await.unwrap();
    let lines = figures.lines().filter(|line| line.starts_with("mleg_pkcs11_failures_total{code=\"pkcs11_"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_in_the_token_and_sign_there_for_a_whole_life() {
    let Some(machine) = Machine::new() else { return };
    crypto_provider();
    let first = machine.init();
    let token = first["api_token"].as_str().unwrap();

    // What lies in the folder refers to keys and holds none, and nobody wrote the PIN down.
    let keys: Vec<PathBuf> = files(&machine.data)
        .into_iter()
        .filter(|path| path.to_str().unwrap().ends_with(".key.pem"))
        .collect();
    assert_eq!(keys.len(), 7, "root, issuing authority and five signers: {keys:?}");
    for key in keys {
        let said = fs::read_to_string(&key).unwrap();
        assert!(said.starts_with("-----BEGIN PKCS#11 PROVIDER URI-----"), "{}", key.display());
    }
    for file in files(&machine.data) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(PIN.len()).any(|window| window == PIN.as_bytes()), "{}", file.display());
    }
    let ends = machine.show()["ends"].as_array().unwrap().clone();
    assert_eq!(ends.len(), 7);
    for end in &ends {
        let key = end["key"].as_str().unwrap();
        assert!(key.starts_with("pkcs11:token=mLegitymacja%20CA;object="), "{end}");
    }

    let listen = free_port();
    let base = format!("http://{listen}");
    let figures = free_port().to_string();
    let mut issuer = machine.serve(listen, &figures).await;
    let slips = slips(&base, token, 3).await;
    machine.phone("Pierwszy", &base);
    let done = machine.activate("Pierwszy", &slips[0]);
    assert!(done.status.success(), "{}", text(&done));
    machine.openssl_verifies(1);

    // Out in the middle of the day: nobody is told that it is his fault, and it goes on when the token is back.
    machine.phone("Drugi", &base);
    machine.hsm.take_out();
    let away = machine.activate("Drugi", &slips[1]);
    assert_eq!(away.status.code(), Some(5), "{}", text(&away));
    assert!(answered(&figures, 503).await > 0 && answered(&figures, 500).await == 0, "{}", issuer.said());
    assert!(failures(&figures).await > 0, "nobody is told of the token's failures");
    machine.hsm.put_back();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let back = machine.activate("Drugi", &slips[1]);
    assert!(back.status.success(), "{}\n{}", text(&back), issuer.said());
    assert!(issuer.said().contains("pkcs11_"), "the log has the code: {}", issuer.said());
    assert!(!issuer.said().contains(PIN));
    issuer.kill();

    // New authority and new signers, all in the token.
    let rolled = json_of(machine.issuer(&["authority", "roll-over"]));
    assert_eq!(rolled["generation"], 2);
    let renewed = json_of(machine.issuer(&["authority", "renew-signers"]));
    for end in renewed["ends"].as_array().unwrap() {
        assert!(end["key"].as_str().unwrap().starts_with("pkcs11:"), "{end}");
    }
    let _issuer = machine.serve(listen, &figures).await;
    machine.phone("Trzeci", &base);
    let done = machine.activate("Trzeci", &slips[2]);
    assert!(done.status.success(), "{}", text(&done));
    machine.openssl_verifies(2);
    let done = machine.wallet("Pierwszy", &["refresh"]);
    assert!(done.status.success(), "{}", text(&done));
}

#[test]
fn whatever_is_missing_is_named() {
    let Some(machine) = Machine::new() else { return };
    machine.init();
    let problems = |change: &dyn Fn(&mut Command)| {
        let mut command = machine.issuer(&["check"]);
        change(&mut command);
        let said = output(&mut command);
        let found: Value = serde_json::from_slice(&said.stdout).unwrap();
        let wrong = found["findings"].as_array().unwrap().iter().filter(|one| one["level"] == "wrong");
        let named = wrong.filter(|one| {
            one["check"].as_str().unwrap().contains("PKCS#11") || one["check"] == "certificate authority"
        });
        named.filter_map(|one| one["problem"].as_str().map(str::to_owned)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(problems(&|_| {}), "");
    let module = problems(&|command| {
        command.env("MLEG_PKCS11_MODULE", "/nowhere/libp11.so");
    });
    assert!(
        module.contains("/nowhere/libp11.so cannot be loaded") && module.contains("[pkcs11_module]"),
        "{module}"
    );
    let label = problems(&|command| {
        command.env("MLEG_PKCS11_TOKEN", "other");
    });
    assert!(label.contains("there is no token \"other\" [pkcs11_token_absent]"), "{label}");
    machine.hsm.make_token("other");
    let other = problems(&|command| {
        command.env("MLEG_PKCS11_TOKEN", "other");
    });
    assert!(other.contains("its key is in the token \"mLegitymacja CA\", and \"other\" is given"), "{other}");
    let pin = problems(&|command| {
        command.env("MLEG_PKCS11_PIN_FILE", "/nowhere/pin");
    });
    assert!(pin.contains("/nowhere/pin"), "{pin}");
    let none = problems(&|command| {
        for name in ["MODULE", "TOKEN", "PIN_FILE"] {
            command.env_remove(format!("MLEG_PKCS11_{name}"));
        }
    });
    assert!(
        none.contains("its key is in the PKCS#11 token \"mLegitymacja CA\", not in this folder"),
        "{none}"
    );

    machine.hsm.write_pin(WRONG);
    let wrong = problems(&|_| {});
    assert!(wrong.contains("[pkcs11_pin_refused]"), "{wrong}");
    machine.hsm.write_pin(PIN);

    // The same label on an empty token.
    fs::remove_dir_all(machine.hsm.tokens()).unwrap();
    fs::create_dir(machine.hsm.tokens()).unwrap();
    machine.hsm.make_token(LABEL);
    let empty = problems(&|_| {});
    assert!(
        empty.contains("root") || empty.contains("issuing-1.key.pem: PKCS#11: the token has no key"),
        "{empty}"
    );
}

#[test]
fn a_backup_says_that_the_keys_are_not_in_it() {
    let Some(machine) = Machine::new() else { return };
    machine.init();
    let backup = machine.folder.path().join("backup");
    let made = output(&mut machine.issuer(&["backup", "--to", backup.to_str().unwrap()]));
    assert!(made.status.success(), "{}", text(&made));
    let says_so = "the CA keys in the PKCS#11 token \"mLegitymacja CA\" are not in it";
    assert!(text(&made).contains(says_so), "{}", text(&made));
    let restore = |data: &str, with_token: bool| {
        let mut command = machine.issuer(&["restore", "--from", backup.to_str().unwrap()]);
        command.env("MLEG_DATA", machine.folder.path().join(data));
        if !with_token {
            for name in ["MODULE", "TOKEN", "PIN_FILE"] {
                command.env_remove(format!("MLEG_PKCS11_{name}"));
            }
        }
        output(&mut command)
    };
    let without = restore("one", false);
    assert_eq!(without.status.code(), Some(1));
    assert!(text(&without).contains("token \"mLegitymacja CA\", not in this folder"), "{}", text(&without));
    let with = restore("two", true);
    assert!(with.status.success(), "{}", text(&with));
    assert!(text(&with).contains("they were not in the backup"), "{}", text(&with));
}

/// A module that writes down every login, its path and where it writes.
fn counting_module(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let cc = require("cc", || program("cc", "--version"))?;
    let (source, module) = (folder.join("counting.c"), folder.join("counting.so"));
    fs::write(&source, include_str!("counting_module.c")).unwrap();
    let built =
        Command::new(cc).args(["-shared", "-fPIC", "-o"]).args([&module, &source]).arg("-ldl").output();
    let built = built.unwrap();
    assert!(built.status.success(), "{}", text(&built));
    Some((module, folder.join("logins")))
}

/// Set in a process of its own: where SoftHSM finds its tokens is one for a whole process.
const STORY: &str = "MLEG_TEST_TOKEN_STORY";

const WRONG: &str = "12121212";

#[test]
fn a_pin_that_was_refused_is_tried_once() {
    let Some(machine) = Machine::new() else { return };
    machine.init();
    let Some((module, logins)) = counting_module(machine.folder.path()) else { return };
    let counted = |command: &mut Command| {
        let _ = fs::remove_file(&logins);
        command.env("MLEG_PKCS11_MODULE", &module).env("MLEG_TEST_MODULE", machine.hsm.module());
        let said = output(command.env("MLEG_TEST_LOGINS", &logins));
        (said, fs::read_to_string(&logins).unwrap_or_default())
    };
    let (shown, right) = counted(&mut machine.issuer(&["authority", "show"]));
    assert!(shown.status.success() && right == "0\n", "one login for seven keys: {right}{}", text(&shown));

    machine.hsm.write_pin(WRONG);
    let listen = free_port().to_string();
    let (refused, wrong) = counted(&mut machine.issuer(&["serve", "--listen", &listen]));
    assert_eq!(refused.status.code(), Some(77), "the unit does not start it again: {}", text(&refused));
    assert!(
        text(&refused).contains("CKR_PIN_INCORRECT") && !text(&refused).contains(WRONG),
        "{}",
        text(&refused)
    );
    assert_eq!(wrong, "0xa0\n", "CKR_PIN_INCORRECT, once");
    let (checked, wrong) = counted(&mut machine.issuer(&["check"]));
    assert_eq!((checked.status.code(), wrong.as_str()), (Some(1), "0xa0\n"));

    // And whoever asks again in the same process is not heard.
    let (variable, settings) = machine.hsm.env();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "ops::token::the_refused_pin", "--nocapture"]).env(variable, settings);
    again.env(STORY, &module).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (told, wrong) = counted(&mut again);
    assert!(told.status.success() && text(&told).contains("1 passed"), "{}", text(&told));
    assert_eq!(wrong, "0xa0\n");
}

#[test]
fn the_refused_pin() {
    let Some(module) = std::env::var_os(STORY).map(PathBuf::from) else { return };
    let settings = TokenSettings { module, label: LABEL.to_owned(), pin: Secret::new(WRONG) };
    assert!(!format!("{settings:?}").contains(WRONG));
    for _ in 0..3 {
        assert_eq!(Token::open(settings.clone()).err(), Some(TokenFault::PinRefused));
    }
}
