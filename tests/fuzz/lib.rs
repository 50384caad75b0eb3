//! The targets of the `tests` crate as libFuzzer takes them.

#[path = "../src/fuzz/mod.rs"]
pub mod fuzz;

pub use libfuzzer_sys;

use fuzz::mutate::{Chance, mutated};

/// Changes `data[..size]` in place: every other time as libFuzzer does, else beneath what the input is wrapped in.
/// Returns the new size, at most `max_size`.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed.is_multiple_of(2) {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let input = data[..size].to_vec();
    let mut changed = mutated(&input, &input, &mut Chance::new(seed.into()));
    changed.truncate(max_size.min(data.len()));
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
}

/// What reads with a library whose panics it contains by design: codes in pictures, photos, forwarded letters.
const CONTAINING: [&str; 3] = ["letter", "photo", "qr"];

/// Whether the target of this name contains panics.
pub fn contains_panics(name: &str) -> bool {
    CONTAINING.contains(&name)
}

/// libFuzzer ends the program at every panic, even at one that is contained; without its hook it still ends at those
/// that come out of a target.
pub fn let_panics_be_contained() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(std::panic::take_hook()));
}

/// The entry point of one target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        use $crate::libfuzzer_sys;

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::change(data, size, max_size, seed)
        });
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            if $crate::contains_panics(stringify!($name)) {
                $crate::let_panics_be_contained();
            }
            $crate::fuzz::$name(bytes)
        });
    };
}
