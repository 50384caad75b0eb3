//! PostgreSQL: a pool of connections; several issuers may share one database.
//!
//! Verbs hold the rows that they decide on (`FOR UPDATE`, in the order card, grant, device) at the server's
//! default isolation, and are run again when the server reports a serialisation failure or a deadlock, so
//! that a database which only knows serialisable transactions can stand behind it too.
//!
//! Every answer of the server costs a way there and back, so what needs no answer first goes out together
//! ([`session`]).

mod session;

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use self::session::Session;
use super::{Load, Row, Statements as _, StoreError, Value, Verb, migrate};

const CONNECTIONS: usize = 24;
const ATTEMPTS: usize = 8;
/// What every session must promise, whatever the server's defaults: a commit is on disk, and an issuer that
/// is stuck holds nobody else up for long.
const SESSION: &str = "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=30s \
                       -c idle_in_transaction_session_timeout=30s";
/// Any number that all issuers agree on: whoever migrates holds this advisory lock. One that waits for another's
/// migration waits as long as that takes, and so does a new index; the tables themselves are waited for as usual.
const MIGRATION_LOCK: [&str; 4] = [
    "SET LOCAL lock_timeout = 0",
    "SET LOCAL statement_timeout = 0",
    "SELECT pg_advisory_xact_lock(5063206)",
    "SET LOCAL lock_timeout = '10s'",
];
/// How long a server may say nothing. It ends a statement itself before that, so then nobody is there any more.
const SILENCE: Duration = Duration::from_secs(35);
/// How long the network may keep what was sent to a server that does not confirm it.
const UNCONFIRMED: Duration = Duration::from_secs(10);

/// A pool of connections.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) async fn open(address: &str) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config = address
            .parse()
            .map_err(|_| StoreError::Unavailable("address is not a postgres:// URL".into()))?;
        let given = config.get_options().unwrap_or_default().to_owned();
        config.options(format!("{given} {SESSION}").trim_start());
        config.tcp_user_timeout(UNCONFIRMED).keepalives_idle(UNCONFIRMED);
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(5)))
            .create_timeout(Some(Duration::from_secs(5)))
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let store = Self { pool };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        // However long a new index takes.
        let mut session = Session::new(self.client().await?, Some(session::WRITING), Duration::MAX);
        for statement in MIGRATION_LOCK {
            // Not asked as a query: the lock's answer is of a type that is no value.
            session.execute(statement, &[]).await?;
        }
        migrate::run(&mut session, "BYTEA").await?;
        session.commit().await
    }

    async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    pub(super) fn load(&self) -> Load {
        let status = self.pool.status();
        let busy = status.size.saturating_sub(status.available);
        Load { waiting: status.waiting, open: status.size, busy }
    }

    pub(super) async fn write<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.attempt(&verb, false).await {
                Err(StoreError::Contention) => {}
                settled => return settled,
            }
        }
        Err(StoreError::Contention)
    }

    pub(super) async fn read<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        self.attempt(&verb, true).await
    }

    async fn attempt<V: Verb>(&self, verb: &V, read_only: bool) -> Result<V::Answer, StoreError> {
        let begin = match read_only {
            false => Some(session::WRITING),
            // A single query is a snapshot by itself.
            true => (!V::GLANCE).then_some(session::READING),
        };
        let mut session = Session::new(self.client().await?, begin, SILENCE);
        match verb.run(&mut session).await {
            Ok(answer) if V::keeps(&answer) => session.commit().await.map(|()| answer),
            settled => {
                session.roll_back().await;
                settled
            }
        }
    }
}

fn read_row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let values = row.columns().iter().enumerate().map(|(at, column)| match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).map(Value::from),
        Type::INT4 => row.try_get::<_, Option<i32>>(at).map(|number| number.map(i64::from).into()),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map(Value::from),
        _ => row.try_get::<_, Option<String>>(at).map(Value::from),
    });
    values.collect::<Result<_, _>>().map(Row).map_err(failure)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *ty == Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
            Self::Int(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn failure(error: tokio_postgres::Error) -> StoreError {
    match error.code() {
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED) => {
            StoreError::Contention
        }
        // The message names a constraint; the detail, which holds values, is left out.
        Some(code) if code.code().starts_with("23") => StoreError::Constraint(
            error.as_db_error().and_then(|db| db.constraint()).unwrap_or("unnamed").to_owned(),
        ),
        Some(code) => StoreError::Unavailable(format!("SQLSTATE {}", code.code())),
        None => StoreError::Unavailable(error.to_string()),
    }
}
