//! A reader of pages without a browser: cookies, links, forms and nothing else. What it sees is what the server
//! sent, byte by byte.

mod crawl;
mod markup;

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

pub use crawl::{Found, crawl, pattern};
pub use markup::{Form, Tag, forms, links, tags};

/// The field that proves that a form is ours.
pub const TOKEN: &str = "form_token";
/// The field by which a form is worked off once.
pub const KEY: &str = "form_key";

/// Somebody who reads pages.
#[derive(Clone)]
pub struct Reader {
    http: reqwest::Client,
    base: Arc<str>,
    /// The cookies that came.
    pub cookies: BTreeMap<String, String>,
}

/// A page, or whatever else came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; empty where it is no text.
    pub body: String,
    /// How long it took, in milliseconds.
    pub took_ms: u128,
}

impl Answer {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// Whether it is a page.
    pub fn is_page(&self) -> bool {
        self.header(CONTENT_TYPE.as_str()).starts_with("text/html")
    }
}

impl Reader {
    /// A reader of the pages at `base`, without cookies.
    pub fn new(base: &str) -> Self {
        let http = crate::http::builder().redirect(Policy::none()).build();
        Self { http: http.expect("an HTTP client"), base: base.into(), cookies: BTreeMap::new() }
    }

    /// A reader who has signed in to the office.
    pub async fn office(base: &str, login: &str, password: &str) -> Self {
        let mut reader = Self::new(base);
        let answer = reader.signs_in("/office/sign-in", login, password).await;
        assert_eq!(answer.status, 303, "{login} is not let in: {}", answer.body);
        reader
    }

    /// Sends the sign-in form at `place`.
    pub async fn signs_in(&mut self, place: &str, login: &str, password: &str) -> Answer {
        let page = self.get(place).await;
        let form = forms(&page.body).into_iter().find(|form| form.action == place).expect("a sign-in form");
        self.send(&form.with("login", login).with("password", password)).await
    }

    /// An address of ours without its host; others as they are.
    fn own<'a>(&self, address: &'a str) -> &'a str {
        address.strip_prefix(&*self.base).unwrap_or(address)
    }

    /// Opens a path; does not follow where it leads.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.http.get(format!("{}{path}", self.base));
        self.done(request).await
    }

    /// Opens a path and follows where it leads.
    pub async fn follow(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            let place = self.own(answer.location()).to_owned();
            answer = self.get(&place).await;
        }
        panic!("{path} leads nowhere");
    }

    /// Sends a form as it stands.
    pub async fn send(&mut self, form: &Form) -> Answer {
        self.send_as(form, &[]).await
    }

    /// Sends a form with headers of its own.
    pub async fn send_as(&mut self, form: &Form, headers: &[(&str, &str)]) -> Answer {
        self.send_all(form, headers, &[]).await
    }

    /// Sends a form with files: the field, the quoted name as it stands in the header, and the content.
    pub async fn send_files(&mut self, form: &Form, files: &[(&str, &str, &[u8])]) -> Answer {
        assert!(form.with_files, "{} takes no files", form.action);
        self.send_all(form, &[], files).await
    }

    async fn send_all(
        &mut self,
        form: &Form,
        headers: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let url = format!("{}{}", self.base, form.action);
        let mut request = self.http.post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = if form.with_files {
            const BOUNDARY: &str = "----between-the-parts";
            request
                .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
                .body(form.multipart(BOUNDARY, files))
        } else {
            request.form(&form.fields)
        };
        self.done(request).await
    }

    async fn done(&mut self, mut request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        // As browsers ask for pages.
        request = request.header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        let start = std::time::Instant::now();
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie in ASCII");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // A page with live updates never ends; what is no text is not read here.
        let endless = kind.starts_with("text/event-stream");
        let bytes = if endless { Vec::new() } else { response.bytes().await.expect("a body").to_vec() };
        let mut body = String::from_utf8(bytes).unwrap_or_default();
        // Words of one letter hold on to the next by a blank of their own, which tests need not know.
        for letter in "aiouwzAIOUWZ".chars() {
            body = body.replace(&format!("{letter}\u{a0}"), &format!("{letter} "));
        }
        Answer { status, headers, body, took_ms: start.elapsed().as_millis() }
    }
}
