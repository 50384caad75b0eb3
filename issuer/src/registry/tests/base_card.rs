use serde_json::json;

use super::super::base_card::{BaseCardEntryRefusal, BaseCardForm, EnterBaseCard};
use super::super::fault::FaultCode;
use super::super::photo::accept;
use super::super::photo_book::{KeepPhoto, PhotoBookRefusal, ReadPhoto, ReadPhotoRules};
use super::super::pupil_file::ReadPupil;
use super::super::testing::{Books, evening, form, photo};
use super::*;
use crate::audit::{self, ChainVerdict};
use crate::store::tables::base_card::{BaseCard, BaseCardState, VoidReason};

async fn enter(books: &Books, pupil: &PupilId, json: Value) -> Result<BaseCard, BaseCardEntryRefusal> {
    let card = form::<BaseCardForm>(json).parse(today()).unwrap();
    books.write(EnterBaseCard::new(pupil.clone(), card, books.act(), &books.entropy)).await
}

async fn classmates(books: &Books, count: usize) -> Vec<PupilId> {
    let school = books.school(1, "legacy-2019").await;
    let mut pupils = Vec::new();
    for _ in 0..count {
        let mut json = pupil_json();
        json["pesel"] = Value::Null;
        json["other_document"] = json!("paszport");
        pupils.push(enter_pupil(books, &school, json).await);
    }
    pupils
}

#[tokio::test]
async fn number_and_last_day_are_filled_in() {
    let books = Books::new().await;
    let pupils = classmates(&books, 4).await;
    let first = enter(&books, &pupils[0], json!({ "form": "paper" })).await.unwrap();
    assert_eq!((first.year, first.number), (2026, 1));
    assert_eq!((first.issued_on, first.valid_until), (today(), "2027-09-30".parse().unwrap()));
    let typed =
        enter(&books, &pupils[1], json!({ "form": "plastic", "number": "0041 / 2026" })).await.unwrap();
    assert_eq!(typed.number, 41);
    let next = enter(&books, &pupils[2], json!({ "form": "plastic" })).await.unwrap();
    assert_eq!(next.number, 42);
    let last_year = json!({ "form": "paper", "issued_on": "2025-10-01", "valid_until": "2027-09-30" });
    assert_eq!(enter(&books, &pupils[3], last_year).await.unwrap().number, 1, "each year counts from one");
}

#[tokio::test]
async fn a_number_is_given_once_a_year_and_a_pupil_holds_one_card() {
    let books = Books::new().await;
    let pupils = classmates(&books, 2).await;
    let card = json!({ "form": "paper", "number": "7/2026" });
    enter(&books, &pupils[0], card.clone()).await.unwrap();
    assert_eq!(enter(&books, &pupils[1], card).await.unwrap_err(), BaseCardEntryRefusal::NumberTaken);
    let second = enter(&books, &pupils[0], json!({ "form": "plastic" })).await;
    assert_eq!(second.unwrap_err(), BaseCardEntryRefusal::HoldsCard);
    let full = json!({ "form": "paper", "number": "999999/2026" });
    enter(&books, &pupils[1], full).await.unwrap();
    let old = json!({ "form": "paper", "issued_on": "2026-01-02", "valid_until": "2026-09-30" });
    assert_eq!(enter(&books, &pupils[0], old).await.unwrap_err(), BaseCardEntryRefusal::RegisterFull);
}

#[tokio::test]
async fn a_duplicate_voids_the_lost_card_or_nothing_happens() {
    let books = Books::new().await;
    let pupils = classmates(&books, 2).await;
    let lost = enter(&books, &pupils[0], json!({ "form": "paper", "number": "7/2026" })).await.unwrap();
    let other = enter(&books, &pupils[1], json!({ "form": "paper" })).await.unwrap();
    let duplicate = |of: &BaseCard, number: &str| json!({ "form": "paper", "number": number, "duplicate_of": { "base_card_id": of.id, "reason": "lost" } });
    let not_theirs = enter(&books, &pupils[0], duplicate(&other, "9/2026")).await;
    assert_eq!(not_theirs.unwrap_err(), BaseCardEntryRefusal::UnknownDuplicate);
    let taken = enter(&books, &pupils[0], duplicate(&lost, "8/2026")).await;
    assert_eq!(taken.unwrap_err(), BaseCardEntryRefusal::NumberTaken);
    let cards =
        async || books.read(ReadPupil { pupil: pupils[0].clone(), now: evening() }).await.unwrap().base_cards;
    assert_eq!(cards().await[0].state, BaseCardState::Held, "a refused duplicate voids nothing");
    let made = enter(&books, &pupils[0], duplicate(&lost, "9/2026")).await.unwrap();
    assert_eq!(made.duplicate_of.as_ref(), Some(&lost.id));
    let voided = &cards().await[0];
    assert_eq!((voided.state, voided.void_reason), (BaseCardState::Voided, Some(VoidReason::Lost)));
    let whole = audit::verify(&books.store).await.unwrap();
    assert!(matches!(whole, ChainVerdict::Whole { entries: 7, .. }), "{whole:?}");
}

#[test]
fn impossible_periods_and_numbers_are_faults() {
    let cases = [
        (json!({ "valid_until": "2026-11-20" }), "valid_until", FaultCode::EndsBeforeItStarts),
        (json!({ "valid_until": "2028-02-22" }), "valid_until", FaultCode::ValidityRange),
        (json!({ "issued_on": "2026-11-22" }), "issued_on", FaultCode::DayInFuture),
        (json!({ "number": "1/2025" }), "number", FaultCode::CardNumberYear),
        (json!({ "number": "2026/1" }), "number", FaultCode::CardNumberMalformed),
        (json!({ "number": "0/2026" }), "number", FaultCode::CardNumberRange),
    ];
    for (change, field, code) in cases {
        let mut json = json!({ "form": "paper" });
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let faults = form::<BaseCardForm>(json).parse(today()).unwrap_err().0;
        assert_eq!((faults[0].field.as_str(), faults[0].code), (field, code), "{change}");
    }
    let longest = json!({ "form": "paper", "valid_until": "2028-02-21" });
    assert!(form::<BaseCardForm>(longest).parse(today()).is_ok());
}

#[tokio::test]
async fn the_newest_photo_is_the_only_one_and_the_same_one_stays() {
    let books = Books::new().await;
    let pupil = classmates(&books, 1).await.remove(0);
    assert_eq!(books.read(ReadPhoto(pupil.clone())).await.unwrap_err(), PhotoBookRefusal::NoPhoto);
    let rules = books.read(ReadPhotoRules { pupil: pupil.clone(), now: evening() }).await.unwrap();
    let keep = async |width, height| {
        let file = photo(width, height);
        let taken = accept(&file, &rules.photo_source, &rules.photo_derived, rules.small_source_passes, None);
        let verb = KeepPhoto::new(pupil.clone(), taken.unwrap(), books.act(), &books.entropy);
        books.write(verb).await.unwrap()
    };
    let first = keep(600, 800).await;
    assert_eq!(keep(600, 800).await.id, first.id);
    let second = keep(700, 900).await;
    assert_ne!(second.id, first.id);
    let found = books.read(ReadPhoto(pupil.clone())).await.unwrap();
    assert_eq!((found.id, found.jpeg), (second.id.clone(), second.jpeg));
    let file = books.read(ReadPupil { pupil, now: evening() }).await.unwrap();
    assert_eq!(file.photo, Some(second.id));
    let accepted = file.timeline.iter().filter(|entry| entry.action == "photo.accepted");
    assert_eq!(accepted.count(), 2);
}
