//! What a reader hands back.

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
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) corners: [Spot; 4],
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
