//! Each trouble, provoked, and what is said of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use shared::clock::ManualClock;

use super::*;
use crate::app::{App, SystemEntropy};

const NOW: &str = "2026-11-21T18:30:00Z";

fn problems(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().filter(|finding| finding.problem.is_some()).map(|finding| finding.check).collect()
}

#[tokio::test]
async fn a_fresh_folder_lacks_a_backup_alone_and_files_and_dates_have_their_findings() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let given = Given { data: Some(data.clone()), ..Given::default() };
    let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
    let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
    app::init(&given, None, "dyrektor", &surroundings).await.unwrap();
    assert_eq!(problems(&examine(&given, &surroundings).await), ["backup"]);
    let now = surroundings.clock.now();
    backup::make(&given, None, true, &folder.path().join("b"), now, &SystemEntropy).unwrap();
    assert!(problems(&examine(&given, &surroundings).await).is_empty());

    let mode = |name: &str, mode: u32| {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["issuer.db", "master-secret", "ca"] {
        let before = fs::metadata(data.join(name)).unwrap().permissions().mode();
        assert_eq!(before & 0o077, 0, "{name} is made for its owner alone");
        mode(name, 0o755);
        assert_eq!(problems(&examine(&given, &surroundings).await), ["file permissions"], "{name}");
        mode(name, before);
    }
    clock.set("2026-11-20T18:30:00Z".parse().unwrap());
    assert_eq!(problems(&examine(&given, &surroundings).await), ["backup", "clock"]);
    clock.set("2026-11-24T18:30:00Z".parse().unwrap());
    assert_eq!(problems(&examine(&given, &surroundings).await), ["backup"]);
    clock.set("2045-11-24T18:30:00Z".parse().unwrap());
    assert_eq!(problems(&examine(&given, &surroundings).await), ["certificate authority's end", "backup"]);
    clock.set("2047-11-24T18:30:00Z".parse().unwrap());
    let expired = examine(&given, &surroundings).await;
    assert!(problems(&expired).contains(&"certificate authority's dates"), "{expired:?}");

    clock.set(now);
    fs::write(data.join("master-secret"), "half").unwrap();
    assert_eq!(problems(&examine(&given, &surroundings).await), ["master secret"]);
}

/// An issuer that was just set up and has a backup: nothing is wrong with it.
struct House {
    _folder: tempfile::TempDir,
    data: PathBuf,
    given: Given,
    surroundings: Surroundings,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let given = Given { data: Some(data.clone()), listen, ..Given::default() };
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let surroundings = Surroundings { clock, entropy: Arc::new(SystemEntropy) };
        app::init(&given, None, "dyrektor", &surroundings).await.unwrap();
        let now = surroundings.clock.now();
        backup::make(&given, None, true, &folder.path().join("b"), now, &SystemEntropy).unwrap();
        let house = Self { _folder: folder, data, given, surroundings };
        house.finds(&[]).await;
        house
    }

    /// Checks that these are the problems, by name and badness.
    async fn finds(&self, expected: &[(&str, Level)]) {
        let findings = examine(&self.given, &self.surroundings).await;
        let troubled = findings.iter().filter(|finding| finding.problem.is_some());
        let found: Vec<_> = troubled.map(|finding| (finding.check, finding.level)).collect();
        assert_eq!(found, expected, "{findings:#?}");
    }

    fn sql(&self, statements: &str) {
        let books = rusqlite::Connection::open(self.data.join("issuer.db")).unwrap();
        books.execute_batch(&format!("PRAGMA foreign_keys = OFF; {statements}")).unwrap();
    }

    fn micros(&self, hours_ago: i64) -> i64 {
        (self.surroundings.clock.now() - SignedDuration::from_hours(hours_ago)).as_microsecond()
    }
}

#[tokio::test]
async fn a_notice_that_nobody_takes_is_advice_after_an_hour() {
    let house = House::new().await;
    let (soon, late) = (house.micros(0), house.micros(2));
    house.sql(&format!(
        "INSERT INTO notice (id, pupil_id, channel, recipient, subject, body, state, created_at, next_attempt_at) \
         VALUES ('n', 'p', 'email', 'a@b.example', 's', 'b', 'queued', {late}, {soon})"
    ));
    house.finds(&[]).await;
    house.sql(&format!("UPDATE notice SET next_attempt_at = {late}"));
    house.finds(&[("outbox", Level::Advice)]).await;
}

#[tokio::test]
async fn a_certificate_left_prepared_is_advice() {
    let house = House::new().await;
    let at = house.micros(0);
    house.sql(&format!(
        "INSERT INTO certificate (serial, device_id, card_id, state, tbs, card_data, card_inputs, notification_id, \
         not_after, prepared_at) VALUES ('01', 'd', 'c', 'prepared', x'00', x'00', x'00', 'n', {at}, {at})"
    ));
    house.finds(&[("prepared certificates", Level::Advice)]).await;
}

#[tokio::test]
async fn an_audit_trail_that_was_changed_is_wrong() {
    let house = House::new().await;
    let store = Store::open(&house.given.location().unwrap()).await.unwrap();
    audit::seal(&store).await.unwrap();
    drop(store);
    house.finds(&[]).await;
    house.sql("UPDATE audit_entry SET subject = 'x' WHERE position = 1");
    house.finds(&[("audit trail", Level::Wrong)]).await;
}

#[tokio::test]
async fn books_that_are_none_are_wrong() {
    let house = House::new().await;
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(house.data.join(format!("issuer.db{end}")));
    }
    fs::write(house.data.join("issuer.db"), "this is no database, and was never one".repeat(100)).unwrap();
    fs::set_permissions(house.data.join("issuer.db"), fs::Permissions::from_mode(0o600)).unwrap();
    house.finds(&[("database and schema", Level::Wrong)]).await;
}

#[tokio::test]
async fn books_that_are_gone_or_anothers_are_wrong_and_none_are_made() {
    let (house, other) = (House::new().await, House::new().await);
    let books = house.data.join("issuer.db");
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(house.data.join(format!("issuer.db{end}")));
    }
    house.finds(&[("database and schema", Level::Wrong)]).await;
    let refused = crate::accounts::Accounts::open(&house.given, &house.surroundings).await;
    assert!(matches!(refused, Err(app::AppError::NoDatabase(_))));
    assert!(!books.exists(), "empty books would look whole");
    fs::copy(other.data.join("issuer.db"), &books).unwrap();
    house.finds(&[("database and schema", Level::Wrong)]).await;
}

#[tokio::test]
async fn a_backup_of_a_time_to_come_is_advice() {
    let house = House::new().await;
    let data = &house.data;
    let now = house.surroundings.clock.now();
    assert_eq!(backup_age(data, now), Ok(()));
    assert!(backup_age(data, now - SignedDuration::from_hours(1)).is_err());
}

#[tokio::test]
async fn a_key_that_is_missing_or_anothers_is_wrong() {
    let (house, other) = (House::new().await, House::new().await);
    let key = house.data.join("ca/issuing-1.key.pem");
    let good = fs::read(&key).unwrap();
    let wrong = [("certificate authority", Level::Wrong), ("certificate authority's dates", Level::Wrong)];
    fs::remove_file(&key).unwrap();
    house.finds(&wrong).await;
    fs::copy(other.data.join("ca/issuing-1.key.pem"), &key).unwrap();
    house.finds(&wrong).await;
    fs::write(&key, good).unwrap();
    house.finds(&[]).await;
}

#[tokio::test]
async fn a_tls_certificate_is_wrong_when_it_cannot_serve_and_advice_before_it_ends() {
    let mut house = House::new().await;
    let (certificate, key) = (house.data.join("cert.pem"), house.data.join("key.pem"));
    house.given.tls_cert = Some(certificate.clone());
    house.given.tls_key = Some(key.clone());
    house.given.public_url = Some("https://mleg.example".to_owned());
    house.given.pki_url = Some("http://mleg.example".to_owned());
    let put = |month: u8, day: u8| {
        let pair = rcgen::KeyPair::generate().unwrap();
        let mut made = rcgen::CertificateParams::new(["mleg.example".to_owned()]).unwrap();
        made.not_before = rcgen::date_time_ymd(2026, 1, 1);
        made.not_after = rcgen::date_time_ymd(2026, month, day);
        fs::write(&certificate, made.self_signed(&pair).unwrap().pem()).unwrap();
        fs::write(&key, pair.serialize_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let (now, soon) = ("TLS certificate", "TLS certificate in two weeks");
    put(12, 31);
    house.finds(&[]).await;
    put(11, 30);
    house.finds(&[(soon, Level::Advice)]).await;
    put(11, 20);
    house.finds(&[(now, Level::Wrong), (soon, Level::Advice)]).await;
}

#[tokio::test]
async fn an_earlier_master_secret_is_advice_once_nothing_rests_on_it() {
    let house = House::new().await;
    let secret = MasterSecret::read(&house.data).unwrap();
    secret.changed(house.surroundings.clock.now(), &SystemEntropy).write(&house.data).unwrap();
    // The books follow when an issuer is started; the first account's token rests on the old one still.
    drop(App::open(&house.given, &house.surroundings).await.unwrap());
    house.finds(&[]).await;
    house.sql(&format!("UPDATE api_token SET ended_at = {}", house.micros(0)));
    house.finds(&[("earlier master secret", Level::Advice)]).await;
}

#[test]
fn little_space_is_told_in_words() {
    assert_eq!(enough(LITTLE_SPACE), Ok(()));
    assert_eq!(enough(LITTLE_SPACE - 1), Err("1023 MiB are free".to_owned()));
    assert_eq!(space(Path::new("/nowhere")), Ok(()), "another finding's affair");
}
