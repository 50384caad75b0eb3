//! The issuer's storage.
//!
//! A change is a [`Verb`]: a value that reads, decides and writes in one transaction. [`Store::write`] runs it
//! whole or not at all and answers only when it is on disk; nobody is handed a begin or a commit. The SQL is
//! written once, in [`tables`], in the dialect that SQLite and PostgreSQL share.

mod meter;
mod migrate;
mod postgres;
mod sql;
mod sqlite;

pub mod contract;
pub mod id;
pub mod snapshot;
pub mod tables;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

pub use self::meter::{Load, Meter};
pub use self::sql::{Query, Row, Statements, Value};

/// An atomic act on the store.
///
/// It may be run again after a serialisation failure, so it has no effects but its statements.
#[async_trait::async_trait]
pub trait Verb: Send + Sync + 'static {
    /// What it answers with; a refusal that must be remembered (a counted wrong try) is an answer, not an error.
    type Answer: Send + 'static;

    /// Whether what was written stays when this is the answer. A refusal that may come after a first change
    /// says no; a refusal that must be remembered says yes.
    fn keeps(_answer: &Self::Answer) -> bool {
        true
    }

    /// Whether it is a glance: one short query by a key, which needs neither a transaction nor a thread of its own.
    const GLANCE: bool = false;

    /// Reads, decides and writes. An error takes back everything that it wrote.
    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError>;
}

/// Which database to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A `postgres://` address; it may hold a password, so it is never logged.
    Postgres(String),
}

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    changes: Arc<watch::Sender<u64>>,
    meter: Meter,
}

#[derive(Clone)]
enum Database {
    /// One file, one writer.
    Sqlite(sqlite::Sqlite),
    /// A pool of connections to a server that several issuers share.
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached, or its schema is newer than this program.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let database = match location {
            Location::Sqlite(path) => Database::Sqlite(sqlite::Sqlite::open(path).await?),
            Location::Postgres(address) => Database::Postgres(postgres::Postgres::open(address).await?),
        };
        Ok(Self { database, changes: Arc::new(watch::Sender::new(0)), meter: Meter::default() })
    }

    /// Runs `verb` whole or not at all; when this returns `Ok`, it is on disk.
    ///
    /// # Errors
    /// When the database fails; then nothing of the verb stays.
    pub async fn write<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let since = Instant::now();
        let answer = match &self.database {
            Database::Sqlite(db) => db.write(verb).await,
            Database::Postgres(db) => db.write(verb).await,
        };
        self.meter.write(since, &answer);
        let answer = answer?;
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        Ok(answer)
    }

    /// Tells whenever this process has written something, for whoever shows what stands in the books. Other
    /// processes on the same database are not heard: who must see their changes also looks now and then.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Runs a `verb` that only reads, on one consistent snapshot.
    ///
    /// # Errors
    /// When the database fails, or the verb tries to write.
    pub async fn read<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        let since = Instant::now();
        let answer = match &self.database {
            Database::Sqlite(db) => db.read(verb).await,
            Database::Postgres(db) => db.read(verb).await,
        };
        self.meter.read(since, &answer);
        answer
    }

    /// What it counts of its own work.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// How much work there is at this moment.
    pub fn load(&self) -> Load {
        match &self.database {
            Database::Sqlite(db) => db.load(),
            Database::Postgres(db) => db.load(),
        }
    }

    /// Puts everything where it stays: what an embedded database keeps in its log goes into its file. To be called
    /// when nobody works with the store any more.
    ///
    /// # Errors
    /// When somebody still reads or writes, or the disk fails; nothing is lost by that.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(db) => db.tidy().await,
            Database::Postgres(_) => Ok(()),
        }
    }
}

/// Messages complete "cannot use the database: …".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or refuses the work.
    #[error("it does not answer: {0}")]
    Unavailable(String),
    /// Two acts collided more often than is worth retrying.
    #[error("too many acts at once on the same rows")]
    Contention,
    /// A statement broke a rule of the schema.
    #[error("a constraint refused the change: {0}")]
    Constraint(String),
    /// A row cannot be read as what it should be.
    #[error("row is damaged: {0}")]
    Damaged(&'static str),
    /// The schema was made by a later version of this program.
    #[error("schema {found} is newer than this program's {known}")]
    Newer {
        /// Version found in the database.
        found: i64,
        /// Latest version that this program knows.
        known: i64,
    },
}

impl StoreError {
    /// Every kind.
    pub const WORDS: [&'static str; 5] = ["unavailable", "contention", "constraint", "damaged", "newer"];

    /// The kind of trouble, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Contention => "contention",
            Self::Constraint(_) => "constraint",
            Self::Damaged(_) => "damaged",
            Self::Newer { .. } => "newer",
        }
    }
}
