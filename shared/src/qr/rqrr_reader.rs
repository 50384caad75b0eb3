//! The second look: rqrr, which now and then reads what rxing does not. It is lent a picture that counts how often it is
//! touched, for some arrangements of finder patterns send its searches round for minutes.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::rc::Rc;

use image::{GenericImage, GenericImageView, GrayImage, Luma};
use rqrr::PreparedImage;

use super::containment::contained;
use super::reading::{Reading, Spot};
use super::view::View;

/// The largest view that rqrr is shown, in pixels; larger ones are for small codes, which it hardly ever reads.
const MAX_PIXELS: u64 = 4_000_000;

/// How often each pixel may be touched: a photograph of one code takes about 10 touches, a sheet of twelve codes 26.
const TOUCHES_PER_PIXEL: u64 = 40;

/// Touches beyond that, for small views that are all modules; the most that was seen is a quarter of this.
const TOUCHES: u64 = 16_000_000;

/// Everything that rqrr reads in the view; nothing in a view of black and white, for it has a threshold of its own.
pub(super) fn read(view: &View) -> Vec<Reading> {
    let pixels = view.grey.as_raw().len() as u64;
    if view.binary || pixels > MAX_PIXELS {
        return Vec::new();
    }
    let budget = Rc::new(Cell::new(TOUCHES + TOUCHES_PER_PIXEL * pixels));
    contained(|| read_unfenced(view, budget)).unwrap_or_default()
}

fn read_unfenced(view: &View, budget: Rc<Cell<u64>>) -> Vec<Reading> {
    let mut prepared = PreparedImage::prepare(Metered { grey: view.grey.clone(), budget });
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

/// A picture that unwinds, out of whatever is reading it, when it and its copies have been touched too often.
struct Metered {
    grey: GrayImage,
    budget: Rc<Cell<u64>>,
}

/// What [`Metered`] unwinds with.
struct Exhausted;

impl Metered {
    fn spend(&self, touches: u64) {
        match self.budget.get().checked_sub(touches) {
            Some(left) => self.budget.set(left),
            // Not a panic: no hook, no message, just the way out.
            None => resume_unwind(Box::new(Exhausted)),
        }
    }
}

impl Clone for Metered {
    fn clone(&self) -> Self {
        // Copying eight pixels takes about as long as touching one.
        self.spend(self.grey.as_raw().len() as u64 / 8);
        Self { grey: self.grey.clone(), budget: Rc::clone(&self.budget) }
    }
}

impl GenericImageView for Metered {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        // A search that has strayed off the picture asks only this.
        self.spend(1);
        self.grey.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.spend(1);
        *self.grey.get_pixel(x, y)
    }
}

impl GenericImage for Metered {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.spend(1);
        self.grey.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.spend(1);
        self.grey.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::{OFFER, OTHER, code, lay, sheet};

    fn two_codes() -> View {
        let mut grey = sheet(640, 320, 255);
        lay(&mut grey, &code(OFFER, 5), 20, 20);
        lay(&mut grey, &code(OTHER, 5), 340, 40);
        View { grey, binary: false, scale: 1.0 }
    }

    #[test]
    fn codes_are_read_with_their_places() {
        let readings = read(&two_codes());
        assert_eq!(readings.iter().map(|reading| reading.text.as_str()).collect::<Vec<_>>(), [OFFER, OTHER]);
        let middle = Spot { x: 142.0, y: 142.0 };
        assert_eq!(readings.iter().map(|reading| reading.covers(middle)).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_search_ends_when_its_budget_does() {
        let view = two_codes();
        let pixels = view.grey.as_raw().len() as u64;
        let attempt = |touches| {
            contained(|| read_unfenced(&view, Rc::new(Cell::new(touches)))).map(|found| found.len())
        };
        assert_eq!(attempt(TOUCHES + TOUCHES_PER_PIXEL * pixels), Some(2));
        // Enough to tell black from white, not enough to search.
        assert_eq!(attempt(5 * pixels), None);
    }

    #[test]
    fn copies_draw_on_the_same_budget() {
        let budget = Rc::new(Cell::new(100));
        let picture = Metered { grey: sheet(8, 8, 0), budget: Rc::clone(&budget) };
        let copy = picture.clone();
        copy.get_pixel(0, 0);
        assert_eq!(budget.get(), 100 - 8 - 1);
    }
}
