//! Time, trust and consent.

use super::*;

#[test]
fn only_authenticated_time_raises_the_floor_and_it_stays() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let judge = |phone: &UnlockedPhone, at| phone.documents().time_floor().unwrap().judge(at);
    let day = SignedDuration::from_hours(24);
    // A wrong date in the future, under which the phone is used, raises nothing.
    let far = now() + day * 20_000;
    activate(&phone, "12345/2026/77").unwrap();
    drop(phone);
    let phone = open(&home, 2).unlock(&pin(), far).unwrap();
    assert_eq!(judge(&phone, far), ClockVerdict::Plausible);
    assert_eq!(judge(&phone, now()), ClockVerdict::Plausible);

    phone.documents().learn_time(AuthenticatedTime::signed_by(TimeSource::RevocationList, now())).unwrap();
    phone.documents().learn_time(AuthenticatedTime::signed_by(TimeSource::Certificate, now() - day)).unwrap();
    drop(phone);
    let phone = unlock(&home, 3);
    assert_eq!(judge(&phone, now() - day), ClockVerdict::Behind { floor: now() });
    assert_eq!(judge(&phone, now()), ClockVerdict::Plausible);
    assert_eq!(judge(&phone, far), ClockVerdict::Plausible);
}

#[test]
fn roots_and_consents_are_kept_with_their_time() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let root = TrustedRoot {
        name: "Ministerstwo".to_owned(),
        certificate: KeptBytes::from(b"0root".to_vec()),
        added_at: now(),
    };
    let id = phone.documents().trust(&root).unwrap();
    let renamed = TrustedRoot { name: "Someone else".to_owned(), ..root.clone() };
    assert_eq!(phone.documents().trust(&renamed).unwrap(), id);
    phone.documents().accept_terms(Consent { version: "2026-09".to_owned(), at: now() }).unwrap();
    drop(phone);

    let phone = unlock(&home, 2);
    let documents = phone.documents();
    assert_eq!(documents.roots().unwrap(), [root]);
    assert_eq!(
        documents.consents().unwrap().terms,
        Some(Consent { version: "2026-09".to_owned(), at: now() })
    );
    assert_eq!(documents.consents().unwrap().privacy_notice, None);
    documents.accept_privacy_notice(Consent { version: "3".to_owned(), at: now() }).unwrap();
    assert!(documents.consents().unwrap().terms.is_some());
    assert!(documents.distrust(&id, now()).unwrap());
    assert!(!documents.distrust(&id, now()).unwrap());
    assert_eq!(documents.roots().unwrap(), []);
}
