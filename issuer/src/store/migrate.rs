//! The schema, in numbered steps that only ever grow.

use super::{Statements, StoreError, sql::params};

/// Every step, in order; the position (from 1) is the schema's version. `{bytes}` is the database's byte type.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001_cards.sql"),
    include_str!("../../migrations/0002_pages.sql"),
    include_str!("../../migrations/0003_status.sql"),
    include_str!("../../migrations/0004_copies.sql"),
    include_str!("../../migrations/0005_orphans.sql"),
    include_str!("../../migrations/0006_photo_of_a_certificate.sql"),
    include_str!("../../migrations/0007_order_of_indexes.sql"),
    include_str!("../../migrations/0008_pupils_to_sort.sql"),
    include_str!("../../migrations/0009_lists_with_a_gap.sql"),
];

/// Brings the schema up to date; the caller holds whatever lock keeps a second issuer from doing the same.
pub(super) async fn run(tx: &mut dyn Statements, byte_type: &str) -> Result<(), StoreError> {
    tx.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", &[]).await?;
    let found = tx.number("SELECT MAX(version) FROM schema_version", &[]).await?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, step) in (1_i64..).zip(STEPS) {
        if version > found {
            for statement in step.replace("{bytes}", byte_type).split(";\n").map(str::trim) {
                if !statement.is_empty() {
                    tx.execute(statement, &[]).await?;
                }
            }
            tx.execute("INSERT INTO schema_version (version) VALUES ($1)", params![version]).await?;
        }
    }
    Ok(())
}
