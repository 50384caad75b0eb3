//! View after view of one picture is read, and what has been read is remembered.

use rxing::common::BitMatrix;

use super::reading::{Reading, Spot, in_reading_order};
use super::rqrr_reader;
use super::rxing_reader::{self, Look, Suspect};
use super::view::View;

/// What has been read so far, in the picture's own pixels.
#[derive(Default)]
pub(super) struct Search {
    found: Vec<Reading>,
}

/// What a view shows beyond what has been read, in the picture's own pixels.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Codes that were seen and not read.
    pub(super) unread: Vec<Suspect>,
    /// Finder patterns that belong to no code that was read: the most among the black and among the white ones.
    pub(super) loose: usize,
}

impl Search {
    /// Reads a view: rxing first, for it is quick; rqrr if that leaves nothing read or something unread.
    pub(super) fn look(&mut self, view: &View) -> Rest {
        let Some(mut bits) = rxing_reader::bits(view) else { return Rest::default() };
        let upright = self.closer_look(&bits, view, false);
        bits.flip_self();
        let inverted = self.closer_look(&bits, view, true);
        let mut rest = Rest {
            unread: upright.unread.into_iter().chain(inverted.unread).collect(),
            loose: upright.loose.max(inverted.loose),
        };
        if !self.has_found() || !rest.unread.is_empty() {
            self.keep(rqrr_reader::read(view), view.scale);
            rest.unread.retain(|suspect| !suspect.finders.iter().any(|spot| self.knows(*spot)));
        }
        rest
    }

    /// Whether anything has been read.
    pub(super) fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// The distinct texts in the order in which their codes are read.
    pub(super) fn into_texts(self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for Reading { text, .. } in in_reading_order(self.found) {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    fn knows(&self, spot: Spot) -> bool {
        self.found.iter().any(|known| known.covers(spot))
    }

    fn closer_look(&mut self, bits: &BitMatrix, view: &View, light: bool) -> Rest {
        let inverse = 1.0 / view.scale;
        let Look { readings, unread, loose } =
            rxing_reader::look(bits, view, light, |spot| self.knows(spot.times(inverse)));
        self.keep(readings, view.scale);
        Rest { unread: unread.into_iter().map(|suspect| suspect.times(inverse)).collect(), loose }
    }

    fn keep(&mut self, readings: Vec<Reading>, scale: f32) {
        for Reading { text, corners } in readings {
            let reading = Reading { text, corners: corners.map(|spot| spot.times(1.0 / scale)) };
            if !self.knows(reading.middle()) {
                self.found.push(reading);
            }
        }
    }
}
