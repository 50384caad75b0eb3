//! Somebody at a browser: what it shows, what it complains of, and what is left behind when a step fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use super::driver::Session;

/// How long a person waits for what a page is to show.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);
/// How often they look.
const GLANCE: Duration = Duration::from_millis(20);
/// Where failed tests leave their pictures, below the target folder.
const LEFT_BEHIND: &str = "browser-failures";

/// Somebody at a browser of their own.
pub struct Person {
    pub(super) client: Client,
    base: String,
    http: reqwest::Client,
    session: Session,
}

impl Person {
    pub(super) async fn new(client: Client, session: Session, base: &str) -> Self {
        let http = crate::http::client();
        Self { client, base: base.to_owned(), http, session }
    }

    /// The address of a page.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Path and query of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// All that can be read on the page, blanks made one.
    pub async fn text(&self) -> String {
        self.all_text().await.unwrap_or_default()
    }

    pub(super) async fn all_text(&self) -> Result<String, CmdError> {
        let text = self.client.find(Locator::Css("body")).await?.text().await?;
        Ok(one_blank(&text))
    }

    /// The browser's cookies, as a program would send them.
    pub async fn cookies(&self) -> Vec<(String, String)> {
        let cookies = self.client.get_all_cookies().await.expect("cookies");
        cookies.into_iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
    }

    /// Takes over a cookie that somebody was given elsewhere.
    pub async fn brings_cookie(&self, name: &str, value: &str) {
        let cookie = json!({ "name": name, "value": value, "url": self.base });
        let set = self.chromium("Network.setCookie", cookie).await;
        assert_eq!(set["success"], true, "the browser does not take {name}");
    }

    /// A picture of what is shown.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture")
    }

    /// A picture of the first element of a CSS selector.
    pub async fn picture_of(&self, selector: &str) -> Vec<u8> {
        let look = async || self.client.find(Locator::Css(selector)).await.ok()?.screenshot().await.ok();
        self.waits(&format!("a picture of {selector}"), look).await
    }

    /// The file whose name ends with `ending`, once the browser has saved it.
    pub async fn saved(&self, ending: &str) -> PathBuf {
        let folder = self.session.downloads().to_owned();
        self.waits(&format!("a saved file *{ending}"), async || saved_file(&folder, ending)).await
    }

    /// Runs a script in the page; for what judges ask, never for what people do.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("a script that runs")
    }

    /// A command of Chromium's own protocol.
    pub(super) async fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn command(&self, command: &str, body: Value) -> Value {
        let sent = self.http.post(self.session.address(command)).json(&body).send().await;
        let answer: Value = sent.expect("the driver").json().await.expect("an answer of the driver");
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// Looks at the page again and again until `look` finds something.
    pub(super) async fn waits<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if start.elapsed() > PATIENCE {
                let path = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
                panic!("waited in vain for {what} at {path}, where it says:\n{}", self.text().await);
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Fails if the browser has complained since it was asked last.
    pub async fn hears_no_complaint(&self) {
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        let complaints: Vec<&Value> = log.as_array().into_iter().flatten().filter(|e| is_fault(e)).collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }
}

/// Whether an entry of the browser's log is a fault of ours. That a form was not accepted (422) or a door is shut
/// (403) is no fault: somebody is told so on the page.
fn is_fault(entry: &Value) -> bool {
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    if !matches!(text("level").as_str(), "SEVERE" | "WARNING") {
        return false;
    }
    let message = text("message");
    let told = ["status of 4"].iter().any(|status| message.contains(status));
    !(text("source") == "network" && told && !message.contains("/assets/"))
}

fn saved_file(folder: &Path, ending: &str) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|file| file.path());
    files.into_iter().find(|path| path.to_string_lossy().ends_with(ending))
}

/// The text with every run of blanks made one.
pub(super) fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Drop for Person {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        static LEFT: AtomicU32 = AtomicU32::new(0);
        let folder = target().join(LEFT_BEHIND);
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let name = format!("{test}-{}", LEFT.fetch_add(1, Ordering::Relaxed));
        let picture = self.session.ask("screenshot");
        let picture = BASE64_STANDARD.decode(picture.as_str().unwrap_or_default()).unwrap_or_default();
        let source = self.session.ask("source");
        // The test has failed already; what cannot be written must not hide why.
        let _ = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(format!("{name}.png")), picture))
            .and_then(|()| {
                fs::write(folder.join(format!("{name}.html")), source.as_str().unwrap_or_default())
            });
        eprintln!("what the browser showed: {}", folder.join(format!("{name}.png")).display());
    }
}

/// The folder that cargo builds into.
fn target() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(own, PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(level: &str, source: &str, message: &str) -> Value {
        json!({ "level": level, "source": source, "message": message })
    }

    #[test]
    fn what_people_are_told_is_no_fault() {
        let refused =
            "http://a/office/pupils - Failed to load resource: the server responded with a status of 422";
        let asset = "http://a/assets/1/style.css - Failed to load resource: the server responded with a status of 404";
        let broken = "http://a/office - Failed to load resource: the server responded with a status of 500";
        assert!(!is_fault(&entry("SEVERE", "network", refused)));
        assert!(is_fault(&entry("SEVERE", "network", asset)));
        assert!(is_fault(&entry("SEVERE", "network", broken)));
        assert!(is_fault(&entry("SEVERE", "security", "Refused to apply inline style")));
        assert!(is_fault(&entry("SEVERE", "javascript", "TypeError: x is undefined")));
        assert!(!is_fault(&entry("INFO", "console-api", "hello")));
    }
}
