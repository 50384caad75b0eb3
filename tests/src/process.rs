//! Issuers in processes of their own, which can be killed as the system kills.

use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use issuer::app::{self, Surroundings};
use issuer::config::Given;
use tokio::net::TcpSocket;

use crate::world::crypto_provider;

/// How long an issuer may take to be ready; a busy machine is slow.
const READY: Duration = Duration::from_secs(60);

/// Tells a program of these tests what it is to be; see [`run_as`].
pub const ROLE: &str = "MLEG_RUN_AS";

/// Tells such a program that its standard input is data for it, which may end before it does.
pub const READS_INPUT: &str = "MLEG_READS_INPUT";

/// A set-up issuer that processes can serve.
#[derive(Clone)]
pub struct Site {
    /// A program that is the issuer's when it is told so; see [`run_as`].
    pub program: PathBuf,
    /// The one processor core that it may use; any without.
    pub core: Option<&'static str>,
    /// How much it writes into its log.
    pub log_level: &'static str,
    /// Its data folder.
    pub data: PathBuf,
    /// A `postgres://` address; SQLite without.
    pub database: Option<String>,
    /// The address that wallets know.
    pub public_url: String,
    /// The first account's token for the staff API.
    pub token: String,
}

impl Site {
    /// Makes a data folder below `folder`, and a database if it is SQLite.
    pub async fn set_up(program: &Path, folder: &Path, database: Option<String>, public_url: &str) -> Self {
        crypto_provider();
        let data = folder.join("issuer");
        let given = Given { data: Some(data.clone()), database: database.clone(), ..Given::default() };
        let account = app::init(&given, None, "dyrektor", &Surroundings::system()).await;
        let token = account.expect("a set-up issuer").api_token.expose().to_owned();
        let (program, public_url) = (program.to_owned(), public_url.to_owned());
        Self { program, core: None, log_level: "warn", data, database, public_url, token }
    }

    /// The command line of a process that listens at `listen`.
    pub fn command(&self, listen: SocketAddr) -> Command {
        self.told(on_core(&self.program, self.core), listen)
    }

    /// The same behind another program, which becomes the one that its last words name.
    pub fn behind(&self, mut runner: Command, listen: SocketAddr) -> Command {
        runner.arg(&self.program);
        self.told(runner, listen)
    }

    fn told(&self, mut command: Command, listen: SocketAddr) -> Command {
        command.env(ROLE, "issuer").env("MLEG_LOG", self.log_level).env("RUST_LOG", self.log_level);
        command.args(["serve", "--json", "--data"]).arg(&self.data);
        command.args(["--listen", &listen.to_string(), "--public-url", &self.public_url]);
        command.args(["--database", self.database.as_deref().unwrap_or("sqlite")]);
        command
    }

    /// Starts a process; it may not be ready yet.
    pub fn start(&self, listen: SocketAddr) -> IssuerProcess {
        IssuerProcess::start(self.command(listen), listen, &self.data.with_extension("log"))
    }

    /// Starts a process and waits until it is ready. A port is taken for a moment after its owner's death.
    pub async fn serve(&self, listen: SocketAddr) -> IssuerProcess {
        let begun = tokio::time::Instant::now();
        loop {
            let mut process = self.start(listen);
            if process.ready().await {
                return process;
            }
            let said = process.said();
            assert!(begun.elapsed() < READY, "the issuer does not start: {said}");
            assert!(said.contains("cannot listen on"), "the issuer does not start: {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A process; killed when this is dropped. It ends by itself when this process ends, however that ends: it holds the
/// other end of its standard input.
pub struct IssuerProcess {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
}

impl IssuerProcess {
    /// Runs a command; what it says goes to `log`, which is written anew.
    pub fn start(mut command: Command, listen: SocketAddr, log: &Path) -> Self {
        let log = log.with_extension(format!("{}.log", listen.port()));
        let said = File::create(&log).expect("a log");
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("an issuer's process");
        Self { child, log, listen }
    }

    /// Waits until it answers that it is ready; `false` if it ended instead.
    pub async fn ready(&mut self) -> bool {
        let http = crate::http::client();
        let begun = tokio::time::Instant::now();
        while let Some(left) = READY.checked_sub(begun.elapsed()) {
            if self.ended().is_some() {
                return false;
            }
            let question = http.get(format!("http://{}/health/ready", self.listen));
            let answer = question.timeout(left).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the issuer never gets ready: {}", self.said());
    }

    /// Its number, for signals; also where another program has become it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a process of ours")
    }

    /// Waits until it has ended by itself.
    pub async fn end(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGKILL: it is told nothing and finishes nothing.
    pub fn kill(&mut self) {
        // Who has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for IssuerProcess {
    fn drop(&mut self) {
        let ended = self.ended();
        self.kill();
        if std::thread::panicking() {
            let listen = self.listen;
            eprintln!("the issuer at {listen} ({ended:?} until now) said:\n{}", self.said());
        }
    }
}

/// A port of this machine that is free, and kept for whoever binds it by its number: until this process ends, the system
/// gives it to nobody who asks for any port, not even while the process that listens there is dead.
pub fn free_port() -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let keep = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(any)?;
        let address = socket.local_addr()?;
        std::mem::forget(socket);
        Ok::<_, std::io::Error>(address)
    };
    keep().expect("a free port")
}

/// A command that runs on `core` alone, if one is given.
pub fn on_core(program: &Path, core: Option<&str>) -> Command {
    match core {
        None => Command::new(program),
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", core]).arg(program);
            command
        }
    }
}

/// Runs `program` instead of what this process is, when [`ROLE`] says so; it then ends as soon as its standard input
/// does, unless it [reads it](READS_INPUT). For programs that start themselves again as an issuer or a wallet, so that
/// those are built with them.
pub fn run_as(
    role: &str,
    program: impl FnOnce() -> std::process::ExitCode,
) -> Option<std::process::ExitCode> {
    std::env::var_os(ROLE).filter(|told| told == role)?;
    if std::env::var_os(READS_INPUT).is_none() {
        std::thread::spawn(|| {
            let mut nothing = [0; 64];
            while std::io::stdin().read(&mut nothing).is_ok_and(|length| length > 0) {}
            std::process::exit(0);
        });
    }
    Some(program())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_free_port_stays_free_for_whoever_knows_it() {
        let kept: BTreeSet<SocketAddr> = (0..50).map(|_| free_port()).collect();
        assert_eq!(kept.len(), 50);
        for address in &kept {
            assert!(TcpStream::connect(address).is_err(), "nobody listens yet");
            for _ in 0..2 {
                let listener = TcpListener::bind(address).unwrap();
                TcpStream::connect(address).unwrap();
                drop(listener);
            }
        }
        // All that the system may give to whoever asks for any.
        let mut others = Vec::new();
        for _ in 0..2000 {
            others.push(TcpListener::bind("127.0.0.1:0").unwrap());
            assert!(!kept.contains(&others.last().unwrap().local_addr().unwrap()));
        }
    }
}
