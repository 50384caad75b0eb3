//! How many hard pictures are read, and how long a picture takes, beside two open readers on the same pictures.
//! `cargo bench -p tests --bench reading`
//!
//! Each distortion is shown at five strengths from mild to hard, with [`SEEDS`] slips at each; a picture counts if every
//! text in it was read. The other readers stand alone, as their own documentation calls them, on the picture's grey
//! values. Times go from a JPEG's bytes to the text, in time on the processor where the system tells it (Linux), so that
//! what else the machine does is not measured. The result is a table in Markdown.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use image::{GrayImage, Luma};
use rqrr::PreparedImage;
use shared::qr::frame::{self, Frame, FrameReading};
use shared::qr::scan::{scan, scan_luma};
use tests::photograph::ordeal::{Distortion, Ordeal};
use tests::photograph::{Photograph, slip_page};

/// The slips at each strength.
const SEEDS: u64 = 4;
const STRENGTHS: u8 = 5;
const SIZE: (u32, u32) = (1280, 960);

/// The photographs of each size whose time is taken, and how often each is read.
const PHOTOGRAPHS: u64 = 7;
const ROUNDS: usize = 5;

type Reader = fn(&GrayImage, usize) -> Vec<String>;
const READERS: [(&str, Reader); 3] =
    [("this project", ours), ("rxing alone", rxing_alone), ("rqrr alone", rqrr_alone)];

fn ours(grey: &GrayImage, _: usize) -> Vec<String> {
    scan_luma(grey).unwrap_or_default()
}

/// It reads one code at a time: for the next one, what has been read is painted over.
fn rxing_alone(grey: &GrayImage, codes: usize) -> Vec<String> {
    let mut rest = grey.clone();
    let mut texts = Vec::new();
    for _ in 0..codes {
        let (width, height) = rest.dimensions();
        let luma = rest.as_raw().clone();
        let Ok(Ok(read)) = catch_unwind(|| rxing::helpers::detect_in_luma(luma, width, height, None)) else {
            break;
        };
        texts.push(read.getText().to_owned());
        let points = read.getPoints();
        let span = |of: fn(&rxing::Point) -> f32| {
            let low = points.iter().map(of).fold(f32::INFINITY, f32::min).max(0.0);
            (low as u32, points.iter().map(of).fold(0.0, f32::max) as u32)
        };
        let ((left, right), (top, bottom)) = (span(|point| point.x), span(|point| point.y));
        for y in top..bottom.min(height) {
            (left..right.min(width)).for_each(|x| rest.put_pixel(x, y, Luma([128])));
        }
    }
    texts
}

fn rqrr_alone(grey: &GrayImage, _: usize) -> Vec<String> {
    let read = catch_unwind(|| {
        let mut prepared = PreparedImage::prepare(grey.clone());
        let grids = prepared.detect_grids();
        grids.into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    });
    read.unwrap_or_default()
}

/// The processor's time that this thread has used; where the system does not tell it, the time of day.
fn used(since: Instant) -> Duration {
    // It is brought up to date when the thread steps aside.
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = line.and_then(|line| line.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn timed(work: impl FnOnce()) -> Duration {
    let since = Instant::now();
    let before = used(since);
    work();
    used(since).saturating_sub(before)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn grey(jpeg: &[u8]) -> GrayImage {
    image::load_from_memory(jpeg).unwrap().into_luma8()
}

fn rates() {
    println!("| distortion | {} |", READERS.map(|(name, _)| name).join(" | "));
    println!("|---|{}", "--:|".repeat(READERS.len()));
    let mut sums = [0; READERS.len()];
    let per_row = u64::from(STRENGTHS) * SEEDS;
    let mut longest = Duration::ZERO;
    for distortion in Distortion::ALL {
        let mut read = [[0; STRENGTHS as usize]; READERS.len()];
        for strength in 0..STRENGTHS {
            for seed in 0..SEEDS {
                let part = f32::from(strength) / f32::from(STRENGTHS - 1);
                let seed = 1 + seed * u64::from(STRENGTHS) + u64::from(strength);
                let ordeal = Ordeal { distortion, strength: part, seed, width: SIZE.0, height: SIZE.1 };
                let picture = ordeal.picture().unwrap();
                let grey = grey(&picture.jpeg);
                for (at, (_, reader)) in READERS.iter().enumerate() {
                    let mut texts = Vec::new();
                    let took = timed(|| texts = reader(&grey, picture.texts.len()));
                    longest = longest.max(if at == 0 { took } else { Duration::ZERO });
                    let all = picture.texts.iter().all(|text| texts.contains(text));
                    read[at][usize::from(strength)] += u32::from(all);
                }
            }
        }
        let cell = |by_strength: [u32; STRENGTHS as usize]| {
            let each = by_strength.map(|count| count.to_string()).join("·");
            format!("{} ({each})", by_strength.iter().sum::<u32>())
        };
        println!("| {} | {} |", distortion.name(), read.map(cell).join(" | "));
        for (sum, by_strength) in sums.iter_mut().zip(read) {
            *sum += by_strength.iter().sum::<u32>();
        }
    }
    let all = per_row * Distortion::ALL.len() as u64;
    println!("| **all** | {} |", sums.map(|sum| format!("**{sum}**")).join(" | "));
    println!(
        "\nOf {per_row} pictures each, {SEEDS} at each of {STRENGTHS} strengths from mild to hard; {all} in all."
    );
    println!(
        "The longest that this project looked at one picture: {:.0} ms.\n",
        longest.as_secs_f64() * 1000.0
    );
}

fn times() {
    println!("| picture | {} |", READERS.map(|(name, _)| name).join(" | "));
    println!("|---|{}", "--:|".repeat(READERS.len()));
    let page = slip_page("openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fo%2FAbCdEfGhIjKlMnOpQrStUv").unwrap();
    let taken = |(width, height): (u32, u32), seed| {
        let photograph = Photograph { seed, width, height, ..Photograph::default() };
        photograph.take(&page).unwrap()
    };
    for size in [(640, 480), (1280, 720), (1600, 1200), (4032, 3024)] {
        let mut took = [const { Vec::new() }; READERS.len()];
        let mut count = [0; READERS.len()];
        for seed in 1..=PHOTOGRAPHS {
            let jpeg = taken(size, seed);
            for (at, (_, reader)) in READERS.iter().enumerate() {
                for round in 0..ROUNDS {
                    let mut read = false;
                    took[at].push(timed(|| {
                        read =
                            if at == 0 { scan(&jpeg).is_ok() } else { !reader(&grey(&jpeg), 1).is_empty() };
                    }));
                    count[at] += u64::from(read && round == 0);
                }
            }
        }
        let cells: Vec<String> = took
            .into_iter()
            .zip(count)
            .map(|(times, count)| format!("{:.1} ms ({count} of {PHOTOGRAPHS})", median(times)))
            .collect();
        println!("| photograph, {} × {} | {} |", size.0, size.1, cells.join(" | "));
    }
    without_a_code();
    for size in [(640, 480), (1280, 720)] {
        let films = [(0.3, "a slip"), (-1.0, "an empty table")];
        for (hardness, what) in films {
            let mut took = Vec::new();
            let mut read = 0;
            for number in 0..21_u32 {
                let jpeg = if hardness < 0.0 {
                    let table =
                        GrayImage::from_fn(size.0, size.1, |x, y| Luma([(90 + (x * 7 + y * 13) % 23) as u8]));
                    let mut bytes = Vec::new();
                    table.write_with_encoder(image::codecs::jpeg::JpegEncoder::new(&mut bytes)).unwrap();
                    bytes
                } else {
                    taken(size, 1 + u64::from(number) % PHOTOGRAPHS)
                };
                took.push(timed(|| {
                    let frame = Frame::from_picture(&jpeg).unwrap().numbered(number as usize);
                    read += u32::from(matches!(frame::read(&frame), FrameReading::Codes(_)));
                }));
            }
            println!(
                "| live frame of {what}, {} × {} | {:.1} ms ({read} of 21) | | |",
                size.0,
                size.1,
                median(took)
            );
        }
    }
}

/// What has no code to stop at: everything is tried.
fn without_a_code() {
    let (width, height) = (4032, 3024);
    // A page of print, finely and coarsely set, and noise, which looks like everything.
    let print = GrayImage::from_fn(width, height, |x, y| {
        let (letter, line) = if x < width / 2 { (9, 26) } else { (37, 90) };
        let ink = y % line > line / 2 && (x / letter * 7 + y / line * 5) % 11 < 6;
        Luma([if ink { 50 } else { 215 }])
    });
    let mut last = 1_u32;
    let noise = GrayImage::from_fn(width, height, |_, _| {
        last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Luma([(last >> 24) as u8])
    });
    // The other two between them, asked for noise of this size, were still at it after five minutes.
    for (what, picture, readers) in [("print", print, READERS.len()), ("noise", noise, 1)] {
        let mut cells = READERS.map(|_| String::new());
        for (cell, (_, reader)) in cells.iter_mut().zip(READERS).take(readers) {
            let times = (0..3).map(|_| timed(|| assert!(reader(&picture, 1).is_empty()))).collect();
            *cell = format!("{:.0} ms", median(times));
        }
        println!("| {what} without a code, {width} × {height} | {} |", cells.join(" | "));
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    times();
    println!();
    rates();
}
