//! Cases with known answers.

use image::RgbImage;
use shared::photo_rule::{Aspect, ColourRule, PhotoLimits, PhotoRule, PixelSize};

use super::{testing::*, *};

fn legacy(bytes: &[u8]) -> Result<AcceptedPhoto, PhotoRefusal> {
    accept(bytes, &PhotoRule::legacy_source(), &PhotoRule::derived(), false, None)
}

fn zpe(bytes: &[u8]) -> Result<AcceptedPhoto, PhotoRefusal> {
    accept(bytes, &PhotoRule::zpe(), &PhotoRule::derived(), true, None)
}

fn code(result: Result<AcceptedPhoto, PhotoRefusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

#[test]
fn sizes_are_judged_as_the_pages_say() {
    for (width, height, orientation, expected) in [
        (354, 496, 1, "accepted"),
        (353, 496, 1, "too_small"),
        (354, 495, 1, "too_small"),
        (496, 354, 1, "too_small"),
        (496, 354, 6, "accepted"),
        (496, 354, 8, "accepted"),
        (496, 354, 5, "accepted"),
        (496, 353, 6, "too_small"),
        (354, 496, 6, "too_small"),
        (354, 496, 3, "accepted"),
    ] {
        let photo = with_exif(&photo(width, height, 80), orientation);
        assert_eq!(code(legacy(&photo)), expected, "{width}×{height}, orientation {orientation}");
    }
    for (width, height, expected) in [
        (246, 304, "accepted"),
        (247, 304, "too_large"),
        (246, 305, "too_large"),
        (118, 152, "accepted"),
        (117, 152, "too_small"),
        (118, 151, "too_small"),
    ] {
        let photo = photo(width, height, 92);
        assert_eq!(code(zpe(&photo)), expected, "{width}×{height}");
        let judged =
            examine(&photo, &PhotoRule::derived()).map_or_else(|refusal| refusal.code(), |_| "accepted");
        assert_eq!(judged, expected, "{width}×{height} as a derived picture");
    }
    for (width, height, expected) in [
        (492, 633, "accepted"),
        (491, 633, "too_small"),
        (492, 632, "too_small"),
        (800, 633, "accepted"),
        (492, 900, "accepted"),
    ] {
        let accepted =
            accept(&photo(width, height, 80), &PhotoRule::id_card(), &PhotoRule::derived(), false, None);
        assert_eq!(code(accepted), expected, "{width}×{height} as for an identity card");
    }
}

#[test]
fn bytes_are_counted_exactly() {
    let big = photo(354, 496, 90);
    assert_eq!(code(legacy(&padded(big.clone(), 5_242_880))), "accepted");
    assert_eq!(
        legacy(&padded(big, 5_242_881)).unwrap_err(),
        PhotoRefusal::TooManyBytes { bytes: 5_242_881, max: 5_242_880 }
    );
    let small = photo(236, 304, 90);
    assert_eq!(code(zpe(&padded(small.clone(), 60_000))), "accepted");
    assert_eq!(code(zpe(&padded(small, 60_001))), "too_many_bytes");
}

#[test]
fn quality_is_read_back_from_the_tables() {
    // Below 10, different qualities have the same tables: every step is 255.
    for quality in 10..=100 {
        let bytes = photo(32, 32, quality);
        let jpeg = jpeg::Jpeg::parse(&bytes).unwrap();
        assert_eq!(quality::quality(&jpeg), quality);
    }
    for fixture in [PROGRESSIVE, RESTART, GREY] {
        assert_eq!(quality::quality(&jpeg::Jpeg::parse(fixture).unwrap()), 92, "written by another encoder");
    }
    for (quality, expected) in [(89, "quality_too_low"), (90, "accepted"), (100, "accepted")] {
        assert_eq!(code(zpe(&photo(236, 304, quality))), expected, "quality {quality}");
    }
    let strict = PhotoRule::try_from(PhotoLimits {
        quality: Some(shared::photo_rule::QualityRange { min: 50, max: 80 }),
        ..PhotoRule::zpe().into()
    });
    let refusal = examine(&photo(236, 304, 81), &strict.unwrap()).unwrap_err();
    assert_eq!(refusal.code(), "quality_too_high");
}

#[test]
fn every_fault_has_its_own_refusal() {
    let good = photo(354, 496, 90);
    let mut png = std::io::Cursor::new(Vec::new());
    picture(400, 500).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    let end = good.len();
    let scan = good.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    // The whole file but a part of its pixels: cut in the middle, and given an end all the same.
    let half = [&good[..(scan + end) / 2], &[0xFF, 0xD9]].concat();
    let two_frames = [&good[..end - 2], &good[2..]].concat();
    let one_channel = [&good[..scan], &[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0], &good[scan + 14..]].concat();
    let last_scan = PROGRESSIVE.windows(2).rposition(|w| w == [0xFF, 0xDA]).unwrap();
    let (but_the_last, last) = PROGRESSIVE[..PROGRESSIVE.len() - 2].split_at(last_scan);
    let blurred = announcing(&[but_the_last, &[0xFF, 0xD9]].concat(), 354, 496);
    let twice = announcing(&[but_the_last, last, last, &[0xFF, 0xD9]].concat(), 354, 496);
    let cases: [(&str, Vec<u8>, &str); 25] = [
        ("nothing", vec![], "empty_file"),
        ("a PNG named .jpg", png.into_inner(), "not_jpeg"),
        ("an iPhone's HEIC", heic, "not_jpeg"),
        ("text", b"to nie jest zdjecie".to_vec(), "not_jpeg"),
        ("two bytes", vec![0xFF, 0xD8], "not_jpeg"),
        ("CMYK", CMYK.to_vec(), "cmyk"),
        ("grey", GREY.to_vec(), "grey"),
        ("arithmetic coding", ARITHMETIC.to_vec(), "unsupported_coding"),
        ("cut in the headers", good[..100].to_vec(), "truncated"),
        ("cut in the picture", good[..(scan + end) / 2].to_vec(), "truncated"),
        ("cut before its end", good[..end - 1].to_vec(), "truncated"),
        ("half a picture with an end", half, "broken"),
        ("colours finer than brightness", sampled(&good, [0x11, 0x22, 0x11]), "unsupported_coding"),
        ("sampled in thirds", sampled(&good, [0x31, 0x11, 0x11]), "unsupported_coding"),
        ("no sampling", sampled(&good, [0x00, 0x11, 0x11]), "unsupported_coding"),
        ("a scan for one channel", one_channel, "unsupported_coding"),
        ("two frames", two_frames, "broken"),
        ("no scan", [&good[..scan], &[0xFF, 0xD9]].concat(), "truncated"),
        ("a progressive picture without its last pass", blurred, "truncated"),
        ("a pass that comes twice", twice, "broken"),
        ("an image of no height", announcing(&good, 354, 0), "broken"),
        ("a bomb of pixels", announcing(&good, 65_000, 65_000), "decompression_bomb"),
        ("one pixel row too many", announcing(&good, 8_000, 4_001), "decompression_bomb"),
        ("a bomb of scans", in_finest_scans(354, 496), "too_many_scans"),
        ("scans that announce much more than they tell", announcing(PROGRESSIVE, 7_000, 4_500), "broken"),
    ];
    for (what, bytes, expected) in cases {
        let result = legacy(&bytes);
        assert!(!format!("{result:?}").contains("[255"), "{what} shows its bytes");
        assert_eq!(code(result), expected, "{what}");
    }
}

#[test]
fn a_png_named_jpg_is_told_so_in_both_languages() {
    let mut png = std::io::Cursor::new(Vec::new());
    picture(400, 500).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let refusal = legacy(png.get_ref()).unwrap_err();
    assert_eq!(refusal, PhotoRefusal::NotJpeg(OtherFormat::Png));
    assert!(refusal.message_pl().starts_with("To jest plik PNG"), "{}", refusal.message_pl());
    assert!(refusal.message_en().starts_with("This is a PNG file"), "{}", refusal.message_en());
    let refusal = PhotoRefusal::TooManyBytes { bytes: 5_242_881, max: 5_242_880 };
    assert!(refusal.message_pl().contains("5\u{a0}242\u{a0}881 bajtów"), "{}", refusal.message_pl());
}

#[test]
fn a_photo_is_turned_cut_and_scaled() {
    // What the camera stores for each way of holding it, so that the upright photo is always the same.
    let upright = picture(400, 560);
    let stored = |orientation: u16| match orientation {
        1 => upright.clone(),
        2 => image::imageops::flip_horizontal(&upright),
        3 => image::imageops::rotate180(&upright),
        4 => image::imageops::flip_vertical(&upright),
        5 => image::imageops::flip_horizontal(&image::imageops::rotate90(&upright)),
        6 => image::imageops::rotate270(&upright),
        7 => image::imageops::flip_horizontal(&image::imageops::rotate270(&upright)),
        _ => image::imageops::rotate90(&upright),
    };
    for orientation in 1..=8 {
        let accepted = legacy(&with_exif(&jpeg(&stored(orientation), 95), orientation)).unwrap();
        assert_eq!((accepted.width(), accepted.height()), (236, 303), "orientation {orientation}");
        assert_eq!(accepted.source_size(), PixelSize::new(400, 560));
        let shown = unpacked(accepted.derived_jpeg());
        for (x, y, expected) in [(20, 20, [200, 40, 40]), (215, 20, [40, 160, 40]), (20, 280, [40, 40, 200])]
        {
            let found = shown.get_pixel(x, y).0;
            let apart = found.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max();
            assert!(apart < Some(8), "orientation {orientation}, at {x},{y}: {found:?}");
        }
    }
}

#[test]
fn the_middle_is_cut_out_unless_a_cut_is_given() {
    let cut = |crop| {
        let photo = photo(800, 800, 95);
        let accepted = accept(&photo, &PhotoRule::legacy_source(), &PhotoRule::derived(), false, crop);
        accepted.map(|accepted| (unpacked(accepted.derived_jpeg()), accepted.width(), accepted.height()))
    };
    let (middle, width, height) = cut(None).unwrap();
    assert_eq!((width, height), (236, 304));
    assert!(
        middle.get_pixel(100, 100).0[0] > 180 && middle.get_pixel(136, 100).0[1] > 140,
        "split in the middle"
    );
    let (corner, width, height) = cut(Some(Crop { x: 410, y: 0, width: 390, height: 390 })).unwrap();
    assert_eq!((width, height), (236, 304));
    assert!(corner.pixels().all(|p| p.0[1] > 140 && p.0[0] < 60), "all of it is the green corner");
    let (_, width, height) = cut(Some(Crop { x: 0, y: 0, width: 118, height: 152 })).unwrap();
    assert_eq!((width, height), (118, 152), "never enlarged");

    let refused =
        |x, y, width, height| cut(Some(Crop { x, y, width, height })).map(|_| ()).unwrap_err().code();
    assert_eq!(refused(0, 0, 117, 152), "crop_too_small");
    assert_eq!(refused(411, 0, 390, 390), "crop_outside");
    assert_eq!(refused(u32::MAX, 0, 390, 390), "crop_outside");
    assert_eq!(refused(0, 0, 0, 390), "crop_outside");
}

#[test]
fn what_is_derived_meets_its_own_rule_and_no_metadata_survives() {
    for bytes in [
        with_all_metadata(&photo(354, 496, 70)),
        with_all_metadata(&photo(1200, 900, 100)),
        with_all_metadata(&jpeg(&image::imageops::blur(&noise(500, 650), 2.0), 95)),
    ] {
        assert!(bytes.windows(HOME.len()).any(|w| w == HOME.as_bytes()) && exif_of(&bytes).is_some());
        let accepted = legacy(&bytes).unwrap();
        let derived = accepted.derived_jpeg();
        let judged = examine(derived, &PhotoRule::derived()).unwrap();
        assert_eq!(judged.size(), PixelSize::new(accepted.width(), accepted.height()));
        assert_eq!(judged.quality(), accepted.quality());
        assert!((90..=95).contains(&accepted.quality()));
        assert!(!accepted.is_as_it_was_sent());
        assert_no_metadata(derived);
        assert_eq!(accepted.source_sha256(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }
}

#[test]
fn noise_is_written_as_well_as_fits_or_refused() {
    let rule =
        |max_bytes| PhotoRule::try_from(PhotoLimits { max_bytes, ..PhotoRule::derived().into() }).unwrap();
    let noisy = jpeg(&noise(354, 496), 95);
    let source = PhotoRule::legacy_source();
    let refusal = accept(&noisy, &source, &PhotoRule::derived(), false, None).unwrap_err();
    assert_eq!(refusal.code(), "cannot_shrink");
    let PhotoRefusal::CannotShrink { bytes, .. } = refusal else { panic!("{refusal}") };
    let accepted = accept(&noisy, &source, &rule(u32::try_from(bytes).unwrap()), false, None).unwrap();
    assert_eq!((accepted.quality(), accepted.derived_jpeg().len()), (90, bytes), "exactly the limit is in");
    let refused = accept(&noisy, &source, &rule(u32::try_from(bytes).unwrap() - 1), false, None);
    assert_eq!(code(refused), "cannot_shrink");
}

#[test]
fn a_small_photo_passes_bit_for_bit_without_its_metadata() {
    for picture in [PROGRESSIVE.to_vec(), RESTART.to_vec(), DIRECT_RGB.to_vec(), photo(246, 304, 90)] {
        let accepted = zpe(&with_all_metadata(&picture)).unwrap();
        assert!(accepted.is_as_it_was_sent());
        assert_no_metadata(accepted.derived_jpeg());
        assert_eq!(unpacked(accepted.derived_jpeg()), unpacked(&picture), "the same pixels");
        let scan = picture.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
        assert!(accepted.derived_jpeg().ends_with(&picture[scan..]), "the same bits");
    }
    let turned = zpe(&with_exif(&photo(304, 246, 92), 6)).unwrap();
    assert!(!turned.is_as_it_was_sent());
    assert_eq!((turned.width(), turned.height()), (246, 304), "turned, but not cut");
    assert_no_metadata(turned.derived_jpeg());
    assert!(
        unpacked(turned.derived_jpeg()).get_pixel(20, 20).0[2] > 180,
        "what was below left is above left"
    );

    let cut = Some(Crop { x: 0, y: 0, width: 236, height: 304 });
    let cut = accept(&photo(246, 304, 92), &PhotoRule::zpe(), &PhotoRule::derived(), true, cut).unwrap();
    assert_eq!((cut.is_as_it_was_sent(), cut.width()), (false, 236), "a cut is a wish to have it cut");
    let derived =
        accept(&photo(246, 304, 92), &PhotoRule::zpe(), &PhotoRule::derived(), false, None).unwrap();
    assert_eq!(
        (derived.is_as_it_was_sent(), derived.width()),
        (false, 236),
        "this profile takes nothing as it is"
    );
}

#[test]
fn a_big_photo_is_taken_beside_small_ones() {
    let rules = (PhotoRule::legacy_source(), PhotoRule::derived());
    let both = |bytes: &[u8]| accept(bytes, &rules.0, &rules.1, true, None);
    assert!(!both(&photo(600, 800, 80)).unwrap().is_as_it_was_sent());
    assert!(both(&photo(200, 260, 92)).unwrap().is_as_it_was_sent());
    assert_eq!(code(both(&photo(300, 400, 92))), "too_small", "neither small nor big: judged as a source");
    assert_eq!(code(both(&photo(200, 260, 80))), "too_small");
}

#[test]
fn colours_are_kept_when_the_profile_goes() {
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut body = b"ICC_PROFILE\0\x01\x01".to_vec();
    body.extend_from_slice(&icc);
    let red = RgbImage::from_pixel(400, 560, image::Rgb([200, 60, 50]));
    let plain = legacy(&jpeg(&red, 95)).unwrap();
    let p3 = legacy(&with_segment(&jpeg(&red, 95), 0xE2, &body)).unwrap();
    let found = unpacked(p3.derived_jpeg()).get_pixel(100, 100).0;
    // Display P3 (200, 60, 50) is about (216, 46, 38) in sRGB: redder, with less of the others.
    assert!(found[0] > 210 && found[1] < 52 && found[2] < 45, "{found:?}");
    assert!(unpacked(plain.derived_jpeg()).get_pixel(100, 100).0[0].abs_diff(200) < 4);

    let small = zpe(&with_segment(&photo(236, 304, 92), 0xE2, &body)).unwrap();
    assert!(!small.is_as_it_was_sent(), "its numbers would lie without the profile");
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let body = [b"ICC_PROFILE\0\x01\x01", srgb.as_slice()].concat();
    assert!(zpe(&with_segment(&photo(236, 304, 92), 0xE2, &body)).unwrap().is_as_it_was_sent());
    let nonsense = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[7; 600]].concat();
    assert!(zpe(&with_segment(&photo(236, 304, 92), 0xE2, &nonsense)).unwrap().is_as_it_was_sent());
}

#[test]
fn other_encoders_are_read_as_they_meant() {
    let rule = PhotoRule::derived();
    let reference = examine(DIRECT_RGB, &rule).unwrap().upright().to_rgb8();
    assert!(distance(&reference, &unpacked(DIRECT_RGB)) <= 2);
    for bytes in [PROGRESSIVE, RESTART] {
        let ours = examine(bytes, &rule).unwrap().upright().to_rgb8();
        assert!(distance(&ours, &unpacked(bytes)) <= 2, "as another reader unpacks it");
        let apart: u64 =
            ours.as_raw().iter().zip(reference.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(apart / (ours.as_raw().len() as u64) < 6, "as it was drawn");
    }
    // Without an Adobe segment and with other channel names, the same numbers are YCbCr and look wrong:
    // the colours hang on what is kept.
    let kept = zpe(DIRECT_RGB).unwrap();
    assert!(kept.derived_jpeg().windows(5).any(|w| w == b"Adobe"));
}

#[test]
fn grey_is_taken_where_a_rule_says_so() {
    let rule = PhotoRule::try_from(PhotoLimits { colour: ColourRule::RgbOrGrey, ..PhotoRule::zpe().into() })
        .unwrap();
    let photo = examine(GREY, &rule).unwrap();
    let derived = derive(&photo, &PhotoRule::derived(), None).unwrap();
    let colours = jpeg::Jpeg::parse(derived.jpeg()).unwrap().frame.components.len();
    assert_eq!(colours, 3, "the picture for the card is RGB");
    assert_eq!(derived.size(), Aspect::ID_PHOTO.cut_from(photo.size()));
}

fn exif_of(jpeg: &[u8]) -> Option<exif::Exif> {
    exif::Reader::new().read_from_container(&mut std::io::Cursor::new(jpeg)).ok()
}

/// No segment may be there but those that make the picture, nothing may follow it, and none of what was
/// written into the metadata may be found anywhere.
fn assert_no_metadata(jpeg: &[u8]) {
    assert!(exif_of(jpeg).is_none());
    for trace in [b"Exif".as_slice(), b"GPS", b"http", b"ICC_PROFILE", b"Photoshop", HOME.as_bytes()] {
        assert!(
            !jpeg.windows(trace.len()).any(|w| w == trace),
            "{:?} is left",
            String::from_utf8_lossy(trace)
        );
    }
    let mut rest = &jpeg[2..];
    while let [0xFF, marker, high, low, ..] = rest {
        match marker {
            0xE0 => assert_eq!((*high, *low), (0, 16), "a JFIF header without a thumbnail"),
            0xEE => assert_eq!((*high, *low), (0, 14), "an Adobe header without more"),
            0xC0..=0xC2 | 0xC4 | 0xDB | 0xDD => {}
            0xDA => break,
            other => panic!("segment {other:02X} is left"),
        }
        rest = &rest[2 + usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert!(jpeg.ends_with(&[0xFF, 0xD9]));
    assert!(!jpeg[2..].windows(3).any(|w| w == [0xFF, 0xD8, 0xFF]), "a second picture is left");
}
