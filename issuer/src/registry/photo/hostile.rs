//! Whatever comes in: an answer, never a panic, and nothing accepted that breaks the rule.

use std::time::Instant;

use shared::photo_rule::PhotoRule;

use super::{testing::*, *};

/// Damages a file in one of the ways in which files are damaged, by chance or on purpose.
fn mutated(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let length = dice.below(40);
        let end = (at + length).min(bytes.len());
        match dice.below(7) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << dice.below(8)),
            1 => bytes.iter_mut().skip(at).take(2).for_each(|b| *b = dice.byte()),
            2 => bytes.truncate(at.max(4)),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let copy = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                bytes.splice(to..to, copy);
            }
            5 => drop(bytes.splice(at..at, [0xFF, 0xC0 | dice.byte() >> 2])),
            // The headers are where a little says a lot.
            _ => bytes.iter_mut().skip(2 + dice.below(700)).take(1).for_each(|b| *b = dice.byte()),
        }
        if bytes.len() < 8 {
            return bytes;
        }
    }
    bytes
}

#[test]
fn damaged_files_are_answered() {
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let p3 = with_segment(&photo(120, 160, 92), 0xE2, &[b"ICC_PROFILE\0\x01\x01", icc.as_slice()].concat());
    let originals =
        [PROGRESSIVE.to_vec(), RESTART.to_vec(), DIRECT_RGB.to_vec(), with_exif(&photo(160, 120, 92), 6), p3];
    let (source, derived) = (PhotoRule::zpe(), PhotoRule::derived());
    let mut dice = Dice(20_261_121);
    let (mut accepted, mut refused) = (0, std::collections::BTreeMap::<&str, u32>::new());
    for round in 0..1_500 {
        let bytes = mutated(&originals[round % originals.len()], &mut dice);
        let crop = (round % 3 == 0).then_some(Crop { x: 0, y: 0, width: 118, height: 152 });
        match accept(&bytes, &source, &derived, round % 2 == 0, crop) {
            Ok(photo) => {
                accepted += 1;
                let judged =
                    examine(photo.derived_jpeg(), &derived).expect("what was accepted is within the rule");
                assert_eq!(judged.size(), PixelSize::new(photo.width(), photo.height()));
            }
            Err(refusal) => *refused.entry(refusal.code()).or_default() += 1,
        }
    }
    // If one side is empty, the damage is too small or too great to prove anything.
    assert!(accepted > 100 && refused.len() >= 6, "{accepted} accepted, refused: {refused:?}");
}

#[test]
fn every_prefix_of_a_photo_is_refused() {
    let whole = photo(118, 152, 90);
    let rule = PhotoRule::zpe();
    assert!(examine(&whole, &rule).is_ok());
    for length in 0..whole.len() {
        let refusal = examine(&whole[..length], &rule).unwrap_err();
        let expected = match length {
            0 => "empty_file",
            1 | 2 => "not_jpeg",
            _ => "truncated",
        };
        assert_eq!(refusal.code(), expected, "{length} bytes");
    }
}

#[test]
fn work_is_bounded_by_the_length_of_the_file() {
    const LENGTH: usize = 5_000_000;
    let good = photo(354, 496, 90);
    let flood = |piece: &[u8]| [&good[..2], &piece.repeat(LENGTH / piece.len()), &good[2..]].concat();
    let xmp = [b"\xFF\xE1\0\x51http://ns.adobe.com/xmp/extension/\0".as_slice(), &[b'0'; 44]].concat();
    let cases = [
        ("fill bytes", flood(&[0xFF])),
        ("stray bytes", flood(&[0])),
        ("empty comments", flood(&[0xFF, 0xFE, 0, 2])),
        ("extended XMP", flood(&xmp)),
        ("restart markers", flood(&[0xFF, 0xD0])),
        ("quantisation tables", flood(&[&[0xFF, 0xDB, 0, 67, 0], [1; 64].as_slice()].concat())),
        ("Huffman tables", flood(&[&[0xFF, 0xC4, 0, 19, 0], [0; 16].as_slice()].concat())),
    ];
    for (what, bytes) in cases {
        let start = Instant::now();
        let _ = examine(&bytes, &PhotoRule::legacy_source());
        // Unoptimised, on a busy machine; what is quadratic takes hours.
        assert!(start.elapsed().as_secs() < 20, "{what} took {:?}", start.elapsed());
    }
}
