//! Photos for the tests of this directory, good and bad.

use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use image::{DynamicImage, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

pub(super) const PROGRESSIVE: &[u8] = include_bytes!("fixtures/progressive.jpg");
pub(super) const RESTART: &[u8] = include_bytes!("fixtures/restart.jpg");
pub(super) const DIRECT_RGB: &[u8] = include_bytes!("fixtures/rgb.jpg");
pub(super) const GREY: &[u8] = include_bytes!("fixtures/grey.jpg");
pub(super) const ARITHMETIC: &[u8] = include_bytes!("fixtures/arithmetic.jpg");
pub(super) const CMYK: &[u8] = include_bytes!("fixtures/cmyk.jpg");

/// Where the fictional pupil lives, as Exif text: what must not be found in any output.
pub(super) const HOME: &str = "ul. Zmyslona 7, Warszawa";

/// A picture whose corners differ: red, green, blue and white, counted from the upper left as read.
pub(super) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (2 * x < width, 2 * y < height) {
        (true, true) => Rgb([200, 40, 40]),
        (false, true) => Rgb([40, 160, 40]),
        (true, false) => Rgb([40, 40, 200]),
        (false, false) => Rgb([240, 240, 240]),
    })
}

/// That picture as a JPEG.
pub(crate) fn photo(width: u32, height: u32, quality: u8) -> Vec<u8> {
    jpeg(&picture(width, height), quality)
}

pub(super) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).unwrap();
    jpeg
}

/// Noise, which no JPEG makes short; the same every time.
pub(super) fn noise(width: u32, height: u32) -> RgbImage {
    let mut dice = Dice(7);
    RgbImage::from_fn(width, height, |_, _| Rgb([dice.byte(), dice.byte(), dice.byte()]))
}

/// Puts a segment right behind SOI.
pub(super) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, body, &jpeg[2..]].concat()
}

/// Fills a file up with comments to exactly `length` bytes.
pub(super) fn padded(mut jpeg: Vec<u8>, length: usize) -> Vec<u8> {
    while jpeg.len() < length {
        let missing = length - jpeg.len();
        // A comment has four bytes of its own, so never leave fewer than four to the next.
        let body = if missing <= 60_000 { missing - 4 } else { 50_000 };
        jpeg = with_segment(&jpeg, 0xFE, &vec![b'.'; body]);
    }
    jpeg
}

/// What a phone writes beside the picture: how it was held, and where it was.
pub(crate) fn with_exif(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let degrees = |whole| Value::Rational(vec![Rational { num: whole, denom: 1 }; 3]);
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let fields = [
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::ImageDescription, Value::Ascii(vec![HOME.into()])),
        field(Tag::GPSLatitudeRef, Value::Ascii(vec![b"N".to_vec()])),
        field(Tag::GPSLatitude, degrees(52)),
        field(Tag::GPSLongitudeRef, Value::Ascii(vec![b"E".to_vec()])),
        field(Tag::GPSLongitude, degrees(21)),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).unwrap();
    with_segment(jpeg, 0xE1, &[b"Exif\0\0", tiff.get_ref().as_slice()].concat())
}

/// As [`with_exif`], and whatever else programs leave: XMP, IPTC, a comment, and a second picture at the end.
pub(super) fn with_all_metadata(jpeg: &[u8]) -> Vec<u8> {
    let xmp = format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>{HOME}</x:xmpmeta>");
    let jpeg = with_exif(jpeg, 1);
    let jpeg = with_segment(&jpeg, 0xE1, xmp.as_bytes());
    let jpeg = with_segment(&jpeg, 0xED, format!("Photoshop 3.0\0{HOME}").as_bytes());
    let jpeg = with_segment(&jpeg, 0xFE, HOME.as_bytes());
    [jpeg.as_slice(), &with_exif(&photo(16, 16, 90), 1), HOME.as_bytes()].concat()
}

/// Writes other sides into the frame header.
pub(crate) fn announcing(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg.windows(4).position(|w| matches!(w, [0xFF, 0xC0..=0xC2, 0, 17])).unwrap();
    let mut jpeg = jpeg.to_vec();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// Writes other sampling factors into the frame header.
pub(super) fn sampled(jpeg: &[u8], factors: [u8; 3]) -> Vec<u8> {
    let frame = jpeg.windows(4).position(|w| matches!(w, [0xFF, 0xC0..=0xC2, 0, 17])).unwrap();
    let mut jpeg = jpeg.to_vec();
    factors.into_iter().enumerate().for_each(|(channel, factor)| jpeg[frame + 11 + 3 * channel] = factor);
    jpeg
}

/// A progressive file that sends its coefficients one by one, in as many scans as the format allows without
/// saying anything twice.
pub(super) fn in_finest_scans(width: u16, height: u16) -> Vec<u8> {
    let scan = |channels: &[u8], coefficient: u8| {
        let selectors: Vec<u8> = channels.iter().flat_map(|&channel| [channel, 0]).collect();
        let length = u8::try_from(6 + selectors.len()).unwrap();
        let header = [0xFF, 0xDA, 0, length, u8::try_from(channels.len()).unwrap()];
        [&header, selectors.as_slice(), &[coefficient, coefficient, 0, 0x7F]].concat()
    };
    let mut file = PROGRESSIVE[..PROGRESSIVE.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap()].to_vec();
    file.extend(scan(&[1, 2, 3], 0));
    (1..64).for_each(|coefficient| (1..4).for_each(|channel| file.extend(scan(&[channel], coefficient))));
    file.extend([0xFF, 0xD9]);
    announcing(&file, width, height)
}

/// Unpacks with another reader than the one under test: through `image`.
pub(super) fn unpacked(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory(jpeg).map(DynamicImage::into_rgb8).unwrap()
}

/// How far two pictures are apart, at most, in one channel of one pixel.
pub(super) fn distance(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// SplitMix64: chance that is the same every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound.max(1) as u64).unwrap()
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }
}
