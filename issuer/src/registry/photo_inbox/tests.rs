//! The way of a picture from mail to card, on real books.

use jiff::SignedDuration;

use super::forget::ForgetPictures;
use super::letter::Letter;
use super::look::{ListPictures, ReadPicture, ReadRoster};
use super::settle::{AcceptPicture, AcceptanceForm, AssignPicture, CRITERIA, RefusalForm, RefusePicture};
use super::take::{NewPicture, TakePictures, Taken};
use super::testing::Mail;
use super::{InboxRefusal, KEPT_FOR};
use crate::demo_school::portrait::Portrait;
use crate::registry::erasure::{ErasePupil, ErasureReason};
use crate::registry::fault::FaultCode;
use crate::registry::guardian::{EnterGuardian, GuardianForm};
use crate::registry::photo::{PhotoRules, accept};
use crate::registry::photo_book::KeepPhoto;
use crate::registry::pupil::{EnterPupil, PupilForm};
use crate::registry::testing::{Books, evening, form};
use crate::store::id::{InboxId, PupilId, SchoolId};
use crate::store::tables::device::EndReason;
use crate::store::tables::photo_inbox::InboxState;

async fn pupil(books: &Books, school: &SchoolId, given: &str, pesel: &str) -> PupilId {
    let form: PupilForm = form(serde_json::json!({
        "given_names": given, "surname": "Przykładowa", "pesel": pesel, "birth_date": "2012-09-01",
        "address": { "street_line": "ul. Lipowa 3", "postal_code": "42-200", "city": "Częstochowa" },
        "class_name": "7a"
    }));
    let new = form.parse(jiff::civil::date(2026, 11, 21)).unwrap();
    books.write(EnterPupil::new(school.clone(), new, books.act(), &books.entropy)).await.unwrap().id
}

async fn import(books: &Books, school: &SchoolId, mail: &[u8]) -> Taken {
    let (roster, profile) = books.read(ReadRoster { school: school.clone(), now: evening() }).await;
    let letter = Letter::read(mail).unwrap();
    let pictures = NewPicture::of_letter(letter, &roster, &PhotoRules::from(&profile));
    let verb = TakePictures::new(school.clone(), pictures, books.act(), &books.entropy);
    books.write(verb).await.unwrap()
}

async fn look(books: &Books, school: &SchoolId, id: &InboxId, days: i64) -> Option<super::look::Picture> {
    let now = evening() + SignedDuration::from_hours(24 * days);
    books.read(ReadPicture { school: school.clone(), id: id.clone(), now }).await
}

fn mail() -> Vec<u8> {
    let jpeg = Portrait::new(1).jpeg(400, 560, 90).unwrap();
    Mail::new("mLegitymacja").text("Zofia Przykładowa, 7a").attach("zofia.jpg", &jpeg).bytes()
}

#[tokio::test]
async fn a_picture_is_assigned_accepted_and_then_gone() {
    let books = Books::new().await;
    let (school, other) = (books.school(11, "legacy-2019").await, books.school(12, "legacy-2019").await);
    let zofia = pupil(&books, &school, "Zofia", "12290155531").await;
    let stranger = pupil(&books, &other, "Zofia", "12290100012").await;
    let taken = import(&books, &school, &mail()).await;
    let id = taken.ids[0].clone();
    assert_eq!(
        import(&books, &school, &mail()).await,
        Taken { ids: Vec::new(), again: 1 },
        "no mail waits twice"
    );

    let seen = look(&books, &school, &id, 0).await.unwrap();
    assert!(seen.pupil.is_none(), "never assigned by itself");
    assert_eq!(seen.guesses[0].1.pupil, zofia);
    assert!(look(&books, &other, &id, 0).await.is_none(), "another school's picture");

    let assign = |school: &SchoolId, pupil: &PupilId| AssignPicture {
        school: school.clone(),
        id: id.clone(),
        pupil: pupil.clone(),
        act: books.act(),
    };
    assert_eq!(books.write(assign(&other, &stranger)).await, Err(InboxRefusal::UnknownPicture));
    assert_eq!(books.write(assign(&school, &stranger)).await, Err(InboxRefusal::UnknownPupil));
    let rules = PhotoRules::from(&seen.rules);
    let photo = accept(&seen.bytes.unwrap(), &rules.source, &rules.derived, false, None).unwrap();
    let settle = || AcceptPicture {
        school: school.clone(),
        id: id.clone(),
        pupil: zofia.clone(),
        present: None,
        keep: Some(KeepPhoto::new(zofia.clone(), photo.clone(), books.act(), &books.entropy)),
        act: books.act(),
    };
    assert_eq!(books.write(settle()).await.unwrap_err(), InboxRefusal::Reassigned, "nobody said whose it is");
    books.write(assign(&school, &zofia)).await.unwrap();
    assert_eq!(books.write(settle()).await.unwrap().pupil_id, zofia);
    assert_eq!(books.write(settle()).await.unwrap_err(), InboxRefusal::Settled);
    let seen = look(&books, &school, &id, 0).await.unwrap();
    assert_eq!(
        (seen.row.state, seen.bytes.is_none()),
        (InboxState::Accepted, true),
        "what is decided keeps no picture"
    );
    assert!(seen.present.is_some());
}

#[tokio::test]
async fn after_thirty_days_nothing_is_left() {
    let books = Books::new().await;
    let school = books.school(11, "legacy-2019").await;
    let waiting = import(&books, &school, &mail()).await.ids.remove(0);
    let refused =
        import(&books, &school, &Mail::new("x").attach("b.jpg", b"\xFF\xD8\xFF").bytes()).await.ids.remove(0);
    let why = RefusalForm { reason: "old", note: None }.parse().unwrap();
    let verb =
        RefusePicture { school: school.clone(), id: refused.clone(), why, fault: None, act: books.act() };
    books.write(verb).await.unwrap();

    let forget = |at| ForgetPictures::new(at, &books.entropy);
    let last = evening() + KEPT_FOR - SignedDuration::from_secs(1);
    assert_eq!(books.write(forget(last)).await, 0);
    assert!(look(&books, &school, &waiting, 29).await.is_some());
    assert!(look(&books, &school, &waiting, 30).await.is_none(), "not shown any more, erased or not");
    let list = |state| ListPictures { school: school.clone(), state, before: None, limit: 9, now: evening() };
    assert_eq!(books.read(list(InboxState::Waiting)).await.counts, [1, 0, 1]);
    assert_eq!(books.write(forget(evening() + KEPT_FOR)).await, 2);
    assert_eq!(books.read(list(InboxState::Waiting)).await.counts, [0, 0, 0], "the rows are gone themselves");
    assert_eq!(books.write(forget(evening() + KEPT_FOR)).await, 0);

    let trail = crate::audit::ReadTrail::Of { subject: waiting.as_str().to_owned(), position: 0, limit: 99 };
    let entries = books.read(trail).await;
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["picture.taken", "picture.erased"]);
    for entry in &entries {
        for personal in ["Zofia", "zofia", "anna", "Przyk", "mLegit"] {
            assert!(!entry.detail.contains(personal), "{}", entry.detail);
        }
    }
}

#[tokio::test]
async fn erasing_a_pupil_takes_the_guardians_mail_with_it_and_leaves_other_childrens() {
    let books = Books::new().await;
    let school = books.school(11, "legacy-2019").await;
    let zofia = pupil(&books, &school, "Zofia", "12290155531").await;
    let anna = pupil(&books, &school, "Anna", "12290100012").await;
    let guardian: GuardianForm = form(serde_json::json!({
        "given_names": "Anna", "surname": "Opiekun", "email": "Anna@example.pl"
    }));
    let guardian = guardian.parse().unwrap();
    books.write(EnterGuardian::new(zofia.clone(), guardian, books.act(), &books.entropy)).await.unwrap();
    let jpeg = Portrait::new(1).jpeg(400, 560, 90).unwrap();
    let nameless =
        import(&books, &school, &Mail::new("x").attach("IMG_1.jpg", &jpeg).bytes()).await.ids.remove(0);
    // It names the one and is the other's; and it was somebody else who wrote.
    let letter = Mail::new("Anna Przykładowa i Zofia Przykładowa").attach("anna.jpg", &jpeg).bytes();
    let letter = String::from_utf8(letter).unwrap().replace("anna@example.pl", "inny@example.pl");
    let others = import(&books, &school, letter.as_bytes()).await.ids.remove(0);
    let verb = AssignPicture { school: school.clone(), id: others.clone(), pupil: anna, act: books.act() };
    books.write(verb).await.unwrap();
    let reason = ErasureReason::new(EndReason::ServiceGivenUp).unwrap();
    books.write(ErasePupil { pupil: zofia, reason, act: books.act() }).await.unwrap();
    assert!(look(&books, &school, &nameless, 0).await.is_none(), "the guardian's mail");
    let left = look(&books, &school, &others, 0).await.expect("another child's picture");
    assert!(left.row.guesses.len() < 5, "and nobody is guessed at in it any more");
}

#[test]
fn forms_say_what_is_wrong() {
    let ticked: Vec<&str> = CRITERIA.into();
    let parse = |crop, ticked: &[&'static str]| AcceptanceForm { crop, ticked: ticked.to_vec() }.parse();
    assert_eq!(parse(["", "", "", ""], &ticked).unwrap(), None);
    assert_eq!(parse(["1", "2", "35", "45"], &ticked).unwrap().unwrap().width, 35);
    for crop in [
        ["1", "2", "35", ""],
        ["-1", "2", "35", "45"],
        ["1.5", "2", "3", "4"],
        ["x", "2", "3", "4"],
        ["99999999999", "0", "1", "1"],
    ] {
        let faults = parse(crop, &ticked).unwrap_err();
        assert_eq!(faults.0[0].code, FaultCode::CropMalformed, "{crop:?}");
    }
    let faults = parse(["", "", "", ""], &ticked[1..]).unwrap_err();
    assert_eq!((faults.0.len(), faults.0[0].field.as_str()), (1, "background"));
    assert_eq!(faults.0[0].code, FaultCode::CriterionNotTicked);
    let faults = RefusalForm { reason: "no such", note: None }.parse().unwrap_err();
    assert_eq!(faults.0[0].code, FaultCode::PictureReasonMissing);
}
