//! Time on the processor, as Linux counts it (`/proc`), and which core a process may use.

use std::collections::HashMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;
use std::time::Duration;

use tests::process::on_core;

/// What the load runs on when cores are given out.
const LOAD_CORE: &str = "1";
/// What is measured runs on this one.
pub(crate) const SERVER_CORE: &str = "0";

/// The clock ticks of `/proc/PID/stat`; Linux has promised programs 100 a second for decades.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of a process so far, its children that have ended left out.
pub(crate) fn of(process: u32) -> Duration {
    let (_, time) = stat(process).unwrap_or_else(|| panic!("process {process} has ended"));
    time
}

/// The same for all that live below `process`, apart from `except`.
pub(crate) fn below(process: u32, except: u32) -> Duration {
    let all: HashMap<u32, (u32, Duration)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, stat(process)?)))
        .collect();
    let belongs = |mut one: u32| loop {
        match all.get(&one) {
            _ if one == except => return false,
            Some((parent, _)) if *parent == process => return true,
            Some((parent, _)) => one = *parent,
            None => return false,
        }
    };
    all.iter().filter(|(one, _)| belongs(**one)).map(|(_, (_, time))| *time).sum()
}

/// Memory that a process holds, in MiB.
pub(crate) fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// Parent, and time on the processor.
fn stat(process: u32) -> Option<(u32, Duration)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in brackets, may hold blanks and brackets.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some((fields.get(1)?.parse().ok()?, TICK * ticks))
}

/// Whether this process may use the load's core alone.
pub(crate) fn runs_on_load_core() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    allowed.is_some_and(|allowed| allowed.trim() == LOAD_CORE)
}

/// Becomes the same program on the load's core.
pub(crate) fn again_on_load_core() -> ExitCode {
    let program = std::env::current_exe().unwrap();
    let failed = on_core(&program, Some(LOAD_CORE)).args(std::env::args_os().skip(1)).exec();
    panic!("cannot run taskset (Debian: util-linux): {failed}");
}
