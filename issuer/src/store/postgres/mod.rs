//! PostgreSQL: a pool of connections; several issuers may share one database.
//!
//! Verbs hold the rows that they decide on (`FOR UPDATE`, in the order card, grant, device) at the server's
//! default isolation, and are run again when the server reports a serialisation failure or a deadlock, so
//! that a database which only knows serialisable transactions can stand behind it too.

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{IsolationLevel, NoTls};

use super::{Row, Statements, StoreError, Value, Verb, migrate};

const CONNECTIONS: usize = 24;
const ATTEMPTS: usize = 8;
/// What every session must promise, whatever the server's defaults: a commit is on disk, and an issuer that
/// is stuck holds nobody else up for long.
const SESSION: &str = "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=30s \
                       -c idle_in_transaction_session_timeout=30s";
/// Any number that all issuers agree on: whoever migrates holds this advisory lock.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(5063206)";

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
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(std::time::Duration::from_secs(5)))
            .create_timeout(Some(std::time::Duration::from_secs(5)))
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let store = Self { pool };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await.map_err(failure)?;
        transaction.batch_execute(MIGRATION_LOCK).await.map_err(failure)?;
        let mut session = Session { transaction };
        migrate::run(&mut session, "BYTEA").await?;
        session.transaction.commit().await.map_err(failure)
    }

    async fn client(&self) -> Result<deadpool_postgres::Object, StoreError> {
        self.pool.get().await.map_err(|error| StoreError::Unavailable(error.to_string()))
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
        let mut client = self.client().await?;
        let builder = client.build_transaction();
        let builder = if read_only {
            builder.isolation_level(IsolationLevel::RepeatableRead).read_only(true)
        } else {
            builder
        };
        let mut session = Session { transaction: builder.start().await.map_err(failure)? };
        let answer = verb.run(&mut session).await?;
        let end = session.transaction;
        if V::keeps(&answer) { end.commit().await } else { end.rollback().await }.map_err(failure)?;
        Ok(answer)
    }
}

struct Session<'c> {
    transaction: deadpool_postgres::Transaction<'c>,
}

#[async_trait]
impl Statements for Session<'_> {
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(failure)?;
        self.transaction.execute_raw(&statement, params).await.map_err(failure)
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(failure)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let rows = self.transaction.query(&statement, &params).await.map_err(failure)?;
        rows.iter().map(read_row).collect()
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
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
