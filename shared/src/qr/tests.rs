//! Codes are drawn, ill-treated, and read again.

use image::{DynamicImage, GrayImage, ImageFormat, Luma, LumaA};

use super::scan::{MAX_BYTES, ScanError, scan, scan_luma};
use super::studio::{
    Chance, OFFER, OTHER, blurred, code, file, jpeg, lay, noisy, printed, sheet, toned, turned,
    with_orientation,
};

fn texts(picture: &GrayImage) -> Vec<String> {
    scan_luma(picture).unwrap_or_default()
}

#[test]
fn a_code_is_read_however_it_was_treated() {
    let chance = &mut Chance(7);
    let plain = code(OFFER, 6);
    let mut among_print = sheet(1000, 800, 255);
    printed(&mut among_print, chance);
    lay(&mut among_print, &plain, 320, 190);
    let mut corner_of_large = sheet(2600, 2000, 230);
    lay(&mut corner_of_large, &code(OFFER, 3), 2300, 1700);
    let shaded = GrayImage::from_fn(plain.width(), plain.height(), |x, y| {
        let light = if x + y > plain.width() { 0.35 } else { 1.0 };
        Luma([(f32::from(plain.get_pixel(x, y).0[0]).max(30.0) * light) as u8])
    });
    let cases = [
        ("plain", plain.clone()),
        ("two pixels a module", code(OFFER, 2)),
        ("one pixel a module", code(OFFER, 1)),
        ("large modules", code(OFFER, 32)),
        ("turned by 7°", turned(&plain, 7.0)),
        ("turned by 45°", turned(&plain, 45.0)),
        ("turned by 90°", turned(&plain, 90.0)),
        ("turned by 180°", turned(&plain, 180.0)),
        ("turned by 200°", turned(&plain, 200.0)),
        ("mirrored", image::imageops::flip_horizontal(&plain)),
        ("out of focus", blurred(&plain, 3.0)),
        ("small and out of focus", blurred(&code(OFFER, 3), 1.4)),
        ("dim", toned(&plain, 5, 40)),
        ("of low contrast", toned(&plain, 118, 138)),
        ("inverted", toned(&plain, 255, 0)),
        ("inverted, of low contrast", toned(&plain, 150, 110)),
        ("noisy", noisy(&plain, 90, chance)),
        ("small and noisy", noisy(&code(OFFER, 3), 60, chance)),
        ("half in shadow", shaded),
        ("among print", among_print),
        ("small in a large picture", corner_of_large),
    ];
    for (treatment, picture) in cases {
        assert_eq!(texts(&picture), [OFFER], "{treatment}");
    }
}

#[test]
fn a_code_is_read_from_every_kind_of_file() {
    let plain = code(OFFER, 5);
    let grey = DynamicImage::from(plain.clone());
    let on_nothing = |ink: u8| {
        let clear = image::ImageBuffer::from_fn(plain.width(), plain.height(), |x, y| {
            LumaA([ink, if plain.get_pixel(x, y).0 == [0] { 255 } else { 0 }])
        });
        file(&DynamicImage::ImageLumaA8(clear), ImageFormat::Png)
    };
    let cases = [
        ("PNG", file(&grey, ImageFormat::Png)),
        ("PNG in colour", file(&DynamicImage::from(grey.to_rgb8()), ImageFormat::Png)),
        ("PNG of 16 bits", file(&DynamicImage::from(grey.to_rgb16()), ImageFormat::Png)),
        ("PNG, black on transparent", on_nothing(0)),
        ("PNG, white on transparent", on_nothing(255)),
        ("JPEG", jpeg(&plain, 80)),
        ("poor JPEG", jpeg(&plain, 12)),
        ("JPEG in colour", file(&DynamicImage::from(grey.to_rgb8()), ImageFormat::Jpeg)),
        ("WebP", file(&DynamicImage::from(grey.to_rgb8()), ImageFormat::WebP)),
    ];
    for (kind, bytes) in cases {
        assert_eq!(scan(&bytes), Ok(vec![OFFER.to_owned()]), "{kind}");
    }
}

#[test]
fn several_codes_in_one_picture_are_all_read() {
    let mut side_by_side = sheet(900, 420, 255);
    lay(&mut side_by_side, &code(OFFER, 6), 40, 20);
    lay(&mut side_by_side, &code(OTHER, 6), 480, 40);

    let mut unlike = sheet(1000, 500, 200);
    lay(&mut unlike, &turned(&code(OFFER, 5), 30.0), 20, 20);
    lay(&mut unlike, &code(OTHER, 2), 760, 200);

    let mut one_inverted = sheet(900, 420, 255);
    lay(&mut one_inverted, &code(OFFER, 6), 40, 20);
    lay(&mut one_inverted, &toned(&code(OTHER, 6), 255, 0), 480, 40);

    let mut one_in_the_dark = sheet(900, 420, 60);
    lay(&mut one_in_the_dark, &code(OFFER, 6), 40, 20);
    lay(&mut one_in_the_dark, &blurred(&toned(&code(OTHER, 6), 30, 60), 2.0), 480, 40);

    for (picture, which) in [
        (side_by_side, "side by side"),
        (unlike, "of unlike size and turn"),
        (one_inverted, "one inverted"),
        (one_in_the_dark, "one blurred in the dark"),
    ] {
        assert_eq!(texts(&picture), [OFFER, OTHER], "{which}");
    }
}

#[test]
fn a_sheet_of_twelve_codes_is_read_row_by_row() {
    let mut page = sheet(1240, 1640, 255);
    let mut expected = Vec::new();
    for row in 0..4 {
        for column in 0..3 {
            let text = format!("{OFFER}{row}{column}");
            lay(&mut page, &code(&text, 6), 20 + column * 405, 30 + row * 400 - 10 * column);
            expected.push(text);
        }
    }
    assert_eq!(texts(&page), expected);
}

#[test]
fn the_same_code_twice_is_one_text() {
    let mut page = sheet(900, 420, 255);
    lay(&mut page, &code(OFFER, 6), 40, 20);
    lay(&mut page, &code(OFFER, 6), 480, 40);
    assert_eq!(texts(&page), [OFFER]);
}

#[test]
fn texts_come_from_top_to_bottom_of_the_picture_as_exif_turns_it() {
    let mut column = sheet(420, 900, 255);
    lay(&mut column, &code(OFFER, 6), 20, 40);
    lay(&mut column, &code(OTHER, 6), 40, 480);
    let upright = jpeg(&column, 85);
    let on_its_head = [OTHER, OFFER].map(str::to_owned);
    let on_its_feet = [OFFER, OTHER].map(str::to_owned);
    // The file's column runs downwards, upwards, and (6, 8: a quarter turn) rightwards in what is to be seen.
    assert_eq!(scan(&with_orientation(&upright, 1)).unwrap(), on_its_feet);
    assert_eq!(scan(&with_orientation(&upright, 3)).unwrap(), on_its_head);
    let row = jpeg(&image::imageops::rotate90(&column), 85);
    assert_eq!(scan(&with_orientation(&row, 8)).unwrap(), on_its_feet);
    assert_eq!(scan(&with_orientation(&row, 6)).unwrap(), on_its_head);
}

#[test]
fn a_text_in_polish_survives() {
    assert_eq!(texts(&code("Zażółć gęślą jaźń – 1 zł", 4)), ["Zażółć gęślą jaźń – 1 zł"]);
}

#[test]
fn a_picture_without_a_code_is_told_from_one_that_cannot_be_opened() {
    let chance = &mut Chance(3);
    let mut print = sheet(500, 400, 255);
    printed(&mut print, chance);
    let noise: Vec<u8> = (0..5000).map(|_| chance.next() as u8).collect();
    let cases: [(&str, Vec<u8>, ScanError); 8] = [
        ("print", file(&DynamicImage::from(print), ImageFormat::Png), ScanError::NoCode),
        ("a white pixel", file(&DynamicImage::from(sheet(1, 1, 255)), ImageFormat::Png), ScanError::NoCode),
        ("nothing", Vec::new(), ScanError::UnknownFormat),
        ("noise", noise, ScanError::UnknownFormat),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), ScanError::UnknownFormat),
        ("a PNG's first bytes", b"\x89PNG\r\n\x1a\n".to_vec(), ScanError::Broken),
        ("a JPEG's first bytes", b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(), ScanError::Broken),
        ("a file too large to look at", vec![0; MAX_BYTES + 1], ScanError::TooLarge),
    ];
    for (what, bytes, refusal) in cases {
        assert_eq!(scan(&bytes), Err(refusal), "{what}");
    }
}

#[test]
fn a_torn_file_is_read_rightly_or_refused() {
    let plain = code(OFFER, 4);
    let rgb = DynamicImage::from(DynamicImage::from(plain.clone()).to_rgb8());
    for (kind, bytes) in [
        ("PNG", file(&rgb, ImageFormat::Png)),
        ("JPEG", jpeg(&plain, 80)),
        ("WebP", file(&rgb, ImageFormat::WebP)),
    ] {
        let whole = bytes.len();
        for length in [whole / 50, whole / 4, whole / 2, whole * 9 / 10, whole - 13] {
            let read = scan(&bytes[..length]);
            assert!(read.is_err() || read == Ok(vec![OFFER.to_owned()]), "{kind} cut at {length}: {read:?}");
        }
        assert!(scan(&bytes[..whole / 50]).is_err(), "{kind}: two percent of a file hold no code");
    }
}

/// No picture may end the process, hang it, or conjure up a text: a few hundred are made to try.
#[test]
fn no_picture_breaks_the_scanner() {
    let chance = &mut Chance(20_261_121);
    let originals = [
        file(&DynamicImage::from(DynamicImage::from(code(OFFER, 2)).to_rgb8()), ImageFormat::Png),
        jpeg(&code(OFFER, 2), 70),
        with_orientation(&jpeg(&code(OFFER, 2), 70), 6),
        file(&DynamicImage::from(DynamicImage::from(code(OFFER, 2)).to_rgb8()), ImageFormat::WebP),
    ];
    for round in 0..200 {
        let mut bytes = originals[round % originals.len()].clone();
        for _ in 0..1 + chance.below(12) {
            let place = chance.below(bytes.len() as u32) as usize;
            // Headers are where decoders branch: half of the damage goes there.
            let place = if chance.below(2) == 0 { place % 64 } else { place };
            bytes[place] = chance.next() as u8;
        }
        let read = scan(&bytes);
        assert!(read.is_err() || read == Ok(vec![OFFER.to_owned()]), "round {round}: {read:?}");
    }
    for round in 0..120 {
        let picture = debris(chance);
        let read = texts(&picture);
        assert!(read.iter().all(|text| text == OFFER), "round {round}: {read:?}");
    }
    for (width, height) in [(1, 1), (1, 16_384), (16_384, 1), (3, 7), (39, 41), (7, 2000)] {
        let stripes =
            GrayImage::from_fn(width, height, |x, y| Luma([if (x / 2 + y) % 3 == 0 { 0 } else { 255 }]));
        assert_eq!(scan_luma(&stripes), Err(ScanError::NoCode), "{width}×{height}");
    }
}

/// Finder patterns, whole and broken, where no code puts them; noise; torn pieces of a code.
fn debris(chance: &mut Chance) -> GrayImage {
    let (width, height) = (30 + chance.below(220), 30 + chance.below(220));
    let mut picture = sheet(width, height, 255 - chance.below(60) as u8);
    for _ in 0..chance.below(14) {
        let module = 1 + chance.below(7);
        let finder = GrayImage::from_fn(9 * module, 9 * module, |x, y| {
            let ring = (x / module).abs_diff(4).max((y / module).abs_diff(4));
            Luma([if ring == 3 || ring <= 1 { 10 } else { 250 }])
        });
        let finder = match chance.below(3) {
            0 => turned(&finder, chance.below(360) as f32),
            1 => noisy(&finder, 120, chance),
            _ => finder,
        };
        lay(&mut picture, &finder, chance.below(width), chance.below(height));
    }
    if chance.below(3) == 0 {
        let whole = code(OFFER, 1 + chance.below(4));
        let torn = image::imageops::crop_imm(
            &whole,
            chance.below(40),
            chance.below(40),
            20 + chance.below(150),
            20 + chance.below(150),
        );
        lay(&mut picture, &torn.to_image(), chance.below(width / 2), chance.below(height / 2));
    }
    for _ in 0..chance.below(20) {
        let block = sheet(1 + chance.below(60), 1 + chance.below(6), chance.next() as u8);
        lay(&mut picture, &block, chance.below(width), chance.below(height));
    }
    match chance.below(3) {
        0 => noisy(&picture, chance.below(80), chance),
        1 => blurred(&picture, 1.0),
        _ => picture,
    }
}
