//! The phone's camera: frame by frame, until one holds a code.

use std::sync::Arc;

use super::phone::DeskPhone;
use super::view::{Add, View};
use crate::acquire::scan;
use crate::online::blocking;

/// Looks at one frame, a JPEG picture. The answer is a word: what to do next, or `found`.
pub(super) async fn look(phone: &Arc<DeskPhone>, jpeg: Vec<u8>) -> &'static str {
    if !matches!(phone.view(), View::Add(Add::Scan)) {
        return "found";
    }
    let texts = blocking(move || scan::texts(&jpeg)).await.unwrap_or_default();
    let _turn = phone.turn.lock().await;
    // Another frame may have been first.
    if !matches!(phone.view(), View::Add(Add::Scan)) {
        return "found";
    }
    if texts.iter().any(|text| phone.follow_text(text)) { "found" } else { "nothing" }
}
