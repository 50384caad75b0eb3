//! What several answers show.

use serde::Serialize;
use utoipa::ToSchema;

/// A postal address.
#[derive(Serialize, ToSchema)]
pub(super) struct AddressView {
    /// Street and number.
    street_line: String,
    /// `00-000`.
    postal_code: String,
    /// Town.
    city: String,
}

impl AddressView {
    pub(super) fn new(street_line: &str, postal_code: &str, city: &str) -> Self {
        Self {
            street_line: street_line.to_owned(),
            postal_code: postal_code.to_owned(),
            city: city.to_owned(),
        }
    }
}

/// Small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
