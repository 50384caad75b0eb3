//! Heavy work: aside from the threads that answer requests, and so much at a time as the machine bears.

use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// Does work on a thread of its own, as soon as one of the `desks` is free.
///
/// Somebody who goes away while it is done frees no desk: it is free when the work is over.
///
/// # Errors
/// When the work panicked.
pub(crate) async fn aside<T: Send + 'static>(
    desks: &'static Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    // Nobody closes it; and if somebody did, the work would still be right, only not rationed.
    let place = desks.acquire().await.ok();
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(place);
        done
    })
    .await
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Has eight works done by `aside`, and one that panics; how many were at work at the same moment, at the most.
    pub(crate) async fn most_at_once<D: Future<Output = Result<(), JoinError>> + Send + 'static>(
        aside: impl Fn(Box<dyn FnOnce() + Send>) -> D,
    ) -> usize {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..8).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(aside(Box::new(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, Ordering::SeqCst);
            })))
        });
        for work in works.collect::<Vec<_>>() {
            work.await.unwrap().unwrap();
        }
        assert!(aside(Box::new(|| panic!("as a test"))).await.is_err());
        assert!(aside(Box::new(|| ())).await.is_ok(), "a panic keeps no place");
        most.load(Ordering::SeqCst)
    }
}
