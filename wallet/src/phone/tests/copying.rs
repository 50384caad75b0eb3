//! What somebody with the files gets: nothing.

use super::*;

#[test]
fn a_store_copied_to_another_phone_does_not_open_even_with_the_same_pin() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let phone = create(&mine, 1);
    activate(&phone, "12345/2026/77").unwrap();
    drop((phone, create(&other, 2)));
    put_in_place(&mine.path().join("documents"), &other.path().join("documents"));
    let refusal = LockedPhone::open(other.path(), parts(3)).err().unwrap();
    assert_eq!(refusal.reason(), "store_of_other_device");
    assert_eq!(refusal.to_string(), "it was copied from another device");
}

#[test]
fn an_element_from_another_phone_does_not_open_the_store() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop((create(&mine, 1), create(&other, 2)));
    put_in_place(&other.path().join("element"), &mine.path().join("element"));
    let refusal = LockedPhone::open(mine.path(), parts(3)).err().unwrap();
    assert_eq!(refusal.reason(), "store_of_other_device");
}

#[test]
fn an_old_copy_of_the_store_is_refused_by_its_own_phone() {
    let (home, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    drop(phone);
    copy_dir(&home.path().join("documents"), &backup.path().join("documents"));
    let phone = unlock(&home, 2);
    let revoked = CardState::Revoked { since: now(), reason: "lost".to_owned() };
    phone.documents().refreshed(&id, revoked, now()).unwrap();
    drop(phone);
    put_in_place(&backup.path().join("documents"), &home.path().join("documents"));
    let refusal = open(&home, 3).unlock(&pin(), now()).err().unwrap().refusal;
    assert_eq!(refusal.reason(), "store_rolled_back");
}

#[test]
fn phones_in_one_process_know_nothing_of_each_other() {
    let homes: Vec<TempDir> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    std::thread::scope(|scope| {
        for (n, home) in (0..).zip(&homes) {
            scope.spawn(move || {
                let phone = create(home, n);
                for child in 0..=n {
                    activate(&phone, &format!("{n}/{child}")).unwrap();
                }
            });
        }
    });
    for (n, home) in (0..).zip(&homes) {
        assert_eq!(unlock(home, 90 + n).documents().cards().unwrap().len() as u64, n + 1);
    }
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn nothing_about_the_pupil_is_on_disk_in_the_clear() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    activate(&phone, "12345/2026/77").unwrap();
    let root = TrustedRoot {
        name: "Ministerstwo".to_owned(),
        certificate: KeptBytes::from(b"0root".to_vec()),
        added_at: now(),
    };
    phone.documents().trust(&root).unwrap();
    drop(phone);

    let base64 = |text: &[u8]| base64::engine::general_purpose::STANDARD.encode(text);
    let card_data = card("", &KeyHandle::random(&TestEntropy::new(1))).card_data;
    let secrets = [
        PUPIL.to_owned(),
        PESEL.to_owned(),
        base64(&card_data.as_slice()[..30]),
        "12345/2026/77".to_owned(),
        "refresh-token-of-zosia".to_owned(),
        "issuer.example".to_owned(),
        "Ministerstwo".to_owned(),
        "Telefon Zosi".to_owned(),
        "493027".to_owned(),
    ];
    let files = files(home.path());
    // The search itself works: names of records are in the clear.
    assert!(files.iter().any(|(_, bytes)| contains(bytes, b"card/")));
    for secret in secrets {
        for (path, bytes) in &files {
            assert!(!contains(bytes, secret.as_bytes()), "{secret:?} is readable in {path}");
        }
    }
}
