//! Sheets of paper, as PDF: slips with their receipts, and applications to fill in.
//!
//! What they say is in the texts of the pages; where it stands is said here. Every sheet says that it comes from a
//! simulator.

mod application;
mod font;
pub mod job;
mod paper;
mod slip;
#[cfg(test)]
pub(crate) mod tests;

pub use self::application::{ApplicationSheet, application_pdf};
pub use self::paper::SheetError;
pub use self::slip::{SlipSheets, slips_pdf};

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A PDF as an answer: shown in the browser, or saved under `name`.
pub fn pdf_response(bytes: Vec<u8>, name: &str, save: bool) -> Response {
    let how = if save { "attachment" } else { "inline" };
    // Names are our own words: letters, digits, hyphens.
    let disposition = format!("{how}; filename=\"{name}.pdf\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (headers, bytes).into_response()
}
