//! What the tests of pages share: a school on a real store, and browsers that look at it without scripts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use shared::clock::ManualClock;
use shared::entropy::Entropy;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

use super::{Pages, router};
use crate::audit::{Act, Actor};
use crate::authority::{Authority, CreateOptions};
use crate::demo_school::{self, SeededSchool};
use crate::issuance::{Issuance, testing};
use crate::registry::staff::{EnterStaff, HashedPassword, StaffForm};
use crate::registry::testing::{CountedEntropy, evening, form};
use crate::store::tables::staff::Role;
use crate::store::{Statements, StoreError, Verb};

/// The password of every account here.
pub(crate) const PASSWORD: &str = "kałamarz-i-liczydło";

/// An issuer with the demo schools, a principal `dyrektor`, a clerk `sekretariat` and a tutor `wychowawca` of
/// class 7a, all at the first school.
pub(crate) struct House {
    pub(crate) issuance: Issuance,
    pub(crate) clock: Arc<ManualClock>,
    /// The demo schools: `legacy-2019`, then `zpe-2025`.
    pub(crate) schools: Vec<SeededSchool>,
    pub(crate) router: Router,
    _folder: Option<tempfile::TempDir>,
}

/// Names below a folder, with what they hold.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// Reads a folder with all that is in it, but for the index that SQLite makes anew (`-shm`).
fn read(folder: &Path, below: &Path) -> Files {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = below.join(entry.file_name());
        if entry.path().is_dir() {
            files.extend(read(&entry.path(), &name));
        } else if !name.to_string_lossy().ends_with("-shm") {
            files.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    files
}

impl House {
    /// A copy of a house that is built once: drawing and judging the pupils' photos takes its time.
    pub(crate) async fn new() -> Self {
        static MODEL: OnceCell<(Files, Vec<SeededSchool>)> = OnceCell::const_new();
        let build = async || {
            let folder = tempfile::tempdir().unwrap();
            let options = CreateOptions::simulator(evening());
            Authority::create(&folder.path().join("ca"), &options, &CountedEntropy::default()).unwrap();
            let house = Self::in_folder(folder.path(), CountedEntropy::default(), Vec::new()).await;
            let seeded = demo_school::enter_once(&house.issuance).await.unwrap().unwrap();
            let house = Self { schools: seeded.schools, ..house };
            // Tests of the portal hand out logins of their own.
            house.run("DELETE FROM portal_access").await;
            house.run("DELETE FROM portal_account").await;
            house.account("dyrektor", Role::Principal, None).await;
            house.account("sekretariat", Role::Clerk, None).await;
            house.account("wychowawca", Role::Tutor, Some("7a")).await;
            (read(folder.path(), Path::new("")), house.schools)
        };
        let (files, schools) = MODEL.get_or_init(build).await;
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            // Keys that others could read are refused.
            let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            file.unwrap().write_all(bytes).unwrap();
        }
        // What the model's randomness gave must not come again.
        let mut house = Self::in_folder(folder.path(), CountedEntropy::after(1 << 32), schools.clone()).await;
        house._folder = Some(folder);
        house
    }

    async fn in_folder(folder: &Path, entropy: CountedEntropy, schools: Vec<SeededSchool>) -> Self {
        let entropy: Arc<dyn Entropy> = Arc::new(entropy);
        let clock = Arc::new(ManualClock::new(evening()));
        let authority = Authority::open(&folder.join("ca"), None, &*entropy).unwrap();
        let issuance = testing::issuance(folder, authority, &clock, entropy).await;
        Self {
            router: router(Pages::new(issuance.clone(), testing::BASE.into(), true)),
            issuance,
            clock,
            schools,
            _folder: None,
        }
    }

    async fn account(&self, login: &str, role: Role, class: Option<&str>) {
        let entropy = &*self.issuance.entropy;
        let act = Act::new(Actor::System, evening(), entropy);
        let new: StaffForm = form(serde_json::json!({
            "login": login, "role": role.word(), "password": PASSWORD, "school_id": self.schools[0].id,
            "class_name": class,
        }));
        let new = new.parse().unwrap();
        let password = HashedPassword::of(new.password(), entropy).unwrap();
        let enter = EnterStaff::new(new, password, act, entropy);
        self.issuance.store.write(enter).await.unwrap().unwrap();
    }

    /// Asks the database for a number.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.issuance.store.read(Sql(sql.to_owned())).await.unwrap()
    }

    /// Changes the database behind everybody's back.
    pub(crate) async fn run(&self, sql: &str) {
        self.issuance.store.write(Change(sql.to_owned())).await.unwrap();
    }

    /// A browser that nobody has signed in with.
    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: BTreeMap::new(), html: String::new() }
    }

    /// A browser whose user is signed in to the office.
    pub(crate) async fn office(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/office/sign-in").await;
        let answer = browser.post("/office/sign-in", &[("login", login), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", browser.html);
        browser
    }
}

struct Sql(String);

#[async_trait::async_trait]
impl Verb for Sql {
    type Answer = i64;

    async fn run(&self, tx: &mut dyn Statements) -> Result<i64, StoreError> {
        tx.number(&self.0, &[]).await
    }
}

struct Change(String);

#[async_trait::async_trait]
impl Verb for Change {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute(&self.0, &[]).await.map(|_| ())
    }
}

/// A browser without scripts: it keeps cookies, and sends a form with the hidden fields of the page it shows.
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    /// The page that was shown last.
    pub(crate) html: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|place| place.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        // Words of one letter hold on to the next by a blank of their own, which tests need not know.
        let mut text = String::from_utf8_lossy(&self.body).into_owned();
        for letter in "aiouwzAIOUWZ".chars() {
            text = text.replace(&format!("{letter}\u{a0}"), &format!("{letter} "));
        }
        text
    }
}

impl Browser {
    /// Sends a request with the browser's cookies, and takes the cookies that come back.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        if answer
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"))
        {
            self.html = answer.text();
        }
        answer
    }

    /// Opens an address and does not follow where it leads.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await
    }

    /// Opens a page that must be there.
    pub(crate) async fn open(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.text()
    }

    /// The value of a hidden field of the page that is shown.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        self.html.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    /// Sends a form with the tokens of the page that is shown.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (token, key) = (self.hidden("form_token"), self.hidden("form_key"));
        let mut all = vec![("form_token", token.as_str()), ("form_key", key.as_str())];
        all.extend(fields);
        self.post_raw(path, &all).await
    }

    /// Sends a form as it is.
    pub(crate) async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Sends a form with files: (field, file name, content).
    pub(crate) async fn post_files(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        const BOUNDARY: &str = "----between-the-parts";
        let (token, key) = (self.hidden("form_token"), self.hidden("form_key"));
        let mut all = vec![("form_token", token.as_str()), ("form_key", key.as_str())];
        all.extend(fields);
        let mut body = Vec::new();
        for (name, value) in all {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(head.as_bytes());
        }
        for (name, file, content) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }
}
