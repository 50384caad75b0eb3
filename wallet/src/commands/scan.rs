//! `wallet scan`

use serde_json::json;
use shared::vci::offer_uri::{OfferUri, OfferUriError};

use super::Exit;
use super::context::read;
use super::failure::Failure;
use super::output::{Reply, printable, say};
use crate::acquire::scan::{ScanRefusal, texts};
use crate::cli::Scan;
use crate::online::blocking;

pub(super) async fn run(options: Scan) -> Result<Reply, Failure> {
    let several = options.images.len() > 1;
    let (mut pictures, mut lines, mut unread) = (Vec::new(), Vec::new(), 0);
    for path in options.images {
        let bytes = read(&path)?;
        let shown = path.display().to_string();
        match blocking(move || texts(&bytes)).await {
            Ok(found) => {
                let codes: Vec<_> =
                    found.iter().map(|text| json!({ "text": text, "kind": kind(text) })).collect();
                pictures.push(json!({ "picture": shown, "codes": codes }));
                lines.extend(found.iter().map(|text| {
                    if several { format!("{shown}: {}", printable(text)) } else { printable(text) }
                }));
            }
            Err(error) => {
                unread += 1;
                let refusal = ScanRefusal::from(error);
                pictures.push(json!({ "picture": shown, "codes": [], "code": refusal.reason() }));
                say(&format!("error: cannot read {shown}: {refusal}"));
            }
        }
    }
    let exit = if unread > 0 { Exit::UnreadableQr } else { Exit::Done };
    Ok(Reply { json: json!({ "pictures": pictures }), text: lines.join("\n"), exit })
}

fn kind(text: &str) -> &'static str {
    match OfferUri::parse(text) {
        Ok(_) => "offer",
        Err(OfferUriError::NotAnOffer) => "other",
        Err(_) => "broken_offer",
    }
}
