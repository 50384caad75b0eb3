//! A wall around third-party decoders: a picture that makes one panic costs a reading, never the process.
//!
//! The panic's message is held back too: a picture is a stranger's, its panics are expected, and a message per attempt
//! would drown whatever the program has to say. Rust prints that message from the process-wide panic hook. Swapping
//! the hook around each call would race with other threads (one's swap could restore another's silence for good), so a
//! hook is put in front of the present one once, and a flag of the thread decides: set while this thread decodes,
//! every other thread's panics are reported as before. A program that later replaces the hook loses the silence, never
//! the wall.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

#[cfg(panic = "abort")]
compile_error!("pictures are decoded behind catch_unwind: build with panic = \"unwind\"");

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `work`; `None` if it panicked.
///
/// `work` must own, or only read, what it uses: whatever it was changing when it panicked is lost with it.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| {
            if !SILENT.get() {
                previous(panic);
            }
        }));
    });
    let _silence = Silence(SILENT.replace(true));
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Gives the thread its voice back, however the work ended; remembers an outer silence.
struct Silence(bool);

impl Drop for Silence {
    fn drop(&mut self) {
        SILENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stays_inside_and_the_thread_speaks_again() {
        assert_eq!(contained(|| 7), Some(7));
        assert_eq!(contained(|| -> u8 { panic!("contained") }), None);
        assert!(!SILENT.get());
        assert_eq!(contained(|| (contained(|| -> u8 { panic!("inner") }), SILENT.get())), Some((None, true)));
        assert!(!SILENT.get());
    }
}
