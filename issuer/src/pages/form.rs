//! Forms as browsers send them, and as they are shown again when something is wrong.

use axum::body::Bytes;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use subtle::ConstantTimeEq;

use super::failure::PageFailure;
use super::session::realm_of;
use super::words::Lang;
use super::{Pages, frame};
use crate::http::failure::Coded;
use crate::http::front::client::Client;
use crate::registry::fault::{FaultCode, Faults};

/// The largest form without files, in bytes.
const FORM_LIMIT: usize = 256 * 1024;

/// What was typed, by the names of the fields; a name may stand there more than once.
#[derive(Clone, Default)]
pub struct Typed(Vec<(String, String)>);

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is typed here is personal or secret.
        write!(f, "Typed({} fields)", self.0.len())
    }
}

impl Typed {
    /// Reads `application/x-www-form-urlencoded`.
    pub fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// These fields, as if they had been typed: what a form is shown with at first.
    pub fn of<K: Into<String>, V: Into<String>>(fields: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The text of a field, without blanks at its ends; empty without the field.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The text of a field as it was typed, for passwords.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The text of a field, if anything was typed.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// All that was sent under a name: the ticked rows of a table.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// A field that is one of the words that the books know, such as a role.
    pub fn word<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(self.text(name).to_owned())).ok()
    }
}

/// A form that came from a page of ours: its token was right.
pub struct Sent {
    /// What was typed.
    pub typed: Typed,
    /// What the browser said of itself.
    pub headers: HeaderMap,
    /// From where it came.
    pub client: Client,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Among the headers are the browser's cookies.
        write!(f, "Sent({:?})", self.typed)
    }
}

impl Sent {
    /// The random key with which the form was shown; none if the page has none.
    pub fn key(&self) -> Option<&str> {
        Some(self.typed.text("form_key")).filter(|key| key.len() == 26)
    }
}

impl FromRequest<Pages> for Sent {
    type Rejection = PageFailure;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, PageFailure> {
        let (headers, path) = (request.headers().clone(), request.uri().path().to_owned());
        let client = Client::noted(request.extensions());
        let body = Bytes::from_request(request, pages).await.map_err(|_| PageFailure::TooLarge)?;
        if body.len() > FORM_LIMIT {
            return Err(PageFailure::TooLarge);
        }
        let typed = Typed::read(&body);
        check_token(pages, &headers, &path, &typed)?;
        Ok(Self { typed, headers, client })
    }
}

/// A file that came with a form.
pub struct SentFile {
    /// The name of its field.
    pub field: String,
    /// What it was called where it came from. Personal: photos are named after pupils.
    pub file_name: String,
    /// Its content.
    pub bytes: Bytes,
}

impl std::fmt::Debug for SentFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SentFile({}, {} bytes)", self.field, self.bytes.len())
    }
}

/// A form with files (`multipart/form-data`) that came from a page of ours. How large it may be the route says,
/// with axum's `DefaultBodyLimit`.
#[derive(Debug)]
pub struct SentFiles {
    /// The form without its files.
    pub sent: Sent,
    /// Its files; a file input that was left empty sends none.
    pub files: Vec<SentFile>,
}

impl FromRequest<Pages> for SentFiles {
    type Rejection = PageFailure;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, PageFailure> {
        let (headers, path) = (request.headers().clone(), request.uri().path().to_owned());
        let client = Client::noted(request.extensions());
        let mut parts = Multipart::from_request(request, pages).await.map_err(|_| PageFailure::Unreadable)?;
        let (mut typed, mut files) = (Vec::new(), Vec::new());
        let unreadable = |error: axum::extract::multipart::MultipartError| match error.status() {
            axum::http::StatusCode::PAYLOAD_TOO_LARGE => PageFailure::TooLarge,
            _ => PageFailure::Unreadable,
        };
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let field = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(unreadable)?;
            match file_name {
                Some(_) if bytes.is_empty() => {}
                Some(file_name) => files.push(SentFile { field, file_name, bytes }),
                None => typed.push((field, String::from_utf8_lossy(&bytes).into_owned())),
            }
        }
        let typed = Typed(typed);
        check_token(pages, &headers, &path, &typed)?;
        Ok(Self { sent: Sent { typed, headers, client }, files })
    }
}

/// Whether the form carries the token of the browser that sends it, and comes from our own address. A neighbour
/// under the same domain (`same-site`) is not us.
fn check_token(pages: &Pages, headers: &HeaderMap, path: &str, typed: &Typed) -> Result<(), PageFailure> {
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    let expected = pages.expected_form_token(headers, realm_of(path)).ok_or(PageFailure::StaleForm)?;
    let right: bool = expected.as_bytes().ct_eq(typed.text("form_token").as_bytes()).into();
    if right && !foreign { Ok(()) } else { Err(PageFailure::StaleForm) }
}

/// A form as a page shows it: what was typed, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    typed: Typed,
    faults: Vec<Fault>,
    refusal: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its name.
    pub field: String,
    /// What to do about it, in the reader's language.
    pub message: String,
}

impl Fields {
    /// A form that nobody has sent yet.
    pub fn of(typed: Typed) -> Self {
        Self { typed, ..Self::default() }
    }

    /// A form with what is wrong with its fields.
    pub fn faulty(typed: &Typed, faults: &Faults, lang: Lang) -> Self {
        let told = faults
            .0
            .iter()
            .map(|fault| Fault { field: fault.field.clone(), message: fault_message(fault.code, lang) });
        Self { typed: typed.clone(), faults: told.collect(), refusal: None }
    }

    /// A form whose act was refused.
    pub fn refused(typed: &Typed, refusal: &impl Coded, lang: Lang) -> Self {
        let faults = Faults(refusal.fields());
        let code = refusal.code();
        let told = frame::capital(lang.pick(code.message_pl(), code.message_en()));
        Self { refusal: Some(told), ..Self::faulty(typed, &faults, lang) }
    }

    /// The same, with a field that is wrong for a reason of the page's own.
    #[must_use]
    pub fn with_fault(mut self, field: &str, message: String) -> Self {
        self.faults.push(Fault { field: field.to_owned(), message });
        self
    }

    /// What was typed, for pages that look closer.
    pub fn typed(&self) -> &Typed {
        &self.typed
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> &str {
        self.typed.text(name)
    }

    /// Whether a choice is the one made; `fallback` where nothing was sent.
    pub fn chosen(&self, name: &str, value: &str, fallback: &str) -> bool {
        let sent = self.typed.text(name);
        if sent.is_empty() { value == fallback } else { sent == value }
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.typed.ticked(name)
    }

    /// What is wrong with a field; empty if nothing is.
    pub fn fault(&self, name: &str) -> &str {
        self.faults.iter().find(|fault| fault.field == name).map_or("", |fault| &fault.message)
    }

    /// All that is wrong, for the summary above the form.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Why the act was refused; empty if it was not.
    pub fn refusal(&self) -> &str {
        self.refusal.as_deref().unwrap_or_default()
    }

    /// The status of a page that shows this form.
    pub fn status(&self) -> axum::http::StatusCode {
        match (&self.refusal, self.faults.is_empty()) {
            (Some(_), _) => axum::http::StatusCode::CONFLICT,
            (None, false) => axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            (None, true) => axum::http::StatusCode::OK,
        }
    }
}

fn fault_message(code: FaultCode, lang: Lang) -> String {
    frame::capital(lang.pick(code.message_pl(), code.message_en()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_as_it_was_typed() {
        let typed = Typed::read("given_names=+Zofia+&row=1&row=2&b=on&pass=+a+&%C4%85=%C4%99".as_bytes());
        assert_eq!(typed.text("given_names"), "Zofia");
        assert_eq!(typed.raw("pass"), " a ");
        assert_eq!(typed.all("row").collect::<Vec<_>>(), ["1", "2"]);
        assert!(typed.ticked("b") && !typed.ticked("c"));
        assert_eq!(typed.text("ą"), "ę");
        assert_eq!(typed.some("none"), None);
        assert!(!format!("{typed:?}").contains("Zofia"));
    }

    #[test]
    fn a_form_that_is_looked_at_tells_neither_cookies_nor_what_was_typed() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", axum::http::HeaderValue::from_static("mleg_office=geheim"));
        let sent = Sent { typed: Typed::read(b"password=tajne"), headers, client: Client::Unknown };
        let files = SentFiles { sent, files: Vec::new() };
        let told = format!("{files:?}");
        assert!(!told.contains("geheim") && !told.contains("tajne"), "{told}");
    }
}
