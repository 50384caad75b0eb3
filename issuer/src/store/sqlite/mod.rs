//! The embedded database: one file, one writer that commits in groups, a few readers.
//!
//! WAL with `synchronous=FULL`: a commit has reached the disk when it returns. Verbs that wait at the same
//! time share one commit, each but the first behind a savepoint of its own, so that one that fails takes back only
//! itself.

mod log;

use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::{Semaphore, mpsc, oneshot};

use self::log::Log;
use super::{Load, Row, Statements, StoreError, Value, Verb, migrate};

/// How many verbs share a commit at the most.
const GROUP: usize = 64;
/// How many verbs may wait; beyond that the caller waits to be let in.
const QUEUE: usize = 1024;
const READERS: usize = 4;
/// How often the log is tried to be put away, and how long each try waits for others and is rested after: some seconds in
/// all, since a shutdown waits for it.
const TIDY_TRIES: usize = 20;
const TIDY_PAUSE: Duration = Duration::from_millis(100);
/// A writer holds the file from the beginning, so that two never meet half-way.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// Runs a verb and returns what tells its caller how the commit went.
type Job = Box<dyn FnOnce(&mut Session<'_>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A handle to the readers' pool and the writer's queue. When the last one is dropped the file is closed: readers first,
/// since only who may write can put the log away.
#[derive(Clone)]
pub(super) struct Sqlite {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
}

struct Writer {
    /// Always there until it is dropped, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // What it had begun is committed by then. It catches its verbs' panics and has none of its own.
            let _ = thread.join();
        }
    }
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        private(path)?;
        let mut connection = connect(path, false)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; \
                 PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;",
            )
            .map_err(failure)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failure)?;
        let migrated = migrate::run(&mut Session::new(&mut connection, true), "BLOB").await;
        connection.execute_batch(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(failure)?;
        migrated?;

        let log = Log::take_over(path, &mut connection, log::LIMITS)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_loop(connection, log, queue))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let readers =
            Readers { path: path.to_owned(), idle: Mutex::default(), permits: Semaphore::new(READERS) };
        let writer = Writer { jobs: Some(jobs), thread: Some(thread) };
        Ok(Self { readers: Arc::new(readers), writer: Arc::new(writer) })
    }

    pub(super) async fn write<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            let answer = session.run_apart(&verb);
            Box::new(move |committed| {
                // The caller may have gone away; its act is on disk all the same.
                let _ = send.send(answer.and_then(|answer| committed.map(|()| answer)));
            })
        });
        let jobs = self.writer.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).await.map_err(|_| gone())?;
        receive.await.map_err(|_| gone())?
    }

    pub(super) async fn read<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let readers = Arc::clone(&self.readers);
        // What only glances is done before another thread had woken up.
        if V::GLANCE
            && let Ok(_permit) = self.readers.permits.try_acquire()
        {
            return self.readers.run(&verb);
        }
        let _permit = self.readers.permits.acquire().await.map_err(|_| gone())?;
        tokio::task::spawn_blocking(move || readers.run(&verb)).await.map_err(|_| gone())?
    }

    pub(super) fn load(&self) -> Load {
        let busy = READERS - self.readers.permits.available_permits();
        let waiting = self.writer.jobs.as_ref().map_or(0, |jobs| jobs.max_capacity() - jobs.capacity());
        // The writer and the log's mover are always there.
        Load { waiting, open: 2 + READERS, busy }
    }

    /// Moves the log into the file and empties it.
    pub(super) async fn tidy(&self) -> Result<(), StoreError> {
        let path = self.readers.path.clone();
        let moved = tokio::task::spawn_blocking(move || {
            let connection = connect(&path, false)?;
            connection.busy_timeout(TIDY_PAUSE).map_err(failure)?;
            // For who moves it already SQLite does not wait by itself.
            for _ in 0..TIDY_TRIES {
                let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
                if connection.query_row(checkpoint, [], |row| row.get::<_, i64>(0)).map_err(failure)? == 0 {
                    return Ok(());
                }
                std::thread::sleep(TIDY_PAUSE);
            }
            Err(StoreError::Contention)
        });
        moved.await.map_err(|_| gone())?
    }
}

impl Readers {
    fn run<V: Verb>(&self, verb: &V) -> Result<V::Answer, StoreError> {
        let pooled = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => connect(&self.path, true)?,
        };
        // A single query is a snapshot by itself.
        if !V::GLANCE {
            command(&connection, "BEGIN")?;
        }
        let answer = at_once(verb.run(&mut Session::new(&mut connection, true)));
        if !V::GLANCE {
            command(&connection, "COMMIT")?;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }
}

/// Makes the file, if there is none, for its owner alone: SQLite gives its log and its index the same rights.
fn private(path: &Path) -> Result<(), StoreError> {
    let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(|_| ()).map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn connect(path: &Path, read_only: bool) -> Result<Connection, StoreError> {
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failure)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failure)?;
    // A plan does not hang on the values it is run with. Otherwise a new value for a parameter that stands beside the
    // condition of a partial index, or in a LIMIT, has the statement parsed and planned anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn write_loop(mut connection: Connection, mut log: Log, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        // Without a transaction around it a verb would commit by itself, so then nothing is run.
        let mut committed = command(&connection, BEGIN);
        let mut session = Session::new(&mut connection, committed.is_ok());
        let mut next = Some(first);
        while let Some(job) = next.take() {
            replies.push(job(&mut session));
            // A full disk takes back the whole group, whatever each verb was told: so is everybody in it.
            if committed.is_ok() && (session.connection.is_autocommit() || !session.usable) {
                committed = Err(StoreError::Unavailable("the database took the whole group back".into()));
                session.usable = false;
            }
            if committed.is_ok() && replies.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let committed = committed.and_then(|()| command(&connection, "COMMIT"));
        if committed.is_err() {
            // Nothing may stay half-done; if even this fails, the next BEGIN says so.
            let _ = command(&connection, "ROLLBACK");
        }
        for reply in replies {
            reply(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(StoreError::Unavailable(error.to_string())),
            });
        }
        log.look_after(&connection);
    }
    // Who is the last to close the file puts the log away, and only who may write can.
    drop(log);
}

/// A statement of the connection's own, which is parsed once.
fn command(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.raw_execute())
        .map(|_| ())
        .map_err(failure)
}

/// SQLite answers while it is asked, so a verb's future is ready when it is first polled.
fn at_once<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    work.now_or_never()
        .unwrap_or(Err(StoreError::Damaged("a verb waited for something outside the database")))
}

struct Session<'c> {
    connection: &'c mut Connection,
    /// Whether there is a transaction to work in, and to commit.
    usable: bool,
    /// Whether an earlier verb's changes stand in it.
    shared: bool,
}

impl<'c> Session<'c> {
    fn new(connection: &'c mut Connection, usable: bool) -> Self {
        Self { connection, usable, shared: false }
    }

    /// Runs a verb of a group; what it takes back is its own.
    fn run_apart<V: Verb>(&mut self, verb: &V) -> Result<V::Answer, StoreError> {
        if !self.usable {
            return Err(StoreError::Unavailable("there is no transaction".into()));
        }
        let alone = !self.shared;
        if !alone {
            command(self.connection, "SAVEPOINT verb")?;
        }
        let run = AssertUnwindSafe(|| at_once(verb.run(self)));
        // A verb that panics is taken back like one that fails; the writer lives on.
        let answer = catch_unwind(run).unwrap_or(Err(StoreError::Damaged("a verb panicked")));
        let kept = answer.as_ref().is_ok_and(V::keeps);
        match (alone, kept) {
            (true, true) => self.shared = true,
            // The transaction holds nothing but this verb: the next one begins anew.
            (true, false) => {
                let begun = self.begin_again();
                self.usable &= begun.is_ok();
                begun?;
            }
            (false, true) => command(self.connection, "RELEASE verb")?,
            (false, false) => {
                let taken_back = command(self.connection, "ROLLBACK TO verb")
                    .and_then(|()| command(self.connection, "RELEASE verb"));
                // What could not be taken back must not be committed with the rest.
                self.usable &= taken_back.is_ok();
                taken_back?;
            }
        }
        answer
    }

    fn begin_again(&mut self) -> Result<(), StoreError> {
        // A full disk has taken it back already.
        if !self.connection.is_autocommit() {
            command(self.connection, "ROLLBACK")?;
        }
        command(self.connection, BEGIN)
    }

    fn statement<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        run: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        for (position, value) in (1..).zip(params) {
            let index = place_of(&statement, position)?;
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

/// Where the parameter `$position` stands. `$2` may stand before `$1` in the text, but seldom does.
fn place_of(statement: &rusqlite::Statement<'_>, position: usize) -> Result<usize, StoreError> {
    let number = |name: &str| name.strip_prefix('$').and_then(|number| number.parse().ok());
    if statement.parameter_name(position).and_then(number) == Some(position) {
        return Ok(position);
    }
    let index = statement.parameter_index(&format!("${position}")).map_err(failure)?;
    index.ok_or(StoreError::Damaged("a parameter is not used"))
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
                        ValueRef::Text(text) => Value::Text(match std::str::from_utf8(text) {
                            Ok(text) => text.to_owned(),
                            Err(_) => String::from_utf8_lossy(text).into_owned(),
                        }),
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
mod plans;

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

    #[test]
    fn a_statement_is_planned_once_whatever_it_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let connection = super::connect(&folder.path().join("issuer.db"), false).unwrap();
        let tables = "CREATE TABLE device (id TEXT, state TEXT, at INTEGER); \
                      CREATE INDEX live ON device (at) WHERE state = 'live'";
        connection.execute_batch(tables).unwrap();
        for sql in [
            "SELECT id FROM device WHERE state = $1 AND at > 7",
            "SELECT id FROM device WHERE state = 'live' AND at > $1",
            "SELECT id FROM device ORDER BY at LIMIT $1",
        ] {
            let mut statement = connection.prepare(sql).unwrap();
            for value in 1..=5 {
                statement.query([value]).unwrap().next().unwrap();
            }
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_store_that_is_dropped_leaves_no_log_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.db");
        for _ in 0..10 {
            let store = Store::open(&Location::Sqlite(path.clone())).await.unwrap();
            let other = store.clone();
            store.write(Run("DELETE FROM idempotent_reply")).await.unwrap();
            store.read(Run("SELECT 1 FROM idempotent_reply")).await.unwrap();
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
            drop((store, other));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "log and index are gone");
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
