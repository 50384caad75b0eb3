//! What was promised, as rules over the books, what phones and office were told, and what is said from outside. Pure, so
//! that every rule is shown to find what breaks it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::books::{Books, CertificateRow, DeviceRow};
use super::ledger::Ledger;
use super::witness::Testimony;

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Every acknowledged activation is there, and ended only if somebody asked for that.
    Acknowledged,
    /// No slip has opened two devices.
    OneDeviceForAGrant,
    /// No card is on more devices than its policy allows.
    PlacesOfACard,
    /// Every certificate that left the house is in the books, byte for byte.
    StoredByteForByte,
    /// After a start nothing is left half done.
    NothingHalfDone,
    /// Every live device has one certificate that holds.
    CertificateOfADevice,
    /// Every live device's certificate is on its phone, or comes when the phone asks.
    FetchedByItsPhone,
    /// Wrong codes are counted, all of them, and never more than five; five lock the slip, fewer do not.
    FiveTries,
    /// What was said to be ended stays ended.
    EndedStaysEnded,
    /// Revocation lists, responder and status lists say what the books say.
    ToldOutside,
    /// The audit trail is whole and tells of every device.
    AuditTrail,
    /// Nobody is told what makes no sense.
    SoundAnswers,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Acknowledged,
        Self::OneDeviceForAGrant,
        Self::PlacesOfACard,
        Self::StoredByteForByte,
        Self::NothingHalfDone,
        Self::CertificateOfADevice,
        Self::FetchedByItsPhone,
        Self::FiveTries,
        Self::EndedStaysEnded,
        Self::ToldOutside,
        Self::AuditTrail,
        Self::SoundAnswers,
    ];

    /// The promise in words.
    pub fn promise(self) -> &'static str {
        match self {
            Self::Acknowledged => "every acknowledged activation is there",
            Self::OneDeviceForAGrant => "no grant has two devices",
            Self::PlacesOfACard => "no card has more devices than its policy",
            Self::StoredByteForByte => "every released certificate is stored byte for byte",
            Self::NothingHalfDone => "nothing is half done after a start",
            Self::CertificateOfADevice => "every device has one certificate that holds",
            Self::FetchedByItsPhone => "every slot's certificate is fetched by its phone",
            Self::FiveTries => "wrong codes are counted and never exceed five",
            Self::EndedStaysEnded => "what is ended stays ended",
            Self::ToldOutside => "CRL, OCSP and status lists agree with the books",
            Self::AuditTrail => "the audit trail is whole",
            Self::SoundAnswers => "nobody is refused without a reason",
        }
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// How.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

/// The books in the order in which rules look things up.
struct Index<'a> {
    devices: BTreeMap<&'a str, &'a DeviceRow>,
    certificates: BTreeMap<&'a str, &'a CertificateRow>,
    of_device: BTreeMap<&'a str, Vec<&'a CertificateRow>>,
}

impl<'a> Index<'a> {
    fn of(books: &'a Books) -> Self {
        let mut of_device: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for certificate in &books.certificates {
            of_device.entry(certificate.device.as_str()).or_default().push(certificate);
        }
        Self {
            devices: books.devices.iter().map(|device| (device.id.as_str(), device)).collect(),
            certificates: books.certificates.iter().map(|row| (row.serial.as_str(), row)).collect(),
            of_device,
        }
    }

    fn certificates_of(&self, device: &str) -> &[&'a CertificateRow] {
        self.of_device.get(device).map_or(&[], Vec::as_slice)
    }
}

/// What is wrong with the books themselves, and with what was told about them.
pub fn judge_books(books: &Books, ledger: &Ledger) -> Vec<Finding> {
    let index = Index::of(books);
    let mut findings = Vec::new();
    let mut find = |rule, what: String| findings.push(Finding { rule, what });
    for activation in &ledger.activated {
        if let Some(what) = lost(&index, ledger, &activation.serial) {
            find(Rule::Acknowledged, format!("activation of {} ({what})", activation.serial));
        }
    }
    for (serial, der) in &ledger.released {
        let stored = index.certificates.get(serial.as_str()).and_then(|row| row.der.as_ref());
        if stored != Some(der) {
            find(Rule::StoredByteForByte, format!("certificate {serial}"));
        }
    }
    let mut of_grant: BTreeMap<&str, usize> = BTreeMap::new();
    let mut of_card: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let mut live: BTreeMap<&str, usize> = BTreeMap::new();
    for device in &books.devices {
        let certificates = index.certificates_of(&device.id);
        if device.state != "void" || certificates.iter().any(|row| row.der.is_some()) {
            *of_grant.entry(&device.grant).or_default() += 1;
        }
        let holding = certificates.iter().filter(|row| row.state == "issued").count();
        match device.state.as_str() {
            "live" => {
                *live.entry(&device.card).or_default() += 1;
                of_card.entry(&device.card).or_default().insert(device.slot);
                if holding != 1 {
                    find(Rule::CertificateOfADevice, format!("live device {} has {holding}", device.id));
                }
                if !books.audited.contains(&device.id) {
                    find(Rule::AuditTrail, format!("device {} has no entry", device.id));
                }
            }
            "pending" => find(Rule::NothingHalfDone, format!("device {} is pending", device.id)),
            state if holding > 0 => {
                find(Rule::EndedStaysEnded, format!("{state} device {} has a certificate", device.id));
            }
            _ => {}
        }
    }
    for certificate in books.certificates.iter().filter(|row| row.state == "prepared") {
        find(Rule::NothingHalfDone, format!("certificate {} is prepared", certificate.serial));
    }
    for (grant, devices) in of_grant.into_iter().filter(|(_, devices)| *devices > 1) {
        find(Rule::OneDeviceForAGrant, format!("grant {grant} has {devices}"));
    }
    for (card, devices) in live {
        let places = ledger.places.get(card).copied().unwrap_or(0);
        let slots = of_card.get(card).map_or(0, BTreeSet::len);
        if devices > places || slots != devices {
            find(
                Rule::PlacesOfACard,
                format!("card {card}: {devices} devices, {slots} slots, policy {places}"),
            );
        }
    }
    tries(books, ledger, &mut find);
    for device in &ledger.ended {
        let state = index.devices.get(device.as_str()).map_or("missing", |row| row.state.as_str());
        if !matches!(state, "revoked" | "deleted") {
            find(Rule::EndedStaysEnded, format!("device {device} is {state}"));
        }
    }
    for serial in ledger.given_up.iter().chain(&ledger.seen_revoked) {
        let state = index.certificates.get(serial.as_str()).map_or("missing", |row| row.state.as_str());
        if !matches!(state, "revoked" | "voided") {
            find(Rule::EndedStaysEnded, format!("certificate {serial} is {state}"));
        }
    }
    ledger.outrages.iter().for_each(|outrage| find(Rule::SoundAnswers, outrage.clone()));
    findings
}

/// Why a certificate that a phone was told of is not what it was told, if it is not.
fn lost(index: &Index<'_>, ledger: &Ledger, serial: &str) -> Option<String> {
    let Some(certificate) = index.certificates.get(serial) else { return Some("missing".into()) };
    let Some(device) = index.devices.get(certificate.device.as_str()) else {
        return Some("no device".into());
    };
    let renewed = index.certificates_of(&device.id).iter().any(|row| row.state == "issued");
    let asked = ledger.may_have_ended.contains(&device.id)
        || index.certificates_of(&device.id).iter().any(|row| ledger.may_be_given_up.contains(&row.serial));
    match (certificate.state.as_str(), device.state.as_str()) {
        ("issued", "live") => None,
        ("revoked", "live") if renewed => None,
        ("revoked", "revoked" | "deleted") if asked => None,
        (certificate, device) => Some(format!("certificate {certificate}, device {device}, unasked")),
    }
}

fn tries(books: &Books, ledger: &Ledger, find: &mut impl FnMut(Rule, String)) {
    for grant in &books.grants {
        let sent = ledger.wrong_sent.get(&grant.id).copied().unwrap_or(0);
        let told = ledger.wrong_told.get(&grant.id).copied().unwrap_or(0);
        let failures = grant.failures;
        if failures > 5 || failures < told || failures > sent {
            let what = format!("grant {}: {failures} counted, {sent} sent, {told} answered", grant.id);
            find(Rule::FiveTries, what);
        }
        let open = matches!(grant.state.as_str(), "ready" | "bound");
        if (grant.state == "locked" && failures != 5) || (open && failures >= 5) {
            find(Rule::FiveTries, format!("grant {} is {} after {failures}", grant.id, grant.state));
        }
    }
}

/// What is wrong with what is said from outside.
pub fn judge_testimony(books: &Books, testimony: &Testimony) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |rule, what: String| findings.push(Finding { rule, what });
    for certificate in &books.certificates {
        let listed = testimony.listed.contains(&certificate.serial);
        let expected = matches!(certificate.state.as_str(), "revoked" | "voided");
        if listed != expected {
            let not = if listed { "" } else { "not " };
            let what =
                format!("{} certificate {} is {not}on the list", certificate.state, certificate.serial);
            find(Rule::ToldOutside, what);
        }
        if let Some(revoked) = testimony.answered.get(&certificate.serial)
            && *revoked != expected
        {
            let what = format!("responder calls {} certificate {revoked}", certificate.state);
            find(Rule::ToldOutside, what);
        }
    }
    let live: BTreeSet<&str> =
        books.devices.iter().filter(|row| row.state == "live").map(|row| row.id.as_str()).collect();
    for status in &books.statuses {
        let turned = testimony.turned.contains(&(status.list, status.place));
        if turned != status.ended || (!status.ended && !live.contains(status.device.as_str())) {
            let what = format!(
                "place {} of list {}: ended {}, told {turned}",
                status.place, status.list, status.ended
            );
            find(Rule::ToldOutside, what);
        }
    }
    if !testimony.trail_whole {
        find(Rule::AuditTrail, "the chain is broken".into());
    }
    findings
}

/// Live devices whose certificate is on none of the phones: `held` are the serial numbers there.
pub fn unfetched<'a>(books: &'a Books, held: &BTreeSet<String>) -> Vec<&'a DeviceRow> {
    let index = Index::of(books);
    let on_a_phone = |device: &DeviceRow| {
        index
            .certificates_of(&device.id)
            .iter()
            .any(|row| row.state == "issued" && held.contains(&row.serial))
    };
    books.devices.iter().filter(|device| device.state == "live" && !on_a_phone(device)).collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
