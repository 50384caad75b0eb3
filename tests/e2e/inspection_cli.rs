//! The inspection in two terminals: one asks or judges, the other answers or shows.

use std::path::PathBuf;
use std::sync::Arc;

use issuer::app::{SystemClock, SystemEntropy};
use jiff::SignedDuration;
use serde_json::json;
use shared::clock::Clock;
use shared::x509::chain::TrustAnchor;
use tests::office::Office;
use tests::process::{Site, free_port};
use tests::world::{PIN, Phone, World};
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

    /// One asks for `purpose`, the other follows the link with `answer`; both exit codes.
    async fn asks(&self, purpose: &str, answer: &[&str]) -> (u8, u8) {
        self.asks_as(&[], purpose, answer).await
    }

    /// The same with more options for the one who asks.
    async fn asks_as(&self, who: &[&str], purpose: &str, answer: &[&str]) -> (u8, u8) {
        let (shown, mut shows) = mpsc::unbounded_channel::<Url>();
        // Receipts sort by the time of their questions.
        self.world.clock.advance(SignedDuration::from_secs(1));
        let root = self.file("root.pem");
        let ask = ["verify", "--ask", purpose, "--issuer", self.world.base(), "--roots", &root];
        let ask = [&ask[..], who].concat();
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
    let slip = world.slip_for_a_pupil().await;
    let terminal = Terminal::new(&world).await;
    let png = terminal.file("slip.png");
    std::fs::write(&png, &slip.qr_png).unwrap();
    let init = ["init", "--name", "Telefon Zosi", "--platform", "android", "--os-version", "14"];
    assert_eq!(terminal.run(&init).await, 0);
    assert_eq!(terminal.run(&["trust", "--issuer", world.base(), "--yes"]).await, 0);
    let code = slip.activation_code.as_deref().unwrap();
    let activate = ["activate", "--qr", &png, "--accept-terms", "--code", code];
    assert_eq!(terminal.run(&activate).await, 0);

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
    assert_eq!(terminal.run(&["receipts"]).await, 0);
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
