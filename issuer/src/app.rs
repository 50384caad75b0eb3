//! The composition root: the only place that reads the system's clock and randomness, names a database and
//! ties everything together. Tests embed an issuer from here with a clock of their own.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use jiff::{SignedDuration, Timestamp};
use shared::clock::{Clock, MovableClock};
use shared::entropy::Entropy;
use shared::secret::Secret;
use zeroize::Zeroizing;

use crate::accounts::{Accounts, NewAccount};
use crate::audit;
use crate::authority::hierarchy::CreateOptions;
use crate::authority::{Authority, AuthorityError};
use crate::config::{ConfigError, Given, Settings};
use crate::demo_school;
use crate::http::own_host::{OwnHosts, by_own_name};
use crate::http::router::{pki_routes, wallet_routes, with_common_layers};
use crate::http::sandbox::Sandbox;
use crate::http::staff_api::{self, ApiState};
use crate::http::{ServerState, Wire};
use crate::issuance::keys::Keys;
use crate::issuance::{Addresses, Issuance};
use crate::notify::ediary::Diaries;
use crate::notify::mail::Mailer;
use crate::notify::outbox;
use crate::pages::federated::{Provider, Simulator};
use crate::pages::{self, Outside, Pages};
use crate::registry::pupil::IndexPupils;
use crate::store::tables::installation::Installation;
use crate::store::tables::staff::Role;
use crate::store::{Statements, Store, StoreError, Verb};
use crate::telemetry::log_request;
use crate::upkeep;

/// Where an issuer listens that was not told.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the composition root is where the clock is read")]
    fn now(&self) -> Timestamp {
        // To the microsecond, as the store keeps it.
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the composition root is where randomness is drawn")]
    fn fill(&self, out: &mut [u8]) {
        while getrandom::fill(out).is_err() {
            // The system has no randomness yet; there is nothing to be done without it.
            std::thread::yield_now();
        }
    }
}

/// What an issuer is made of besides its settings.
#[derive(Clone)]
pub struct Surroundings {
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl Surroundings {
    /// The system's own.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}

pub(crate) fn secret_path(data: &Path) -> PathBuf {
    data.join("master-secret")
}

pub(crate) fn authority_path(data: &Path) -> PathBuf {
    data.join("ca")
}

/// Makes a data folder: master secret, certificate authority, database, and the first account.
///
/// # Errors
/// When there is one already, or the disk or the database fails.
pub async fn init(
    given: &Given,
    passphrase: Option<Secret>,
    login: &str,
    surroundings: &Surroundings,
) -> Result<NewAccount, AppError> {
    let data = given.data_dir();
    // Pupils' data: for the owner alone.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&data);
    made.map_err(|error| disk(&data, error))?;
    let path = secret_path(&data);
    if path.exists() {
        return Err(AppError::AlreadyThere(data));
    }
    let now = surroundings.clock.now();
    let options = CreateOptions { passphrase, ..CreateOptions::simulator(now) };
    if !authority_path(&data).exists() {
        Authority::create(&authority_path(&data), &options, &*surroundings.entropy)?;
    }
    let passphrase = options.passphrase.as_ref();
    let authority = Authority::open(&authority_path(&data), passphrase, &*surroundings.entropy)?;
    let store = Store::open(&given.location()?).await?;
    // Written last: a folder without it was never finished.
    let secret = Zeroizing::new(surroundings.entropy.bytes::<32>());
    let mine = fingerprint(&authority, &Keys::derive(&secret));
    if !same_installation(&store.write(Claim(mine.clone())).await?, &mine) {
        return Err(AppError::ForeignDatabase);
    }
    let hex = Zeroizing::new(secret.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")));
    write_private(&path, hex.as_bytes()).map_err(|error| disk(&path, error))?;
    Accounts::open(given, surroundings).await?.enter(login, Role::Principal).await
}

fn fingerprint(authority: &Authority, keys: &Keys) -> Installation {
    Installation {
        only_one: 1,
        root_sha256: *authority.root().fingerprint().as_bytes(),
        secret_check: keys.installation_check(),
    }
}

fn same_installation(a: &Installation, b: &Installation) -> bool {
    a.root_sha256 == b.root_sha256 && a.secret_check == b.secret_check
}

/// Writes down whose database this is, unless that stands there already; answers what stands there.
struct Claim(Installation);

#[async_trait::async_trait]
impl Verb for Claim {
    type Answer = Installation;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Installation, StoreError> {
        self.0.insert_if_new(tx).await?;
        Installation::recorded(tx).await?.ok_or(StoreError::Damaged("the installation is not recorded"))
    }
}

struct Recorded;

#[async_trait::async_trait]
impl Verb for Recorded {
    type Answer = Option<Installation>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Installation::recorded(tx).await
    }
}

/// Writes a file that only its owner may read, and waits until it is on disk.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(crate) fn read_secret(data: &Path) -> Result<Zeroizing<[u8; 32]>, AppError> {
    let path = secret_path(data);
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(AppError::NotThere(data.to_owned()));
        }
        Err(error) => return Err(disk(&path, error)),
    };
    let mut secret = Zeroizing::new([0; 32]);
    let hex = text.trim().as_bytes();
    if hex.len() != 64 {
        return Err(AppError::MasterSecret);
    }
    for (byte, pair) in secret.iter_mut().zip(hex.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| AppError::MasterSecret)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| AppError::MasterSecret)?;
    }
    Ok(secret)
}

/// Reads the passphrase of the CA keys, if the settings name a file.
///
/// # Errors
/// When the file cannot be read.
pub fn passphrase(given: &Given) -> Result<Option<Secret>, AppError> {
    given.ca_passphrase_file.as_deref().map(read_line).transpose()
}

/// Reads a file that holds one secret, without the line end that editors leave there.
fn read_line(path: &Path) -> Result<Secret, AppError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| disk(path, error))?);
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// An issuer that is ready to listen.
pub struct App {
    settings: Settings,
    state: ServerState,
    sandbox: Option<Sandbox>,
    outside: Outside,
    outbox: outbox::Worker,
    listener: TcpListener,
}

impl App {
    /// Opens a data folder and binds the address, but does not listen yet. Port 0 takes any free one.
    ///
    /// # Errors
    /// When settings, folder, authority or database are not fit to serve.
    pub async fn open(given: &Given, surroundings: &Surroundings) -> Result<Self, AppError> {
        let wanted = given.listen.unwrap_or(DEFAULT_LISTEN);
        let data = given.data_dir();
        let keys = Keys::derive(&*read_secret(&data)?);
        let entropy = &*surroundings.entropy;
        let passphrase = passphrase(given)?;
        let authority = Authority::open(&authority_path(&data), passphrase.as_ref(), entropy)?;
        let listener = TcpListener::bind(wanted).map_err(|error| AppError::Bind(wanted, error))?;
        let bound = listener.local_addr().map_err(|error| AppError::Bind(wanted, error))?;
        listener.set_nonblocking(true).map_err(|error| AppError::Bind(wanted, error))?;
        let settings = Settings::check(given, bound)?;
        let authority = authority.named(settings.issuer().as_str(), passphrase.as_ref(), entropy)?;
        let store = Store::open(&given.location()?).await?;
        let recorded = store.read(Recorded).await?;
        if recorded.is_none_or(|recorded| !same_installation(&recorded, &fingerprint(&authority, &keys))) {
            return Err(AppError::ForeignDatabase);
        }
        let movable = Arc::new(MovableClock::new(Arc::clone(&surroundings.clock)));
        let clock: Arc<dyn Clock> =
            if settings.sandbox() { movable.clone() } else { Arc::clone(&surroundings.clock) };
        authority.check_dates(clock.now())?;
        let issuance = Issuance {
            store,
            authority: Arc::new(authority),
            keys: Arc::new(keys),
            clock,
            entropy: Arc::clone(&surroundings.entropy),
            addresses: Arc::new(Addresses {
                issuer: settings.issuer().as_str().to_owned(),
                pki: settings.pki().clone(),
            }),
        };
        issuance.settle_leftovers(SignedDuration::ZERO).await?;
        while issuance.store.write(IndexPupils).await? > 0 {}
        if settings.sandbox()
            && let Err(error) = demo_school::enter_once(&issuance).await
        {
            tracing::warn!(%error, "the demo schools were not entered");
        }
        let wire = Wire::new(settings.issuer().clone(), !settings.sandbox(), settings.invalid_tx_code());
        let mailer = match settings.mail() {
            // Nothing leaves the sandbox.
            _ if settings.sandbox() => Some(Mailer::Caught),
            Some(route) => Some(Mailer::new(route).map_err(ConfigError::Mail)?),
            None => None,
        };
        let mailer = mailer.map(Arc::new);
        let mut outside = sign_in_elsewhere(&settings, &issuance).await?;
        outside.mail = mailer.is_some();
        let sandbox = settings
            .sandbox()
            .then(|| Sandbox::new(movable, issuance.clone()).with_sign_in(outside.simulator.clone()));
        let outbox = outbox::Worker::new(issuance.clone(), mailer, Diaries::new(settings.sandbox()));
        let state = ServerState { issuance, wire: Arc::new(wire) };
        Ok(Self { settings, state, sandbox, outside, outbox, listener })
    }

    /// The decisions, for whoever embeds the issuer.
    pub fn issuance(&self) -> &Issuance {
        &self.state.issuance
    }

    /// What it was set to.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn routes(&self) -> (Router, Router) {
        let mut wallets = wallet_routes(self.state.clone());
        if let Some(sandbox) = &self.sandbox {
            let strike = middleware::from_fn_with_state(sandbox.clone(), Sandbox::strike);
            wallets = wallets.layer(strike).merge(sandbox.routes());
        }
        let office = staff_api::router(ApiState { issuance: self.state.issuance.clone() });
        let pages = Pages::new(self.state.issuance.clone(), origin(&self.settings), self.settings.sandbox());
        let pages = pages.linked_to(self.outside.clone());
        let wallets = wallets.merge(office).merge(pages::router(pages));
        let pki = pki_routes(self.state.clone());
        let (main, lists) = match self.settings.pki_listen() {
            Some(_) => (wallets, pki),
            None => (wallets.merge(pki), Router::new()),
        };
        let lists_at = url::Url::parse(self.settings.pki().crl()).ok();
        let own = OwnHosts::of([self.settings.issuer().as_url()].into_iter().chain(lists_at.as_ref()));
        let main = if self.sandbox.is_some() {
            main.layer(middleware::from_fn_with_state(own, by_own_name))
        } else {
            main
        };
        let finish = |router: Router| with_common_layers(router).layer(middleware::from_fn(log_request));
        (finish(main), finish(lists))
    }

    /// Listens until told to stop; what has begun is finished first.
    ///
    /// # Errors
    /// When the address or the TLS files cannot be used.
    pub fn start(self) -> Result<Running, AppError> {
        let (main, lists) = self.routes();
        let handle = Handle::new();
        let address = self.settings.listen();
        let mut tasks = Vec::new();
        match self.settings.tls().cloned() {
            None => {
                let server = axum_server::from_tcp(self.listener).map_err(|e| AppError::Bind(address, e))?;
                let server = server.handle(handle.clone()).serve(main.into_make_service());
                tasks.push(tokio::spawn(server));
            }
            Some((cert, key)) => {
                let (listener, handle) = (self.listener, handle.clone());
                tasks.push(tokio::spawn(async move {
                    let config = RustlsConfig::from_pem_file(cert, key).await?;
                    let server = axum_server::from_tcp_rustls(listener, config)?.handle(handle);
                    server.serve(main.into_make_service()).await
                }));
            }
        }
        if let Some(listen) = self.settings.pki_listen() {
            let server = axum_server::bind(listen).handle(handle.clone());
            tasks.push(tokio::spawn(server.serve(lists.into_make_service())));
        }
        let issuance = self.state.issuance;
        let background =
            vec![tokio::spawn(upkeep::keep_house(issuance.clone())), tokio::spawn(self.outbox.run())];
        Ok(Running { settings: self.settings, issuance, handle, tasks, background })
    }
}

/// Under which origin people reach the pages.
fn origin(settings: &Settings) -> String {
    settings.issuer().as_url().origin().ascii_serialization()
}

/// The provider that the settings name; in a sandbox that was told none, its own.
async fn sign_in_elsewhere(settings: &Settings, issuance: &Issuance) -> Result<Outside, AppError> {
    let origin = origin(settings);
    let mut outside = Outside::default();
    if let Some(provider) = settings.sign_in() {
        let secret = provider.secret_file.as_deref().map(read_line).transpose()?;
        let provider = Provider::new(provider, secret, &origin).map_err(|_| ConfigError::Provider)?;
        outside.provider = Some(Arc::new(provider));
    } else if settings.sandbox()
        && let Some(simulator) = Simulator::new(issuance.clone(), &origin).map(Arc::new)
    {
        simulator.link_demo_staff().await?;
        let provider = Provider::simulated(&simulator).map_err(|_| ConfigError::Provider)?;
        outside.provider = Some(Arc::new(provider));
        outside.simulator = Some(simulator);
    }
    Ok(outside)
}

/// An issuer that listens.
pub struct Running {
    settings: Settings,
    issuance: Issuance,
    handle: Handle<SocketAddr>,
    tasks: Vec<tokio::task::JoinHandle<std::io::Result<()>>>,
    background: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    /// The decisions.
    pub fn issuance(&self) -> &Issuance {
        &self.issuance
    }

    /// What it was set to; the port is the one in use.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A handle that stops it.
    pub fn handle(&self) -> Handle<SocketAddr> {
        self.handle.clone()
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    /// When a listener failed.
    pub async fn finished(self) -> Result<(), AppError> {
        let address = self.settings.listen();
        for task in self.tasks {
            let ended = task.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            ended.map_err(|error| AppError::Bind(address, error))?;
        }
        self.background.iter().for_each(tokio::task::JoinHandle::abort);
        audit::seal(&self.issuance.store).await?;
        Ok(())
    }

    /// Stops: takes no more requests and finishes those that have begun, for ten seconds at the most.
    ///
    /// # Errors
    /// When a listener failed.
    pub async fn stop(self) -> Result<(), AppError> {
        self.handle.graceful_shutdown(Some(Duration::from_secs(10)));
        self.finished().await
    }

    /// Stops at once, as a power cut would: nothing is finished.
    pub fn kill(self) {
        self.handle.shutdown();
        for task in &self.tasks {
            task.abort();
        }
        self.background.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

fn disk(path: &Path, cause: std::io::Error) -> AppError {
    AppError::Disk { path: path.to_owned(), cause }
}

/// Messages complete "cannot run the issuer: …".
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Settings do not hold together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder was set up before.
    #[error("{} is set up already", .0.display())]
    AlreadyThere(PathBuf),
    /// The folder was never set up.
    #[error("{} is not set up: run `issuer init` first", .0.display())]
    NotThere(PathBuf),
    /// Another installation's database, or one that was never set up.
    #[error("database does not belong to this data folder's keys")]
    ForeignDatabase,
    /// The master secret is not 64 hexadecimal digits.
    #[error("master secret is damaged")]
    MasterSecret,
    /// A file cannot be read or written.
    #[error("{}: {cause}", .path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The address cannot be used.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// An account or token cannot be made or closed.
    #[error("account: {0}")]
    Account(String),
    /// The certificate authority is not in order.
    #[error("certificate authority: {0}")]
    Authority(#[from] AuthorityError),
    /// The database fails.
    #[error("database: {0}")]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes under another secret would make every code wrong, another authority's lists every card doubtful.
    #[tokio::test]
    async fn a_database_opens_with_its_own_keys_only() {
        let folder = tempfile::tempdir().unwrap();
        let given = |name: &str| Given {
            data: Some(folder.path().join(name)),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Given::default()
        };
        let (ours, theirs) = (given("ours"), given("theirs"));
        for given in [&ours, &theirs] {
            init(given, None, "dyrektor", &Surroundings::system()).await.unwrap();
        }
        assert!(App::open(&ours, &Surroundings::system()).await.is_ok());
        let again = init(&ours, None, "dyrektor", &Surroundings::system()).await;
        assert!(matches!(again, Err(AppError::AlreadyThere(_))));
        for end in ["", "-wal", "-shm"] {
            let name = format!("issuer.db{end}");
            let _ = fs::remove_file(folder.path().join("ours").join(&name));
            let _ =
                fs::copy(folder.path().join("theirs").join(&name), folder.path().join("ours").join(&name));
        }
        let foreign = App::open(&ours, &Surroundings::system()).await;
        assert!(matches!(foreign, Err(AppError::ForeignDatabase)));
    }
}
