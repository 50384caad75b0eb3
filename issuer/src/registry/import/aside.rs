//! Where tables are read: aside from the threads that answer requests, one after the other.

use jiff::civil::Date;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use super::row::{Judged, judge};
use super::table::{Table, TableRefusal};

/// For the whole process. A workbook may take some hundred megabytes while it is unpacked, and schools do not send
/// their classes all at the same moment; whoever comes second waits.
static DESK: Semaphore = Semaphore::const_new(1);

/// Reads a file and judges its rows, on a thread of its own; `today` in Warsaw.
///
/// Somebody who goes away while it is done does not free the desk: it is free when the work is over.
///
/// # Errors
/// The outer one when the work panicked; the inner one says why the file is no table of pupils.
pub async fn read_and_judge(
    bytes: impl AsRef<[u8]> + Send + 'static,
    today: Date,
) -> Result<Result<(Table, Vec<Judged>), TableRefusal>, JoinError> {
    aside(move || {
        let table = Table::read(bytes.as_ref())?;
        let rows = judge(&table, today);
        Ok((table, rows))
    })
    .await
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    crate::registry::aside::aside(&DESK, work).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_table_is_read_at_a_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let works = (0..6).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(aside(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(10));
                now.fetch_sub(1, Ordering::SeqCst);
            }))
        });
        for work in works.collect::<Vec<_>>() {
            work.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(aside(|| panic!("a table broke the reader")).await.is_err());
        assert_eq!(aside(|| 7).await.unwrap(), 7, "a panic keeps no place");
    }
}
