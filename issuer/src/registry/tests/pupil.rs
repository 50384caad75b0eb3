use serde_json::json;

use shared::photo_rule::PhotoRule;

use super::super::correction::{CorrectPupil, CorrectionForm};
use super::super::erasure::{ErasePupil, ErasureReason};
use super::super::fault::FaultCode;
use super::super::guardian::{EnterGuardian, GuardianForm};
use super::super::photo::accept;
use super::super::photo_book::{KeepPhoto, PhotoBookRefusal};
use super::super::pupil::{EnterPupil, ListPupils, PupilForm, PupilRefusal};
use super::super::testing::{Books, form, photo};
use super::*;
use crate::audit::ReadTrail;
use crate::store::tables::device::EndReason;

#[test]
fn each_kind_of_wrong_identity_has_its_own_fault() {
    let cases = [
        (json!({ "pesel": "12290155530" }), "pesel", FaultCode::PeselChecksum),
        (json!({ "pesel": "1229015553" }), "pesel", FaultCode::PeselMalformed),
        (json!({ "pesel": "19222900131", "birth_date": "2019-02-28" }), "pesel", FaultCode::PeselDate),
        (json!({ "birth_date": "2012-09-02" }), "birth_date", FaultCode::BirthDateDiffers),
        (json!({ "pesel": "02070803628", "birth_date": "1902-07-08" }), "birth_date", FaultCode::TooOld),
        (json!({ "pesel": "00410100031", "birth_date": "2100-01-01" }), "birth_date", FaultCode::NotBornYet),
        (
            json!({ "pesel": null, "other_document": "paszport AB 1", "birth_date": "2024-01-01" }),
            "birth_date",
            FaultCode::TooYoung,
        ),
        (json!({ "pesel": null }), "pesel", FaultCode::IdentityMissing),
        (json!({ "other_document": "paszport AB 1" }), "other_document", FaultCode::IdentityTwice),
        (json!({ "surname": "Nowak2" }), "surname", FaultCode::NameCharacter),
        (json!({ "birth_date": "2012-02-30" }), "birth_date", FaultCode::DayMalformed),
    ];
    for (change, field, code) in cases {
        let mut json = pupil_json();
        for (name, value) in change.as_object().unwrap() {
            json[name] = value.clone();
        }
        let faults = form::<PupilForm>(json).parse(today()).unwrap_err().0;
        let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(found, [(field, code)], "{change}");
    }
}

#[tokio::test]
async fn a_pesel_is_entered_once_in_all_schools() {
    let books = Books::new().await;
    let (here, there) = (books.school(1, "legacy-2019").await, books.school(2, "legacy-2019").await);
    enter_pupil(&books, &here, pupil_json()).await;
    let again = form::<PupilForm>(pupil_json()).parse(today()).unwrap();
    let verb = EnterPupil::new(there, again, books.act(), &books.entropy);
    assert_eq!(books.write(verb).await.unwrap_err(), PupilRefusal::PeselTaken);
}

#[tokio::test]
async fn pupils_without_a_pesel_do_not_stand_in_each_others_way() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    for document in ["paszport AB 1", "karta pobytu 2"] {
        let mut json = pupil_json();
        json["pesel"] = Value::Null;
        json["other_document"] = json!(document);
        enter_pupil(&books, &school, json).await;
    }
}

#[tokio::test]
async fn a_correction_needs_the_version_that_was_read() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    let pupil = enter_pupil(&books, &school, pupil_json()).await;
    let correct = |json| {
        let correction = form::<CorrectionForm>(json).parse().unwrap();
        CorrectPupil { pupil: pupil.clone(), correction, act: books.act() }
    };
    let married = books.write(correct(json!({ "version": 1, "surname": "O'Neill" }))).await.unwrap();
    assert_eq!((married.surname.as_str(), married.version), ("O'Neill", 2));
    let stale = books.write(correct(json!({ "version": 1, "class_name": "8b" }))).await;
    assert_eq!(stale.unwrap_err(), PupilRefusal::ChangedMeanwhile);
    let same = books.write(correct(json!({ "version": 2, "surname": "O'Neill" }))).await.unwrap();
    assert_eq!(same.version, 2, "what changes nothing is no change");
    let of = ReadTrail::Of { subject: pupil.to_string(), position: 0, limit: 10 };
    let trail = books.read(of).await;
    let actions: Vec<&str> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["pupil.entered", "pupil.corrected"]);
    assert!(!trail.iter().any(|entry| entry.detail.contains("Neill")), "the trail holds no personal data");
}

#[tokio::test]
async fn a_corrected_pesel_must_fit_the_birth_date_and_be_nobody_elses() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    let pupil = enter_pupil(&books, &school, pupil_json()).await;
    let mut other = pupil_json();
    other["pesel"] = json!("08312112303");
    other["birth_date"] = json!("2008-11-21");
    enter_pupil(&books, &school, other).await;
    let correct = async |json| {
        let correction = form::<CorrectionForm>(json).parse().unwrap();
        books.write(CorrectPupil { pupil: pupil.clone(), correction, act: books.act() }).await
    };
    let moved = correct(json!({ "version": 1, "pesel": "08312112303" })).await;
    assert_eq!(moved.unwrap_err(), PupilRefusal::Implausible(FaultCode::BirthDateDiffers));
    let taken = correct(json!({ "version": 1, "pesel": "08312112303", "birth_date": "2008-11-21" })).await;
    assert_eq!(taken.unwrap_err(), PupilRefusal::PeselTaken);
    let right = correct(json!({ "version": 1, "pesel": "08312212355", "birth_date": "2008-11-22" })).await;
    assert_eq!(right.unwrap().pesel.as_deref(), Some("08312212355"));
    let document = correct(json!({ "version": 2, "other_document": "paszport" })).await.unwrap();
    assert_eq!((document.pesel, document.other_document.as_deref()), (None, Some("paszport")));
}

#[tokio::test]
async fn pupils_are_found_by_prefix_and_turned_over_by_page() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    for (surname, class) in [
        ("Śliwa", "1a"),
        ("Nowak-Żółć", "1a"),
        ("Nowak", "1b"),
        ("Nowacka", "1a"),
        ("O'Neill", "1b"),
        ("Kot", "1a"),
    ] {
        let mut json = pupil_json();
        json["surname"] = json!(surname);
        json["class_name"] = json!(class);
        json["pesel"] = Value::Null;
        json["other_document"] = json!("paszport");
        enter_pupil(&books, &school, json).await;
    }
    let list = async |surname: Option<&str>, class: Option<&str>, after, limit| {
        let verb = ListPupils {
            school: school.clone(),
            surname: surname.map(str::to_owned),
            class_name: class.map(str::to_owned),
            after,
            limit,
        };
        books.read(verb).await.unwrap()
    };
    let names = |found: &[crate::store::tables::pupil::Pupil]| {
        found.iter().map(|pupil| pupil.surname.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&list(Some("nowa"), None, None, 9).await), ["Nowacka", "Nowak", "Nowak-Żółć"]);
    assert_eq!(names(&list(Some("nowak-żó"), None, None, 9).await), ["Nowak-Żółć"]);
    assert_eq!(names(&list(Some("ŚLI"), None, None, 9).await), ["Śliwa"]);
    assert_eq!(names(&list(Some("o'n"), None, None, 9).await), ["O'Neill"]);
    assert_eq!(names(&list(Some("nowa"), Some("1b"), None, 9).await), ["Nowak"]);
    for joker in ["%", "_", "N%", "' OR 1=1 --"] {
        assert_eq!(list(Some(joker), None, None, 9).await.len(), 0, "{joker}");
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = list(None, None, after, 2).await;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        all.extend(names(&page));
    }
    assert_eq!(all, ["Kot", "Nowacka", "Nowak", "Nowak-Żółć", "O'Neill", "Śliwa"]);
}

/// What was let in before somebody was erased, and comes to its end after.
#[tokio::test]
async fn nothing_is_put_back_of_a_pupil_who_was_erased() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    let pupil = enter_pupil(&books, &school, pupil_json()).await;
    let jpeg = photo(750, 1000);
    let photo = accept(&jpeg, &PhotoRule::legacy_source(), &PhotoRule::derived(), true, None).unwrap();
    let guardian = json!({ "given_names": "Anna", "surname": "Nowak-Żółć", "email": "anna@example.pl" });
    let guardian = || form::<GuardianForm>(guardian.clone()).parse().unwrap();
    let enter = || EnterGuardian::new(pupil.clone(), guardian(), books.act(), &books.entropy);
    let keep = || KeepPhoto::new(pupil.clone(), photo.clone(), books.act(), &books.entropy);
    books.write(enter()).await.unwrap();
    books.write(keep()).await.unwrap();
    let reason = ErasureReason::new(EndReason::ServiceGivenUp).unwrap();
    books.write(ErasePupil { pupil: pupil.clone(), reason, act: books.act() }).await.unwrap();
    assert_eq!(books.write(enter()).await.unwrap_err(), PupilRefusal::UnknownPupil);
    assert_eq!(books.write(keep()).await.unwrap_err(), PhotoBookRefusal::UnknownPupil);
}
