//! Running the program, and a server that always says the same.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use serde_json::Value;
use tempfile::TempDir;

const PIN: &str = "493027";

/// A phone's directory, and the PIN that is typed.
pub(crate) struct Phone {
    dir: Rc<TempDir>,
    pin: String,
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Phone {
    /// A directory without a phone.
    pub(crate) fn empty() -> Self {
        Self { dir: Rc::new(tempfile::tempdir().unwrap()), pin: PIN.to_owned() }
    }

    /// A phone that is set up.
    pub(crate) fn new() -> Self {
        let phone = Self::empty();
        phone.run(&["init", "--name", "Telefon", "--platform", "android", "--os-version", "14"]).done();
        phone
    }

    /// The same phone, with another PIN typed.
    pub(crate) fn with_pin(&self, pin: &str) -> Self {
        Self { dir: Rc::clone(&self.dir), pin: pin.to_owned() }
    }

    /// A file beside the phone.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs a command with `--json`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_wallet"))
            .arg("--home")
            .arg(self.dir.path().join("phone"))
            .arg("--json")
            .args(arguments)
            .env_clear()
            .env("MLEG_PIN", &self.pin)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn done(&self) {
        assert_eq!(self.code, 0, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn fails(&self, code: i32, reason: &str) {
        assert_eq!((self.code, self.json()["error"]["code"].as_str()), (code, Some(reason)), "{self:?}");
        assert!(self.stderr.contains("error: "), "{self:?}");
    }
}

/// A server on this machine that answers everything with `status` and `body`.
pub(crate) fn canned_server(status: u16, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let head =
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
    });
    address
}
