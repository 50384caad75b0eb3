//! The books of a server, by PostgreSQL's own programs: `pg_dump` reads one consistent snapshot while others write.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::BackupError;

/// A program of PostgreSQL's, told by its environment where the database is: a command line can be read by anybody
/// on the machine.
fn command(program: &'static str, address: &str) -> Result<Command, BackupError> {
    let path = find(program).ok_or(BackupError::NoProgram { program })?;
    let mut command = Command::new(path);
    let unreadable = || BackupError::Program { program, said: "the address cannot be read".to_owned() };
    let config: tokio_postgres::Config = address.parse().map_err(|_| unreadable())?;
    for host in config.get_hosts().iter().take(1) {
        match host {
            tokio_postgres::config::Host::Tcp(name) => command.env("PGHOST", name),
            tokio_postgres::config::Host::Unix(path) => command.env("PGHOST", path),
        };
    }
    if let Some(port) = config.get_ports().first() {
        command.env("PGPORT", port.to_string());
    }
    if let Some(user) = config.get_user() {
        command.env("PGUSER", user);
    }
    if let Some(password) = config.get_password().and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        command.env("PGPASSWORD", password);
    }
    if let Some(name) = config.get_dbname() {
        command.env("PGDATABASE", name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Ok(command)
}

/// On the path, or where Debian keeps the newest.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let files = versions.map(|version| version.path().join("bin").join(program));
        files.filter(|file| file.is_file()).max()
    })
}

fn ended(program: &'static str, output: std::io::Result<Output>) -> Result<(), BackupError> {
    let output = output.map_err(|error| BackupError::Program { program, said: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    // The first line says what; later ones may show statements with rows in them.
    let text = String::from_utf8_lossy(&output.stderr);
    Err(BackupError::Program { program, said: text.lines().next().unwrap_or_default().to_owned() })
}

/// Writes the books into `file`, which exists and is empty.
pub(super) fn dump(address: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = command("pg_dump", address)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(file);
    ended("pg_dump", command.output())
}

/// Reads the books from `file` into an empty database, whole or not at all.
pub(super) fn load(address: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = command("pg_restore", address)?;
    // It writes to the database that is named, and to its standard output without a name.
    let config: Result<tokio_postgres::Config, _> = address.parse();
    let name = config.ok().and_then(|config| config.get_dbname().map(str::to_owned)).unwrap_or_default();
    command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--dbname"]);
    command.arg(name).arg(file);
    ended("pg_restore", command.output())
}
