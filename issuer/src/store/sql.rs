//! Statements and values in the dialect that both databases understand.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use super::StoreError;

/// What a verb may do inside its transaction.
///
/// Parameters are written `$1`, `$2`, …; types are `BIGINT`, `TEXT` and bytes.
#[async_trait]
pub trait Statements: Send {
    /// Runs a statement and returns how many rows it changed.
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;

    /// Runs a query and returns its rows.
    async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs several queries, one after the other, and returns the rows of each. Each sees what had been committed
    /// when its turn came, as if it had been asked alone; a database at the end of a wire is asked them all in one go.
    async fn queries(&mut self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut answers = Vec::with_capacity(queries.len());
        for query in queries {
            answers.push(self.query(&query.sql, &query.params).await?);
        }
        Ok(answers)
    }

    /// Runs a statement whose outcome nobody waits for: at the latest before the next one, or before the act ends.
    /// If it fails, so does the act, whatever the verb answers.
    async fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), StoreError> {
        self.execute(sql, &params).await.map(|_| ())
    }

    /// What makes a `SELECT` hold the rows that it reads until the end: `FOR UPDATE`, or nothing where
    /// there is one writer at a time anyway.
    fn for_update(&self) -> &'static str;
}

impl dyn Statements + '_ {
    /// The first row of a query, if there is one.
    pub(crate) async fn first(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Sets a mark to which what follows can be taken back, inside this act. There is one mark at a time.
    pub(crate) async fn set_mark(&mut self) -> Result<(), StoreError> {
        self.execute("SAVEPOINT mark", &[]).await.map(|_| ())
    }

    /// Takes back everything that was written since the mark.
    pub(crate) async fn back_to_mark(&mut self) -> Result<(), StoreError> {
        self.execute("ROLLBACK TO SAVEPOINT mark", &[]).await?;
        self.release_mark().await
    }

    /// Keeps what was written since the mark.
    pub(crate) async fn release_mark(&mut self) -> Result<(), StoreError> {
        self.execute("RELEASE SAVEPOINT mark", &[]).await.map(|_| ())
    }

    /// A query of one number, 0 where it yields none.
    pub(crate) async fn number(&mut self, sql: &str, params: &[Value]) -> Result<i64, StoreError> {
        match self.first(sql, params).await? {
            Some(row) => Ok(row.take::<Option<i64>>(0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }
}

/// A query that is still to be asked.
pub struct Query {
    pub(super) sql: String,
    pub(super) params: Vec<Value>,
}

impl Query {
    /// Of this text, with these parameters.
    pub(crate) fn new(sql: impl Into<String>, params: &[Value]) -> Self {
        Self { sql: sql.into(), params: params.to_vec() }
    }
}

impl dyn Statements + '_ {
    /// Asks as many queries as there are, in one go.
    pub(crate) async fn ask<const N: usize>(
        &mut self,
        queries: [Query; N],
    ) -> Result<[Vec<Row>; N], StoreError> {
        let answers = self.queries(&queries).await?;
        answers.try_into().map_err(|_| StoreError::Damaged("a query was not answered"))
    }
}

/// A value in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `BIGINT`; instants are microseconds since 1970 UTC.
    Int(i64),
    /// `TEXT`; days are `YYYY-MM-DD`.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row of a query, read by position.
#[derive(Debug, Clone)]
pub struct Row(pub(super) Vec<Value>);

/// The values of a row, taken out one by one from the left: large ones are not copied.
pub(crate) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    /// The next column as `T`.
    pub(crate) fn next<T: FromValue>(&mut self) -> Result<T, StoreError> {
        self.0.next().and_then(T::from_value).ok_or(StoreError::Damaged(T::EXPECTED))
    }

    /// Whether the next column holds nothing, as all columns do of a row that an outer join did not find.
    pub(crate) fn next_is_null(&self) -> bool {
        matches!(self.0.as_slice().first(), None | Some(Value::Null))
    }

    /// Passes over some columns.
    pub(crate) fn skip(&mut self, count: usize) {
        self.0.by_ref().take(count).for_each(drop);
    }
}

impl Row {
    /// The row's values, to be taken out.
    pub(crate) fn into_columns(self) -> Columns {
        Columns(self.0.into_iter())
    }

    /// Column `at` as `T`.
    pub(crate) fn take<T: FromValue>(&self, at: usize) -> Result<T, StoreError> {
        self.0.get(at).cloned().and_then(T::from_value).ok_or(StoreError::Damaged(T::EXPECTED))
    }
}

/// What can be read from a column.
pub(crate) trait FromValue: Sized {
    const EXPECTED: &'static str;
    fn from_value(value: Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! from_value {
    ($($type:ty: $expected:literal, $pattern:pat => $result:expr;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;
            fn from_value(value: Value) -> Option<Self> {
                match value { $pattern => $result, _ => None }
            }
        }
    )*};
}

from_value! {
    i64: "expected a number", Value::Int(n) => Some(n);
    u8: "expected a number below 256", Value::Int(n) => n.try_into().ok();
    u32: "expected a small number", Value::Int(n) => n.try_into().ok();
    bool: "expected 0 or 1", Value::Int(n) => Some(n != 0);
    String: "expected a text", Value::Text(text) => Some(text);
    Vec<u8>: "expected bytes", Value::Bytes(bytes) => Some(bytes);
    [u8; 32]: "expected 32 bytes", Value::Bytes(bytes) => bytes.try_into().ok();
    Timestamp: "expected an instant", Value::Int(n) => Timestamp::from_microsecond(n).ok();
    Date: "expected a day", Value::Text(text) => text.parse().ok();
}

macro_rules! into_value {
    ($($type:ty, $name:ident => $result:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($name: $type) -> Self { $result }
        }
    )*};
}

into_value! {
    i64, n => Self::Int(n);
    u8, n => Self::Int(n.into());
    u32, n => Self::Int(n.into());
    bool, yes => Self::Int(yes.into());
    &str, text => Self::Text(text.to_owned());
    String, text => Self::Text(text);
    &String, text => Self::Text(text.clone());
    Vec<u8>, bytes => Self::Bytes(bytes);
    &[u8], bytes => Self::Bytes(bytes.to_vec());
    [u8; 32], bytes => Self::Bytes(bytes.to_vec());
    Timestamp, at => Self::Int(at.as_microsecond());
    Date, day => Self::Text(day.to_string());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds a parameter list: `params![id, now]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}
pub(crate) use params;
