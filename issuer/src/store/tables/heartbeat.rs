//! A change that says nothing, to see whether changes are taken.

use crate::store::{Statements, StoreError};

/// How many there have been.
pub(crate) async fn count(tx: &mut dyn Statements) -> Result<i64, StoreError> {
    tx.number("SELECT value FROM counter WHERE name = 'heartbeats'", &[]).await
}

/// One more.
pub(crate) async fn beat(tx: &mut dyn Statements) -> Result<(), StoreError> {
    let count = "INSERT INTO counter (name, value) VALUES ('heartbeats', 1) \
                 ON CONFLICT (name) DO UPDATE SET value = counter.value + 1";
    tx.execute(count, &[]).await.map(|_| ())
}
