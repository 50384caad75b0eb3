//! The desk without an issuer: what can be shown and refused on the phones alone.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use shared::clock::{Clock, ManualClock};
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use shared::words::Lang;

use super::acts::Given;
use super::page::PhonePage;
use super::phone::DeskPhone;
use super::words;
use super::{Desk, DeskParts};
use crate::pin::PinCost;
use crate::store::MemoryStores;
use crate::testing::TestEntropy;
use crate::transport::{Request, Response, Transport, TransportError};
use askama::Template as _;

struct Nobody;

#[async_trait]
impl Transport for Nobody {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Err(TransportError::Unreachable)
    }
}

struct Table {
    desk: Desk,
    clock: Arc<ManualClock>,
    _dir: tempfile::TempDir,
}

async fn table(phones: u8) -> Table {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new("2026-11-22T09:00:00Z".parse().unwrap()));
    let desk = Desk::lay(DeskParts {
        home: dir.path().to_owned(),
        phones,
        address: "127.0.0.1:8090".parse().unwrap(),
        issuer: IssuerUrl::parse("http://127.0.0.1:9", UrlPolicy::default()).unwrap(),
        fingerprint: None,
        refresh_every: None,
        pin_cost: PinCost::FOR_TESTS,
        stores: Arc::new(MemoryStores::default()),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        entropy: Arc::new(TestEntropy::new(1)),
        network: Arc::new(Nobody),
    })
    .await;
    Table { desk, clock, _dir: dir }
}

impl Table {
    fn phone(&self, number: u8) -> Arc<DeskPhone> {
        Arc::clone(self.desk.phone(number).unwrap())
    }
}

async fn act(phone: &Arc<DeskPhone>, name: &str, fields: &[(&str, &str)]) -> &'static str {
    let fields: HashMap<String, String> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    phone.act(name, &Given(fields)).await.unwrap();
    phone.view().word()
}

async fn shown(phone: &DeskPhone) -> String {
    PhonePage::of(phone, Lang::Pl).await.render().unwrap()
}

const PASSWORD: &str = "Zielona7Zaba";

async fn set_up(phone: &Arc<DeskPhone>) {
    act(phone, "choose-app", &[("app", "standard")]).await;
    assert_eq!(act(phone, "set-pin", &[("pin", PASSWORD), ("again", PASSWORD)]).await, "documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_asks_for_what_the_app_wants() {
    let table = table(1).await;
    let phone = table.phone(1);
    assert_eq!(phone.view().word(), "welcome");
    assert_eq!(act(&phone, "choose-app", &[("app", "standard")]).await, "set-pin");
    for (password, again, fault) in [
        ("493027", "493027", "od 8 do 64"),
        ("zielona7zaba", "zielona7zaba", "wielka litera"),
        (PASSWORD, "Zielona7Zabaa", "różnią"),
    ] {
        assert_eq!(act(&phone, "set-pin", &[("pin", password), ("again", again)]).await, "set-pin");
        let page = shown(&phone).await;
        assert!(page.contains(fault), "{password}: {page}");
        assert!(!page.contains(password), "the password is on the page");
    }
    set_up(&phone).await;
}

/// Junior begins with a sign-in, so nothing of it works where the portal is out of reach.
#[tokio::test(flavor = "multi_thread")]
async fn junior_needs_the_portal_at_its_first_start() {
    let table = table(1).await;
    let phone = table.phone(1);
    let mut changes = table.desk.changes();
    act(&phone, "choose-app", &[("app", "junior")]).await;
    while phone.view().word() == "working" {
        changes.recv().await.unwrap();
    }
    assert!(shown(&phone).await.contains("data-trouble=\"no_network\""));
    assert_eq!(act(&phone, "set-pin", &[("pin", "493027"), ("again", "493027")]).await, "trouble");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_system_is_too_old_says_so() {
    let table = table(1).await;
    let phone = table.phone(1);
    let old =
        [("name", "Stary telefon"), ("platform", "android"), ("os_version", "5.1"), ("app_version", "1.0")];
    act(&phone, "describe", &old).await;
    act(&phone, "choose-app", &[("app", "standard")]).await;
    assert_eq!(act(&phone, "set-pin", &[("pin", PASSWORD), ("again", PASSWORD)]).await, "trouble");
    assert!(shown(&phone).await.contains("os_too_old"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_counts_waits_and_erases() {
    let table = table(1).await;
    let phone = table.phone(1);
    set_up(&phone).await;
    assert_eq!(act(&phone, "lock", &[]).await, "lock");
    assert_eq!(act(&phone, "documents", &[]).await, "lock", "nothing opens without the password");
    act(&phone, "unlock", &[("pin", "krotkie")]).await;
    assert!(shown(&phone).await.contains("nie liczy"));
    let mut waited = false;
    for left in (1..10).rev() {
        act(&phone, "unlock", &[("pin", "Inne7haslo")]).await;
        let page = shown(&phone).await;
        assert!(page.contains(&format!(" {left} ")), "{left} left: {page}");
        waited |= page.contains("data-wait");
        table.clock.advance(jiff::SignedDuration::from_hours(48));
    }
    assert!(waited, "no delay was ever shown");
    assert_eq!(act(&phone, "unlock", &[("pin", "Inne7haslo")]).await, "trouble");
    assert!(shown(&phone).await.contains("data-trouble=\"erased\""));
    assert_eq!(act(&phone, "reinstall", &[]).await, "welcome");
    set_up(&phone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_phone_locks_itself_and_wakes_offline() {
    let table = table(1).await;
    let phone = table.phone(1);
    set_up(&phone).await;
    table.clock.advance(jiff::SignedDuration::from_mins(5));
    phone.lock_if_idle().await;
    assert_eq!(phone.view().word(), "documents");
    table.clock.advance(jiff::SignedDuration::from_secs(1));
    phone.lock_if_idle().await;
    assert_eq!(phone.view().word(), "lock");
    assert!(phone.online().is_none());
    assert_eq!(act(&phone, "unlock", &[("pin", PASSWORD)]).await, "documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_takes_the_old_ones_place() {
    let table = table(1).await;
    let phone = table.phone(1);
    set_up(&phone).await;
    act(&phone, "new-pin", &[]).await;
    let new = "Niebieska8Zaba";
    let change = |current: &'static str| [("current", current), ("pin", new), ("again", new)];
    assert_eq!(act(&phone, "change-pin", &change("Inne7haslo")).await, "change-pin");
    assert!(shown(&phone).await.contains("To nie to"));
    assert_eq!(act(&phone, "change-pin", &change(PASSWORD)).await, "settings");
    act(&phone, "lock", &[]).await;
    assert_eq!(act(&phone, "unlock", &[("pin", PASSWORD)]).await, "lock");
    assert_eq!(act(&phone, "unlock", &[("pin", new)]).await, "documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn copied_files_open_on_no_other_phone() {
    let table = table(2).await;
    let (mine, theirs) = (table.phone(1), table.phone(2));
    set_up(&mine).await;
    set_up(&theirs).await;
    mine.copy_store_to(&theirs).await.unwrap();
    assert!(shown(&theirs).await.contains("data-trouble=\"copied\""));
    assert_eq!(act(&mine, "unlock", &[("pin", PASSWORD)]).await, "documents", "the original still opens");
    assert_eq!(act(&theirs, "reinstall", &[]).await, "welcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_a_card_follows_the_schools_pages() {
    let table = table(1).await;
    let phone = table.phone(1);
    set_up(&phone).await;
    assert_eq!(act(&phone, "add", &[]).await, "choose");
    assert_eq!(act(&phone, "choose", &[]).await, "how");
    assert_eq!(act(&phone, "understood", &[]).await, "terms");
    assert_eq!(act(&phone, "accept-terms", &[("version", "1999-01-01")]).await, "terms", "another version");
    let version = crate::acquire::consent::TERMS.version;
    assert_eq!(act(&phone, "accept-terms", &[("version", version)]).await, "privacy");
    let version = crate::acquire::consent::PRIVACY_NOTICE.version;
    assert_eq!(act(&phone, "accept-privacy", &[("version", version)]).await, "camera");
    assert_eq!(act(&phone, "allow-camera", &[]).await, "scan");
    phone.picture(b"no picture".to_vec()).await;
    assert!(shown(&phone).await.contains("data-trouble=\"bad_picture\""));
    assert_eq!(act(&phone, "type", &[]).await, "typed");
    assert_eq!(act(&phone, "typed", &[("typed", "0000-0000-0001")]).await, "typed");
    assert!(shown(&phone).await.contains("jest pomyłka"));
    assert_eq!(act(&phone, "typed", &[("typed", "https://szkola.example")]).await, "trouble");
    assert!(shown(&phone).await.contains("data-trouble=\"not_an_offer\""));
    // What was accepted once is not asked for again; its version and time are kept.
    act(&phone, "add", &[]).await;
    act(&phone, "choose", &[]).await;
    assert_eq!(act(&phone, "understood", &[]).await, "camera");
    act(&phone, "settings", &[]).await;
    assert!(shown(&phone).await.contains("wersja 2026-09-01, 22.11.2026, 10:00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_shows_nothing_until_it_is_found() {
    let table = table(1).await;
    let phone = table.phone(1);
    set_up(&phone).await;
    act(&phone, "lose", &[]).await;
    let page = shown(&phone).await;
    assert!(page.contains("Telefon zgubiony") && !page.contains("name=\"pin\""), "{page}");
    act(&phone, "find", &[]).await;
    assert!(shown(&phone).await.contains("name=\"pin\""));
}

/// The keys of a file with the names of the values that each wants.
fn keys(files: &[(&str, &str)]) -> std::collections::BTreeMap<String, std::collections::BTreeSet<String>> {
    let mut found: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> =
        Default::default();
    for (_, text) in files {
        let mut key = String::new();
        for line in text.lines() {
            if let Some((name, _)) =
                line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                key = name.to_owned();
                assert!(found.insert(key.clone(), Default::default()).is_none(), "{key} stands twice");
            }
            for value in line.split('$').skip(1) {
                let name: String = value.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.entry(key.clone()).or_default().insert(name);
            }
        }
    }
    found
}

#[test]
fn no_text_is_missing_and_none_is_idle() {
    let (pl, en) = (keys(words::PL), keys(words::EN));
    assert_eq!(pl, en, "Polish and English differ");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for folder in ["templates/screen", "src/screen", "src/screen/acts", "src/screen/page"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            if entry.path().is_file() && !entry.path().ends_with("tests.rs") {
                sources += &std::fs::read_to_string(entry.path()).unwrap();
            }
        }
    }
    let after = |call: &str| {
        let found: Vec<String> = sources
            .split(call)
            .skip(1)
            .filter_map(|rest| rest.split('"').next().map(str::to_owned))
            .collect();
        found
    };
    let used: Vec<String> =
        ["say.t(\"", "say.t1(\"", "say.t2(\""].iter().flat_map(|call| after(call)).collect();
    let missing: Vec<_> = used.iter().filter(|key| !pl.contains_key(*key)).collect();
    assert!(missing.is_empty(), "nobody wrote {missing:?}");
    let mut prefixes = after(".word(\"");
    prefixes.extend(after("parts::fault(self, fault, \""));
    prefixes.extend(
        ["trouble", "standing", "revoked", "fact", "purpose", "receipt", "inspect-over", "inspect-refused"]
            .map(str::to_owned),
    );
    let idle: Vec<_> = pl
        .keys()
        .filter(|key| !sources.contains(&format!("\"{key}\"")))
        .filter(|key| !prefixes.iter().any(|prefix| key.starts_with(&format!("{prefix}-"))))
        .collect();
    assert!(idle.is_empty(), "nobody asks for {idle:?}");
}
