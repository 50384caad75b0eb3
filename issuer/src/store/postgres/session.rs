//! One act's transaction on one connection.
//!
//! Its `BEGIN` travels with the first statement, several queries travel together, and what nobody waits for
//! ([`Statements::later`]) travels with whatever comes next, `COMMIT` at the latest. The server works them off in their
//! order, each with a snapshot of its own, as if they had come one by one.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::Object;
use futures::future::{join_all, join3};
use futures::{TryStreamExt as _, pin_mut};
use tokio_postgres::{Client, Statement};

use super::{failure, read_row};
use crate::store::{Query, Row, Statements, StoreError, Value};

/// Begins an act that writes.
pub(super) const WRITING: &str = "BEGIN";
/// Begins one that only reads, on one snapshot.
pub(super) const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// How many statements travel together at the most.
const TOGETHER: usize = 24;

/// A transaction, from its first statement to its end.
pub(super) struct Session {
    /// Gone once the connection may go back to the pool.
    client: Option<Object>,
    begin: Option<&'static str>,
    open: bool,
    /// Whether an answer is outstanding.
    asked: bool,
    /// How long the server may say nothing.
    silence: Duration,
    waiting: Vec<(String, Vec<Value>)>,
}

/// What a statement came to.
struct Outcome {
    rows: Vec<tokio_postgres::Row>,
    changed: u64,
}

impl Session {
    /// Works on `client`: inside a transaction that begins with `begin`, or in none. A server that says nothing for
    /// `silence` is given up.
    pub(super) fn new(client: Object, begin: Option<&'static str>, silence: Duration) -> Self {
        Self { client: Some(client), begin, open: false, asked: false, silence, waiting: Vec::new() }
    }

    /// Sends what waits and then `statements`; answers what became of these.
    async fn send(&mut self, statements: &[(&str, &[Value])]) -> Result<Vec<Outcome>, StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let all = waiting.iter().map(|(sql, params)| (sql.as_str(), params.as_slice()));
        let all: Vec<_> = all.chain(statements.iter().copied()).collect();
        let mut outcomes = Vec::with_capacity(all.len());
        for some in all.chunks(TOGETHER) {
            outcomes.extend(self.send_some(some, None).await?);
        }
        Ok(outcomes.split_off(waiting.len()))
    }

    /// Sends these statements, the first ones of a transaction with its beginning, the last ones with its `end`.
    async fn send_some(
        &mut self,
        statements: &[(&str, &[Value])],
        end: Option<&str>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let client = self.client.as_ref().ok_or_else(ended)?;
        let begin = self.begin.filter(|_| !self.open);
        // Also if this is given up half-way: then the transaction may have begun.
        self.open = self.begin.is_some();
        self.asked = true;
        let mut prepared = Vec::with_capacity(statements.len());
        for (sql, params) in statements {
            // Known to the connection after the first time.
            prepared.push((within(self.silence, client.prepare_cached(sql)).await?, *params));
        }
        // Each is sent when it is first polled, and they are polled in this order.
        let runs = join_all(prepared.iter().map(|(statement, params)| run(client, statement, params)));
        let together = join3(command(client, begin), runs, command(client, end));
        let answered = within(self.silence, async {
            let (begun, runs, ended) = together.await;
            begun?;
            let outcomes = runs.into_iter().collect::<Result<Vec<_>, _>>()?;
            ended.map(|()| outcomes)
        });
        let answered = answered.await;
        self.asked = matches!(answered, Err(StoreError::Unavailable(_)));
        if answered.is_ok() {
            self.open &= end.is_none();
        }
        answered
    }

    /// Keeps what was done.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut waiting: Vec<_> =
            waiting.iter().map(|(sql, params)| (sql.as_str(), params.as_slice())).collect();
        if !self.open && waiting.is_empty() {
            return Ok(());
        }
        while waiting.len() > TOGETHER {
            let rest = waiting.split_off(TOGETHER);
            self.send_some(&waiting, None).await?;
            waiting = rest;
        }
        // A statement that fails makes of its COMMIT a ROLLBACK, and an error of this.
        self.send_some(&waiting, self.begin.map(|_| "COMMIT")).await.map(|_| ())
    }

    /// Takes it back. That this fails is no matter: the connection is then given up, and with it the transaction.
    pub(super) async fn roll_back(mut self) {
        if self.open && !self.asked {
            let _ = self.send_some(&[], Some("ROLLBACK")).await;
        }
    }
}

impl Drop for Session {
    /// A connection goes back to the pool only when its work has come to an end: one whose caller went away in the
    /// middle, or whose server fell silent, is closed, or the next caller would wait where this one has waited.
    fn drop(&mut self) {
        if (self.open || self.asked)
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

/// What a server answers, if it does.
async fn within<T>(
    silence: Duration,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(silence, answer).await {
        Ok(answer) => answer.map_err(failure),
        Err(_) => Err(StoreError::Unavailable("the server says nothing".into())),
    }
}

async fn command(client: &Client, sql: Option<&str>) -> Result<(), tokio_postgres::Error> {
    match sql {
        Some(sql) => client.batch_execute(sql).await,
        None => Ok(()),
    }
}

async fn run(
    client: &Client,
    statement: &Statement,
    params: &[Value],
) -> Result<Outcome, tokio_postgres::Error> {
    let stream = client.query_raw(statement, params).await?;
    pin_mut!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok(Outcome { rows, changed: stream.rows_affected().unwrap_or(0) })
}

fn ended() -> StoreError {
    StoreError::Unavailable("the act has ended".into())
}

#[async_trait]
impl Statements for Session {
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let outcomes = self.send(&[(sql, params)]).await?;
        Ok(outcomes.first().map_or(0, |outcome| outcome.changed))
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let outcomes = self.send(&[(sql, params)]).await?;
        outcomes.iter().flat_map(|outcome| &outcome.rows).map(read_row).collect()
    }

    async fn queries(&mut self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        let queries: Vec<_> = queries.iter().map(|query| (&*query.sql, &*query.params)).collect();
        let outcomes = self.send(&queries).await?;
        outcomes.iter().map(|outcome| outcome.rows.iter().map(read_row).collect()).collect()
    }

    async fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), StoreError> {
        self.waiting.push((sql.to_owned(), params));
        Ok(())
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }
}
