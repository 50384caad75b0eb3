//! What a holder sees who is asked for data.

use serde_json::Value;

use super::{Scene, Shown};
use shared::holder_code::{HolderClock, Proves};
use shared::vp::preset::Preset;

use super::inspect::{facts, flat, purpose_title, qr_url};
use crate::documents::{CardId, Receipt, ReceiptOutcome, StoreError};
use crate::online::OnlinePhone;
use crate::present::AskedFor;
use crate::present::asked::Warning;
use crate::present::code::ShownCode;
use crate::present::show_code::CodeInHand;
use crate::screen::acts::prove::box_name;
use crate::screen::trouble::Trouble;
use crate::screen::view::{LockFault, Prove};
use crate::screen::words::Say;

/// A screen on the way to showing a card.
pub(in crate::screen) enum ProvePage {
    Purposes { id: String },
    Code(Box<CodePage>),
    Scan { fault: Option<&'static str> },
    Asked(Box<AskedPage>),
    Receipt(ReceiptPage),
}

/// A code.
pub(in crate::screen) struct CodePage {
    pub(in crate::screen) id: String,
    pub(in crate::screen) purpose: String,
    /// What it discloses: label and value.
    pub(in crate::screen) facts: Vec<(String, String)>,
    pub(in crate::screen) portrait: String,
    pub(in crate::screen) no_face: bool,
    /// Whether the phone knows no signed time, so that no inspector believes the code.
    pub(in crate::screen) no_time: bool,
    /// Whether somebody has seen this copy before.
    pub(in crate::screen) linkable: bool,
    pub(in crate::screen) qr: String,
    /// From when on the next one is shown, in milliseconds of the phone's clock.
    pub(in crate::screen) until: i64,
}

/// What a verifier asks.
pub(in crate::screen) struct AskedPage {
    pub(in crate::screen) who: String,
    pub(in crate::screen) host: String,
    pub(in crate::screen) vouched: String,
    pub(in crate::screen) why: String,
    pub(in crate::screen) warnings: Vec<String>,
    pub(in crate::screen) items: Vec<ItemLine>,
    pub(in crate::screen) fault: String,
    pub(in crate::screen) app: &'static str,
}

/// One thing that is asked.
pub(in crate::screen) struct ItemLine {
    pub(in crate::screen) name: String,
    pub(in crate::screen) label: String,
    pub(in crate::screen) value: String,
    pub(in crate::screen) required: bool,
    pub(in crate::screen) sensitive: bool,
}

/// What became of a request.
pub(in crate::screen) struct ReceiptPage {
    pub(in crate::screen) good: bool,
    pub(in crate::screen) title: String,
    pub(in crate::screen) who: String,
    pub(in crate::screen) host: String,
    pub(in crate::screen) why: String,
    pub(in crate::screen) at: String,
    pub(in crate::screen) shared: String,
    pub(in crate::screen) withheld: String,
}

/// What people call a claim.
pub(super) fn claim_label(say: Say, claim: &str) -> String {
    if let Some(years) = claim.strip_prefix("age_equal_or_over.") {
        return match years.parse::<u32>() {
            Ok(24) => say.t("fact-relief"),
            Ok(years) => say.t1("fact-age", "n", years),
            Err(_) => claim.to_owned(),
        };
    }
    let top = claim.split('.').next().unwrap_or_default();
    let key = format!("fact-{}", top.replace('_', "-"));
    if say.has(&key) { say.t(&key) } else { claim.to_owned() }
}

/// What stands in a claim, for people.
pub(super) fn claim_value(say: Say, claim: &str, value: &Value) -> String {
    match value {
        // Below 24 there is a relief.
        Value::Bool(over) if claim == "age_equal_or_over.24" => say.t(yes_or_no(!over)),
        Value::Bool(yes) => say.t(yes_or_no(*yes)),
        Value::String(text) if claim == "picture" && text.starts_with("data:") => say.t("asked-picture"),
        Value::String(text) => match text.parse::<jiff::civil::Date>() {
            Ok(date) => say.0.date(date),
            Err(_) => text.clone(),
        },
        Value::Object(members) => {
            let texts: Vec<String> = members.values().map(|value| claim_value(say, "", value)).collect();
            texts.join(", ")
        }
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(|value| claim_value(say, "", value)).collect();
            texts.join(", ")
        }
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
    }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "fact-yes" } else { "fact-no" }
}

impl Scene<'_> {
    pub(super) async fn prove(&self, prove: Prove, online: &OnlinePhone) -> Result<Shown, StoreError> {
        Ok(Shown::Prove(match prove {
            Prove::Purposes { id } => ProvePage::Purposes { id: id.to_string() },
            Prove::Code { id, hand } => match self.phone.shown_code(online, &id, hand).await {
                Ok((hand, code)) => ProvePage::Code(Box::new(self.code(&id, &hand, &code))),
                Err(error) => return Ok(Shown::Trouble(self.trouble(&Trouble::from(&error)))),
            },
            Prove::Scan { fault } => ProvePage::Scan { fault },
            Prove::Asked { fault } => {
                let asked = self.phone.state().errand.asked.clone();
                match asked {
                    Some(asked) => ProvePage::Asked(Box::new(self.asked(&asked, fault))),
                    None => ProvePage::Scan { fault: None },
                }
            }
            Prove::Receipt { id } => {
                let kept = online.with_phone(move |phone| phone.documents().receipt(&id)).await?;
                match kept {
                    Some(receipt) => ProvePage::Receipt(self.receipt(&receipt)),
                    None => ProvePage::Scan { fault: None },
                }
            }
        }))
    }

    fn code(&self, id: &CardId, hand: &CodeInHand, code: &ShownCode) -> CodePage {
        let say = self.say;
        let (facts, portrait) = facts(say, &flat(hand.content().to_json()));
        let purpose = hand.content().purpose().name();
        // The corrected clock may be minutes from the one that the phone shows.
        let left = code.next_at.duration_since(code.corrected_now);
        let until = self.now.saturating_add(left).unwrap_or(self.now);
        CodePage {
            id: id.to_string(),
            purpose: Preset::named(purpose).map_or_else(String::new, |preset| purpose_title(say, preset)),
            facts,
            portrait,
            no_face: hand.content().proves() == Proves::Name,
            no_time: code.clock == HolderClock::Uncorrected,
            linkable: !hand.is_fresh(),
            qr: qr_url(&code.text),
            until: until.as_millisecond(),
        }
    }

    fn asked(&self, asked: &AskedFor, fault: Option<LockFault>) -> AskedPage {
        let say = self.say;
        let verifier = asked.verifier();
        let items = asked.items().into_iter().enumerate().map(|(place, item)| ItemLine {
            name: box_name(place),
            label: claim_label(say, &item.claim),
            value: claim_value(say, &item.claim, item.value()),
            required: item.required,
            sensitive: item.sensitive,
        });
        let warnings = asked.warnings().into_iter().map(|warning| {
            say.t(match warning {
                Warning::UnknownVerifier => "warning-unknown-verifier",
                Warning::AsksPesel => "warning-asks-pesel",
                Warning::AsksAddress => "warning-asks-address",
                Warning::Linkable => "warning-linkable",
            })
        });
        AskedPage {
            who: verifier.name.clone(),
            host: verifier.host.clone(),
            vouched: verifier.vouched_by.clone().unwrap_or_default(),
            why: asked.purpose().unwrap_or_default(),
            warnings: warnings.collect(),
            items: items.collect(),
            fault: fault.map_or_else(String::new, |fault| self.lock_fault_text(fault)),
            app: self.app.as_str(),
        }
    }

    fn lock_fault_text(&self, fault: LockFault) -> String {
        let say = self.say;
        match fault {
            LockFault::Wrong { tries_left } => say.t1("lock-wrong", "n", tries_left),
            LockFault::Malformed => say.word("lock-malformed", self.app.as_str()),
            LockFault::Wait => say.t("lock-wait"),
            LockFault::New(word) => say.word("pin-fault", word),
        }
    }

    fn receipt(&self, receipt: &Receipt) -> ReceiptPage {
        let say = self.say;
        let names = |claims: &[String]| {
            let names: Vec<String> = claims.iter().map(|claim| claim_label(say, claim)).collect();
            names.join(", ")
        };
        let word = match receipt.outcome {
            ReceiptOutcome::Leaving => "leaving",
            ReceiptOutcome::Shared => "shared",
            ReceiptOutcome::RefusedByVerifier => "refused-by-verifier",
            ReceiptOutcome::Uncertain => "uncertain",
            ReceiptOutcome::NotSent => "not-sent",
            ReceiptOutcome::Declined => "declined",
        };
        ReceiptPage {
            good: matches!(receipt.outcome, ReceiptOutcome::Shared | ReceiptOutcome::Declined),
            title: say.t(&format!("receipt-{word}-title")),
            who: receipt.verifier.name.clone(),
            host: receipt.verifier.host.clone(),
            why: receipt.purpose.clone().unwrap_or_default(),
            at: say.0.instant(receipt.at),
            shared: names(&receipt.shared),
            withheld: names(&receipt.withheld),
        }
    }
}
