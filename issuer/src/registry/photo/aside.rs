//! Where photos are unpacked: aside from the threads that answer requests, and a few at a time.

use tokio::task::JoinError;

use crate::registry::aside::{AtDesks, Desks};

/// How many photos are unpacked at the same time. One needs up to 400 MB and seconds of a core; whoever comes
/// third waits.
const AT_A_TIME: usize = 2;

/// For the whole process: however many doors photos come in by, there is one machine behind them.
static DESKS: Desks = Desks::new(AT_A_TIME);

/// How it stands where photos are unpacked.
pub(crate) fn desks() -> AtDesks {
    DESKS.standing()
}

/// Does work that unpacks photos on a thread of its own, two at a time.
///
/// Somebody who goes away while it is done frees no place: the place is free when the work is over.
///
/// # Errors
/// When the work panicked.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    crate::registry::aside::aside(&DESKS, work).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::aside::tests::most_at_once;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_than_two_are_unpacked_at_a_time() {
        assert!((1..=AT_A_TIME).contains(&most_at_once(aside).await));
    }
}
