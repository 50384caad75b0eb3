//! Hair: what of it lies behind the head, and what in front.

use super::{
    canvas::{Canvas, Colour, Point, Shape},
    look::{Hair, Look},
};

const MIDDLE: f32 = 17.5;

/// Draws what hangs behind head and neck.
pub(super) fn behind(canvas: &mut Canvas, look: &Look) {
    let shade = look.hair.darker(0.22);
    let b = look.breadth;
    match look.style {
        Hair::Short | Hair::SideParting => {}
        Hair::Curly => {
            for (x, y, r) in [(-10.2, 17.0, 4.6), (10.2, 17.0, 4.6), (-10.6, 22.0, 3.6), (10.6, 22.0, 3.6)] {
                canvas.fill(&Shape::ellipse(Point(MIDDLE + x * b, y), r, r), shade);
            }
        }
        Hair::Bob => canvas.fill(&bob(look), shade),
        Hair::Long => canvas.fill(&long(look), shade),
        Hair::Ponytail => {
            let tail = Shape::stroke(
                Point(MIDDLE + 3.0, 11.5),
                Point(MIDDLE + 18.0, 10.0),
                Point(MIDDLE + 11.6, 33.0),
                6.6,
            );
            canvas.fill(&tail, shade);
        }
    }
}

/// Draws what frames the face.
pub(super) fn in_front(canvas: &mut Canvas, look: &Look) {
    match look.style {
        Hair::Short => short(canvas, look),
        Hair::SideParting => side_parting(canvas, look),
        Hair::Curly => curly(canvas, look),
        Hair::Bob => fringe(canvas, look),
        Hair::Long => centre_parting(canvas, look),
        Hair::Ponytail => combed_back(canvas, look),
    }
}

/// The dome of hair over the head, down to `foot`.
fn dome(look: &Look, spare: f32, foot: f32) -> Shape {
    let b = look.breadth;
    let dome = Shape::ellipse(Point(MIDDLE, 18.4), (10.4 + spare) * b, 11.4 + spare);
    dome.within(Shape::block(Point(0.0, 0.0), Point(35.0, foot), 0.1))
}

/// A bob's outline.
fn bob(look: &Look) -> Shape {
    let b = look.breadth;
    let sides = Shape::block(Point(MIDDLE - 11.9 * b, 17.0), Point(MIDDLE + 11.9 * b, 33.5), 5.0);
    dome(look, 1.6, 30.0).and(sides, 3.0)
}

/// The outline of long hair.
fn long(look: &Look) -> Shape {
    let b = look.breadth;
    let lengths = Shape::ellipse(Point(MIDDLE, 33.0), 12.6 * b, 19.0);
    dome(look, 1.3, 30.0).and(lengths, 3.0)
}

/// Where the face shows.
fn window(x: f32, y: f32, rx: f32, ry: f32) -> Shape {
    Shape::ellipse(Point(MIDDLE + x, y), rx, ry)
}

fn short(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    let hair = dome(look, 0.9, 21.5).without(window(0.0, 24.6, 9.3 * b, 11.2));
    canvas.fill(&hair, look.hair);
    for (x, lean) in [(-4.4, -1.2), (-1.8, -0.4), (1.2, 0.4), (3.8, 1.2)] {
        let tuft = Shape::stroke(
            Point(MIDDLE + x, 8.0),
            Point(MIDDLE + x + lean, 10.4),
            Point(MIDDLE + x + lean * 2.6, 12.4),
            0.3,
        );
        canvas.fill(&tuft, look.hair.darker(0.16));
    }
    shine(canvas, look, -4.0);
}

fn side_parting(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    let hair = dome(look, 1.1, 22.0).without(window(0.0, 25.0, 9.2 * b, 11.6));
    canvas.fill(&hair, look.hair);
    let sweep = Shape::stroke(
        Point(MIDDLE - 5.4, 10.4),
        Point(MIDDLE + 3.0, 14.8),
        Point(MIDDLE + 9.0 * b, 15.6),
        6.2,
    );
    canvas.fill(&sweep, look.hair);
    let parting =
        Shape::stroke(Point(MIDDLE - 7.0, 11.8), Point(MIDDLE - 5.6, 8.8), Point(MIDDLE - 4.4, 7.4), 0.5);
    canvas.fill(&parting, look.hair.darker(0.35));
    shine(canvas, look, 2.0);
}

fn curly(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    let shade = look.hair.darker(0.12);
    canvas.fill(&dome(look, 0.8, 19.0).without(window(0.0, 25.4, 9.0 * b, 11.4)), look.hair);
    for (index, (x, y, r)) in [
        (-10.0, 15.6, 3.2),
        (-9.0, 11.6, 3.3),
        (-6.4, 8.6, 3.4),
        (-2.6, 7.0, 3.5),
        (1.8, 6.8, 3.5),
        (5.8, 8.2, 3.4),
        (8.8, 11.2, 3.3),
        (10.0, 15.4, 3.2),
        (-6.6, 12.6, 2.9),
        (-2.4, 11.6, 3.0),
        (2.2, 11.6, 3.0),
        (6.4, 12.6, 2.9),
    ]
    .into_iter()
    .enumerate()
    {
        let curl = Shape::ellipse(Point(MIDDLE + x * b, y), r, r);
        canvas.fill(&curl, if index % 2 == 0 { look.hair } else { shade });
        let turn = Shape::stroke(
            Point(MIDDLE + x * b - r * 0.5, y + r * 0.2),
            Point(MIDDLE + x * b, y - r * 0.9),
            Point(MIDDLE + x * b + r * 0.5, y + r * 0.1),
            0.45,
        );
        canvas.fill(&turn, look.hair.lighter(0.16));
    }
}

fn fringe(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    canvas.fill(&bob(look).without(window(0.0, 24.0, 8.9 * b, 14.0)), look.hair);
    let crown = dome(look, 1.6, 26.0).without(window(0.0, 27.4, 9.2 * b, 11.4));
    canvas.fill(&crown, look.hair);
    for (x, length) in [(-6.6, 0.5), (-3.9, 0.9), (-1.2, 0.7), (1.5, 0.9), (4.2, 0.7), (6.7, 0.4)] {
        let lock = Shape::stroke(
            Point(MIDDLE + x * 0.8, 9.0),
            Point(MIDDLE + x, 13.0),
            Point(MIDDLE + x * 1.06, 16.0 + length),
            3.6,
        );
        canvas.fill(&lock, look.hair);
    }
    for x in [-2.6, 0.2, 3.0] {
        let gap = Shape::stroke(
            Point(MIDDLE + x * 0.9, 12.4),
            Point(MIDDLE + x, 14.4),
            Point(MIDDLE + x, 16.6),
            0.35,
        );
        canvas.fill(&gap, look.hair.darker(0.18));
    }
    shine(canvas, look, -3.0);
}

fn centre_parting(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    let face = window(0.0, 25.2, 8.7 * b, 13.4);
    let shirt = Shape::ellipse(Point(MIDDLE, 49.0), 8.2, 20.0);
    canvas.fill(&long(look).without(face).without(shirt), look.hair);
    for side in [1.0, -1.0] {
        let wave = Shape::stroke(
            Point(MIDDLE + side * 9.6 * b, 24.0),
            Point(MIDDLE + side * 11.4 * b, 33.0),
            Point(MIDDLE + side * 10.2 * b, 43.0),
            0.4,
        );
        canvas.fill(&wave, look.hair.darker(0.18));
    }
    let parting = Shape::stroke(Point(MIDDLE, 11.4), Point(MIDDLE, 9.0), Point(MIDDLE, 6.4), 0.45);
    canvas.fill(&parting, look.hair.darker(0.35));
    shine(canvas, look, -4.4);
}

fn combed_back(canvas: &mut Canvas, look: &Look) {
    let b = look.breadth;
    let hair = dome(look, 0.7, 20.5).without(window(0.0, 25.0, 9.3 * b, 12.8));
    canvas.fill(&hair, look.hair);
    for x in [-5.0, -1.8, 1.8, 5.0] {
        let strand = Shape::stroke(
            Point(MIDDLE + x * 1.25, 12.0 + x.abs() * 0.25),
            Point(MIDDLE + x * 1.1, 9.4),
            Point(MIDDLE + x * 0.7 + 1.0, 7.6),
            0.32,
        );
        canvas.fill(&strand, look.hair.darker(0.18));
    }
    shine(canvas, look, -3.6);
}

fn shine(canvas: &mut Canvas, look: &Look, x: f32) {
    let light: Colour = look.hair.lighter(0.55);
    let gleam = Shape::stroke(
        Point(MIDDLE + x - 3.2, 10.6),
        Point(MIDDLE + x - 0.4, 8.2),
        Point(MIDDLE + x + 3.0, 8.0),
        1.0,
    );
    let anywhere = Shape::block(Point(0.0, 0.0), Point(35.0, 45.0), 0.1);
    canvas.glaze(&gleam, &anywhere, light, 1.2, 0.35);
}
