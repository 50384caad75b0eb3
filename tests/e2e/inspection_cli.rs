//! The inspection in two terminals: one asks or judges, the other answers or shows.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use issuer::app::{SystemClock, SystemEntropy};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::holder_code::Purpose;
use shared::qr::render;
use shared::x509::chain::TrustAnchor;
use tests::office::{Office, Slip};
use tests::process::{READS_INPUT, ROLE, Site, free_port};
use tests::world::{PIN, Phone, Plan, World};
use tokio::sync::mpsc;
use url::Url;
use wallet::commands::{Machine, run_line};
use wallet::documents::ReceiptOutcome;

use crate::inspection_online::{too_much, verifier_believing};
use crate::interrupted::program::Terminal as Program;

/// Somebody's folder, in which the program is run.
struct Terminal<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
}

impl<'a> Terminal<'a> {
    async fn new(world: &'a World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pin"), PIN).unwrap();
        std::fs::write(folder.path().join("root.pem"), world.fetch("/pki/ca/root.pem").await).unwrap();
        Self { world, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a command; its exit code. Links that it shows go to `shown`.
    async fn run_showing(&self, command: &[&str], shown: mpsc::UnboundedSender<Url>) -> u8 {
        let (home, pin) = (self.file("phone"), self.file("pin"));
        let line = ["wallet", "--json", "--home", &home, "--pin-file", &pin];
        let line: Vec<String> = line.iter().chain(command).map(|word| (*word).to_owned()).collect();
        let machine = Machine {
            clock: Arc::clone(&self.world.clock) as Arc<dyn Clock>,
            entropy: Arc::new(SystemEntropy),
            show_address: Arc::new(move |url| shown.send(url.clone()).unwrap()),
        };
        run_line(line, machine).await
    }

    async fn run(&self, command: &[&str]) -> u8 {
        self.run_showing(command, mpsc::unbounded_channel().0).await
    }

    /// Runs the program itself, which reads `input`; its exit code and what it prints.
    fn program(&self, command: &[&str], input: &str) -> (Option<i32>, String) {
        let now = self.world.now().to_string();
        let mut program = Command::new(env!("CARGO_BIN_EXE_killer"));
        program.args(["--json", "--now", &now, "--home", &self.file("phone")]).args(command);
        program.env_clear().env(ROLE, "wallet").env(READS_INPUT, "1").env("MLEG_PIN", PIN);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = running.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// A phone with the card of a slip.
    async fn activate(&self, slip: &Slip) {
        let png = self.file("slip.png");
        std::fs::write(&png, &slip.qr_png).unwrap();
        let init = ["init", "--name", "Telefon Zosi", "--platform", "android", "--os-version", "14"];
        assert_eq!(self.run(&init).await, 0);
        assert_eq!(self.run(&["trust", "--issuer", self.world.base(), "--yes"]).await, 0);
        let code = slip.activation_code.as_deref().unwrap();
        assert_eq!(self.run(&["activate", "--qr", &png, "--accept-terms", "--code", code]).await, 0);
    }

    /// One asks for `purpose`, the other follows the link with `answer`; both exit codes.
    async fn asks(&self, purpose: &str, answer: &[&str]) -> (u8, u8) {
        self.asks_as(&["--roots", &self.file("root.pem"), "--clock-is-right"], purpose, answer).await
    }

    /// The same with other options for the one who asks.
    async fn asks_as(&self, who: &[&str], purpose: &str, answer: &[&str]) -> (u8, u8) {
        let (shown, mut shows) = mpsc::unbounded_channel::<Url>();
        // Receipts sort by the time of their questions.
        self.world.clock.advance(SignedDuration::from_secs(1));
        let ask = [&["verify", "--ask", purpose, "--issuer", self.world.base()], who].concat();
        let holder = async {
            let link = shows.recv().await.unwrap();
            assert_eq!(link.scheme(), "openid4vp");
            let line = [&["present", "--request", link.as_str()], answer].concat();
            let first = self.run(&line).await;
            // Whoever has not agreed yet may still do so.
            if answer.is_empty() {
                assert_eq!(first, 2, "nobody can be asked here");
                return self.run(&[&line[..], &["--yes"]].concat()).await;
            }
            first
        };
        tokio::join!(self.run_showing(&ask, shown), holder)
    }

    /// The outcomes and claims of the phone's receipts, the oldest first.
    async fn receipts(&self) -> Vec<(ReceiptOutcome, Vec<String>)> {
        let phone = self.phone().await;
        let receipts = phone.online.phone().documents().receipts().unwrap();
        receipts.into_iter().map(|receipt| (receipt.outcome, receipt.shared)).collect()
    }

    async fn phone(&self) -> Phone {
        self.world.reopen(&self.folder.path().join("phone")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_checked_by_code_and_by_question_until_it_is_revoked() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.slip_for(&pupil).await;
    let terminal = Terminal::new(&world).await;
    terminal.activate(&slip).await;

    let (list, folder) = (format!("{}/pki/trust-list", world.base()), terminal.file("inspector"));
    let (root, shown) = (terminal.file("root.pem"), terminal.file("code.png"));
    let update = ["verify", "--folder", &folder, "--roots", &root, "--trust-list-url", &list];
    let judge = ["verify", "--offline", "--folder", &folder, "--roots", &root, "--purpose", "ticket", &shown];
    let show = ["present", "--code", "ticket", "--png", &shown];
    assert_eq!(terminal.run(&update).await, 0);
    assert_eq!(terminal.run(&show).await, 0);
    assert_eq!(terminal.run(&judge).await, 0);
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(terminal.run(&judge).await, 4, "a picture of a minute ago");

    assert_eq!(terminal.asks("cinema-13", &["--yes"]).await, (0, 0));
    assert_eq!(terminal.asks("library", &["--yes", "--refuse", "school_name"]).await, (0, 0));
    assert_eq!(terminal.asks("library", &["--decline"]).await, (4, 0));
    assert_eq!(terminal.asks("ticket", &[]).await, (0, 0));
    let (_, ticket) = terminal.receipts().await.pop().unwrap();
    assert_eq!(ticket.len(), 5, "{ticket:?}");

    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["kino.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (key_file, chain_file) = (terminal.file("key.pem"), terminal.file("chain.pem"));
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    std::fs::write(&chain_file, certificate.pem()).unwrap();
    let signed = ["--key", &key_file, "--certificate", &chain_file, "--by-hash"];
    let signed = [&signed[..], &["--roots", &root, "--clock-is-right"]].concat();
    assert_eq!(terminal.asks_as(&signed, "cinema-13", &["--yes"]).await, (0, 0));
    let phone = terminal.phone().await;
    let last = phone.online.phone().documents().receipts().unwrap().pop().unwrap();
    assert!(last.verifier.client_id.starts_with("x509_hash:"), "{}", last.verifier.client_id);
    drop(phone);

    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    world.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(terminal.run(&show).await, 0, "the phone does not know yet");
    assert_eq!(terminal.run(&judge).await, 0, "nor does the inspector");
    assert_eq!(terminal.run(&update).await, 0);
    world.clock.advance(SignedDuration::from_secs(15));
    assert_eq!(terminal.run(&show).await, 0);
    assert_eq!(terminal.run(&judge).await, 4, "now they do");
    assert_eq!(terminal.asks("cinema-13", &["--yes"]).await, (4, 3));
    assert_eq!(terminal.run(&["refresh"]).await, 0);
    assert_eq!(terminal.run(&show).await, 4, "the phone knows too");

    let cinema: Vec<String> = ["age_equal_or_over.13", "pupil_status"].map(str::to_owned).to_vec();
    let mut receipts = terminal.receipts().await;
    receipts.iter_mut().for_each(|(_, shared)| shared.sort());
    let outcomes: Vec<_> = receipts.iter().map(|(outcome, _)| *outcome).collect();
    use ReceiptOutcome as R;
    assert_eq!(outcomes, [R::Shared, R::Shared, R::Declined, R::Shared, R::Shared, R::RefusedByVerifier]);
    assert_eq!((&receipts[0].1, &receipts[5].1), (&cinema, &cinema));
    assert_eq!(receipts[1].1, ["card_number", "family_name", "given_name"]);
    let (exit, text) = terminal.program(&["receipts"], "");
    assert_eq!(exit, Some(0));
    let told: Value = serde_json::from_str(&text).unwrap();
    let told = told["receipts"].as_array().unwrap();
    let outcomes: Vec<_> = told.iter().map(|receipt| receipt["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["shared", "shared", "declined", "shared", "shared", "refused_by_verifier"]);
    assert!(told.iter().all(|receipt| receipt["verifier"]["host"] == "127.0.0.1"), "{text}");
    assert_eq!(told[1]["verifier"]["name"], "wallet verify");
    assert_eq!((&told[1]["withheld"], &told[2]["shared"]), (&json!(["school_name"]), &json!([])));
    assert!(!text.contains(&pupil.spec.surname) && !text.contains(&pupil.spec.pesel), "no values: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_judged_by_files_alone_one_by_one_or_in_a_stream() {
    let world = World::legacy().await;
    let terminal = Terminal::new(&world).await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap().id;
    let hand = phone.online.take_code_in_hand(&card, Purpose::Ticket).await.unwrap();
    let code = phone.online.code_now(&hand).await.unwrap().text;
    let file = |name: &str, content: &[u8]| {
        std::fs::write(terminal.file(name), content).unwrap();
        terminal.file(name)
    };
    let trust_list = file("trust-list.jwt", &world.fetch("/pki/trust-list").await);
    let status_list = file("status.jwt", &world.fetch("/pki/status/1").await);
    let (picture, blank) =
        (file("code.png", &render::png(&code, 4).unwrap()), file("blank.png", b"no picture"));
    let (root, missing) = (terminal.file("root.pem"), terminal.file("missing.png"));
    let by_files = ["verify", "--offline", "--roots", &root, "--trust-list", &trust_list];
    let by_files = [&by_files[..], &["--status-list", &status_list]].concat();
    let with = |more: &[&str], input: &str| terminal.program(&[&by_files, more].concat(), input);
    let one = |(exit, text): (Option<i32>, String)| {
        let said: Value = serde_json::from_str(&text).unwrap();
        (exit, said["codes"][0].clone())
    };

    let (exit, uncertain) = one(with(&["--text", &code], ""));
    assert_eq!(
        (exit, &uncertain["reason"]),
        (Some(4), &json!("no_signed_time")),
        "nobody has told it the time"
    );
    // A run knows nothing of the codes of another.
    for _ in 0..2 {
        let (exit, said) = one(with(&["--clock-is-right", "--text", &code], ""));
        assert_eq!((exit, &said["verdict"], &said["purpose"]), (Some(0), &json!("valid"), &json!("ticket")));
        assert!(said["disclosed"]["family_name"].is_string(), "{said}");
    }

    let input = format!("{picture}\n{code}\n\n{blank}\n{missing}\n");
    let (exit, text) = with(&["--clock-is-right", "--batch"], &input);
    assert_eq!(exit, Some(0), "each line tells how it went");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [valid, again, unreadable, absent] = &lines[..] else { panic!("{text}") };
    assert_eq!((&valid["verdict"], &valid["picture"]), (&json!("valid"), &json!(picture)));
    assert_eq!((&again["verdict"], &again["reason"]), (&json!("code_too_old"), &json!("seen_before")));
    assert_eq!(*unreadable, json!({ "picture": blank, "error": "not_a_picture" }));
    assert_eq!(*absent, json!({ "picture": missing, "error": "file_unreadable" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_judged_by_the_time_and_the_list_that_the_folder_has() {
    let world = World::legacy().await;
    let terminal = Terminal::new(&world).await;
    terminal.activate(&world.slip_for_a_pupil().await).await;
    let (list, folder) = (format!("{}/pki/trust-list", world.base()), terminal.file("inspector"));
    let root = terminal.file("root.pem");
    let roots = ["--roots", root.as_str()];
    let asks = async |who: &[&str]| terminal.asks_as(&[&roots[..], who].concat(), "ticket", &["--yes"]).await;
    assert_eq!(asks(&[]).await, (4, 3), "nobody has told it the time");
    assert_eq!(asks(&["--clock-is-right"]).await, (0, 0));
    // A clock that is hours behind does, once it has learnt by how much.
    let behind = (world.now() - SignedDuration::from_hours(3)).to_string();
    let by_folder = ["--folder", &folder, "--now", &behind];
    let update = [&["verify", "--trust-list-url", &list][..], &roots, &by_folder].concat();
    assert_eq!(terminal.run(&update).await, 0);
    assert_eq!(asks(&by_folder).await, (0, 0));
    let earlier = (world.now() - SignedDuration::from_hours(3) - SignedDuration::from_secs(30)).to_string();
    assert_eq!(asks(&["--folder", &folder, "--now", &earlier]).await, (4, 3), "it was set back since");
    // What is fetched ends after a fortnight; a root that somebody put there by hand does not.
    let by_list = ["--folder", &folder, "--clock-is-right"];
    assert_eq!(asks(&by_list).await, (0, 0));
    world.clock.advance(SignedDuration::from_hours(14 * 24));
    assert_eq!(asks(&by_list).await, (4, 3), "the list of roots is too old");
    assert_eq!(asks(&["--clock-is-right"]).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_between_two_runs_is_noticed() {
    let world = World::legacy().await;
    let terminal = Terminal::new(&world).await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap().id;
    let (list, folder) = (format!("{}/pki/trust-list", world.base()), terminal.file("inspector"));
    let root = terminal.file("root.pem");
    let device = ["verify", "--folder", &folder, "--roots", &root];
    assert_eq!(terminal.program(&[&device[..], &["--trust-list-url", &list]].concat(), "").0, Some(0));
    world.clock.advance(SignedDuration::from_secs(20));
    let hand = phone.online.take_code_in_hand(&card, Purpose::Ticket).await.unwrap();
    let code = phone.online.code_now(&hand).await.unwrap().text;
    let judge = || {
        let (_, text) = terminal.program(&[&device[..], &["--offline", "--text", &code]].concat(), "");
        let said: Value = serde_json::from_str(&text).unwrap();
        (said["codes"][0]["verdict"].clone(), said["codes"][0]["reason"].clone())
    };
    assert_eq!(judge(), (json!("valid"), Value::Null));
    world.clock.advance(SignedDuration::from_secs(-10));
    assert_eq!(judge(), (json!("clock_uncertain"), json!("clock_behind")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_roots_that_nobody_believes_any_more_gives_way_to_a_new_one() {
    let world = World::legacy().await;
    let terminal = Terminal::new(&world).await;
    let (list, folder) = (format!("{}/pki/trust-list", world.base()), terminal.file("inspector"));
    let root = terminal.file("root.pem");
    let kept = std::path::Path::new(&folder).join("trust-list.jwt");
    std::fs::create_dir_all(&folder).unwrap();
    let other = World::of(Plan::of("legacy-2019")).await;
    let stranger = other.fetch("/pki/trust-list").await;
    std::fs::write(&kept, &stranger).unwrap();
    let device = ["verify", "--folder", &folder, "--roots", &root];
    let (exit, _) = terminal.program(&[&device[..], &["--offline", "--text", "x"]].concat(), "");
    assert_eq!(exit, Some(4), "no code");
    let (exit, _) = terminal.program(&[&device[..], &["--trust-list-url", &list]].concat(), "");
    assert_eq!(exit, Some(0));
    assert!(std::fs::read(&kept).unwrap() != stranger, "another list is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_for_pesel_and_address_is_warned_at_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_port();
    let base = format!("http://{listen}");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    let site = Site::set_up(&program, folder.path(), None, &base).await;
    let _issuer = site.serve(listen).await;
    let office = Office::new(&base, &site.token);
    let school = office.school(990_001, "Szkoła Podstawowa na Próbę", "zpe-2025", json!({})).await;
    let (pupil, _) = office.pupil_without_card(&school, 1).await;
    office.base_card_of_today(&pupil).await;
    let slip = office.codes(&office.order(&pupil).await).await;
    let terminal = Program { folder: folder.path() };
    terminal.done(&["init", "--name", "Telefon", "--platform", "android", "--os-version", "14"]);
    terminal.done(&["trust", "--issuer", &base, "--yes"]);
    terminal.done(&["activate", "--accept-terms", "--offer", &slip.offer_uri]);

    let root = tests::http::get(format!("{base}/pki/ca/root.cer")).await.unwrap().bytes().await.unwrap();
    let anchors = vec![TrustAnchor::from_der(&root).unwrap()];
    let checkpoint = verifier_believing(anchors, Arc::new(SystemClock)).await;
    let asked = checkpoint.ask(too_much(&base)).unwrap();
    let output = terminal.run(&["present", "--request", asked.link.expose()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "nobody can be asked here: {said}");
    for warning in ["the PESEL is asked", "the home address is asked"] {
        assert!(said.contains(&format!("warning: {warning}\n")), "{warning}: {said}");
    }
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told.to_string().contains("asks_pesel") && told.to_string().contains("asks_address"), "{told}");
}
