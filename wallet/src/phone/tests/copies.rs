//! Copies of a card: each shown once while there are unused ones, and their keys with them.

use jiff::SignedDuration;

use super::*;
use crate::documents::{ArrivedCopy, CopyId};

/// Fetches `count` copies, as if an issuer had answered; good for a day.
fn fetch(phone: &UnlockedPhone, card: &CardId, count: usize) -> Vec<CopyId> {
    let begun = phone.begin_copies(card, SD_JWT, count).unwrap();
    let arrived: Vec<ArrivedCopy> = begun
        .iter()
        .map(|(id, _)| ArrivedCopy {
            id: id.clone(),
            credential: format!("{id}~"),
            expires_at: now() + SignedDuration::from_hours(24),
        })
        .collect();
    phone.keep_copies(&arrived, now()).unwrap();
    begun.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn every_copy_is_shown_once_before_any_is_shown_twice() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    assert_eq!(phone.documents().take_copy(&card, SD_JWT, now()).unwrap(), None);
    fetch(&phone, &card, 2);
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    let first = phone.documents().take_copy(&card, SD_JWT, at(1)).unwrap().unwrap();
    drop(phone);
    let phone = unlock(&home, 2);
    let take = |at| phone.documents().take_copy(&card, SD_JWT, at).unwrap().unwrap();
    let second = take(at(2));
    assert!(first.first_use && second.first_use);
    assert_ne!((&first.key, &first.credential), (&second.key, &second.credential));
    assert!(
        phone.element().sign(&first.key, b"x").is_ok() && phone.element().sign(&second.key, b"x").is_ok()
    );
    // None is left: the one that was seen longest ago, and it says so.
    let again = take(at(3));
    assert_eq!((again.credential, again.first_use), (first.credential, false));
    assert_eq!(take(at(4)).credential, second.credential);
    assert_eq!(phone.documents().take_copy(&card, "another", now()).unwrap(), None);
    let tomorrow = now() + SignedDuration::from_hours(24);
    assert_eq!(phone.documents().take_copy(&card, SD_JWT, tomorrow).unwrap(), None, "over");
}

#[test]
fn keys_that_got_no_answer_are_asked_with_again() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    let begun = phone.begin_copies(&card, SD_JWT, 2).unwrap();
    drop(phone);
    let phone = unlock(&home, 2);
    let mut again = phone.begin_copies(&card, SD_JWT, 3).unwrap();
    let new = again.iter().position(|one| !begun.contains(one)).unwrap();
    again.remove(new);
    assert!(again.len() == 2 && begun.iter().all(|one| again.contains(one)));
}

#[test]
fn copies_go_with_their_card_and_with_their_time() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    fetch(&phone, &card, 2);
    assert_eq!(phone.element().key_handles().unwrap().len(), 3);
    let tomorrow = now() + SignedDuration::from_hours(24);
    phone.keep_copies(&[], tomorrow).unwrap();
    assert_eq!(phone.element().key_handles().unwrap().len(), 1, "their time is over");
    fetch(&phone, &card, 2);
    let held = phone.documents().card(&card).unwrap().unwrap();
    phone.replace_card(&card, &held, None, now()).unwrap();
    assert_eq!(phone.documents().copies(&card, SD_JWT).unwrap(), [], "a renewed card says something else");
    assert_eq!(phone.element().key_handles().unwrap(), [held.key]);
    let late =
        ArrivedCopy { id: fetch(&phone, &card, 1).remove(0), credential: "x~".into(), expires_at: tomorrow };
    phone.delete_card(&card, now()).unwrap();
    phone.keep_copies(&[late], now()).unwrap();
    assert_eq!(phone.documents().copies(&card, SD_JWT).unwrap(), [], "nothing comes back after its card");
    assert_eq!(phone.element().key_handles().unwrap(), []);
}

#[test]
fn a_refill_that_is_overtaken_by_its_cards_deletion_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    phone.delete_card(&card, now()).unwrap();
    assert_eq!(phone.begin_copies(&card, SD_JWT, 2).unwrap_err().reason(), "no_such_card");
    assert_eq!(phone.documents().copies(&card, SD_JWT).unwrap(), []);
    assert_eq!(phone.element().key_handles().unwrap(), []);
}

#[test]
fn an_answer_that_comes_twice_makes_no_used_copy_new() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    let begun = phone.begin_copies(&card, SD_JWT, 1).unwrap();
    let expires_at = now() + SignedDuration::from_hours(24);
    let arrived = [ArrivedCopy { id: begun[0].0.clone(), credential: "x~".into(), expires_at }];
    phone.keep_copies(&arrived, now()).unwrap();
    assert!(phone.documents().take_copy(&card, SD_JWT, now()).unwrap().unwrap().first_use);
    phone.keep_copies(&arrived, now()).unwrap();
    assert!(!phone.documents().take_copy(&card, SD_JWT, now()).unwrap().unwrap().first_use);
}

#[test]
fn only_keys_that_still_wait_are_given_up() {
    let home = tempfile::tempdir().unwrap();
    let phone = create(&home, 1);
    let card = activate(&phone, "12345/2026/77").unwrap();
    let kept = fetch(&phone, &card, 1);
    let waiting = phone.begin_copies(&card, SD_JWT, 1).unwrap();
    phone.give_up_copies(&[kept[0].clone(), waiting[0].0.clone()]).unwrap();
    let left: Vec<_> =
        phone.documents().copies(&card, SD_JWT).unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!((left, phone.element().key_handles().unwrap().len()), (kept, 2));
}
