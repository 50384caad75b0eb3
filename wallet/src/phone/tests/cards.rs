//! Cards come, are replaced and go, each in one step and with their keys.

use super::*;

#[test]
fn cards_of_several_children_live_side_by_side_each_once() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let zosia = activate(&phone, "12345/2026/77").unwrap();
    let antek = activate(&phone, "12345/2026/78").unwrap();
    assert_ne!(zosia, antek);
    let refusal = activate(&phone, "12345/2026/77").unwrap_err();
    assert!(matches!(&refusal, KeepError::AlreadyHeld { id } if *id == zosia), "{refusal}");
    // The refused one left nothing behind.
    assert_eq!(phone.documents().cards().unwrap().len(), 2);
    assert_eq!(phone.documents().activations().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap().len(), 2);
}

#[test]
fn a_revoked_card_may_be_activated_again() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    let before = phone.documents().card(&id).unwrap().unwrap();
    let revoked = CardState::Revoked { since: now(), reason: "lost".to_owned() };
    phone.documents().refreshed(&id, revoked.clone(), now()).unwrap();
    assert_eq!(phone.documents().card(&id).unwrap().unwrap().state, revoked);
    assert_eq!(activate(&phone, "12345/2026/77").unwrap(), id);
    let after = phone.documents().card(&id).unwrap().unwrap();
    assert_eq!(after.state, CardState::Valid);
    assert_ne!(after.key, before.key);
    assert_eq!(phone.element().key_handles().unwrap(), [after.key]);
}

#[test]
fn a_renewed_card_takes_the_old_ones_place_in_one_step() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let old = activate(&phone, "12345/2026/77").unwrap();
    let old_key = phone.documents().card(&old).unwrap().unwrap().key;
    let offer = offer("renewal");
    let begun = phone
        .begin_activation(&offer, "https://issuer.example/pl", &["mlegitymacja_x509"], Some(&old), now())
        .unwrap();
    let commits = phone.element().generation().unwrap();
    // A duplicate with a new number: another card, which still must never stand beside the old one.
    let new =
        phone.replace_card(&old, &card("12345/2027/5", &begun.keys[0].key), Some(&offer), now()).unwrap();
    assert_eq!(phone.element().generation().unwrap(), commits + 1, "one commit");
    drop(phone);

    let phone = unlock(&home, 2);
    let cards = phone.documents().cards().unwrap();
    assert_eq!(cards.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&new]);
    assert_eq!(phone.documents().activations().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap(), [begun.keys[0].key.clone()]);
    assert!(phone.element().sign(&old_key, b"x").is_err());
    let last = phone.documents().history().unwrap().pop().unwrap();
    assert_eq!((last.card, last.event), (Some(new), HistoryEvent::Renewed));
}

#[test]
fn replacing_knows_its_limits() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let zosia = activate(&phone, "12345/2026/77").unwrap();
    let antek = activate(&phone, "12345/2026/78").unwrap();
    let key = phone.documents().card(&zosia).unwrap().unwrap().key;
    let refused = |outcome: Result<CardId, KeepError>| outcome.unwrap_err().reason();
    assert_eq!(
        refused(phone.replace_card(&zosia, &card("12345/2026/78", &key), None, now())),
        "already_held"
    );
    let nobody = CardId::parse("00112233445566778899aabbccddeeff").unwrap();
    assert_eq!(
        refused(phone.replace_card(&nobody, &card("12345/2026/79", &key), None, now())),
        "no_such_card"
    );
    let foreign = KeyHandle::random(&TestEntropy::new(99));
    assert_eq!(
        refused(phone.replace_card(&zosia, &card("12345/2026/77", &foreign), None, now())),
        "key_missing"
    );
    assert_eq!(refused(phone.insert_card(&card("12345/2026/80", &foreign), None, now())), "key_missing");
    let held: Vec<CardId> = phone.documents().cards().unwrap().into_iter().map(|(id, _)| id).collect();
    assert!(held.len() == 2 && held.contains(&zosia) && held.contains(&antek));
}

#[test]
fn deleting_a_card_destroys_its_keys_with_it() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let offer = offer("one card");
    let formats = ["mlegitymacja_x509"];
    let begun = phone.begin_activation(&offer, "https://issuer.example/pl", &formats, None, now()).unwrap();
    let card = card("12345/2026/77", &begun.keys[0].key);
    let id = phone.insert_card(&card, Some(&offer), now()).unwrap();
    assert_eq!(phone.begin_copies(&id, SD_JWT, 3).unwrap().len(), 3);
    assert_eq!(phone.element().key_handles().unwrap().len(), 4);
    phone.delete_card(&id, now()).unwrap();
    assert_eq!(phone.documents().cards().unwrap().len(), 0);
    assert_eq!(phone.element().key_handles().unwrap().len(), 0);
    assert_eq!(phone.delete_card(&id, now()).unwrap_err().reason(), "no_such_card");
}

#[test]
fn an_activation_that_was_killed_goes_on_with_the_same_key() {
    let home = tempfile::tempdir().unwrap();
    let issuer = "https://issuer.example/pl";
    let begin = |phone: &UnlockedPhone, offer: &OfferHash, at| {
        phone.begin_activation(offer, issuer, &["mlegitymacja_x509"], None, at).unwrap()
    };
    let phone = create(&home, 1);
    let first = begin(&phone, &offer("a"), now());
    let public_key = phone.element().public_key(&first.keys[0].key).unwrap();
    drop(phone);

    let phone = unlock(&home, 2);
    let again = begin(&phone, &offer("a"), now() + SignedDuration::from_hours(1));
    assert_eq!(again, first);
    assert_eq!(phone.element().public_key(&again.keys[0].key).unwrap(), public_key);
    // Another offer, or the same text from another issuer, gets a key of its own.
    assert_ne!(begin(&phone, &offer("b"), now()).keys, first.keys);
    let elsewhere = phone
        .begin_activation(&offer("a"), "https://other.example", &["mlegitymacja_x509"], None, now())
        .unwrap();
    assert_ne!(elsewhere.keys, first.keys);
    phone.abandon_activation(&offer("a")).unwrap();
    phone.abandon_activation(&offer("b")).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 0);
}

#[test]
fn a_key_that_nobody_noted_is_gone_after_the_next_unlocking() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let id = activate(&phone, "12345/2026/77").unwrap();
    // As after a kill between the making of the key and its noting.
    phone.element().generate_key(&TestEntropy::new(9)).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 2);
    drop(phone);
    let phone = unlock(&home, 2);
    let key = phone.documents().card(&id).unwrap().unwrap().key;
    assert_eq!(phone.element().key_handles().unwrap(), [key]);
}
