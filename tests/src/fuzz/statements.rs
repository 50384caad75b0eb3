//! Signed statements as text: credentials, status lists, trust lists.

use shared::presentation::trust::Trust as Believed;
use shared::presentation::trust_list as list;
use shared::sd_jwt::{ExpectedBinding, Trust, UnverifiedPresentation, UnverifiedSdJwt};
use shared::status::list::{Bits, MAX_BYTES, StatusList};
use shared::status::{StatusReference, UnverifiedStatusToken};

use super::known::{self, Genuine};

static PRESENTATION: Genuine = Genuine::of("sd_jwt");
static TOKEN: Genuine = Genuine::of("status_token");
static LIST: Genuine = Genuine::of("trust_list");

/// [`UnverifiedPresentation`] with its key binding, and [`UnverifiedSdJwt`] as the holder reads it.
pub fn sd_jwt(bytes: &[u8]) {
    let Some(text) = known::text(bytes) else { return };
    let trust = Trust::Anchors(known::anchors());
    let expected = ExpectedBinding {
        audience: "x509_hash:verifier",
        nonce: "n-0S6_WzA2Mj",
        issued: known::at("2026-11-22T11:59:00Z")..=known::at("2026-11-22T12:01:00Z"),
    };
    let verified =
        UnverifiedPresentation::parse(text).ok().and_then(|given| given.verify(&trust, &expected).ok());
    if let Some(presentation) = &verified {
        let shown: Vec<_> = presentation.claims().disclosed().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["given_name"], "what was shown, and nothing else");
    }
    PRESENTATION.judge(bytes, verified.is_some());
    if let Ok(credential) = UnverifiedSdJwt::parse(text) {
        let _ = format!("{credential:?}");
        if let Ok(credential) = credential.verify(&trust) {
            // Without its holder's signature a credential may lose disclosures, never gain or change one.
            let issued = known::corpus("sd_jwt").into_iter().find(|(name, _)| name == "issued");
            let issued = issued.map(|(_, bytes)| bytes).unwrap_or_default();
            let known: Vec<&[u8]> = issued.split(|byte| *byte == b'~').collect();
            assert!(
                bytes.split(|byte| *byte == b'~').all(|part| known.contains(&part)),
                "a forged credential"
            );
            let _ = credential.judge(known::now());
        }
    }
}

/// [`UnverifiedStatusToken`], and the bytes as a compressed list.
pub fn status_token(bytes: &[u8]) {
    for bits in [1, 2, 4, 8] {
        let Some(bits) = Bits::new(bits) else { continue };
        if let Ok(list) = StatusList::unpack(bits, bytes) {
            assert!(list.len() <= MAX_BYTES * 8);
            let _ = (list.at(0), list.at(u64::MAX), list.at(list.len() as u64));
            let packed = list.packed().expect("a list in memory is packed");
            assert!(StatusList::unpack(bits, &packed).is_ok_and(|again| again == list));
        }
    }
    let token = known::text(bytes).and_then(|text| UnverifiedStatusToken::parse(text).ok());
    let verified = token.and_then(|token| token.verify(known::anchors(), known::now()).ok());
    if let Some(list) = &verified {
        for idx in [0, 7, u64::MAX] {
            let reference = StatusReference { idx, uri: list.uri().to_owned() };
            let _ = list.status_at(&reference, known::now());
        }
        assert!(list.fetch_again_at() <= list.expires_at());
    }
    TOKEN.judge(bytes, verified.is_some());
}

/// [`list::verify`].
pub fn trust_list(bytes: &[u8]) {
    let believed = Believed { code_signers: Vec::new(), ..known::trust().clone() };
    let read = known::text(bytes).and_then(|text| list::verify(text, &believed, known::now()).ok());
    if let Some(text) = known::text(bytes) {
        assert_eq!(list::reread(text, &believed).ok(), read, "what was kept reads as it did");
    }
    LIST.judge(bytes, read.is_some());
}
