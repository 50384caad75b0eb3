//! Photos at a real browser: the camera, and the cut by mouse and by keys, judged by the picture that comes out.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::key::Key;
use image::{Rgb, RgbImage};
use serde_json::json;
use tempfile::TempDir;
use tests::browser::Person;
use tests::scene::{CLERK, PORTAL_CLERK};

use super::stage::Stage;

/// The quarters of the picture that is cut: top left, top right, bottom left, bottom right.
const QUARTERS: [[u8; 3]; 4] = [[210, 30, 30], [30, 180, 30], [30, 30, 210], [220, 210, 40]];

/// A photo of four colours, in a file.
fn quarters(folder: &TempDir) -> PathBuf {
    let picture =
        RgbImage::from_fn(700, 900, |x, y| Rgb(QUARTERS[usize::from(y >= 450) * 2 + usize::from(x >= 350)]));
    let path = folder.path().join("cztery-kolory.jpg");
    let mut file = fs::File::create(&path).unwrap();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 95).encode_image(&picture).unwrap();
    path
}

/// Ticks what the office looks for, and accepts.
pub(crate) async fn accept(clerk: &Person) {
    for criterion in [
        "Tło jest jasne, gładkie i bez cieni.",
        "Głowa nie jest nakryta",
        "Osoba nie nosi ciemnych okularów",
        "Zdjęcie nie jest starsze niż sześć miesięcy.",
        "Uczeń jest rozpoznawalny i jest na zdjęciu sam.",
        "Oczy są otwarte",
    ] {
        clerk.ticks(criterion).await;
    }
    clerk.clicks("Przyjmij zdjęcie").await;
    clerk.sees("Zdjęcie przyjęto.").await;
}

/// The picture on a pupil's card, as the clerk's browser gets it.
async fn on_the_card(clerk: &Person, pupil: &str) -> RgbImage {
    let script = "return fetch(arguments[0]).then((answer) => answer.arrayBuffer()) \
        .then((bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))))";
    let picture = clerk.script(script, vec![json!(format!("/office/pupils/{pupil}/picture"))]).await;
    let picture = BASE64_STANDARD.decode(picture.as_str().expect("a picture")).expect("base64");
    let picture = image::load_from_memory(&picture).expect("a JPEG").into_rgb8();
    // 35:45 within 246×304, to a whole pixel.
    assert!(matches!(picture.dimensions(), (236, 303 | 304)), "{:?}", picture.dimensions());
    picture
}

/// Whether the picture shows one colour only, but for what compression does to it.
fn is_all(picture: &RgbImage, [r, g, b]: [u8; 3]) -> bool {
    let near = |a: u8, b: u8| a.abs_diff(b) < 24;
    picture.pixels().all(|Rgb([x, y, z])| near(*x, r) && near(*y, g) && near(*z, b))
}

async fn new_photo(clerk: &Person, pupil: &str, file: &std::path::Path) {
    clerk.opens(&format!("/office/pupils/{pupil}/photo")).await;
    clerk.uploads("Plik ze zdjęciem", file).await;
    clerk.clicks("Sprawdź zdjęcie").await;
    clerk.sees("Tak pokaże je telefon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_by_keys_and_by_mouse_shows_what_was_chosen() {
    let Some(stage) = Stage::set().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = quarters(&folder);
    let pupil = stage.scene.pupils(0).remove(0);
    let clerk = stage.staff(CLERK).await;

    // Untouched: the whole, all four colours where they were.
    new_photo(&clerk, &pupil, &file).await;
    accept(&clerk).await;
    let whole = on_the_card(&clerk, &pupil).await;
    for (at, colour) in [(10, 10), (225, 10), (10, 292), (225, 292)].into_iter().zip(QUARTERS) {
        let Rgb(found) = *whole.get_pixel(at.0, at.1);
        assert!(found.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 24), "{at:?}: {found:?}");
    }

    // By keys: smaller than a quarter, then into the upper left one.
    new_photo(&clerk, &pupil, &file).await;
    clerk.focuses(".crop-frame").await;
    clerk.types(&"-".repeat(24)).await;
    clerk.holds_and_presses(Key::Shift, &[[Key::Left, Key::Up]; 12].concat()).await;
    clerk.presses(&[Key::Left, Key::Up]).await;
    accept(&clerk).await;
    let cut = on_the_card(&clerk, &pupil).await;
    assert!(is_all(&cut, QUARTERS[0]), "another part than the upper left quarter");

    // By mouse: the corner makes it small, the frame is pulled to the lower right and further than it goes.
    new_photo(&clerk, &pupil, &file).await;
    clerk.drags(".crop-handle", (-0.58, -0.58)).await;
    clerk.drags(".crop-frame", (2.0, 2.0)).await;
    accept(&clerk).await;
    let cut = on_the_card(&clerk, &pupil).await;
    assert!(is_all(&cut, QUARTERS[3]), "another part than the lower right quarter");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_camera_takes_a_photo_that_the_school_takes() {
    let Some(stage) = Stage::set().await else { return };
    // One school wants large photos, the other small ones.
    for (school, login) in [(0, CLERK), (1, PORTAL_CLERK)] {
        let pupil = stage.scene.pupils(school).remove(0);
        let clerk = stage.staff(login).await;
        clerk.opens(&format!("/office/pupils/{pupil}/photo")).await;
        let before = on_the_card(&clerk, &pupil).await;
        clerk.clicks("Włącz kamerę").await;
        clerk.clicks("Zrób zdjęcie").await;
        // It is off again, and its picture is chosen.
        clerk.sees("Włącz kamerę").await;
        let chosen = "const input = document.querySelector('#f-photo'); \
            const video = document.querySelector('video'); \
            return [input.files.length, input.files[0] && input.files[0].name, \
                video.srcObject.getTracks().every((track) => track.readyState === 'ended')]";
        assert_eq!(clerk.script(chosen, Vec::new()).await, json!([1, "kamera.jpg", true]), "{login}");
        clerk.clicks("Sprawdź zdjęcie").await;
        clerk.sees("Tak pokaże je telefon").await;
        assert_eq!(clerk.reads_fact("Plik").await, "kamera.jpg");
        clerk.sees_no("niespełniony").await;
        accept(&clerk).await;
        let taken = on_the_card(&clerk, &pupil).await;
        // The test camera shows a green picture, in which something moves.
        let green = taken.pixels().filter(|Rgb([r, g, b])| g > r && g > b).count();
        assert!(green * 2 > taken.pixels().count(), "{login}: {green} green pixels");
        assert_ne!(taken.as_raw(), before.as_raw(), "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_what_waits_shows_small_pictures() {
    let Some(stage) = Stage::set().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = quarters(&folder);
    let pupil = stage.scene.pupils(0).remove(0);
    let clerk = stage.staff(CLERK).await;
    new_photo(&clerk, &pupil, &file).await;
    clerk.opens("/office/photos").await;
    clerk.sees("cztery-kolory.jpg").await;
    let shown = "const image = document.querySelector('.thumbnail img'); \
        return image.decode().then(() => [image.naturalWidth, image.naturalHeight])";
    assert_eq!(clerk.script(shown, Vec::new()).await, json!([112, 144]));
    clerk.hears_no_complaint().await;
}
