//! What a reader hands back.

use std::fmt;

/// A place in a view or a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Spot {
    /// The same place at another scale.
    pub(super) fn times(self, factor: f32) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }
}

/// A code that was read, and its corners in order around it.
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) corners: [Spot; 4],
}

impl fmt::Debug for Reading {
    /// Without the text, which may be a bearer secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("corners", &self.corners).finish_non_exhaustive()
    }
}

impl Reading {
    /// Whether `spot` lies within the code, whichever way round the corners are listed.
    pub(super) fn covers(&self, spot: Spot) -> bool {
        let mut left = 0;
        for (index, from) in self.corners.iter().enumerate() {
            let to = self.corners[(index + 1) % 4];
            let turn = (to.x - from.x) * (spot.y - from.y) - (to.y - from.y) * (spot.x - from.x);
            if turn > 0.0 {
                left += 1;
            }
        }
        left == 0 || left == 4
    }

    /// The code's middle.
    pub(super) fn middle(&self) -> Spot {
        let sum = |part: fn(&Spot) -> f32| self.corners.iter().map(part).sum::<f32>();
        Spot { x: sum(|spot| spot.x) / 4.0, y: sum(|spot| spot.y) / 4.0 }
    }

    /// How far the code reaches from top to bottom.
    pub(super) fn height(&self) -> f32 {
        let top = self.corners.iter().map(|spot| spot.y).fold(f32::INFINITY, f32::min);
        self.corners.iter().map(|spot| spot.y - top).fold(0.0, f32::max)
    }
}

/// Puts readings in the order in which a page is read: row by row, from the left within a row.
///
/// A code stands in the row above it if its middle lies no lower than the lower edge of that row's highest code.
pub(super) fn in_reading_order(mut readings: Vec<Reading>) -> Vec<Reading> {
    readings.sort_by(|a, b| a.middle().y.total_cmp(&b.middle().y));
    let mut rest = readings.as_mut_slice();
    while let Some(first) = rest.first() {
        let edge = first.middle().y + first.height() / 2.0;
        let end = rest.iter().position(|reading| reading.middle().y > edge).unwrap_or(rest.len()).max(1);
        let (row, below) = rest.split_at_mut(end);
        row.sort_by(|a, b| a.middle().x.total_cmp(&b.middle().x));
        rest = below;
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_go_by_rows_even_if_the_page_is_crooked() {
        let places =
            [("c", 12.0, 96.0), ("b", 130.0, 9.0), ("d", 128.0, 110.0), ("a", 5.0, 20.0), ("e", 60.0, 300.0)];
        let readings = places.map(|(text, x, y)| {
            let corners = [(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)];
            Reading { text: text.to_owned(), corners: corners.map(|(dx, dy)| Spot { x: x + dx, y: y + dy }) }
        });
        let ordered = in_reading_order(readings.into_iter().collect());
        assert_eq!(ordered.iter().map(|reading| reading.text.as_str()).collect::<String>(), "abcde");
        assert!(in_reading_order(Vec::new()).is_empty());
        let nowhere = [Spot { x: f32::NAN, y: f32::NAN }; 4];
        let strayed = vec![Reading { text: "f".to_owned(), corners: nowhere }];
        assert_eq!(in_reading_order(strayed).len(), 1);
    }

    #[test]
    fn a_code_covers_what_lies_between_its_corners() {
        let corners = [(10.0, 0.0), (20.0, 10.0), (10.0, 20.0), (0.0, 10.0)].map(|(x, y)| Spot { x, y });
        let mut backwards = corners;
        backwards.reverse();
        for corners in [corners, backwards] {
            let reading = Reading { text: String::new(), corners };
            assert!(reading.covers(Spot { x: 10.0, y: 10.0 }));
            assert!(reading.covers(Spot { x: 4.0, y: 10.0 }));
            assert!(!reading.covers(Spot { x: 3.0, y: 3.0 }));
            assert!(!reading.covers(Spot { x: 10.0, y: 21.0 }));
        }
    }
}
