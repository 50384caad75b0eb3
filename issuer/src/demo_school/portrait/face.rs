//! Head, neck and clothes.

use super::{
    canvas::{Canvas, Colour, Point, Shape},
    look::{Clothes, Hair, Look},
};

const MIDDLE: f32 = 17.5;
const WHITE: Colour = Colour(252, 250, 247);
const INK: Colour = Colour(46, 34, 36);
const ROSE: Colour = Colour(196, 88, 92);

/// Draws shoulders and what is worn on them; the neck stands out of it.
pub(super) fn torso(canvas: &mut Canvas, look: &Look) {
    let fabric = look.fabric;
    let shoulders = || {
        Shape::block(Point(1.6, 39.6), Point(33.4, 62.0), 8.0)
            .and(Shape::ellipse(Point(MIDDLE, 42.4), 8.0, 4.6), 5.0)
    };
    canvas.fill(&shoulders(), fabric);
    let sleeve = |x: f32| Shape::stroke(Point(x, 46.0), Point(x + 0.4, 43.6), Point(x + 1.3, 42.2), 0.4);
    canvas.fill(&sleeve(5.6), fabric.darker(0.25));
    canvas.fill(&sleeve(5.6).mirrored(), fabric.darker(0.25));
    let neckline = || Shape::ellipse(Point(MIDDLE, 38.4), 6.2, 4.3);
    match look.clothes {
        Clothes::TShirt => canvas.fill(&neckline().outline(1.5).within(shoulders()), fabric.darker(0.22)),
        Clothes::Hoodie => {
            let hood = |x: f32| Shape::ellipse(Point(MIDDLE + x, 39.4), 5.2, 3.4);
            canvas.fill(&hood(-6.2).and(hood(6.2), 1.0), fabric.darker(0.18));
        }
        Clothes::Shirt => {}
    }
    neck(canvas, look, neckline());
    match look.clothes {
        Clothes::TShirt => {}
        Clothes::Hoodie => {
            for x in [-2.9, 2.9] {
                let string = Shape::stroke(
                    Point(MIDDLE + x, 42.2),
                    Point(MIDDLE + x * 1.05, 44.0),
                    Point(MIDDLE + x, 46.0),
                    0.6,
                );
                canvas.fill(&string, WHITE);
            }
        }
        Clothes::Shirt => {
            let wing = || {
                Shape::stroke(
                    Point(MIDDLE - 6.0, 37.6),
                    Point(MIDDLE - 5.0, 40.6),
                    Point(MIDDLE - 1.2, 43.2),
                    3.0,
                )
            };
            canvas.fill(&wing(), WHITE.darker(0.05));
            canvas.fill(&wing().mirrored(), WHITE.darker(0.05));
            canvas.fill(&wing().outline(0.25), Colour(200, 202, 208));
            canvas.fill(&wing().mirrored().outline(0.25), Colour(200, 202, 208));
        }
    }
}

fn neck(canvas: &mut Canvas, look: &Look, neckline: Shape) {
    let shade = look.skin.mixed(Colour(150, 82, 66), 0.22);
    canvas.fill(&neckline, look.skin);
    let neck = || Shape::block(Point(MIDDLE - 4.3, 28.0), Point(MIDDLE + 4.3, 41.0), 3.6);
    canvas.fill(&neck(), look.skin);
    let under_chin = Shape::ellipse(Point(MIDDLE, 34.4), 6.6, 3.8);
    canvas.glaze(&under_chin, &neck(), shade, 2.2, 0.9);
}

/// The outline of the face.
fn outline(look: &Look) -> Shape {
    let b = look.breadth;
    let skull = Shape::ellipse(Point(MIDDLE, 19.0), 10.0 * b, 11.0);
    let jaw = Shape::ellipse(Point(MIDDLE, 25.4), 8.5 * b, 10.2);
    skull.and(jaw, 3.0)
}

/// Draws the head without its hair.
pub(super) fn head(canvas: &mut Canvas, look: &Look) {
    let warm = look.skin.mixed(Colour(190, 92, 76), 0.3);
    if !matches!(look.style, Hair::Bob | Hair::Long) {
        let ear = || Shape::ellipse(Point(MIDDLE - 10.1 * look.breadth, 22.6), 1.7, 2.7);
        let hollow = || Shape::ellipse(Point(MIDDLE - 10.2 * look.breadth, 22.7), 0.8, 1.5);
        for (shape, colour) in [(ear(), look.skin.mixed(warm, 0.35)), (hollow(), warm)] {
            canvas.fill(&shape, colour);
        }
        canvas.fill(&ear().mirrored(), look.skin.mixed(warm, 0.35));
        canvas.fill(&hollow().mirrored(), warm);
    }
    canvas.fill(&outline(look), look.skin);
    // Light from the upper left: a bright brow, a shaded cheek and chin.
    let light = Shape::ellipse(Point(MIDDLE - 3.0, 17.0), 5.0, 5.0);
    canvas.glaze(&light, &outline(look), look.skin.lighter(0.35), 7.0, 0.36);
    let shade = Shape::ellipse(Point(MIDDLE + 10.6, 27.0), 3.6, 9.0);
    canvas.glaze(&shade, &outline(look), warm, 6.0, 0.34);
    for x in [-5.7, 5.7] {
        let cheek = Shape::ellipse(Point(MIDDLE + x, 26.6), 1.8, 1.3);
        canvas.glaze(&cheek, &outline(look), Colour(226, 110, 104), 2.6, 0.32);
    }
    features(canvas, look, warm);
}

fn features(canvas: &mut Canvas, look: &Look, warm: Colour) {
    eye(canvas, look, false);
    eye(canvas, look, true);
    let crease = look.skin.mixed(Colour(150, 74, 60), 0.45);
    let nose =
        Shape::stroke(Point(MIDDLE - 1.7, 26.7), Point(MIDDLE + 0.1, 28.4), Point(MIDDLE + 1.8, 26.6), 0.55);
    canvas.fill(&nose, crease);
    let ridge =
        Shape::stroke(Point(MIDDLE + 0.9, 21.4), Point(MIDDLE + 1.3, 24.0), Point(MIDDLE + 1.6, 26.0), 0.9);
    canvas.glaze(&ridge, &outline(look), warm, 1.6, 0.35);
    mouth(canvas, look);
    if look.freckles {
        for (x, y) in [
            (-5.9, 25.0),
            (-4.7, 25.7),
            (-3.6, 24.9),
            (3.4, 25.0),
            (4.6, 25.8),
            (5.8, 25.0),
            (-0.6, 25.2),
            (0.7, 24.8),
        ] {
            canvas.fill(
                &Shape::ellipse(Point(MIDDLE + x, y), 0.24, 0.22),
                look.skin.mixed(Colour(160, 92, 58), 0.55),
            );
        }
    }
    if look.glasses {
        glasses(canvas);
    }
}

fn eye(canvas: &mut Canvas, look: &Look, right: bool) {
    let placed = |shape: Shape| if right { shape.mirrored() } else { shape };
    let at = Point(MIDDLE - 4.3, 21.8);
    let white = || Shape::ellipse(at, 1.9, 1.28);
    canvas.fill(&placed(white()), WHITE);
    canvas.fill(&placed(Shape::ellipse(at, 1.16, 1.16).within(white())), look.eyes);
    canvas.fill(&placed(Shape::ellipse(at, 0.6, 0.6)), INK);
    // The glint is on the same side of both eyes, where the light is.
    let x = if right { 35.0 - at.0 } else { at.0 };
    canvas.fill(&Shape::ellipse(Point(x - 0.42, at.1 - 0.42), 0.3, 0.3), WHITE);
    let lid = Shape::stroke(
        Point(at.0 - 2.1, at.1 + 0.2),
        Point(at.0 - 0.2, at.1 - 2.3),
        Point(at.0 + 1.9, at.1 + 0.1),
        0.5,
    );
    canvas.fill(&placed(lid), INK);
    let fold = Shape::stroke(
        Point(at.0 - 1.5, at.1 + 1.25),
        Point(at.0, at.1 + 1.75),
        Point(at.0 + 1.4, at.1 + 1.25),
        0.22,
    );
    canvas.fill(&placed(fold), look.skin.mixed(Colour(150, 74, 60), 0.35));
    let brow = Shape::stroke(
        Point(at.0 - 2.5, at.1 - 2.5),
        Point(at.0 - 0.4, at.1 - 4.0),
        Point(at.0 + 2.1, at.1 - 2.9),
        0.85,
    );
    canvas.fill(&placed(brow), look.hair.darker(0.3));
}

fn mouth(canvas: &mut Canvas, look: &Look) {
    let lips = look.skin.mixed(ROSE, 0.62);
    let y = 30.4;
    let smile = |foot: f32, thick: f32| {
        Shape::stroke(
            Point(MIDDLE - 3.6, y - look.smile / 2.0),
            Point(MIDDLE, y + foot),
            Point(MIDDLE + 3.6, y - look.smile / 2.0),
            thick,
        )
    };
    let anywhere = Shape::block(Point(0.0, 0.0), Point(35.0, 45.0), 0.1);
    canvas.fill(&smile(look.smile * 1.5 + 0.9, 1.5), lips);
    canvas.fill(&smile(look.smile * 1.5, 0.42), lips.darker(0.45));
    let below = Shape::ellipse(Point(MIDDLE, y + look.smile + 1.8), 1.8, 0.35);
    canvas.glaze(&below, &anywhere, look.skin.darker(0.35), 0.9, 0.3);
}

fn glasses(canvas: &mut Canvas) {
    let frame = Colour(58, 60, 72);
    let rim = || Shape::block(Point(MIDDLE - 7.6, 19.4), Point(MIDDLE - 1.2, 24.6), 2.3).outline(0.5);
    canvas.fill(&rim(), frame);
    canvas.fill(&rim().mirrored(), frame);
    canvas.fill(
        &Shape::stroke(Point(MIDDLE - 1.4, 21.4), Point(MIDDLE, 20.5), Point(MIDDLE + 1.4, 21.4), 0.6),
        frame,
    );
    let arm = || {
        Shape::stroke(Point(MIDDLE - 7.6, 21.0), Point(MIDDLE - 8.8, 20.8), Point(MIDDLE - 9.8, 20.9), 0.55)
    };
    canvas.fill(&arm(), frame);
    canvas.fill(&arm().mirrored(), frame);
}
