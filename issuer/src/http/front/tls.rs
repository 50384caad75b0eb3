//! TLS 1.2 and 1.3, with a certificate that is changed without a restart.
//!
//! A new pair is taken up within seconds of its files' change, or at once on SIGHUP; one that cannot serve is
//! refused with a line in the log, and the old one stays. Connections that stand go on under what they began with.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures::future::BoxFuture;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use shared::clock::Clock;
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use x509_cert::der::Decode as _;

use super::connections::{Gate, NoPlace};
use crate::metrics::door::Door;

/// How often the files are looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A certificate chain and its key, in service.
#[derive(Debug)]
pub struct Served {
    config: RustlsConfig,
    certificate: PathBuf,
    key: PathBuf,
    /// What the files looked like when they were last read.
    seen: Mutex<Option<[Stamp; 2]>>,
}

/// When a file was written, which one it is, and how long: what changes when it is replaced.
type Stamp = (i64, i64, u64, u64);

impl Served {
    /// Reads certificate chain and key, PEM.
    ///
    /// # Errors
    /// When they cannot serve at `now`.
    pub fn open(certificate: &Path, key: &Path, now: Timestamp) -> Result<Self, TlsFault> {
        let seen = stamps(certificate, key);
        let config = RustlsConfig::from_config(read(certificate, key, now)?);
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self { config, certificate, key, seen: Mutex::new(seen) })
    }

    /// What the server accepts connections with; it changes with [`Self::reload`].
    pub fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes up what the files hold now.
    ///
    /// # Errors
    /// When they cannot serve at `now`; then what was in service stays.
    pub fn reload(&self, now: Timestamp) -> Result<(), TlsFault> {
        let seen = stamps(&self.certificate, &self.key);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        self.config.reload_from_config(read(&self.certificate, &self.key, now)?);
        Ok(())
    }

    fn changed(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        stamps(&self.certificate, &self.key) != *seen
    }

    /// Takes up new files as they come, or on SIGHUP, until it is told to stop.
    pub async fn keep_fresh(
        self: Arc<Self>,
        clock: Arc<dyn Clock>,
        look_every: Duration,
        door: Door,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        loop {
            tokio::select! {
                () = tokio::time::sleep(look_every) => if !self.changed() { continue },
                () = next(&mut hangup) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            match self.reload(clock.now()) {
                Ok(()) => tracing::info!("the TLS certificate was read anew"),
                Err(fault) => {
                    door.reload_refused();
                    tracing::error!(%fault, "the new TLS certificate is refused, the old one stays");
                }
            }
        }
    }
}

/// Shakes hands behind the gate, and counts those with whom it comes to no agreement.
#[derive(Clone)]
pub(crate) struct Handshakes {
    acceptor: RustlsAcceptor<Gate>,
    door: Door,
}

impl Handshakes {
    /// For those whom `acceptor` lets in.
    pub(crate) fn counted(acceptor: RustlsAcceptor<Gate>, door: Door) -> Self {
        Self { acceptor, door }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Handshakes {
    type Stream = <RustlsAcceptor<Gate> as Accept<TcpStream, S>>::Stream;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (shaking, door) = (self.acceptor.accept(stream, service), self.door.clone());
        Box::pin(async move {
            let shaken = shaking.await;
            // Whom the gate turned away is counted there.
            let ours = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<NoPlace>());
            if shaken.as_ref().is_err_and(|error| !ours(error)) {
                door.handshake_failed();
            }
            shaken
        })
    }
}

/// Where no certificate is served there is nothing to read on SIGHUP, and nothing to end for either.
pub(crate) async fn nothing_to_read(mut stop: watch::Receiver<bool>) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        tokio::select! {
            () = next(&mut hangup) => tracing::info!("there is no TLS certificate to read anew"),
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

fn stamps(certificate: &Path, key: &Path) -> Option<[Stamp; 2]> {
    let stamp = |path: &Path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.mtime(), file.mtime_nsec(), file.ino(), file.size()))
    };
    Some([stamp(certificate)?, stamp(key)?])
}

fn read(certificate: &Path, key: &Path, now: Timestamp) -> Result<Arc<ServerConfig>, TlsFault> {
    let pem = |path: &Path, cause| TlsFault::File { path: path.to_owned(), cause };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|cause| pem(certificate, cause))?;
    let leaf = chain.first().ok_or_else(|| TlsFault::NoCertificate(certificate.to_owned()))?;
    in_force(leaf, now)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|cause| pem(key, cause))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A certificate that nobody would accept is not worth losing one that they do.
fn in_force(leaf: &CertificateDer<'_>, now: Timestamp) -> Result<(), TlsFault> {
    let leaf = x509_cert::Certificate::from_der(leaf).map_err(|_| TlsFault::Unreadable)?;
    let validity = leaf.tbs_certificate().validity();
    let seconds =
        |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let now = now.as_second();
    if now < seconds(validity.not_before) || seconds(validity.not_after) < now {
        return Err(TlsFault::NotInForce);
    }
    Ok(())
}

/// Messages complete "cannot speak TLS: …".
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read, or holds something else.
    #[error("{}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: rustls::pki_types::pem::Error,
    },
    /// The file has no certificate in it.
    #[error("{} holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The first certificate cannot be read.
    #[error("certificate cannot be read")]
    Unreadable,
    /// It has expired, or is for later.
    #[error("certificate has expired or is not in force yet")]
    NotInForce,
    /// Key and certificate do not belong together, or are of a kind that cannot be used.
    #[error(transparent)]
    Pair(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T18:30:00Z".parse().unwrap()
    }

    /// A certificate and its key, PEM; in force until the end of `year`.
    fn pair(year: i32) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut certificate = rcgen::CertificateParams::new(["mleg.example".to_owned()]).unwrap();
        certificate.not_before = rcgen::date_time_ymd(2020, 1, 1);
        certificate.not_after = rcgen::date_time_ymd(year, 12, 31);
        (certificate.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    struct Files(tempfile::TempDir);

    impl Files {
        fn put(&self, certificate: &str, key: &str) {
            fs::write(self.certificate(), certificate).unwrap();
            fs::write(self.key(), key).unwrap();
        }

        fn certificate(&self) -> PathBuf {
            self.0.path().join("cert.pem")
        }

        fn key(&self) -> PathBuf {
            self.0.path().join("key.pem")
        }

        fn opened(&self) -> Result<Served, TlsFault> {
            Served::open(&self.certificate(), &self.key(), now())
        }
    }

    #[test]
    fn what_cannot_serve_is_refused_and_the_old_pair_stays() {
        let files = Files(tempfile::tempdir().unwrap());
        assert!(matches!(files.opened(), Err(TlsFault::File { .. })));
        let (certificate, key) = pair(2027);
        files.put(&certificate, &key);
        let served = files.opened().unwrap();
        assert!(!served.changed());
        let old = served.config().get_inner();
        let (other_certificate, other_key) = pair(2027);
        let (expired, its_key) = pair(2025);
        for (what, certificate, key) in [
            ("half a pair", &certificate, &other_key),
            ("expired", &expired, &its_key),
            ("no certificate", &other_key, &other_key),
            ("no key", &other_certificate, &other_certificate),
            ("cut off", &certificate[..200].to_owned(), &key),
            ("empty", &String::new(), &String::new()),
        ] {
            files.put(certificate, key);
            assert!(served.changed(), "{what}");
            assert!(served.reload(now()).is_err(), "{what}");
            assert!(Arc::ptr_eq(&served.config().get_inner(), &old), "{what} took its place");
            assert!(!served.changed(), "{what} is tried once");
        }
        files.put(&other_certificate, &other_key);
        served.reload(now()).unwrap();
        assert!(!Arc::ptr_eq(&served.config().get_inner(), &old));
    }

    #[tokio::test]
    async fn a_hangup_reads_the_files_at_once() {
        let files = Files(tempfile::tempdir().unwrap());
        let (certificate, key) = pair(2027);
        files.put(&certificate, &key);
        let served = Arc::new(files.opened().unwrap());
        let old = served.config().get_inner();
        let clock = Arc::new(shared::clock::ManualClock::new(now()));
        let hour = Duration::from_secs(3600);
        let (stopping, stop) = watch::channel(false);
        let task = tokio::spawn(Arc::clone(&served).keep_fresh(clock, hour, Door::default(), stop));
        // The signal has its handler before it is sent: sent without one it would end this process.
        let mut ours = signal(SignalKind::hangup()).unwrap();
        tokio::task::yield_now().await;
        let (certificate, key) = pair(2028);
        files.put(&certificate, &key);
        let me = std::process::id().to_string();
        assert!(std::process::Command::new("kill").args(["-HUP", &me]).status().unwrap().success());
        ours.recv().await;
        for _ in 0..500 {
            if !Arc::ptr_eq(&served.config().get_inner(), &old) {
                stopping.send_replace(true);
                return task.await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the new pair was not taken up");
    }
}
