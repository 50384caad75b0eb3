//! The data of a card, as a phone downloads them.

use shared::card_data::{CardData, MAX_BYTES};

/// [`CardData::from_bytes`].
pub fn card_data(bytes: &[u8]) {
    let Ok(card) = CardData::from_bytes(bytes) else { return };
    let written = card.to_bytes();
    if written.len() > MAX_BYTES {
        return;
    }
    let again = CardData::from_bytes(&written).expect("what was written is read");
    assert_eq!(again, card);
    assert_eq!(again.to_bytes(), written);
    let debug = format!("{card:?}");
    assert!(!debug.contains(card.pesel.as_str()), "no personal data in debug output");
}
