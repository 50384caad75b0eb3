//! The composition root: the only place that reads the system's clock and randomness, names a database and
//! ties everything together. Tests embed an issuer from here with a clock of their own.
//!
//! A data folder is set up ([`init`]), opened ([`App::open`]) and served ([`App::start`]) until it is stopped ([`Running`]).

mod open;
mod run;
mod setup;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::entropy::Entropy;

use crate::authority::sealed_key::KeyFault;
use crate::authority::{AuthorityError, SignError, TokenFault};
use crate::config::ConfigError;
use crate::http::front::tls::TlsFault;
use crate::store::StoreError;

pub use open::App;
pub use run::{Running, Stopper};
pub(crate) use setup::{authority_path, belongs, open_store, recorded_check};
pub use setup::{init, key_store, passphrase, token};

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
    /// There is no file of the database.
    #[error("{} is not there: restore it from a backup", .0.display())]
    NoDatabase(PathBuf),
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
    /// The TLS files are not fit to serve.
    #[error("TLS: {0}")]
    Tls(#[from] TlsFault),
    /// An account or token cannot be made or closed.
    #[error("account: {0}")]
    Account(String),
    /// The token of the CA keys cannot be used.
    #[error("PKCS#11 token: {0} [{code}]", code = .0.code())]
    Token(#[from] TokenFault),
    /// The certificate authority is not in order.
    #[error("certificate authority: {0}")]
    Authority(#[from] AuthorityError),
    /// The database fails.
    #[error("database: {0}")]
    Store(#[from] StoreError),
}

impl AppError {
    /// Whether to start again would try a PIN again.
    pub fn is_about_pin(&self) -> bool {
        match self {
            Self::Token(fault)
            | Self::Authority(
                AuthorityError::Key { fault: KeyFault::Token(fault), .. }
                | AuthorityError::NewKey(KeyFault::Token(fault))
                | AuthorityError::Sign(SignError::Token(fault)),
            ) => fault.is_about_pin(),
            _ => false,
        }
    }
}
