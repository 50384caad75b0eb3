//! Pictures that lead to no slip.

use image::GrayImage;
use tests::world::World;

use super::{Seen, scanner};

pub(super) async fn pictures_without_an_offer(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let table = scanner(&world).await;
    let png = |picture: image::GrayImage| {
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    };
    let blank = png(image::GrayImage::from_pixel(400, 400, image::Luma([200])));
    let other = shared::qr::render::png("https://szkola.example/plan", 6).unwrap();
    let broken = shared::qr::render::png("openid-credential-offer://?x=y", 6).unwrap();
    let wide = png(image::GrayImage::new(16_385, 1));
    let slip_two = world.slip_for_a_pupil().await;
    for (picture, trouble) in [
        (blank, "no_code"),
        (b"GIF89a".to_vec(), "bad_picture"),
        (slip.qr_png[..slip.qr_png.len() / 2].to_vec(), "bad_picture"),
        (other, "not_an_offer"),
        (broken, "broken_offer"),
        (wide, "large_picture"),
        (png(side_by_side(&slip.qr_png, &slip_two.qr_png)), "several_offers"),
    ] {
        let shown = table.picture(1, &picture).await;
        seen.shows(&shown, trouble);
        table.press(1, "scan", &[]).await;
    }
    assert_eq!(table.picture(1, &slip.qr_png).await.view(), "offer", "the next picture is read");
}

/// Two pictures as one.
fn side_by_side(left: &[u8], right: &[u8]) -> GrayImage {
    let [left, right] = [left, right].map(|png| image::load_from_memory(png).unwrap().to_luma8());
    let mut both = GrayImage::from_pixel(
        left.width() + right.width(),
        left.height().max(right.height()),
        image::Luma([255]),
    );
    image::imageops::replace(&mut both, &left, 0, 0);
    image::imageops::replace(&mut both, &right, i64::from(left.width()), 0);
    both
}
