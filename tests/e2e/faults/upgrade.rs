//! Several issuers and a migration: the older program goes on over an additive one, and refuses to start on it.

use std::path::PathBuf;

use issuer::store::{Location, Store, StoreError};
use tests::postgres::{self, psql};
use tests::process::{IssuerProcess, Site, free_port};
use tests::world::{Plan, World};

use crate::kills::{holds, plan};
use crate::retry::activated_once;

/// What a later program might add: columns, tables, indexes.
const LATER: [&str; 5] = [
    "ALTER TABLE device ADD COLUMN later TEXT",
    "ALTER TABLE issue_grant ADD COLUMN later BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE certificate ADD COLUMN later BYTEA",
    "CREATE TABLE later (id TEXT PRIMARY KEY)",
    "CREATE INDEX device_later ON device (later)",
];

/// Migrations that older programs bear: new tables, new columns that need not be named, other indexes. (The first two
/// come from before there was a program to be older.)
#[test]
fn migrations_take_nothing_away() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../issuer/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 3);
    let mut until_now = String::new();
    for (at, file) in files.iter().enumerate() {
        let sql = std::fs::read_to_string(file).unwrap();
        until_now.push_str(&sql);
        for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            assert!(at < 2 || harmless(statement, &sql, &until_now), "{}: {statement}", file.display());
        }
    }
    let until_now =
        "CREATE INDEX device_by_card ON device (card_id);\nCREATE UNIQUE INDEX device_slot ON device (slot)";
    for (statement, adds) in [
        ("ALTER TABLE device ADD COLUMN later TEXT", true),
        ("ALTER TABLE device ADD COLUMN later TEXT NOT NULL", false),
        ("ALTER TABLE device ADD COLUMN later TEXT NOT NULL DEFAULT ''", true),
        ("ALTER TABLE device RENAME COLUMN name TO called", false),
        ("CREATE UNIQUE INDEX device_name ON device (name)", false),
        ("DROP TABLE device", false),
        ("DROP INDEX device_by_card", true),
        // It kept something from being there twice.
        ("DROP INDEX device_slot", false),
        ("DROP INDEX device", false),
    ] {
        assert_eq!(harmless(statement, "", until_now), adds, "{statement}");
    }
}

/// Whether a statement of a migration leaves an older program's statements as good as they were; `until_now` is that
/// migration and all before it.
fn harmless(statement: &str, migration: &str, until_now: &str) -> bool {
    let words: Vec<&str> = statement.split_whitespace().collect();
    match words.as_slice() {
        ["CREATE", "TABLE" | "INDEX", ..] | ["INSERT", "INTO", ..] => true,
        // An index without a promise in it changes how fast something is found, and not what.
        ["DROP", "INDEX", name] => until_now.contains(&format!("CREATE INDEX {name} ON ")),
        // What was allowed before is still allowed if the table is new as well.
        ["CREATE", "UNIQUE", "INDEX", _, "ON", table, ..] => {
            migration.contains(&format!("CREATE TABLE {table} "))
        }
        ["ALTER", "TABLE", _, "ADD", "COLUMN", ..] => {
            !statement.contains("NOT NULL") || statement.contains("DEFAULT")
        }
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_issuer_goes_on_over_an_additive_migration_and_does_not_start_on_it() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    let database = plan.database.clone().unwrap();
    let world = World::of(plan).await;
    let (phone, before, after) = (world.phone("Pixel").await, world.codes().await, world.codes().await);
    let card = phone.activate(&before).await.unwrap();
    for step in LATER {
        assert!(psql(&database, step), "{step}");
    }
    assert!(psql(
        &database,
        "INSERT INTO schema_version (version) SELECT MAX(version) + 1 FROM schema_version"
    ));

    // Statements that were prepared before meet the changed tables.
    phone.activate(&after).await.unwrap();
    activated_once(&world, &after, &phone, "after the migration").await;
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome.reason(), "unchanged");
    let slip = world.codes().await;
    world.phone("Nowy").await.activate(&slip).await.unwrap();
    let device = world.office.devices(&slip.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;

    let refused = Store::open(&Location::Postgres(database)).await.err();
    assert!(matches!(refused, Some(StoreError::Newer { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_program_says_why_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_port();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    let site = Site::set_up(&program, folder.path(), None, &format!("http://{listen}")).await;
    let database = rusqlite::Connection::open(site.data.join("issuer.db")).unwrap();
    database.execute("INSERT INTO schema_version (version) VALUES (99)", []).unwrap();
    drop(database);
    let mut process = site.start(listen);
    assert_eq!(process.end().await.code(), Some(1));
    let said = process.said();
    assert!(said.contains("schema 99 is newer than this program's"), "{said}");
}

/// Keys that are missing are made at the first start; of several that start at once, one makes them for all.
#[tokio::test(flavor = "multi_thread")]
async fn issuers_that_start_at_once_on_one_folder_share_its_keys() {
    let Some(database) = postgres::fresh_database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    let site = Site::set_up(&program, folder.path(), Some(database), "http://127.0.0.1:1").await;
    // As after a roll-over: the signers below the issuing authority are still to be made.
    for entry in std::fs::read_dir(site.data.join("ca")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("signer-") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let mut issuers: Vec<IssuerProcess> = (0..3).map(|_| site.start(free_port())).collect();
    let mut roots = Vec::new();
    for issuer in &mut issuers {
        assert!(issuer.ready().await, "{}", issuer.said());
        let root = tests::http::get(format!("http://{}/pki/ca/root.cer", issuer.listen)).await.unwrap();
        roots.push(root.bytes().await.unwrap());
    }
    assert_eq!((&roots[0], &roots[1]), (&roots[1], &roots[2]));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_issuers_on_one_database_lose_and_double_nothing_when_one_is_killed() {
    let Some(database) = postgres::fresh_database() else { return };
    // Two of three live on, so only many phones make sure that some wait for the one that dies.
    holds(tests::killer::Plan { issuers: 3, pupils: 6, ..plan(8, Some(database)) }).await;
}
