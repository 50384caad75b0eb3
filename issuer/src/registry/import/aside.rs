//! Where tables are read: aside from the threads that answer requests, one after the other.

use jiff::civil::Date;
use tokio::task::JoinError;

use super::row::{Judged, judge};
use super::table::{Table, TableRefusal};
use crate::registry::aside::{AtDesks, Desks};

/// For the whole process. A workbook may take some hundred megabytes while it is unpacked, and schools do not send
/// their classes all at the same moment; whoever comes second waits.
static DESK: Desks = Desks::new(1);

/// How it stands where tables are read.
pub(crate) fn desks() -> AtDesks {
    DESK.standing()
}

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
    use super::*;
    use crate::registry::aside::tests::most_at_once;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_table_is_read_at_a_time() {
        assert_eq!(most_at_once(aside).await, 1);
    }
}
