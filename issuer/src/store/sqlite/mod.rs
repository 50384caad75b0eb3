//! The embedded database: one file, one writer that commits in groups, a few readers.
//!
//! WAL with `synchronous=FULL`: a commit has reached the disk when it returns. Verbs that wait at the same
//! time share one commit, each behind a savepoint of its own, so that one that fails takes back only itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt as _;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Row, Statements, StoreError, Value, Verb, migrate};

/// How many verbs share a commit at the most.
const GROUP: usize = 64;
/// How many verbs may wait; beyond that the caller waits to be let in.
const QUEUE: usize = 1024;
const READERS: usize = 4;

/// Runs a verb and returns what tells its caller how the commit went.
type Job = Box<dyn FnOnce(&mut Session<'_>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A handle to the writer's queue and the readers' pool.
#[derive(Clone)]
pub(super) struct Sqlite {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect(path, false)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
            )
            .map_err(failure)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failure)?;
        let migrated = migrate::run(&mut Session { connection: &mut connection, usable: true }, "BLOB").await;
        connection.execute_batch(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(failure)?;
        migrated?;

        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_loop(connection, queue))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let readers =
            Readers { path: path.to_owned(), idle: Mutex::default(), permits: Semaphore::new(READERS) };
        Ok(Self { jobs, readers: Arc::new(readers) })
    }

    pub(super) async fn write<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            let answer = session.in_savepoint(&verb);
            Box::new(move |committed| {
                // The caller may have gone away; its act is on disk all the same.
                let _ = send.send(answer.and_then(|answer| committed.map(|()| answer)));
            })
        });
        self.jobs.send(job).await.map_err(|_| gone())?;
        receive.await.map_err(|_| gone())?
    }

    pub(super) async fn read<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let readers = Arc::clone(&self.readers);
        let _permit = self.readers.permits.acquire().await.map_err(|_| gone())?;
        tokio::task::spawn_blocking(move || readers.run(&verb)).await.map_err(|_| gone())?
    }
}

impl Readers {
    fn run<V: Verb>(&self, verb: &V) -> Result<V::Answer, StoreError> {
        let pooled = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => connect(&self.path, true)?,
        };
        connection.execute_batch("BEGIN").map_err(failure)?;
        let answer = at_once(verb.run(&mut Session { connection: &mut connection, usable: true }));
        connection.execute_batch("COMMIT").map_err(failure)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }
}

fn connect(path: &Path, read_only: bool) -> Result<Connection, StoreError> {
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failure)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn write_loop(mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        // Without a transaction around it a savepoint would commit by itself, so then nothing is run.
        let mut committed = connection.execute_batch("BEGIN IMMEDIATE").map_err(failure);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            let mut session = Session { connection: &mut connection, usable: committed.is_ok() };
            replies.push(job(&mut session));
            // A full disk takes back the whole group, whatever each verb was told: so is everybody in it.
            if committed.is_ok() && connection.is_autocommit() {
                committed = Err(StoreError::Unavailable("the database took the whole group back".into()));
            }
            if committed.is_ok() && replies.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let committed = committed.and_then(|()| connection.execute_batch("COMMIT").map_err(failure));
        if committed.is_err() {
            // Nothing may stay half-done; if even this fails, the next BEGIN says so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for reply in replies {
            reply(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(StoreError::Unavailable(error.to_string())),
            });
        }
    }
}

/// SQLite answers while it is asked, so a verb's future is ready when it is first polled.
fn at_once<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    work.now_or_never()
        .unwrap_or(Err(StoreError::Damaged("a verb waited for something outside the database")))
}

struct Session<'c> {
    connection: &'c mut Connection,
    /// Whether there is a transaction to work in.
    usable: bool,
}

impl Session<'_> {
    fn in_savepoint<V: Verb>(&mut self, verb: &V) -> Result<V::Answer, StoreError> {
        if !self.usable {
            return Err(StoreError::Unavailable("there is no transaction".into()));
        }
        self.connection.execute_batch("SAVEPOINT verb").map_err(failure)?;
        let run = AssertUnwindSafe(|| at_once(verb.run(self)));
        // A verb that panics is taken back like one that fails; the writer lives on.
        let answer = catch_unwind(run).unwrap_or(Err(StoreError::Damaged("a verb panicked")));
        let end = if answer.as_ref().is_ok_and(V::keeps) {
            "RELEASE verb"
        } else {
            "ROLLBACK TO verb; RELEASE verb"
        };
        self.connection.execute_batch(end).map_err(failure)?;
        answer
    }

    fn statement<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        run: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        for (position, value) in (1..).zip(params) {
            // `$2` may stand before `$1` in the text, so parameters are found by name.
            let name = format!("${position}");
            let index = statement.parameter_index(&name).map_err(failure)?;
            let index = index.ok_or(StoreError::Damaged("a parameter is not used"))?;
            match value {
                Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
                Value::Int(number) => statement.raw_bind_parameter(index, number),
                Value::Text(text) => statement.raw_bind_parameter(index, text),
                Value::Bytes(bytes) => statement.raw_bind_parameter(index, bytes),
            }
            .map_err(failure)?;
        }
        run(&mut statement).map_err(failure)
    }
}

#[async_trait]
impl Statements for Session<'_> {
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.statement(sql, params, |statement| statement.raw_execute().map(|rows| rows as u64))
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.statement(sql, params, |statement| {
            let columns = statement.column_count();
            let mut cursor = statement.raw_query();
            let mut rows = Vec::new();
            while let Some(row) = cursor.next()? {
                let mut values = Vec::with_capacity(columns);
                for at in 0..columns {
                    values.push(match row.get_ref(at)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(number) => Value::Int(number),
                        ValueRef::Real(number) => Value::Int(number as i64),
                        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                    });
                }
                rows.push(Row(values));
            }
            Ok(rows)
        })
    }

    fn for_update(&self) -> &'static str {
        ""
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the database's thread has ended".into())
}

fn failure(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Constraint(error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Contention,
        _ => StoreError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Location, Statements, Store, StoreError, Verb};

    struct Run(&'static str);

    #[async_trait::async_trait]
    impl Verb for Run {
        type Answer = ();

        async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
            tx.execute(self.0, &[]).await.map(|_| ())
        }
    }

    #[tokio::test]
    async fn what_was_erased_is_not_left_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.db");
        let store = Store::open(&Location::Sqlite(path.clone())).await.unwrap();
        let insert = "INSERT INTO idempotent_reply (token_id, key, request_hash, status, body, expires_at) \
                      VALUES ('t', 'k', x'00', 200, 'Niepowtarzalska', 1)";
        store.write(Run(insert)).await.unwrap();
        let raw = rusqlite::Connection::open(&path).unwrap();
        let settle = || {
            raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).unwrap();
            let file = std::fs::read(&path).unwrap();
            file.windows(15).any(|bytes| bytes == b"Niepowtarzalska")
        };
        assert!(settle(), "it stands in the file");
        store.write(Run("DELETE FROM idempotent_reply")).await.unwrap();
        assert!(!settle(), "it is still in the file's free space");
    }
}
