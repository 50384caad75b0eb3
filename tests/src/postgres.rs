//! A PostgreSQL server for one test process: made in a temporary folder, gone when the process ends.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::outside;

/// Starts the server, runs until its standard input closes (which happens however this process ends), and
/// cleans up. The server refuses to run as root, so it runs as `postgres` there.
const SUPERVISOR: &str = r#"
owner=
cd "$1" || exit 1
if [ "$(id -u)" = 0 ]; then
    chown postgres "$1"
    owner="setpriv --reuid=postgres --regid=postgres --clear-groups --"
fi
$owner "$2/initdb" -D "$1/data" -U mleg --auth=trust --encoding=UTF8 --locale=C >"$1/log" 2>&1 || exit 1
$owner "$2/postgres" -D "$1/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c max_connections=200 >>"$1/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server; wait $server; rm -rf "$1"
"#;

struct Server {
    port: u16,
    /// Held for as long as this process lives: its standard input is what keeps the server up.
    _supervisor: Child,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a fresh, empty database, or `None` (said aloud) where PostgreSQL is not installed.
///
/// # Panics
/// When it is installed but does not start, or when it is missing though `MLEG_REQUIRE_ALL=1`.
pub fn fresh_database() -> Option<String> {
    let server = SERVER.get_or_init(start).as_ref()?;
    let name = format!("mleg_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let address = |database: &str| format!("postgres://mleg@127.0.0.1:{}/{database}", server.port);
    let made = psql(&address("postgres"), &format!("CREATE DATABASE {name}"));
    assert!(made, "cannot make a database");
    Some(address(&name))
}

fn start() -> Option<Server> {
    let bin = outside::require("PostgreSQL", || {
        binaries().ok_or("neither Debian's packages nor the path have initdb")
    })?;
    let folder =
        tempfile::Builder::new().prefix("mleg-postgres").tempdir().expect("a temporary folder").keep();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let mut script = tempfile::NamedTempFile::new().expect("a temporary file");
    script.write_all(SUPERVISOR.as_bytes()).expect("the script");
    let mut supervisor = Command::new("sh")
        .arg(script.path())
        .args([&folder, &bin])
        .arg(free.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let address = format!("postgres://mleg@127.0.0.1:{free}/postgres");
    for _ in 0..300 {
        if psql(&address, "SELECT 1") {
            return Some(Server { port: free, _supervisor: supervisor });
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    // Its standard input closes with that, so it stops what it started and removes the folder.
    let _ = supervisor.wait();
    panic!("PostgreSQL did not start: {log}");
}

fn psql(address: &str, sql: &str) -> bool {
    let quiet = Command::new("psql")
        .args([address, "-qtAc", sql])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// The newest of Debian's versions, or whatever is on the path.
fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|folder| folder.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    versions.into_iter().rev().chain(on_path).find(|bin| has_server(bin))
}

fn has_server(bin: &Path) -> bool {
    bin.join("initdb").exists() && bin.join("postgres").exists()
}
