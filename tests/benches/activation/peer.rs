//! The peer: `cfssl serve`, which signs certificates over HTTP and keeps nothing.
//!
//! It verifies the signature of a request (PKCS #10) and signs an ECDSA P-256 certificate; it proves no possession of
//! a slip, stores nothing, and acknowledges from memory.

use std::cell::Cell;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use hyper::Method;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use serde_json::json;
use tests::process::on_core;

use crate::cpu;
use crate::line::Line;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Signatures a second.
    pub(crate) per_second: f64,
    /// Its time on the processor for each.
    pub(crate) each: Duration,
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures `count` signatures for `clients` at once; `None` where cfssl is not installed.
pub(crate) async fn measure(clients: usize, count: usize) -> Option<Peer> {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path());
    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path).map(|folder| folder.join("cfssl")).find(|at| at.is_file())?;
    let mut command = on_core(&program, Some(cpu::SERVER_CORE));
    command.arg("serve").arg("-ca").arg(folder.path().join("ca.pem"));
    command.arg("-ca-key").arg(folder.path().join("ca-key.pem"));
    // Only errors are logged.
    command.args(["-address", "127.0.0.1", "-port", &address.port().to_string(), "-loglevel", "3"]);
    command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Stopped(command.spawn().unwrap());
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    signatures(address, clients, count / 10).await;
    let before = cpu::of(server.0.id());
    let start = Instant::now();
    signatures(address, clients, count).await;
    let elapsed = start.elapsed();
    let used = cpu::of(server.0.id()) - before;
    Some(Peer {
        per_second: count as f64 / elapsed.as_secs_f64(),
        each: used / u32::try_from(count).unwrap(),
    })
}

async fn signatures(address: SocketAddr, clients: usize, count: usize) {
    let request = json!({ "certificate_request": request(), "hosts": ["phone.example"] }).to_string();
    let left = Cell::new(count);
    let clients = (0..clients).map(|_| async {
        let mut line = Line::to(address).await;
        while left.get() > 0 {
            left.set(left.get() - 1);
            let headers = [("content-type", "application/json")];
            let answer = line.ask(Method::POST, "/api/v1/cfssl/sign", &headers, request.clone()).await;
            assert!(answer["result"]["certificate"].is_string(), "{answer}");
        }
    });
    futures::future::join_all(clients).await;
}

fn authority(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Bench");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
    // Old versions read no PKCS #8 keys of elliptic curves under another name than this.
    std::fs::write(folder.join("ca-key.pem"), key.serialize_pem()).unwrap();
}

fn request() -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Zofia Próbna");
    params.serialize_request(&key).unwrap().pem().unwrap()
}
