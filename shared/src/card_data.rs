//! card_data.
