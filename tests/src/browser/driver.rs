//! The program that drives browsers, and new browsers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fantoccini::ClientBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Person;
use crate::outside::{program, require};

/// Debian's names; a machine that calls them otherwise says so.
const DRIVER: (&str, &str) = ("MLEG_CHROMEDRIVER", "chromedriver");

/// A running `chromedriver`; its browsers end with it.
#[derive(Clone)]
pub struct Browser {
    driver: Arc<Driver>,
}

impl Browser {
    /// Starts the driver, or says aloud why there is none.
    pub async fn start() -> Option<Self> {
        let found = require("Chromium with its driver (Debian: chromium, chromium-driver)", || {
            program("chromium", "--version")?;
            let name = std::env::var_os(DRIVER.0).unwrap_or_else(|| DRIVER.1.into());
            program(&name, "--version")
        })?;
        let driver = tokio::task::spawn_blocking(move || Driver::start(&found)).await.expect("a driver");
        Some(Self { driver: Arc::new(driver) })
    }

    /// A browser of its own, without cookies, for somebody who looks at the pages at `base`.
    pub async fn person(&self, base: &str) -> Person {
        self.person_who_films(base, None).await
    }

    /// The same with this film (JPEG pictures one after the other in a file that ends with `.mjpeg`) before the camera,
    /// over and over.
    pub async fn person_who_films(&self, base: &str, film: Option<&Path>) -> Person {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let capabilities = capabilities(folder.path(), film);
        let Value::Object(capabilities) = capabilities else { panic!("capabilities are an object") };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = builder.connect(&self.driver.address()).await.expect("a browser");
        let session = client.session_id().await.expect("a session").expect("a session's id");
        let session = Session { driver: Arc::clone(&self.driver), id: session, folder };
        Person::new(client, session, base).await
    }
}

/// A browser in Polish, on a desk: no window, no network of its own.
fn capabilities(downloads: &Path, film: Option<&Path>) -> Value {
    let film = film.map(|film| format!("--use-file-for-fake-video-capture={}", film.display()));
    let mut flags = vec![
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--disable-extensions",
        "--no-first-run",
        "--no-default-browser-check",
        "--no-proxy-server",
        // A camera that everybody lets the page use.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--lang=pl",
        "--accept-lang=pl",
        "--window-size=1280,960",
    ];
    flags.extend(film.as_deref());
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "pageLoad": 60_000, "script": 60_000 },
        "unhandledPromptBehavior": "ignore",
        "goog:chromeOptions": {
            "args": flags,
            "prefs": {
                "intl.accept_languages": "pl",
                "download.default_directory": downloads,
                "download.prompt_for_download": false,
                "plugins.always_open_pdf_externally": true,
            },
        },
    })
}

/// The driver's process.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start(program: &Path) -> Self {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a driver that was there a moment ago");
        let said = BufReader::new(process.stdout.take().expect("its output"));
        let mut lines = said.lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
        let port = port.expect("a driver that says on which port it listens");
        // Whoever speaks must be heard, or it stops in the middle of a word.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A command without waiting for a runtime: what is left to do when a test has failed.
    fn tell(&self, method: &str, path: &str) -> std::io::Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(said) = line.strip_prefix("content-length:") {
                length = said.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It is gone already, or goes now; either is well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One browser of a driver.
pub(super) struct Session {
    driver: Arc<Driver>,
    id: String,
    folder: TempDir,
}

impl Session {
    /// The address of a command that the standard does not know.
    pub(super) fn address(&self, command: &str) -> String {
        format!("{}/session/{}/{command}", self.driver.address(), self.id)
    }

    /// Where files go that are saved.
    pub(super) fn downloads(&self) -> &Path {
        self.folder.path()
    }

    /// What the driver answers to a question, without waiting for a runtime.
    pub(super) fn ask(&self, question: &str) -> Value {
        let path = format!("/session/{}/{question}", self.id);
        self.driver.tell("GET", &path).map(|mut answer| answer["value"].take()).unwrap_or(Value::Null)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A driver that is killed leaves its browsers behind: each is closed before.
        let _ = self.driver.tell("DELETE", &format!("/session/{}", self.id));
    }
}
