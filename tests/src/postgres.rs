//! PostgreSQL servers for tests: made in temporary folders, gone when the process ends.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::outside;

/// Starts the server, with a small file system that only it sees if a fourth word says how large, and does as it is
/// told, one word a line, until its standard input closes (which happens however this process ends); then it cleans up.
/// The server refuses to run as root, so it runs as `postgres` there.
const SUPERVISOR: &str = r#"
owner=
folder=$1 bin=$2 port=$3 small=$4
cd "$folder" || exit 1
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    owner="setpriv --reuid=postgres --regid=postgres --clear-groups --"
fi
if [ -n "$small" ]; then
    mkdir "$folder/small" && mount -t tmpfs -o "size=$small" none "$folder/small" || exit 1
    [ -z "$owner" ] || chown postgres "$folder/small"
fi
run() {
    $owner "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=200 >>"$folder/log" 2>&1 </dev/null &
    server=$!
}
$owner "$bin/initdb" -D "$folder/data" -U mleg --auth=trust --encoding=UTF8 --locale=C >"$folder/log" 2>&1 || exit 1
run
while read -r order; do
    case $order in
    stop) kill -INT $server; wait $server ;;
    kill) kill -KILL $server; wait $server ;;
    start) kill -0 $server 2>/dev/null || run ;;
    esac
done
kill -INT $server; wait $server
[ -z "$small" ] || umount "$folder/small"
rm -rf "$folder"
"#;

/// A server. Dropping this ends it, after a moment.
pub struct Server {
    port: u16,
    /// Where its small disk is, if it has one.
    small: PathBuf,
    /// Its standard input is what keeps the server up.
    supervisor: Child,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a fresh, empty database, or `None` (said aloud) where PostgreSQL is not installed.
///
/// # Panics
/// When it is installed but does not start, or when it is missing though `MLEG_REQUIRE_ALL=1`.
pub fn fresh_database() -> Option<String> {
    SERVER.get_or_init(Server::start).as_ref().map(Server::database)
}

impl Server {
    /// A server of one's own, which may be stopped; `None` (said aloud) where PostgreSQL is not installed.
    ///
    /// # Panics
    /// As [`fresh_database`].
    pub fn start() -> Option<Self> {
        Self::start_on("")
    }

    /// A server that has a disk of so many megabytes for the databases of [`on_small_disk`](Self::on_small_disk); its
    /// log of changes lies elsewhere. It asks for the right to mount.
    ///
    /// # Panics
    /// As [`fresh_database`].
    pub fn start_with_small_disk(megabytes: u32) -> Option<Self> {
        Self::start_on(&format!("{megabytes}m"))
    }

    fn start_on(small: &str) -> Option<Self> {
        let bin = outside::require("PostgreSQL", || {
            binaries().ok_or("neither Debian's packages nor the path have initdb")
        })?;
        let folder =
            tempfile::Builder::new().prefix("mleg-postgres").tempdir().expect("a temporary folder").keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let mut script = tempfile::NamedTempFile::new().expect("a temporary file");
        script.write_all(SUPERVISOR.as_bytes()).expect("the script");
        let mut shell = Command::new(if small.is_empty() { "sh" } else { "unshare" });
        if !small.is_empty() {
            shell.args(["--mount", "sh"]);
        }
        let supervisor = shell
            .arg(script.path())
            .args([&folder, &bin])
            .args([&free.to_string(), small])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let small = folder.join("small");
        let mut server = Self { port: free, small, supervisor };
        if server.answers_within(300) {
            return Some(server);
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        // Its standard input closes with that, so it stops what it started and removes the folder.
        let _ = server.supervisor.wait();
        panic!("PostgreSQL did not start: {log}");
    }

    /// The address of a fresh, empty database.
    pub fn database(&self) -> String {
        self.database_in("")
    }

    /// The address of a fresh database whose tables and indexes lie on the small disk.
    pub fn on_small_disk(&self) -> String {
        let space = format!("CREATE TABLESPACE small LOCATION '{}'", self.small.display());
        assert!(psql(&self.address("postgres"), &space), "cannot use the small disk");
        self.database_in(" TABLESPACE small")
    }

    fn database_in(&self, space: &str) -> String {
        let name = format!("mleg_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        let made = psql(&self.address("postgres"), &format!("CREATE DATABASE {name}{space}"));
        assert!(made, "cannot make a database");
        self.address(&name)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://mleg@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops it at once: whoever is connected is thrown out, and nobody is let in.
    pub fn stop(&mut self) {
        self.order("stop");
        self.wait_until_gone();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.order("kill");
        self.wait_until_gone();
    }

    /// Starts it again on the same port and data.
    pub fn start_again(&mut self) {
        for _ in 0..100 {
            // What a killed server leaves behind may keep the next one from starting, for a moment.
            self.order("start");
            if self.answers_within(3) {
                return;
            }
        }
        panic!("PostgreSQL does not start again");
    }

    fn order(&mut self, word: &str) {
        let orders = self.supervisor.stdin.as_mut().expect("a supervisor");
        writeln!(orders, "{word}").expect("a supervisor that listens");
    }

    fn answers_within(&self, tenths: u32) -> bool {
        (0..tenths).any(|_| {
            let answers = psql(&self.address("postgres"), "SELECT 1");
            if !answers {
                std::thread::sleep(Duration::from_millis(100));
            }
            answers
        })
    }

    fn wait_until_gone(&self) {
        while psql(&self.address("postgres"), "SELECT 1") {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Runs a statement; whether it succeeded.
pub fn psql(address: &str, sql: &str) -> bool {
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
