//! What every page shares: language, menu, who is signed in, and how things are written.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;

use super::words::{Fill, Lang};
use super::{Pages, assets};

/// An entry of the menu.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// The text's key.
    pub key: &'static str,
    /// The text's key where the screen is narrow: what the entry is called on a phone.
    pub narrow: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
}

/// Who is signed in, for the head of the page.
#[derive(Clone)]
pub struct Who {
    /// Name or login.
    pub name: String,
    /// Role, in the reader's language.
    pub role: String,
    /// School, or empty.
    pub place: String,
    /// Where the form that signs out is sent to.
    pub sign_out: &'static str,
}

/// What the frame around a page needs; templates call it `page`.
#[derive(Clone)]
pub struct Page {
    /// Language.
    pub lang: Lang,
    /// Heading and title, in the reader's language.
    pub title: String,
    /// Who is signed in.
    pub who: Option<Who>,
    /// Menu.
    pub nav: Vec<NavItem>,
    /// Every form carries this.
    pub form_token: String,
    /// Every form that is to be worked off once carries this.
    pub form_key: String,
    /// What was done just now, in the reader's language, or empty.
    pub done: String,
    /// The page's own address, for the language link.
    pub path: String,
    /// Whether the sandbox's clock and mail are at hand.
    pub sandbox: bool,
    /// Now.
    pub now: Timestamp,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Titles are names of pupils, addresses hold searches, and the token is the session's.
        write!(f, "Page({:?})", self.lang)
    }
}

impl Page {
    /// A page without menu and without anybody signed in.
    pub fn bare(lang: Lang, path: String) -> Self {
        Self {
            lang,
            title: String::new(),
            who: None,
            nav: Vec::new(),
            form_token: String::new(),
            form_key: String::new(),
            done: String::new(),
            path,
            sandbox: false,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// The same page with its title, the key of a text.
    #[must_use]
    pub fn titled(mut self, key: &str) -> Self {
        self.title = self.lang.t(key);
        self
    }

    /// The same page with a title that is no key, such as a pupil's name.
    #[must_use]
    pub fn named(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The text with this key.
    pub fn t(&self, key: &str) -> String {
        self.lang.t(key)
    }

    /// The text with one value filled in.
    pub fn t1(&self, key: &str, name: &str, value: impl Fill) -> String {
        self.lang.t1(key, name, value)
    }

    /// The text with two values filled in.
    pub fn t2(&self, key: &str, name: &str, value: impl Fill, name2: &str, value2: impl Fill) -> String {
        self.lang.t2(key, name, value, name2, value2)
    }

    /// The text for a word of the books: `word("order-state", "ready")` is the text `order-state-ready`.
    pub fn word(&self, prefix: &str, word: &str) -> String {
        self.lang.word(prefix, word)
    }

    /// A day in figures.
    pub fn date(&self, date: &Date) -> String {
        self.lang.date(*date)
    }

    /// A day in words.
    pub fn long_date(&self, date: &Date) -> String {
        self.lang.long_date(*date)
    }

    /// An instant, Warsaw time.
    pub fn instant(&self, at: &Timestamp) -> String {
        self.lang.instant(*at)
    }

    /// The end of what lasts until an instant, Warsaw time.
    pub fn until(&self, at: &Timestamp) -> String {
        self.lang.until(*at)
    }

    /// Where an asset is.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Where the link to the other language leads.
    pub fn other_language(&self) -> String {
        format!("/language/{}{}", self.lang.other().tag(), query(&[("back", &self.path)]))
    }
}

impl Pages {
    /// A page for nobody in particular, with the token for its forms.
    pub(super) fn visitor_page(&self, lang: Lang, path: String, form_token: String) -> Page {
        Page {
            form_token,
            form_key: self.fresh_key(),
            sandbox: self.sandbox(),
            now: self.now(),
            ..Page::bare(lang, path)
        }
    }
}

/// What was done just now, as `?done=…` names it: the key of a text, and nothing else is shown.
pub(super) fn done_word(uri: &axum::http::Uri, lang: Lang) -> String {
    let word = uri.query().and_then(|query| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done").map(|(_, word)| word)
    });
    let key = word.map(|word| format!("done-{word}")).filter(|key| lang.has(key));
    key.map(|key| lang.t(&key)).unwrap_or_default()
}

/// A query string, with its question mark.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    for (name, value) in pairs {
        out.append_pair(name, value);
    }
    out.finish()
}

/// The text with a capital at its beginning: messages of the books begin small in English.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Turns a template into an answer.
pub fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// As [`render`], with a status: a form with faults is 422.
pub fn render_as(status: StatusCode, page: &impl Template) -> Response {
    let mut response = render(page);
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_capitals() {
        assert_eq!(query(&[("next", "/office?a=b&c")]), "?next=%2Foffice%3Fa%3Db%26c");
        assert_eq!(capital("łódź"), "Łódź");
        assert_eq!(capital(""), "");
    }
}
