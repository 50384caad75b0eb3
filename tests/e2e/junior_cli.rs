//! mObywatel Junior on the command line, from the set-up to the card: the program prints an address and listens, a browser
//! signs in there and comes back.

use std::path::Path;
use std::sync::Arc;

use issuer::app::SystemEntropy;
use shared::clock::Clock;
use tests::reader::Reader;
use tests::scene::Scene;
use tests::world::PIN;
use tokio::sync::mpsc;
use url::Url;
use wallet::commands::{Machine, run_line};

use crate::junior::{answers, asked};

/// The first pupils of the two schools.
const PUPIL: &str = "sp0.uczen";
const OTHER: &str = "zsn.uczen";

/// A phone's directory with its PIN, and the addresses that the program shows.
struct Terminal<'a> {
    scene: &'a Scene,
    folder: tempfile::TempDir,
    shown: mpsc::UnboundedSender<Url>,
    shows: mpsc::UnboundedReceiver<Url>,
}

impl<'a> Terminal<'a> {
    fn new(scene: &'a Scene) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pin"), PIN).unwrap();
        let (shown, shows) = mpsc::unbounded_channel();
        Self { scene, folder, shown, shows }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a command; its exit code.
    async fn run(&self, command: &[&str]) -> u8 {
        let (home, pin) = (self.file("phone"), self.file("pin"));
        let line = ["wallet", "--json", "--home", &home, "--pin-file", &pin];
        let line: Vec<String> = line.iter().chain(command).map(|word| (*word).to_owned()).collect();
        let shown = self.shown.clone();
        let machine = Machine {
            clock: Arc::clone(&self.scene.world.clock) as Arc<dyn Clock>,
            entropy: Arc::new(SystemEntropy),
            show_address: Arc::new(move |url| shown.send(url.clone()).unwrap()),
        };
        run_line(line, machine).await
    }

    /// Runs `wallet sign-in` beside a browser in which somebody answers; its exit code.
    async fn signs_in(&mut self, login: &str, answer: &str) -> u8 {
        let mut shows = std::mem::replace(&mut self.shows, mpsc::unbounded_channel().1);
        let browser = async {
            let url = shows.recv().await.unwrap();
            let mut browser = Reader::new(self.scene.world.base());
            let page = asked(&mut browser, url.as_str(), login).await;
            let back = answers(&mut browser, &page, answer).await.location().to_owned();
            assert!(back.starts_with("http://127.0.0.1:"), "{back}");
            // Another page that sends a browser there ends nothing.
            let strange = back.replace("state=", "state=x");
            assert_eq!(tests::http::get(strange).await.unwrap().status(), 404);
            let page = tests::http::get(&back).await.unwrap();
            assert_eq!(page.headers()["cache-control"], "no-store");
            assert!(page.text().await.unwrap().contains("Wróć do programu"));
            (shows, back)
        };
        let (code, (shows, back)) = tokio::join!(self.run(&["sign-in"]), browser);
        assert!(tests::http::get(back).await.is_err(), "the port stays open");
        self.shows = shows;
        code
    }
}

fn write(path: impl AsRef<Path>, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pupil_signs_in_and_has_the_card_without_a_screen() {
    let scene = Scene::fresh().await;
    let (base, office, orders) = (scene.world.base(), scene.office(), scene.orders(0));
    let (own, anothers) = (office.slip(&orders[0]).await, office.slip(&orders[1]).await);
    let mut terminal = Terminal::new(&scene);
    let init =
        ["init", "--name", "Telefon Zosi", "--platform", "android", "--os-version", "14", "--app", "junior"];
    assert_eq!(terminal.run(&init).await, 0);
    assert_eq!(terminal.run(&["sign-in"]).await, 4, "whose portal is not known yet");
    assert_eq!(terminal.run(&["trust", "--issuer", base, "--yes"]).await, 0);
    let (own_png, anothers_png) = (terminal.file("own.png"), terminal.file("anothers.png"));
    write(&own_png, &own.qr_png);
    write(&anothers_png, &anothers.qr_png);
    let activate = |png, code| ["activate", "--accept-terms", "--qr", png, "--code", code];
    let own_line = activate(&own_png, own.activation_code.as_deref().unwrap());
    let anothers_line = activate(&anothers_png, anothers.activation_code.as_deref().unwrap());

    assert_eq!(terminal.run(&own_line).await, 4, "nobody is signed in");
    assert_eq!(terminal.signs_in(PUPIL, "cancel").await, 3);
    assert_eq!(terminal.signs_in(PUPIL, "allow").await, 0);
    assert_eq!(terminal.run(&anothers_line).await, 3, "another pupil's code");
    assert_eq!(terminal.run(&own_line).await, 0);
    assert_eq!(terminal.run(&["show"]).await, 0);
    assert_eq!(terminal.signs_in(OTHER, "allow").await, 4, "beside the card of somebody else");
    assert_eq!(terminal.signs_in(PUPIL, "allow").await, 0);
    assert_eq!(office.devices(&own.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_back_and_standard_phones_ask_for_nobody() {
    let scene = Scene::fresh().await;
    let terminal = Terminal::new(&scene);
    for (app, code) in [("standard", 4), ("junior", 4)] {
        let _gone = std::fs::remove_dir_all(terminal.file("phone"));
        let init = ["init", "--name", "Telefon", "--platform", "ios", "--os-version", "17.5", "--app", app];
        assert_eq!(terminal.run(&init).await, 0);
        assert_eq!(terminal.run(&["trust", "--issuer", scene.world.base(), "--yes"]).await, 0);
        assert_eq!(terminal.run(&["sign-in", "--timeout", "1"]).await, code, "{app}");
    }
}
