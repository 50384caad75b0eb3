//! `wallet receipts`, and how a receipt is written in one line or one object.

use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::output::{Reply, printable};
use crate::documents::{Receipt, ReceiptOutcome};

pub(super) async fn run(context: &Context) -> Result<Reply, Failure> {
    let phone = context.open().await?;
    let receipts = phone.with_phone(|phone| phone.documents().receipts()).await?;
    let json = json!({ "receipts": receipts.iter().map(brief).collect::<Vec<_>>() });
    let text = if receipts.is_empty() {
        "Nobody has asked this phone for anything.".to_owned()
    } else {
        receipts.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Reply::new(json, text))
}

/// A receipt; it holds names of claims and no values.
pub(super) fn brief(receipt: &Receipt) -> Value {
    json!(receipt)
}

/// A receipt in one line.
pub(super) fn line(receipt: &Receipt) -> String {
    let became = match receipt.outcome {
        ReceiptOutcome::Leaving => "may have gone",
        ReceiptOutcome::Shared => "shared",
        ReceiptOutcome::RefusedByVerifier => "sent, and refused by them",
        ReceiptOutcome::Uncertain => "may have arrived",
        ReceiptOutcome::NotSent => "not sent",
        ReceiptOutcome::Declined => "declined",
    };
    let mut text = format!(
        "{}  {} ({}): {became}",
        receipt.at,
        printable(&receipt.verifier.name),
        receipt.verifier.host
    );
    if !receipt.shared.is_empty() {
        text.push_str(&format!(": {}", printable(&receipt.shared.join(", "))));
    }
    if !receipt.withheld.is_empty() {
        text.push_str(&format!("; withheld: {}", printable(&receipt.withheld.join(", "))));
    }
    text
}
