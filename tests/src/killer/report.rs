//! What a run has shown, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::ledger::Counts;
use super::rules::{Finding, Rule};

/// What a run has shown.
#[derive(Debug, Clone)]
pub struct Report {
    /// On which database.
    pub database: &'static str,
    /// With how many issuers.
    pub issuers: usize,
    /// With which seed.
    pub seed: u64,
    /// How often what was done.
    pub counts: Counts,
    /// Refusals that phones were given, by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Slips, devices and certificates in the books at the end.
    pub rows: [usize; 3],
    /// How often the books were judged.
    pub checks: u64,
    /// What was found, in the order of time.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let [grants, devices, certificates] = self.rows;
        let refusals: Vec<String> =
            self.refusals.iter().map(|(reason, times)| format!("{reason} {times}")).collect();
        let mut line = |name: &str, value: String| writeln!(f, "| {name} | {value} |");
        line("database", self.database.to_owned())?;
        line("---", "---".to_owned())?;
        line("issuers, seed", format!("{}, {}", self.issuers, self.seed))?;
        line("kills (of these at start)", format!("{} ({})", counts.kills, counts.kills_at_start))?;
        line("slips", counts.slips.to_string())?;
        line("activations acknowledged", counts.activations.to_string())?;
        line("certificates released", counts.released.to_string())?;
        line("requests without an answer", counts.interrupted.to_string())?;
        line("activations begun again", counts.retries.to_string())?;
        line("wrong codes sent", counts.wrong_codes.to_string())?;
        line("refreshes (renewals)", format!("{} ({})", counts.refreshes, counts.renewals))?;
        line("deletions on the phone", counts.deletions.to_string())?;
        line("revocations, reissues by the office", format!("{}, {}", counts.revocations, counts.reissues))?;
        line("refusals", refusals.join(", "))?;
        line("grants, devices, certificates in the books", format!("{grants}, {devices}, {certificates}"))?;
        line("checks of the books", self.checks.to_string())?;
        line("took", format!("{} s", self.took.as_secs()))?;
        for rule in Rule::ALL {
            let found = self.findings.iter().filter(|finding| finding.rule == rule).count();
            line(
                rule.promise(),
                if found == 0 { "held".to_owned() } else { format!("BROKEN {found} times") },
            )?;
        }
        self.findings.iter().take(40).try_for_each(|finding| writeln!(f, "{finding}"))
    }
}
