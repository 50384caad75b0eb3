//! A polite end: what has begun is answered, nothing new is let in, nothing is left behind.

use std::time::Duration;

use issuer::app::{App, AppError};
use issuer::config::Given;
use tests::process::{Site, free_port};
use tests::world::{Plan, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::{Key, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_answered_and_nothing_new_is_let_in() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel 9").await;
    phone.activate(&slip).await.unwrap();
    let log = world.given().data_dir().join("issuer.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0, "there is a log to be moved");

    // Half a request is under way when the issuer is told to stop.
    let address = world.given().listen.unwrap();
    let mut begun = TcpStream::connect(address).await.unwrap();
    let body = b"grant_type=nonsense";
    let head = format!(
        "POST /token HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         x-request-id: 0123456789abcdef0123\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    begun.write_all(head.as_bytes()).await.unwrap();
    begun.write_all(&body[..5]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let ended = tokio::spawn(world.take_issuer().stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "somebody was let in");
    assert!(!ended.is_finished(), "it ended before it had answered");
    begun.write_all(&body[5..]).await.unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("x-request-id: 0123456789abcdef0123\r\n"), "{answer}");
    tokio::time::timeout(Duration::from_secs(9), ended).await.expect("an end").unwrap().unwrap();
    assert_eq!(std::fs::metadata(&log).map_or(0, |log| log.len()), 0, "the log was moved into the file");

    world.restart_issuer().await;
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
}

/// A certificate is prepared and not signed when the issuer is told to stop: it is signed and delivered, and what was
/// done has its place in the audit trail.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_between_its_commits_is_finished_and_the_trail_is_sealed() {
    let two_commits = |given: &mut Given| given.intent_first = Some(true);
    let world = World::of(Plan { settings: two_commits, ..Plan::of("legacy-2019") }).await;
    let books = rusqlite::Connection::open(world.database_file()).unwrap();
    let number = |sql: &str| books.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let prepared = "SELECT COUNT(*) FROM certificate WHERE state = 'prepared'";
    let (mut asks, mut slip) = (0, world.codes().await);
    let (request, standing) = loop {
        let wire = Wire::of(&world);
        let (token, nonce, key) = (wire.access(&slip).await, wire.nonce().await, Key::fresh());
        let proof = wire.proof(&key, &nonce);
        // Its own connection, so that its task is a new one.
        let wire = Wire::of(&world);
        let mut told = world.gate.watch(Some(asks));
        let request = tokio::spawn(async move { wire.credential(&token, &proof).await });
        let standing = told.recv().await.expect("a request that asks once more");
        if number(prepared) == 1 {
            break (request, standing);
        }
        world.gate.unwatch();
        world.gate.let_go(standing);
        assert_eq!(request.await.unwrap().status, 200);
        (asks, slip) = (asks + 1, world.codes().await);
    };
    world.gate.unwatch();
    let ended = tokio::spawn(world.take_issuer().stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!ended.is_finished(), "it ended before it had delivered");
    assert_eq!(number(prepared), 1, "nobody else has finished it");
    world.gate.let_go(standing);
    assert_eq!(request.await.unwrap().status, 200);
    tokio::time::timeout(Duration::from_secs(9), ended).await.expect("an end").unwrap().unwrap();
    assert_eq!(number(prepared), 0);
    let activated = number("SELECT COUNT(*) FROM audit_entry WHERE action = 'device.activated'");
    assert_eq!(activated, i64::try_from(asks).unwrap() + 1, "each card has its entry");
    assert_eq!(number("SELECT COUNT(*) FROM audit_entry WHERE position IS NULL"), 0, "the trail is sealed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_asked_to_end_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_port();
    let program = std::path::PathBuf::from(env!("CARGO_BIN_EXE_killer"));
    let site = Site::set_up(&program, folder.path(), None, &format!("http://{listen}")).await;
    let mut process = site.serve(listen).await;
    for _ in 0..3 {
        tests::http::get(format!("http://{listen}/health/live")).await.unwrap();
    }
    let asked =
        std::process::Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let status = tokio::time::timeout(Duration::from_secs(15), process.end()).await.expect("an end");
    assert_eq!(status.code(), Some(0), "{}", process.said());
    assert_eq!(std::fs::metadata(site.data.join("issuer.db-wal")).map_or(0, |log| log.len()), 0);
}

/// What serves the lists is bound before anything is served: their addresses stand in every certificate.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_whose_lists_have_no_address_does_not_start() {
    let world = World::legacy().await;
    world.take_issuer().stop().await.unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let given = Given { pki_listen: Some(address), ..world.given().clone() };
    let refused = App::open(&given, &world.surroundings()).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, AppError::Bind(at, _) if at == address), "{refused}");
    drop(taken);
    App::open(&given, &world.surroundings()).await.unwrap();
}
