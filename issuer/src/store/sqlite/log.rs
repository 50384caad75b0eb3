//! Moves the write-ahead log into the file, beside the writer.
//!
//! Moving is slow where a big file's pages lie far apart, and left to itself SQLite does it inside a COMMIT, for which
//! a whole group of acts waits. Here a thread with a connection of its own moves it while the writer goes on; the
//! writer then moves the little that came meanwhile, so that the log begins anew. It does so between two groups, when
//! the acts of the one have their answers. Nothing that was committed hangs on it: until a page is moved, it is read
//! from the log.
//!
//! SQLite has the file written to disk only by a pass that has reached the log's end; that flush is what takes
//! long. So the mover passes over the log until it meets no commit on its way, twenty times at the most: one of those
//! passes has flushed what the first has written, and little is left for the writer to wait for.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use super::{StoreError, connect, failure};

/// When the log is moved, in pages of 4 KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// What is worth a move. Few: while a move is flushed, the writer's own flush stands behind it in the disk's queue.
    start: u32,
    /// Where the writer waits for the mover and moves the rest, however large it is.
    bound: u32,
}

pub(super) const LIMITS: Limits = Limits { start: 500, bound: 4_000 };

/// How often the mover passes over the log for one move at the most.
const PASSES: usize = 20;

/// The writer's view of its log. When it is dropped the mover has ended and closed its connection.
pub(super) struct Log {
    limits: Limits,
    /// Pages in the log after the last commit.
    length: Arc<AtomicU32>,
    /// The same when it was last looked at: a smaller number now tells that the log has begun anew.
    seen: u32,
    /// Its length when the last move ended. A reader may have kept it from beginning anew there.
    settled: u32,
    /// Its length when the mover was set to work, while it is.
    moving_since: Option<u32>,
    /// Whether the last move failed: that is told once.
    failing: bool,
    /// Always there until it is dropped, which ends the mover.
    orders: Option<Sender<()>>,
    ends: Receiver<()>,
    mover: Option<JoinHandle<()>>,
}

impl Drop for Log {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(mover) = self.mover.take() {
            let _ = mover.join();
        }
    }
}

impl Log {
    /// Takes over the log of this writer, from which on SQLite moves nothing by itself.
    pub(super) fn take_over(
        path: &Path,
        writer: &mut Connection,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let connection = connect(path, false)?;
        // What is moved is on disk before the log may begin anew.
        connection.pragma_update(None, "synchronous", "FULL").map_err(failure)?;
        // A connection that has read nothing yet knows of no log, and would move nothing without saying so.
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failure)?;
        let length = Arc::new(AtomicU32::new(0));
        let (committed, told) = (Arc::clone(&length), Arc::clone(&length));
        let (orders, ordered) = channel();
        let (report, ends) = channel();
        let mover = std::thread::Builder::new()
            .name("sqlite-log".into())
            .spawn(move || {
                while ordered.recv().is_ok() {
                    // What it could not move the writer cannot either, and says so.
                    let _ = pursue(&connection, &committed);
                    if report.send(()).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        writer
            .wal_hook(Some(move |_: &mut _, pages: i32| {
                told.store(pages.unsigned_abs(), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(failure)?;
        Ok(Self {
            limits,
            length,
            seen: 0,
            settled: 0,
            moving_since: None,
            failing: false,
            orders: Some(orders),
            ends,
            mover: Some(mover),
        })
    }

    /// Has the log moved if it has grown enough. To be called between two transactions of the writer.
    pub(super) fn look_after(&mut self, writer: &Connection) {
        let length = self.length.load(Ordering::Relaxed);
        if length < self.seen {
            self.settled = 0;
        }
        self.seen = length;
        let grown = length.saturating_sub(self.settled);
        if let Some(since) = self.moving_since {
            // One that has gone away has ended as well.
            let waits = length.saturating_sub(since) >= self.limits.bound;
            if waits {
                let _ = self.ends.recv();
            } else if self.ends.try_recv() == Err(TryRecvError::Empty) {
                return;
            }
            self.moving_since = None;
            // It may have begun anew already.
            if grown >= self.limits.start {
                self.settle(writer, length);
            }
        } else if grown >= self.limits.start {
            let ordered = self.orders.as_ref().is_some_and(|orders| orders.send(()).is_ok());
            self.moving_since = ordered.then_some(length);
            if !ordered {
                self.settle(writer, length);
            }
        }
    }

    /// Moves the rest, so that the next transaction may write the log from its beginning.
    fn settle(&mut self, writer: &Connection, length: u32) {
        self.settled = length;
        match move_pages(writer) {
            Ok(_) => self.failing = false,
            // Somebody else moves it just now.
            Err(StoreError::Contention) => {}
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(%error, "the database's log cannot be moved into its file and grows meanwhile");
                }
            }
        }
    }
}

/// Moves pages until a pass meets no commit; or cannot get on, where a reader still needs what was there before.
fn pursue(mover: &Connection, committed: &AtomicU32) -> Result<u32, StoreError> {
    let mut moved = 0;
    for _ in 0..PASSES {
        let before = std::mem::replace(&mut moved, move_pages(mover)?);
        if moved >= committed.load(Ordering::Relaxed) || moved == before {
            break;
        }
    }
    Ok(moved)
}

/// Moves what is in the log and no reader still needs there; how many of the log's pages are in the file then.
fn move_pages(connection: &Connection) -> Result<u32, StoreError> {
    let (_, moved) = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE).map_err(failure)?;
    u32::try_from(moved).map_err(|_| StoreError::Damaged("a connection knows of no log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer of a few pages at a time.
    struct Book {
        path: std::path::PathBuf,
        writer: Connection,
        rows: i64,
        _folder: tempfile::TempDir,
    }

    impl Book {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("book.db");
            let writer = connect(&path, false).unwrap();
            let begin = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE line (text BLOB);";
            writer.execute_batch(begin).unwrap();
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            Self { path, writer, rows: 0, _folder: folder }
        }

        /// Writes, and has the log looked after; how long it is then.
        fn write(&mut self, log: &mut Log) -> u32 {
            self.writer.execute("INSERT INTO line VALUES (randomblob(3000))", []).unwrap();
            self.rows += 1;
            let length = log.length.load(Ordering::Relaxed);
            log.look_after(&self.writer);
            length
        }

        fn is_whole(&self) -> bool {
            let rows = "SELECT count(*) FROM line WHERE length(text) = 3000";
            let read = connect(&self.path, true).unwrap();
            read.query_row(rows, [], |row| row.get::<_, i64>(0)).unwrap() == self.rows
        }
    }

    /// A book whose log is moved from `start` pages on, and waited for at `bound`.
    fn book(start: u32, bound: u32) -> (Book, Log) {
        let mut book = Book::new();
        let log = Log::take_over(&book.path, &mut book.writer, Limits { start, bound }).unwrap();
        (book, log)
    }

    #[test]
    fn the_log_begins_anew_while_it_is_written_to() {
        let (mut book, mut log) = book(50, 400);
        let lengths: Vec<_> = (0..5_000).map(|_| book.write(&mut log)).collect();
        let longest = lengths.iter().max().unwrap();
        assert!((50..470).contains(longest), "{longest}");
        let anew = lengths.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!(anew > 10, "{anew}");
        assert!(book.is_whole());
    }

    #[test]
    fn what_the_mover_has_moved_needs_nothing_of_the_writer() {
        let (mut book, mut log) = book(10_000, 20_000);
        let mover = connect(&book.path, false).unwrap();
        assert!(
            matches!(pursue(&mover, &log.length), Err(StoreError::Damaged(_))),
            "it has not read anything"
        );
        mover.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
        let length = (0..100).map(|_| book.write(&mut log)).last().unwrap();
        assert!(length > 100, "{length}");
        assert_eq!(pursue(&mover, &log.length).unwrap(), length);
        let next = book.write(&mut log);
        assert!(next < 10, "the log has not begun anew: {next}");
    }

    #[test]
    fn at_the_bound_the_writer_waits_and_moves_the_rest() {
        let (mut book, mut log) = book(50, 50);
        let longest = (0..500).map(|_| book.write(&mut log)).max().unwrap();
        assert!((50..120).contains(&longest), "{longest}");
        assert!(book.is_whole());
    }

    #[test]
    fn a_reader_keeps_the_log_until_it_ends() {
        let (mut book, mut log) = book(50, 100);
        let reader = connect(&book.path, true).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let seen = || reader.query_row("SELECT count(*) FROM line", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(seen(), 0);
        let longest = (0..1_000).map(|_| book.write(&mut log)).max().unwrap();
        assert!(longest > 1_000, "the log was not kept for the reader: {longest}");
        assert_eq!(seen(), 0, "the reader's own time");
        reader.execute_batch("COMMIT").unwrap();
        let last = (0..500).map(|_| book.write(&mut log)).last().unwrap();
        assert!(last < 170, "it has not begun anew: {last}");
        assert!(book.is_whole());
    }

    #[test]
    fn without_its_mover_the_writer_moves_the_log() {
        let (mut book, mut log) = book(50, 400);
        log.orders = None;
        let longest = (0..500).map(|_| book.write(&mut log)).max().unwrap();
        assert!((50..60).contains(&longest), "{longest}");
        assert!(book.is_whole());
    }
}
