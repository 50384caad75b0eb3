//! The audit trail in words: a timeline that people read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::pages::words::Lang;
use crate::registry::card_file::CardFile;
use crate::registry::history::{Doer, Doers};
use crate::registry::pupil_file::PupilFile;
use crate::store::tables::audit_entry::AuditEntry;

/// An entry of a timeline.
pub(in crate::pages::office) struct Moment {
    /// For machines.
    pub(in crate::pages::office) datetime: String,
    /// For people.
    pub(in crate::pages::office) at: String,
    /// `good`, `warn`, `bad` or empty.
    pub(in crate::pages::office) kind: &'static str,
    /// What was done.
    pub(in crate::pages::office) text: String,
    /// To what, and why; may be empty.
    pub(in crate::pages::office) more: String,
    /// By whom.
    pub(in crate::pages::office) who: String,
}

/// What the subjects of entries are called: a device by its name, a card by its number.
pub(in crate::pages::office) type Names = BTreeMap<String, String>;

/// The names of what belongs to a mobile card.
pub(in crate::pages::office) fn names_of_card(file: &CardFile) -> Names {
    let number = format!("{}/{}", file.base_card.number, file.base_card.year);
    let mut names =
        Names::from([(file.base_card.id.to_string(), number.clone()), (file.card.id.to_string(), number)]);
    names.extend(file.devices.iter().map(|file| (file.device.id.to_string(), file.device.name.clone())));
    names
}

/// The names of what belongs to a pupil.
pub(in crate::pages::office) fn names_of_pupil(file: &PupilFile) -> Names {
    let mut names = Names::new();
    names.extend(
        file.base_cards.iter().map(|card| (card.id.to_string(), format!("{}/{}", card.number, card.year))),
    );
    names.extend(file.cards.iter().flat_map(names_of_card));
    names
}

/// Puts entries into words, the newest first.
pub(in crate::pages::office) fn moments(
    entries: &[AuditEntry],
    names: &Names,
    doers: &Doers,
    lang: Lang,
) -> Vec<Moment> {
    entries.iter().rev().map(|entry| moment(entry, names, doers, lang)).collect()
}

fn moment(entry: &AuditEntry, names: &Names, doers: &Doers, lang: Lang) -> Moment {
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let mut more: Vec<String> =
        names.get(&entry.subject).filter(|name| !name.is_empty()).cloned().into_iter().collect();
    more.extend(explained(&entry.action, &detail, lang));
    Moment {
        datetime: entry.at.to_string(),
        at: lang.instant(entry.at),
        kind: kind(&entry.action),
        text: act(&entry.action, lang),
        more: more.join(" · "),
        who: who(doers.who(entry), lang),
    }
}

/// What an action is called.
pub(in crate::pages) fn act(action: &str, lang: Lang) -> String {
    lang.word("act", &action.replace('.', "-"))
}

/// How an action looks in a timeline.
fn kind(action: &str) -> &'static str {
    match action {
        "device.activated"
        | "device.renewed"
        | "base_card.confirmed"
        | "application.completed"
        | "photo.accepted"
        | "order.ready"
        | "order.approved"
        | "grant.collected" => "good",
        "device.revoked"
        | "card.revoked"
        | "base_card.voided"
        | "grant.locked"
        | "objection.registered"
        | "application.objected"
        | "pupil.erased" => "bad",
        "grant.wrong_code"
        | "grant.cancelled"
        | "grant.filed"
        | "application.sent_back"
        | "device.deleted"
        | "device.replaced"
        | "certificate.voided"
        | "order.cancelled"
        | "order.waiting"
        | "guardian.removed"
        | "pupil.transferred" => "warn",
        _ => "",
    }
}

/// What an entry's detail says, as far as it helps: reasons, fields, days.
fn explained(action: &str, detail: &Value, lang: Lang) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(reason) = detail["reason"].as_str() {
        let prefix = if action == "base_card.voided" { "void-reason" } else { "end-reason" };
        told.push(lang.word(prefix, reason));
    }
    if let Some(fields) = detail["fields"].as_array().filter(|_| action == "pupil.corrected") {
        let names: Vec<String> =
            fields.iter().filter_map(Value::as_str).map(|field| lang.word("pupil-field", field)).collect();
        told.push(names.join(", "));
    }
    if let Some(until) = detail["until"].as_str().and_then(|day| day.parse().ok()) {
        told.push(lang.t1("history-until", "day", lang.date(until)));
    }
    if let Some(left) = detail["tries_left"].as_i64() {
        told.push(lang.t1("history-tries-left", "n", left));
    }
    if let Some(slips) = detail["slips_cancelled"].as_i64().filter(|slips| *slips > 0) {
        told.push(lang.t1("history-slips-cancelled", "n", slips));
    }
    told
}

fn who(doer: &Doer, lang: Lang) -> String {
    match doer {
        Doer::Staff(name) => name.clone(),
        Doer::Program(name) => lang.t1("doer-program", "name", name),
        Doer::OtherSchool => lang.t("doer-other-school"),
        Doer::Portal => lang.t("doer-portal"),
        Doer::Wallet => lang.t("doer-wallet"),
        Doer::System => lang.t("doer-system"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What stands between quotation marks in the sources and looks like `noun.verb`.
    fn actions(folder: &Path, found: &mut BTreeSet<String>) {
        const NOUNS: &[&str] = &[
            "pupil",
            "guardian",
            "application",
            "objection",
            "photo",
            "base_card",
            "order",
            "grant",
            "device",
            "card",
            "certificate",
            "school",
            "agreement",
            "profile",
            "staff",
            "token",
            "session",
            "notice",
            "import",
            "inbox",
            "portal",
            "e_diary",
            "slip",
        ];
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                actions(&path, found);
                continue;
            }
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            // Texts outside the tests alone.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for literal in text.split('"').skip(1).step_by(2) {
                let word = |part: &str| {
                    !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
                };
                if let Some((noun, verb)) = literal.split_once('.')
                    && NOUNS.contains(&noun)
                    && word(verb)
                    && !["rs", "html", "css", "js", "ftl", "sql", "json"].contains(&verb)
                {
                    found.insert(literal.to_owned());
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_text_in_both_languages() {
        let mut found = BTreeSet::new();
        actions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.contains("grant.locked") && found.len() > 30, "{found:?}");
        let nameless: Vec<_> = found
            .iter()
            .filter(|action| {
                [Lang::Pl, Lang::En].into_iter().any(|lang| act(action, lang).starts_with("act-"))
            })
            .collect();
        assert!(nameless.is_empty(), "nobody wrote what these are called: {nameless:#?}");
    }

    #[test]
    fn a_detail_is_told_in_words() {
        let detail = serde_json::json!({ "reason": "phone_lost", "slips_cancelled": 2 });
        assert_eq!(
            explained("card.revoked", &detail, Lang::Pl),
            ["zgubiony lub skradziony telefon", "unieważniono 2 komplety kodów"]
        );
        let detail = serde_json::json!({ "fields": ["surname", "address"] });
        assert_eq!(explained("pupil.corrected", &detail, Lang::Pl), ["nazwisko, adres"]);
    }
}
