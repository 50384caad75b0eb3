//! Every rule finds what breaks it, and nothing in books that are as they should be.

use super::super::books::{GrantRow, StatusRow};
use super::super::ledger::Activation;
use super::*;

/// A card on one phone, another that was taken off, and what everybody was told.
fn sound() -> (Books, Ledger, Testimony) {
    let device = |id: &str, grant: &str, slot, state: &str| DeviceRow {
        id: id.into(),
        card: "card".into(),
        grant: grant.into(),
        slot,
        state: state.into(),
    };
    let certificate = |serial: &str, device: &str, state: &str| CertificateRow {
        serial: serial.into(),
        device: device.into(),
        state: state.into(),
        der: Some(format!("3082{serial}")),
    };
    let grant = |id: &str, device: Option<&str>, state: &str, failures| GrantRow {
        id: id.into(),
        card: "card".into(),
        state: state.into(),
        failures,
        device: device.map(str::to_owned),
    };
    let status = |place, device: &str, ended| StatusRow { list: 1, place, device: device.into(), ended };
    let books = Books {
        grants: vec![
            grant("g1", Some("old"), "bound", 0),
            grant("g2", Some("new"), "bound", 2),
            grant("g3", None, "locked", 5),
        ],
        devices: vec![device("old", "g1", 1, "revoked"), device("new", "g2", 1, "live")],
        certificates: vec![certificate("01", "old", "revoked"), certificate("02", "new", "issued")],
        statuses: vec![status(7, "old", true), status(8, "new", false)],
        audited: vec!["old".into(), "new".into()],
    };
    let activation = |serial: &str, grant: &str| Activation {
        serial: serial.into(),
        grant: grant.into(),
        card: "card".into(),
    };
    let tries = BTreeMap::from([("g2".to_owned(), 2), ("g3".to_owned(), 5)]);
    let ledger = Ledger {
        activated: vec![activation("01", "g1"), activation("02", "g2")],
        released: ["01", "02"].map(|serial| (serial.to_owned(), format!("3082{serial}"))).into(),
        places: BTreeMap::from([("card".to_owned(), 1)]),
        may_have_ended: BTreeSet::from(["old".to_owned()]),
        ended: BTreeSet::from(["old".to_owned()]),
        seen_revoked: BTreeSet::from(["01".to_owned()]),
        wrong_sent: tries.clone(),
        wrong_told: tries,
        ..Ledger::default()
    };
    let testimony = Testimony {
        listed: BTreeSet::from(["01".to_owned()]),
        answered: BTreeMap::from([("01".to_owned(), true), ("02".to_owned(), false)]),
        turned: BTreeSet::from([(1, 7)]),
        trail_whole: true,
    };
    (books, ledger, testimony)
}

fn rules(books: &Books, ledger: &Ledger, testimony: &Testimony) -> Vec<Rule> {
    let mut found: Vec<Rule> = judge_books(books, ledger)
        .into_iter()
        .chain(judge_testimony(books, testimony))
        .map(|finding| finding.rule)
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn books_as_they_should_be_have_no_findings() {
    let (books, ledger, testimony) = sound();
    assert_eq!(rules(&books, &ledger, &testimony), []);
    assert!(unfetched(&books, &BTreeSet::from(["02".to_owned()])).is_empty());
}

type Spoil = fn(&mut Books, &mut Ledger, &mut Testimony);

#[test]
fn every_rule_finds_what_breaks_it() {
    let cases: [(&str, Spoil, Rule); 20] = [
        ("an activation is lost", |b, _, _| drop(b.certificates.remove(1)), Rule::Acknowledged),
        ("a device ends unasked", |_, l, _| l.may_have_ended.clear(), Rule::Acknowledged),
        ("one slip, two devices", |b, _, _| b.devices[0].grant = "g2".into(), Rule::OneDeviceForAGrant),
        ("one place, two devices", |b, _, _| b.devices[0].state = "live".into(), Rule::PlacesOfACard),
        (
            "no place, one device",
            |_, l, _| l.places = BTreeMap::from([("card".to_owned(), 0)]),
            Rule::PlacesOfACard,
        ),
        ("other bytes", |b, _, _| b.certificates[1].der = Some("3083".into()), Rule::StoredByteForByte),
        ("unsigned", |b, _, _| b.certificates[0].der = None, Rule::StoredByteForByte),
        ("pending", |b, _, _| b.devices[1].state = "pending".into(), Rule::NothingHalfDone),
        ("prepared", |b, _, _| b.certificates[1].state = "prepared".into(), Rule::NothingHalfDone),
        ("no certificate", |b, _, _| b.certificates[1].state = "revoked".into(), Rule::CertificateOfADevice),
        ("six tries", |b, _, _| b.grants[2].failures = 6, Rule::FiveTries),
        ("a try forgotten", |b, _, _| b.grants[1].failures = 1, Rule::FiveTries),
        ("a try invented", |b, _, _| b.grants[1].failures = 3, Rule::FiveTries),
        ("locked early", |b, _, _| b.grants[1].state = "locked".into(), Rule::FiveTries),
        ("alive again", |b, _, _| b.certificates[0].state = "issued".into(), Rule::EndedStaysEnded),
        ("off the list", |_, _, t| t.listed.clear(), Rule::ToldOutside),
        ("a good one listed", |_, _, t| t.listed.extend(["02".to_owned()]), Rule::ToldOutside),
        ("responder", |_, _, t| t.answered.extend([("01".to_owned(), false)]), Rule::ToldOutside),
        ("a place not turned", |_, _, t| t.turned.clear(), Rule::ToldOutside),
        ("the trail", |_, _, t| t.trail_whole = false, Rule::AuditTrail),
    ];
    for (what, spoil, rule) in cases {
        let (mut books, mut ledger, mut testimony) = sound();
        spoil(&mut books, &mut ledger, &mut testimony);
        let found = rules(&books, &ledger, &testimony);
        assert!(found.contains(&rule), "{what}: {found:?}");
    }
    let (mut books, mut ledger, testimony) = sound();
    books.audited.pop();
    ledger.release("02".into(), "other bytes".into());
    assert_eq!(rules(&books, &ledger, &testimony), [Rule::AuditTrail, Rule::SoundAnswers]);
    assert_eq!(unfetched(&books, &BTreeSet::new()).len(), 1, "a slot without a certificate on a phone");
}
