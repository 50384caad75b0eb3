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
