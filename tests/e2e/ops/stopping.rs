//! A polite end: what has begun is answered, nothing new is let in, nothing is left behind.

use std::time::Duration;

use tests::process::{Site, free_port};
use tests::world::World;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
