//! A PKCS#11 token in software (SoftHSM2), in a folder of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outside::{program, require};

/// The user's PIN of every token here.
pub const PIN: &str = "83190274";

/// A token's folder. SoftHSM finds it by an environment variable of the whole process, so whoever uses the token is a
/// process with [`env`](Self::env).
pub struct SoftHsm {
    folder: PathBuf,
    module: PathBuf,
}

impl SoftHsm {
    /// Makes a token called `label` below `folder`; `None` where SoftHSM2 is not installed.
    ///
    /// # Panics
    /// When SoftHSM2 is there and makes no token.
    #[must_use]
    pub fn new(folder: &Path, label: &str) -> Option<Self> {
        require("softhsm2", || program("softhsm2-util", "--version"))?;
        let module = require("libsofthsm2.so", find_module)?;
        let folder = folder.join("softhsm");
        fs::create_dir_all(folder.join("tokens")).expect("a folder");
        let settings =
            format!("directories.tokendir = {}\nlog.level = ERROR\n", folder.join("tokens").display());
        fs::write(folder.join("softhsm2.conf"), settings).expect("settings");
        let hsm = Self { folder, module };
        hsm.write_pin(PIN);
        hsm.make_token(label);
        Some(hsm)
    }

    /// Makes one more token.
    ///
    /// # Panics
    /// When that fails.
    pub fn make_token(&self, label: &str) {
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "99887766"]);
        let (name, value) = self.env();
        let output = command.env(name, value).output().expect("softhsm2-util");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What tells SoftHSM where the tokens are.
    pub fn env(&self) -> (&'static str, PathBuf) {
        ("SOFTHSM2_CONF", self.folder.join("softhsm2.conf"))
    }

    /// The library.
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// The file with the PIN.
    pub fn pin_file(&self) -> PathBuf {
        self.folder.join("pin")
    }

    /// Writes another PIN into it.
    ///
    /// # Panics
    /// When the disk fails.
    pub fn write_pin(&self, pin: &str) {
        fs::write(self.pin_file(), format!("{pin}\n")).expect("a PIN file");
        fs::set_permissions(self.pin_file(), fs::Permissions::from_mode(0o600)).expect("its mode");
    }

    /// Where the tokens are.
    pub fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    /// Takes every token out.
    ///
    /// # Panics
    /// When the disk fails.
    pub fn take_out(&self) {
        fs::rename(self.tokens(), self.folder.join("drawer")).expect("a token to take out");
        fs::create_dir(self.tokens()).expect("an empty folder");
    }

    /// Puts them back.
    ///
    /// # Panics
    /// When the disk fails.
    pub fn put_back(&self) {
        fs::remove_dir_all(self.tokens()).expect("what stands in for them");
        fs::rename(self.folder.join("drawer"), self.tokens()).expect("tokens to put back");
    }
}

fn find_module() -> Result<PathBuf, String> {
    let places =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"];
    let found = places.iter().map(PathBuf::from).find(|place| place.exists());
    found.ok_or_else(|| format!("it is at none of {}", places.join(", ")))
}
