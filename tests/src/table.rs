//! A desk with phones beside an issuer, and somebody who presses their buttons without a browser.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use issuer::app::SystemEntropy;
use shared::clock::Clock;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wallet::acquire::consent::{PRIVACY_NOTICE, TERMS};
use wallet::pin::PinCost;
use wallet::screen::{Desk, DeskParts};
use wallet::store::Stores;
use wallet::transport::Transport;

use crate::office::Slip;

pub mod verdicts;

/// The password of every standard phone on the table.
pub const PASSWORD: &str = "Zielona7Zaba";

const BOUNDARY: &str = "picture-of-a-slip-83f1";

/// What a table is laid with.
pub struct Laid {
    /// How many phones.
    pub phones: u8,
    /// The issuer that they trust.
    pub issuer: String,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The network.
    pub network: Arc<dyn Transport>,
    /// Where the phones keep their documents.
    pub stores: Arc<dyn Stores>,
    /// How often cards are refreshed unasked.
    pub refresh_every: Option<Duration>,
}

/// A served desk.
pub struct Table {
    /// Where.
    pub address: SocketAddr,
    http: reqwest::Client,
    served: JoinHandle<()>,
    folder: Arc<tempfile::TempDir>,
}

/// What a phone shows.
#[derive(Debug, Clone)]
pub struct Screen {
    /// HTTP status of the answer.
    pub status: u16,
    /// The page.
    pub html: String,
}

impl Screen {
    /// The name of the view.
    pub fn view(&self) -> &str {
        self.attribute("data-view")
    }

    /// What went wrong, if that is what is shown.
    pub fn trouble(&self) -> &str {
        self.attribute("data-trouble")
    }

    fn attribute(&self, name: &str) -> &str {
        let after = self.html.split_once(&format!("{name}=\"")).map_or("", |(_, after)| after);
        after.split('"').next().unwrap_or_default()
    }

    /// The names of the cards whose forms stand here, in their order, each once.
    pub fn cards(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for after in self.html.split("name=\"id\" value=\"").skip(1) {
            let id = after.split('"').next().unwrap_or_default().to_owned();
            if !found.contains(&id) {
                found.push(id);
            }
        }
        found
    }
}

impl Table {
    /// Lays the phones and serves them on a free port.
    pub async fn lay(laid: Laid) -> Self {
        Self::lay_in(Arc::new(tempfile::tempdir().expect("a folder")), laid).await
    }

    /// Ends this desk and lays another with the phones that lay on it.
    pub async fn lay_again(&self, laid: Laid) -> Self {
        self.served.abort();
        Self::lay_in(Arc::clone(&self.folder), laid).await
    }

    async fn lay_in(folder: Arc<tempfile::TempDir>, laid: Laid) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let desk = Desk::lay(DeskParts {
            home: folder.path().to_owned(),
            phones: laid.phones,
            address,
            issuer: IssuerUrl::parse(&laid.issuer, UrlPolicy::default()).expect("an issuer"),
            fingerprint: None,
            refresh_every: laid.refresh_every,
            pin_cost: PinCost::FOR_TESTS,
            stores: laid.stores,
            clock: laid.clock,
            entropy: Arc::new(SystemEntropy),
            network: laid.network,
        })
        .await;
        let served = tokio::spawn(async move { desk.serve(listener).await.expect("a served desk") });
        let redirect = reqwest::redirect::Policy::none();
        let http = crate::http::builder().redirect(redirect).build().expect("a client");
        Self { address, http, served, folder }
    }

    /// Where a path of the desk is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The directory of a phone.
    pub fn home(&self, phone: u8) -> PathBuf {
        self.folder.path().join(format!("phone-{phone}"))
    }

    /// Opens a path.
    pub async fn get(&self, path: &str) -> Screen {
        self.done(self.http.get(self.url(path))).await
    }

    /// Sends a request as it is, with headers.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Screen {
        let request = self.http.post(self.url(path)).form(fields);
        self.done(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    async fn done(&self, request: reqwest::RequestBuilder) -> Screen {
        let answer = request.send().await.expect("an answer of the desk");
        Screen { status: answer.status().as_u16(), html: answer.text().await.expect("a page") }
    }

    /// What a phone shows.
    pub async fn screen(&self, phone: u8) -> Screen {
        self.get(&format!("/phones/{phone}/screen")).await
    }

    /// Presses a button, and waits until the phone has done what it does.
    pub async fn press(&self, phone: u8, act: &str, fields: &[(&str, &str)]) -> Screen {
        let pressed = self.post(&format!("/phones/{phone}/{act}"), &[("x-part", "screen")], fields).await;
        assert_eq!(pressed.status, 200, "{act}: {}", pressed.html);
        self.settled(phone).await
    }

    /// Gives the phone a picture to read.
    pub async fn picture(&self, phone: u8, picture: &[u8]) -> Screen {
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"slip.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(picture);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request =
            self.http.post(self.url(&format!("/phones/{phone}/picture"))).header("x-part", "screen");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let shown = self.done(request.header("content-type", kind).body(body)).await;
        assert_eq!(shown.status, 200, "{}", shown.html);
        self.settled(phone).await
    }

    /// Holds a frame before the phone's camera; what it says.
    pub async fn frame(&self, phone: u8, number: usize, picture: Vec<u8>) -> Screen {
        let url = self.url(&format!("/phones/{phone}/frame?n={number}"));
        self.done(self.http.post(url).body(picture)).await
    }

    /// What the phone shows once nothing is being done on it.
    pub async fn settled(&self, phone: u8) -> Screen {
        self.until(phone, |screen| screen.view() != "working").await
    }

    /// Waits until the phone shows what is asked for.
    pub async fn until(&self, phone: u8, shows: impl Fn(&Screen) -> bool) -> Screen {
        let mut last = String::new();
        for _ in 0..1500 {
            let screen = self.screen(phone).await;
            if shows(&screen) {
                return screen;
            }
            last = screen.html;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("phone {phone} still shows {last}");
    }

    /// The first start of the standard app.
    pub async fn set_up(&self, phone: u8) -> Screen {
        self.press(phone, "choose-app", &[("app", "standard")]).await;
        let screen = self.press(phone, "set-pin", &[("pin", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(screen.view(), "documents", "{}", screen.html);
        screen
    }

    /// From the documents to where a code is read.
    pub async fn to_scanner(&self, phone: u8) -> Screen {
        self.press(phone, "add", &[]).await;
        self.press(phone, "choose", &[]).await;
        let mut screen = self.press(phone, "understood", &[]).await;
        for (view, act, text) in
            [("terms", "accept-terms", &TERMS), ("privacy", "accept-privacy", &PRIVACY_NOTICE)]
        {
            if screen.view() == view {
                screen = self.press(phone, act, &[("version", text.version)]).await;
            }
        }
        assert_eq!(screen.view(), "camera", "{}", screen.html);
        self.press(phone, "allow-camera", &[]).await
    }

    /// From what was offered to the card, or to what went wrong.
    pub async fn take(&self, phone: u8, code: Option<&str>) -> Screen {
        let mut screen = self.press(phone, "take-offer", &[]).await;
        if let Some(code) = code {
            screen = self.press(phone, "code", &[("code", code)]).await;
        }
        if screen.view() == "confirm" { self.press(phone, "confirm", &[]).await } else { screen }
    }

    /// The whole way to a card by the code below the QR code.
    pub async fn activate(&self, phone: u8, slip: &Slip) -> Screen {
        self.to_scanner(phone).await;
        self.press(phone, "type", &[]).await;
        let screen = self.press(phone, "typed", &[("typed", &slip.typed_code)]).await;
        if screen.view() != "offer" {
            return screen;
        }
        self.take(phone, slip.activation_code.as_deref()).await
    }

    /// Opens the only card on a phone.
    pub async fn open_card(&self, phone: u8) -> Screen {
        let documents = self.press(phone, "documents", &[]).await;
        let cards = documents.cards();
        let [card] = cards.as_slice() else { panic!("{} cards: {}", cards.len(), documents.html) };
        self.press(phone, "card", &[("id", card)]).await
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.served.abort();
    }
}
