//! The table, in Markdown.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::Database;
use crate::floor::Floor;
use crate::load::{Load, Measured};
use crate::peer::Peer;
use crate::phone::Wallet;

/// The table's head. Times on the processor are for one activation.
pub(crate) const HEAD: &str = "\
| database | wallet | clients | activations | per second | p50 ms | p95 ms | p99 ms | issuer CPU µs | × floor | database CPU µs | load CPU µs |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A line of it.
pub(crate) fn line(database: Database, load: &Load, measured: &Measured, floor: &Floor) -> String {
    let each = |time| micros(measured.each(time));
    let ms = |share| measured.at(share).as_secs_f64() * 1e3;
    let wallet = match load.wallet {
        Wallet::Standard => "standard",
        Wallet::WithDpop => "with DPoP",
    };
    let (name, server) = match database {
        Database::Sqlite => ("SQLite", "–".to_owned()),
        Database::Postgres => ("PostgreSQL", format!("{:.0}", each(measured.database))),
    };
    format!(
        "| {name} | {wallet} | {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.0} | {:.1} | {server} | {:.0} |",
        load.clients,
        load.count,
        measured.per_second(),
        ms(0.50),
        ms(0.95),
        ms(0.99),
        each(measured.issuer),
        each(measured.issuer) / micros(floor.of(load.wallet)),
        each(measured.load),
    )
}

/// The peer's figure beside ours.
pub(crate) fn peer(peer: &Peer, ours: f64) -> String {
    format!(
        "`cfssl serve`, same cores, 8 clients: {:.0} bare signatures a second ({:.0} µs of its CPU each), nothing \
         stored. Ours: {ours:.0} whole activations a second, each on disk: {:.2} of it.",
        peer.per_second,
        micros(peer.each),
        ours / peer.per_second,
    )
}

/// What the figures were taken on: processor, cores, who else was there, and how long the disk takes.
pub(crate) fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, model)| model);
    let cores = processor.lines().filter(|line| line.starts_with("processor")).count();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let disk = micros(disk()) / 1e3;
    format!(
        "{model}, {cores} cores; load average when it began {load}; 4 KiB appended and synced in {disk:.2} ms (median).\n"
    )
}

fn disk() -> Duration {
    let mut file = tempfile::tempfile().unwrap();
    let mut took: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}
