//! What stores on disk promise beyond the contract: what survives a kill, a full disk, damage.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::super::contract;
use super::*;

fn put(name: &str, value: &[u8]) -> Change {
    Change::Put(name.to_owned(), value.to_vec())
}

/// Bytes of which no two pieces are alike.
fn value(seed: u32, len: usize) -> Vec<u8> {
    (0..).flat_map(|n: u32| (n ^ seed.rotate_left(16)).to_be_bytes()).take(len).collect()
}

#[test]
fn the_disk_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    contract::run(&DiskStores, dir.path()).unwrap();
    for home in std::fs::read_dir(dir.path()).unwrap() {
        assert_eq!(std::fs::read_dir(home.unwrap().path()).unwrap().count(), 0, "files are left");
    }
}

#[test]
fn opening_makes_no_files() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(DiskStore::open(dir.path()).err().unwrap().reason(), "store_missing");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_shorter_value_leaves_nothing_of_the_longer_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = DiskStore::create(dir.path()).unwrap();
    store.commit(&[put("card/1", &value(1, 5 * PIECE))]).unwrap();
    store.commit(&[put("card/1", &value(2, PIECE + 1))]).unwrap();
    assert_eq!(store.read("card/1").unwrap().unwrap(), value(2, PIECE + 1));
    store.commit(&[Change::Remove("card/1".to_owned()), Change::Remove("card/2".to_owned())]).unwrap();
    assert_eq!(store.read("card/1").unwrap(), None);
    assert_eq!(store.db.len(), 0);
}

/// sled does not sync what it puts into files of their own, so there must never be one.
#[test]
fn no_value_however_big_leaves_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = DiskStore::create(dir.path()).unwrap();
    for round in 0..20 {
        for card in 0..4 {
            store.commit(&[put(&format!("card/{card}"), &value(round, 130_000))]).unwrap();
        }
    }
    store.commit(&[Change::Remove("card/1".to_owned()), put("card/9", &value(9, 2_000_000))]).unwrap();
    drop(store);
    drop(DiskStore::open(dir.path()).unwrap());
    assert_eq!(std::fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
}

/// `/dev/full` says at every write that no space is left.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_has_a_name_and_nothing_is_believed_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", dir.path().join("db")).unwrap();
    let store = DiskStore::open(dir.path()).unwrap();
    assert_eq!(store.commit(&[put("a", b"1")]).unwrap_err().reason(), "disk_full");
    assert!(matches!(store.read("a"), Err(StoreError::AfterFailure { full: true })));
    assert_eq!(store.commit(&[put("b", b"1")]).unwrap_err().reason(), "store_failed_before");
}

/// Damage may cost the newest commits or the whole store, but never yields a value that was not kept.
#[test]
fn a_damaged_log_yields_an_error_or_whole_values() {
    let dir = tempfile::tempdir().unwrap();
    let store = DiskStore::create(dir.path()).unwrap();
    for seed in 0..12 {
        store.commit(&[put(&format!("card/{seed}"), &value(seed, 90_000))]).unwrap();
    }
    drop(store);
    let sound = std::fs::read(dir.path().join("db")).unwrap();
    let mut named = 0;
    for damage in 0..40 {
        let mut bytes = sound.clone();
        let at = damage * bytes.len() / 40 + 13;
        if damage % 2 == 0 {
            bytes[at] ^= 0x55;
        } else {
            bytes.truncate(at);
        }
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join("conf"), copy.path().join("conf")).unwrap();
        std::fs::write(copy.path().join("db"), &bytes).unwrap();
        match DiskStore::open(copy.path()).and_then(|store| store.scan("card/")) {
            Err(error) => {
                assert_eq!(error.reason(), "store_damaged", "{error} at {at}");
                named += 1;
            }
            Ok(values) => {
                for (name, found) in values {
                    let seed = name.strip_prefix("card/").unwrap().parse().unwrap();
                    assert_eq!(found, value(seed, 90_000), "{name} at {at}");
                }
            }
        }
    }
    assert!(named > 0, "no damage was ever noticed");
}

const CHILD: &str = "MLEG_TEST_STORE_TO_WRITE_UNTIL_KILLED";

/// Not a test of its own: the process that the next test kills.
#[test]
fn child_that_writes_until_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let store = DiskStore::open(Path::new(&dir)).unwrap();
    let first = store.scan("card/").unwrap().len();
    for seed in (0..).skip(first) {
        let name = format!("card/{seed:08}");
        let seed = u32::try_from(seed).unwrap();
        store.commit(&[put(&name, &value(seed, 20_000)), put("latest", &seed.to_be_bytes())]).unwrap();
        println!("\nkept {seed}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_acknowledged_and_tears_no_commit() {
    let dir = tempfile::tempdir().unwrap();
    drop(DiskStore::create(dir.path()).unwrap());
    for round in 0..6_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::disk::tests::child_that_writes_until_killed", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = None;
        for line in lines {
            let line = line.unwrap();
            let Some(seed) = line.strip_prefix("kept ") else { continue };
            if acknowledged.is_none() {
                // From the first acknowledgement on, let it run for a while that differs every round.
                thread::sleep(Duration::from_millis(7 * round));
                child.kill().unwrap();
            }
            acknowledged = Some(seed.parse::<u32>().unwrap());
        }
        child.wait().unwrap();
        let acknowledged = acknowledged.expect("the child must have kept something before it was killed");

        let store = DiskStore::open(dir.path()).unwrap();
        let cards = store.scan("card/").unwrap();
        let latest = store.read("latest").unwrap().unwrap();
        assert!(cards.len() as u32 > acknowledged, "card {acknowledged} was acknowledged and is lost");
        assert_eq!(latest, (cards.len() as u32 - 1).to_be_bytes(), "a commit was torn");
        for (seed, (_, found)) in (0..).zip(&cards) {
            assert_eq!(found, &value(seed, 20_000));
        }
    }
}

#[test]
fn a_full_disk_is_named_wherever_it_shows() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        assert_eq!(StoreError::from(sled::Error::Io(io::Error::from(kind))).reason(), "disk_full");
    }
}
