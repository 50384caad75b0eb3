//! Judges that are not of this toolchain: openssl, pkilint, browsers, databases.
//!
//! One rule for all of them: a missing judge means that its test says so and passes, unless
//! `MLEG_REQUIRE_ALL=1`, under which it fails. Nothing is ever skipped in silence.

use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to `1` where every judge must be there.
pub const REQUIRE_ALL: &str = "MLEG_REQUIRE_ALL";

/// Asks `probe` for the judge called `tool`; its error says why there is none.
///
/// Use it as `let Some(openssl) = require("openssl", || program("openssl", "version")) else { return };`.
///
/// # Panics
/// Under `MLEG_REQUIRE_ALL=1`, when there is none.
#[expect(clippy::panic, reason = "under MLEG_REQUIRE_ALL a missing judge fails the test that wants it")]
pub fn require<T, E: std::fmt::Display>(tool: &str, probe: impl FnOnce() -> Result<T, E>) -> Option<T> {
    let why = match probe() {
        Ok(found) => return Some(found),
        Err(why) => why,
    };
    if env::var_os(REQUIRE_ALL).is_some_and(|value| value == "1") {
        panic!("{tool} is required by {REQUIRE_ALL}=1 and missing: {why}");
    }
    skipped(tool, &why);
    None
}

/// Asks `probe` for a right that the machine has or has not, and that nobody can install: where it is missing, this is said,
/// also under `MLEG_REQUIRE_ALL=1`.
pub fn allowed<T, E: std::fmt::Display>(right: &str, probe: impl FnOnce() -> Result<T, E>) -> Option<T> {
    probe().inspect_err(|why| skipped(right, why)).ok()
}

fn skipped(tool: &str, why: &impl std::fmt::Display) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not eprintln: the test harness would keep it to itself.
    let _ = writeln!(std::io::stderr(), "skipped: {test} wants {tool}, because {why}");
}

/// Probes a program on `PATH` by running it with `argument`, which must succeed.
///
/// # Errors
/// In words, when it cannot be started or fails.
pub fn program(name: impl AsRef<OsStr>, argument: &str) -> Result<PathBuf, String> {
    let name = Path::new(name.as_ref());
    match Command::new(name).arg(argument).output() {
        Ok(output) if output.status.success() => Ok(name.to_owned()),
        Ok(output) => Err(format!("`{} {argument}` ends with {}", name.display(), output.status)),
        Err(error) => Err(format!("`{}` cannot be started: {error}", name.display())),
    }
}

/// Probes a program that may stand in the directory that the environment variable `variable` names (the `bin`
/// of a Python venv, say), else on `PATH`.
///
/// # Errors
/// In words, when it cannot be started or fails.
pub fn program_in(variable: &str, name: &str, argument: &str) -> Result<PathBuf, String> {
    match env::var_os(variable) {
        Some(dir) => program(Path::new(&dir).join(name), argument),
        None => program(name, argument).map_err(|why| format!("{why} ({variable} is not set)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_present_program_is_found_and_a_missing_one_says_why() {
        assert!(program("cargo", "--version").is_ok());
        assert!(program("cargo", "no-such-subcommand").unwrap_err().contains("ends with"));
        assert!(program("no-such-program", "--version").unwrap_err().contains("cannot be started"));
        let why = program_in("MLEG_NO_SUCH_VARIABLE", "no-such-program", "x").unwrap_err();
        assert!(why.contains("MLEG_NO_SUCH_VARIABLE is not set"));
    }

    #[test]
    fn what_is_there_is_handed_over() {
        assert_eq!(require("seven", || Ok::<_, String>(7)), Some(7));
    }
}
