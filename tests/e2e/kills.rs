//! The killer's short run: thirty kills over both databases. The long one is `cargo run -p tests --bin killer`.
//!
//! The seed is drawn, and told when something is found; `MLEG_KILLER_SEED` repeats it.

use std::path::PathBuf;
use std::time::Duration;

use issuer::app::SystemEntropy;
use shared::entropy::Entropy;
use tests::killer::rules::Rule;
use tests::killer::{Plan, run};
use tests::postgres;

/// The environment variable that sets the seed.
const SEED: &str = "MLEG_KILLER_SEED";

/// A plan of so many kills.
pub(crate) fn plan(kills: u64, database: Option<String>) -> Plan {
    let entropy: &dyn Entropy = &SystemEntropy;
    let drawn = u64::from(u32::from_be_bytes(entropy.bytes()));
    Plan {
        program: PathBuf::from(env!("CARGO_BIN_EXE_killer")),
        database,
        issuers: 1,
        kills,
        pupils: 2,
        load: Duration::from_millis(500),
        seed: std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(drawn),
        sabotage: None,
    }
}

/// Runs a plan, in which everything must hold.
pub(crate) async fn holds(plan: Plan) {
    eprintln!("{SEED}={}", plan.seed);
    let report = run(&plan, |line| eprintln!("{line}")).await;
    assert!(report.findings.is_empty(), "{report}");
    assert!(report.counts.activations > 0 && report.counts.interrupted > 0, "there was no load: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_promised_is_lost_when_the_issuer_is_killed_on_sqlite() {
    holds(plan(18, None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_promised_is_lost_when_the_issuer_is_killed_on_postgresql() {
    let Some(database) = postgres::fresh_database() else { return };
    holds(plan(12, Some(database))).await;
}

/// A lost commit looks like this to whoever was told that all is well.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_lost_is_found_by_the_killer() {
    let statement = "DELETE FROM certificate WHERE state = 'issued'";
    // Long enough for a certificate to be issued on a machine that has other things to do.
    let load = Duration::from_secs(3);
    let report = run(&Plan { sabotage: Some(statement), load, ..plan(3, None) }, |_| {}).await;
    for rule in [Rule::Acknowledged, Rule::StoredByteForByte] {
        assert!(report.findings.iter().any(|finding| finding.rule == rule), "{rule:?}: {report}");
    }
}
