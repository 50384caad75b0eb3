//! Heavy work: aside from the threads that answer requests, and so much at a time as the machine bears.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinError;

/// Places at which heavy work is done, and a line before them.
#[derive(Debug)]
pub struct Desks {
    places: Semaphore,
    all: usize,
    waiting: AtomicUsize,
}

/// How it stands at some desks at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtDesks {
    /// Places at which work is done.
    pub taken: usize,
    /// Works that wait for a place.
    pub waiting: usize,
}

/// Somebody in the line; out of it when this is dropped.
struct InLine<'a>(&'a AtomicUsize);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place that is free again when this is dropped, wherever that is.
#[derive(Debug)]
pub struct Place(Arc<Desks>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.places.add_permits(1);
    }
}

impl Desks {
    /// So many places.
    pub(crate) const fn new(all: usize) -> Self {
        Self { places: Semaphore::const_new(all), all, waiting: AtomicUsize::new(0) }
    }

    /// Waits for a place, which is free again when what is returned is dropped.
    pub(crate) async fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _in_line = InLine(&self.waiting);
        // Nobody closes it; and if somebody did, the work would still be right, only not rationed.
        self.places.acquire().await.ok()
    }

    /// The same for work that may outlive whoever asked for it.
    pub(crate) async fn take_along(self: &Arc<Self>) -> Option<Place> {
        self.take().await?.forget();
        Some(Place(Arc::clone(self)))
    }

    /// How it stands.
    pub(crate) fn standing(&self) -> AtDesks {
        let taken = self.all.saturating_sub(self.places.available_permits());
        AtDesks { taken, waiting: self.waiting.load(Ordering::Relaxed) }
    }
}

/// Does work on a thread of its own, as soon as one of the `desks` is free.
///
/// Somebody who goes away while it is done frees no desk: it is free when the work is over.
///
/// # Errors
/// When the work panicked.
pub(crate) async fn aside<T: Send + 'static>(
    desks: &'static Desks,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    at_place(desks.take().await, work).await
}

/// Does work on a thread of its own, and keeps the `place` that was taken for it until it is over.
///
/// # Errors
/// When the work panicked.
pub(crate) async fn at_place<P: Send + 'static, T: Send + 'static>(
    place: P,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(place);
        done
    })
    .await
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_works_who_waits_and_who_left_the_line_are_told() {
        let desks = Desks::new(1);
        assert_eq!(desks.standing(), AtDesks { taken: 0, waiting: 0 });
        let place = desks.take().await;
        assert_eq!(desks.standing(), AtDesks { taken: 1, waiting: 0 });
        let mut second = Box::pin(desks.take());
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(desks.standing(), AtDesks { taken: 1, waiting: 1 });
        drop(second);
        assert_eq!(desks.standing(), AtDesks { taken: 1, waiting: 0 });
        drop(place);
        assert_eq!(desks.standing(), AtDesks { taken: 0, waiting: 0 });
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_keeps_its_place() {
        let desks = Arc::new(Desks::new(1));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(at_place(desks.take_along().await, move || ended.recv()));
        assert!(futures::poll!(&mut work).is_pending());
        drop(work);
        assert_eq!(desks.standing(), AtDesks { taken: 1, waiting: 0 }, "its place went to the next");
        end.send(()).unwrap();
        drop(
            tokio::time::timeout(Duration::from_secs(20), desks.take())
                .await
                .expect("a place that comes free"),
        );
    }

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
