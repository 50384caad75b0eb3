//! Looking changes nothing: what somebody can be made to open by a link in a letter, or what a browser opens by
//! itself to be quick, leaves the books as they were, to the last column.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use issuer::store::{Statements, StoreError, Verb};
use sha2::{Digest, Sha256};
use tests::reader::{crawl, forms, pattern};
use tests::scene::{CLERK, PORTAL_CLERK, PORTAL_PRINCIPAL, PORTAL_TUTOR, PRINCIPAL, Scene, TUTOR};

/// Tables of which not every column counts: what is left counts.
const COLUMNS: &[(&str, &str)] = &[
    // When a session was last seen is noted by the minute.
    ("session", "hash, realm, account_id, school_id, created_at, expires_at"),
    // Entries get their places in the chain by themselves.
    ("audit_entry", "id, at, actor, action, subject, detail"),
];

/// A digest of every row, by table.
struct Books;

#[async_trait::async_trait]
impl Verb for Books {
    type Answer = BTreeMap<String, BTreeSet<String>>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let names = tx.query("SELECT name FROM sqlite_master WHERE type = 'table'", &[]).await?;
        let mut books = BTreeMap::new();
        for name in names {
            let shown = format!("{name:?}");
            let table = shown.split('"').nth(1).expect("a name").to_owned();
            let columns =
                COLUMNS.iter().find(|(known, _)| *known == table).map_or("*", |(_, columns)| *columns);
            let rows = tx.query(&format!("SELECT {columns} FROM {table}"), &[]).await?;
            let digest = |row| format!("{:x}", HexDigest(Sha256::digest(format!("{row:?}")).into()));
            books.insert(table, rows.iter().map(digest).collect());
        }
        Ok(books)
    }
}

struct HexDigest([u8; 32]);

impl std::fmt::LowerHex for HexDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(12).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

async fn books(scene: &Scene) -> BTreeMap<String, BTreeSet<String>> {
    scene.world.issuance().store.read(Books).await.expect("the books")
}

/// The books once nothing happens by itself any more: letters are handed over in the background.
async fn books_at_rest(scene: &Scene) -> BTreeMap<String, BTreeSet<String>> {
    let mut last = books(scene).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let now = books(scene).await;
        if now == last {
            return now;
        }
        last = now;
    }
    panic!("the books do not come to rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_changes_anything_by_being_looked_at() {
    let scene = Scene::living().await;
    let mut readers = Vec::new();
    for login in [PRINCIPAL, CLERK, TUTOR, PORTAL_PRINCIPAL, PORTAL_CLERK, PORTAL_TUTOR] {
        readers.push((login, scene.reader(login).await));
    }
    let before = books_at_rest(&scene).await;
    assert!(before["audit_entry"].len() > 100 && before["pupil"].len() > 5, "the books are read");
    let (mut looked, mut acts) = (0, BTreeSet::new());
    for (login, reader) in &mut readers {
        let found = crawl(reader, &["/office", "/office/components"], 6).await;
        looked += found.len();
        for page in found {
            for form in forms(&page.answer.body) {
                // Once for every kind of form, with all that the form would send.
                if !acts.insert((*login, pattern(&form.action))) {
                    continue;
                }
                let query: Vec<String> =
                    form.fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
                for path in [form.action.clone(), format!("{}?{}", form.action, query.join("&"))] {
                    let answer = reader.get(&path).await;
                    assert!(answer.status < 500, "{login}: {}: GET {path}: {}", page.path, answer.status);
                }
            }
        }
        assert_eq!(reader.get("/office/account").await.status, 200, "{login} was signed out by a link");
    }
    assert!(looked > 250 && acts.len() > 60, "{looked} pages and {} forms", acts.len());
    let after = books_at_rest(&scene).await;
    for (table, rows) in &before {
        let (gone, new) = (rows.difference(&after[table]).count(), after[table].difference(rows).count());
        assert!(gone == 0 && new == 0, "{table}: {gone} rows are gone or other ones, {new} are new");
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
