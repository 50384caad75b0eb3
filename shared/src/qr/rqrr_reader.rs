//! The first look: rqrr, quick on clear codes. Its work is bounded before it starts and its panics stay inside.

use rqrr::PreparedImage;

use super::containment::contained;
use super::reading::{Reading, Spot};
use super::view::View;

/// The largest view that rqrr is shown, in pixels; larger ones are for small codes, which it hardly ever reads.
const MAX_PIXELS: usize = 4_000_000;

/// What a look may cost: rqrr copies the view for every triple of places that might be a code's corners, in all about
/// places² × pixels bytes.
const MAX_COPIED_BYTES: usize = 10_000_000_000;

/// rqrr's number for a white pixel; every other number is some kind of black.
const WHITE: u8 = 0;

/// Everything that rqrr reads in the view.
pub(super) fn read(view: &View) -> Vec<Reading> {
    let (width, height) = (view.grey.width() as usize, view.grey.height() as usize);
    if width * height == 0 || width * height > MAX_PIXELS {
        return Vec::new();
    }
    contained(|| read_unfenced(view, width, height)).unwrap_or_default()
}

fn read_unfenced(view: &View, width: usize, height: usize) -> Vec<Reading> {
    let grey = view.grey.as_raw();
    let mut prepared = if view.binary {
        PreparedImage::prepare_from_bitmap(width, height, |x, y| grey[y * width + x] == u8::MIN)
    } else {
        PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x])
    };
    let limit = (MAX_COPIED_BYTES / (width * height)).isqrt();
    if places(width, height, limit, |x, y| prepared.get_pixel_at(x, y) != WHITE) >= limit {
        return Vec::new();
    }
    prepared
        .detect_grids()
        .into_iter()
        .filter_map(|grid| {
            // One bad grid must not cost the others of the picture.
            let (_, text) = contained(|| grid.decode().ok())??;
            let corners = grid.bounds.map(|point| Spot { x: point.x as f32, y: point.y as f32 });
            Some(Reading { text, corners })
        })
        .collect()
}

/// Counts the places where a row runs dark-light-dark-light-dark as 1:1:3:1:1, as it does through a finder pattern;
/// rows that cut the same pattern count once. Stops at `limit`.
///
/// rqrr's own search begins with the same test, so this bounds what it will find.
fn places(width: usize, height: usize, limit: usize, dark: impl Fn(usize, usize) -> bool) -> usize {
    struct Place {
        x: usize,
        last_y: usize,
        reach: usize,
    }
    let mut places: Vec<Place> = Vec::new();
    // Places whose rows have ended are only counted, lest every match be compared with all of them.
    let mut ended = 0;
    for y in 0..height {
        let before = places.len();
        places.retain(|place| y <= place.last_y + place.reach);
        ended += before - places.len();
        let mut runs = [0_usize; 5];
        let mut run = 0;
        let mut was_dark = false;
        for x in 0..=width {
            let is_dark = x < width && dark(x, y);
            if is_dark == was_dark {
                run += 1;
                continue;
            }
            runs.rotate_left(1);
            runs[4] = run;
            if was_dark && like_a_finder(&runs) {
                let centre = x - runs[4] - runs[3] - runs[2] / 2;
                match places.iter_mut().find(|place| place.x.abs_diff(centre) <= place.reach) {
                    Some(place) => place.last_y = y,
                    None => {
                        let reach = (runs.iter().sum::<usize>() / 4).max(1);
                        places.push(Place { x: centre, last_y: y, reach });
                    }
                }
                if ended + places.len() >= limit {
                    return limit;
                }
            }
            was_dark = is_dark;
            run = 1;
        }
    }
    ended + places.len()
}

/// Whether five runs, dark first, are 1:1:3:1:1 within three quarters of a module each.
fn like_a_finder(runs: &[usize; 5]) -> bool {
    const MODULES: [usize; 5] = [1, 1, 3, 1, 1];
    let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
    let slack = module * 3 / 4;
    module > 0 && runs.iter().zip(MODULES).all(|(run, modules)| run.abs_diff(modules * module) <= slack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::{OFFER, code, lay, sheet};

    fn count(picture: &image::GrayImage, limit: usize) -> usize {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        places(width, height, limit, |x, y| picture.as_raw()[y * width + x] < 128)
    }

    #[test]
    fn finder_patterns_count_once_each_whatever_their_size() {
        for module in [1, 3, 10] {
            let places = count(&code(OFFER, module), 100);
            // Three finder patterns; chance makes a few more among the modules.
            assert!((3..12).contains(&places), "{places} at {module} pixels a module");
        }
        assert_eq!(count(&sheet(50, 50, 255), 100), 0);
    }

    #[test]
    fn a_crowd_of_finder_patterns_is_not_searched() {
        let one = image::imageops::crop_imm(&code(OFFER, 1), 3, 3, 9, 9).to_image();
        let mut crowd = sheet(1800, 1800, 255);
        for y in 0..200 {
            for x in 0..200 {
                lay(&mut crowd, &one, x * 9, y * 9);
            }
        }
        assert_eq!(count(&crowd, 60), 60);
        // Compared each with each, forty thousand of them would take days.
        assert!(read(&View { grey: crowd, binary: true, scale: 1.0 }).is_empty());
    }
}
