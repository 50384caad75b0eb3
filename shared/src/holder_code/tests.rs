use proptest::prelude::*;
use qrcode::{EcLevel, QrCode, Version};

use super::sample::{at, code, content, issuer, portrait, public, signed, terms};
use super::*;
use crate::qr::{render, scan};

const NOW: &str = "2026-11-21T18:30:07Z";

fn every_content() -> Vec<Content> {
    Purpose::ALL
        .into_iter()
        .flat_map(|purpose| {
            let with_face = matches!(purpose, Purpose::Ticket | Purpose::Card).then(|| Some(portrait()));
            [None].into_iter().chain(with_face).map(move |portrait| content(purpose, portrait))
        })
        .collect()
}

#[test]
fn what_is_said_is_what_is_read_for_every_purpose() {
    for content in every_content() {
        let terms = terms(content);
        let text = code(&signed(&terms), at(NOW), HolderClock::Corrected);
        let read = UnverifiedCode::parse(&text).unwrap();
        assert_eq!(read.made_at(), at("2026-11-21T18:30:00Z"));
        assert_eq!(read.clock(), HolderClock::Corrected);
        assert_eq!(read.credential().signer(), KeyId::of(&public(&issuer())));
        let credential = read.credential().clone().verify(&public(&issuer())).unwrap();
        assert_eq!(*credential.claims(), terms);
        assert_eq!(read.verify_holder(&credential), Ok(()));
        assert!(read.credential().clone().verify(&public(&sample::phone())).is_err());
    }
}

/// The sizes of ADR 58. A code that grows becomes harder to read, so growth is a decision.
#[test]
fn codes_stay_as_small_as_they_were_measured() {
    let measured = every_content().into_iter().map(|content| {
        let (purpose, face) = (content.purpose().name(), content.portrait().is_some());
        let statement = signed(&terms(content));
        let text = code(&statement, at(NOW), HolderClock::Corrected);
        let qr = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).unwrap();
        (purpose, face, statement.len(), text.len(), qr.version(), qr.width())
    });
    let measured: Vec<_> = measured
        .filter(|(purpose, ..)| !purpose.starts_with("cinema-1") || *purpose == "cinema-18")
        .collect();
    let expected = [
        ("ticket", false, 258, 518, Version::Normal(14), 73),
        ("ticket", true, 663, 1125, Version::Normal(22), 105),
        ("cinema-18", false, 223, 464, Version::Normal(13), 69),
        ("library", false, 323, 615, Version::Normal(16), 81),
        ("card", false, 335, 633, Version::Normal(16), 81),
        ("card", true, 740, 1241, Version::Normal(23), 109),
    ];
    assert_eq!(measured, expected);
}

#[test]
fn our_own_reader_reads_every_code_from_its_picture() {
    for content in every_content() {
        let text = code(&signed(&terms(content)), at(NOW), HolderClock::Corrected);
        let picture = render::png(&text, 4).unwrap();
        assert_eq!(scan::scan(&picture).unwrap(), [text]);
    }
}

#[test]
fn another_library_reads_the_issuers_statement() {
    use coset::CborSerializable as _;
    let bytes = signed(&terms(content(Purpose::Ticket, None)));
    let object = coset::CoseSign1::from_slice(&bytes).unwrap();
    let verified = object.verify_signature(&[], |signature, message| {
        aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED,
            public(&issuer()).sec1(),
        )
        .verify(message, signature)
    });
    assert!(verified.is_ok());
    // Its own reader of claims refuses `status`, which is younger than the library.
    let claims =
        coset::cbor::from_reader::<coset::cbor::Value, _>(object.payload.as_deref().unwrap()).unwrap();
    let claims = claims.into_map().unwrap();
    assert_eq!(claims.len(), 5);
    assert_eq!(claims[0], (4.into(), 1_822_341_600.into()));
}

#[test]
fn each_departure_from_the_form_has_its_own_fault() {
    let good = code(&signed(&terms(content(Purpose::Library, None))), at(NOW), HolderClock::Corrected);
    let bytes = base45::decode(&good[code::PREFIX.len()..]).unwrap();
    let of = |bytes: &[u8]| UnverifiedCode::parse(&format!("{}{}", code::PREFIX, base45::encode(bytes)));
    assert!(of(&bytes).is_ok());
    let cases = [
        ("".to_owned(), CodeFault::NotACode),
        ("openid-credential-offer://".to_owned(), CodeFault::NotACode),
        (good.to_lowercase(), CodeFault::NotACode),
        (code::PREFIX.to_owned() + &good[code::PREFIX.len()..].to_lowercase(), CodeFault::NotBase45),
        (format!("{}ZZZ", code::PREFIX), CodeFault::NotBase45),
        // Two characters that stand for more than a byte.
        (format!("{}ZZ", code::PREFIX), CodeFault::NotDeterministic),
        (code::PREFIX.to_owned(), CodeFault::NotCbor),
        (format!("{good} "), CodeFault::NotBase45),
        ("A".repeat(code::MAX_CHARS + 1), CodeFault::TooLong),
    ];
    for (text, fault) in cases {
        assert_eq!(UnverifiedCode::parse(&text).unwrap_err(), fault, "{text}");
    }
    assert_eq!(of(&[0xa0]).unwrap_err(), CodeFault::NotSigned);
    assert_eq!(of(&[bytes.as_slice(), &[0]].concat()).unwrap_err(), CodeFault::NotDeterministic);
    // A header beside the protected one.
    let unprotected = bytes.iter().position(|byte| *byte == 0xa0).unwrap();
    let mut spoken = bytes.clone();
    spoken.splice(unprotected..=unprotected, [0xa1, 0x04, 0x41, 0x01]);
    assert!(matches!(
        of(&spoken),
        Err(CodeFault::NotSigned | CodeFault::NotCbor | CodeFault::NotDeterministic)
    ));
}

#[test]
fn a_list_is_at_a_short_http_address() {
    let at_address = |uri: &str| {
        let status = crate::status::StatusReference { idx: 1, uri: uri.to_owned() };
        let terms = CodeCredential { status, ..terms(content(Purpose::Ticket, None)) };
        UnverifiedCredential::parse(&signed(&terms)).err()
    };
    for uri in ["http://127.0.0.1:8081/pki/status/1", "https://a.example/s"] {
        assert_eq!(at_address(uri), None, "{uri}");
    }
    let long = format!("https://{}", "a".repeat(crate::presentation::revocation::MAX_ADDRESS));
    for uri in ["", "ftp://a.example", "https://a b", "https://łódź.example", &long] {
        assert_eq!(at_address(uri), Some(CredentialFault::Claims), "{uri}");
    }
}

#[test]
fn nothing_personal_is_printed() {
    let terms = terms(content(Purpose::Card, Some(portrait())));
    let text = code(&signed(&terms), at(NOW), HolderClock::Corrected);
    let read = UnverifiedCode::parse(&text).unwrap();
    let printed = format!("{read:?} {terms:?} {:?}", read.credential());
    for secret in ["Anna", "Gęślą", "2011", "123/2026", "Brzechwy", "70123"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_window_is_fifteen_seconds_long() {
    for (now, window) in [
        ("2026-11-21T18:30:00Z", "2026-11-21T18:30:00Z"),
        ("2026-11-21T18:30:14.999Z", "2026-11-21T18:30:00Z"),
        ("2026-11-21T18:30:15Z", "2026-11-21T18:30:15Z"),
    ] {
        assert_eq!(window_of(at(now)), at(window));
    }
}

/// Whether anybody would take `text` for a code whose two signatures hold.
fn passes(text: &str) -> bool {
    let Ok(read) = UnverifiedCode::parse(text) else { return false };
    let Ok(credential) = read.credential().clone().verify(&public(&issuer())) else { return false };
    read.verify_holder(&credential).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_changed_bit_passes(place in 0_usize..100_000, bit in 0_u8..8, purpose in 0_usize..7) {
        let face = (place % 2 == 0).then(portrait);
        let good = code(&signed(&terms(content(Purpose::ALL[purpose], face))), at(NOW), HolderClock::Corrected);
        prop_assert!(passes(&good));
        let bytes = base45::decode(&good[code::PREFIX.len()..]).unwrap();
        let mut changed = bytes.clone();
        changed[place % bytes.len()] ^= 1 << bit;
        let text = format!("{}{}", code::PREFIX, base45::encode(changed));
        prop_assert!(!passes(&text));
        // And of the text itself.
        let mut letters = good.clone().into_bytes();
        letters[place % good.len()] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(letters) {
            prop_assert!(!passes(&text));
        }
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = UnverifiedCode::parse(&text);
        let _ = UnverifiedCode::parse(&format!("{}{text}", code::PREFIX));
        let _ = UnverifiedCode::parse(&format!("{}{}", code::PREFIX, base45::encode(&bytes)));
        let _ = UnverifiedCredential::parse(&bytes);
        let _ = Portrait::from_bytes(bytes).map(|portrait| portrait.to_jpeg());
    }

    #[test]
    fn reading_a_mutilated_code_never_panics(from in 0_usize..1200, length in 0_usize..40, filler in any::<Vec<u8>>()) {
        let good = signed(&terms(content(Purpose::Card, Some(portrait()))));
        let mut bytes = good.clone();
        let from = from.min(bytes.len());
        let to = (from + length).min(bytes.len());
        bytes.splice(from..to, filler);
        let read = UnverifiedCredential::parse(&bytes);
        prop_assert!(bytes == good || read.is_err() || read.unwrap().verify(&public(&issuer())).is_err());
    }
}
