//! What documents promise that can only be seen from inside: versions, seals and the order of commits.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use shared::secret::Secret;
use shared::vci::sign_in::HolderInfo;
use tempfile::TempDir;

use super::history::{HistoryEntry, HistoryEvent};
use super::*;
use crate::device::{DeviceName, Platform, Version};
use crate::pin::{NewPin, PinCost};
use crate::secure_element::{SecureElement, SimulatedElement};
use crate::store::{DiskStores, Stores as _};
use crate::testing::TestEntropy;

/// An element and its documents, without the phone around them.
struct Home {
    dir: TempDir,
    element: SimulatedElement,
}

impl Home {
    fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Arc::new(TestEntropy::new(seed));
        let element =
            SimulatedElement::open(&dir.path().join("element"), entropy, PinCost::FOR_TESTS).unwrap();
        element.provision(&pin()).unwrap();
        Self { dir, element }
    }

    fn home(&self) -> &Path {
        self.dir.path()
    }

    fn documents_dir(&self) -> PathBuf {
        self.dir.path().join("documents")
    }

    fn id(&self) -> ElementId {
        self.element.id().unwrap().unwrap()
    }

    fn session(&self) -> Arc<dyn ElementSession> {
        Arc::from(self.element.unlock(pin().pin(), Timestamp::UNIX_EPOCH).unwrap())
    }

    fn create(&self) -> Documents {
        let device = DeviceDescription {
            name: DeviceName::parse("Telefon").unwrap(),
            platform: Platform::Android,
            os_version: Version::new(14, 0),
            app_version: Version::new(1, 0),
        };
        let entropy = Arc::new(TestEntropy::new(77));
        Documents::create(
            DiskStores.create(self.home()).unwrap(),
            self.id(),
            self.session(),
            (&device, AppKind::Standard),
            entropy,
        )
        .unwrap()
    }

    fn reopen(&self) -> Result<Documents, StoreError> {
        let locked = LockedDocuments::open(DiskStores.open(self.home())?, &self.id())?;
        locked.unlock(self.session(), Arc::new(TestEntropy::new(78))).map_err(|failed| failed.1)
    }

    /// Changes the store behind the documents' back, as somebody with the files would.
    fn tamper(&self, changes: &[Change]) {
        DiskStores.open(self.home()).unwrap().commit(changes).unwrap();
    }
}

fn pin() -> NewPin {
    NewPin::parse("493027").unwrap()
}

fn entry(second: i64) -> HistoryEntry {
    HistoryEntry { at: Timestamp::from_second(second).unwrap(), card: None, event: HistoryEvent::Refreshed }
}

#[test]
fn a_store_of_a_later_version_is_refused_in_plain_words() {
    let home = Home::new(1);
    drop(home.create());
    home.tamper(&[Change::Put(HEADER.to_owned(), br#"{"version":2,"shape":"unheard of"}"#.to_vec())]);
    let refusal = home.reopen().err().unwrap();
    assert_eq!(refusal.reason(), "store_newer");
    assert_eq!(refusal.to_string(), "the store is of version 2, this program knows version 1");
}

#[test]
fn a_record_of_a_later_version_is_refused_in_plain_words() {
    let home = Home::new(1);
    let documents = home.create();
    let name = name::<HeldCard>("00112233445566778899aabbccddeeff");
    let sealed = documents.sealer.seal(&name, HeldCard::VERSION + 1, b"{}");
    documents.writer().commit(vec![Change::Put(name, sealed)]).unwrap();
    let refusal = documents.cards().unwrap_err();
    assert_eq!(refusal.reason(), "store_newer");
    assert_eq!(refusal.to_string(), "card is of version 4, this program knows version 3");
}

#[test]
fn a_store_without_header_is_damaged() {
    let home = Home::new(1);
    drop(home.create());
    home.tamper(&[Change::Remove(HEADER.to_owned())]);
    assert_eq!(home.reopen().err().unwrap().reason(), "store_damaged");
}

#[test]
fn forging_the_header_of_a_copied_store_does_not_open_it() {
    let (mine, other) = (Home::new(1), Home::new(2));
    drop((mine.create(), other.create()));
    std::fs::remove_dir_all(other.documents_dir()).unwrap();
    std::fs::rename(mine.documents_dir(), other.documents_dir()).unwrap();
    assert_eq!(other.reopen().err().unwrap().reason(), "store_of_other_device");
    let header = format!(r#"{{"version":1,"element":"{}"}}"#, other.id());
    other.tamper(&[Change::Put(HEADER.to_owned(), header.into_bytes())]);
    assert_eq!(other.reopen().err().unwrap().reason(), "store_of_other_device");
}

#[test]
fn a_sealed_record_cannot_be_put_in_anothers_place() {
    let home = Home::new(1);
    let documents = home.create();
    documents.note(entry(1)).unwrap();
    documents.note(entry(2)).unwrap();
    drop(documents);
    let store = DiskStores.open(home.home()).unwrap();
    let (first, second) = ("history/0000000000000001", "history/0000000000000002");
    let sealed = store.read(first).unwrap().unwrap();
    store.commit(&[Change::Put(second.to_owned(), sealed)]).unwrap();
    drop(store);
    assert_eq!(home.reopen().unwrap().history().unwrap_err().reason(), "store_damaged");
}

#[test]
fn a_commit_that_the_element_did_not_hear_of_is_no_reason_to_refuse() {
    let home = Home::new(1);
    let documents = home.create();
    let before = home.session().generation().unwrap();
    documents.note(entry(1)).unwrap();
    assert_eq!(home.session().generation().unwrap(), before + 1);
    drop(documents);
    // As after a kill between the commit and the element's counter.
    std::fs::write(home.dir.path().join("element/generation"), before.to_be_bytes()).unwrap();
    let documents = home.reopen().unwrap();
    assert_eq!(documents.history().unwrap().len(), 1);
    documents.note(entry(2)).unwrap();
    assert_eq!(home.session().generation().unwrap(), before + 2);
}

#[test]
fn a_phone_whose_counter_was_lost_opens_and_notices_an_old_store_again() {
    let home = Home::new(1);
    let documents = home.create();
    let counter = home.dir.path().join("element/generation");
    let backup = home.dir.path().join("backup");
    drop(documents);
    DiskStores.copy(home.home(), &backup).unwrap();
    let documents = home.reopen().unwrap();
    documents.note(entry(1)).unwrap();
    drop(documents);
    // As after a power cut, or a full disk, while it was made.
    std::fs::write(&counter, b"").unwrap();
    let documents = home.reopen().unwrap();
    assert_eq!(documents.history().unwrap().len(), 1);
    drop(documents);
    std::fs::remove_dir_all(home.documents_dir()).unwrap();
    DiskStores.copy(&backup, home.home()).unwrap();
    assert_eq!(home.reopen().err().unwrap().reason(), "store_rolled_back");
}

#[test]
fn copies_that_were_left_behind_without_their_card_go_with_the_next_that_come() {
    let home = Home::new(1);
    let documents = home.create();
    // As a refill of an earlier version left them that its card's deletion overtook.
    let id = "000102030405060708090a0b0c0d0e0f";
    let json = format!(r#"{{"card":"{id}","configuration":"c","key":"{id}","state":{{"is":"asked"}}}}"#);
    let left = CardCopy::read(1, json.as_bytes()).unwrap();
    documents.writer().commit(vec![documents.put(id, &left).unwrap()]).unwrap();
    assert_eq!(documents.keys_in_use().unwrap().len(), 1);
    documents.keep_copies(&[], Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(documents.keys_in_use().unwrap().len(), 0);
}

#[test]
fn history_keeps_its_order_and_its_last_500_entries() {
    let home = Home::new(1);
    let documents = home.create();
    let filled: Vec<Change> =
        (1..=500).map(|n: i64| documents.put(&format!("{n:016x}"), &entry(n)).unwrap()).collect();
    documents.writer().commit(filled).unwrap();
    for n in 501..=503 {
        documents.note(entry(n)).unwrap();
    }
    let history = documents.history().unwrap();
    let seconds: Vec<i64> = history.iter().map(|entry| entry.at.as_second()).collect();
    assert_eq!(seconds, (4..=503).collect::<Vec<_>>());
}

#[test]
fn changes_by_many_threads_are_made_one_after_the_other() {
    let home = Home::new(1);
    let documents = home.create();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let documents = &documents;
            scope.spawn(move || (0..10).for_each(|n| documents.note(entry(10 * thread + n)).unwrap()));
        }
    });
    let mut seconds: Vec<i64> =
        documents.history().unwrap().iter().map(|entry| entry.at.as_second()).collect();
    seconds.sort_unstable();
    assert_eq!(seconds, (0..40).collect::<Vec<_>>());
}

/// Frozen: what version 1 of each record looks like. A change here is a new version with an upgrade.
#[test]
fn the_shapes_of_records_are_frozen() {
    fn reads_back<R: Record>(version: u16, json: &str) {
        let record = R::read(version, json.as_bytes()).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&record.write().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).unwrap(), "{}", R::KIND);
        assert_eq!(R::VERSION, version, "{}", R::KIND);
    }
    let id = "000102030405060708090a0b0c0d0e0f";
    let hash = id.repeat(2);
    reads_back::<Generation>(1, &format!(r#"{{"number":7,"element":"{id}"}}"#));
    reads_back::<device::DeviceRecord>(
        1,
        r#"{"name":"Telefon Zosi","platform":"ios","os_version":"17.4","app_version":"1.0"}"#,
    );
    reads_back::<TrustedRoot>(
        1,
        r#"{"name":"Ministerstwo","certificate":"MAA=","added_at":"2026-11-21T18:30:00Z"}"#,
    );
    reads_back::<Consents>(
        1,
        r#"{"terms":{"version":"2026-09","at":"2026-11-21T18:30:00Z"},"privacy_notice":null}"#,
    );
    for resumption in [
        "null",
        r#"{"issuer_name":"SP 12","endpoints":{"token":"https://issuer.example/t",
        "credential":"https://issuer.example/c","nonce":null,
        "notification":"https://issuer.example/n"},"configuration":"mlegitymacja_x509",
        "copies":[{"configuration":"mlegitymacja_code","format":"x","batch":6}],"refresh_token":"r","pupil":null}"#,
    ] {
        reads_back::<PendingActivation>(
            2,
            &format!(
                r#"{{"offer":"{hash}","issuer":"https://issuer.example","keys":[{{"configuration":"mlegitymacja_x509",
                "key":"{id}"}}],"renews":"{id}","started_at":"2026-11-21T18:30:00Z","resumption":{resumption}}}"#
            ),
        );
    }
    reads_back::<time_floor::TimeFloorRecord>(
        1,
        r#"{"at":"2026-11-21T18:30:00Z","source":"revocation_list"}"#,
    );
    reads_back::<holder::Pupil>(1, r#"{"issuer":"https://issuer.example/pl","sub":"p-1"}"#);
    reads_back::<SeenList>(1, r#"{"number":7,"this_update":"2026-11-21T18:30:00Z"}"#);
    reads_back::<used_offer::UsedOffer>(1, &format!(r#"{{"card":"{id}","at":"2026-11-21T18:30:00Z"}}"#));
    reads_back::<TrustedIssuer>(
        1,
        &format!(
            r#"{{"identifier":"https://issuer.example/pl","roots":["{hash}"],"since":"2026-11-21T18:30:00Z"}}"#
        ),
    );
    reads_back::<Notice>(
        1,
        &format!(
            r#"{{"event":"credential_deleted","notification_id":"n-1","issuer":"https://issuer.example/pl",
            "notification_endpoint":"https://issuer.example/n","token_endpoint":"https://issuer.example/t",
            "refresh_token":"r","key":"{id}","since":"2026-11-21T18:30:00Z","until":"2027-09-30T21:59:59Z"}}"#
        ),
    );
    for event in [
        r#"{"happened":"activated"}"#,
        r#"{"happened":"renewed"}"#,
        r#"{"happened":"refreshed"}"#,
        r#"{"happened":"revoked","reason":"lost"}"#,
        r#"{"happened":"superseded"}"#,
        r#"{"happened":"deleted"}"#,
        r#"{"happened":"presented","verifier":"PKP","shared":["age"]}"#,
        &format!(r#"{{"happened":"root_trusted","root":"{hash}","name":"Ministerstwo"}}"#),
        &format!(r#"{{"happened":"root_distrusted","root":"{hash}","name":"Ministerstwo"}}"#),
        r#"{"happened":"terms_accepted","version":"2026-09"}"#,
        r#"{"happened":"privacy_notice_accepted","version":"3"}"#,
    ] {
        reads_back::<HistoryEntry>(
            1,
            &format!(r#"{{"at":"2026-11-21T18:30:00Z","card":"{id}","event":{event}}}"#),
        );
    }
}

#[test]
fn a_phone_of_before_there_were_two_apps_is_the_standard_one() {
    let home = Home::new(9);
    drop(home.create());
    home.tamper(&[Change::Remove("app/0".to_owned())]);
    assert_eq!(home.reopen().unwrap().app_kind().unwrap(), AppKind::Standard);
}

#[test]
fn a_sign_in_counts_for_its_time_and_the_greeting_stays() {
    let home = Home::new(10);
    let documents = home.create();
    assert_eq!(documents.holder_session().unwrap(), None);
    let at = |second| Timestamp::from_second(second).unwrap();
    let session = HolderSession {
        issuer: "https://a.example".to_owned(),
        holder: HolderInfo { sub: "s".into(), given_names: "Zofia".into(), class_name: "7a".into() },
        signed_in_at: at(100),
        token: Some(HolderToken { text: Secret::new("t"), key: None, expires_at: at(3700) }),
    };
    documents.keep_holder_session(&session).unwrap();
    drop(documents);
    let documents = home.reopen().unwrap();
    let kept = documents.holder_session().unwrap().unwrap();
    assert_eq!(kept, session);
    for (second, counts) in [(99, false), (100, true), (3699, true), (3700, false)] {
        assert_eq!(kept.live_token(at(second)).is_some(), counts, "{second}");
    }
    assert!(!format!("{kept:?}").contains("Zofia"));
    documents.end_holder_token().unwrap();
    let ended = documents.holder_session().unwrap().unwrap();
    assert_eq!((&ended.holder, ended.live_token(at(200))), (&session.holder, None));
    documents.forget_holder_session().unwrap();
    assert_eq!(documents.holder_session().unwrap(), None);
}
