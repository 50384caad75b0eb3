//! A surface in space as a pinhole sees it, and what lens, shutter and sensor make of the light.

/// A page's surface, flat or bent, in front of a pinhole.
///
/// Lengths are pixels of the picture: the page's middle lies so far away that there a pixel of it is a pixel.
pub(super) struct Surface {
    /// Focal length, and the middle's distance.
    focal: f32,
    /// The camera's axes as the page has them: rows of the rotation from camera to page.
    right: [f32; 3],
    down: [f32; 3],
    normal: [f32; 3],
    /// A cylinder's radius, below 0 if it bends away, and its axis's direction in the page.
    bend: Option<(f32, f32)>,
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

impl Surface {
    /// A page turned in its plane, then up and down, then left and right (radians), and bent.
    pub(super) fn new(width: u32, [roll, pitch, yaw]: [f32; 3], bend: Option<(f32, f32)>) -> Self {
        let turned = |[x, y, z]: [f32; 3]| {
            let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
            let (y, z) = (y * pitch.cos() - z * pitch.sin(), y * pitch.sin() + z * pitch.cos());
            [x * yaw.cos() + z * yaw.sin(), y, z * yaw.cos() - x * yaw.sin()]
        };
        Self {
            focal: 1.2 * width as f32,
            right: turned([1.0, 0.0, 0.0]),
            down: turned([0.0, 1.0, 0.0]),
            normal: turned([0.0, 0.0, 1.0]),
            bend,
        }
    }

    /// The place on the page, in pixels off its middle, that is seen `x`, `y` off the picture's middle.
    pub(super) fn seen_from(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let ray = [x, y, self.focal];
        // In the page's axes: from where and whither.
        let eye = [0.0, 0.0, -self.focal];
        let axes = [self.right, self.down, self.normal];
        let [eye_u, eye_v, eye_n] = axes.map(|axis| dot(axis, eye));
        let [ray_u, ray_v, ray_n] = axes.map(|axis| dot(axis, ray));
        let Some((radius, axis)) = self.bend else {
            let along = -eye_n / ray_n;
            return (along > 0.0).then_some((eye_u + along * ray_u, eye_v + along * ray_v));
        };
        // Along the cylinder's axis (a) and across it (b); it touches the plane in the page's middle.
        let (cos, sin) = (axis.cos(), axis.sin());
        let (eye_a, eye_b) = (eye_u * cos + eye_v * sin, eye_v * cos - eye_u * sin);
        let (ray_a, ray_b) = (ray_u * cos + ray_v * sin, ray_v * cos - ray_u * sin);
        let from = eye_n - radius;
        let squares = ray_b * ray_b + ray_n * ray_n;
        let half = (eye_b * ray_b + from * ray_n) / squares;
        let rest = (eye_b * eye_b + from * from - radius * radius) / squares;
        let root = (half * half - rest).max(0.0).sqrt();
        if half * half < rest {
            return None;
        }
        // The near side of what bends towards the eye, the far side of what bends away.
        let along = if radius > 0.0 { -half - root } else { -half + root };
        let (b, n) = (eye_b + along * ray_b, eye_n + along * ray_n);
        let angle = if radius > 0.0 { b.atan2(radius - n) } else { b.atan2(n - radius) };
        if along <= 0.0 || angle.abs() > 1.5 {
            return None;
        }
        let (a, b) = (eye_a + along * ray_a, radius.abs() * angle);
        Some((a * cos - b * sin, a * sin + b * cos))
    }
}

/// The light on a sensor, linear, 1 is what it can hold.
pub(super) struct Plane {
    width: usize,
    height: usize,
    light: Vec<f32>,
}

impl Plane {
    /// Light as `seen` at places off the picture's middle, four to a pixel.
    pub(super) fn of_samples(width: u32, height: u32, seen: impl Fn(f32, f32) -> f32) -> Self {
        let middle = (width as f32 / 2.0, height as f32 / 2.0);
        let light = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x as f32 - middle.0, y as f32 - middle.1)))
            .map(|(x, y)| {
                let quarters = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
                quarters.iter().map(|(dx, dy)| seen(x + dx, y + dy)).sum::<f32>() / 4.0
            })
            .collect();
        Self { width: width as usize, height: height as usize, light }
    }

    pub(super) fn at(&self, x: u32, y: u32) -> f32 {
        self.light.get(y as usize * self.width + x as usize).copied().unwrap_or_default()
    }

    /// Makes every point a disc of this radius, in pixels.
    pub(super) fn defocus(&mut self, radius: f32) {
        let reach = radius.floor() as isize;
        if reach < 1 {
            return;
        }
        let runs: Vec<(isize, isize)> = (-reach..=reach)
            .map(|dy| (dy, (radius * radius - (dy * dy) as f32).sqrt().floor() as isize))
            .collect();
        let count: isize = runs.iter().map(|(_, half)| 2 * half + 1).sum();
        // Sums from each row's beginning, so that a run of any length is one difference.
        let sums: Vec<Vec<f64>> = self
            .light
            .chunks_exact(self.width)
            .map(|row| {
                let sums = row.iter().scan(0.0, |sum, value| {
                    *sum += f64::from(*value);
                    Some(*sum)
                });
                std::iter::once(0.0).chain(sums).collect()
            })
            .collect();
        let (width, height) = (self.width as isize, self.height as isize);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0.0;
                for (dy, half) in &runs {
                    let row = &sums[(y + dy).clamp(0, height - 1) as usize];
                    let (from, to) = ((x - half).max(0), (x + half + 1).min(width));
                    // What lies beyond the picture is taken to be as what lies within.
                    let part = (row[to as usize] - row[from as usize]) / (to - from) as f64;
                    sum += part * (2 * half + 1) as f64;
                }
                self.light[(y * width + x) as usize] = (sum / count as f64) as f32;
            }
        }
    }

    /// Moves the picture over the open shutter by `length` pixels.
    pub(super) fn sweep(&mut self, length: f32, direction: f32) {
        let steps = (2.0 * length).ceil() as i32;
        if steps < 2 {
            return;
        }
        let source = self.light.clone();
        let (width, height) = (self.width as i32, self.height as i32);
        let offsets: Vec<(f32, f32)> = (0..=steps)
            .map(|step| (step as f32 / steps as f32 - 0.5) * length)
            .map(|along| (along * direction.cos(), along * direction.sin()))
            .collect();
        let at = |x: i32, y: i32| source[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize];
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0.0;
                for (dx, dy) in &offsets {
                    let (fx, fy) = (dx.floor(), dy.floor());
                    let (right, lower) = (dx - fx, dy - fy);
                    let (sx, sy) = (x + fx as i32, y + fy as i32);
                    let above = at(sx, sy) * (1.0 - right) + at(sx + 1, sy) * right;
                    let below = at(sx, sy + 1) * (1.0 - right) + at(sx + 1, sy + 1) * right;
                    sum += above * (1.0 - lower) + below * lower;
                }
                self.light[(y * width + x) as usize] = sum / offsets.len() as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_page_seen_straight_on_is_itself() {
        let flat = Surface::new(1000, [0.0; 3], None);
        let (u, v) = flat.seen_from(120.0, -80.0).unwrap();
        assert!((u - 120.0).abs() < 0.01 && (v + 80.0).abs() < 0.01, "{u} {v}");
    }

    #[test]
    fn a_bent_page_shortens_what_turns_away() {
        // Its middle is where it was; off it, more and more of the page stands in the same number of pixels.
        for radius in [300.0, -300.0] {
            let bent = Surface::new(1000, [0.0; 3], Some((radius, std::f32::consts::FRAC_PI_2)));
            let places: Vec<f32> =
                (0..5).map(|x| bent.seen_from(x as f32 * 50.0, 0.0).unwrap().0.abs()).collect();
            let steps: Vec<f32> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(places[0] < 0.1, "{places:?}");
            assert!(steps.last() > steps.first(), "{radius}: {steps:?}");
            // Along the axis nothing is bent.
            let (_, v) = bent.seen_from(0.0, 60.0).unwrap();
            assert!((v.abs() - 60.0).abs() < 0.1, "{v}");
        }
        let bent = Surface::new(1000, [0.0; 3], Some((100.0, std::f32::consts::FRAC_PI_2)));
        assert_eq!(bent.seen_from(200.0, 0.0), None);
    }

    #[test]
    fn light_is_spread_and_never_lost() {
        let point =
            || Plane::of_samples(41, 41, |x, y| if x.abs() < 0.5 && y.abs() < 0.5 { 1.0 } else { 0.0 });
        let sum = |plane: &Plane| plane.light.iter().sum::<f32>();
        let (mut disc, mut line) = (point(), point());
        disc.defocus(5.0);
        line.sweep(12.0, 0.0);
        assert!((sum(&disc) - 1.0).abs() < 1e-4 && (sum(&line) - 1.0).abs() < 1e-4);
        assert!(disc.at(24, 20) > 0.0 && disc.at(27, 20) < 1e-6);
        assert!(line.at(25, 20) > 0.0 && line.at(20, 24) < 1e-6);
    }
}
