use serde_json::json;

use super::super::fault::FaultCode;
use super::super::rules::{ListProfiles, ProfileForm, SetProfile};
use super::super::school::{
    AgreementForm, EndAgreement, EnterSchool, ListSchools, ReadSchool, SchoolForm, SchoolRefusal,
    SetAgreement,
};
use super::super::testing::{Books, evening, form};
use super::*;
use crate::registry::profile::{Preset, SchoolProfile};

fn school_json() -> Value {
    json!({
        "rspo": 12345, "regon": "123456785", "name": " Szkoła 'nr 1'; DROP TABLE school; -- <b>x</b> ",
        "kind": "primary", "rights": "public",
        "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" }
    })
}

#[tokio::test]
async fn a_school_is_entered_once_with_rules_that_hold_at_once() {
    let books = Books::new().await;
    let enter = || {
        let new = form::<SchoolForm>(school_json()).parse().unwrap();
        EnterSchool::new(new, books.act(), &books.entropy)
    };
    let school = books.write(enter()).await.unwrap();
    assert_eq!(school.name, "Szkoła 'nr 1'; DROP TABLE school; -- <b>x</b>");
    assert_eq!(books.write(enter()).await.unwrap_err(), SchoolRefusal::RspoTaken);
    assert_eq!(books.read(ListSchools).await.len(), 1);
    let entry = books.read(ReadSchool { school: school.id, now: evening() }).await.unwrap();
    assert!(entry.agreement.is_none());
    assert_eq!(SchoolProfile::from_row(&entry.profile).unwrap().preset, Preset::Legacy2019);
}

#[test]
fn a_school_form_names_every_fault_at_once() {
    let mut json = school_json();
    json["rspo"] = json!(0);
    json["regon"] = json!("732065834");
    json["name"] = json!("  ");
    json["address"]["postal_code"] = json!("00950");
    json["rules"] = json!({ "preset": "zpe-2025", "overrides": { "devices": 21 } });
    let faults = form::<SchoolForm>(json).parse().unwrap_err().0;
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    assert_eq!(
        found,
        [
            ("rspo", FaultCode::RspoOutOfRange),
            ("regon", FaultCode::RegonChecksum),
            ("name", FaultCode::SchoolName),
            ("address.postal_code", FaultCode::PostalCode),
            ("rules.overrides", FaultCode::ProfileDevices),
        ]
    );
}

#[tokio::test]
async fn an_agreement_ends_at_once_and_can_be_signed_again() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    let end = || EndAgreement { school: school.clone(), act: books.act() };
    assert_eq!(books.write(end()).await.unwrap_err(), SchoolRefusal::NoAgreement);
    let set = |json| {
        let agreement = form::<AgreementForm>(json).parse().unwrap();
        SetAgreement { school: school.clone(), agreement, act: books.act() }
    };
    let signed = json!({ "number": "MC/1", "signed_on": "2026-11-21" });
    assert!(books.write(set(signed.clone())).await.unwrap().holds_on(today()));
    let ended = books.write(end()).await.unwrap();
    assert!(!ended.holds_on(today()), "signed today, ended today: holds no day");
    assert_eq!(books.write(end()).await.unwrap().ended_on, ended.ended_on);
    assert!(books.write(set(signed)).await.unwrap().holds_on(today()));
    let backwards = json!({ "number": "MC/1", "signed_on": "2026-11-21", "ended_on": "2026-11-20" });
    let faults = form::<AgreementForm>(backwards).parse().unwrap_err().0;
    assert_eq!(faults[0].code, FaultCode::EndsBeforeItStarts);
}

#[tokio::test]
async fn rules_take_effect_when_they_say_and_never_in_the_past() {
    let books = Books::new().await;
    let school = books.school(1, "legacy-2019").await;
    let set = |json| {
        let profile = form::<ProfileForm>(json).parse().unwrap();
        SetProfile::new(school.clone(), profile, books.act(), &books.entropy)
    };
    let late = json!({ "preset": "zpe-2025", "effective_from": "2027-01-01T00:00:00+01:00" });
    books.write(set(late)).await.unwrap();
    let past = json!({ "preset": "zpe-2025", "effective_from": "2026-11-21T18:29:59Z" });
    assert_eq!(books.write(set(past)).await.unwrap_err(), SchoolRefusal::ProfileInPast);
    assert_eq!(books.read(ListProfiles(school.clone())).await.unwrap().len(), 2);
    let preset_at = async |now: &str| {
        let read = ReadSchool { school: school.clone(), now: now.parse().unwrap() };
        SchoolProfile::from_row(&books.read(read).await.unwrap().profile).unwrap().preset
    };
    assert_eq!(preset_at("2026-12-31T22:59:59Z").await, Preset::Legacy2019);
    assert_eq!(preset_at("2026-12-31T23:00:00Z").await, Preset::Zpe2025);
    let now = json!({ "preset": "zpe-2025", "overrides": { "devices": 2 } });
    books.write(set(now)).await.unwrap();
    assert_eq!(
        preset_at("2026-11-21T18:30:00Z").await,
        Preset::Zpe2025,
        "of two at one instant the later counts"
    );
}
