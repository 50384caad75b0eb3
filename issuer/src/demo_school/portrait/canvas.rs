//! A small painter: shapes are signed distances in millimetres, edges are smoothed by their distance.

use image::{Rgb, RgbImage};

/// Width and height of the sheet that portraits are drawn on, in millimetres: a photo for an identity card.
pub(super) const SHEET: (f32, f32) = (35.0, 45.0);
/// The part of the sheet's width that narrow pictures still show.
const ESSENTIAL_WIDTH: f32 = 28.0;

/// A place on the sheet, in millimetres from its top left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point(pub(super) f32, pub(super) f32);

/// Red, green and blue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// `share` of `other` (0 none, 1 all) in this colour.
    pub(super) fn mixed(self, other: Self, share: f32) -> Self {
        Self(blend(self.0, other.0, share), blend(self.1, other.1, share), blend(self.2, other.2, share))
    }

    pub(super) fn darker(self, share: f32) -> Self {
        self.mixed(Self(30, 18, 24), share)
    }

    pub(super) fn lighter(self, share: f32) -> Self {
        self.mixed(Self(255, 250, 244), share)
    }
}

fn blend(below: u8, above: u8, share: f32) -> u8 {
    let mixed = f32::from(below) + (f32::from(above) - f32::from(below)) * share.clamp(0.0, 1.0);
    mixed.round() as u8
}

/// A picture with the sheet laid over it: the sheet's foot on the picture's foot, its middle on the middle.
pub(super) struct Canvas {
    picture: RgbImage,
    /// Pixels per millimetre.
    scale: f32,
    /// Where the sheet's corner lies, in pixels.
    origin: Point,
}

impl Canvas {
    /// A black canvas.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let scale = (height as f32 / SHEET.1).min(width as f32 / ESSENTIAL_WIDTH);
        let origin = Point((width as f32 - SHEET.0 * scale) / 2.0, height as f32 - SHEET.1 * scale);
        Self { picture: RgbImage::new(width, height), scale, origin }
    }

    pub(super) fn into_picture(self) -> RgbImage {
        self.picture
    }

    /// Colours every pixel by its place.
    pub(super) fn flood(&mut self, colour: impl Fn(Point) -> Colour) {
        self.visit(Point(f32::MIN, f32::MIN), Point(f32::MAX, f32::MAX), |at| (colour(at), 1.0));
    }

    /// Paints the inside of a shape.
    pub(super) fn fill(&mut self, shape: &Shape, colour: Colour) {
        let scale = self.scale;
        self.visit(shape.from, shape.to, |at| (colour, 0.5 - (shape.distance)(at) * scale));
    }

    /// Paints a shape with an edge that fades over `softness` millimetres and at most `strength` (0–1) thick,
    /// kept within `mask`.
    pub(super) fn glaze(
        &mut self,
        shape: &Shape,
        mask: &Shape,
        colour: Colour,
        softness: f32,
        strength: f32,
    ) {
        let scale = self.scale;
        let (from, to) = (
            Point(shape.from.0 - softness, shape.from.1 - softness),
            Point(shape.to.0 + softness, shape.to.1 + softness),
        );
        self.visit(from, to, |at| {
            let soft = (0.5 - (shape.distance)(at) / softness).clamp(0.0, 1.0);
            let within = (0.5 - (mask.distance)(at) * scale).clamp(0.0, 1.0);
            (colour, soft * soft * (3.0 - 2.0 * soft) * within * strength)
        });
    }

    fn visit(&mut self, from: Point, to: Point, paint: impl Fn(Point) -> (Colour, f32)) {
        let pixel = |at: f32, origin: f32, end: u32| ((at * self.scale + origin).max(0.0) as u32).min(end);
        let (width, height) = self.picture.dimensions();
        let (left, right) =
            (pixel(from.0, self.origin.0 - 1.0, width), pixel(to.0, self.origin.0 + 2.0, width));
        let (top, bottom) =
            (pixel(from.1, self.origin.1 - 1.0, height), pixel(to.1, self.origin.1 + 2.0, height));
        for y in top..bottom {
            for x in left..right {
                let at = Point(
                    (x as f32 + 0.5 - self.origin.0) / self.scale,
                    (y as f32 + 0.5 - self.origin.1) / self.scale,
                );
                let (Colour(r, g, b), share) = paint(at);
                if share > 0.0 {
                    let Rgb(old) = *self.picture.get_pixel(x, y);
                    let new = [blend(old[0], r, share), blend(old[1], g, share), blend(old[2], b, share)];
                    self.picture.put_pixel(x, y, Rgb(new));
                }
            }
        }
    }
}

/// A region of the sheet: negative distances lie inside. Nothing of it lies outside the box `from`–`to`.
pub(super) struct Shape {
    distance: Box<dyn Fn(Point) -> f32>,
    from: Point,
    to: Point,
}

impl Shape {
    fn new(from: Point, to: Point, distance: impl Fn(Point) -> f32 + 'static) -> Self {
        Self { distance: Box::new(distance), from, to }
    }

    /// An ellipse by centre and half-axes.
    pub(super) fn ellipse(centre: Point, rx: f32, ry: f32) -> Self {
        Self::new(Point(centre.0 - rx, centre.1 - ry), Point(centre.0 + rx, centre.1 + ry), move |at| {
            let (x, y) = (at.0 - centre.0, at.1 - centre.1);
            let (near, steep) = ((x / rx).hypot(y / ry), (x / (rx * rx)).hypot(y / (ry * ry)));
            if steep == 0.0 { -rx.min(ry) } else { near * (near - 1.0) / steep }
        })
    }

    /// A box with round corners.
    pub(super) fn block(from: Point, to: Point, radius: f32) -> Self {
        Self::new(from, to, move |at| {
            let x = (from.0 - at.0).max(at.0 - to.0) + radius;
            let y = (from.1 - at.1).max(at.1 - to.1) + radius;
            x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - radius
        })
    }

    /// A brush stroke along the curve from `a` to `c` that is pulled towards `b`; `thick` in the middle, half
    /// as thick at its ends.
    pub(super) fn stroke(a: Point, b: Point, c: Point, thick: f32) -> Self {
        const STEPS: u8 = 12;
        let on_curve = move |step: u8| {
            let t = f32::from(step) / f32::from(STEPS);
            let mix =
                |a: f32, b: f32, c: f32| (1.0 - t) * (1.0 - t) * a + 2.0 * (1.0 - t) * t * b + t * t * c;
            Point(mix(a.0, b.0, c.0), mix(a.1, b.1, c.1))
        };
        let points: Vec<Point> = (0..=STEPS).map(on_curve).collect();
        let from = Point(a.0.min(b.0).min(c.0) - thick, a.1.min(b.1).min(c.1) - thick);
        let to = Point(a.0.max(b.0).max(c.0) + thick, a.1.max(b.1).max(c.1) + thick);
        Self::new(from, to, move |at| {
            let mut nearest = f32::MAX;
            for (step, ends) in points.windows(2).enumerate() {
                let &[p, q] = ends else { continue };
                let (dx, dy) = (q.0 - p.0, q.1 - p.1);
                let along = ((at.0 - p.0) * dx + (at.1 - p.1) * dy) / (dx * dx + dy * dy).max(1e-6);
                let along = along.clamp(0.0, 1.0);
                let t = (step as f32 + along) / f32::from(STEPS);
                let radius = thick / 2.0 * (1.0 - 2.0 * (t - 0.5) * (t - 0.5));
                nearest = nearest.min((at.0 - p.0 - along * dx).hypot(at.1 - p.1 - along * dy) - radius);
            }
            nearest
        })
    }

    /// Both shapes, melted together where they are nearer than `melt` millimetres.
    pub(super) fn and(self, other: Self, melt: f32) -> Self {
        let from = Point(self.from.0.min(other.from.0) - melt, self.from.1.min(other.from.1) - melt);
        let to = Point(self.to.0.max(other.to.0) + melt, self.to.1.max(other.to.1) + melt);
        Self::new(from, to, move |at| {
            let (a, b) = ((self.distance)(at), (other.distance)(at));
            let overlap = (melt - (a - b).abs()).max(0.0);
            a.min(b) - if melt > 0.0 { overlap * overlap / (4.0 * melt) } else { 0.0 }
        })
    }

    /// What of it does not lie in `other`.
    pub(super) fn without(self, other: Self) -> Self {
        Self::new(self.from, self.to, move |at| (self.distance)(at).max(-(other.distance)(at)))
    }

    /// What of it lies in `other` too.
    pub(super) fn within(self, other: Self) -> Self {
        Self::new(self.from, self.to, move |at| (self.distance)(at).max((other.distance)(at)))
    }

    /// Its outline, `thick` millimetres wide.
    pub(super) fn outline(self, thick: f32) -> Self {
        let half = thick / 2.0;
        let (from, to) =
            (Point(self.from.0 - half, self.from.1 - half), Point(self.to.0 + half, self.to.1 + half));
        Self::new(from, to, move |at| (self.distance)(at).abs() - half)
    }

    /// The same seen in a mirror: left and right of the sheet's middle change places.
    pub(super) fn mirrored(self) -> Self {
        let (from, to) = (Point(SHEET.0 - self.to.0, self.from.1), Point(SHEET.0 - self.from.0, self.to.1));
        Self::new(from, to, move |at| (self.distance)(Point(SHEET.0 - at.0, at.1)))
    }
}
