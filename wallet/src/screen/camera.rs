//! The phone's camera: frame by frame, until one holds a code.

use std::sync::Arc;

use shared::qr::frame::{Frame, FrameError, FrameReading, read};

use super::phone::DeskPhone;
use super::view::{Add, Inspect, Prove, View};
use crate::online::blocking;

/// What is said of a frame that brought the phone on, or that came too late.
const FOUND: &str = "found";

/// Looks at one frame, the picture with this number since the camera was switched on. The answer is a word: what would
/// help (see [`shared::qr::frame::Hint`]), `other-code`, or `found`.
pub(super) async fn look(
    phone: &Arc<DeskPhone>,
    picture: Vec<u8>,
    number: usize,
) -> Result<&'static str, FrameError> {
    let looking = || {
        matches!(
            phone.view(),
            View::Add(Add::Scan) | View::Prove(Prove::Scan { .. }) | View::Inspect(Inspect::Scan { .. })
        )
    };
    if !looking() {
        return Ok(FOUND);
    }
    let frame = blocking(move || Frame::from_picture(&picture).map(|frame| read(&frame.numbered(number))));
    let texts = match frame.await? {
        FrameReading::Nothing(hint) => return Ok(hint.as_str()),
        FrameReading::Codes(texts) => texts,
    };
    let _turn = phone.turn.lock().await;
    phone.touch();
    // Another frame may have been first.
    if !looking() || texts.iter().any(|text| phone.take_text(text)) { Ok(FOUND) } else { Ok("other-code") }
}
