//! What an inspector's camera meets.

use std::sync::OnceLock;

use shared::holder_code::{self, UnverifiedCode};
use shared::presentation::revocation::{NoRevocationData, RevocationData, StatusLists};
use shared::presentation::seen::SeenCodes;
use shared::presentation::time::CorrectedTime;
use shared::qr::frame::{self, Frame, FrameReading};

use super::known::{self, Genuine};

static GENUINE: Genuine = Genuine::of("holder_code");

/// The status lists that the inspector has: those of the corpus.
fn lists() -> &'static StatusLists {
    static LISTS: OnceLock<StatusLists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut lists = StatusLists::default();
        for (name, token) in known::corpus("status_token") {
            if name == "good-whole" {
                let token = known::text(&token).expect("a token is text");
                lists.take(token, known::anchors(), known::now()).expect("a genuine list");
            }
        }
        lists
    })
}

/// [`holder_code::verify()`], by everything that an inspector has, and by nothing.
pub fn holder_code(bytes: &[u8]) {
    let Some(text) = known::text(bytes) else { return };
    let judged = |revocation: &dyn RevocationData, clock| {
        holder_code::verify(text, known::trust(), revocation, clock, None, &mut SeenCodes::default())
    };
    let right = CorrectedTime::kept_right(known::now());
    let inspection = judged(lists(), right);
    GENUINE.judge(bytes, inspection.verdict.is_valid());
    assert!(!judged(&NoRevocationData, right).verdict.is_valid(), "valid without revocation data");
    let doubtful = judged(lists(), CorrectedTime::uncorrected(known::now()));
    assert!(!doubtful.verdict.is_valid(), "valid by a clock in doubt");
    if inspection.disclosed.is_some() {
        // Signed by the issuer: only what is in the corpus can be.
        let made = known::corpus("holder_code").into_iter().any(|(_, input)| input == bytes);
        assert!(made, "something is disclosed that nobody signed");
    }
    if let Ok(code) = UnverifiedCode::parse(text) {
        let _ = (code.made_at(), code.clock(), format!("{code:?}"));
    }
}

/// [`frame::read`] of a small picture; what is read out of a damaged code is for its readers to refuse.
pub fn qr(bytes: &[u8]) {
    let Ok(frame) = Frame::from_picture(bytes) else { return };
    let (width, height) = frame.dimensions();
    assert!(u64::from(width) * u64::from(height) <= frame::MAX_FRAME_PIXELS);
    if u64::from(width) * u64::from(height) > 1 << 16 {
        return;
    }
    if let FrameReading::Codes(texts) = frame::read(&frame) {
        assert!(!texts.is_empty());
        for text in texts {
            // ISO/IEC 18004: no code holds more digits.
            assert!(text.chars().count() <= 7089);
            super::holder_code(text.as_bytes());
            super::offer(text.as_bytes());
            super::request_link(text.as_bytes());
        }
    }
}
