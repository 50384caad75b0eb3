//! What every page must be: usable by everybody, readable at every size, and well-formed. The pages are those that
//! links lead to, so that none is forgotten, and their forms as they come back when nothing was typed.

use std::collections::BTreeSet;

use issuer::demo_school::accounts::PASSWORD;
use tempfile::TempDir;
use tests::browser::{Axe, Browser, Person};
use tests::demo::{self, Desk, Options};
use tests::reader::{Form, Found, Reader, crawl, forms, pattern, tags};
use tests::scene::{PORTAL_PRINCIPAL, PORTAL_TUTOR, PRINCIPAL, TUTOR, somebody_means_no_good};

use super::judged::on_every_look;
use super::markup::Markup;

/// The languages, by the tags of their cookies.
const LANGUAGES: [&str; 2] = ["pl", "en"];

/// The living school, and texts of people who mean no good in it.
struct Living {
    desk: Desk,
    /// Who looks, where they begin, and how many pages of a kind they look at.
    people: Vec<(Reader, &'static [&'static str], usize)>,
    _folder: TempDir,
}

impl Living {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = Options { folder: folder.path().to_owned(), listen };
        let desk = demo::living_school(&options).await;
        let school = desk.seeded()["schools"][0]["id"].as_str().unwrap().to_owned();
        somebody_means_no_good(&desk.office, &school).await;
        let mut living = Self { desk, people: Vec::new(), _folder: folder };
        let doors = &["/office/sign-in", "/portal/sign-in"][..];
        living.people.push((Reader::new(living.desk.base()), doors, 1));
        for (login, of_a_kind) in [(PRINCIPAL, 2), (PORTAL_PRINCIPAL, 1), (TUTOR, 1)] {
            let reader = living.reader(login).await;
            living.people.push((reader, &["/office", "/office/components"], of_a_kind));
        }
        for whose in ["pupil", "guardian"] {
            let reader = living.visitor(whose).await;
            living.people.push((reader, &["/portal", QUESTION], 2));
        }
        living
    }

    async fn reader(&self, login: &str) -> Reader {
        Reader::office(self.desk.base(), login, PASSWORD).await
    }

    /// A pupil of the second school, or a guardian, who is signed in to the portal.
    async fn visitor(&self, whose: &str) -> Reader {
        let mut tutor = self.reader(PORTAL_TUTOR).await;
        let pupil = self.desk.seeded()["schools"][1]["pupils"][0]["id"].as_str().unwrap();
        let page = tutor.get(&format!("/office/pupils/{pupil}/logins")).await.body;
        let makes = |form: &Form| {
            let acts = matches!(form.value("act"), "enter" | "reset");
            acts && (form.value("whose") == "pupil") == (whose == "pupil")
        };
        let form = forms(&page).into_iter().find(makes).expect("a form that makes a login");
        let letter = tutor.send(&form).await.body;
        let keys = tags(&letter).into_iter().filter(|tag| tag.get("class") == Some("code key"));
        let [login, password] = keys.map(|tag| tag.text).collect::<Vec<_>>().try_into().expect("a letter");
        let mut reader = Reader::new(self.desk.base());
        assert_eq!(reader.signs_in("/portal/sign-in", &login, &password).await.status, 303);
        let page = reader.follow("/portal").await.body;
        let form = forms(&page).into_iter().find(|form| form.action == "/portal/password").unwrap();
        let chosen = "trzy zielone parasole";
        let changed = reader.send(&form.with("password", chosen).with("again", chosen)).await;
        assert_eq!(changed.status, 303, "{}", changed.body);
        reader
    }
}

/// Somebody's way through all pages.
struct Tour {
    /// Who looks.
    reader: Reader,
    /// What links lead to.
    found: Vec<Found>,
}

/// A form that comes back with what is wrong with it.
struct Returned {
    page: String,
    action: String,
    html: String,
}

impl Tour {
    /// Everybody's tours in a language.
    async fn all(living: &Living, language: &str) -> Vec<Self> {
        let mut tours = Vec::new();
        for (reader, roots, of_a_kind) in &living.people {
            let mut reader = reader.clone();
            reader.cookies.insert("lang".to_owned(), language.to_owned());
            let found = crawl(&mut reader, roots, *of_a_kind).await;
            tours.push(Self { reader, found });
        }
        tours
    }

    fn pages(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.answer.is_page())
    }

    /// Sends every kind of form with nothing typed, and keeps those that come back.
    async fn returned(&mut self) -> Vec<Returned> {
        let mut kinds = BTreeSet::new();
        let mut forms_found: Vec<(String, Form)> = Vec::new();
        for page in self.pages() {
            for form in forms(&page.answer.body) {
                let takes = form.method == "post" && !(form.typed.is_empty() && form.files.is_empty());
                if takes && kinds.insert(pattern(&form.action)) {
                    forms_found.push((page.path.clone(), form));
                }
            }
        }
        let mut returned = Vec::new();
        for (page, form) in forms_found {
            let empty = form.typed.clone().into_iter().fold(form, |form, name| form.with(&name, ""));
            let answer = self.reader.send(&empty).await;
            assert!(answer.status < 500, "{} with nothing typed answers {}", empty.action, answer.status);
            if matches!(answer.status, 409 | 422) {
                returned.push(Returned { page, action: empty.action, html: answer.body });
            }
        }
        returned
    }

    /// The same person at a browser.
    async fn at(&self, browser: &Browser, living: &Living) -> Person {
        let person = browser.person(living.desk.base()).await;
        for (name, value) in &self.reader.cookies {
            person.brings_cookie(name, value).await;
        }
        person
    }
}

/// Places where there is nothing to see: what people are told is a page, too.
const CLOSED: [&str; 4] =
    ["/office/nothing", "/portal/nothing", "/portal/authorize", "/office/pupils/nobody"];

/// What mObywatel Junior opens in a browser: no link leads there.
const QUESTION: &str = "/portal/authorize?response_type=code&client_id=mobywatel-junior\
    &redirect_uri=pl.mlegitymacja.junior%3A%2Fsigned-in&scope=junior&state=s\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_well_formed() {
    let Some(judge) = Markup::installed() else { return };
    let living = Living::open().await;
    let mut pages = Vec::new();
    for language in LANGUAGES {
        for mut tour in Tour::all(&living, language).await {
            let named = |path: &str| format!("{path} in {language}");
            pages.extend(tour.pages().map(|page| (named(&page.path), page.answer.body.clone())));
            for returned in tour.returned().await {
                pages.push((format!("the form {} sent empty", named(&returned.action)), returned.html));
            }
            for path in CLOSED {
                pages.push((named(path), tour.reader.get(path).await.body));
            }
        }
    }
    let kinds: BTreeSet<String> = pages.iter().map(|(name, _)| pattern(name)).collect();
    eprintln!("{} pages of {} kinds are judged", pages.len(), kinds.len());
    let faults = tokio::task::spawn_blocking(move || judge.judge(&pages)).await.unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Every page before the judge of accessibility: on desk and phone, by day and by night; and at a zoom of 400 %
/// nobody scrolls sideways.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_shut_out() {
    let Some(axe) = Axe::installed() else { return };
    let Some(browser) = Browser::start().await else { return };
    let living = Living::open().await;
    let [polish, english] = LANGUAGES;
    // Two browsers for two cores.
    let (mut complaints, more) = tokio::join!(
        complaints_in(polish, &axe, &browser, &living),
        complaints_in(english, &axe, &browser, &living)
    );
    complaints.extend(more);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

async fn complaints_in(language: &str, axe: &Axe, browser: &Browser, living: &Living) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut judged = 0;
    for mut tour in Tour::all(living, language).await {
        let person = tour.at(browser, living).await;
        let paths: Vec<String> = tour.pages().map(|page| page.path.clone()).collect();
        for path in paths.iter().map(String::as_str).chain(CLOSED) {
            person.opens(path).await;
            complaints.extend(on_every_look(axe, &person, path).await);
            judged += 1;
        }
        for Returned { page, action, .. } in tour.returned().await {
            person.opens(&page).await;
            person.sends_empty(&action).await;
            let name = format!("the form {action} sent empty");
            complaints.extend(on_every_look(axe, &person, &name).await);
            judged += 1;
        }
    }
    eprintln!("{judged} pages in {language} are judged");
    complaints
}
