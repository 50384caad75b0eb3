//! The demo: the whole life of a card over real HTTP, with a real QR picture, on an embedded database.
//!
//! Every step names the school pages whose numbered steps it carries out: S0 (a primary school), S1 (an upper
//! secondary school), S2 (a school on the education platform), S3 (the service's terms), S4 (a procedure). Steps of the
//! inspection, of which the schools say nothing, name what they rest on instead.

mod desk;
mod inspection;
mod legacy;
mod living;
mod outlook;
mod zpe;

pub use desk::{Desk, Options};

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is going on, for the line that is printed should it fail.
static NOW: Mutex<String> = Mutex::new(String::new());
static HELD: AtomicU32 = AtomicU32::new(0);

/// Plays the stories; returns only if every step held.
///
/// # Panics
/// At the first step that does not hold, after saying which.
pub async fn play(options: &Options) -> Desk {
    report_failures();
    let mut desk = Desk::set_up(options).await;
    legacy::story(&desk).await;
    zpe::story(&desk).await;
    inspection::story(&desk).await;
    desk.keep_seeded(living::open(&desk).await);
    println!("\n{} steps held.", HELD.load(Ordering::Relaxed));
    desk
}

/// An issuer with the living school and nothing else: for whoever looks at its pages.
pub async fn living_school(options: &Options) -> Desk {
    let mut desk = Desk::set_up(options).await;
    desk.keep_seeded(living::open(&desk).await);
    desk
}

/// Says what to try next, and waits until the issuer is stopped.
///
/// Six phones lie beside it, served at `phones`, or at any free port if that is taken.
pub async fn stay(desk: Desk, phones: SocketAddr) {
    outlook::stay(desk, phones).await;
}

fn report_failures() {
    std::panic::set_hook(Box::new(|panic| {
        let step = NOW.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reason = panic.payload_as_str().unwrap_or("it panicked");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("  ✗ {step}\n    {reason} ({place})");
    }));
}

fn chapter(title: &str) {
    println!("\n{title}");
}

/// Carries a step out and ticks it off.
async fn step<T>(pages: &str, what: &str, work: impl Future<Output = T>) -> T {
    what.clone_into(&mut NOW.lock().unwrap_or_else(PoisonError::into_inner));
    let result = work.await;
    tick(pages, what);
    result
}

/// Ticks off something that must hold.
#[track_caller]
fn holds(pages: &str, what: &str, holds: bool) {
    what.clone_into(&mut NOW.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(holds, "this does not hold: {what}");
    tick(pages, what);
}

fn tick(pages: &str, what: &str) {
    HELD.fetch_add(1, Ordering::Relaxed);
    println!("  ✓ {what}  [{pages}]");
    let _ = std::io::stdout().flush();
}
